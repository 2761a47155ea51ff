"""Decisions on items and topics, with their reasons."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.texts import Quality, Tokens


@dataclass(frozen=True, slots=True)
class Document:
    """What the matcher sees of an item: texts, tokens and the attributes that fields ask for."""

    title: str
    text: str
    title_tokens: Tokens
    text_tokens: Tokens
    url: str
    site: str  # registrable domain of the article
    source_id: str
    tags: tuple[str, ...]  # of the source and of the entry
    tier: str | None
    lang: str | None
    authors: tuple[str, ...]
    published_at: datetime
    quality: Quality | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a decision, readable and sufficient to check it by eye."""

    part: str  # "title", "lead", "near", "penalty" …
    term: str  # the term as the topic writes it, or what was found
    snippet: str  # words around it
    points: float
    field: str = ""  # where it stands: "title", "lead", "text"


@dataclass(frozen=True, slots=True)
class Passage:
    """A place where a text holds what was looked for."""

    term: str  # as the query writes it
    field: str  # "title", "lead", "text"
    snippet: str


class Verdict(StrEnum):
    """What became of an item in a topic."""

    MATCHED = "matched"
    NEAR_MISS = "near miss"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that a query asks for, and whether a text has it."""

    shown: str  # as a query writes it
    is_held: bool
    passages: tuple[Passage, ...] = ()
    note: str = ""  # why it does not hold although its words are there


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item is or is not in a topic, as the topic is written now."""

    topic_id: str
    topic_version: str
    verdict: Verdict
    score: float | None  # 0…10; None: not scored, since the query does not hold
    threshold: float  # published from here
    near_miss: float  # kept with its reasons from here
    why: str  # in one line
    reasons: tuple[Reason, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The decision on one item and one topic."""

    topic_id: str
    topic_version: str
    is_match: bool
    score: float  # 0…10
    reasons: tuple[Reason, ...]
