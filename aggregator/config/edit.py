"""Writes into the user's TOML files, and takes it back: new [[source]] tables at the end, or a new text.

What else stands in a file is never sorted or written anew: every comment, blank line and line ending
stays as it is. A file is replaced whole or not at all. Whether the result makes sense is for `load`.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from aggregator.config.files import shown
from aggregator.errors import OutputError, UsageError

Value = str | list[str] | dict[str, str]


@dataclass(frozen=True, slots=True)
class Edit:
    """A file as it was, None where it did not exist, and as it is now."""

    path: Path
    before: bytes | None
    after: bytes
    line: int  # of the first table that was added


def source_tables(sources: Iterable[Mapping[str, Value]]) -> str:
    """Write sources as TOML, a blank line between two; keys without a value are left out."""
    blocks = []
    for source in sources:
        table = tomlkit.table()
        for name, value in source.items():
            if value:
                table[name] = value
        tables = tomlkit.aot()
        tables.append(table)
        document = tomlkit.document()
        document["source"] = tables
        blocks.append(tomlkit.dumps(document))
    return "\n".join(blocks)


def place(folder: Path, name: str) -> Path:
    """Give the file of sources that a user means by a name or path.

    Raises UsageError where it would not be read.
    """
    path = Path(name) if os.path.dirname(name) else folder / "sources.d" / name  # noqa: PTH120
    path = path.absolute()
    is_read = path.name.endswith(".toml") and not path.name.startswith((".", "#"))
    if not is_read or path.parent.resolve() != (folder / "sources.d").resolve():
        raise UsageError(
            f"{shown(Path(name))} would not be read: name a .toml file of {folder / 'sources.d'}"
        )
    return path


def append(path: Path, text: str, *, is_private: bool = False) -> Edit:
    """Put tables at the end of a file, which is made if need be.

    A file that is made for a text that `is_private` is its owner's only; one that is there keeps its mode.
    Raises OutputError where that cannot be done.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path = path.resolve()  # a link stays one
        before = path.read_bytes() if path.exists() else None
        after = _joined(before or b"", text)
        _replace(path, after, 0o600 if is_private else 0o666)
    except OSError as error:
        raise OutputError(f"cannot write {shown(path)}: {error.strerror}") from error
    return Edit(path, before, after, after[: len(after) - len(_as_in(before or b"", text))].count(b"\n") + 1)


def rewrite(path: Path, change: Callable[[str], str]) -> Edit | None:
    """Change the text of a file; None where the change leaves it as it is.

    Raises OutputError where that cannot be done, and what `change` raises.
    """
    try:
        path = path.resolve()
        before = path.read_bytes()
        after = change(before.decode()).encode()
        if after == before:
            return None
        _replace(path, after)
    except OSError as error:
        raise OutputError(f"cannot write {shown(path)}: {error.strerror}") from error
    return Edit(path, before, after, 1)


def take_back(edit: Edit) -> None:
    """Make a file what it was before an edit, unless somebody else has written it since."""
    with contextlib.suppress(OSError):
        if edit.path.read_bytes() != edit.after:
            return
        if edit.before is None:
            edit.path.unlink()
        else:
            _replace(edit.path, edit.before)


def _joined(body: bytes, text: str) -> bytes:
    addition = _as_in(body, text)
    newline = b"\r\n" if b"\r\n" in body else b"\n"
    if body and not body.endswith(b"\n"):
        body += newline
    return body + newline + addition if body.strip() else body + addition


def _as_in(body: bytes, text: str) -> bytes:
    """Give a text the line endings of a file."""
    addition = text.encode()
    return addition.replace(b"\n", b"\r\n") if b"\r\n" in body else addition


def _replace(path: Path, body: bytes, mode: int = 0o666) -> None:
    """Write beside, flush, rename; owner and mode stay those of the file that was there, if one was."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            with contextlib.suppress(FileNotFoundError):
                old = path.stat()
                with contextlib.suppress(PermissionError):
                    os.fchown(file.fileno(), old.st_uid, old.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
