"""Reads a configuration folder as a whole: one `Config`, or every mistake in it at once.

It checks shapes and names. What a query means, which lists it names and whether its tests pass is
for `match`; folders for the output and the database are for those who open them.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from aggregator.config import proxies
from aggregator.config.files import Document, Mistake, read, read_folder, shown
from aggregator.config.layers import settings
from aggregator.config.mistakes import keys, record, unknown
from aggregator.config.record import Record
from aggregator.config.references import References
from aggregator.config.schema import Config, FetchConfig, SourceConfig, TermList, TopicConfig, TopicTest
from aggregator.config.selectors import missing
from aggregator.config.values import ENVIRONMENT, ID
from aggregator.errors import ConfigError, Problem
from aggregator.urls import slug

_FIRST_SOURCE = 'create sources.d/news.toml with the two lines: [[source]] and url = "https://…"'
_FIRST_TOPIC = 'create topics.d/news.toml with the two lines: title = "…" and query = "…"'


class _Source(NamedTuple):
    record: SourceConfig
    document: Document
    number: int

    @property
    def place(self) -> str:
        line, _ = self.document.positions.key(("source", self.number))
        return f"{self.document.file}:{line}"


def _nothing(_topics: Sequence[TopicConfig], _lists: Mapping[str, TermList]) -> Sequence[Problem]:
    return ()


def load(
    folder: Path,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    *,
    also: Callable[[Sequence[TopicConfig], Mapping[str, TermList]], Sequence[Problem]] = _nothing,
) -> Config:
    """Read a configuration folder; ConfigError lists all its problems at once.

    `also` looks at the meaning of the topics that could be read, so that mistakes of shape and of
    meaning are listed together.

    `overrides` (from the command line, "section.key" -> value or text) win over `environ`
    (AGGREGATOR_SECTION__KEY), which wins over aggregator.toml, which wins over the defaults.
    References like ${env:NAME} are looked up in the same `environ`, paths in them start in `folder`.

    aggregator.toml may be absent, since every key in it has a default. A folder that does not
    exist, or that holds no source or no topic, is a mistake: it would run and publish nothing.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where a parent may not be read
        message = "is not a folder" if os.path.lexists(folder) else "there is no such folder"
        hint = "create it with the folders sources.d and topics.d in it, or name another with --config"
        raise ConfigError((Problem(message, shown(folder), hint=hint),))
    problems: list[Problem] = []
    path = folder / "aggregator.toml"
    document = read(path, problems) if os.path.lexists(path) else None
    references = References(environ, folder)
    sections = settings(document, environ, overrides, references, problems)
    sources = _sources(folder / "sources.d", references, problems)
    problems += _proxies(sections, sources or ())
    topics = _topics(folder / "topics.d", sources, problems)
    before = len(problems)
    lists = _lists(folder / "lists.d", problems)
    if len(problems) == before:  # else a topic would be blamed for a list that cannot be read
        problems += also(topics, {terms.name: terms for terms in lists})
    if problems:
        files = list(dict.fromkeys(problem.file for problem in problems))
        problems.sort(key=lambda each: (files.index(each.file), each.line or 0, each.column or 0))
        raise ConfigError(tuple(problems))
    contents = {"sources": sources, "topics": topics, "lists": {terms.name: terms for terms in lists}}
    return Config.model_validate({**sections, **contents, "folder": folder})


def _proxies(sections: Mapping[str, Record], sources: Sequence[SourceConfig]) -> Iterator[Problem]:
    """Report proxies of the environment that cannot be used, where they are asked for."""
    fetch = sections.get("fetch")
    if isinstance(fetch, FetchConfig) and ENVIRONMENT in (fetch.proxy, *(each.proxy for each in sources)):
        yield from proxies.mistakes(fetch.environment)


