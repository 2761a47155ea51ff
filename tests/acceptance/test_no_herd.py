"""Thousands of sources: none of them comes as a herd, and none of their hosts takes all places."""

import resource
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import pytest

from aggregator import app
from aggregator.store import sources
from tests.support import population
from tests.support.clock import FakeClock
from tests.support.dayweb import DayWeb, EverybodyHere
from tests.support.population import Feed, Source
from tests.support.showing import show
from tests.support.simulation import SimulatedTime, Simulation

pytestmark = [pytest.mark.slow, pytest.mark.simulated]

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SETTINGS = '[serve]\nlisten = ""\n[fetch]\nallow_private = ["127.0.0.0/8"]\n[articles]\nfull_text = false\n'


def plan(folder: Path, wanted: list[Source]) -> app.Plan:
    """Write a configuration and read it."""
    config = folder / "config"
    for name, text in {
        "aggregator.toml": SETTINGS,
        "sources.d/all.toml": "".join(source.toml(f"s{number}") for number, source in enumerate(wanted)),
        "topics.d/news.toml": 'title = "News"\nquery = "nothing"\n',
    }.items():
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(text)
    return app.prepare(config, folder, {}, {})


async def test_ten_thousand_new_sources_start_one_after_the_other(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    wanted = [Source(f"http://h{number // 2}.example/feed-{number}.xml") for number in range(10_000)]
    begin, begin_cpu = perf_counter(), process_time()
    ready = plan(tmp_path, wanted)
    read, read_cpu = perf_counter() - begin, process_time() - begin_cpu
    begin, begin_cpu = perf_counter(), process_time()
    running = await app.start(ready, tmp_path, FakeClock(START))
    try:
        gate = running.parts.gate
        await gate.write(app.spread, ready.config, START)
        opened, opened_cpu = perf_counter() - begin, process_time() - begin_cpu
        states = await gate.read(sources.all_states)
    finally:
        await running.close()
    begin, begin_cpu = perf_counter(), process_time()
    await (await app.start(ready, tmp_path, FakeClock(START))).close()
    again, again_cpu = perf_counter() - begin, process_time() - begin_cpu
    seconds = Counter((state.next_poll_at - START) // timedelta(seconds=1) for state in states)
    rows: list[tuple[object, ...]] = [
        ("10,000 new sources", "wall", "CPU"),
        ("configuration read and checked", f"{read:.1f} s", f"{read_cpu:.1f} s"),
        ("database made, sources stored and spread", f"{opened:.1f} s", f"{opened_cpu:.1f} s"),
        ("the next start", f"{again:.1f} s", f"{again_cpu:.1f} s"),
        ("first polls", f"{max(seconds.values())} a second at most", f"over {max(seconds) / 60:.0f} min"),
        (
            "memory of the process at its peak",
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
            "",
        ),
    ]
    show(pytestconfig, "a start with 10,000 new sources", rows)
    assert len(states) == 10_000
    assert max(seconds.values()) <= 11
    assert max(seconds) <= 3600  # poll.interval: nobody waits for longer
    hosts = [state.url.split("/")[2] for state in sorted(states, key=lambda state: state.next_poll_at)]
    assert all(first != second for first, second in pairwise(hosts))


async def test_connections_of_a_start_are_spread(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    time = SimulatedTime(START)
    async with DayWeb(time) as web:
        feed = Feed("quiet", web.url("http://quiet.example/a"), population.RHYTHMS[2])
        wanted = [
            Source(web.put(f"http://h{number}.example/feed.xml", "feed", feed)) for number in range(2000)
        ]
        ready = plan(tmp_path, wanted)
        async with Simulation(ready, tmp_path, time, resolver=EverybodyHere()) as running:
            await running.run(timedelta(seconds=40), step=1)
    seconds = Counter(int(seen.started) for seen in web.log)
    show(
        pytestconfig,
        "the first 40 simulated seconds of 2,000 new sources",
        [("requests", "most in a second"), (len(web.log), max(seconds.values()))],
    )
    assert 350 <= len(web.log) <= 450
    assert max(seconds.values()) <= 20


async def polls(folder: Path, *, crowd: int) -> tuple[int, float, int]:
    """Poll 100 hosts every 5 minutes for half an hour beside a slow host with `crowd` sources.

    Returns how often they were polled, the longest that one of them was not, and the polls of the slow host.
    """
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    time = SimulatedTime(START)
    async with DayWeb(time) as web:
        quick = Feed("quick", web.url("http://quick.example/a"), population.RHYTHMS[2])
        slow = Feed("slow", web.url("http://slow.example/a"), population.RHYTHMS[2], seconds=25.0)
        urls = [f"http://slow.example/feed-{number}.xml" for number in range(crowd)]
        wanted = [Source(web.put(url, "feed", slow), "5m") for url in urls]
        urls = [f"http://h{number}.example/feed.xml" for number in range(100)]
        wanted += [Source(web.put(url, "feed", quick), "5m") for url in urls]
        ready = plan(folder, wanted)

        def held() -> int:
            return web.held

        # All at once, the crowd first.
        async with Simulation(
            ready, folder, time, resolver=EverybodyHere(), held=held, is_spread=False
        ) as running:
            await running.run(timedelta(minutes=30), step=2)
    others = [seen for seen in web.log if seen.domain != "slow.example"]
    instants: dict[str, list[float]] = defaultdict(lambda: [START.timestamp()])
    for seen in others:
        instants[seen.host].append(seen.started)
    assert len(instants) == 100
    end = START.timestamp() + 1800
    longest = max(max(b - a for a, b in pairwise((*row, end))) for row in instants.values())
    return len(others), longest, len(web.log) - len(others)


async def test_a_slow_host_with_500_sources_never_fills_all_places(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    alone, longest_alone, _none = await polls(tmp_path / "alone", crowd=0)
    beside, longest_beside, of_slow = await polls(tmp_path / "beside", crowd=500)
    rows: list[tuple[object, ...]] = [
        ("100 hosts, every 5 min, 30 simulated minutes", "polls", "longest time without"),
        ("alone", alone, f"{longest_alone:.0f} s"),
        (f"beside 500 of a host that takes 25 s ({of_slow} polls)", beside, f"{longest_beside:.0f} s"),
    ]
    show(pytestconfig, "one slow host with 500 sources", rows)
    assert of_slow > 100  # two at a time, each 25 s
    assert beside >= alone * 0.97
    assert longest_beside <= longest_alone + 10
