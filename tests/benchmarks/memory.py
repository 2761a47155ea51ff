"""Whether the memory of a worker stays flat: one process reads 20,000 pages, as the daemon would have it.

The pool replaces a worker after 1,000 tasks; here nothing is replaced, so that a leak has time to show.
The first fifth is warm-up: caches fill, and the heap finds its size. Addresses and titles differ.
"""

import multiprocessing
import os
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import linear_regression

from tests.benchmarks.extraction import Sample, samples
from tests.benchmarks.measuring import Verdict
from tests.support.shared import find_shared

PAGES = 20_000
SAMPLES = 100  # readings of the memory
SLOPE = 0.2  # MB for each 1,000 pages that a worker may grow by and still be called flat


def resident() -> int:
    """Return the bytes of this process that are in memory (Linux)."""
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def read_all(pages: list[Sample], count: int, readings: int) -> list[tuple[int, int]]:
    """Extract and analyse pages over and over; return how many were read and the bytes in memory."""
    from aggregator import analysis
    from aggregator.model import Entry

    others: tuple[tuple[int, ...], ...] = ()
    found = []
    for number in range(count):
        page = pages[number % len(pages)]
        url = f"https://host{number % 500}.example/{number}"
        job = analysis.PageJob(
            body=page.body,
            charset=None,
            url=url,
            failure=None,
            entry=Entry(None, url, f"Report {number}"),
            lang=None,
            with_metadata=number % 4 == 0,
            now=datetime(2026, 3, 14, tzinfo=UTC),
            others=others,
        )
        others = (*others[-31:], analysis.page(job).prints)
        if (number + 1) % max(1, count // readings) == 0:
            found.append((number + 1, resident()))
    return found


def slope(readings: list[tuple[int, int]]) -> float:
    """Return the growth in MB for 1,000 pages, after the warm-up."""
    steady = readings[len(readings) // 5 :]
    fit = linear_regression([number for number, _ in steady], [size for _, size in steady])
    return fit.slope * 1000 / 1e6


def _child(pipe: Connection, pages: list[Sample], count: int) -> None:
    pipe.send(read_all(pages, count, SAMPLES))


def measure(pages: list[Sample], count: int) -> list[tuple[int, int]]:
    """Read pages in a process of its own, and return what it held."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(theirs, pages, count))
    process.start()
    theirs.close()
    readings: list[tuple[int, int]] = ours.recv()
    process.join()
    return readings


def main() -> Verdict:
    """Measure and print."""
    shared = find_shared()
    pages = samples(shared) if shared else []
    if not pages:
        return Verdict(None, "memory of a worker: skipped, no corpus here")
    readings = measure(pages, PAGES)
    for number, size in readings[:: SAMPLES // 10]:
        print(f"{number:8,} pages  {size / 1e6:7.1f} MB")
    growth, size = slope(readings), readings[-1][1] / 1e6
    line = f"a worker over {PAGES:,} pages: {size:.0f} MB, {growth:+.3f} MB in 1,000 pages"
    return Verdict(growth <= SLOPE, f"{line} (bound {SLOPE})")
