"""`demo`: the ordinary daemon on a small news web that lives and dies with the command."""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import application

if TYPE_CHECKING:
    from rich.console import Console

    from aggregator.app import Plan
    from aggregator.demo import DemoWeb
    from aggregator.pipeline.parts import Parts
    from aggregator.store import Connection

_LOOK_SECONDS = 0.5
_ENDLESS = 0.0


@application.command(rich_help_panel="Run")
def demo(
    port: Annotated[int, typer.Option(help="Port of the feeds; another one if it is taken, 0: any.")] = 8080,
    feeds: Annotated[
        Path | None, typer.Option(help="Folder for the feeds.", show_default="in the demo's own folder")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="New folder for the demo.", show_default="a temporary one")
    ] = None,
    seconds: Annotated[float, typer.Option(help="End after this many seconds; 0: on Ctrl-C.")] = _ENDLESS,
) -> None:
    """See it work: 12 invented outlets on this machine, followed by the ordinary daemon."""
    from aggregator import loop
    from aggregator.errors import UsageError
    from aggregator.logs import set_up
    from aggregator.urls import redact

    set_up("warning", redact)
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aggregator-demo-")))
        elif folder.exists() and any(folder.iterdir()):
            # Addresses on the demo web hold ports that change: an earlier demo's items would be strangers.
            raise UsageError(f"{folder} is not empty; each demo starts afresh, name a new folder")
        loop.run(_run(folder.absolute(), feeds.absolute() if feeds else None, port, seconds))


async def _run(folder: Path, feeds: Path | None, port: int, seconds: float) -> None:
    from rich.console import Console

    from aggregator import app
    from aggregator.clock import Clock
    from aggregator.daemon import Daemon
    from aggregator.demo import running_web

    clock = Clock()
    console = Console(highlight=False, soft_wrap=True)
    async with running_web(folder / "config", clock.now, port) as web:
        overrides: dict[str, object] = {"publish.folder": str(feeds)} if feeds else {}
        plan = app.prepare(folder / "config", folder, {}, overrides)
        running = await app.start(plan, folder, clock)
        try:
            daemon = Daemon(running, report=lambda _report: None)
            _greet(console, plan)
            watch = asyncio.create_task(_watch(console, running.parts, web))
            if seconds > 0:
                asyncio.get_running_loop().call_later(seconds, daemon.stop)
            try:
                await daemon.run()
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
        finally:
            await running.close()
        _part(console, web, plan)


def _greet(console: "Console", plan: "Plan") -> None:
    config = plan.config
    console.print("Twelve invented outlets are up on this machine; the daemon starts following them.")
    console.print(f"The topics, for a browser: {config.publish.base_url}/")
    console.print("Subscribe in your feed reader:")
    for topic in config.topics:
        for format_ in config.publish.formats:
            console.print(f"  {config.publish.base_url}/feeds/{topic.id}.{format_}")
    console.print(f"Files: {config.publish.folder}    Configuration: {config.folder}")
    console.print("Ctrl-C ends the demo.\n")


async def _watch(console: "Console", parts: "Parts", web: "DemoWeb") -> None:
    """Say what appears in the feeds, and between times how far everything is."""
    said: set[tuple[str, str]] = set()
    with console.status("starting …") as line:
        while True:
            entries, news = await parts.gate.read(_news, parts, said)
            for text in news:
                console.print(text, markup=False)
            online = len(web.online())
            fetched, unchanged = web.answers[200], web.answers[304]
            line.update(
                f"{online} articles online, {entries} entries published, "
                f"{fetched} documents fetched, {unchanged} times unchanged (304)"
            )
            await asyncio.sleep(_LOOK_SECONDS)


def _news(connection: "Connection", parts: "Parts", said: set[tuple[str, str]]) -> tuple[int, list[str]]:
    """Return how many entries are published, and a line for each entry or carrier not said yet."""
    from aggregator.pipeline.feeds import load_feed

    now = parts.clock.now()
    lines: list[str] = []
    entries = 0
    for topic in parts.topic_configs.values():
        feed = load_feed(connection, parts.config, topic, parts.sources, now)
        entries += len(feed.entries)
        for entry in reversed(feed.entries):
            if (entry.entry_id, "") not in said:
                said.add((entry.entry_id, ""))
                why = ", ".join(entry.matched[:3])
                lines.append(f"+ {topic.id}  {entry.title}  — {entry.outlet}  [{entry.score:.1f}: {why}]")
            for carrier in entry.carriers:
                if (entry.entry_id, carrier.url) not in said:
                    said.add((entry.entry_id, carrier.url))
                    lines.append(f"= {topic.id}  also in {carrier.outlet}: {entry.title}")
    return entries, lines


def _part(console: "Console", web: "DemoWeb", plan: "Plan") -> None:
    folder = plan.config.publish.folder
    console.print(f"\nEnded after {web.answers[200]} answers with a body and {web.answers[304]} times 304.")
    if folder.is_dir():
        for path in sorted(folder.glob("*.atom")):
            console.print(f"  {path}")
