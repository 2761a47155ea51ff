"""What the news web of the benchmarks serves: feeds in three formats and article pages, from a seed.

Pure: the same number gives the same bytes. A feed has 20 entries and about 50 kB, a page about 60 kB.
No two texts are near-copies of one another, and none of them says anything.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

FORMATS = ("rss", "atom", "rdf")
CONTENT_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "rdf": "application/rdf+xml; charset=utf-8",
}
GAP = timedelta(hours=3)  # between two entries of a feed
_ENTRY_WORDS = 330
_PAGE_WORDS = 700
_LINKS = 450  # of a page's furniture, which is most of it as elsewhere
_TEXT = """
the of and to in for on that with from by as at it was were has had have been after before over under about
between against during while because although government minister company market price report bank court law
police city country region north south east west river coast harbour railway road bridge school university
teacher student doctor hospital patient worker union strike wage tax budget deficit growth export import
factory engine battery energy wind water storm flood drought harvest wheat cattle forest village council
election vote party leader speech debate treaty border army peace talks agreement sanctions committee
investigation evidence witness judge sentence appeal museum theatre film music festival author novel critic
football match goal season coach record runner champion final science research laboratory satellite planet
ocean species climate data software network computer privacy regulator fine merger shareholder profit loss
quarter forecast analyst investor currency inflation interest rate mortgage housing rent tenant builder
said announced warned agreed refused opened closed rose fell promised denied expected planned delayed found
new old large small early late public private local national foreign several many few first second last
yesterday today Monday Tuesday Wednesday Thursday Friday week month year morning evening spring winter
"""
_WORDS = _TEXT.split()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed."""

    number: int  # counts up over the life of the feed
    title: str
    url: str
    html: str
    published_at: datetime


def document(base: str, feed: int, *, entries: int, version: int, began_at: datetime) -> bytes:
    """Render a feed as it stands at a version: each version has one more entry at its head."""
    newest = entries + version - 1
    shown = [entry(base, feed, newest - place, entries, began_at) for place in range(entries)]
    kind = FORMATS[feed % len(FORMATS)]
    return {"rss": _rss, "atom": _atom, "rdf": _rdf}[kind](base, feed, shown, began_at).encode()


def entry(base: str, feed: int, number: int, entries: int, began_at: datetime) -> Entry:
    """Make an entry; those after the first document have come since, a second apart."""
    chance = random.Random(f"{feed}/{number}")
    late = number - entries + 1
    published_at = began_at + (timedelta(seconds=late) if late > 0 else late * GAP)
    title = " ".join(chance.choices(_WORDS, k=9)).capitalize()
    return Entry(
        number, title, f"{base}/article/{feed}/{number}", _paragraphs(chance, _ENTRY_WORDS), published_at
    )


def page(feed: int, number: int) -> bytes:
    """Render the page behind an entry: its own article in the furniture that all pages share."""
    chance = random.Random(f"page {feed}/{number}")
    title = " ".join(chance.choices(_WORDS, k=9)).capitalize()
    body = _paragraphs(chance, _PAGE_WORDS)
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{title}</title></head><body>"
        f"<nav>{_FURNITURE}</nav><main><article><h1>{title}</h1>{body}</article></main>"
        f"<footer>{_FURNITURE}</footer></body></html>"
    ).encode()


def _paragraphs(chance: random.Random, words: int) -> str:
    paragraphs = []
    for _paragraph in range(words // 55):
        sentences = [" ".join(chance.choices(_WORDS, k=11)).capitalize() + "." for _sentence in range(5)]
        paragraphs.append(f"<p>{' '.join(sentences)}</p>")
    return "".join(paragraphs)


def _furniture() -> str:
    chance = random.Random("furniture")
    links = (
        f"<li><a class='menu' href='/section/{place}'>{' '.join(chance.choices(_WORDS, k=2))}</a></li>"
        for place in range(_LINKS)
    )
    return f"<ul>{''.join(links)}</ul>"


_FURNITURE = _furniture()


def _escape(html: str) -> str:
    return html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rss(base: str, feed: int, shown: list[Entry], _began_at: datetime) -> str:
    items = "".join(
        f"<item><title>{each.title}</title><link>{each.url}</link>"
        f'<guid isPermaLink="false">{feed}-{each.number}</guid>'
        f"<pubDate>{format_datetime(each.published_at)}</pubDate>"
        f"<description>{_escape(each.html)}</description></item>"
        for each in shown
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Outlet {feed}</title><link>{base}/</link><description>News</description>"
        f"{items}</channel></rss>"
    )


def _atom(base: str, feed: int, shown: list[Entry], began_at: datetime) -> str:
    entries = "".join(
        f"<entry><title>{each.title}</title><id>urn:bench:{feed}:{each.number}</id>"
        f'<link href="{each.url}"/><published>{_iso(each.published_at)}</published>'
        f"<updated>{_iso(each.published_at)}</updated>"
        f'<content type="html">{_escape(each.html)}</content></entry>'
        for each in shown
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>Outlet {feed}</title><id>urn:bench:{feed}</id>"
        f'<link href="{base}/"/><updated>{_iso(shown[0].published_at if shown else began_at)}</updated>'
        f"<author><name>Outlet {feed}</name></author>{entries}</feed>"
    )


def _rdf(base: str, feed: int, shown: list[Entry], _began_at: datetime) -> str:
    index = "".join(f'<rdf:li rdf:resource="{each.url}"/>' for each in shown)
    items = "".join(
        f'<item rdf:about="{each.url}"><title>{each.title}</title><link>{each.url}</link>'
        f"<dc:date>{_iso(each.published_at)}</dc:date>"
        f"<description>{_escape(each.html)}</description></item>"
        for each in shown
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{base}/">'
        f"<title>Outlet {feed}</title><link>{base}/</link><description>News</description>"
        f"<items><rdf:Seq>{index}</rdf:Seq></items></channel>{items}</rdf:RDF>"
    )
