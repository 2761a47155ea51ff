"""Sitemaps read as entries: news sitemaps, plain URL sets, indexes, plain text, robots.txt.

Sources: sitemaps.org/protocol.html; Google's news and image extensions. A sitemap without news names
pages but not their titles: those stay empty here, and the page itself tells them later. This module
invents no title from an address, takes `lastmod` for an update and never for a publication, and holds
only as much of a document at a time as the newest entries need.
"""

import heapq
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

from lxml.etree import LxmlError, XMLPullParser, _Element

from aggregator.model import ChildSitemap, Entry, ParsedFeed, SitemapIndex
from aggregator.parse.entries import clean_lang, clean_tags, clean_title
from aggregator.parse.mend import mend
from aggregator.text.dates import parse_exact
from aggregator.text.html import plain
from aggregator.text.repair import repair
from aggregator.urls import MAX_LENGTH, join

_PIECE = 262_144  # characters given to the parser at a time
_CHILDREN = 200  # of one element; a page may have 1,000 pictures, of which we keep the first
_MAX_CHILDREN = 100  # sitemaps of an index
_MAX_URLS = 200_000  # four times what the protocol allows
_MAX_LINES = 50_000  # of a plain text
_DECLARATION = re.compile(r"\s{0,1000}<\?xml[^>]{0,200}\?>")
_ROBOTS = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,2000})", re.IGNORECASE | re.MULTILINE)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
# What is worth a look first: news; last: pages that list articles, and what is no text at all.
_NEWS = re.compile(r"news|actu|nachrichten|noticias", re.IGNORECASE)
_NO_ARTICLES = re.compile(
    r"categor|tag|author|user|image|video|taxonom|archive|static|page-sitemap|product", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Url:
    """What a sitemap says of one address."""

    loc: str
    title: str
    name: str
    lang: str
    keywords: str
    image: str
    published_at: datetime | None
    modified_at: datetime | None


def read(text: str, *, url: str, max_entries: int, now: datetime) -> ParsedFeed | SitemapIndex | None:
    """Read a decoded sitemap, the newest entries first; None if it is none.

    Only `max_entries` entries are kept: the newest, then those without date in the order of the
    document. An index gives the sitemaps that it names.
    """
    elements = _elements(text)
    root = next(elements, None)
    if root is None:
        return _read_lines(text, url, max_entries)
    if _local(root) == "sitemapindex":
        return _index(((_text_of(node, "loc"), _text_of(node, "lastmod")) for node in elements), url, now)
    # Only what is kept is read in full: a sitemap may name 50,000 pages.
    dated = (
        (_date(node, now) or _NEVER, -place, node) for place, node in enumerate(islice(elements, _MAX_URLS))
    )
    kept = heapq.nlargest(max_entries, dated)
    return _feed([page for _when, _place, node in kept if (page := _url(node, url, now))], url)


def is_sitemap(root: str) -> bool:
    """Tell by the name of its root element that an XML document is a sitemap."""
    return root.rpartition(":")[2] in ("urlset", "sitemapindex")


def _elements(text: str) -> Iterator[_Element]:
    """Yield the root of a sitemap, then each `url` or `sitemap` in it, forgetting those before."""
    parser = XMLPullParser(
        ("start", "end"),
        tag=("{*}urlset", "{*}sitemapindex", "{*}url", "{*}sitemap"),
        recover=True,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: _Element | None = None
    position = len(found.group()) if (found := _DECLARATION.match(text)) else 0
    while position < len(text):
        end = text.find("</url>", position + _PIECE, position + 2 * _PIECE)
        end = end + 6 if end >= 0 else position + 2 * _PIECE
        try:
            parser.feed(mend(text[position:end]))
            events = list(parser.read_events())
        except LxmlError:
            return
        position = end
        for event, node in events:
            if root is None:
                if (
                    event != "start"
                    or node.getparent() is not None
                    or _local(node) not in ("urlset", "sitemapindex")
                ):
                    return
                root = node
                yield root
            elif event == "end" and node is not root:
                yield node
        if root is None:
            return
        _forget(root)


def _forget(root: _Element) -> None:
    """Drop what has been read, so that memory does not grow with the document."""
    del root[:-1]
    node = root
    while len(node):
        node = node[-1]
        del node[_CHILDREN:-1]


def _url(node: _Element, base: str, now: datetime) -> _Url | None:
    parts = {_local(child): child for child in reversed(node)}  # the first of each name
    loc = join(base, _string(parts.get("loc")))
    if loc is None:
        return None
    news, image = parts.get("news"), parts.get("image")
    publication = _child(news, "publication")
    title = _string(_child(news, "title"))
    if not title and urlsplit(loc).path in ("", "/"):
        return None  # the home page is no article
    lang = clean_lang(_string(_child(publication, "language")))
    return _Url(
        loc=loc,
        title=title,
        name=_string(_child(publication, "name")),
        lang=lang or "",
        keywords=_string(_child(news, "keywords")),
        image=_string(_child(image, "loc")),
        published_at=parse_exact(_string(_child(news, "publication_date")), lang=lang, now=now),
        modified_at=parse_exact(_string(parts.get("lastmod")), lang=lang, now=now),
    )


def _date(node: _Element, now: datetime) -> datetime | None:
    """Give the date by which an address is new: its publication, else its last change."""
    parts = {_local(child): child for child in reversed(node)}
    published = _string(_child(parts.get("news"), "publication_date"))
    return (parse_exact(published, lang=None, now=now) if published else None) or parse_exact(
        _string(parts.get("lastmod")), lang=None, now=now
    )


def _feed(pages: list[_Url], url: str) -> ParsedFeed:
    # Together they are text enough to see whether they were damaged.
    titles = (
        repair("\n".join(clean_title(plain(page.title)) for page in pages), None).split("\n") if pages else []
    )
    names = Counter(clean_title(page.name) for page in pages if page.name)
    own = names.most_common(1)[0][0] if names else ""
    entries = []
    for page, title in zip(pages, titles, strict=True):
        name = clean_title(page.name)
        entries.append(
            Entry(
                raw_id=None,
                url=page.loc,
                title=title,
                tags=clean_tags(page.keywords.split(",")),
                lang=page.lang or None,
                published_at=page.published_at,
                updated_at=page.modified_at,
                image_url=join(page.loc, page.image),
                outlet=name if name and name != own else None,
            )
        )
    langs = {page.lang for page in pages}
    return ParsedFeed(
        format="news-sitemap" if any(titles) else "sitemap",
        title=own,
        entries=tuple(entries),
        site_url=join(url, "/"),
        lang=langs.pop() or None if len(langs) == 1 else None,
        note=None if entries else "the sitemap names no pages",
    )


def _index(children: Iterator[tuple[str, str]], url: str, now: datetime) -> SitemapIndex:
    """Order the sitemaps of an index by what they are likely to hold, the newest first."""
    found: dict[str, ChildSitemap] = {}
    for loc, lastmod in children:
        address = join(url, loc)
        if address and address != url:
            found.setdefault(address, ChildSitemap(address, parse_exact(lastmod, lang=None, now=now)))
    ordered = sorted(found.values(), key=lambda child: child.modified_at or _NEVER, reverse=True)
    ordered.sort(key=lambda child: _rank(child.url))
    total = len(ordered)
    note = f"the newest {_MAX_CHILDREN} of {total} sitemaps" if total > _MAX_CHILDREN else None
    return SitemapIndex(tuple(ordered[:_MAX_CHILDREN]), note)


def _rank(url: str) -> int:
    name = urlsplit(url).path + urlsplit(url).query
    return 0 if _NEWS.search(name) else 2 if _NO_ARTICLES.search(name) else 1


def _read_lines(text: str, url: str, max_entries: int) -> ParsedFeed | SitemapIndex | None:
    """Read a list of addresses, one a line, or the Sitemap lines of a robots.txt."""
    if named := _ROBOTS.findall(text[:500_000]):
        return _index(((loc, "") for loc in named), url, _NEVER)
    lines = [line.strip() for line in text[: _MAX_LINES * 200].lstrip("\ufeff").splitlines()[:_MAX_LINES]]
    lines = [line for line in lines if line]
    addresses = [
        line for line in lines if line.startswith(("http://", "https://")) and len(line) <= MAX_LENGTH
    ]
    if not addresses or len(addresses) < len(lines):
        return None
    pages = [page for line in addresses if (loc := join(url, line)) and (page := _plain_page(loc))]
    return _feed(pages[:max_entries], url)


def _plain_page(loc: str) -> _Url | None:
    if urlsplit(loc).path in ("", "/"):
        return None
    return _Url(loc, "", "", "", "", "", None, None)


def _local(node: _Element) -> str:
    """Give an element's name without namespace, declared or not."""
    return str(node.tag).rpartition("}")[2].rpartition(":")[2]


def _child(node: _Element | None, name: str) -> _Element | None:
    return None if node is None else next((child for child in node if _local(child) == name), None)


def _text_of(node: _Element, name: str) -> str:
    return _string(_child(node, name))


def _string(node: _Element | None) -> str:
    if node is None:
        return ""
    text = node.text if not len(node) else "".join(str(part) for part in node.itertext())
    return unescape(text or "").strip()
