"""A topic and its entries made ready for any format: gated, bounded, complete.

The renderers only lay out what stands here, so that the three formats cannot disagree. This module
refuses to know XML and JSON.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model import Carrier, PublishedEntry, TopicFeed
from aggregator.publish import legal
from aggregator.publish.formats import Format, feed_url, home_url
from aggregator.publish.splice import Content

_MAX_NAMES = 5
_MAX_TAGS = 20
_MAX_ENCLOSURES = 10
_MAX_CARRIERS = 30
_MAX_TERMS = 12
_MAX_CONTENT = 1_000_000  # octets; libxml2, and readers with it, end a document at ten times as much


@dataclass(frozen=True, slots=True)
class File:
    """A file that comes with an entry, complete as RSS wants it."""

    url: str
    type: str
    length: int  # octets, 0 where unknown


@dataclass(frozen=True, slots=True)
class Copy:
    """Another outlet with the same text, or with a report of its own."""

    outlet: str
    url: str | None
    first_seen_at: datetime
    title: str  # may be empty
    is_copy: bool


@dataclass(frozen=True, slots=True)
class ReadyEntry:
    """An entry whose every field may be written as it stands."""

    entry_id: str
    title: str  # one line, never empty
    url: str | None
    byline: str  # authors and outlet, never empty
    outlet: str  # never empty
    outlet_url: str | None
    agency: str | None
    outlet_root: str | None  # root of the outlet's site, its stable name
    content: Content  # HTML, never empty
    summary: str  # plain, one line, may be empty
    lang: str | None
    tags: tuple[str, ...]
    files: tuple[File, ...]
    image_url: str | None
    published_at: datetime
    claimed_at: datetime | None  # the publisher's date, where it is not plausible
    first_seen_at: datetime
    updated_at: datetime  # distinct within the topic
    change_note: str
    carriers: tuple[Copy, ...]
    score: float
    matched: tuple[str, ...]
    minutes: int  # of reading; 0: unknown

    @property
    def has_signs(self) -> bool:
        """Tell whether any of its plain texts has a sign of markup in it."""
        texts = (self.title, self.summary, self.byline, *self.tags)
        return any("<" in text or "&" in text for text in texts)


@dataclass(frozen=True, slots=True)
class ReadyFeed:
    """A topic's feed whose every field may be written as it stands."""

    topic_id: str
    feed_id: str
    title: str  # never empty
    description: str  # may be empty
    lang: str | None
    base_url: str
    updated_at: datetime
    entries: tuple[ReadyEntry, ...]
    rest: tuple[ReadyEntry, ...]  # of the Atom feed alone
    whole_updated_at: datetime  # with the rest
    minutes: int  # that readers may keep it
    hub: str | None
    page: int | None  # of the archive
    older_page: int | None
    address: str | None  # where it is served, if that is not the address of its file
    home: str  # address of the page that shows the same, or of the list of topics
    has_page: bool  # it is that of the same

    def self_url(self, fmt: Format) -> str:
        """Give the address of this document."""
        return self.address or feed_url(self.base_url, self.topic_id, fmt, self.page)


