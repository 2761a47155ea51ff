"""The feeds that an HTML page names in its link elements.

Source: HTML Living Standard, 4.6.7 (alternate), and the RSS Advisory Board's autodiscovery. This
module guesses no addresses and fetches nothing.
"""

from aggregator.model import FeedLinks
from aggregator.parse.entries import clean_title
from aggregator.parse.page import Page
from aggregator.urls import join

_TYPES = (
    *("application/atom+xml", "application/rss+xml", "application/feed+json", "application/rdf+xml"),
    *("application/x.atom+xml", "application/x-atom+xml", "application/json", "application/xml", "text/xml"),
)
_FEEDLIKE = ("rss", "atom", "feed", ".xml", ".rdf")
_COMMENTS = ("comment", "commentaire", "kommentar", "评论")
_LIMIT = 20


def find(page: Page) -> FeedLinks | None:
    """Name the feeds of a page, those of comments last, otherwise in the order of the page."""
    found: dict[str, str] = {}
    for link in page.tree.iter("link"):
        rels = str(link.get("rel", "")).lower().split()
        kind = str(link.get("type", "")).partition(";")[0].strip().lower()
        if not ("alternate" in rels or "feed" in rels) or (kind not in _TYPES and "feed" not in rels):
            continue
        href = str(link.get("href", "")).strip()
        # The bare types serve all sorts of documents (oEmbed, WordPress' REST API …).
        if kind in ("application/json", "application/xml", "text/xml") and not _is_feedlike(href):
            continue
        address = join(page.base_url, href) if href else None
        if address:
            found.setdefault(address, clean_title(str(link.get("title", ""))))
    ordered = sorted(found.items(), key=lambda item: _is_for_comments(*item))
    return FeedLinks(tuple(ordered[:_LIMIT])) if ordered else None


def _is_feedlike(href: str) -> bool:
    lower = href.lower()
    return any(word in lower for word in _FEEDLIKE) and "oembed" not in lower and "wp-json" not in lower


def _is_for_comments(address: str, title: str) -> bool:
    return any(word in address.lower() or word in title.lower() for word in _COMMENTS)
