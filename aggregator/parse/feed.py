"""RSS, Atom, RDF and CDF through feedparser, whose habits are kept out of our records.

feedparser reads the dialects; cleaning, addresses and dates are ours: its sanitiser and its HTML
resolver are off (one nh3 pass does both), its date guesses are ignored in favour of the raw strings,
and ids stay as the publisher wrote them. This module refuses to judge by well-formedness: a document
with a version or with entries is a feed.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from itertools import islice

import feedparser
from feedparser.mixin import _FeedParserMixin

from aggregator.model import Hint, ParsedFeed
from aggregator.parse import element
from aggregator.parse.element import Node, get, text
from aggregator.parse.entries import clean_lang, newest, whole_number
from aggregator.parse.mend import mend
from aggregator.parse.sniff import root_name
from aggregator.parse.thin import thin
from aggregator.text.language import by_script
from aggregator.text.repair import repair
from aggregator.text.xmlchars import one_line
from aggregator.urls import join

# It resolves a guid against the feed's address unless isPermaLink="false"; identity needs the raw one.
_FeedParserMixin.can_be_relative_uri = _FeedParserMixin.can_be_relative_uri - {"id"}


def _end_language(self: _FeedParserMixin) -> None:
    """Keep the language of one entry from becoming that of all that follow."""
    value = self.pop("language")
    if not self.inentry:
        self.lang = value


_FeedParserMixin._end_language = _end_language

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_SKIP = re.compile(r"<skip(Hours|Days)>([^\0]{0,2000}?)</skip\1>")
_SKIPS = 20  # that are looked at
_ELSEWHERE = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<item", "</item"))
_CLOSED = re.compile(r"</(?:\w{1,20}:)?(?:item|entry|channel|rss|feed|rdf)\b", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read(document: str, *, url: str, max_entries: int, now: datetime) -> ParsedFeed | None:
    """Read a decoded XML document; None if it is no feed.

    `url` is the base of relative addresses; at most `max_entries` newest entries are kept.
    """
    source = repair(mend(thin(document, max_entries, now)), None)
    parsed = feedparser.parse(
        BytesIO(source.encode()),  # never a str: feedparser would open it as a path or an address
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    version = str(parsed.get("version") or "")
    if not version and not parsed["entries"]:
        return None
    feed: Node = parsed["feed"]
    lang = clean_lang(get(feed, "language"))
    nodes = _whole(parsed["entries"], source)
    # A date without zone is local time: Chinese titles tell where, if the feed does not say.
    spoken = lang or by_script(" ".join(element.title(node) for node in nodes[:20]))
    dated = [(node, *element.dates(node, spoken, now)) for node in nodes]
    kept = newest(dated, [published or updated for _, published, updated in dated], max_entries)
    authors = element.authors(feed) if version.startswith("atom") else ()
    skip = dict(_skips(document))
    return ParsedFeed(
        format=version or ("cdf" if root_name(source) in ("CHANNEL", "channel") else "unknown"),
        title=element.title(feed),
        entries=tuple(
            element.entry(node, published, updated, url, lang, authors) for node, published, updated in kept
        ),
        site_url=join(url, text(feed, "link")),
        lang=lang,
        hints=_hints(feed),
        skip_hours=skip.get("Hours", ()),
        skip_days=skip.get("Days", ()),
        note=_note(parsed, dated),
    )


def _skips(document: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Find the channel's own skipHours and skipDays, of each the first; not what is quoted in a text."""
    told: set[str] = set()
    for match in islice(_SKIP.finditer(document), _SKIPS):
        kind, place = match.group(1), match.start()
        if kind not in told and not any(
            document.rfind(begin, 0, place) > document.rfind(end, 0, place) for begin, end in _ELSEWHERE
        ):
            told.add(kind)
            yield kind, _skipped(kind, match.group(2))


def _whole(entries: Sequence[Node], source: str) -> Sequence[Node]:
    """Leave out a last entry that was cut before it got the id or link that all others have."""
    last = max(source.rfind("<item"), source.rfind("<entry"))
    named = [bool(text(node, "id") or text(node, "link")) for node in entries]
    is_cut = len(named) > 1 and not named[-1] and all(named[:-1]) and not _CLOSED.search(source, last)
    return entries[:-1] if is_cut else entries


def _hints(feed: Node) -> tuple[Hint, ...]:
    hints = []
    if minutes := whole_number(text(feed, "ttl")):
        hints.append(Hint("ttl", timedelta(minutes=min(minutes, 60 * 24 * 30))))
    period = _PERIODS.get(text(feed, "sy_updateperiod").strip().lower())
    if period:
        frequency = whole_number(text(feed, "sy_updatefrequency")) or 1
        hints.append(Hint("sy:updatePeriod", period / max(1, min(frequency, 1000))))
    return tuple(hints)


def _skipped(kind: str, body: str) -> tuple[int, ...]:
    """Read skipHours (0-23, where 24 means 0) or skipDays; RSS 2.0."""
    values: Sequence[str] = re.findall(r"<(?:hour|day)>\s{0,20}(\w{1,9})\s{0,20}</", body)
    if kind == "Hours":
        hours = {int(value) % 24 for value in values if value.isdigit() and int(value) <= 24}
        return tuple(sorted(hours)) if len(hours) < 24 else ()
    days = {_DAYS.index(value.lower()) for value in values if value.lower() in _DAYS}
    return tuple(sorted(days)) if len(days) < 7 else ()


def _note(parsed: Node, dated: Sequence[tuple[Node, datetime | None, datetime | None]]) -> str | None:
    """Say what was odd: broken XML, an end that is missing, dates that nobody can read."""
    unread = [
        written
        for node, published, updated in dated
        if not (published or updated) and (written := element.written_date(node))
    ]
    notes = []
    if get(parsed, "bozo"):
        error = get(parsed, "bozo_exception")
        line = getattr(error, "getLineNumber", lambda: None)()
        where = f" at line {line}" if line else ""
        reason = getattr(error, "getMessage", lambda: type(error).__name__)()
        notes.append(f"not well-formed XML{where} ({reason}), read as far as it goes")
    if unread:
        notes.append(f"{len(unread)} of {len(dated)} dates cannot be read, such as “{unread[0][:60]}”")
    return one_line("; ".join(notes)) or None
