"""Published files in memory, ready to be sent: bytes, compressed bytes, validators.

A file is read once, in a thread, with the compressed one beside it, and again when another one has
taken its place. It refuses to compress, and to hold more than its budget: what was asked for longest
ago goes first.
"""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aggregator.publish import files


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it goes to clients."""

    body: bytes
    etag: str  # strong: a digest of the bytes, without quotes
    zipped: bytes | None  # None where compression does not pay
    modified_at: datetime | None  # whole seconds, as HTTP dates are; None: the entity tag alone tells

    @property
    def size(self) -> int:
        """Octets of memory that the document takes."""
        return len(self.body) + len(self.zipped or b"")


class Documents:
    """Reads the files of one folder through a bounded cache."""

    def __init__(self, folder: Path, budget: int = 64 << 20) -> None:
        self._folder = folder
        self._budget = budget  # octets
        self._held = 0
        self._cache: OrderedDict[str, tuple[files.Stamp, Document]] = OrderedDict()
        self._reading: dict[str, asyncio.Task[tuple[files.Stamp, Document] | None]] = {}

    async def get(self, name: str) -> Document | None:
        """Give a file of the folder; None if there is none. Raises OSError where reading fails."""
        stamp = files.stamp(self._folder, name)
        if stamp is None:
            self._forget(name)
            return None
        known = self._cache.get(name)
        if known and known[0] == stamp:
            self._cache.move_to_end(name)
            return known[1]
        task = self._reading.get(name)
        if task is None:  # one reader, however many clients ask at once
            task = asyncio.create_task(asyncio.to_thread(_load, self._folder, name))
            self._reading[name] = task
            task.add_done_callback(lambda _: self._reading.pop(name, None))
        # A client that goes away must not take the others' document with it.
        loaded = await asyncio.shield(task)
        if loaded is None:
            return None
        self._remember(name, loaded)
        return loaded[1]

    def _remember(self, name: str, loaded: tuple[files.Stamp, Document]) -> None:
        self._forget(name)
        if loaded[1].size > self._budget:
            return
        self._cache[name] = loaded
        self._held += loaded[1].size
        while self._held > self._budget:
            _, (_, oldest) = self._cache.popitem(last=False)
            self._held -= oldest.size

    def _forget(self, name: str) -> None:
        known = self._cache.pop(name, None)
        if known:
            self._held -= known[1].size


def _load(folder: Path, name: str) -> tuple[files.Stamp, Document] | None:
    stored = files.read(folder, name)
    if stored is None:
        return None
    zipped = files.read_sibling(folder, name, stored.body)
    document = Document(
        body=stored.body,
        etag=hashlib.blake2b(stored.body, digest_size=12).hexdigest(),
        zipped=zipped if zipped and len(zipped) < len(stored.body) else None,
        modified_at=datetime.fromtimestamp(int(stored.modified), UTC),
    )
    return stored.stamp, document
