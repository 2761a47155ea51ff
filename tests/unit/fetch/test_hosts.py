"""Turns at a host: never too many, never too fast, in order, and nobody else waits."""

import asyncio
import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.clock import Clock
from aggregator.fetch.hosts import Hosts
from tests.support.clock import FakeClock


class HandClock(Clock):
    """A clock that moves only when somebody sleeps on it."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        until = self.at + seconds
        await asyncio.sleep(0)
        self.at = max(self.at, until)


def hosts(per_host: int = 2, delay: float = 1.0) -> tuple[Hosts, HandClock]:
    clock = HandClock()
    return Hosts(per_host, delay, clock, sleep=clock.sleep), clock


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=30),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.5, 1.0]),
)
async def test_rules_hold_for_any_crowd(crowd: list[tuple[str, int]], per_host: int, delay: float) -> None:
    gate, clock = hosts(per_host, delay)
    starts: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    running: defaultdict[str, int] = defaultdict(int)
    most: defaultdict[str, int] = defaultdict(int)

    async def visit(number: int, domain: str, turns: int) -> None:
        async with gate.turn(domain):
            starts[domain].append((number, clock.at))
            running[domain] += 1
            most[domain] = max(most[domain], running[domain])
            for _ in range(turns):
                await asyncio.sleep(0)
            running[domain] -= 1

    await asyncio.gather(*(visit(number, *who) for number, who in enumerate(crowd)))
    assert sum(len(visits) for visits in starts.values()) == len(crowd)
    for domain, visits in starts.items():
        assert most[domain] <= per_host
        assert visits == sorted(visits)  # first come, first served
        times = [at for _, at in visits]
        assert all(later - earlier >= delay for earlier, later in itertools.pairwise(times))
        assert (gate._hosts[domain].waiting, gate._hosts[domain].running) == (0, 0)


async def test_a_host_that_never_answers_holds_no_other() -> None:
    gate, _ = hosts(per_host=1)
    async with gate.turn("slow"):
        waiting = asyncio.create_task(gate.turn("slow").__aenter__())
        await asyncio.sleep(0)
        assert gate.is_busy("slow")
        async with gate.turn("other"):
            assert not gate.is_busy("other")
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert not gate.is_busy("slow")


async def test_who_gives_up_while_waiting_leaves_no_trace() -> None:
    gate, _ = hosts(per_host=1, delay=0)
    async with gate.turn("a"):
        crowd = [asyncio.create_task(gate.turn("a").__aenter__()) for _ in range(3)]
        await asyncio.sleep(0)
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
    async with gate.turn("a"):
        assert not gate.is_busy("a")


async def test_an_error_inside_gives_the_turn_back() -> None:
    gate, _ = hosts(per_host=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with gate.turn("a"):
                raise ZeroDivisionError
    assert not gate.is_busy("a")


async def test_hosts_at_rest_are_forgotten_but_never_their_pause() -> None:
    gate, clock = hosts(delay=10)
    for number in range(5000):
        clock.at += 1
        async with gate.turn(f"host{number}"):
            pass
    assert len(gate._hosts) <= 1024
    before = clock.at
    async with gate.turn("host4999"):
        assert clock.at == before + 10


async def starts(gate: Hosts, clock: HandClock, count: int, domain: str = "a") -> list[float]:
    seen = []
    for _ in range(count):
        async with gate.turn(domain):
            seen.append(clock.at)
    return [later - earlier for earlier, later in itertools.pairwise(seen)]


async def test_a_wish_for_a_longer_pause_is_kept_until_it_is_taken_back() -> None:
    gate, clock = hosts(delay=1)
    assert await starts(gate, clock, 3) == [1, 1]
    gate.slow_down("a", "http://www.a", 20)
    gate.slow_down("a", "http://feeds.a", 5)
    assert await starts(gate, clock, 3) == [20, 20]
    assert await starts(gate, clock, 3, "b") == [1, 1]
    gate.slow_down("a", "http://www.a", 0)
    assert await starts(gate, clock, 3) == [5, 5]
    gate.slow_down("a", "http://feeds.a", 0)
    assert await starts(gate, clock, 3) == [1, 1]
    assert not gate._slowed


async def test_a_wish_for_a_shorter_pause_than_ours_is_none() -> None:
    gate, clock = hosts(delay=1)
    gate.slow_down("a", "http://a", 0.5)
    assert await starts(gate, clock, 3) == [1, 1]


async def test_a_wish_counts_for_the_request_that_brought_it() -> None:
    gate, clock = hosts(delay=1)
    async with gate.turn("a"):
        before = clock.at
        gate.slow_down("a", "http://a", 30)
    async with gate.turn("a"):
        assert clock.at == before + 30


async def test_a_wish_is_remembered_while_hosts_at_rest_are_forgotten() -> None:
    gate, clock = hosts(delay=0)
    gate.slow_down("a", "http://a", 30)
    for number in range(3000):
        async with gate.turn(f"host{number}"):
            pass
    assert await starts(gate, clock, 2) == [30]


async def test_a_host_that_is_asked_again_and_again_is_worth_a_connection(clock: FakeClock) -> None:
    gate = Hosts(2, 0.0, clock)
    found = []
    for _request in range(5):
        async with gate.turn("a"):
            found.append(gate.is_busy("a"))
        clock.advance(timedelta(seconds=2))
    assert found == [False, False, False, True, True]
    clock.advance(timedelta(minutes=1))
    async with gate.turn("a"):
        assert not gate.is_busy("a")


async def test_before_a_request_that_is_not_made_nobody_pauses() -> None:
    clock = FakeClock(datetime(2026, 3, 14, tzinfo=UTC))
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        gate.leave_alone("slow", clock.now() + timedelta(hours=1))
        clock.advance(timedelta(seconds=seconds))

    gate = Hosts(1, 60.0, clock, sleep=sleep)
    for _turn in range(4):
        async with gate.turn("slow"):
            pass
    assert slept == [60.0]
    assert gate.rests_for("slow") == timedelta(minutes=59)
    assert gate.rests_for("other") is None
    clock.advance(timedelta(minutes=59))
    assert gate.rests_for("slow") is None
