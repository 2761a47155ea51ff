"""Answers about topics: what they take and nearly took, what an edit would change."""

from typing import TypedDict

from aggregator.cli.answers.archive import Brief, Reason


class Topic(TypedDict):
    """A configured topic; the counts are null before the first run."""

    id: str
    title: str
    query: str
    version: str
    threshold: float
    langs: list[str]
    sources: list[str]
    tests: int
    file: str
    matches: int | None
    near_misses: int | None
    entries: int | None
    is_under_review: bool | None


class Miss(Brief):
    """An item that a topic nearly took."""

    score: float
    version: str
    is_current: bool
    decided_at: str
    reasons: list[Reason]


class Misses(TypedDict):
    """What a topic nearly took, the nearest first."""

    topic: str
    threshold: float
    since: str | None
    items: list[Miss]


class Added(Brief):
    """An item that an edited topic would take."""

    score: float | None
    reasons: list[Reason]
    is_announced: bool


class Removed(Brief):
    """An item that an edited topic would no longer take."""

    score: float | None
    reasons: list[Reason]
    score_was: float
    why: str


class TopicTrial(TypedDict):
    """What an edited topic would change."""

    topic: str
    version: str
    query: str
    since: str | None
    looked_at: int
    looked_back_to: str | None
    is_complete: bool
    kept: int
    added: list[Added]
    removed: list[Removed]


class TopicTest(TypedDict):
    """One [[test]]; what came of it is null where its page is not stored."""

    topic: str
    file: str
    line: int
    text: str | None
    url: str | None
    expected: bool
    matched: bool | None
    score: float | None
    has_passed: bool | None
