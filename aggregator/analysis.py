"""What one killable worker does in one go: read a document, extract an article, analyse a text.

Picklable records in, picklable records out. Never fetches, stores or publishes. The heavy libraries
are imported inside the functions: the daemon's main process hands the functions over without ever
loading them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aggregator.model import (
    Analysis,
    Article,
    Block,
    Change,
    Entry,
    Failure,
    FeedLinks,
    JudgedPage,
    ListingRule,
    ParsedFeed,
    Quality,
    Revision,
    Sighting,
    SitemapIndex,
    SiteRule,
    Tokens,
)

if TYPE_CHECKING:
    from aggregator.extract import Reading, Watch

# What a worker needs, loaded once in the process that workers are forked from.
PRELOAD = (
    *("aggregator.parse", "aggregator.parse.feed", "aggregator.extract"),
    *("aggregator.dedup.changes", "aggregator.dedup.identity", "aggregator.dedup.signature"),
    *("aggregator.dedup.traits", "aggregator.text.indexing", "aggregator.text.dates"),
    *("aggregator.text.language", "aggregator.text.tokens"),
)


_SHOWN = ("<img ", "<audio ", "<video ")  # of sanitised HTML: what is there without any text
_ANY = "The council met on Monday and decided nothing that it had not decided in spring, people said."
ANALYSED = 200_000  # characters of a text that are analysed and matched; an article is a tenth of it


@dataclass(frozen=True, slots=True)
class ParseJob:
    """A document as it arrived from a source."""

    body: bytes | Path  # a large one lies in a file, which is read in the worker only
    content_type: str
    charset: str | None
    url: str
    kind: Literal["auto", "feed", "listing", "sitemap"]
    listing: ListingRule | None
    max_entries: int
    now: datetime
    seen: tuple[Sighting, ...] = ()  # of this source, so that a changed id is recognised
    is_guessing: bool = False  # for a page that names no feed: name the usual paths


@dataclass(frozen=True, slots=True)
class Keys:
    """What tells an entry from others, computed where the entry was parsed."""

    identity: str
    content_digest: str
    canonical_url: str
    host: str = ""  # whose turn its page needs
    is_blank: bool = False  # nothing for a reader: see `is_blank`


@dataclass(frozen=True, slots=True)
class ParsedSource:
    """A parsed document with the keys of its entries, one each."""

    feed: ParsedFeed
    keys: tuple[Keys, ...]


@dataclass(frozen=True, slots=True)
class PageJob:
    """An article page as it arrived, or the failure that came instead, with the entry it belongs to."""

    body: bytes | Path | None  # None: no page was asked for, or it was read already
    charset: str | None
    url: str
    failure: Failure | None
    entry: Entry
    lang: str | None
    with_metadata: bool
    now: datetime
    rule: SiteRule | None = None
    parts: tuple[JudgedPage, ...] = ()  # instead of a body: its pages, which were read one by one
    broken: str = ""  # why there are not more of them
    others: tuple[tuple[int, ...], ...] = ()  # prints that other pages of the site left behind


@dataclass(frozen=True, slots=True)
class PartJob:
    """One of several pages of an article, or a page that somebody looks at."""

    body: bytes | Path
    charset: str | None
    url: str
    lang: str | None
    with_metadata: bool
    now: datetime
    rule: SiteRule | None = None
    entry: Entry | None = None  # what is known of the page beforehand
    is_watched: bool = False  # tell what became of each block
    others: tuple[tuple[int, ...], ...] = ()  # prints that other pages of the site left behind


@dataclass(frozen=True, slots=True)
class PartResult:
    """What one page of an article holds."""

    page: JudgedPage
    next_url: str | None
    origins: Mapping[str, str]  # of title, authors, published_at: "rule" or "page"
    blocks: tuple[Block, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)  # what the names of their reasons mean

    @property
    def article(self) -> Article:
        """The article of this page by itself."""
        return self.page.article


@dataclass(frozen=True, slots=True)
class PageResult:
    """An item's text and what is known about it."""

    article: Article
    canonical_key: str  # what the page calls itself, as a key; "" where it does not say
    analysis: Analysis
    prints: tuple[int, ...] = ()  # of the blocks of its page, by which the next pages of the site are told


