"""Answers about the daemon and its surroundings: status, configuration, sources, database."""

from collections.abc import Mapping
from typing import Literal, TypedDict


class SourceStatus(TypedDict):
    """How a source is, what went wrong, when it is asked again and why."""

    id: str
    title: str | None
    url: str
    feed_url: str | None
    moved_url: str | None
    state: Literal["ok", "failing", "waiting", "retired", "paused"]
    last_success_at: str | None
    last_error: str | None
    last_error_kind: str | None
    last_error_at: str | None
    next_poll_at: str | None
    reason: str
    interval_seconds: float | None
    failures: int
    polls: int
    not_modified_share: float | None
    holes: int
    last_hole_at: str | None
    note: str | None


class TopicStatus(TypedDict):
    """What a topic's feed carries."""

    id: str
    title: str
    entries: int
    newest_at: str | None
    feed: str


class HoldingNotice(TypedDict):
    """Something that needs a look, as feeds/ops.atom told it."""

    kind: str
    subject: str
    title: str
    since: str


class LiveConfiguration(TypedDict):
    """Which configuration the daemon runs on, and what of the files is not live."""

    loaded_at: str
    refused_at: str | None
    problems: list[str]
    at_next_start: list[str]


class Status(TypedDict):
    """Everything at a glance; `unfinished` counts items by the stage that they have reached.

    `configuration` is null before the first run.
    """

    configuration: LiveConfiguration | None
    sources: list[SourceStatus]
    topics: list[TopicStatus]
    notices: list[HoldingNotice]
    items: int
    unfinished: Mapping[str, int]
    rereads: int


class Mistake(TypedDict):
    """One mistake or warning, with its place."""

    message: str
    file: str
    line: int | None
    column: int | None
    hint: str | None
    context: str | None


class Check(TypedDict):
    """What a configuration holds; counts are null where it cannot be read."""

    config: str
    is_valid: bool
    sources: int | None
    topics: int | None
    site_rules: int | None
    mistakes: list[Mistake]
    warnings: list[Mistake]


class Finding(TypedDict):
    """One check of the machine."""

    check: str
    verdict: Literal["ok", "warning", "bad"]
    found: str
    advice: str


class DatabaseFinding(TypedDict):
    """Something that must not be so."""

    what: str
    advice: str


class DatabaseCheck(TypedDict):
    """Whether the database is whole."""

    is_whole: bool
    findings: list[DatabaseFinding]


class Setting(TypedDict):
    """One key of aggregator.toml, its value as TOML."""

    section: str
    key: str
    value: str
    default: str
    origin: str


class Settings(TypedDict):
    """All settings that hold."""

    config: str
    state: str
    settings: list[Setting]


class Poll(TypedDict):
    """What a poll came to; one object a line. `new_items` is null where the daemon polled."""

    source: str
    outcome: str
    new_items: int | None
    error: str | None
    error_kind: str | None
    next_poll_at: str | None
    reason: str


class WrongLine(TypedDict):
    """A line of a file that could not be read."""

    line: int
    message: str


class Import(TypedDict):
    """What an import came to."""

    read: int
    added: int
    known: int
    wrong: list[WrongLine]


class Source(TypedDict):
    """A configured source."""

    id: str
    url: str
    title: str | None
    kind: Literal["auto", "feed", "listing", "sitemap"]
    tags: list[str]
    lang: str | None
    tier: str | None
    enabled: bool
    file: str


class TriedEntry(TypedDict):
    """An entry that was read."""

    title: str
    url: str | None
    published_at: str | None
    updated_at: str | None
    summary_html: str


class Trial(TypedDict):
    """What is read of an address."""

    url: str
    error: str | None
    error_kind: str | None
    feed_url: str | None
    moving_url: str | None
    title: str | None
    note: str | None
    count: int
    entries: list[TriedEntry]
