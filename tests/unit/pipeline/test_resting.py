"""A host that is left alone is known by name until its time is over."""

from datetime import UTC, datetime, timedelta

from aggregator.pipeline.throttling import Throttling

NOW = datetime(2026, 3, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_host_rests_after_two_refusals_until_the_shorter_wait_is_over() -> None:
    known = Throttling()
    known.refused("a.example", "/feed", HOUR, NOW)
    assert known.rests_until("a.example", NOW) is None
    known.refused("a.example", "/other", 2 * HOUR, NOW)
    assert known.rests_until("a.example", NOW) == NOW + HOUR
    assert known.rests_until("b.example", NOW) is None
    assert known.resting(NOW) == ["a.example"]
    assert known.rests_until("a.example", NOW + HOUR) is None
    assert known.resting(NOW + HOUR) == []


def test_a_third_refusal_makes_no_rest_shorter() -> None:
    known = Throttling()
    known.refused("a.example", "/feed", 3 * HOUR, NOW)
    known.refused("a.example", "/other", 2 * HOUR, NOW)
    known.refused("a.example", "/feed", HOUR, NOW)
    assert known.rests_until("a.example", NOW) == NOW + 2 * HOUR


def test_hosts_that_have_rested_are_forgotten() -> None:
    known = Throttling()
    for number in range(100):
        now = NOW + number * HOUR
        known.refused(f"{number}.example", "/feed", HOUR, now)
        known.refused(f"{number}.example", "/other", HOUR, now)
    assert len(known._resting) == 1


def test_a_host_rests_as_long_as_two_addresses_are_to_be_left_alone() -> None:
    known = Throttling()
    for number, hours in enumerate((1, 3, 4)):
        known.refused("a.example", f"/{number}", hours * HOUR, NOW)
    assert known.rests_until("a.example", NOW) == NOW + 3 * HOUR


def test_addresses_are_bounded() -> None:
    known = Throttling()
    for number in range(100):
        known.refused("a.example", f"/{number}", HOUR, NOW)
    assert len(known._until["a.example"]) <= 20
