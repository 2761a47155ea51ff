"""Where the feed of an HTML page may be: what the page names, what its platform offers, usual paths.

Sources: HTML Living Standard, 4.6.7 (alternate) and 4.2.5.3 (refresh), the RSS Advisory Board's
autodiscovery, the documentation of the platforms. This module fetches nothing: it names candidates
in the order in which they deserve to be tried.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from aggregator.model import FeedLink, FeedLinks, LinkOrigin
from aggregator.parse import platforms
from aggregator.parse.entries import clean_title
from aggregator.parse.page import Page
from aggregator.urls import join, registrable_domain, without_feed_scheme

_TYPES = (
    *("application/atom+xml", "application/rss+xml", "application/feed+json", "application/rdf+xml"),
    *("application/x.atom+xml", "application/x-atom+xml", "application/json", "application/xml", "text/xml"),
)
_FEEDLIKE = ("rss", "atom", "feed", ".xml", ".rdf")
_COMMENTS = ("comment", "commentaire", "kommentar", "评论")
_LIMIT = 20
_PAGE_LINKS = 5

# A path that can hardly be anything else than a feed.
_FEED_PATH = re.compile(
    r"(?:^|[/._-])(?:rss|atom|feed|feeds|rdf|index)(?:2|_full)?\.(?:xml|rss|atom|rdf|json|php)$"
    r"|\.(?:rss|atom|rdf)$|/(?:feed|rss|atom|rss2)/?$|^/feeds?/[\w./-]{1,80}$",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(
    r"(?:^|&)(?:feed=(?:rss2?|atom|rdf)|format=(?:rss|atom|feed)|type=rss)\b", re.IGNORECASE
)
_FEED_WORDS = re.compile(r"\b(?:rss|atom)\b|(?:^|\W)(?:web ?feed|flux rss|fil rss|订阅)", re.IGNORECASE)
# Directories and readers: their addresses only wrap ours, or speak of feeds.
_SHARERS = re.compile(
    r"feedly|inoreader|netvibes|newsblur|addtoany|add\.my\.yahoo|bloglines|wikipedia|subtome", re.IGNORECASE
)
_REFRESH = re.compile(
    r"\s{0,20}(\d{1,5})(?:\.\d{0,9})?\s{0,20}[;,\s]\s{0,20}(?:url\s{0,20}=\s{0,20})?[\"']?(?!url\s{0,20}=)([^\"'\s]{1,2000})",
    re.IGNORECASE,
)
_AT_ONCE = 10  # seconds; a page that refreshes later is a page, and mostly names itself

_ROOT_PATHS = (
    "feed",
    "rss",
    "atom.xml",
    "feed.xml",
    "rss.xml",
    "index.xml",
    "feed.json",
)
_FOLDER_PATHS = ("feed", "rss", "atom.xml", "feed.xml", "rss.xml", "index.xml")


def find(page: Page, *, is_guessing: bool = False) -> FeedLinks | None:
    """Name the candidates for the feed of a page, the surest first and those of comments last.

    With `is_guessing` the usual paths follow, which cost a request each: worth it once, when a
    source is new.
    """
    named = [*_elements(page), *_refresh(page), *_page_links(page)]
    known = [FeedLink(url, title, LinkOrigin.PLATFORM) for url, title in platforms.feeds(page)]
    guessed = (
        [FeedLink(url, "", LinkOrigin.USUAL_PATH) for url in usual_paths(page.url)] if is_guessing else []
    )
    found: dict[str, FeedLink] = {}
    for link in sorted((*named, *known, *guessed), key=_rank):
        if link.url not in (page.url, page.base_url):
            found.setdefault(link.url, link)
    if not found:
        return None
    return FeedLinks(tuple(found.values())[:_LIMIT], page=describe(page))


def describe(page: Page) -> str:
    """Say what a page is that is no feed."""
    return f"an HTML page titled “{page.title}”" if page.title else "an HTML page without title"


def usual_paths(url: str) -> tuple[str, ...]:
    """Name where the feed of a page usually lies: in the page's own folder first, then at the root."""
    parts = urlsplit(url)
    folder = parts.path if parts.path.endswith("/") else parts.path.rpartition("/")[0] + "/"
    if "." not in parts.path.rpartition("/")[2]:
        folder = parts.path.rstrip("/") + "/"  # /news and /news/ are the same section
    root = f"{parts.scheme}://{parts.netloc}/"
    folders = [f"{root[:-1]}{folder}{path}" for path in _FOLDER_PATHS] if folder != "/" else []
    return tuple(dict.fromkeys((*folders, *(root + path for path in _ROOT_PATHS))))


def _rank(link: FeedLink) -> tuple[bool, int]:
    """Order by origin; sorting is stable, so that the order of the page stands."""
    return _is_for_comments(link), tuple(LinkOrigin).index(link.origin)


def _elements(page: Page) -> Iterator[FeedLink]:
    for link in page.tree.iter("link"):
        rels = str(link.get("rel", "")).lower().split()
        kind = str(link.get("type", "")).partition(";")[0].strip().lower()
        if not ("alternate" in rels or "feed" in rels) or (kind not in _TYPES and "feed" not in rels):
            continue
        href = str(link.get("href", "")).strip()
        # The bare types serve all sorts of documents (oEmbed, WordPress' REST API …).
        if kind in ("application/json", "application/xml", "text/xml") and not _is_feedlike(href):
            continue
        if address := _address(page, href):
            yield FeedLink(address, clean_title(str(link.get("title", ""))), LinkOrigin.LINK_ELEMENT)


def _refresh(page: Page) -> Iterator[FeedLink]:
    """Give the page that this one sends its readers to at once."""
    for meta in page.tree.iter("meta"):
        if str(meta.get("http-equiv", "")).strip().lower() != "refresh":
            continue
        match = _REFRESH.match(str(meta.get("content", "")))
        if match and int(match.group(1)) <= _AT_ONCE and (address := _address(page, match.group(2))):
            yield FeedLink(address, "", LinkOrigin.REFRESH)
            return


def _page_links(page: Page) -> Iterator[FeedLink]:
    """Give links to what obviously is a feed of this site."""
    count = 0
    domain = registrable_domain(page.url)
    for anchor in page.tree.iter("a"):
        address = _address(page, str(anchor.get("href", "")).strip())
        if address is None or _SHARERS.search(address):
            continue
        kind = str(anchor.get("type", "")).partition(";")[0].strip().lower()
        parts = urlsplit(address)
        is_typed = kind in _TYPES[:4]
        title = clean_title(str(anchor.text_content())[:1000]) or clean_title(str(anchor.get("title", "")))
        words = f"{title[:200]} {anchor.get('class', '')}"
        is_path = bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query))
        is_near = registrable_domain(address) == domain or bool(_FEED_WORDS.search(words))
        if is_typed or (is_path and is_near):
            yield FeedLink(address, title, LinkOrigin.PAGE_LINK)
            count += 1
            if count == _PAGE_LINKS:
                return


def _address(page: Page, href: str) -> str | None:
    return join(page.base_url, without_feed_scheme(href)) if href else None


def _is_feedlike(href: str) -> bool:
    lower = href.lower()
    return any(word in lower for word in _FEEDLIKE) and "oembed" not in lower and "wp-json" not in lower


def _is_for_comments(link: FeedLink) -> bool:
    return any(word in link.url.lower() or word in link.title.lower() for word in _COMMENTS)
