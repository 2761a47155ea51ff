"""CPU of a poll of 1,000 feeds of which none has changed, beside what `reader` (PyPI) needs for it.

Both ask the same loopback web in turn, several rounds. Net of start-up: what a poll of all feeds costs
more than a poll of one, on the same configuration and database; processes and their children, as the
kernel counts them. The web tells how much it answered with 304, so that the work compared is the work
meant. `reader` lives in a virtual environment of its own below build/. On one server both
sides can keep connections; where each feed has a host of its own, neither can. The pause between requests
to one host is off, and so is the limit of connections to it: on loopback both are our own.
"""

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from aggregator.dispatch import POLLS
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Cost, Verdict, run
from tests.benchmarks.web import NewsWeb
from tests.support.shared import REPOSITORY

FEEDS = 1000
ROUNDS = 3
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
    """Compare on one server, for which the bound is, and for the record on as many hosts as there are feeds.

    There most of what is left on either side is opening a connection.
    """
    bound, record = (_compare(hosts) for hosts in (1, FEEDS))
    return Verdict(bound.is_met, f"{bound.line} (bound {BOUND:.2f}); {record.line}")


def _compare(hosts: int) -> Verdict:
    """Measure both sides in turn and compare the medians."""
    with NewsWeb(FEEDS, hosts=hosts) as web, _sides(web) as (house, reader):
        ours: list[Cost] = []
        theirs: dict[int, list[Cost]] = {workers: [] for workers in WORKERS}
        for _round in range(ROUNDS):
            start_up = house.cost("poll", web.urls[0])
            _expect(web, asked=1)
            ours.append(house.cost("poll", "--all").less(start_up))
            _expect(web)
            if reader is None:
                continue
            start_up = reader("one")
            _expect(web, asked=1)
            for workers in WORKERS:
                theirs[workers].append(reader("all", workers).less(start_up))
                _expect(web)
        changing = _changes(web, lambda: house.cost("poll", "--all"), reader and (lambda: reader("all")))
    mine = median(cost.cpu for cost in ours)
    print(f"{FEEDS} feeds on {hosts} hosts, none changed: {_spell(ours)}")
    print(f"  a feed with a new entry: {changing[0]:.1f} ms of CPU, its 20 known entries looked at")
    if reader is None:
        return Verdict(
            None, f"304 polls: {mine / FEEDS * 1000:.2f} ms of CPU each; no reader to compare with"
        )
    for workers, costs in theirs.items():
        print(f"  reader, {workers} workers: {_spell(costs)}")
    print(f"  reader, a feed with a new entry: {changing[1]:.1f} ms of CPU")
    best = min(median(cost.cpu for cost in costs) for costs in theirs.values())
    ratio = mine / best
    line = (
        f"CPU of {FEEDS} polls on {hosts} hosts, all 304: {mine:.2f} s to reader's {best:.2f} s = {ratio:.2f}"
    )
    return Verdict(ratio <= BOUND, line)


def _spell(costs: list[Cost]) -> str:
    cpus = sorted(cost.cpu for cost in costs)
    each = 1000 * median(cpus) / FEEDS
    wall = median(cost.wall for cost in costs)
    return (
        f"{median(cpus):.2f} s of CPU ({cpus[0]:.2f} to {cpus[-1]:.2f}), {each:.2f} ms a feed, {wall:.1f} s"
    )
