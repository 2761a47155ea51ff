"""Title, authors, date, site and picture of a page, asked for only where the feed lacks them.

Costs several times the text itself, which is why nobody calls it by default.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from lxml.html import HtmlElement
from trafilatura.metadata import extract_metadata

from aggregator.text.xmlchars import one_line
from aggregator.urls import join

_DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//time[@itemprop='datePublished']/@datetime",
    "//article//time[1]/@datetime",
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about its article; None where it says nothing."""

    title: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    site_name: str | None
    image_url: str | None


def read(tree: HtmlElement, base: str) -> Metadata:
    """Read the metadata of an uncut page; a date without a time is midnight UTC."""
    found = extract_metadata(tree, default_url=base or None, extensive=False)
    authors = tuple(one_line(name) for name in (found.author or "").split(";") if name.strip())
    return Metadata(
        title=one_line(found.title or "")[:500] or None,
        authors=authors[:10],
        published_at=_date(tree) or _instant(found.date or ""),
        site_name=one_line(found.sitename or "")[:200] or None,
        image_url=join(base, found.image) if found.image else None,
    )


def _date(tree: HtmlElement) -> datetime | None:
    """Return the date that the page states for machines, which is more precise than a guess."""
    for path in _DATES:
        for value in tree.xpath(path)[:1]:
            if instant := _instant(str(value)):
                return instant
    return None


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text.strip()[:40])
    except ValueError:
        return None
    if not 1995 <= instant.year <= 2100:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
