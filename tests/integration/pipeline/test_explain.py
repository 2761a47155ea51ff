"""Explanations from the archive: kept decisions as they were taken, all others worked out again."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.errors import UsageError
from aggregator.match import Topics, compile_topics
from aggregator.model import Match, Reason
from aggregator.pipeline.explain import explain
from aggregator.store import Engine, database, matches, meta, publications
from aggregator.store.engine import reading, writing
from tests.support.archive import Piece, store

PIECES = (
    Piece("Alibaba fined", "The regulator fined Alibaba. Alibaba must pay within a week."),
    Piece("Alibaba fined again", "The regulator fined Alibaba. Alibaba must pay within a week.", copy_of=1),
    Piece("Théâtre", "Ali Baba et les quarante voleurs.", "fr"),
)
URL = "https://press.example/{}"


def topics(*configs: TopicConfig) -> Topics:
    compiled, problems = compile_topics(configs, {})
    assert not problems
    return compiled


TOPICS = topics(
    TopicConfig(id="fines", title="Fines", query="alibaba NEAR/3 fined"),
    TopicConfig(id="german", title="German", query="alibaba", langs=("de",)),
    TopicConfig(id="stage", title="Stage", query="baba -alibaba lang:fr", score={"threshold": 9}),
)


CONFIG = Config(sources=(SourceConfig(url="https://press.example/feed", id="press", title="Press"),))


@pytest.fixture
def archive(database_url: str, tmp_path: Path, now: datetime) -> Iterator[Engine]:
    """Return a database with the pieces, of which the first is published in `fines`."""
    engine = database.open_for_writing(database_url, tmp_path)
    database.prepare(engine, host="", token="t", now=now)
    reason = Reason("title", "Alibaba", "Alibaba fined", 1.5, "title")
    with writing(engine) as connection:
        store(connection, PIECES, now)
        publications.sync_topics(connection, {"fines": TOPICS.version("fines")}, now)
        matches.save(connection, 1, [Match("fines", TOPICS.version("fines"), True, 7.5, (reason,))], now)
        entry_id = f"{meta.tag_prefix(connection)}fines/1"
        publications.record(
            connection,
            topic_id="fines",
            item_id=1,
            collapse="copies",
            may_open=True,
            entry_id=entry_id,
            now=now,
        )
    yield engine
    engine.dispose()


def ask(engine: Engine, name: str, *topic_ids: str) -> Any:
    with reading(engine) as connection:
        return explain(connection, CONFIG, TOPICS, name, topic_ids or None)


def test_a_kept_decision_is_shown_as_it_was_taken(archive: Engine, now: datetime) -> None:
    (topic,) = ask(archive, URL.format(1), "fines")["topics"]
    assert (topic["verdict"], topic["is_kept"], topic["score"], topic["threshold"]) == (
        "matched",
        True,
        7.5,
        3,
    )
    assert topic["reasons"] == [
        {"part": "title", "term": "Alibaba", "field": "title", "snippet": "Alibaba fined", "points": 1.5}
    ]
    assert topic["decided_at"] == now.isoformat(timespec="seconds")
    assert topic["entry"]["id"].endswith(":fines/1")
    assert topic["version"] == TOPICS.version("fines")


def test_what_was_not_kept_is_worked_out_again(archive: Engine) -> None:
    found = ask(archive, URL.format(2))
    by_name = {topic["topic"]: topic for topic in found["topics"]}
    assert not any(topic["is_kept"] for topic in found["topics"])
    assert by_name["fines"]["verdict"] == "matched"
    assert {part["field"] for part in by_name["fines"]["reasons"]} >= {"title"}
    assert by_name["german"]["why"] == "the topic does not look at it (langs: de, and this is en)"
    assert by_name["german"]["score"] is None


def test_each_clause_says_whether_it_holds(archive: Engine) -> None:
    (topic,) = ask(archive, URL.format(1), "stage")["topics"]
    held = {clause["clause"]: clause["is_held"] for clause in topic["query"]}
    assert held == {"baba": False, "-alibaba": False, "lang:fr": False}
    assert topic["verdict"] == "rejected"
    assert topic["why"] == "the query does not hold: no baba, no -alibaba (is there), no lang:fr"


def test_an_item_below_the_threshold_is_a_near_miss(archive: Engine) -> None:
    (topic,) = ask(archive, URL.format(3), "stage")["topics"]
    assert topic["verdict"] == "near miss"
    assert topic["why"] == f"the query holds, but score {topic['score']:.1f} is less than 9"


def test_two_sides_of_near_say_how_far_apart_they_are(archive: Engine, now: datetime) -> None:
    with writing(archive) as connection:
        far = Piece("Alibaba", "Alibaba said that it had heard nothing at all of being fined.")
        store(connection, [far], now, first=4)
    (topic,) = ask(archive, URL.format(4), "fines")["topics"]
    assert topic["why"] == ("the query does not hold: no alibaba NEAR/3 fined (10 words apart at best)")


def test_a_copy_says_of_what_and_why(archive: Engine) -> None:
    original, copy = (ask(archive, URL.format(number)) for number in (1, 2))
    assert original["copy_of"] is None
    assert original["is_root"]
    assert copy["copy_of"]["id"] == f"{1:016x}"
    assert (copy["copy_of"]["level"], copy["copy_of"]["share"]) == ("text", 0.97)
    assert copy["copy_of"]["because"] == "97 % of the text"
    assert copy["story"]["items"] == 2


def test_an_item_has_several_names(archive: Engine) -> None:
    entry_id = ask(archive, URL.format(1), "fines")["topics"][0]["entry"]["id"]
    names = (URL.format(1), f"{URL.format(1)}?utm_source=x#top", f"{1:016x}", entry_id)
    assert {ask(archive, name)["item"]["id"] for name in names} == {f"{1:016x}"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("https://nowhere.example/", "no stored item"),
        ("0000", "begins several ids"),
        ("%'--", "no stored item"),
    ],
)
def test_a_name_of_nothing_or_of_several_is_refused(archive: Engine, name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ask(archive, name)
