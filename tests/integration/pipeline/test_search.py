"""Search over the archive: every operator, the same answers from both databases, a bound on each."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.schema import Config, SourceConfig, TermList, TopicConfig
from aggregator.errors import UsageError
from aggregator.model import Match
from aggregator.pipeline.search import Bounds, Found, compiled, described, search
from aggregator.store import Connection, Engine, database, matches
from aggregator.store.engine import reading, writing
from tests.support.archive import Piece, store

DAY = timedelta(days=1)
PIECES = (
    Piece("Alibaba fined a record sum", "The regulator acted. Shares of Tencent fell.", age=9 * DAY),
    Piece("Pékin inflige une amende à l’Alibaba", "Les amendes pleuvent en Chine.", "fr", age=8 * DAY),
    Piece("市场监管总局对阿里巴巴作出行政处罚", "反垄断调查持续四个月。", "zh", "xinhua", age=7 * DAY),
    Piece("市場監管總局對阿里巴巴處以罰款", "調查結束。", "zh", "xinhua", age=6 * DAY),
    Piece("Ali Baba at the theatre", "Forty thieves, and no fine at all.", tags=("Culture",), age=5 * DAY),
    Piece("Bußgelder für Plattformen", "Das Kartellamt verhängt Bußgelder.", "de", age=4 * DAY),
    Piece("Quarterly results", "Alibaba grew by 3.5 percent.\n\nA regulator was not named.", age=3 * DAY),
    Piece("La multa a Alibaba", "El regulador multó a la empresa.", "es", age=2 * DAY),
    Piece("AI监管", "AI监管规则 published", "zh", "xinhua", age=DAY),
    Piece("Nothing of interest", "The weather stays dry."),
)
QUERIES = {
    "alibaba": [8, 7, 2, 1],
    "alibaba fined": [1],
    "alibaba OR 阿里巴巴": [8, 7, 4, 3, 2, 1],
    "alibaba -amende": [8, 7, 1],
    '"record sum"': [1],
    '"sum record"': [],
    "amende*": [2],
    "~amendes": [2],
    "=Alibaba": [8, 7, 2, 1],
    "=ALIBABA": [],
    "alibaba NEAR/3 amende": [2],
    "alibaba NEAR/s regulator": [],
    "alibaba NEAR/p regulator": [],
    "@firms": [8, 7, 4, 3, 2, 1],
    "罚款 OR 处罚": [4, 3],
    "罰款": [4],
    "罚": [4, 3],
    '"AI 监管"': [9],
    "监管": [9, 4, 3],
    "title:alibaba": [8, 2, 1],
    "text:alibaba": [7],
    "lead:regulator": [7, 1],
    "title:regulator": [],
    "bussgeld*": [6],
    "3.5": [7],
    "lang:zh": [9, 4, 3],
    "lang:zh 阿里巴巴": [4, 3],
    "source:xinhua -罚款": [9, 3],
    "tag:culture": [5],
    "date:<2026-03-07": [2, 1],
    "alibaba date:2026-03-05..2026-03-06": [2, 1],
    r"/Ali ?baba/": [8, 7, 5, 2, 1],
    r"/Ali ?baba/ theatre": [5],
    "topic:fines": [2, 1],
    "alibaba -topic:fines": [8, 7],
    "(weather OR theatre) -lang:fr": [10, 5],
    "site:press.example dry": [10],
}


@pytest.fixture
def archive(database_url: str, tmp_path: Path, now: datetime) -> Iterator[Engine]:
    """Return a database that holds the pieces, of which a topic matches the first two."""
    engine = database.open_for_writing(database_url, tmp_path)
    database.prepare(engine, host="", token="t", now=now)
    with writing(engine) as connection:
        store(connection, PIECES, now)
        for item_id in (1, 2):
            matches.save(connection, item_id, [Match("fines", "v", True, 5.0, ())], now)
        matches.save(connection, 7, [Match("fines", "v", False, 2.0, ())], now)
    yield engine
    engine.dispose()


CONFIG = Config(
    topics=(TopicConfig(id="fines", title="Fines", query="amende"),),
    lists={"firms": TermList(name="firms", terms=("Alibaba", "阿里巴巴", "-Ali Baba"))},
)
SOURCES = {
    name: SourceConfig(url=f"https://{name}.example/feed", id=name, title=name)
    for name in ("press", "xinhua")
}


def ask(connection: Connection, query: str, **bounds: Any) -> Found:
    return search(connection, compiled(query, CONFIG), SOURCES, Bounds(**bounds), lambda: 0.0)


def test_every_operator_finds_what_it_says_newest_first(archive: Engine) -> None:
    with reading(archive) as connection:
        found = {query: [hit.item.id for hit in ask(connection, query).hits] for query in QUERIES}
    assert found == QUERIES


def test_the_index_narrows_wherever_a_word_is_asked_for(archive: Engine) -> None:
    with reading(archive) as connection:
        looked_at = {query: ask(connection, query).looked_at for query in ("alibaba", "weather", "lang:fr")}
        assert looked_at == {"alibaba": 4, "weather": 1, "lang:fr": 10}
        assert not ask(connection, "lang:fr").is_narrowed
        assert ask(connection, "lang:fr weather").is_narrowed


def test_since_topic_and_limit_bound_a_search(archive: Engine, now: datetime) -> None:
    with reading(archive) as connection:
        since = ask(connection, "alibaba", since=now - 3 * DAY)
        of_topic = ask(connection, "alibaba", topic_id="fines")
        two = ask(connection, "alibaba", limit=2)
    assert [[hit.item.id for hit in found.hits] for found in (since, of_topic, two)] == [
        [8, 7],
        [2, 1],
        [8, 7],
    ]
    assert since.is_complete
    assert not two.is_complete


def test_a_search_that_cannot_be_narrowed_stops_and_says_how_far_it_came(
    archive: Engine, now: datetime
) -> None:
    with reading(archive) as connection:
        found = ask(connection, "/nowhere/", most=4)
    assert (found.is_narrowed, found.is_complete, found.looked_at) == (False, False, 4)
    assert found.looked_back_to == now - 3 * DAY


def test_a_search_stops_when_its_time_is_over(archive: Engine) -> None:
    times = iter(range(100))
    with reading(archive) as connection:
        wanted = compiled("/nowhere/", CONFIG)
        found = search(connection, wanted, SOURCES, Bounds(seconds=5), lambda: float(next(times)))
    assert not found.is_complete
    assert 0 < found.looked_at < 10


def test_an_answer_says_where_the_words_are(archive: Engine, now: datetime) -> None:
    with reading(archive) as connection:
        wanted = compiled("@firms NEAR/8 fined", CONFIG)
        found = described(
            connection, wanted, search(connection, wanted, SOURCES, Bounds(), lambda: 0), SOURCES
        )
    assert found["query"] == "@firms NEAR/8 fined"
    assert found["items"] == [
        {
            "id": f"{1:016x}",
            "url": "https://press.example/1",
            "title": "Alibaba fined a record sum",
            "source": "press",
            "outlet": "press",
            "lang": "en",
            "published_at": (now - 9 * DAY).isoformat(timespec="seconds"),
            "first_seen_at": (now - 9 * DAY).isoformat(timespec="seconds"),
            "topics": ["fines"],
            "found": [{"term": "Alibaba … fined", "field": "title", "snippet": "Alibaba fined a record sum"}],
        }
    ]


def test_a_mistake_is_shown_where_it_is() -> None:
    with pytest.raises(UsageError, match="column 9") as caught:
        compiled("alibaba @firm", CONFIG)
    assert "did you mean @firms" in str(caught.value)
    assert str(caught.value).endswith("  alibaba @firm\n          ^")
