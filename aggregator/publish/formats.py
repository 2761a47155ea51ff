"""The formats of a published feed: their file endings, media types and addresses.

Knows nothing of entries; `serve` and `pages` lean on it as well as the renderers.
"""

from collections.abc import Mapping
from typing import Literal, get_args
from urllib.parse import quote

Format = Literal["atom", "rss", "json"]

FORMATS: tuple[Format, ...] = get_args(Format)

MEDIA_TYPES: Mapping[Format, str] = {
    "atom": "application/atom+xml",  # RFC 4287, section 7
    "rss": "application/rss+xml",
    "json": "application/feed+json",  # JSON Feed 1.1
}

LABELS: Mapping[Format, str] = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}

INDEX_NAME = "index.html"
OPML_NAME = "topics.opml"


def file_name(topic_id: str, fmt: Format) -> str:
    """Name the file that holds a topic's feed, inside the feeds folder."""
    return f"{topic_id}.{fmt}"


def feed_url(base_url: str, topic_id: str, fmt: Format) -> str:
    """Give the address under which a topic's feed is served."""
    return f"{base_url.rstrip('/')}/feeds/{quote(file_name(topic_id, fmt), safe='')}"


def home_url(base_url: str) -> str:
    """Give the address of the page that lists the topics."""
    return f"{base_url.rstrip('/')}/"
