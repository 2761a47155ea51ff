"""Articles and what a worker finds out about a text."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Quality(StrEnum):
    """What an article's text is worth."""

    FULL = "full"
    PARTIAL = "partial"
    TEASER = "teaser"
    PAYWALL = "paywall"
    CONSENT_WALL = "consent-wall"
    ERROR_PAGE = "error-page"
    FAILED = "failed"  # the page could not be had; the feed's own text stands


@dataclass(frozen=True, slots=True)
class Article:
    """The main text of the page behind an entry, or the feed's own text where that is fuller."""

    html: str  # sanitised
    text: str  # plain, paragraphs parted by an empty line
    quality: Quality
    evidence: tuple[str, ...] = ()  # why this quality, where the text came from
    is_from_page: bool = False  # false: the text is the feed's own
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    site_name: str | None = None
    image_url: str | None = None
    canonical_url: str | None = None  # what the page calls itself (rel=canonical), absolute


class Change(StrEnum):
    """What a second reading of a page means for the text that stands."""

    NONE = "none"  # the same but for counters, times and the like
    SMALL = "small"  # taken over; readers are not told
    SUBSTANTIAL = "substantial"
    WORSE = "worse"  # a wall, an error or a stub: the earlier text stands


@dataclass(frozen=True, slots=True)
class Revision:
    """What became of an article between two readings of its page."""

    change: Change
    note: str  # one line for people


@dataclass(frozen=True, slots=True)
class History:
    """What became of an article after it was first read."""

    previous_text: str | None  # what stood there before, bounded
    previous_at: datetime | None  # when that was read
    changed_at: datetime | None  # the last substantial change
    change_note: str | None
    reread_at: datetime | None  # when its page was asked for a second time
    reread_note: str | None  # what came of it


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text cut into folded words, column by column (all tuples have one length).

    Latin words are whole words; each Han character is a token of its own.
    """

    words: tuple[str, ...]
    starts: tuple[int, ...]  # offset of the word in the text
    ends: tuple[int, ...]
    sentences: tuple[int, ...]  # number of the sentence that holds the word
    paragraphs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Traits:
    """What a text says that other reports of the same event say too; kept, so that it is read once."""

    names: tuple[str, ...] = ()  # folded, things that all know with a mark; those of headline and lead first
    lead_names: int = 0  # how many of them stand in headline or lead
    figures: tuple[tuple[float, bool], ...] = ()  # value, is a percentage; those of headline and lead first
    lead_figures: int = 0
    days: tuple[tuple[int, int], ...] = ()  # month, day
    places: tuple[str, ...] = ()  # ISO 3166 codes of the countries in headline and lead
    terms: tuple[str, ...] = ()  # stems of headline and lead, of use within a language only
    people: tuple[str, ...] = ()  # what may be Chinese people, by sound; of use between scripts only
    kinds: tuple[str, ...] = ()  # what happens, by headline and lead, whatever the language
    subjects: tuple[str, ...] = ()  # countries and names of the headline


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a worker finds out about a text, once; later stages never tokenise again."""

    lang: str | None  # ISO 639-1
    digest: str  # of the folded body; "" under 12 tokens
    bands: tuple[int, ...]  # LSH band keys, signed 64-bit; () under 12 tokens
    title: Tokens
    text: Tokens
    traits: Traits = Traits()
    index_keys: str = ""  # what the search index knows the text by (`text.indexing`)
