"""What each command answers with `--json`: the names and types that scripts may lean on.

New keys may be added, none renamed or taken away. Instants are ISO 8601 with a time zone. Nothing here
runs: the command reference is made from it, and a test holds what the commands print against it.
"""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict


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


class Status(TypedDict):
    """Everything at a glance; `unfinished` counts items by the stage that they have reached."""

    sources: list[SourceStatus]
    topics: list[TopicStatus]
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


ANSWERS: Mapping[str, Any] = {
    "article": Article,
    "check": Check,
    "config show": Settings,
    "db check": DatabaseCheck,
    "doctor": list[Finding],
    "explain": Explanation,
    "export": Item,
    "poll": Poll,
    "search": Search,
    "show": ShownItem,
    "source list": list[Source],
    "source try": Trial,
    "status": Status,
    "stories": list[Story],
    "topic list": list[Topic],
    "topic misses": Misses,
    "topic test": list[TopicTest],
    "topic try": TopicTrial,
}
"""The shape of each command's answer; `export` and `poll` write one such object a line."""
