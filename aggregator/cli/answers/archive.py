"""Answers about what is stored: items, stories, searches, explanations, pages."""

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict


class Reason(TypedDict):
    """One part of a score."""

    part: str
    term: str
    field: str
    snippet: str
    points: float


class Brief(TypedDict):
    """What names an item."""

    id: str
    url: str | None
    title: str
    source: str
    outlet: str
    lang: str | None
    published_at: str
    first_seen_at: str


class Place(TypedDict):
    """Where something was found."""

    term: str
    field: str
    snippet: str


class Hit(Brief):
    """An item that a search found, and the topics that match it."""

    topics: list[str]
    found: list[Place]


class Search(TypedDict):
    """What a search found, newest first, and how far it looked."""

    query: str
    is_narrowed: bool
    is_complete: bool
    looked_at: int
    looked_back_to: str | None
    items: list[Hit]


class ExplainedItem(Brief):
    """The item that is explained."""

    quality: str | None
    characters: int
    stage: str
    note: str


class Copy(Brief):
    """An item with the same text, and how that is known; `over` is a copy that stands between the two."""

    level: str | None
    share: float | None
    because: str
    over: NotRequired[str]


class InStory(TypedDict):
    """The story that an item is part of, and the report that made it so."""

    id: str
    items: int
    reports: int
    like: Brief | None
    score: float | None
    because: str | None


class Clause(TypedDict):
    """One thing that a query asks for."""

    clause: str
    is_held: bool
    note: str
    found: list[Place]


class Entry(TypedDict):
    """An entry of a published feed."""

    id: str
    published_at: str


class Verdict(TypedDict):
    """What a topic says of an item."""

    topic: str
    version: str
    verdict: Literal["matched", "near miss", "rejected"]
    why: str
    score: float | None
    threshold: float
    near_miss: float
    is_kept: bool
    decided_at: str | None
    reasons: list[Reason]
    query: list[Clause]
    entry: Entry | None


class Explanation(TypedDict):
    """Why an item is in a topic, or is not, and what it copies."""

    item: ExplainedItem
    copy_of: Copy | None
    is_root: bool
    copies: list[Copy]
    story: InStory | None
    same_address: list[Brief]
    topics: list[Verdict]


class StoryItem(Brief):
    """An item of a story; `copy_of` is the id of the item whose text it carries."""

    copy_of: str | None


class Story(TypedDict):
    """An event and who tells of it."""

    id: str
    title: str
    first_seen_at: str
    last_seen_at: str
    reports: int
    outlets: int
    items: list[StoryItem]


class Enclosure(TypedDict):
    """A file that comes with an item."""

    url: str
    type: str | None
    length: int | None


class History(TypedDict):
    """What became of an article after it was first read."""

    changed_at: str | None
    change_note: str | None
    previous_text: str | None
    previous_at: str | None
    reread_at: str | None
    reread_note: str | None


class Decision(TypedDict):
    """What a topic decided on an item; only matches and near misses are kept."""

    topic: str
    matched: bool
    score: float
    reasons: list[Reason]


class Item(TypedDict):
    """A stored item, whole; `copy_of` is an address, or item:ID where there is none."""

    id: str
    url: str | None
    canonical_url: str | None
    source: str
    source_url: str | None
    outlet: str
    raw_id: str | None
    title: str
    authors: list[str]
    tags: list[str]
    published_at: str
    published_from: str
    updated_at: str | None
    first_seen_at: str
    summary_html: str
    content_html: str
    enclosures: list[Enclosure]
    text: str
    lang: str | None
    quality: str | None
    evidence: list[str]
    history: History | None
    stage: str
    copy_of: str | None
    story: str | None
    matches: list[Decision]


class TopicEntry(Entry):
    """The entry by which a topic publishes an item."""

    topic: str


class ShownItem(Item):
    """A stored item, and the entries by which topics publish it."""

    entries: list[TopicEntry]


class Told(TypedDict):
    """Something that a page says, and where it says it."""

    value: str | list[str] | None
    origin: str | None


class Rule(TypedDict):
    """The rule of sites.d that was used."""

    host: str
    file: str
    line: int


class StoredPage(TypedDict):
    """What is stored of a page."""

    id: str
    title: str
    source: str
    quality: str | None
    text: str | None
    change_note: str | None
    previous_text: str | None
    reread_note: str | None
    reread_due_at: str | None


class Block(TypedDict):
    """A piece of a page and what became of it; `reason` is null where it is kept."""

    page: int
    text: str
    where: str
    reason: str | None


class Article(TypedDict):
    """What is read of a page; where it cannot be had, `url` and `failure`, and exit code 1."""

    url: str
    pages: list[str]
    rule: Rule | None
    source: str | None
    stored: StoredPage | None
    is_from_page: bool
    quality: str
    evidence: list[str]
    title: Told
    authors: Told
    published_at: Told
    site_name: str | None
    image_url: str | None
    canonical_url: str | None
    text: str
    html: str
    blocks: list[Block]
    reasons: Mapping[str, str]