@dataclass(frozen=True, slots=True)
class AgainJob:
    """An article page that arrived a second time, with what the first time brought."""

    page: PageJob
    before: Article
    is_title_shown: bool  # the feed gives no title: readers see the page's

    @property
    def url(self) -> str:
        """Where the page was found."""
        return self.page.url

    @property
    def body(self) -> bytes | Path | None:
        """The page as it arrived."""
        return self.page.body


@dataclass(frozen=True, slots=True)
class AgainResult:
    """What a second reading came to."""

    revision: Revision
    result: PageResult | None = None  # None: the earlier text stands


@cache
def warm() -> None:
    """Load what the first page of a process needs, and takes a second: languages, places, names."""
    from aggregator import extract as room

    room.article(f"<p>{_ANY}</p>".encode(), charset=None, url="https://warm.example/", with_metadata=False)
    text("", _ANY, None)


def parse(job: ParseJob) -> ParsedSource | FeedLinks | SitemapIndex | Failure:
    """Read a source's document as entries with their keys."""
    from aggregator import parse as room
    from aggregator.dedup.identity import content_digest, identities
    from aggregator.urls import canonical_url, registrable_domain

    result = room.read(
        _whole(job.body),
        content_type=job.content_type,
        charset=job.charset,
        url=job.url,
        kind=job.kind,
        listing=job.listing,
        max_entries=job.max_entries,
        now=job.now,
        is_guessing=job.is_guessing,
    )
    if not isinstance(result, ParsedFeed):
        return result
    names = identities(result.entries, recognised(result.entries, job.seen))
    keys = tuple(
        Keys(
            name,
            content_digest(entry),
            canonical_url(entry.url) if entry.url else "",
            registrable_domain(entry.url) if entry.url else "",
            is_blank(entry),
        )
        for name, entry in zip(names, result.entries, strict=True)
    )
    return ParsedSource(result, keys)


def is_blank(entry: Entry) -> bool:
    """Tell an entry that gives a reader nothing: no title, link, file, picture or text."""
    if entry.title or entry.url or entry.links or entry.enclosures or entry.image_url:
        return False
    from aggregator.text.html import plain
    from aggregator.text.xmlchars import one_line

    texts = (entry.content_html, entry.summary_html, *(content.html for content in entry.contents))
    return not (
        any(content.url for content in entry.contents)
        or any(mark in text for text in texts for mark in _SHOWN)
        or any(one_line(plain(text)) for text in texts)
    )


def recognised(entries: Sequence[Entry], seen: Sequence[Sighting]) -> dict[tuple[str, str], str]:
    """Return the identities of stored entries by link and title, to be kept where only the id changed.

    An entry that bears another date than the stored one is another entry: a daily bulletin keeps its
    link and title.
    """
    from aggregator.dedup.identity import likeness

    dates: dict[tuple[str, str], set[datetime]] = {}
    for entry in entries:
        like = likeness(entry)
        if like is not None and entry.published_at is not None:
            dates.setdefault(like, set()).add(entry.published_at)
    known = {}
    for sighting in seen:
        like = (sighting.canonical_url, " ".join(sighting.title.split()))
        claimed = dates.get(like, set())
        if sighting.published_at is None or not claimed or sighting.published_at in claimed:
            known[like] = sighting.identity
    return known


def page(job: PageJob) -> PageResult:
    """Extract the article of a page, or make one of the feed's own text, and analyse it."""
    from aggregator import extract as room

    read = _pages(job)
    found = read if isinstance(read, Failure) else _article(job, read)
    return _analysed(room.choose(found, job.entry), job, read)


def again(job: AgainJob) -> AgainResult:
    """Extract and analyse a page for the second time, if it brings anything worth having."""
    from aggregator import extract as room
    from aggregator.dedup.changes import compare

    read = _pages(job.page)
    found = read if isinstance(read, Failure) else _article(job.page, read)
    if found is None or isinstance(found, Failure) or not found.text:
        said = f"{found.quality}: {'; '.join(found.evidence)}" if isinstance(found, Article) else ""
        why = found.detail if isinstance(found, Failure) else said
        return AgainResult(Revision(Change.WORSE, f"the page is no article ({why}); the earlier text stands"))
    article = room.choose(found, job.page.entry)
    # What we have learnt to leave out since stands there still: that is no change of the publisher's.
    prints = {mark for each in read for mark in each.prints} if not isinstance(read, Failure) else set()
    beside = room.still_there(job.before.text, prints)
    revision = compare(job.before, article, is_title_shown=job.is_title_shown, beside=beside)
    if revision.change in (Change.NONE, Change.WORSE):
        return AgainResult(revision)
    return AgainResult(revision, _analysed(article, job.page, read))


