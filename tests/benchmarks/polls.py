"""CPU of a poll of 1,000 feeds of which none has changed, beside what `reader` (PyPI) needs for it.

Both ask the same loopback web in turn, several rounds. Net of start-up: what a poll of all feeds costs
more than a poll of one, on the same configuration and database, median less median, since a start-up costs
more than the feeds and varies by as much; processes and their children, as the kernel counts them. The web
tells how much it answered with 304, so that the work compared is the work meant. `reader` lives in a virtual
environment of its own below build/. On one server both sides can keep connections; where each feed has a
host of its own, neither can. The pause between requests to one host is off, and so is the limit of
connections to it: on loopback both are our own.
"""

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from aggregator.dispatch import POLLS
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Cost, Verdict, run
from tests.benchmarks.web import NewsWeb
from tests.support.shared import REPOSITORY

FEEDS = 1000
ROUNDS = 7
CHANGED = 10  # per cent
BOUND = 1 / 3
READER = ("reader==3.26", "sgmllib3k==1.0.0")
WORKERS = (1, 4)  # threads with which `reader` is tried


def install_reader() -> str:
    """Return the interpreter that has `reader`, made at first need; "" where it cannot be installed."""
    folder = REPOSITORY / "build" / "benchmarks" / "reader"
    python = folder / "bin" / "python"
    wanted = "; ".join(f"assert version({name!r}) == {number!r}" for name, number in _split(READER))
    probe = [str(python), "-c", f"from importlib.metadata import version; {wanted}; import reader"]
    if python.exists() and not subprocess.run(probe, capture_output=True, check=False).returncode:
        return str(python)
    venv.create(folder, clear=True, with_pip=True)
    done = subprocess.run(
        [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *READER],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"reader cannot be installed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return ""
    return str(python)


def _split(pins: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for pin in pins:
        name, _, number = pin.partition("==")
        yield name, number


@contextmanager
def _sides(web: NewsWeb) -> Iterator[tuple[House, Callable[..., Cost] | None]]:
    """Give our installation and a way to run `reader`, both having read every feed once."""
    python = install_reader()
    with tempfile.TemporaryDirectory() as folder:
        house = House(
            Path(folder) / "ours", web.urls, articles="full_text = false", fetch=f"per_host = {POLLS}"
        )
        house.fill()
        _expect(web, changed=FEEDS)
        if not python:
            yield house, None
            return
        script = str(Path(__file__).with_name("reader_client.py"))
        words = (python, script, str(Path(folder) / "reader.sqlite"))

        def reader(command: str, workers: int = 1) -> Cost:
            addresses = "\n".join(web.urls) if command == "add" else ""
            return run((*words, str(workers), command), os.environ, stdin=addresses)

        reader("add")
        reader("all", WORKERS[-1])
        _expect(web, changed=FEEDS)
        yield house, reader


def _expect(web: NewsWeb, *, asked: int = FEEDS, changed: int = 0) -> None:
    """Fail unless the web was asked for so many feeds, and all but `changed` had not changed."""
    counts = web.counts()
    assert (counts.feeds, counts.not_modified) == (asked, asked - changed), counts
    assert counts.pages == counts.other == 0, counts


def _changes(web: NewsWeb, *sides: Callable[[], Cost] | None) -> list[float]:
    """Return the CPU in ms that each side needs for a feed that has changed: many against one.

    A poll that brings one change pays for the start of what reads it, and is taken off.
    """
    one: list[float] = []
    many: list[float] = []
    for percent, costs in ((100 / FEEDS, one), (CHANGED, many)):
        changed = web.change(percent)
        for side in sides:
            if side is not None:
                costs.append(side().cpu)
                _expect(web, changed=changed)
    return [1000 * (more - less) / (changed - 1) for less, more in zip(one, many, strict=True)]


def main() -> Verdict:
    """Compare on one server, which the bound is for, and on as many hosts as there are feeds.

    There each poll opens a connection, which costs both sides the same; it is said, not bounded.
    """
    bounded, said = (_compare(hosts) for hosts in (1, FEEDS))
    return Verdict(bounded.is_met, f"{bounded.line} (bound {BOUND:.2f}); {said.line}")


@dataclass(frozen=True, slots=True)
class _Runs:
    """What a side costs: CPU of polling one feed, and of polling all, several times each."""

    one: list[float] = field(default_factory=list)
    all: list[float] = field(default_factory=list)

    def net(self, of: Callable[[list[float]], float]) -> float:
        """Return what the feeds but one cost, from the median or from the least of either."""
        return of(self.all) - of(self.one)


def _compare(hosts: int) -> Verdict:
    """Measure both sides in turn and compare the medians; the least of all runs is said beside them."""
    with NewsWeb(FEEDS, hosts=hosts) as web, _sides(web) as (house, reader):
        ours = _Runs()
        theirs = {workers: _Runs() for workers in WORKERS}
        for _round in range(ROUNDS):
            ours.one.append(house.cost("poll", web.urls[0]).cpu)
            _expect(web, asked=1)
            ours.all.append(house.cost("poll", "--all").cpu)
            _expect(web)
            for workers in WORKERS if reader is not None else ():
                theirs[workers].one.append(reader("one", workers).cpu)
                _expect(web, asked=1)
                theirs[workers].all.append(reader("all", workers).cpu)
                _expect(web)
        changing = _changes(web, lambda: house.cost("poll", "--all"), reader and (lambda: reader("all")))
    print(f"{FEEDS} feeds on {hosts} hosts, none changed: {_spell(ours)}")
    print(f"  a feed with a new entry: {changing[0]:.1f} ms of CPU, its 20 known entries looked at")
    mine = ours.net(median)
    if reader is None:
        return Verdict(None, f"304 polls on {hosts} hosts: {mine:.2f} s of CPU; no reader to compare with")
    for workers, runs in theirs.items():
        print(f"  reader, {workers} workers: {_spell(runs)}")
    print(f"  reader, a feed with a new entry: {changing[1]:.1f} ms of CPU")
    best = min(runs.net(median) for runs in theirs.values())
    least = ours.net(min) / min(runs.net(min) for runs in theirs.values())
    line = (
        f"CPU of {FEEDS} polls on {hosts} hosts, all 304: {mine:.2f} s to reader's {best:.2f} s"
        f" = {mine / best:.2f}, least of all runs {least:.2f}"
    )
    return Verdict(mine / best <= BOUND, line)


def _spell(runs: _Runs) -> str:
    each = 1000 * runs.net(median) / FEEDS
    whole, start_up = (
        f"{median(cpus):.2f} s ({min(cpus):.2f} to {max(cpus):.2f})" for cpus in (runs.all, runs.one)
    )
    return f"{each:.2f} ms of CPU a feed (least {runs.net(min):.2f} s in all): {whole}, start-up {start_up}"
