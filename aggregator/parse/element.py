"""One entry as feedparser gives it, turned into our record.

Cleaning, addresses and dates are ours: strings are taken as written, HTML goes through the one
sanitiser, and what feedparser makes up (a type that nobody gave, a guid as link) is told apart from
what the publisher wrote. This module knows feedparser's names but not its calls.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from aggregator.model import Author, Content, Enclosure, Entry, Link
from aggregator.parse.entries import clean_lang, clean_tags, clean_title, text_as_html, whole_number
from aggregator.text.dates import parse_date
from aggregator.text.html import plain, sanitise
from aggregator.text.xmlchars import one_line, xml_legal
from aggregator.urls import is_http, join

_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")
# Names under which the instant of publication is found, the best first.
_PUBLISHED = ("published", "created", "prism_publicationdate", "date")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}\Z")
_MAX_CONTENTS = 5
_MAX_LINKS = 30
_MAX_FILES = 50

Node = Mapping[str, Any]  # feedparser's dictionaries have no types


def get(node: Node, name: str) -> Any:
    """Read a key without feedparser's aliases: `updated` must not turn into `published`."""
    return dict.get(node, name)  # type: ignore[call-overload]


def text(node: Node, name: str) -> str:
    """Read a string, "" if there is none."""
    value = get(node, name)
    return value if isinstance(value, str) else ""


def nodes(node: Node, name: str) -> list[Node]:
    """Read a list of dictionaries."""
    value = get(node, name)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def child(node: Node, name: str) -> Node:
    """Read a dictionary."""
    value = get(node, name)
    return value if isinstance(value, dict) else {}


def entry(
    node: Node,
    published: datetime | None,
    updated: datetime | None,
    url: str,
    feed_lang: str | None,
    feed_authors: tuple[Author, ...],
) -> Entry:
    """Make the record of an entry; `url` is the base of addresses where the document gives none."""
    base = join(url, text(child(node, "title_detail"), "base")) or url
    contents = _contents(node, url)
    # The fullest that lies in the document is the content.
    main = max((part for part in contents if part.html), key=lambda part: len(part.html), default=None)
    content = main.html if main else ""
    summary_detail = child(node, "summary_detail")
    summary = _html(summary_detail, url)  # without detail it is feedparser's copy of the content
    enclosures, image = _media(node, base)
    outlet = child(node, "source")
    link = _link(node, base) or next((part.url for part in contents if part.url), None)
    return Entry(
        raw_id=xml_legal(text(node, "id")) or None,
        url=link,
        title=title(node),
        summary_html="" if summary == content else summary,
        content_html=content,
        authors=authors(node) or feed_authors,
        tags=clean_tags(text(tag, "label") or text(tag, "term") for tag in nodes(node, "tags")),
        lang=clean_lang(text(node, "language"))
        or (main.lang if main else None)
        or clean_lang(get(child(node, "title_detail"), "language"))
        or feed_lang,
        published_at=published or updated,
        updated_at=updated,
        enclosures=enclosures,
        image_url=image,
        outlet=title(outlet) or one_line(text(node, "news_source")) or None,
        outlet_url=join(base, text(outlet, "href") or text(outlet, "link")) if outlet else None,
        comments_url=_comments(node, base),
        links=_links(node, base, link),
        contents=tuple(part for part in contents if part.url or part.html not in (content, summary)),
    )


