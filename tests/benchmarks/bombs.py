"""Peak memory of a daemon with every bomb configured at once.

The bound: what the idle main process and the idle workers take, and processes x workers.memory on top
(`workers.memory` is what one process may add to what it needs to start). Memory is the proportional share
(PSS) of the daemon and all its descendants, sampled ten times a second; its peak is at least that. Time
limits are shorter than the defaults, so that this ends; limits of size and memory are the defaults.
"""

import sqlite3
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from aggregator.config.schema import WorkersConfig
from tests.benchmarks.hostile import HostileWeb
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Verdict
from tests.benchmarks.web import NewsWeb
from tests.support.daemon import Daemon

INTERVAL = 0.1  # seconds between two samples
LIMITS = {
    "fetch": 'timeout = "10s"',
    "workers": 'cpu = "3s"\nidle = "1h"',
    "articles": 'full_text = true\nwait = "1s"',
}
_PATIENCE = 400.0  # seconds
_UNDONE = """
SELECT (SELECT count(*) FROM sources WHERE polls = 0 OR lease_until IS NOT NULL)
     + (SELECT count(*) FROM items WHERE stage <> 'done' AND (tries = 0 OR lease_until IS NOT NULL))
"""


@dataclass(slots=True)
class Memory:
    """Bytes of PSS; as a sample, or as the highest of many."""

    main: int = 0
    others: int = 0
    total: int = 0
    rss: int = 0  # of all processes; what they share counts more than once


@dataclass(slots=True)
class _Peaks:
    highest: Memory = field(default_factory=Memory)
    last: Memory = field(default_factory=Memory)
    samples: int = 0

    def note(self, sample: Memory) -> None:
        for name in ("main", "others", "total", "rss"):
            setattr(self.highest, name, max(getattr(self.highest, name), getattr(sample, name)))
        self.samples += 1


def sample(daemon: Daemon) -> Memory:
    """Measure a daemon and its descendants as they are now."""
    found = Memory()
    for member in daemon.family():
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue  # it ended meanwhile
        sizes = {line.split(":")[0]: line.split() for line in rollup.splitlines()[1:]}
        pss, rss = (int(sizes[name][1]) * 1024 if name in sizes else 0 for name in ("Pss", "Rss"))
        if member == daemon.process.pid:
            found.main += pss
        else:
            found.others += pss
        found.total += pss
        found.rss += rss
    return found


def _undone(house: House) -> int:
    """Return how many sources were never polled and how many items nobody has worked on."""
    try:
        with sqlite3.connect(f"file:{house.state / 'aggregator.db'}?mode=ro", uri=True) as database:
            ((count,),) = database.execute(_UNDONE)
    except sqlite3.OperationalError:
        return 1  # not there yet
    return int(count)


def _run(house: House) -> _Peaks:
    """Run a daemon until nothing is left to do; the last thing noted is how it is then."""
    peaks = _Peaks()
    with house.daemon() as daemon:
        end = time.monotonic() + _PATIENCE
        while "ready" not in daemon.log or _undone(house):
            daemon.assert_alive()
            assert time.monotonic() < end, f"not done after {_PATIENCE:g} s:\n{daemon.log[-3000:]}"
            peaks.note(sample(daemon))
            time.sleep(INTERVAL)
        time.sleep(2)  # for the idle figures: nothing is under way any more
        peaks.last = sample(daemon)
        daemon.terminate()
    return peaks


def main() -> Verdict:
    """Measure an honest daemon for the bound, then one that every bomb is thrown at."""
    workers = WorkersConfig()
    with tempfile.TemporaryDirectory() as folder:
        with NewsWeb(1, entries=2) as honest:
            idle = _run(House(Path(folder) / "honest", honest.urls, **LIMITS)).last
        with HostileWeb() as web:
            house = House(Path(folder) / "hostile", web.urls, **LIMITS)
            peaks = _run(house)
            missing = {*web.sources, *web.pages} - web.asked
            assert not missing, f"never asked for: {missing}"
            count = len(web.sources) + len(web.pages)
        kinds = _kinds(house)
    allowance = workers.processes * workers.memory
    bound = idle.total + allowance
    high = peaks.highest
    print(
        f"idle after honest work: {_mb(idle.main)} main, {_mb(idle.others)} workers and what they fork from"
    )
    print(f"what became of {count} bombs: {kinds}")
    print(f"highest of {peaks.samples} samples: {_mb(high.main)} main, {_mb(high.others)} the others;")
    print(f"  {_mb(high.rss)} as RSS, which counts shared pages more than once")
    print(f"at the end: {_mb(peaks.last.main)} main, {_mb(peaks.last.others)} the others")
    line = f"peak memory of {count} bombs at once: {_mb(high.total)} (bound {_mb(bound)}: "
    line += f"idle {_mb(idle.total)} + {workers.processes} x {_mb(workers.memory)})"
    return Verdict(high.total <= bound, line)


def _kinds(house: House) -> str:
    with sqlite3.connect(house.state / "aggregator.db") as database:
        rows = database.execute(
            "SELECT coalesce(last_error_kind, 'read'), count(*) FROM sources GROUP BY 1 ORDER BY 2 DESC"
        ).fetchall()
    return ", ".join(f"{kind} {count}" for kind, count in rows)


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
