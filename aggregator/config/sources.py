"""Reads sources.d: the [[source]] tables that people write, and the OPML files that programs export.

A mistake in a TOML file is for its author to mend. What cannot be used of an OPML file is passed over
with a warning: another program wrote it, and will write it again. For the same reason no reference
(`${env:…}`) is looked up in it: a list from a stranger could carry a secret away. Where both name a
source, the TOML file wins.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aggregator.config import opml
from aggregator.config.files import Document, Mistake, list_folder, read_bytes, read_folder, shown
from aggregator.config.mistakes import record, tables
from aggregator.config.references import HIDDEN, References
from aggregator.config.source import SourceConfig
from aggregator.errors import Problem
from aggregator.urls import is_masked

_MASKED = f"a feed is passed over: a secret in its address was written as {HIDDEN}"
_FIRST_SOURCE = 'create sources.d/news.toml with the two lines: [[source]] and url = "https://…"'


@dataclass(frozen=True, slots=True)
class _Source:
    """A [[source]] and where it stands."""

    record: SourceConfig
    document: Document
    number: int

    @property
    def place(self) -> str:
        line, _ = self.document.positions.key(("source", self.number))
        return f"{self.document.file}:{line}"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A source that an OPML file names, and where."""

    record: SourceConfig
    line: int

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.record.file}:{self.line}"


def read_sources(
    folder: Path,
    references: References,
    problems: list[Problem],
    warnings: list[Problem],
    *,
    may_be_empty: bool = False,
) -> tuple[tuple[SourceConfig, ...], bool]:
    """Read the sources; tell too whether these are all, since nobody is to complain of those missing."""
    before = len(problems)
    found: list[_Source] = []
    for document in read_folder(folder, problems):
        for index, table in enumerate(tables(document, "source", SourceConfig, problems)):
            source, mistakes = record(table, SourceConfig, {"file": document.file}, references)
            problems += [document.problem(mistake.below(("source", index))) for mistake in mistakes]
            if source:
                found.append(_Source(source, document, index))
    problems += _duplicates(found)
    listed = _listed(folder, found, problems, warnings)
    is_whole = len(problems) == before
    if is_whole and not found and not listed and not may_be_empty:
        problems.append(Problem("no source is configured", shown(folder), hint=_FIRST_SOURCE))
        is_whole = False
    by_id: dict[str, SourceConfig] = {}
    for known in (*(each.record for each in found), *(each.record for each in listed)):
        by_id.setdefault(known.id, known)
    return tuple(by_id.values()), is_whole


def _duplicates(sources: Sequence[_Source]) -> Iterator[Problem]:
    """Report sources that are configured twice, by address or by id, with both places."""
    by_url: dict[str, _Source] = {}
    by_id: dict[str, _Source] = {}
    for source in sources:
        twin = by_url.setdefault(key(source.record), source)
        namesake = by_id.setdefault(source.record.id, source)
        if twin is not source:
            mistake = Mistake(("url",), f"the same source as in {twin.place}", "remove one of the two")
        elif namesake is not source:
            mistake = Mistake(
                ("id",),
                f'the id "{source.record.id}" belongs to {namesake.place}',
                "give this source another id",
            )
        else:
            continue
        yield source.document.problem(mistake.below(("source", source.number)))


def key(source: SourceConfig) -> str:
    """Give what two sources must not share."""
    return source.canonical_url or source.url


def _listed(
    folder: Path, written: Sequence[_Source], problems: list[Problem], warnings: list[Problem]
) -> tuple[Subscribed, ...]:
    """Read the sources of all OPML files that no TOML file has."""
    by_url: dict[str, _Source | Subscribed] = {key(source.record): source for source in written}
    ids = {source.record.id for source in written}
    for path in list_folder(folder, ".opml", problems):
        body = read_bytes(path, problems, opml.MAX_BYTES + 1)
        found = subscribed(body, shown(path), warnings) if body is not None else ()
        if isinstance(found, Problem):
            problems.append(found)
            continue
        for source in found:
            twin = by_url.setdefault(key(source.record), source)
            if twin is not source:
                message = f"the same source as in {twin.place}, passed over here"
                warnings.append(Problem(message, source.record.file, source.line, hint="keep one of the two"))
                continue
            if source.record.id in ids:
                source = by_url[key(source.record)] = replace(source, record=renamed(source.record))
            ids.add(source.record.id)
    return tuple(source for source in by_url.values() if isinstance(source, Subscribed))


def subscribed(body: bytes, file: str, warnings: list[Problem]) -> tuple[Subscribed, ...] | Problem:
    """Read an OPML file as sources; a feed that stands in several folders is one source with all their tags.

    Gives a Problem where nothing of the file can be read.
    """
    reading = opml.read(body, file)
    if isinstance(reading, Problem):
        return reading
    warnings += reading.remarks
    found: dict[str, Subscribed] = {}
    passed = opml.Reading()
    for each in reading.subscriptions:
        if is_masked(each.url):
            passed.remark(
                _MASKED, file, each.line, "write a [[source]] with the whole address into a .toml file"
            )
            continue
        table: dict[str, object] = {"url": each.url, "tags": list(each.tags)}
        if each.title:
            table["title"] = each.title
        source, mistakes = record(table, SourceConfig, {"file": file})
        if source is None:
            message, hint = mistakes[0].message, mistakes[0].hint
            passed.remark(f"a feed is passed over: {message}", file, each.line, hint)
            continue
        twin = found.setdefault(key(source), Subscribed(source, each.line))
        if twin.record is not source:
            tags = tuple(dict.fromkeys((*twin.record.tags, *source.tags)))
            found[key(source)] = replace(twin, record=twin.record.model_copy(update={"tags": tags}))
    warnings += passed.remarks
    return tuple(found.values())


def renamed(source: SourceConfig) -> SourceConfig:
    """Give a source another id where its own is taken: the same one at each reading."""
    digest = hashlib.sha256(source.stored_key.encode("utf-8", "replace")).hexdigest()[:8]
    return source.model_copy(update={"id": f"{source.id[:90]}-{digest}"})
