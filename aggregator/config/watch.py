"""Tells when the files of a configuration folder have changed and come to rest.

The folder is looked at, not listened to: links that are swapped, above the folder too, network mounts and
editors that write beside and rename all look alike then, and fifty files cost a fifth of a millisecond. What
references name outside of the folder is not looked at. Reads no file and knows no time of its own.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REST = 0.3  # seconds without a change, after which a save counts as finished
PATIENCE = 1.0  # seconds after which changes that never rest are looked at all the same
_MOST = 20_000  # files that are looked at
_BACKUPS = ("~", ".swp", ".swx", ".tmp", ".bak", ".orig")

Snapshot = frozenset[tuple[str, ...]]


def snapshot(folder: Path) -> Snapshot:
    """Return what tells one state of the folder's files from another; an unreadable folder is one, too."""
    found: set[tuple[str, ...]] = set()
    for entry in _entries(folder, found):
        if _is_folder(entry):
            found.update(_stamp(each) for each in _entries(Path(entry.path), found))
        else:
            found.add(_stamp(entry))
        if len(found) > _MOST:
            break
    return frozenset(found)


def _entries(folder: Path, found: set[tuple[str, ...]]) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            # Editors' own files come and go without a save.
            yield from (
                each
                for each in entries
                if not each.name.startswith((".", "#")) and not each.name.endswith(_BACKUPS)
            )
    except OSError as error:
        found.add((str(folder), str(error.errno)))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _stamp(entry: "os.DirEntry[str]") -> tuple[str, ...]:
    """Name what changes with each save: written in place a file has another time, renamed it is another."""
    try:
        found = entry.stat()  # behind links, where the text is
    except OSError as error:
        return entry.path, str(error.errno)
    # ctime: times that a user sets (cp -p, git, rsync) say nothing about when the file came here.
    return (
        entry.path,
        f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}",
    )


@dataclass(slots=True)
class Rest:
    """When to read a folder again: once it differs from what was read last and has come to rest."""

    read: Snapshot  # what was read last
    _seen: Snapshot | None = None  # at the last look
    _seen_at: float = 0.0  # since when it has looked like that
    _changed_at: float | None = None  # since when it has differed from what was read

    def look(self, seen: Snapshot, now: float) -> bool:
        """Take a look at `now` (monotonic seconds) into account and tell whether to read now."""
        if seen != self._seen:
            self._seen, self._seen_at = seen, now
        if seen == self.read:
            self._changed_at = None
            return False
        if self._changed_at is None:
            self._changed_at = now
        return now - self._seen_at >= REST or now - self._changed_at >= PATIENCE

    def done(self, read: Snapshot) -> None:
        """Note what was read."""
        self.read, self._changed_at = read, None
