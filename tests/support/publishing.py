"""A database with stored texts and topics that carry them, without polls, workers or matching."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aggregator import app
from aggregator.app import App
from aggregator.model import Match, Reason
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.publish import publish
from aggregator.store import Connection, matches, publications
from tests.support.archive import Piece, store
from tests.support.clock import FakeClock

SOURCES = """
[[source]]
url = "https://press.example/feed"
id = "press"
title = "The Press"
[[source]]
url = "https://wire.example/feed"
id = "wire"
title = "The Wire"
"""
TOPIC = 'title = "Alibaba"\nquery = "alibaba"\n'


@dataclass(slots=True)
class House:
    """What runs on the database, and its folder of feeds."""

    app: App
    clock: FakeClock

    @property
    def parts(self) -> Parts:
        """The rooms."""
        return self.app.parts

    @property
    def folder(self) -> Path:
        """Where the feeds are."""
        return self.parts.config.publish.folder

    async def store(self, pieces: Sequence[Piece], first: int = 1) -> None:
        """Store some texts as items `first` and on."""
        await self.parts.gate.write(store, pieces, self.clock.now(), first=first)

    async def carry(self, topic_id: str, item_ids: Iterable[int]) -> None:
        """Let a topic take some items, as a decision would."""
        await self.parts.gate.write(_carry, self.parts, topic_id, list(item_ids))

    async def publish(self, *topic_ids: str) -> list[str]:
        """Publish some topics, or all; return the names of the files that changed."""
        done = await publish(self.parts, topic_ids or None)
        if done.failure is not None:
            raise done.failure
        return sorted(done.names)

    def files(self) -> dict[str, bytes]:
        """Return what lies in the folder of feeds."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


@asynccontextmanager
async def a_house(
    folder: Path, clock: FakeClock, database_url: str, topics: Mapping[str, str], settings: str = ""
) -> AsyncIterator[House]:
    """Start what publishes, with these files of topics, on a database that may have been used before."""
    config = folder / "config"
    for name in ("sources.d", "topics.d"):
        (config / name).mkdir(parents=True, exist_ok=True)
    (config / "aggregator.toml").write_text(
        f'[store]\nurl = "{database_url}"\n[fetch]\nallow_private = ["127.0.0.0/8"]\nhost_delay = "0s"\n'
        f"{settings}"
    )
    (config / "sources.d" / "all.toml").write_text(SOURCES)
    for path in (config / "topics.d").iterdir():
        path.unlink()
    for name, text in topics.items():
        (config / "topics.d" / f"{name}.toml").write_text(text)
    running = await app.start(app.prepare(config, folder, {}, {}), folder, clock)
    try:
        yield House(running, clock)
    finally:
        await running.close()


def _carry(connection: Connection, parts: Parts, topic_id: str, item_ids: Sequence[int]) -> None:
    now = parts.clock.now()
    reason = Reason("amount", "fined", "The regulator fined Alibaba", 4.5, "lead")
    for item_id in item_ids:
        match = Match(topic_id, parts.topics.version(topic_id), True, 8.0, (reason,))
        matches.save(connection, item_id, [match], now)
        publications.record(
            connection,
            topic_id=topic_id,
            item_id=item_id,
            collapse="copies",
            may_open=True,
            entry_id=f"tag:press.example,2026:{topic_id}/{item_id}",
            now=now,
        )
    publications.changed_topics(connection, item_ids)
