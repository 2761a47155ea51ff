"""Decisions on items and topics, with their reasons."""

from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class Match:
    """The decision on one item and one topic."""

    topic_id: str
    topic_version: str
    is_match: bool
    score: float  # 0…10
    reasons: tuple[Reason, ...]