def _pages(job: PageJob) -> tuple[JudgedPage, ...] | Failure:
    """Return the pages of an article one by one; none where there is none to read."""
    if job.failure is not None:
        return job.failure
    if job.body is None:
        return job.parts
    reading = _read(job, job.body)
    return reading if isinstance(reading, Failure) else (reading.page,)


def _article(job: PageJob, pages: Sequence[JudgedPage]) -> Article | None:
    """Make one article of its pages; it bears their headline, so that another one is noticed later."""
    from aggregator import extract as room

    if not pages:
        return None
    article = room.join(pages, job.broken, job.entry)
    titles = pages[0].facts.titles
    return replace(article, title=titles[0]) if article.text and titles and not article.title else article


def _analysed(article: Article, job: PageJob, read: tuple[JudgedPage, ...] | Failure) -> PageResult:
    from aggregator import extract as room
    from aggregator.urls import canonical_url

    prints = set() if isinstance(read, Failure) else {mark for each in read for mark in each.prints}
    return PageResult(
        article=article,
        canonical_key=canonical_url(article.canonical_url) if article.canonical_url else "",
        analysis=text(job.entry.title or article.title or "", article.text, job.lang),
        prints=tuple(sorted(prints)[: room.PRINTS]),
    )


def _read(job: PageJob | PartJob, body: bytes | Path, watch: "Watch | None" = None) -> "Reading | Failure":
    from aggregator import extract as room

    return room.read(
        _whole(body),
        charset=job.charset,
        url=job.url,
        with_metadata=job.with_metadata,
        entry=job.entry,
        rule=job.rule,
        lang=job.lang,
        now=job.now,
        watch=watch,
        others=job.others,
    )


def part(job: PartJob) -> PartResult | Failure:
    """Extract one page of an article, and find the address of the next."""
    from aggregator import extract as room

    watch = room.Watch() if job.is_watched else None
    reading = _read(job, job.body, watch)
    if isinstance(reading, Failure):
        return reading
    blocks = watch.blocks(reading.article.text) if watch else ()
    reasons = dict.fromkeys(block.reason for block in blocks if block.reason)
    return PartResult(
        reading.page,
        reading.next_url,
        reading.origins,
        blocks,
        {name: room.REASONS.get(name, "") for name in reasons},
    )


def join(pages: Sequence[JudgedPage], broken: str, entry: Entry | None) -> tuple[Article, Article]:
    """Join the pages of one article; return it, and what would be stored of it for an entry."""
    from aggregator import extract as room

    article = room.join(pages, broken, entry)
    return article, room.choose(article, entry) if entry else article


def _whole(body: bytes | Path) -> bytes:
    """Return a document, from its file if it lies in one: here its memory counts for the worker's limit."""
    return body.read_bytes() if isinstance(body, Path) else body


def nothing(failure: Failure) -> PageResult:
    """Return the result for an item of which not even the feed's own text can be read."""
    article = Article("", "", Quality.FAILED, (f"no text: {failure.detail}",))
    return PageResult(article, "", blank(None))


def blank(lang: str | None) -> Analysis:
    """Return the analysis of a text without words."""
    no_words = Tokens((), (), (), (), ())
    return Analysis(lang=lang, digest="", bands=(), title=no_words, text=no_words)


def text(title: str, body: str, lang: str | None) -> Analysis:
    """Find out a text's language, words and signature."""
    from aggregator.dedup import traits
    from aggregator.dedup.signature import bands, digest
    from aggregator.text.indexing import index_keys
    from aggregator.text.language import detect
    from aggregator.text.tokens import tokenise

    body = body[:ANALYSED]
    found = detect(f"{title}\n\n{body}", lang)
    heading, tokens = tokenise(title), tokenise(body)
    return Analysis(
        lang=found,
        digest=digest(tokens),
        bands=bands(tokens, found),
        title=heading,
        text=tokens,
        traits=traits.read(title, heading, body, tokens, found),
        index_keys=index_keys(heading, tokens),
    )
