"""Reads a configuration folder as a whole: one `Config`, or every mistake in it at once.

It checks shapes and names. What a query means, which lists it names and whether its tests pass is
for `match`; folders for the output and the database are for those who open them.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from aggregator.config import proxies
from aggregator.config.files import Document, Mistake, read, read_folder, shown
from aggregator.config.layers import settings
from aggregator.config.mistakes import keys, record, unknown
from aggregator.config.record import Record
from aggregator.config.references import References
from aggregator.config.schema import Config, FetchConfig, SourceConfig, TermList, TopicConfig, TopicTest
from aggregator.config.selectors import missing
from aggregator.config.sites import read_sites
from aggregator.config.sources import read_sources
from aggregator.config.values import ENVIRONMENT, ID
from aggregator.errors import ConfigError, Problem
from aggregator.urls import slug

RESERVED = frozenset({"ops"})  # names that no topic may have
_FIRST_TOPIC = 'create topics.d/news.toml with the two lines: title = "…" and query = "…"'


def _nothing(_topics: Sequence[TopicConfig], _lists: Mapping[str, TermList]) -> Sequence[Problem]:
    return ()


def load(
    folder: Path,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    *,
    also: Callable[[Sequence[TopicConfig], Mapping[str, TermList]], Sequence[Problem]] = _nothing,
    may_be_empty: bool = False,
    is_partial: bool = False,
) -> Config:
    """Read a configuration folder; ConfigError lists all its problems at once.

    `is_partial` returns what can be read instead, without the parts that have mistakes: for looking only.

    `also` looks at the meaning of the topics that could be read, so that mistakes of shape and of
    meaning are listed together.

    `overrides` (from the command line, "section.key" -> value or text) win over `environ`
    (AGGREGATOR_SECTION__KEY), which wins over aggregator.toml, which wins over the defaults.
    References like ${env:NAME} are looked up in the same `environ`, paths in them start in `folder`.

    aggregator.toml may be absent, since every key in it has a default. A folder that does not
    exist, or that holds no source or no topic, is a mistake: it would run and publish nothing. With
    `may_be_empty` only the folder must be there.
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
    warnings: list[Problem] = []
    sources, is_whole = read_sources(
        folder / "sources.d", references, problems, warnings, may_be_empty=may_be_empty
    )
    problems += _proxies(sections, sources)
    named = sources if is_whole else None
    topics = _topics(folder / "topics.d", named, references, problems, may_be_empty=may_be_empty)
    sites = read_sites(folder / "sites.d", problems)
    before = len(problems)
    lists = _lists(folder / "lists.d", problems)
    if len(problems) == before:  # else a topic would be blamed for a list that cannot be read
        problems += also(topics, {terms.name: terms for terms in lists})
    if problems and not is_partial:
        files = list(dict.fromkeys(problem.file for problem in problems))
        problems.sort(key=lambda each: (files.index(each.file), each.line or 0, each.column or 0))
        raise ConfigError(tuple(problems))
    by_name = {terms.name: terms for terms in lists}
    contents = {"sources": sources, "topics": topics, "lists": by_name, "sites": sites}
    return Config.model_validate({**sections, **contents, "folder": folder, "warnings": tuple(warnings)})


def _proxies(sections: Mapping[str, Record], sources: Sequence[SourceConfig]) -> Iterator[Problem]:
    """Report proxies of the environment that cannot be used, where they are asked for."""
    fetch = sections.get("fetch")
    if isinstance(fetch, FetchConfig) and ENVIRONMENT in (fetch.proxy, *(each.proxy for each in sources)):
        yield from proxies.mistakes(fetch.environment)


def _topics(
    folder: Path,
    sources: Sequence[SourceConfig] | None,
    references: References,
    problems: list[Problem],
    *,
    may_be_empty: bool,
) -> tuple[TopicConfig, ...]:
    before = len(problems)
    found: list[TopicConfig] = []
    for document in _named(read_folder(folder, problems), problems):
        if document.stem in RESERVED:
            message = "the daemon itself publishes a feed of that name"
            problems.append(Problem(message, document.file, hint=f"rename it to my-{document.stem}.toml"))
            continue
        topic = _topic(document, sources, references, problems)
        if topic:
            found.append(topic)
    if not found and len(problems) == before and not may_be_empty:
        problems.append(Problem("no topic is configured", shown(folder), hint=_FIRST_TOPIC))
    return tuple(found)


def read_topic(path: Path, sources: Sequence[SourceConfig]) -> TopicConfig:
    """Read a topic from a file of its own, which may lie anywhere. Raises ConfigError."""
    problems: list[Problem] = []
    document = read(path, problems)
    for named in _named(iter(() if document is None else (document,)), problems):
        topic = _topic(named, sources, None, problems)
        if topic and not problems:
            return topic
    raise ConfigError(tuple(problems))


def _topic(
    document: Document,
    sources: Sequence[SourceConfig] | None,
    references: References | None,
    problems: list[Problem],
) -> TopicConfig | None:
    tests, mistakes = _with_lines(document)
    line, column = document.positions.content(("query",))
    score = document.table.get("score")
    names = score if isinstance(score, dict) else {}
    places = {
        "id": document.stem,
        "file": document.file,
        "query_line": line,
        "query_column": column,
        "query_escapes": document.positions.escapes(("query",)),
        "score_places": {name: document.positions.key(("score", name)) for name in names},
    }
    topic, more = record({**document.table, **tests}, TopicConfig, places, references)
    problems += [document.problem(mistake) for mistake in (*mistakes, *more)]
    if topic and sources is not None:
        problems += [document.problem(mistake) for mistake in missing(topic.sources, sources)]
    return topic


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
