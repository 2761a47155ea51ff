"""Entries as JSON columns: what the publisher gave, kept so that nothing has to be asked for again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aggregator.model import Author, Content, Enclosure, Entry, Link

Json = dict[str, Any]


def dump_entry(entry: Entry) -> Json:
    """Return the parts of an entry that have no column of their own; empty ones are left out."""
    full: Json = {
        "summary_html": entry.summary_html,
        "content_html": entry.content_html,
        "authors": [[author.name, author.email, author.url] for author in entry.authors],
        "tags": list(entry.tags),
        "lang": entry.lang,
        "published_at": _iso(entry.published_at),
        "updated_at": _iso(entry.updated_at),
        "enclosures": [[file.url, file.type, file.length] for file in entry.enclosures],
        "image_url": entry.image_url,
        "outlet": entry.outlet,
        "outlet_url": entry.outlet_url,
        "comments_url": entry.comments_url,
        "links": [[link.rel, link.url, link.type, link.title, link.lang] for link in entry.links],
        "contents": [[each.html, each.type, each.lang, each.url] for each in entry.contents],
        "is_link_opaque": entry.is_link_opaque,
    }
    return {key: value for key, value in full.items() if value}


def load_entry(raw_id: str | None, url: str | None, title: str, kept: Mapping[str, Any]) -> Entry:
    """Return the entry as it was parsed."""
    return Entry(
        raw_id=raw_id,
        url=url,
        title=title,
        summary_html=kept.get("summary_html", ""),
        content_html=kept.get("content_html", ""),
        authors=tuple(Author(*author) for author in kept.get("authors", ())),
        tags=tuple(kept.get("tags", ())),
        lang=kept.get("lang"),
        published_at=_instant(kept.get("published_at")),
        updated_at=_instant(kept.get("updated_at")),
        enclosures=tuple(Enclosure(*file) for file in kept.get("enclosures", ())),
        image_url=kept.get("image_url"),
        outlet=kept.get("outlet"),
        outlet_url=kept.get("outlet_url"),
        comments_url=kept.get("comments_url"),
        links=tuple(Link(*link) for link in kept.get("links", ())),
        contents=tuple(Content(*content) for content in kept.get("contents", ())),
        is_link_opaque=kept.get("is_link_opaque", False),
    )


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
