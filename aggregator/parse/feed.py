"""RSS, Atom, RDF and CDF through feedparser, whose habits are kept out of our records.

feedparser reads the dialects; cleaning, addresses and dates are ours: its sanitiser and its HTML
resolver are off (one nh3 pass does both), its date guesses are ignored in favour of the raw strings,
and ids stay as the publisher wrote them. This module refuses to judge by well-formedness: a document
with a version or with entries is a feed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import feedparser
from feedparser.mixin import _FeedParserMixin

from aggregator.model import Author, Enclosure, Entry, Hint, ParsedFeed
from aggregator.parse.entries import (
    clean_lang,
    clean_tags,
    clean_title,
    newest,
    text_as_html,
    whole_number,
)
from aggregator.parse.mend import mend
from aggregator.parse.thin import thin
from aggregator.text.dates import parse_date
from aggregator.text.html import plain, sanitise
from aggregator.text.repair import repair
from aggregator.text.xmlchars import one_line, xml_legal
from aggregator.urls import is_http, join

# It resolves a guid against the feed's address unless isPermaLink="false"; identity needs the raw one.
_FeedParserMixin.can_be_relative_uri = _FeedParserMixin.can_be_relative_uri - {"id"}

_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_SKIP = re.compile(r"<skip(Hours|Days)>([^\0]{0,2000}?)</skip\1>")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_Node = Mapping[str, Any]  # feedparser's dictionaries have no types


def read(text: str, *, url: str, max_entries: int, now: datetime) -> ParsedFeed | None:
    """Read a decoded XML document; None if it is no feed.

    `url` is the base of relative addresses; at most `max_entries` newest entries are kept.
    """
    source = repair(mend(thin(text, max_entries, now)), None)
    document = feedparser.parse(
        BytesIO(source.encode()),  # never a str: feedparser would open it as a path or an address
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    version = str(document.get("version") or "")
    if not version and not document["entries"]:
        return None
    feed: _Node = document["feed"]
    lang = clean_lang(_get(feed, "language"))
    dated = [(node, *_dates(node, lang, now)) for node in document["entries"]]
    kept = newest(dated, [published or updated for _, published, updated in dated], max_entries)
    authors = _authors(feed) if version.startswith("atom") else ()
    skip = {kind: _skipped(kind, body) for kind, body in _SKIP.findall(text)}
    return ParsedFeed(
        format=version or "unknown",
        title=_title(feed),
        entries=tuple(
            _entry(node, published, updated, url, lang, authors) for node, published, updated in kept
        ),
        site_url=join(url, _text(feed, "link")),
        lang=lang,
        hints=_hints(feed),
        skip_hours=skip.get("Hours", ()),
        skip_days=skip.get("Days", ()),
        note=_note(document),
    )


def _get(node: _Node, name: str) -> Any:
    """Read a key without feedparser's aliases: `updated` must not turn into `published`."""
    return dict.get(node, name)  # type: ignore[call-overload]


def _text(node: _Node, name: str) -> str:
    value = _get(node, name)
    return value if isinstance(value, str) else ""


def _nodes(node: _Node, name: str) -> list[_Node]:
    value = _get(node, name)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _node(node: _Node, name: str) -> _Node:
    value = _get(node, name)
    return value if isinstance(value, dict) else {}


def _entry(
    node: _Node,
    published: datetime | None,
    updated: datetime | None,
    url: str,
    feed_lang: str | None,
    feed_authors: tuple[Author, ...],
) -> Entry:
    content, content_lang = _content(node, url)
    summary_detail = _node(node, "summary_detail")
    summary = _html(summary_detail, url) if summary_detail else sanitise(_text(node, "summary"), base_url=url)
    enclosures, image = _media(node, url)
    outlet = _node(node, "source")
    return Entry(
        raw_id=xml_legal(_text(node, "id")) or None,
        url=_link(node, url),
        title=_title(node),
        summary_html="" if summary == content else summary,
        content_html=content,
        authors=_authors(node) or feed_authors,
        tags=clean_tags(_text(tag, "label") or _text(tag, "term") for tag in _nodes(node, "tags")),
        lang=clean_lang(_text(node, "language"))
        or content_lang
        or clean_lang(_get(_node(node, "title_detail"), "language"))
        or feed_lang,
        published_at=published or updated,
        updated_at=updated,
        enclosures=enclosures,
        image_url=image,
        outlet=_title(outlet) or None,
        outlet_url=join(url, _text(outlet, "href") or _text(outlet, "link")) if outlet else None,
        comments_url=_comments(node, url),
    )


