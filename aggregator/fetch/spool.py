"""Where large bodies lie while they are worked on: files of this process in a private folder.

The daemon's is in its state folder: the system's temporary folder is memory on many machines.

A body that is held in memory is held several times: in pieces, in one, and again on its way to a worker. A
file is handed over by its name. Each file ends with the block that asked for it, the folder with the client.
What a killed process leaves behind is removed by whoever opens a spool next: as long as a process lives it
holds a lock on its folder, which also keeps systemd-tmpfiles away. Nothing here outlives the process on
purpose; this is no cache.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from aggregator.errors import OutputError

_T = TypeVar("_T")
PREFIX = "aggregator-bodies-"

_UNLOCKED = 60.0  # seconds for which a folder may have no lock: it is made first and locked then


class SpoolError(Exception):
    """A body cannot be kept on this machine; the message says what to do about it."""


class SpoolFile:
    """A place for one body, until its block ends; nothing is on the disk before the first byte is written."""

    __slots__ = ("_descriptor", "_spool", "path")

    def __init__(self, spool: "Spool") -> None:
        self._spool = spool
        self._descriptor: int | None = None
        self.path: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.path is not None:
            self._remove()

    def write(self, data: bytes) -> None:
        """Add to the file; SpoolError if the disk is full or not to be written."""
        try:
            if self._descriptor is None:
                self._descriptor, self.path = self._spool.create()
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise self._spool.error(error) from error

    def finish(self) -> None:
        """Write no more; the file stays. SpoolError if the disk, a distant one, has no room after all."""
        descriptor, self._descriptor = self._descriptor, None
        try:
            if descriptor is not None:
                os.close(descriptor)
        except OSError as error:
            raise self._spool.error(error) from error

    def _remove(self) -> None:
        with suppress(SpoolError):
            self.finish()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.path = None


class Spooled(AbstractAsyncContextManager[_T, None]):
    """What `ask` gives once it has a place for a large body, which is there until the block ends."""

    __slots__ = ("_ask", "_file")

    def __init__(self, file: SpoolFile, ask: Callable[[SpoolFile], Awaitable[_T]]) -> None:
        self._file = file
        self._ask = ask

    async def __aenter__(self) -> _T:
        try:
            return await self._ask(self._file)
        except BaseException:
            self._file.__exit__(None, None, None)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)


class Spool:
    """The files of one client."""

    def __init__(self, parent: Path | None = None) -> None:
        """Set up without touching the disk; `parent` is to hold the folder, None: where the system has it."""
        self._parent = parent
        self._folder: Path | None = None
        self._lock: int | None = None

    def open(self, now: datetime) -> None:
        """Make the folder, and remove what killed processes left; OutputError if that cannot be made."""
        try:
            if self._parent is not None:
                self._parent.mkdir(parents=True, exist_ok=True)
            _sweep(self._parent or Path(tempfile.gettempdir()), now)
            self._make()
        except OSError as error:
            raise OutputError(f"cannot make a folder for large documents: {self._advice(error)}") from error

    def close(self) -> None:
        """Remove the folder with everything in it."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        self._unlock()

    def file(self) -> SpoolFile:
        """Give a place for one body."""
        return SpoolFile(self)

    def create(self) -> tuple[int, Path]:
        """Make an empty file and return its descriptor and its path."""
        if self._folder is None:
            raise RuntimeError("the spool is not open")
        try:
            descriptor, name = tempfile.mkstemp(dir=self._folder, prefix="")
        except FileNotFoundError:  # a clean-up of the system took the folder
            self._make()
            descriptor, name = tempfile.mkstemp(dir=self._folder, prefix="")
        return descriptor, Path(name)

    def error(self, error: OSError) -> SpoolError:
        """Say what is wrong with the disk and what to do about it."""
        return SpoolError(f"cannot keep a large document here: {self._advice(error)}")

    def _advice(self, error: OSError) -> str:
        reason = error.strerror or str(error)
        if self._parent is not None:
            return f"{reason}; make room in {self._parent}, or give another folder by --state"
        try:
            where = tempfile.gettempdir()
        except OSError:
            where = "the temporary folder"
        return f"{reason}; make room in {where}, or set TMPDIR to another folder that can be written"

    def _make(self) -> None:
        self._unlock()
        self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._parent))
        with suppress(OSError):  # a file system without locks: then nobody else gets one either
            self._lock = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _sweep(parent: Path, now: datetime) -> None:
    """Remove the folders of ours whose process has ended without doing so."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # not ours, in use, or just gone
            found = folder.lstat()
            is_young = now.timestamp() - found.st_mtime < _UNLOCKED
            if is_young or found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(lock)
