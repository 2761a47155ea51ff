"""The search index: the same answers from both databases, filled, replaced, pruned and migrated."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from aggregator.model import AllOf, AnyOf, Key, Match, Narrowing, Stage
from aggregator.store import (
    Connection,
    Engine,
    database,
    families,
    items,
    matches,
    retention,
    search,
    sources,
)
from aggregator.store import migrate as migrate_module
from aggregator.store.engine import reading, writing
from aggregator.text.indexing import EVERYTHING, index_keys
from aggregator.text.tokens import tokenise
from tests.integration.store.test_database import FIRST_ITEM, FIRST_SOURCE
from tests.support.records import article, new_item, source_state

TEXTS = (
    "Alibaba fined in Beijing",
    "Pékin inflige une amende à Alibaba",
    "市场监管总局对阿里巴巴作出行政处罚",
    "The price of 3.5 million",
)


@pytest.fixture
def stored(engine: Engine, now: datetime) -> Engine:
    """Return a database with one source and the texts as items 1 to 4, a day between them."""
    with writing(engine) as connection:
        state = source_state("press", now)
        sources.sync(connection, [sources.Wanted(state, state.url, "x")], now)
        for number, body in enumerate(TEXTS, 1):
            at = now - timedelta(days=len(TEXTS) - number)
            items.add(connection, [new_item(number, at, published_at=at)])
            put(connection, number, body)
    return engine


def put(connection: Connection, item_id: int, body: str, title: str = "") -> None:
    search.put(connection, [(item_id, index_keys(tokenise(title), tokenise(body)))])


def found(engine: Engine, wanted: Narrowing | None, **bounds: object) -> list[int]:
    with reading(engine) as connection:
        return search.candidates(connection, wanted, **{"limit": 10, **bounds})  # type: ignore[arg-type]


def test_the_newest_come_first_and_no_more_than_asked_for(stored: Engine) -> None:
    assert found(stored, None) == [4, 3, 2, 1]
    assert found(stored, Key("alibaba")) == [2, 1]
    assert found(stored, Key("alibaba"), limit=1) == [2]
    assert found(stored, Key("alibaba"), below=2) == [1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Key("amen", is_prefix=True), [2]),
        (Key("amen"), []),
        (Key("3.5"), [4]),
        (Key("阿里"), [3]),
        (Key("罚", is_prefix=True), [3]),
        (AllOf((Key("alibaba"), Key("beijing"))), [1]),
        (AnyOf((Key("处罚"), Key("amende"))), [3, 2]),
        (AllOf((Key("alibaba"), AnyOf((Key("fined"), AllOf((Key("une"), Key("amende"))))))), [2, 1]),
        (Key("_alibaba"), []),
    ],
)
def test_keys_and_groups_of_them_narrow(stored: Engine, wanted: Narrowing, expected: list[int]) -> None:
    assert found(stored, wanted) == expected


def test_first_sight_date_and_topic_bound_the_search(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        for item_id, is_match in ((1, True), (2, False)):
            matches.save(connection, item_id, [Match("t", "v", is_match, 5.0, ())], now)
    assert found(stored, None, since=now - timedelta(days=1)) == [4, 3]
    assert found(stored, None, since=now + timedelta(days=1)) == []
    assert found(stored, None, published=(now - timedelta(days=2), now)) == [3, 2]
    assert found(stored, None, topic_id="t") == [1]


def test_an_item_is_found_by_its_latest_text_only(stored: Engine) -> None:
    with writing(stored) as connection:
        put(connection, 1, "Tencent", title="Fined")
    assert found(stored, Key("alibaba")) == [2]
    assert found(stored, Key("tencent")) == [1]
    assert found(stored, Key("_fined")) == [1]


def test_a_text_of_too_many_words_is_a_candidate_for_everything(stored: Engine) -> None:
    with writing(stored) as connection:
        search.put(connection, [(1, EVERYTHING)])
    assert found(stored, Key("nothing-has-this")) == [1]


def test_many_alternatives_are_one_question(stored: Engine) -> None:
    many = AnyOf(tuple(AllOf((Key(f"a{n}"), Key(f"b{n}", is_prefix=True))) for n in range(1000)))
    assert found(stored, AnyOf((*many.children, Key("amende")))) == [2]
    assert found(stored, AllOf((many, Key("amende")))) == []


def test_a_pruned_item_leaves_the_index(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        for item_id in (1, 4):
            families.save_article(
                connection, item_id, article(), lang="en", digest="", bands=(), canonical_key="", now=now
            )
            item = items.by_ids(connection, [item_id])[item_id]
            items.settle(connection, item, is_provisional=False)
            items.decided(connection, item)
            assert items.by_ids(connection, [item_id])[item_id].stage is Stage.DONE
        assert retention.prune(connection, now - timedelta(days=2)) == 1
        assert search.count(connection) == 3
    assert found(stored, None) == [4, 3, 2]


def test_a_database_without_an_index_gets_one_of_its_stored_texts(
    empty_database_url: str, tmp_path: Path, now: datetime
) -> None:
    engine = database.open_for_writing(empty_database_url, tmp_path)
    with engine.execution_options(is_write=True).begin() as connection:
        config = migrate_module.settings()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        moment = now.isoformat() if engine.dialect.name != "sqlite" else now.strftime("%Y-%m-%d %H:%M:%S.%f")
        for statement in (FIRST_SOURCE, FIRST_ITEM):
            connection.execute(text(statement), {"moment": moment})
        connection.execute(text("UPDATE items SET title = 'Alibaba'"))
        item_id = connection.scalar(text("SELECT id FROM items"))
        families.save_article(
            connection, item_id, article("Amende"), lang="fr", digest="", bands=(), canonical_key="", now=now
        )
    database.prepare(engine, host="", token="t", now=now)
    assert found(engine, AllOf((Key("_alibaba"), Key("amende")))) == [item_id]
    engine.dispose()
