"""One refusal concerns an address, two on different addresses concern their host."""

from datetime import UTC, datetime, timedelta

from aggregator.pipeline.throttling import Throttling

NOW = datetime(2026, 3, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_one_address_however_often_is_no_host() -> None:
    known = Throttling()
    assert [known.refused("a.example", "/feed", HOUR, NOW + n * HOUR / 4) for n in range(5)] == [None] * 5


def test_a_second_address_widens_it_for_the_shorter_time() -> None:
    known = Throttling()
    known.refused("a.example", "/feed", HOUR, NOW)
    assert known.refused("a.example", "/other", 2 * HOUR, NOW + HOUR / 2) == NOW + HOUR


def test_a_wait_that_is_over_counts_no_more() -> None:
    known = Throttling()
    known.refused("a.example", "/feed", HOUR, NOW)
    assert known.refused("a.example", "/other", HOUR, NOW + 2 * HOUR) is None


def test_hosts_are_kept_apart_and_their_number_is_bounded() -> None:
    known = Throttling()
    for number in range(5000):
        assert known.refused(f"{number}.example", "/feed", HOUR, NOW) is None
    assert len(known._until) <= 1000
