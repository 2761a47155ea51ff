"""The real composition on a scripted web, with a clock that the test moves."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from aggregator import app
from aggregator.app import App
from aggregator.dispatch import Dispatcher
from aggregator.model import SourceState
from aggregator.pipeline import queries
from aggregator.pipeline.feeds import load_feed
from aggregator.pipeline.source import PollReport
from aggregator.store import sources
from tests.support.clock import FakeClock
from tests.support.keptpool import KeptPools, kept_pools
from tests.support.web import ScriptedWeb

TOPIC = 'title = "Alibaba"\nquery = "alibaba"\n[score]\nthreshold = 1\n'


class Bench:
    """One state folder and one database, on which the daemon's work can be run and looked at."""

    def __init__(self, folder: Path, web: ScriptedWeb, clock: FakeClock, database_url: str) -> None:
        self.web = web
        self.clock = clock
        self.reports: list[PollReport] = []
        self._folder = folder
        self._url = database_url
        self._running: App | None = None
        self.topic = TOPIC
        self.source = f'[[source]]\nurl = "{web.url("/feed.xml")}"\nid = "press"\ntitle = "Presse"\n'
        self.settings = ""

    async def start(self) -> App:
        """Write the configuration and put the rooms together."""
        config = self._folder / "config"
        for name in ("sources.d", "topics.d"):
            (config / name).mkdir(parents=True, exist_ok=True)
        (config / "aggregator.toml").write_text(
            f'[store]\nurl = "{self._url}"\n[fetch]\nhost_delay = "0s"\ntimeout = "5s"\n'
            f'allow_private = ["127.0.0.0/8"]\n[workers]\nprocesses = 1\n{self.settings}'
        )
        (config / "sources.d" / "press.toml").write_text(self.source)
        (config / "topics.d" / "alibaba.toml").write_text(self.topic)
        plan = app.prepare(config, self._folder, {}, {})
        self._running = await app.start(plan, self._folder, self.clock)
        return self._running

    @property
    def running(self) -> App:
        """What runs now."""
        assert self._running is not None, "start it first"
        return self._running

    async def stop(self) -> None:
        """Give everything back."""
        if self._running is not None:
            await self._running.close()
            self._running = None

    async def run(self) -> list[PollReport]:
        """Do all that is due, as `run --once` does; return what the polls came to."""
        reports: list[PollReport] = []
        await Dispatcher(self.running.parts, report=reports.append).run_once()
        return reports

    async def poll(self) -> PollReport:
        """Poll the only source now, and finish what it brings."""
        await self.running.parts.gate.write(sources.make_due, None, self.clock.now())
        (report,) = await self.run()
        return report

    async def state(self) -> SourceState:
        """Return the only source's state."""
        (state,) = await self.running.parts.gate.read(sources.all_states)
        return state

    async def items(self) -> list[dict[str, Any]]:
        """Return all stored items as `export` shows them."""
        parts = self.running.parts
        return await parts.gate.read(lambda connection: list(queries.export(connection, parts.config)))

    async def feed(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return entry id, title and carriers of what the topic publishes."""
        parts = self.running.parts
        (topic,) = parts.topic_configs.values()
        feed = await parts.gate.read(load_feed, parts.config, topic, parts.sources, self.clock.now())
        return [
            (entry.entry_id, entry.title, tuple(carrier.outlet for carrier in entry.carriers))
            for entry in feed.entries
        ]

    def files(self) -> dict[str, bytes]:
        """Return the published files."""
        return {path.name: path.read_bytes() for path in (self._folder / "feeds").iterdir()}


@pytest.fixture(scope="module")
def pools() -> Iterator[KeptPools]:
    """Return worker processes that serve all tests of a module.

    None may live longer: what they were forked from can end only after them, and other tests wait for that.
    """
    with kept_pools() as pools:
        yield pools


@pytest.fixture(autouse=True)
def kept_workers(pools: KeptPools, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests here use one another's workers."""
    pools.install(monkeypatch)


@pytest.fixture
async def bench(tmp_path: Path, clock: FakeClock, database_url: str) -> AsyncIterator[Bench]:
    """Return a bench on an empty web; the test writes feeds and starts it."""
    async with AsyncExitStack() as stack:
        web = stack.enter_context(ScriptedWeb())
        made = Bench(tmp_path, web, clock, database_url)
        stack.push_async_callback(made.stop)
        yield made


@pytest.fixture
def rss(clock: FakeClock) -> Callable[..., str]:
    """Return a function that writes an RSS feed of (number, title, description) rows."""

    def write(*rows: tuple[int, str, str], base: str = "https://press.example") -> str:
        date = clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        items = "".join(
            f"<item><title>{title}</title><link>{base}/{number}</link><guid isPermaLink='false'>id-{number}"
            f"</guid><pubDate>{date}</pubDate><description>{text}</description></item>"
            for number, title, text in rows
        )
        return (
            "<?xml version='1.0'?><rss version='2.0'><channel><title>Presse</title>"
            f"<link>{base}/</link><description>d</description>{items}</channel></rss>"
        )

    return write