def _sources(
    folder: Path, references: References, problems: list[Problem]
) -> tuple[SourceConfig, ...] | None:
    """Read all sources; None where some could not be read, so that nobody complains of those missing."""
    before = len(problems)
    found: list[_Source] = []
    for document in read_folder(folder, problems):
        problems += _strays(document)
        tables = document.table.get("source", [])
        if not isinstance(tables, list):
            mistake = Mistake(
                ("source",), "source must be a list of tables", "write [[source]] with two brackets"
            )
            problems.append(document.problem(mistake))
            continue
        for index, table in enumerate(tables):
            source, mistakes = record(table, SourceConfig, {"file": document.file}, references)
            problems += [document.problem(mistake.below(("source", index))) for mistake in mistakes]
            if source:
                found.append(_Source(source, document, index))
    problems += _duplicates(found)
    if len(problems) > before:
        return None
    if not found:
        problems.append(Problem("no source is configured", shown(folder), hint=_FIRST_SOURCE))
        return None
    return tuple(source.record for source in found)


def _strays(document: Document) -> Iterator[Problem]:
    """Report what stands in a file of sources outside of any [[source]]."""
    for name in document.table:
        if name != "source":
            is_key = name in keys(SourceConfig)
            hint = "the keys of a source stand below a line [[source]]" if is_key else None
            yield document.problem(unknown((name,), ("source",), hint))


def _duplicates(sources: Sequence[_Source]) -> Iterator[Problem]:
    """Report sources that are configured twice, by address or by id, with both places."""
    by_url: dict[str, _Source] = {}
    by_id: dict[str, _Source] = {}
    for source in sources:
        twin = by_url.setdefault(source.record.canonical_url or source.record.url, source)
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


def _topics(
    folder: Path, sources: Sequence[SourceConfig] | None, problems: list[Problem]
) -> tuple[TopicConfig, ...]:
    before = len(problems)
    found: list[TopicConfig] = []
    for document in _named(read_folder(folder, problems), problems):
        tests, mistakes = _with_lines(document)
        line, column = document.positions.content(("query",))
        score = document.table.get("score")
        names = score if isinstance(score, dict) else {}
        places = {
            "id": document.stem,
            "file": document.file,
            "query_line": line,
            "query_column": column,
            "score_places": {name: document.positions.key(("score", name)) for name in names},
        }
        topic, more = record({**document.table, **tests}, TopicConfig, places)
        problems += [document.problem(mistake) for mistake in (*mistakes, *more)]
        if topic:
            found.append(topic)
            if sources is not None:
                absent = missing(topic.sources, sources)
                problems += [document.problem(mistake) for mistake in absent]
    if not found and len(problems) == before:
        problems.append(Problem("no topic is configured", shown(folder), hint=_FIRST_TOPIC))
    return tuple(found)


def _with_lines(document: Document) -> tuple[dict[str, object], list[Mistake]]:
    """Tell each [[test]] of a topic where it stands."""
    tests = document.table.get("test")
    if not isinstance(tests, list):
        return {}, []
    mistakes = []
    placed: list[object] = []
    for index, test in enumerate(tests):
        if isinstance(test, dict):
            mistakes += [
                unknown(("test", index, name), keys(TopicTest)) for name in TopicTest.PLACES & set(test)
            ]
            line, _ = document.positions.key(("test", index))
            test = {**test, "line": line}
        placed.append(test)
    return {"test": placed}, mistakes


def _lists(folder: Path, problems: list[Problem]) -> tuple[TermList, ...]:
    found: list[TermList] = []
    for document in _named(read_folder(folder, problems), problems):
        terms = document.table.get("terms")
        count = len(terms) if isinstance(terms, list) else 0
        spots = tuple(document.positions.content(("terms", index)) for index in range(count))
        places = {"name": document.stem, "file": document.file, "places": spots}
        result, mistakes = record(document.table, TermList, places)
        problems += [document.problem(mistake) for mistake in mistakes]
        if result:
            found.append(result)
    return tuple(found)


def _named(documents: Iterator[Document], problems: list[Problem]) -> Iterator[Document]:
    """Pass the files whose name can be an id."""
    for document in documents:
        if re.fullmatch(ID, document.stem):
            yield document
        else:
            message = "the name of the file becomes an id: small letters, digits and hyphens only"
            problems.append(Problem(message, document.file, hint=f"rename it to {slug(document.stem)}.toml"))
