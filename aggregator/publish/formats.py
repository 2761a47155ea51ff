"""The formats of a published feed: their file endings, media types and addresses.

Knows nothing of entries; `serve` and `pages` lean on it as well as the renderers.
"""

import re
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
STYLE_NAME = "feed.css"

_FEED_NAME = re.compile(rf"([^.]+)(?:\.([0-9]+))?\.({'|'.join(FORMATS)})\Z")


def file_name(topic_id: str, fmt: Format, page: int | None = None) -> str:
    """Name the file that holds a topic's feed or a page of its archive, inside the feeds folder.

    No id of a topic has a dot in it, so no two topics can name the same file.
    """
    return f"{topic_id}.{fmt}" if page is None else f"{topic_id}.{page}.{fmt}"


def topic_of(name: str) -> str | None:
    """Tell whose feed or page a file of the feeds folder holds by its name; None: it is no feed."""
    found = _FEED_NAME.match(name)
    return found[1] if found else None


def feed_url(base_url: str, topic_id: str, fmt: Format, page: int | None = None) -> str:
    """Give the address under which a topic's feed or a page of its archive is served."""
    return f"{base_url.rstrip('/')}/feeds/{quote(file_name(topic_id, fmt, page), safe='')}"


def home_url(base_url: str) -> str:
    """Give the address of the page that lists the topics."""
    return f"{base_url.rstrip('/')}/"
