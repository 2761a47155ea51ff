"""Figures that a change must not spoil: a first run, an idle daemon's memory, how long the loop is held.

The news web of the shared development set is read, or a scripted outlet where that is absent.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.loop import longest_callback
from tests.benchmarks.measuring import Verdict
from tests.support import topicsdev
from tests.support.daemon import Installation, eventually
from tests.support.news import Outlet
from tests.support.shared import find_shared
from tests.support.web import ScriptedWeb

ARTICLES = 200


@contextmanager
def _web() -> Iterator[tuple[str, str]]:
    """Serve the largest news web at hand; give its description and its sources."""
    shared = find_shared()
    if shared is not None:
        with topicsdev.serving(shared) as news:
            yield f"{len(news.feeds)} outlets of the development set", news.sources
        return
    with ScriptedWeb() as web:
        outlet = Outlet(web, datetime.now(UTC), window=ARTICLES)
        outlet.publish(ARTICLES)
        yield f"one outlet with {ARTICLES} articles", f'[[source]]\nurl = "{outlet.url}"\n'


def _install(folder: Path, sources: str) -> Installation:
    house = Installation(folder, measured=False)
    house.write("aggregator.toml", house.settings(poll="first_items = 1000", workers='idle = "1s"'))
    house.adopt("topics.d", "lists.d")
    house.write("sources.d/sources.toml", sources)
    return house


def main() -> Verdict:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, _web() as (what, sources):
        house = _install(Path(folder) / "once", sources)
        begin = time.monotonic()
        house.once()
        print(f"first run over {what}: {time.monotonic() - begin:.1f} s, {len(house.export())} items")
        begin = time.monotonic()
        house.once()
        print(f"a run with nothing due: {time.monotonic() - begin:.1f} s")
        with house.daemon() as daemon:
            eventually(lambda: "ready" in daemon.log, "the daemon is ready")
            eventually(lambda: len(daemon.family()) <= 2, "the worker processes have ended", within=60)
            print(f"idle daemon: {daemon.memory() / 1e6:.0f} MB (PSS)")
            daemon.terminate()
        fresh = _install(Path(folder) / "loop", sources)
        longest, count = longest_callback(fresh.config, fresh.state)
    return Verdict(None, f"longest callback on the event loop over {count} items: {longest:.0f} ms of CPU")
