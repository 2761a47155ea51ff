"""Hosts that are left alone, across restarts."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.store import Engine, resting
from aggregator.store.engine import reading, writing

NOW = datetime(2026, 3, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_host_is_remembered_until_it_has_rested(engine: Engine) -> None:
    with writing(engine) as connection:
        resting.note(connection, "a.example", NOW + HOUR, NOW)
        resting.note(connection, "b.example", NOW + 3 * HOUR, NOW)
        resting.note(connection, "a.example", NOW + 2 * HOUR, NOW)
    with reading(engine) as connection:
        assert resting.hosts(connection, NOW) == {"a.example": NOW + 2 * HOUR, "b.example": NOW + 3 * HOUR}
        assert resting.hosts(connection, NOW + 2 * HOUR) == {"b.example": NOW + 3 * HOUR}
        assert resting.hosts(connection, NOW + 3 * HOUR) == {}


def test_those_that_rest_longest_are_remembered_of_too_many(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resting, "_MAX_HOSTS", 2)
    with writing(engine) as connection:
        for number in (3, 1, 2):
            resting.note(connection, f"{number}.example", NOW + HOUR * number, NOW)
        assert set(resting.hosts(connection, NOW)) == {"2.example", "3.example"}
