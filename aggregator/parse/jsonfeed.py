"""JSON Feed 1.0 and 1.1 as they are written, not as they are specified.

Real ones have null tags, numbers for ids, authors as strings and dates that are not RFC 3339; each
such part is read as well as it can be or left out, and the entry stays. A document that breaks off gives
the entries that are whole. Source: jsonfeed.org/version/1.1.
This module refuses a document that is JSON but has no list of items.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from aggregator.model import Author, Content, Enclosure, Entry, Link, ParsedFeed
from aggregator.parse.entries import clean_lang, clean_tags, clean_title, newest, text_as_html, whole_number
from aggregator.text.dates import parse_date
from aggregator.text.html import plain, sanitise
from aggregator.text.repair import repair
from aggregator.text.xmlchars import one_line, xml_legal
from aggregator.urls import is_http, join

_Object = Mapping[str, object]

_DECODER = json.JSONDecoder(strict=False)  # raw line breaks inside strings are common
_GAP = re.compile(r"[ \t\r\n]*")


class NotJSONFeedError(ValueError):
    """The document is no JSON Feed; the message says what it is instead."""


def read(text: str, *, url: str, max_entries: int, now: datetime) -> ParsedFeed:
    """Read a decoded JSON document; NotJSONFeedError says why it is none."""
    try:
        document, note = _loaded(text)
        plain_text = json.dumps(document, ensure_ascii=False) if note or "\\u" in text else text
        if (mended := repair(plain_text, None)) != plain_text:
            document = _DECODER.decode(mended)
    except json.JSONDecodeError as error:
        raise NotJSONFeedError(_broken(error)) from None
    except RecursionError:
        raise NotJSONFeedError("JSON nested too deeply") from None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotJSONFeedError("JSON without a list of items")
    lang = clean_lang(document.get("language"))
    nodes = [node for node in document["items"] if isinstance(node, dict)]
    dated = [(node, *_dates(node, lang, now)) for node in nodes]
    kept = newest(dated, [published or updated for _, published, updated in dated], max_entries)
    authors = _authors(document)
    version = _string(document, "version").rstrip("/").rpartition("/")[2]
    return ParsedFeed(
        format={"1": "json10", "1.1": "json11"}.get(version, "json"),
        title=clean_title(_string(document, "title")),
        entries=tuple(
            _entry(node, published, updated, url, lang, authors) for node, published, updated in kept
        ),
        site_url=_address(document, "home_page_url", url),
        lang=lang,
        note=note,
    )


def _loaded(text: str) -> tuple[object, str | None]:
    """Decode a document, or what is whole of one that is broken; NotJSONFeedError if no entry is."""
    try:
        return _DECODER.decode(text), None
    except json.JSONDecodeError as error:
        what = _broken(error)
    items: list[object] = []
    whole = dict(_members(text, items))
    if not any(isinstance(item, dict) for item in items):
        raise NotJSONFeedError(what)
    return {**whole, "items": items}, f"{what}, read as far as it goes"


def _broken(error: json.JSONDecodeError) -> str:
    return f"broken JSON at line {error.lineno} ({error.msg})"


def _members(text: str, items: list[object]) -> Iterator[tuple[str, object]]:
    """Yield the members of an object until it breaks off; those of its `items` go into a list.

    Each value is decoded once, from where the one before it ended: linear in the text.
    """
    at = _behind(text, 0, "{")
    while at is not None:
        name, at = _value(text, at)
        at = None if at is None else _behind(text, at, ":")
        if at is None or not isinstance(name, str):
            return
        if name == "items" and (start := _behind(text, at, "[")) is not None:
            at = _elements(text, start, items)
        else:
            value, at = _value(text, at)
            if at is not None:
                yield name, value
        at = None if at is None else _behind(text, at, ",")


def _elements(text: str, start: int, found: list[object]) -> int | None:
    """Collect the elements of an array that are whole; give the place behind it if it is closed."""
    at: int | None = start
    while at is not None:
        value, end = _value(text, at)
        if end is None:
            return _behind(text, at, "]")
        found.append(value)
        at = _behind(text, end, ",")
        if at is None:
            return _behind(text, end, "]")
    return None


def _value(text: str, at: int) -> tuple[object, int | None]:
    try:
        return _DECODER.raw_decode(text, _after_gap(text, at))
    except json.JSONDecodeError:
        return None, None


def _behind(text: str, at: int, mark: str) -> int | None:
    at = _after_gap(text, at)
    return at + 1 if text.startswith(mark, at) else None


def _after_gap(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


def _entry(
    node: _Object,
    published: datetime | None,
    updated: datetime | None,
    url: str,
    lang: str | None,
    feed_authors: tuple[Author, ...],
) -> Entry:
    raw_id = node.get("id")
    html, text = _string(node, "content_html"), _string(node, "content_text")
    external = _address(node, "external_url", url)
    link = _address(node, "url", url) or external
    # As given, but for what no database takes: NUL and lone surrogates, which JSON can spell.
    given = xml_legal(str(raw_id)) if isinstance(raw_id, str | int | float) else ""
    identity = given if given.strip() else None
    return Entry(
        raw_id=identity,
        url=link or (identity if identity and is_http(identity) else None),
        title=clean_title(_string(node, "title")),
        summary_html=text_as_html(plain(_string(node, "summary"))),
        content_html=sanitise(html, base_url=url) if html.strip() else text_as_html(text),
        authors=_authors(node) or feed_authors,
        tags=clean_tags(tag for tag in _list(node, "tags") if isinstance(tag, str)),
        lang=clean_lang(node.get("language")) or lang,
        published_at=published or updated,
        updated_at=updated,
        enclosures=_enclosures(node, url),
        image_url=_address(node, "image", url) or _address(node, "banner_image", url),
        links=(Link("related", external),) if external and external != link else (),
        contents=(Content(text_as_html(text), "text/plain"),) if html.strip() and text.strip() else (),
    )


def _dates(node: _Object, lang: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    def read_date(name: str) -> datetime | None:
        value = node.get(name)
        written = str(int(value)) if isinstance(value, int | float) and abs(value) < 1e15 else value
        return parse_date(written, lang=lang, now=now) if isinstance(written, str) else None

    return read_date("date_published"), read_date("date_modified")


def _string(node: _Object, name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""


def _list(node: _Object, name: str) -> list[object]:
    value = node.get(name)
    return value if isinstance(value, list) else [value]


def _address(node: _Object, name: str, url: str) -> str | None:
    return join(url, _string(node, name))


def _authors(node: _Object) -> tuple[Author, ...]:
    """Read `authors` (1.1), else `author` (1.0); either may hold objects, strings or lists of them."""
    found = []
    for part in [*_list(node, "authors"), *_list(node, "author")][:20]:
        if isinstance(part, str) and (name := one_line(part)):
            found.append(Author(name))
        elif isinstance(part, dict) and (name := one_line(_string(part, "name"))):
            href = _string(part, "url")
            found.append(Author(name, None, href if is_http(href) else None))
    return tuple(dict.fromkeys(found))


def _enclosures(node: _Object, url: str) -> tuple[Enclosure, ...]:
    found = []
    for part in _list(node, "attachments")[:50]:
        if isinstance(part, dict) and (address := _address(part, "url", url)):
            size = part.get("size_in_bytes")
            length = whole_number(
                str(int(size)) if isinstance(size, float) and abs(size) < 1e15 else str(size)
            )
            found.append(Enclosure(address, _string(part, "mime_type") or None, length))
    return tuple(found)