def _dates(node: _Node, lang: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Read the dates from what is written, not from what feedparser makes of it."""
    lang = clean_lang(_get(_node(node, "title_detail"), "language")) or lang
    published = _text(node, "published") or _text(node, "created")
    return (
        parse_date(published, lang=lang, now=now),
        parse_date(_text(node, "updated"), lang=lang, now=now),
    )


def _title(node: _Node) -> str:
    detail = _node(node, "title_detail")
    value = _text(detail, "value") or _text(node, "title")
    return clean_title(plain(value) if _text(detail, "type") in _HTML_TYPES else value)


def _html(detail: _Node, url: str) -> str:
    """Clean a text construct by its declared type, with xml:base where the document gives one."""
    value, kind = _text(detail, "value"), _text(detail, "type") or "text/html"
    if kind in _HTML_TYPES:
        return sanitise(value, base_url=join(url, _text(detail, "base")) or url)
    return text_as_html(value) if kind.startswith("text/") else ""


def _content(node: _Node, url: str) -> tuple[str, str | None]:
    """Give the fullest of several contents, and its language."""
    readable = [part for part in _nodes(node, "content") if _text(part, "value")]
    readable = [
        part
        for part in readable
        if _text(part, "type").startswith("text/") or _text(part, "type") in _HTML_TYPES
    ]
    if not readable:
        return "", None
    fullest = max(readable, key=lambda part: len(_text(part, "value")))
    return _html(fullest, url), clean_lang(_get(fullest, "language"))


def _link(node: _Node, url: str) -> str | None:
    original = join(url, _text(node, "feedburner_origlink"))
    if original:
        return original
    alternates = [link for link in _nodes(node, "links") if _text(link, "rel") == "alternate"]
    pages = [link for link in alternates if "html" in _text(link, "type")]
    own = _text(node, "link")
    if not alternates and not is_http(own):
        own = ""  # feedparser takes the guid, which is no address unless it looks like one
    candidates = (
        *(_text(link, "href") for link in pages),
        own,
        *(_text(link, "href") for link in alternates),
    )
    return next((found for href in candidates if (found := join(url, href))), None)


def _comments(node: _Node, url: str) -> str | None:
    if comments := join(url, _text(node, "comments")):
        return comments
    replies = (link for link in _nodes(node, "links") if _text(link, "rel") == "replies")
    return next((join(url, _text(link, "href")) for link in replies if "html" in _text(link, "type")), None)


def _authors(node: _Node) -> tuple[Author, ...]:
    found: dict[str, Author] = {}
    for part in _nodes(node, "authors")[:20]:
        name, email = one_line(_text(part, "name")), one_line(_text(part, "email"))
        href = _text(part, "href")
        if name or email:
            found.setdefault(
                name or email, Author(name or email, email or None, href if is_http(href) else None)
            )
    if not found and (name := one_line(_text(node, "author"))):
        found[name] = Author(name)
    return tuple(found.values())


def _media(node: _Node, url: str) -> tuple[tuple[Enclosure, ...], str | None]:
    """Gather enclosures and media; pictures serve as the entry's image, not as enclosures of their own."""
    found: dict[str, Enclosure] = {}
    images = [*_addresses(_nodes(node, "media_thumbnail"), url), *_addresses([_node(node, "image")], url)]
    attached = [link for link in _nodes(node, "links") if _text(link, "rel") == "enclosure"]
    for part in (*attached, *_nodes(node, "media_content")):
        address = join(url, _text(part, "href") or _text(part, "url"))
        if address is None:
            continue
        kind = _text(part, "type").strip().lower() or None
        if kind == "text/html":
            kind = None  # feedparser's default for links, never an enclosure's type
        if _text(part, "medium") == "image" or (kind or "").startswith("image/"):
            images.insert(0, address)
            if part not in attached:
                continue
        size = whole_number(_text(part, "length") or _text(part, "filesize"))
        found.setdefault(address, Enclosure(address, kind, size))
    return tuple(found.values())[:50], images[0] if images else None


def _addresses(parts: Iterable[_Node], url: str) -> list[str]:
    hrefs = (_text(part, "url") or _text(part, "href") for part in parts)
    return [address for href in hrefs if (address := join(url, href))]


def _hints(feed: _Node) -> tuple[Hint, ...]:
    hints = []
    if minutes := whole_number(_text(feed, "ttl")):
        hints.append(Hint("ttl", timedelta(minutes=min(minutes, 60 * 24 * 30))))
    period = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower())
    if period:
        frequency = whole_number(_text(feed, "sy_updatefrequency")) or 1
        hints.append(Hint("sy:updatePeriod", period / max(1, min(frequency, 1000))))
    return tuple(hints)


def _skipped(kind: str, body: str) -> tuple[int, ...]:
    """Read skipHours (0-23, where 24 means 0) or skipDays; RSS 2.0."""
    values: Sequence[str] = re.findall(r"<(?:hour|day)>\s{0,20}(\w{1,9})\s{0,20}</", body)
    if kind == "Hours":
        hours = {int(value) % 24 for value in values if value.isdigit() and int(value) <= 24}
        return tuple(sorted(hours)) if len(hours) < 24 else ()
    days = {_DAYS.index(value.lower()) for value in values if value.lower() in _DAYS}
    return tuple(sorted(days)) if len(days) < 7 else ()


def _note(document: _Node) -> str | None:
    if not _get(document, "bozo"):
        return None
    error = _get(document, "bozo_exception")
    line = getattr(error, "getLineNumber", lambda: None)()
    where = f" at line {line}" if line else ""
    reason = getattr(error, "getMessage", lambda: type(error).__name__)()
    return one_line(f"not well-formed XML{where} ({reason}), read as far as it goes")
