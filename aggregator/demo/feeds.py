"""Render what an outlet announces: RSS 2.0, Atom, RSS 1.0 and JSON Feed.

Entries carry a title and a short summary only, as many outlets do, so that the page must be read to
decide well. Nothing here knows about time beyond the dates it is handed; the same input gives the
same bytes. The topic feeds of the program are made elsewhere and share no code with these.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from aggregator.demo.library import Format, Outlet

_SUMMARY_WORDS = 25
_SUMMARY_HAN = 50

FEED_PATHS = {
    Format.RSS20: "/feed.xml",
    Format.ATOM10: "/atom.xml",
    Format.RSS10: "/index.rdf",
    Format.JSON11: "/feed.json",
}
FEED_TYPES = {
    Format.RSS20: "application/rss+xml",
    Format.ATOM10: "application/atom+xml",
    Format.RSS10: "application/rdf+xml",
    Format.JSON11: "application/feed+json",
}


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An article as a feed announces it."""

    id: str
    link: str
    title: str
    summary: str
    author: str
    published_at: datetime


def summary(text: str, lang: str) -> str:
    """Return the first 25 words of a text, or its first 50 characters in Chinese."""
    line = " ".join(text.split())
    if lang == "zh":
        return line if len(line) <= _SUMMARY_HAN else line[:_SUMMARY_HAN] + "……"
    words = line.split(" ")
    return line if len(words) <= _SUMMARY_WORDS else " ".join(words[:_SUMMARY_WORDS]) + " …"


def feed(outlet: Outlet, base: str, entries: tuple[FeedEntry, ...], updated_at: datetime) -> bytes:
    """Return the feed of an outlet in its format and charset.

    `base` is the address of its host without a final slash, `updated_at` the newest date in it.
    """
    render = {
        Format.RSS20: _rss20,
        Format.ATOM10: _atom10,
        Format.RSS10: _rss10,
        Format.JSON11: _json11,
    }[outlet.format]
    return render(outlet, base, entries, updated_at).encode(outlet.charset, "xmlcharrefreplace")


def _declaration(outlet: Outlet) -> str:
    return f'<?xml version="1.0" encoding="{outlet.charset}"?>\n'


def _rss20(outlet: Outlet, base: str, entries: tuple[FeedEntry, ...], updated_at: datetime) -> str:
    """RSS 2.0, rssboard.org/rss-specification, authors as dc:creator."""
    items = "".join(
        f"""<item>
<title>{escape(entry.title)}</title>
<link>{escape(entry.link)}</link>
<guid isPermaLink="false">{escape(entry.id)}</guid>
<pubDate>{format_datetime(entry.published_at)}</pubDate>
<dc:creator>{escape(entry.author or outlet.title)}</dc:creator>
<description>{escape(entry.summary)}</description>
</item>
"""
        for entry in entries
    )
    return f"""{_declaration(outlet)}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" \
xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>{escape(outlet.title)}</title>
<link>{base}/</link>
<description>{escape(outlet.title)}</description>
<language>{outlet.lang}</language>
<lastBuildDate>{format_datetime(updated_at)}</lastBuildDate>
<atom:link href="{base}{FEED_PATHS[outlet.format]}" rel="self" type="application/rss+xml"/>
{items}</channel>
</rss>
"""


def _atom10(outlet: Outlet, base: str, entries: tuple[FeedEntry, ...], updated_at: datetime) -> str:
    """Atom, RFC 4287."""
    items = "".join(
        f"""<entry>
<id>{escape(entry.id)}</id>
<title>{escape(entry.title)}</title>
<link rel="alternate" type="text/html" href="{escape(entry.link)}"/>
<published>{entry.published_at.isoformat(timespec="seconds")}</published>
<updated>{entry.published_at.isoformat(timespec="seconds")}</updated>
<author><name>{escape(entry.author or outlet.title)}</name></author>
<summary>{escape(entry.summary)}</summary>
</entry>
"""
        for entry in entries
    )
    return f"""{_declaration(outlet)}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">
<id>tag:{outlet.domain},2026:feed</id>
<title>{escape(outlet.title)}</title>
<link rel="alternate" type="text/html" href="{base}/"/>
<link rel="self" type="application/atom+xml" href="{base}{FEED_PATHS[outlet.format]}"/>
<updated>{updated_at.isoformat(timespec="seconds")}</updated>
{items}</feed>
"""


def _rss10(outlet: Outlet, base: str, entries: tuple[FeedEntry, ...], updated_at: datetime) -> str:
    """RSS 1.0 with the Dublin Core module, web.resource.org/rss/1.0/spec."""
    order = "".join(f'<rdf:li rdf:resource="{escape(entry.link)}"/>\n' for entry in entries)
    items = "".join(
        f"""<item rdf:about="{escape(entry.link)}">
<title>{escape(entry.title)}</title>
<link>{escape(entry.link)}</link>
<description>{escape(entry.summary)}</description>
<dc:creator>{escape(entry.author or outlet.title)}</dc:creator>
<dc:date>{entry.published_at.isoformat(timespec="seconds")}</dc:date>
</item>
"""
        for entry in entries
    )
    return f"""{_declaration(outlet)}<rdf:RDF xmlns="http://purl.org/rss/1.0/" \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="{base}{FEED_PATHS[outlet.format]}">
<title>{escape(outlet.title)}</title>
<link>{base}/</link>
<description>{escape(outlet.title)}</description>
<dc:language>{outlet.lang}</dc:language>
<dc:date>{updated_at.isoformat(timespec="seconds")}</dc:date>
<items><rdf:Seq>
{order}</rdf:Seq></items>
</channel>
{items}</rdf:RDF>
"""


def _json11(outlet: Outlet, base: str, entries: tuple[FeedEntry, ...], _updated_at: datetime) -> str:
    """JSON Feed 1.1, jsonfeed.org/version/1.1; it has no date of its own."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": f"{base}/",
        "feed_url": f"{base}{FEED_PATHS[outlet.format]}",
        "language": outlet.lang,
        "items": [
            {
                "id": entry.id,
                "url": entry.link,
                "title": entry.title,
                "content_text": entry.summary,
                "date_published": entry.published_at.isoformat(timespec="seconds"),
                "authors": [{"name": entry.author or outlet.title}],
            }
            for entry in entries
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
