"""Answers of commands that change something: the user's files of sources, the database."""

from typing import Literal, TypedDict

from aggregator.cli.answers.running import Mistake, Source, Trial


class SourceAddition(Trial):
    """What is read of an address, and the source that is made of it: null where nothing can be read.

    `is_written` is false in a dry run; `line` is that of its table in the source's `file`.
    """

    source: Source | None
    is_written: bool
    line: int | None


class SourceImport(TypedDict):
    """What an import of an OPML file came to; `line` is that of the first table that was written."""

    read: int
    added: int
    known: int
    warnings: list[Mistake]
    sources: list[Source]
    is_written: bool
    line: int | None


class SourceChange(TypedDict):
    """A source as it is now, a removed one as it was; `is_changed` is false where nothing was to do.

    A source of an OPML file is paused by a table that `wins_over` that file.
    """

    source: Source
    state: Literal["paused", "resumed", "removed"]
    is_changed: bool
    wins_over: str | None


class Backup(TypedDict):
    """A copy of the database."""

    file: str
    bytes: int


class Restoration(TypedDict):
    """The copy that was put back, and where the database before is kept: null where there was none."""

    file: str
    kept: str | None


class Upgrade(TypedDict):
    """The schema of the database now and before; `kept`: that database before, null where nothing was to do
    and of PostgreSQL."""

    schema: str
    schema_before: str
    is_changed: bool
    kept: str | None
