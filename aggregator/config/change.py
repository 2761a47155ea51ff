"""Changes one [[source]] in the text of a user's TOML file: pause, resume, remove.

Works on the lines of that table and leaves every other byte alone, comments included; tomlkit would hang a
comment above a table on the table before it, and lose it with that. What comes out is read again and must
say exactly what was wanted, otherwise nothing is changed: it refuses rather than guesses.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from aggregator.config.files import list_folder, read, shown
from aggregator.config.mistakes import record
from aggregator.config.positions import Positions
from aggregator.config.references import References
from aggregator.config.source import SourceConfig
from aggregator.errors import Problem, UsageError

_BOM = "\ufeff"


def find(folder: Path, source: SourceConfig, environ: Mapping[str, str]) -> tuple[Path, int] | None:
    """Return the file of a source and its number among the tables there; None where no TOML file has it."""
    problems: list[Problem] = []
    references = References(environ, folder)
    for path in list_folder(folder / "sources.d", ".toml", problems):
        if shown(path) != source.file:
            continue
        document = read(path, problems)
        tables = document.table.get("source") if document else None
        for number, table in enumerate(tables if isinstance(tables, list) else ()):
            made, _ = record(table, SourceConfig, {"file": source.file}, references)
            if made is not None and made.id == source.id:
                return path, number
    return None


def pause(text: str, number: int) -> str:
    """Say `enabled = false` in a source's table. Raises UsageError where that needs a hand."""
    return _checked(text, number, _set_enabled(text, number, is_enabled=False), {"enabled": False})


def resume(text: str, number: int) -> str:
    """Take `enabled = false` out of a source's table. Raises UsageError where that needs a hand."""
    return _checked(text, number, _set_enabled(text, number, is_enabled=True), {"enabled": True})


def remove(text: str, number: int) -> str:
    """Take a source's table out, with the comments right above it. Raises UsageError as the others do."""
    lines, places, head = _read(text, number)
    own = ("source", number)
    others = [places.key(path)[0] - 1 for path in places.paths() if len(path) > 1 and path[:2] != own]
    others += [places.key(path)[0] - 1 for path in places.paths() if len(path) == 1 and path != ("source",)]
    after = min((line for line in others if line > head), default=len(lines))
    last = next(
        at for at in range(after - 1, head - 1, -1) if lines[at].strip() and not _is_comment(lines[at])
    )
    end = last + 1
    while end < after and _is_comment(lines[end]):
        end += 1
    if end == after and after < len(lines):
        end = last + 1  # these comments are the next table's
    start = head
    while start > 0 and _is_comment(lines[start - 1]):
        start -= 1
    if start == 0:
        start = head  # the comments that open a file are about the file
    while end < len(lines) - 1 and not lines[end].strip() and (start == 0 or not lines[start - 1].strip()):
        end += 1
    return _checked(text, number, _joined(text, [*lines[:start], *lines[end:]]), None)


def _set_enabled(text: str, number: int, *, is_enabled: bool) -> str:
    lines, places, head = _read(text, number)
    path = ("source", number, "enabled")
    word, other = ("true", "false") if is_enabled else ("false", "true")
    if path not in places.paths():
        if is_enabled:
            return text
        ending = "\r" if lines[head].endswith("\r") else ""
        return _joined(text, [*lines[: head + 1], f"enabled = {word}{ending}", *lines[head + 1 :]])
    line, column = places.value(path)
    before, rest = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    if is_enabled and lines[line - 1].replace(" ", "").strip() == "enabled=false":
        return _joined(text, [*lines[: line - 1], *lines[line:]])
    if rest.startswith(other):
        lines[line - 1] = before + word + rest[len(other) :]
    return _joined(text, lines)


def _read(text: str, number: int) -> tuple[list[str], Positions, int]:
    """Return the lines of a text, where its keys stand, and the index of the line that opens the table."""
    body = text.removeprefix(_BOM)
    lines, places = body.split("\n"), Positions(body)
    head = places.key(("source", number))[0] - 1
    if not lines[head].lstrip().startswith("[["):
        raise _by_hand()
    return lines, places, head


def _joined(text: str, lines: list[str]) -> str:
    return (_BOM if text.startswith(_BOM) else "") + "\n".join(lines)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _checked(text: str, number: int, after: str, change: Mapping[str, object] | None) -> str:
    """Return the new text if it says what the old one did, but for this change (None: without the table)."""
    wanted = tomllib.loads(text.removeprefix(_BOM))
    tables = wanted["source"]
    if change is None:
        del tables[number]
    else:
        tables[number] = {**tables[number], **change}
    try:
        found = tomllib.loads(after.removeprefix(_BOM))
    except tomllib.TOMLDecodeError as error:
        raise _by_hand() from error
    found.setdefault("source", [])
    if change and len(found["source"]) > number:
        found["source"][number] = {"enabled": True, **found["source"][number]}
    if found != wanted:
        raise _by_hand()
    return after


def _by_hand() -> UsageError:
    return UsageError("this table is written in a way that only you can change: edit the file by hand")
