"""Items that another archive has written with `export`, taken into this one.

Nothing of them is announced: they count as backlog, so that search finds them and topics decide on them, but
they open no entry. What the daemon has by now is left as it is. A line is judged alone: a wrong one costs
itself. The file may come from anywhere, so its HTML is sanitised like any other.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from aggregator import analysis
from aggregator.dedup.identity import content_digest, identity
from aggregator.model import (
    Analysis,
    Article,
    Author,
    DateOrigin,
    Enclosure,
    Entry,
    NewItem,
    Quality,
    SourceState,
    Stage,
)
from aggregator.store import Connection, families, items, lookup, sources
from aggregator.text.html import sanitise
from aggregator.text.xmlchars import one_line, xml_legal
from aggregator.urls import canonical_url, is_http, registrable_domain

BATCH = 100  # items in one transaction, so that a daemon beside us writes, too
LONGEST = 20_000_000  # characters of a line
_ID = re.compile("[0-9a-f]{16}")
_SOURCE = re.compile(r"[\w.:-]{1,100}")
_NO_ARTICLE = (Quality.FAILED, Quality.ERROR_PAGE, Quality.CONSENT_WALL)


@dataclass(frozen=True, slots=True)
class Imported:
    """One item, ready to be stored."""

    item: NewItem
    source_url: str
    article: Article | None
    analysis: Analysis | None


def read(line: str, now: datetime, new_uid: Callable[[], str]) -> Imported:
    """Read one line of an export. Raises ValueError, saying what is wrong with it."""
    if len(line) > LONGEST:
        raise ValueError(f"is longer than {LONGEST:,} characters")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("is no JSON") from error
    if not isinstance(found, dict):
        raise ValueError("is no JSON object")
    source = _text(found, "source")
    if not _SOURCE.fullmatch(source):
        raise ValueError("source: must name a source")
    first_seen_at = min(_instant(found, "first_seen_at") or now, now)
    published_at = _instant(found, "published_at")
    html = sanitise(_text(found, "content_html"), base_url=None)
    text = xml_legal(_text(found, "text"))
    entry = _entry(found, html)
    if analysis.is_blank(entry):
        raise ValueError("has no title, link or text")
    uid = _text(found, "id")
    url = canonical_url(entry.url) if entry.url else ""
    item = NewItem(
        uid=uid if _ID.fullmatch(uid) else new_uid(),
        source_id=source,
        identity=identity(entry),
        entry=entry,
        canonical_url=url,
        host=registrable_domain(entry.url) if entry.url else "",
        content_digest=content_digest(entry),
        published_at=published_at or first_seen_at,
        published_from=DateOrigin.FEED if published_at else DateOrigin.FIRST_SEEN,
        first_seen_at=first_seen_at,
        stage=Stage.SETTLED if text else Stage.NEW,
        is_backlog=True,
    )
    article = _article(found, html, text) if text else None
    read_text = analysis.text(entry.title, text, entry.lang) if text else None
    address = _text(found, "source_url")
    return Imported(item, address if is_http(address) else "", article, read_text)


def batches(lines: Iterable[Imported]) -> Iterator[tuple[Imported, ...]]:
    """Cut items into what one transaction takes."""
    left = iter(lines)
    while batch := tuple(islice(left, BATCH)):
        yield batch


def store(
    connection: Connection, batch: Iterable[Imported], now: datetime, new_uid: Callable[[], str]
) -> int:
    """Store a batch, except what is there already; return how many were added."""
    by_source: dict[str, list[Imported]] = {}
    for each in batch:
        by_source.setdefault(each.item.source_id, []).append(each)
    count = 0
    for source_id, group in by_source.items():
        address = next((each.source_url for each in group if each.source_url), f"imported:{source_id}")
        sources.remember(connection, SourceState(source_id, address, now), canonical_url(address))
        fresh = {each.item.identity: each for each in group}
        known = items.known(connection, source_id, list(fresh))
        wanted = [each for name, each in fresh.items() if name not in known]
        taken = lookup.taken(connection, [each.item.uid for each in wanted])
        new = [replace(each.item, uid=new_uid()) if each.item.uid in taken else each.item for each in wanted]
        count += items.add(connection, new)
        ids = items.known(connection, source_id, [each.identity for each in new])
        for each in wanted:
            if each.article is not None and each.analysis is not None:
                families.save_article(
                    connection,
                    ids[each.item.identity].item_id,
                    each.article,
                    lang=each.analysis.lang,
                    digest=each.analysis.digest,
                    bands=each.analysis.bands,
                    canonical_key=each.item.canonical_url,
                    now=now,
                    is_first=True,
                )
    return count


def _entry(found: Mapping[str, Any], html: str) -> Entry:
    url = _text(found, "url")
    return Entry(
        raw_id=_text(found, "raw_id") or None,
        url=url if is_http(url) else None,
        title=one_line(_text(found, "title")),
        summary_html=sanitise(_text(found, "summary_html"), base_url=None),
        content_html=html,
        authors=tuple(Author(one_line(name)) for name in _texts(found, "authors")),
        tags=tuple(one_line(tag) for tag in _texts(found, "tags")),
        lang=_text(found, "lang") or None,
        published_at=_instant(found, "published_at"),
        updated_at=_instant(found, "updated_at"),
        enclosures=tuple(_enclosures(found)),
        outlet=one_line(_text(found, "outlet")) or None,
    )


def _article(found: Mapping[str, Any], html: str, text: str) -> Article | None:
    try:
        quality = Quality(_text(found, "quality") or Quality.PARTIAL.value)
    except ValueError as error:
        raise ValueError(f"quality: must be one of {', '.join(Quality)}") from error
    if quality in _NO_ARTICLE:
        quality = Quality.PARTIAL
    return Article(html=html, text=text, quality=quality, evidence=("imported",), is_from_page=True)


def _enclosures(found: Mapping[str, Any]) -> Iterator[Enclosure]:
    files = found.get("enclosures")
    for each in files if isinstance(files, list) else ():
        if isinstance(each, dict) and isinstance(each.get("url"), str) and is_http(each["url"]):
            kind, length = each.get("type"), each.get("length")
            yield Enclosure(
                each["url"],
                kind if isinstance(kind, str) else None,
                length if isinstance(length, int) and not isinstance(length, bool) else None,
            )


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key}: must be text")
    return value


def _texts(found: Mapping[str, Any], key: str) -> list[str]:
    values = found.get(key)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{key}: must be a list of texts")
    return values


def _instant(found: Mapping[str, Any], key: str) -> datetime | None:
    text = _text(found, key)
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{key}: must be an instant like 2026-01-05T10:00:00+00:00") from error
    if instant.tzinfo is None:
        raise ValueError(f"{key}: must have a time zone")
    return instant
