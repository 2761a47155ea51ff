"""What people ask about topics, on both databases: lists, near misses, trials of edited files, tests."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.schema import TopicConfig, TopicTest
from aggregator.match import Topics, compile_topics
from aggregator.model import Match, Reason
from aggregator.pipeline.topics import Window, cases, listed, misses, trial
from aggregator.store import Engine, database, matches, publications, reviews
from aggregator.store.engine import reading, writing
from tests.support.archive import Piece, store

DAY = timedelta(days=1)
PIECES = (
    Piece("Alibaba long ago", "Alibaba was fined. Alibaba again.", age=40 * DAY),
    Piece("Alibaba fined", "The regulator fined Alibaba. Alibaba must pay.", age=9 * DAY),
    Piece("Tencent fined", "The regulator fined Tencent. Tencent must pay.", age=3 * DAY),
    Piece("Weather", "Alibaba is a name in passing here, and dry it stays.", age=2 * DAY),
    Piece("A river", "Nothing at all."),
)
TESTS = (
    TopicTest(text="Alibaba fined\nAlibaba", match=True, line=4),
    TopicTest(url="https://press.example/5", match=True, line=7),
    TopicTest(url="https://press.example/9", match=True, line=9),
)


def topics(query: str, **changes: Any) -> Topics:
    """Compile the topic `firms` with that query, and another one beside it."""
    config = TopicConfig(id="firms", title="Firms", query=query, file="firms.toml", **changes)
    other = TopicConfig(id="other", title="Other", query="topic:firms fined")
    compiled, problems = compile_topics([config, other], {})
    assert not problems
    return compiled


OLD = topics("alibaba")


@pytest.fixture
def archive(database_url: str, tmp_path: Path, now: datetime) -> Iterator[Engine]:
    """Return a database in which `firms` has taken the first two and nearly the fourth."""
    engine = database.open_for_writing(database_url, tmp_path)
    database.prepare(engine, host="", token="t", now=now)
    reason = Reason("passing", "Alibaba", "Alibaba is a name", -2.0, "lead")
    with writing(engine) as connection:
        publications.sync_topics(connection, {"firms": OLD.version("firms")}, now)
        store(connection, PIECES, now)
        for item_id, is_match, score in ((1, True, 6.0), (2, True, 8.0), (4, False, 2.5)):
            match = Match("firms", OLD.version("firms"), is_match, score, (reason,))
            matches.save(connection, item_id, [match], now)
    yield engine
    engine.dispose()


def attempt(archive: Engine, now: datetime, query: str, *, days: int = 60, **more: Any) -> Any:
    with reading(archive) as connection:
        window = Window(now - days * DAY, now - 7 * DAY, **more)
        return trial(connection, topics(query), {}, "firms", window)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["title"] for row in rows]


def test_an_edit_shows_what_it_would_add_and_remove(archive: Engine, now: datetime) -> None:
    found = attempt(archive, now, "fined -long")
    assert names(found["added"]) == ["Tencent fined"]
    assert names(found["removed"]) == ["Alibaba long ago"]
    assert (found["kept"], found["looked_at"], found["is_complete"]) == (1, 3, True)
    (added,), (removed,) = found["added"], found["removed"]
    assert added["is_announced"]
    assert added["reasons"]
    assert removed["why"] == "the query does not hold: no -long (is there)"
    assert (removed["score_was"], removed["score"]) == (6.0, None)


def test_what_no_longer_holds_a_word_of_it_is_removed_all_the_same(archive: Engine, now: datetime) -> None:
    found = attempt(archive, now, "tencent")
    assert names(found["removed"]) == ["Alibaba fined", "Alibaba long ago"]


def test_a_trial_looks_back_only_as_far_as_it_is_told(archive: Engine, now: datetime) -> None:
    found = attempt(archive, now, "tencent", days=10)
    assert names(found["removed"]) == ["Alibaba fined"]
    assert attempt(archive, now, "-alibaba (tencent OR lang:en)", most=2)["is_complete"] is False


def test_old_items_are_added_without_an_entry(archive: Engine, now: datetime) -> None:
    with writing(archive) as connection:
        matches.save(connection, 2, (), now)
    found = attempt(archive, now, "alibaba OR tencent")
    assert {row["title"]: row["is_announced"] for row in found["added"]} == {
        "Tencent fined": True,
        "Weather": True,  # opens with the word, which is all that is asked for
        "Alibaba fined": False,
    }


def test_a_trial_changes_nothing(archive: Engine, now: datetime) -> None:
    with reading(archive) as connection:
        before = matches.of_items(connection, [1, 2, 3, 4, 5])
    attempt(archive, now, "tencent")
    with reading(archive) as connection:
        assert matches.of_items(connection, [1, 2, 3, 4, 5]) == before


def test_near_misses_come_with_their_reasons(archive: Engine, now: datetime) -> None:
    with reading(archive) as connection:
        found = misses(connection, OLD, {}, "firms", now - 30 * DAY, 9)
        later = misses(connection, topics("alibaba fined"), {}, "firms", None, 9)
        none = misses(connection, OLD, {}, "firms", now - DAY, 9)
    (item,) = found["items"]
    assert (item["title"], item["score"], item["is_current"]) == ("Weather", 2.5, True)
    assert item["reasons"][0]["field"] == "lead"
    assert not later["items"][0]["is_current"]
    assert none["items"] == []


def test_the_list_counts_what_topics_hold(archive: Engine, now: datetime) -> None:
    with writing(archive) as connection:
        reviews.begin(connection, ["firms"], now)
    with reading(archive) as connection:
        firms, other = listed(connection, OLD, [OLD.config(name) for name in ("firms", "other")])
    assert (firms["matches"], firms["near_misses"], firms["entries"], firms["is_under_review"]) == (
        2,
        1,
        0,
        True,
    )
    assert (other["matches"], other["query"], other["is_under_review"]) == (0, "topic:firms fined", False)


def test_before_the_first_run_there_are_no_counts() -> None:
    (firms,) = listed(None, OLD, [OLD.config("firms")])
    assert (firms["matches"], firms["entries"], firms["query"]) == (None, None, "alibaba")


def test_tests_on_texts_and_on_stored_pages(archive: Engine) -> None:
    with reading(archive) as connection:
        found = cases(connection, topics("alibaba", tests=TESTS), {}, ["firms"])
    assert [case["has_passed"] for case in found] == [True, False, None]
    assert [case["line"] for case in found] == [4, 7, 9]
    assert [case["matched"] for case in found] == [True, False, None]
