"""Whatever the order of arrival, the same items are copies of one another: on either database."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from aggregator.model import Analysis, Stage
from aggregator.store import Engine, database
from aggregator.store.engine import writing
from aggregator.store.schema import items, metadata
from tests.support import storyset, stream
from tests.support.storyset import Told

NOW = datetime.fromisoformat("2026-03-03T00:00:00+00:00")
FAMILIES = 9  # of the set in each trial


@lru_cache(maxsize=1)
def _analyses() -> dict[str, Analysis]:
    return stream.analysed(storyset.load()[0])


def _families(engine: Engine, told: Sequence[Told]) -> set[frozenset[str]]:
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name not in ("meta", "sources"):
                connection.execute(delete(table))
    numbers = stream.fill(engine, told, _analyses(), NOW)
    roots, _stories = stream.families_and_stories(engine, numbers)
    return {frozenset(group) for group in storyset.grouped(roots)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give a database that lives for all trials."""
    engine = database.open_for_writing("sqlite:///order.db", tmp_path_factory.mktemp("order"))
    database.prepare(engine, host="127.0.0.1", token="abc123", now=NOW)
    yield engine
    engine.dispose()


# A trial takes a second: shrinking a failure would take an hour.
@settings(
    max_examples=10,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(chance=st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(small: Engine, chance: random.Random) -> None:
    told, _near = storyset.load()
    chosen = set(chance.sample(sorted({each.family for each in told}), FAMILIES))
    some = [each for each in told if each.family in chosen]
    shuffled = chance.sample(some, len(some))
    assert _families(small, shuffled) == _families(small, some)


def test_reports_of_one_moment_are_found_wherever_they_lie(engine: Engine) -> None:
    """A first run sees hundreds of items in one second, and each is written again when its page has come."""
    told, _near = storyset.load()
    ferry, *reports = sorted(
        (each for each in told if each.family == each.name), key=lambda each: each.name != "ferry-en"
    )
    last = next(each for each in reports if each.event == ferry.event)
    numbers = stream.fill(engine, [each for each in (ferry, *reports) if each != last], _analyses(), NOW)
    with writing(engine) as connection:
        for stage in (Stage.NEW, Stage.SETTLED):  # PostgreSQL puts what is written again behind the rest
            for number in reversed(numbers.values()):
                connection.execute(update(items).where(items.c.id == number).values(stage=stage))
        numbers[last.name] = stream.add(connection, len(numbers) + 1, last, _analyses()[last.name], NOW)
    _roots, events = stream.families_and_stories(engine, numbers)
    assert events[last.name] == events[ferry.name]


def test_both_databases_come_to_the_same(engine: Engine, tmp_path: Path) -> None:
    told, _near = storyset.load()
    mixed = random.Random(6).sample(told, len(told))
    wanted = {frozenset(group) for group in storyset.grouped({each.name: each.family for each in told})}
    assert _families(engine, mixed) == wanted
