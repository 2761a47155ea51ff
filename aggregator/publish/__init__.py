"""From records to files: a topic as Atom, RSS and JSON Feed, the list of topics as OPML and a page.

Rendering is pure: the bytes follow from the records alone, so that an unchanged topic gives an
unchanged file. It refuses to read the clock, the store and the network.
"""

from collections.abc import Callable, Iterable, Mapping

from aggregator.model import TopicFeed
from aggregator.publish.entries import ready
from aggregator.publish.formats import (
    FORMATS,
    INDEX_NAME,
    MEDIA_TYPES,
    OPML_NAME,
    STYLE_NAME,
    Format,
    feed_url,
    file_name,
    topic_of,
)
from aggregator.publish.jsonfeed import json_feed
from aggregator.publish.pages import STYLE_HASH, index, opml
from aggregator.publish.style import STYLE
from aggregator.publish.xmlfeed import XmlFeed

__all__ = [
    "FORMATS",
    "INDEX_NAME",
    "MEDIA_TYPES",
    "OPML_NAME",
    "STYLE",
    "STYLE_HASH",
    "STYLE_NAME",
    "Format",
    "feed_url",
    "file_name",
    "index",
    "opml",
    "render",
    "render_all",
    "topic_of",
]


def render(feed: TopicFeed, format: Format) -> bytes:  # noqa: A002  (the word that the contract uses)
    """Write a topic's feed in one format, valid whatever the entries hold.

    Takes about 1 ms for five entries of 8 kB, so call it off the event loop.
    """
    return render_all(feed, (format,))[format]


def render_all(feed: TopicFeed, formats: Iterable[Format] = FORMATS) -> dict[Format, bytes]:
    """Write a topic's feed in several formats; the work that they share is done once."""
    prepared = ready(feed)
    xml = XmlFeed(prepared)
    writers: Mapping[Format, Callable[[], bytes]] = {
        "atom": xml.atom,
        "rss": xml.rss,
        "json": lambda: json_feed(prepared),
    }
    return {fmt: writers[fmt]() for fmt in formats}