def dates(node: Node, lang: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Read (published, updated) from what is written, not from what feedparser makes of it."""
    lang = (
        clean_lang(text(node, "language")) or clean_lang(get(child(node, "title_detail"), "language")) or lang
    )
    return (
        parse_date(_first(node, _PUBLISHED), lang=lang, now=now),
        parse_date(text(node, "updated"), lang=lang, now=now),
    )


def written_date(node: Node) -> str:
    """Give what stands where a date belongs, "" where nothing does."""
    return _first(node, (*_PUBLISHED, "updated"))


def title(node: Node) -> str:
    """Read a title as plain text, by its declared type."""
    detail = child(node, "title_detail")
    value = text(detail, "value") or text(node, "title")
    return clean_title(plain(value) if detail and _kind(detail) in _HTML_TYPES else value)


def authors(node: Node) -> tuple[Author, ...]:
    """Read the authors of an entry or a feed, each once."""
    found: dict[str, Author] = {}
    for part in nodes(node, "authors")[:20]:
        name, email = one_line(text(part, "name")), one_line(text(part, "email"))
        href = text(part, "href")
        if name or email:
            found.setdefault(
                name or email, Author(name or email, email or None, href if is_http(href) else None)
            )
    if not found and (name := one_line(text(node, "author"))):
        found[name] = Author(name)
    return tuple(found.values())


def _first(node: Node, names: Iterable[str]) -> str:
    return next((written for name in names if (written := text(node, name).strip())), "")


def _html(detail: Node, url: str) -> str:
    """Clean a text construct by its declared type, with xml:base where the document gives one."""
    value, kind = text(detail, "value"), _kind(detail)
    if kind in _HTML_TYPES:
        # feedparser writes <br/> as <br></br>, which HTML reads as two of them.
        return sanitise(value.replace("</br>", ""), base_url=join(url, text(detail, "base")) or url)
    return text_as_html(value) if kind.startswith("text/") else ""


def _kind(detail: Node) -> str:
    """Give the media type of a text construct; HTML where what stands there is none."""
    kind = text(detail, "type").partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.match(kind) else "text/html"


def _contents(node: Node, url: str) -> list[Content]:
    """Read all contents that are texts, and say of those that lie elsewhere where that is."""
    found = []
    for part in nodes(node, "content")[:_MAX_CONTENTS]:
        kind = _kind(part)
        source = join(join(url, text(part, "base")) or url, text(part, "src"))
        html = _html(part, url) if kind.startswith("text/") or kind in _HTML_TYPES else ""
        if html or source:
            found.append(Content(html, kind, clean_lang(get(part, "language")), source))
    return found


def _link(node: Node, url: str) -> str | None:
    original = join(url, text(node, "feedburner_origlink"))
    if original:
        return original
    alternates = [link for link in nodes(node, "links") if text(link, "rel") == "alternate"]
    pages = [link for link in alternates if "html" in text(link, "type")]
    own = text(node, "link")
    if not alternates and not is_http(own):
        own = ""  # feedparser takes the guid, which is no address unless it looks like one
    candidates = (
        *(text(link, "href") for link in pages),
        own,
        *(text(link, "href") for link in alternates),
        text(child(node, "a"), "href"),  # CDF
    )
    return next((found for href in candidates if (found := join(url, href))), None)


def _links(node: Node, url: str, chosen: str | None) -> tuple[Link, ...]:
    """Read the links that say more than the entry's own address and its enclosures do."""
    found: dict[tuple[str, str], Link] = {}
    for part in nodes(node, "links")[:_MAX_LINKS]:
        address = join(url, text(part, "href"))
        rel = one_line(text(part, "rel"))[:200].removeprefix("http://www.iana.org/assignments/relation/")
        kind = one_line(text(part, "type"))[:100].lower()
        if address is not None and rel:
            kept = None if kind == "text/html" else kind or None  # feedparser's default for every link
            name, lang = clean_title(text(part, "title")), clean_lang(get(part, "hreflang"))
            link = Link(rel, address, kept, name, lang)
            if rel != "enclosure" and link != Link("alternate", chosen or ""):
                found.setdefault((rel, address), link)
    if comments := join(url, text(node, "wfw_commentrss")):
        found.setdefault(("replies", comments), Link("replies", comments, "application/rss+xml"))
    return tuple(found.values())


def _comments(node: Node, url: str) -> str | None:
    if comments := join(url, text(node, "comments")):
        return comments
    replies = (link for link in nodes(node, "links") if text(link, "rel") == "replies")
    return next((join(url, text(link, "href")) for link in replies if "html" in text(link, "type")), None)


def _media(node: Node, url: str) -> tuple[tuple[Enclosure, ...], str | None]:
    """Gather enclosures and media; pictures serve as the entry's image, not as enclosures of their own."""
    found: dict[str, Enclosure] = {}
    images = [
        *_addresses(nodes(node, "media_thumbnail"), url),
        *_addresses([child(node, "image")], url),
        *_addresses([{"url": text(node, "news_image")}], url),
    ]
    attached = [link for link in nodes(node, "links") if text(link, "rel") == "enclosure"]
    for part in (*attached, *nodes(node, "media_content")):
        address = join(url, text(part, "href") or text(part, "url"))
        if address is None:
            continue
        kind = text(part, "type").strip().lower() or None
        if kind == "text/html":
            kind = None  # feedparser's default for links, never an enclosure's type
        if text(part, "medium") == "image" or (kind or "").startswith("image/"):
            images.insert(0, address)
            if part not in attached:
                continue
        size = whole_number(text(part, "length") or text(part, "filesize"))
        found.setdefault(address, Enclosure(address, kind, size))
    return tuple(found.values())[:_MAX_FILES], images[0] if images else None


def _addresses(parts: Iterable[Node], url: str) -> list[str]:
    hrefs = (text(part, "url") or text(part, "href") for part in parts)
    return [address for href in hrefs if (address := join(url, href))]
