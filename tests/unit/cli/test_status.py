"""What `status` says of a source: never less than what went wrong last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from aggregator.cli.look import _sources_table
from aggregator.config.schema import SourceConfig
from aggregator.model import FailureKind, SourceState
from aggregator.pipeline.queries import source_status

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = SourceConfig(url="https://press.example/feed", id="press")
WORKS = SourceState("press", SOURCE.url, NOW, reason="hourly", polls=2, last_success_at=NOW - 2 * HOUR)
WRONG = replace(WORKS, last_error="[Errno] no address found", last_error_kind=FailureKind.DNS)
OFFLINE = replace(WRONG, reason="no connection to the internet here", last_error_at=NOW - HOUR)


def table(state: SourceState | None) -> str:
    console = Console(width=1000)
    with console.capture() as capture:
        console.print(_sources_table([source_status(SOURCE, state, NOW)]))
    return capture.get()


@pytest.mark.parametrize(
    ("state", "is_said"),
    [
        (WORKS, False),
        (OFFLINE, True),
        (replace(OFFLINE, last_success_at=None), True),
        (replace(OFFLINE, failures=1), True),
        (replace(OFFLINE, last_success_at=NOW), False),
        (replace(OFFLINE, last_error_kind=None), False),  # of another address, before an edit
    ],
)
def test_the_last_error_stands_beside_the_reason_until_a_poll_succeeds(
    state: SourceState, is_said: bool
) -> None:
    shown = table(state)
    assert state.reason in shown
    assert ("[Errno] no address found" in shown) is is_said


def test_programs_get_both() -> None:
    found = source_status(SOURCE, OFFLINE, NOW)
    assert (found["last_error"], found["last_error_kind"]) == ("[Errno] no address found", "dns")
    assert (found["state"], found["reason"]) == ("ok", "no connection to the internet here")


def test_a_feed_that_was_found_behind_the_page_is_named() -> None:
    assert "feed found at" not in table(WORKS)
    assert "feed found at" not in table(replace(WORKS, feed_url=SOURCE.url))
    found = replace(WORKS, feed_url="https://press.example/rss/all")
    assert "feed found at https://press.example/rss/all" in table(found)


@pytest.mark.parametrize(("holes", "said"), [(1, "missed 1 time, last"), (2, "missed 2 times, last")])
def test_entries_that_may_be_missing_are_counted(holes: int, said: str) -> None:
    assert said in table(replace(WORKS, holes=holes, hole_at=NOW))


def test_a_source_that_the_daemon_does_not_know_yet_has_no_next_poll() -> None:
    found = source_status(SOURCE, None, NOW)
    assert (found["state"], found["next_poll_at"]) == ("waiting", None)
    assert "a running daemon follows it within seconds" in found["reason"]
    assert "soon" in table(None)
    assert "soon" not in table(replace(WORKS, last_success_at=None))
    off = SourceConfig(url=SOURCE.url, enabled=False)
    assert "enabled = false" in source_status(off, None, NOW)["reason"]
