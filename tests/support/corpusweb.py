"""The 117 real feeds of the shared corpus on a loopback web, each with the Content-Type it asks for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.support.web import ScriptedWeb


@dataclass(frozen=True, slots=True)
class CorpusFeed:
    """What the corpus tells of one feed."""

    file: str  # feeds/…
    what: str
    content_type: str  # some lie on purpose
    entries: int  # as feedparser counts them; of a JSON Feed, its items
    unique: int  # of those, how many differ

    @property
    def path(self) -> str:
        """Return where the feed is served."""
        return "/" + quote(self.file)

    @property
    def id(self) -> str:
        """Return the id that the source gets."""
        return Path(self.file).name.replace(".", "-").replace("_", "-").lower()


def feeds(shared: Path) -> tuple[CorpusFeed, ...]:
    """Return what the corpus holds."""
    lines = (shared / "corpus" / "feeds.jsonl").read_text(encoding="utf-8").splitlines()
    rows = (json.loads(line) for line in lines if line.strip())
    return tuple(
        CorpusFeed(row["file"], row["what"], row["content_type"], row["entries"], row["unique"])
        for row in rows
    )


def install(web: ScriptedWeb, shared: Path) -> tuple[CorpusFeed, ...]:
    """Put every feed on `web`, with validators; return them."""
    corpus = feeds(shared)
    for feed in corpus:
        body = (shared / "corpus" / feed.file).read_bytes()
        web.put(feed.path, body, feed.content_type, etag=f'"{feed.id}"')
    return corpus


def sources(web: ScriptedWeb, corpus: Sequence[CorpusFeed]) -> str:
    """Return one source a feed, as a configuration file; no pages are fetched: none are here."""
    return "\n".join(
        f'[[source]]\nurl = "{web.url(feed.path)}"\nid = "{feed.id}"\nfull_text = false\n' for feed in corpus
    )
