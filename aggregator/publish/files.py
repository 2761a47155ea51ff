"""Files in the feeds folder: written whole or not at all, read whole, and never outside of it.

Names are opened relative to the folder's own descriptor and symbolic links inside it are not
followed, so that nothing which happens to lie there can lead elsewhere. The folder itself may be a
link: that is the user's choice. Beside each file lies its compressed sibling (`name.gz`), which any web
server can send as it is. It refuses names that are more than a name.
"""

import contextlib
import errno
import gzip
import os
import re
import secrets
import stat
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aggregator.errors import OutputError

Stamp = tuple[int, int, int]  # mtime in nanoseconds, size, inode

_NAME = re.compile(r"\w[\w.-]{0,99}\Z")
_LONGEST = 200  # octets of a name: with a suffix it fits the usual 255
_TEMPORARY = re.compile(r"\.\w[\w.-]*\.[0-9a-f]{8}\.tmp\Z")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a named pipe must not hold us up
_LEVEL = 5  # of compression; fixed, like the time in the header, so that equal bytes stay equal
_TRAILER = 8  # octets at the end of a gzip file: CRC-32 and length of what is in it (RFC 1952)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it was read, whole."""

    body: bytes
    stamp: Stamp  # changes whenever the file is replaced
    modified: float  # seconds since the epoch


def is_name(name: str) -> bool:
    """Tell whether this may be the name of a file in the feeds folder."""
    return bool(_NAME.match(name)) and len(name.encode()) <= _LONGEST


def sibling(name: str) -> str:
    """Name the compressed form of a file."""
    return f"{name}.gz"


def write(folder: Path, name: str, body: bytes) -> bool:
    """Replace a file and its sibling by ones with these bytes, each atomically; tell whether that was needed.

    Files with equal bytes are left alone, and so are their times. Raises OutputError if a file cannot
    be written, ValueError for a name with a path in it. Blocks: it waits for the disk.
    """
    _check(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _opened(folder) as directory:
            old = _read(directory, name)
            if old is not None and old.body == body and _holds(directory, sibling(name), body):
                return False
            # First the sibling: after a kill between the two the file still differs and is written again.
            _replace(directory, sibling(name), gzip.compress(body, _LEVEL, mtime=0))
            if old is None or old.body != body:
                _replace(directory, name, body, after=old.modified if old else 0)
            os.fsync(directory)
    except OSError as error:
        raise _explained(error, f"cannot write {folder / name}") from error
    return True


def remove(folder: Path, names: Iterable[str]) -> list[str]:
    """Remove files and their siblings; return the names of those that were there. Raises OutputError."""
    removed = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), _opened(folder) as directory:
        for name in names:
            _check(name)
            for each in (name, sibling(name)):
                try:
                    os.unlink(each, dir_fd=directory)
                except (FileNotFoundError, IsADirectoryError):
                    continue
                except OSError as error:
                    raise _explained(error, f"cannot remove {folder / each}") from error
                removed.append(each)
        if removed:
            os.fsync(directory)
    return removed


def names(folder: Path) -> list[str]:
    """List what lies in the folder under a name that it may have. Raises OSError."""
    try:
        return sorted(name for name in os.listdir(folder) if is_name(name))  # noqa: PTH208 - names alone
    except (FileNotFoundError, NotADirectoryError):
        return []


def read(folder: Path, name: str) -> Stored | None:
    """Read a file whole; None if there is no regular file of that name. Raises OSError, ValueError."""
    _check(name)
    try:
        with _opened(folder) as directory:
            return _read(directory, name)
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_sibling(folder: Path, name: str, body: bytes) -> bytes | None:
    """Read the compressed form of a file that was read as `body`; None where it holds something else."""
    _check(name)
    try:
        with _opened(folder) as directory:
            zipped = _read(directory, sibling(name))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return zipped.body if zipped is not None and zipped.body[-_TRAILER:] == _trailer(body) else None


def stamp(folder: Path, name: str) -> Stamp | None:
    """Give the stamp of a file without reading it; None if there is no regular file of that name."""
    _check(name)
    try:
        found = os.lstat(folder / name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _stamp(found) if stat.S_ISREG(found.st_mode) else None


def clean(folder: Path) -> int:
    """Remove what killed runs left half-written; tell how many files.

    For the start of a daemon, when it alone holds the folder: the file that somebody is writing
    just now would go as well. Raises OSError.
    """
    removed = 0
    with contextlib.suppress(FileNotFoundError), _opened(folder) as directory:
        with os.scandir(directory) as found:
            stale = [entry.name for entry in found if _TEMPORARY.match(entry.name)]
        for name in stale:
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                os.unlink(name, dir_fd=directory)
                removed += 1
    return removed


def _check(name: str) -> None:
    if not is_name(name):
        raise ValueError(f"{name!r} is not a plain file name")


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield directory
    finally:
        os.close(directory)


def _read(directory: int, name: str) -> Stored | None:
    try:
        handle = os.open(name, _READ, dir_fd=directory)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):  # absent, a symbolic link, a socket
            return None
        raise
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return Stored(file.read(), _stamp(found), found.st_mtime)


def _holds(directory: int, name: str, body: bytes) -> bool:
    """Tell by its trailer whether a compressed file holds a text, without reading it whole."""
    try:
        handle = os.open(name, _READ, dir_fd=directory)
    except OSError:
        return False
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size < _TRAILER:
            return False
        file.seek(-_TRAILER, os.SEEK_END)
        return file.read() == _trailer(body)


def _trailer(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "little") + (len(body) & 0xFFFFFFFF).to_bytes(4, "little")


def _explained(error: OSError, what: str) -> OutputError:
    is_of_the_folder = error.errno not in (errno.EMFILE, errno.ENFILE)
    advice = ". Make the folder writable for this user, or set publish.folder to another one."
    return OutputError(f"{what}: {error.strerror}{advice if is_of_the_folder else ''}")


def _replace(directory: int, name: str, body: bytes, *, after: float = 0) -> None:
    """Write beside, flush, rename: at any instant the name holds a whole file.

    Its time is at least one whole second later than `after`. HTTP dates have no fractions, and curl
    drops a body, even of a 200, whose Last-Modified is not later than that of its copy.
    """
    temporary = f".{name}.{secrets.token_hex(4)}.tmp"
    try:
        with os.fdopen(os.open(temporary, _CREATE, 0o644, dir_fd=directory), "wb") as file:
            file.write(body)
            file.flush()
            if int(os.fstat(file.fileno()).st_mtime) <= int(after):
                os.utime(file.fileno(), (int(after) + 1,) * 2)
            os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_mtime_ns, found.st_size, found.st_ino
