"""Reads the text files of a configuration folder, and says where one cannot be read.

It knows TOML but none of its keys, and no other format. Whatever a folder holds (dangling links, pipes,
bytes in other encodings, half a file) becomes a Problem, never an exception.
"""

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from aggregator.config.positions import KeyPath, Positions
from aggregator.errors import Problem

_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)\Z", re.DOTALL)
_TABLE = re.compile(r"\(('[^()]*'),?\)")  # tomllib writes ('a', 'b') for [a.b]
_QUOTED = r"'([^']*)'"
_HINTS = (  # how tomllib begins its message, and what its reader should do
    ("Expected '=' after a key", 'write key = value, or "#" before a comment'),
    ("Invalid value", 'text stands in quotes: key = "text"'),
    ("Expected newline or end of document", "one key = value a line; text stands in quotes"),
    ("Illegal character", "a text that spans lines stands between three quotes"),
    ("Unterminated string", "the closing quote is missing"),
    ("Unclosed array", "the closing ] or a comma is missing"),
    ("Unclosed inline table", "the closing } or a comma is missing"),
    ("Cannot overwrite a value", "the key stands twice in the same table"),
    ("Cannot declare", "a list of tables takes two brackets: [[source]]"),
    ("Unescaped '\\'", "write \\\\ for one backslash, or put the text between single quotes"),
    ("Invalid initial character for a key", "a key is made of letters, digits, - and _"),
    ("Invalid statement", 'a line is key = value, [table] or "#" and a comment'),
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong, at a path within a file; `is_about_key`: the key, not its value."""

    path: KeyPath
    message: str
    hint: str | None = None
    is_about_key: bool = False

    def below(self, prefix: KeyPath) -> "Mistake":
        """Give the same mistake of a table that itself stands under a path."""
        return replace(self, path=(*prefix, *self.path))


@dataclass(frozen=True)
class Document:
    """One TOML file that could be parsed."""

    file: str  # as shown to the user
    stem: str
    text: str
    table: Mapping[str, object]

    @cached_property
    def positions(self) -> Positions:
        """Places of the keys, found only when somebody asks: it takes as long as parsing."""
        return Positions(self.text)

    def problem(self, mistake: Mistake) -> Problem:
        """Say where a mistake stands."""
        find = self.positions.key if mistake.is_about_key else self.positions.value
        return Problem(mistake.message, self.file, *find(mistake.path), mistake.hint)


def shown(path: Path) -> str:
    """Write a path as text that can be printed on one line, whatever bytes its name has."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def read_folder(folder: Path, problems: list[Problem]) -> Iterator[Document]:
    """Read each `*.toml` of a folder, sorted by name."""
    for path in list_folder(folder, ".toml", problems):
        document = read(path, problems)
        if document:
            yield document


def list_folder(folder: Path, ending: str, problems: list[Problem]) -> Iterator[Path]:
    """Name the files of a kind, sorted; hidden files and editors' backups are no part of a folder.

    A folder that is missing counts as empty.
    """
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        problems.append(_unreadable(folder, error))
        return
    yield from (path for path in paths if path.name.endswith(ending) and not path.name.startswith((".", "#")))


def read_bytes(path: Path, problems: list[Problem], most: int = -1) -> bytes | None:
    """Read a file, or its first `most` bytes; a mistake goes into `problems` and gives None."""
    file = shown(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would never end
            problems.append(Problem("is not a file", file, hint="only regular files can be read here"))
            return None
        with path.open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        problems.append(_unreadable(path, error))
        return None


def read(path: Path, problems: list[Problem]) -> Document | None:
    """Read and parse one file; a mistake goes into `problems`, one a file, and gives None."""
    body = read_bytes(path, problems)
    if body is None:
        return None
    file = shown(path)
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        is_utf16 = body.startswith((b"\xff\xfe", b"\xfe\xff"))
        message = (
            "is written in UTF-16" if is_utf16 else f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        )
        problems.append(Problem(message, file, before.count(b"\n") + 1, column, "save the file as UTF-8"))
        return None
    try:
        return Document(file, path.stem, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        problems.append(_syntax(file, text, str(error)))
    except RecursionError:
        problems.append(Problem("arrays or tables are nested too deeply", file, 1, 1))
    except ValueError:  # Python refuses to read numbers of more than 4300 digits
        digits = re.search(r"\d{4000}", text)
        line = text.count("\n", 0, digits.start() if digits else 0) + 1
        problems.append(Problem("a number has too many digits", file, line))
    return None


def _unreadable(path: Path, error: OSError) -> Problem:
    reason = (error.strerror or type(error).__name__).lower()
    return Problem(f"cannot be read: {reason}", shown(path))


def _syntax(file: str, text: str, message: str) -> Problem:
    match = _PLACE.match(message)
    what = _TABLE.sub(
        lambda found: f"[{'.'.join(re.findall(_QUOTED, found[1]))}]", match[1] if match else message
    )
    if match and match[2]:
        line, column = int(match[2]), int(match[3])
    else:
        lines = text.replace("\r\n", "\n").split("\n")
        line, column = len(lines), len(lines[-1]) + 1
    hint = next((hint for start, hint in _HINTS if what.startswith(start)), None)
    return Problem(f"is not TOML: {what[:1].lower()}{what[1:]}", file, line, column, hint)
