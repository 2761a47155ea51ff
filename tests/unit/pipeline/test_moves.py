"""Permanent redirects: believed after good answers for a day, given up when they lead nowhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Failure, FailureKind, Redirect, SourceState, Validators
from aggregator.pipeline import moves
from tests.support.records import source_state

NOW = datetime(2026, 3, 14, tzinfo=UTC)
OLD = "https://old.example/feed"
NEW = "https://new.example/feed"
GOOD = (Redirect(301, NEW),)


def state(**changes: object) -> SourceState:
    return replace(source_state("press", NOW), url=OLD, **changes)  # type: ignore[arg-type]


def after(start: SourceState, *polls: tuple[float, tuple[Redirect, ...]]) -> SourceState:
    """Let good answers come in, each so many hours after the first."""
    for hours, redirects in polls:
        start = moves.followed(start, redirects, NOW + timedelta(hours=hours))
    return start


def test_three_good_answers_over_a_day_are_believed() -> None:
    moved = after(state(), (0, GOOD), (12, GOOD), (24, GOOD))
    assert (moves.address(moved), moved.moved_url, moved.url) == (NEW, NEW, OLD)
    assert (moved.moving_url, moved.moving_polls) == (None, 0)


@pytest.mark.parametrize(
    "polls",
    [
        ((0, GOOD), (1, GOOD), (2, GOOD), (23, GOOD)),  # not a day yet
        ((0, GOOD), (30, GOOD)),  # twice only
        ((0, GOOD), (12, ()), (24, GOOD), (25, GOOD), (26, GOOD)),  # back at home between
        (
            (0, GOOD),
            (12, (Redirect(301, "https://x.example/"),)),
            (24, GOOD),
            (30, GOOD),
        ),  # elsewhere between
        ((0, (Redirect(302, NEW),)), (12, (Redirect(307, NEW),)), (24, (Redirect(303, NEW),))),  # for now
        ((0, (Redirect(301, OLD),)), (12, (Redirect(301, OLD),)), (24, (Redirect(301, OLD),))),  # itself
    ],
)
def test_less_is_not_believed(polls: tuple[tuple[float, tuple[Redirect, ...]], ...]) -> None:
    assert moves.address(after(state(), *polls)) == OLD


def test_never_from_https_to_http() -> None:
    down = (Redirect(301, "http://old.example/feed"),)
    assert moves.address(after(state(), (0, down), (12, down), (24, down))) == OLD


def test_of_a_chain_only_its_permanent_beginning_counts() -> None:
    chain = (
        Redirect(308, NEW),
        Redirect(302, "https://cdn.example/today"),
        Redirect(301, "https://z.example"),
    )
    assert moves.address(after(state(), (0, chain), (12, chain), (24, chain))) == NEW


def test_a_feed_behind_a_page_moves_without_its_page() -> None:
    start = state(feed_url="https://old.example/rss")
    moved = after(start, (0, GOOD), (12, GOOD), (24, GOOD))
    assert (moved.feed_url, moved.moved_url) == (NEW, None)


def test_moving_back_home_ends_the_override() -> None:
    back = (Redirect(301, OLD),)
    moved = after(state(moved_url=NEW), (0, back), (12, back), (24, back))
    assert (moved.moved_url, moves.address(moved)) == (None, OLD)


@pytest.mark.parametrize("kind", [FailureKind.NOT_FOUND, FailureKind.GONE])
def test_an_adopted_address_that_leads_nowhere_is_given_up_at_once(kind: FailureKind) -> None:
    start = state(moved_url=NEW, validators=Validators('"1"'), failures=1)
    lost = moves.lost(start, Failure(kind, "x", 404))
    assert (moves.address(lost), lost.validators) == (OLD, Validators())


def test_one_that_cannot_be_reached_is_given_up_after_some_tries() -> None:
    failure = Failure(FailureKind.DNS, "no address")
    assert moves.address(moves.lost(state(moved_url=NEW, failures=2), failure)) == NEW
    assert moves.address(moves.lost(state(moved_url=NEW, failures=3), failure)) == OLD


def test_a_page_in_place_of_the_feed_may_pass() -> None:
    failure = Failure(FailureKind.NOT_A_FEED, "maintenance")
    assert moves.address(moves.lost(state(feed_url=NEW, failures=2), failure)) == NEW
    assert moves.address(moves.lost(state(feed_url=NEW, failures=3), failure)) == OLD


def test_a_server_in_trouble_keeps_its_place() -> None:
    failure = Failure(FailureKind.SERVER_ERROR, "503", 503)
    assert moves.address(moves.lost(state(moved_url=NEW, failures=9), failure)) == NEW


@pytest.mark.parametrize(
    "failure",
    [
        Failure(FailureKind.DENIED, "403", 403),
        Failure(FailureKind.SERVER_ERROR, "503", 503, retry_after=timedelta(hours=1)),
        Failure(FailureKind.WALL, "a wall", 403),
        Failure(FailureKind.REDIRECTS, "in a circle"),
    ],
)
def test_one_that_answers_but_never_well_is_given_up_in_the_end(failure: Failure) -> None:
    assert moves.address(moves.lost(state(moved_url=NEW, failures=10), failure)) == OLD


def test_the_feed_is_given_up_before_the_moved_page() -> None:
    start = state(moved_url=NEW, feed_url="https://new.example/rss")
    failure = Failure(FailureKind.NOT_FOUND, "404", 404)
    once = moves.lost(start, failure)
    assert (once.feed_url, once.moved_url) == (None, NEW)
    assert moves.lost(once, failure).moved_url is None


CHAINS = st.lists(
    st.builds(
        Redirect,
        st.sampled_from((301, 302, 303, 307, 308)),
        st.sampled_from((OLD, NEW, "https://z.example/")),
    ),
    max_size=4,
).map(tuple)


@given(st.lists(st.tuples(st.floats(0, 20), CHAINS), max_size=12))
def test_no_address_is_adopted_within_a_day(polls: list[tuple[float, tuple[Redirect, ...]]]) -> None:
    assert moves.address(after(state(), *sorted(polls, key=lambda poll: poll[0]))) == OLD