def ready(feed: TopicFeed) -> ReadyFeed:
    """Pass everything in a topic's feed through the gate."""
    lang = legal.language(feed.lang)
    return ReadyFeed(
        topic_id=feed.topic_id,
        feed_id=legal.line(feed.feed_id),
        title=legal.line(feed.title) or legal.line(feed.topic_id) or "Untitled topic",
        description=legal.line(feed.description, legal.MAX_SUMMARY),
        lang=lang,
        base_url=feed.base_url,
        updated_at=legal.utc(feed.updated_at),
        entries=tuple(_ready_entry(entry, shows_matched=feed.shows_matched) for entry in feed.entries),
        rest=tuple(_ready_entry(entry, shows_matched=feed.shows_matched) for entry in feed.rest),
        whole_updated_at=legal.utc(max([feed.updated_at, *(entry.updated_at for entry in feed.rest)])),
        minutes=max(-(-feed.ttl // timedelta(minutes=1)), 1),
        hub=legal.uri(feed.hub),
        page=feed.page,
        older_page=feed.older_page,
        address=legal.uri(feed.address),
        home=legal.uri(feed.page_url) or home_url(feed.base_url),
        has_page=legal.uri(feed.page_url) is not None,
    )


def _ready_entry(entry: PublishedEntry, *, shows_matched: bool) -> ReadyEntry:
    url = legal.uri(entry.url)
    outlet_url = legal.uri(entry.outlet_url)
    site = outlet_url or url
    outlet = legal.word(entry.outlet) or (legal.host(site) if site else "") or "unknown outlet"
    summary = legal.line(entry.summary, legal.MAX_SUMMARY)
    title = legal.line(entry.title) or legal.line(summary, 100) or outlet
    image_url = legal.uri(entry.image_url)
    note = legal.line(entry.change_note or "")
    carriers = tuple(_copy(carrier) for carrier in entry.carriers[:_MAX_CARRIERS])
    matched = _words(entry.matched, _MAX_TERMS)
    agency = legal.word(entry.agency or "")
    published_at = legal.plausible(entry.published_at, entry.first_seen_at)
    claimed_at = legal.utc(entry.published_at)
    html = legal.utf8(entry.html).strip()
    if len(html) > _MAX_CONTENT:
        html = _too_long(summary or title, url)
    return ReadyEntry(
        entry_id=legal.line(entry.entry_id),
        title=title,
        url=url,
        byline=_byline(entry.authors, outlet, agency),
        outlet=outlet,
        outlet_url=outlet_url,
        agency=agency or None,
        outlet_root=legal.origin(site) if site else None,
        content=_content(
            html or f"<p>{legal.escape(summary or title)}</p>".encode(),
            image_url=image_url,
            note=note,
            carriers=carriers,
            hidden=len(entry.carriers) - len(carriers),
            matched=matched if shows_matched else (),
            minutes=entry.minutes,
        ),
        summary=summary,
        lang=legal.language(entry.lang),
        tags=_words(entry.tags, _MAX_TAGS),
        files=_files(entry),
        image_url=image_url,
        published_at=published_at.replace(microsecond=0),  # never after `updated_at`, which has a mark there
        claimed_at=None if claimed_at == published_at else claimed_at,
        first_seen_at=legal.utc(entry.first_seen_at),
        updated_at=legal.distinct(entry.updated_at, entry.seq),
        change_note=note,
        carriers=carriers,
        score=round(entry.score, 2),
        matched=matched,
        minutes=entry.minutes,
    )


def _too_long(text: str, url: str | None) -> bytes:
    where = f'<a href="{legal.escape(url)}">at its outlet</a>' if url else "at its outlet"
    return f"<p>{legal.escape(text)}</p>\n<p>Too long for a feed: the whole is {where}.</p>".encode()


def _byline(authors: tuple[str, ...], outlet: str, agency: str) -> str:
    """Name authors, outlet and agency in one string: most readers show the author and hide the source."""
    names = _words(authors, _MAX_NAMES)
    if not any(outlet.casefold() in name.casefold() for name in names):
        names = (*names, outlet)
    line = ", ".join(names)
    return line if not agency or agency.casefold() in line.casefold() else f"{line} ({agency})"


def _words(words: tuple[str, ...], limit: int) -> tuple[str, ...]:
    """Take the first `limit` different words, case aside."""
    found: dict[str, str] = {}
    for word in words:
        if len(found) == limit:
            break
        text = legal.word(word)
        if text:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


def _files(entry: PublishedEntry) -> tuple[File, ...]:
    found: dict[str, File] = {}
    for enclosure in entry.enclosures:
        url = legal.uri(enclosure.url)
        if url and url not in found:
            length = max(enclosure.length or 0, 0)
            found[url] = File(url, legal.media_type(enclosure.type, url), length)
        if len(found) == _MAX_ENCLOSURES:
            break
    return tuple(found.values())


def _copy(carrier: Carrier) -> Copy:
    url = legal.uri(carrier.url)
    outlet = legal.word(carrier.outlet) or (legal.host(url) if url else "") or "unknown outlet"
    return Copy(outlet, url, legal.utc(carrier.first_seen_at), legal.line(carrier.title), carrier.is_copy)


def _content(
    html: bytes,
    *,
    image_url: str | None,
    note: str,
    carriers: tuple[Copy, ...],
    hidden: int,  # how many carriers are not named
    matched: tuple[str, ...],
    minutes: int,
) -> Content:
    """Put the lead image before the text where the text has none, and what we know of it behind."""
    before = ""
    if image_url and b"<img" not in html:
        before = f'<p><img src="{legal.escape(image_url)}" alt=""></p>\n'
    after = []
    if note or carriers or matched or minutes:
        after.append("\n<hr>")
    if note:
        after.append(f"\n<p><em>{legal.escape(note)}</em></p>")
    for said, listed in (
        ("Also carried by:", [carrier for carrier in carriers if carrier.is_copy]),
        ("Also reported by:", [carrier for carrier in carriers if not carrier.is_copy]),
    ):
        if listed:
            after.append(f"\n<p>{said}</p>\n<ul>")
            after.extend(f"\n<li>{_carrier(carrier)}</li>" for carrier in listed)
            after.append("\n</ul>")
    if hidden > 0:
        after.append(f"\n<p>and {hidden} more</p>")
    if minutes:
        after.append(f"\n<p><small>Reading time: {minutes} min</small></p>")
    if matched:
        after.append(f"\n<p><small>Matched: {legal.escape(', '.join(matched))}</small></p>")
    return before.encode(), html, "".join(after).encode()


def _carrier(carrier: Copy) -> str:
    name = legal.escape(carrier.outlet)
    if carrier.url:
        name = f'<a href="{legal.escape(carrier.url)}">{name}</a>'
    if carrier.title and not carrier.is_copy:
        name = f"{name}: {legal.escape(carrier.title)}"
    at = carrier.first_seen_at
    return f"{name}, {at.year:04}-{at.month:02}-{at.day:02} {at.hour:02}:{at.minute:02} UTC"
