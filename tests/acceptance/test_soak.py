"""Days of three hundred sources in simulated time: memory and open files stay, and nobody is forgotten.

CI passes a few hours; `make soak` a week (AGGREGATOR_SOAK_HOURS).
"""

import gc
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import linear_regression

import pytest

from aggregator import app
from aggregator.daemon import nights
from aggregator.store import sources
from tests.support import population
from tests.support.dayweb import DayWeb, EverybodyHere
from tests.support.population import Feed, Source
from tests.support.showing import show
from tests.support.simulation import SimulatedTime, Simulation

pytestmark = [pytest.mark.slow, pytest.mark.simulated]

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
HOURS = int(os.environ.get("AGGREGATOR_SOAK_HOURS", "4"))
SOURCES = 300
STEP = 20.0  # simulated seconds between two ticks
LATE = timedelta(minutes=10)  # that a source may be overdue: robots, turns at its host, the tick
A_DAY = 24
SETTINGS = """
[serve]
listen = ""
[fetch]
allow_private = ["127.0.0.0/8"]
[articles]
full_text = false
[workers]
processes = 1
"""


def _plan(folder: Path, wanted: list[Source]) -> app.Plan:
    config = folder / "config"
    for name, text in {
        "aggregator.toml": SETTINGS,
        "sources.d/all.toml": "".join(source.toml(f"s{number}") for number, source in enumerate(wanted)),
        "topics.d/harbour.toml": 'title = "Harbour"\nquery = "harbour"\n',
    }.items():
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(text)
    return app.prepare(config, folder, {}, {})


def _memory() -> int:
    """Return the bytes that this process holds, garbage left out."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_days_pass_and_nothing_grows(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    time = SimulatedTime(START)
    memory: list[int] = []
    files: list[int] = []
    polls = 0
    async with DayWeb(time) as web:
        wanted = []
        for number in range(SOURCES):
            url = f"http://h{number}.example/feed.xml"
            rhythm = population.RHYTHMS[number % len(population.RHYTHMS)]
            wanted.append(
                Source(
                    web.put(url, "feed", Feed(f"f{number}", web.url(f"http://h{number}.example/a"), rhythm))
                )
            )
        ready = _plan(tmp_path, wanted)
        async with Simulation(ready, tmp_path, time, resolver=EverybodyHere()) as running:
            parts = running.app.parts
            for hour in range(1, HOURS + 1):
                await running.run(timedelta(hours=1), step=STEP)
                states = await parts.gate.read(sources.all_states)
                late = [state.id for state in states if state.next_poll_at < time.clock.now() - LATE]
                assert late == [], f"hour {hour}"
                if hour % A_DAY == 0:
                    await nights.prune(parts)
                polls += len(web.log)
                web.log.clear()
                memory.append(_memory())
                files.append(_open_files())
            assert all(state.last_success_at for state in states)
    settled = memory[min(A_DAY, HOURS // 2) :]
    slope = linear_regression(range(len(settled)), settled).slope * A_DAY if len(settled) > 1 else 0.0
    rows: list[tuple[object, ...]] = [
        ("simulated", "polls", "memory", "its slope a day", "open files"),
        (
            f"{HOURS} h of {SOURCES} sources",
            polls,
            f"{memory[-1] / 1e6:.0f} MB",
            f"{slope / 1e6:+.2f} MB" if HOURS > 2 * A_DAY else "(too short to tell)",
            f"{min(files)} to {max(files)}",
        ),
    ]
    show(pytestconfig, "soak", rows)
    assert files[-1] <= files[len(files) // 2] + 3
    if HOURS > 2 * A_DAY:
        assert slope < 1e6
    else:
        assert memory[-1] - memory[HOURS // 2] < 16e6
