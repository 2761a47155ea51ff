"""Days of three hundred sources in simulated time, in a process of its own: what it holds after each hour.

`python -m tests.support.soak FOLDER HOURS` writes a line of JSON an hour, and fails if a source is forgotten.
Its own process, since memory and files of whoever else ran there would be counted with it; the sources'
web is in it and keeps nothing.
"""

import asyncio
import gc
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator import app, logs
from aggregator.daemon import life, nights
from aggregator.store import sources
from aggregator.urls import redact
from tests.support import population
from tests.support.dayweb import DayWeb, EverybodyHere
from tests.support.population import Feed, Source
from tests.support.simulation import SimulatedTime, Simulation

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
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


async def run(folder: Path, hours: int) -> None:
    """Let so many simulated hours pass; say after each what is held."""
    time = SimulatedTime(START)
    async with DayWeb(time) as web:
        wanted = []
        for number in range(SOURCES):
            rhythm = population.RHYTHMS[number % len(population.RHYTHMS)]
            feed = Feed(f"f{number}", web.url(f"http://h{number}.example/a"), rhythm)
            wanted.append(Source(web.put(f"http://h{number}.example/feed.xml", "feed", feed)))
        ready = _plan(folder, wanted)
        async with Simulation(ready, folder, time, resolver=EverybodyHere()) as running:
            parts = running.app.parts
            for hour in range(1, hours + 1):
                await running.run(timedelta(hours=1), step=STEP)
                states = await parts.gate.read(sources.all_states)
                late = [state.id for state in states if state.next_poll_at < time.clock.now() - LATE]
                assert late == [], f"hour {hour}"
                if hour % A_DAY == 0:
                    await nights.prune(parts)
                polls = len(web.log)
                web.log.clear()
                print(
                    json.dumps({"polls": polls, "memory": _memory(), "files": _open_files()}),
                    flush=True,
                )
            assert all(state.last_success_at for state in states)


if __name__ == "__main__":
    logs.set_up("warning", redact, as_json=False)
    life.share_one_heap()
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))
