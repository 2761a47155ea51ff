"""What the W3C feed validator and JSON Feed 1.1 ask of a published feed, as one function for any test.

`problems(body, "atom", url=…)` gives a line for each error or warning, an empty list for a valid
feed. Written from the rules, not from our renderers, so that it can find them wrong; rules that only
concern feeds unlike ours (podcasts, geodata, RDF) are left out.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from lxml import etree

from tests.support.feedparts import (
    BAD_CHARACTERS,
    check_html,
    check_plain,
    check_rfc822,
    check_rfc3339,
    is_language,
    is_media_type,
    is_uri,
)

Format = Literal["atom", "rss", "json"]

MEDIA_TYPES = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}

_ATOM = "{http://www.w3.org/2005/Atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_XML = "{http://www.w3.org/XML/1998/namespace}"


def problems(body: bytes, fmt: Format, *, url: str | None = None, now: datetime | None = None) -> list[str]:
    """List what validators would report; `url` is the address the bytes were served under."""
    now = now or datetime.now(UTC)
    if fmt == "json":
        return list(_json(body, url, now))
    # The validator forgives what looks like markup in a plain text where it is spelt with references,
    # so they become characters that look like nothing.
    for reference, stand_in in ((b"&#x26;", "\ue026"), (b"&#x3C;", "\ue03c")):
        body = body.replace(reference, stand_in.encode())
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except etree.XMLSyntaxError as error:
        return [f"error: not well-formed: {error}"]
    rules = _atom(root, url, now) if fmt == "atom" else _rss(root, url, now)
    return [*_encoding(body), *_bad_characters(root), *rules]


def served_problems(content_type: str, body: bytes, fmt: Format, *, url: str) -> list[str]:
    """List what validators would report of a response: its media type and charset, then its body."""
    media_type, _, parameters = content_type.partition(";")
    found = []
    if media_type.strip().lower() != MEDIA_TYPES[fmt]:
        found.append(f"warning: UnexpectedContentType {content_type}")
    if "charset" in parameters.lower() and "utf-8" not in parameters.lower():
        found.append(f"warning: EncodingMismatch {content_type}")
    return found + problems(body, fmt, url=url)


# --- Atom 1.0 (RFC 4287) ----------------------------------------------------------------------


def _atom(root: etree._Element, url: str | None, now: datetime) -> Iterator[str]:
    if root.tag != f"{_ATOM}feed":
        yield f"error: the root is {root.tag}"
        return
    yield from _atom_metadata(root, "feed", now)
    links = root.findall(f"{_ATOM}link")
    selves = [link.get("href") for link in links if link.get("rel") == "self"]
    yield from _self_link(selves, url, "MissingSelf")
    seen = Counter((link.get("rel", "alternate"), link.get("type"), link.get("hreflang")) for link in links)
    yield from (f"error: DuplicateAtomLink in feed {key}" for key, count in seen.items() if count > 1)
    entries = root.findall(f"{_ATOM}entry")
    has_author = root.find(f"{_ATOM}author") is not None
    if not entries and not has_author:
        yield "error: feed without author"
    children = [child.tag for child in root]
    if entries and any(tag != f"{_ATOM}entry" for tag in children[children.index(f"{_ATOM}entry") :]):
        yield "error: MisplacedMetadata"
    for entry in entries:
        yield from _atom_entry(entry, has_author, now)
    for name, rule in (("id", "DuplicateEntries"), ("updated", "DuplicateUpdated")):
        values = Counter(entry.findtext(f"{_ATOM}{name}") for entry in entries)
        yield from (f"warning: {rule} {value}" for value, count in values.items() if count > 1)
    for link in root.iter(f"{_ATOM}link"):
        yield from _atom_link(link)


def _atom_metadata(element: etree._Element, where: str, now: datetime) -> Iterator[str]:
    for name in ("id", "title", "updated"):
        found = element.findall(f"{_ATOM}{name}")
        if len(found) != 1:
            yield f"error: {where} has {len(found)} {name}"
    identifier = element.findtext(f"{_ATOM}id", "")
    if not is_uri(identifier):
        yield f"error: InvalidFullLink {where} id {identifier!r}"
    for name in ("title", "subtitle", "summary", "rights"):
        for text in element.findall(f"{_ATOM}{name}"):
            if text.get("type", "text") == "text":
                yield from check_plain(text, f"{where} {name}", "ContainsUndeclaredHTML")
            else:
                yield from check_html(text.text or "", f"{where} {name}")
    for name in ("updated", "published"):
        for date in element.findall(f"{_ATOM}{name}"):
            yield from check_rfc3339(date.text or "", f"{where} {name}", now)
    for author in element.findall(f"{_ATOM}author"):
        name_element = author.find(f"{_ATOM}name")
        if name_element is None:
            yield f"error: {where} author without name"
        else:
            yield from check_plain(name_element, f"{where} author", "ContainsHTML")
    lang = element.get(f"{_XML}lang")
    if lang is not None and not is_language(lang):
        yield f"error: InvalidLanguage {lang!r}"


def _atom_entry(entry: etree._Element, has_author: bool, now: datetime) -> Iterator[str]:
    where = f"entry {entry.findtext(f'{_ATOM}id')}"
    yield from _atom_metadata(entry, where, now)
    if not has_author and entry.find(f"{_ATOM}author") is None:
        yield f"error: {where} without author"
    links = entry.findall(f"{_ATOM}link")
    alternates = [link for link in links if link.get("rel", "alternate") == "alternate"]
    seen = Counter((link.get("type"), link.get("hreflang")) for link in alternates)
    yield from (f"error: DuplicateAtomLink in {where} {key}" for key, count in seen.items() if count > 1)
    content = entry.find(f"{_ATOM}content")
    if content is None and not alternates:
        yield f"error: MissingContentOrAlternate {where}"
    if content is not None:
        if content.get("type") == "html":
            yield from check_html(content.text or "", where)
        else:
            yield from check_plain(content, f"{where} content", "ContainsUndeclaredHTML")
    for category in entry.findall(f"{_ATOM}category"):
        if not category.get("term"):
            yield f"error: category without term in {where}"
    source = entry.find(f"{_ATOM}source")
    if source is not None:
        for name in ("id", "title", "updated"):
            if source.find(f"{_ATOM}{name}") is None:
                yield f"warning: MissingSourceElement {name} in {where}"
        yield from _atom_metadata(source, f"source of {where}", now)
    yield from _thumbnails(entry, where)


def _atom_link(link: etree._Element) -> Iterator[str]:
    href = link.get("href", "")
    if not is_uri(href):
        yield f"error: InvalidIRI {href!r}"
    if link.get("type") is not None and not is_media_type(link.get("type", "")):
        yield f"error: InvalidMIMEType {link.get('type')!r}"
    if link.get("length") is not None and not link.get("length", "").isdigit():
        yield f"error: InvalidNonNegativeInteger {link.get('length')!r}"
    if (link.text or "").strip():
        yield "warning: AtomLinkNotEmpty"


# --- RSS 2.0 ----------------------------------------------------------------------------------


def _rss(root: etree._Element, url: str | None, now: datetime) -> Iterator[str]:
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        yield "error: not RSS 2.0"
        return
    yield from _single(
        channel, "channel", ("title", "link", "description", "language", "lastBuildDate", "ttl")
    )
    for name in ("title", "link", "description"):
        if channel.find(name) is None:
            yield f"error: channel without {name}"
    for name in ("title", "description"):
        for element in channel.findall(name):
            yield from check_plain(element, f"channel {name}", "ContainsHTML")
    link = channel.findtext("link", "")
    if not is_uri(link):
        yield f"error: InvalidFullLink channel link {link!r}"
    selves = [link.get("href") for link in channel.findall(f"{_ATOM}link") if link.get("rel") == "self"]
    yield from _self_link(selves, url, "MissingAtomSelfLink")
    language = channel.findtext("language")
    if language is not None and not is_language(language):
        yield f"error: InvalidLanguage {language!r}"
    for date in channel.findall("lastBuildDate"):
        yield from check_rfc822(date.text or "", "lastBuildDate", now)
    children = [child.tag for child in channel]
    if "item" in children and any(tag != "item" for tag in children[children.index("item") :]):
        yield "warning: MisplacedItem"
    items = channel.findall("item")
    for item in items:
        yield from _rss_item(item, now)
    guids = Counter(item.findtext("guid") for item in items)
    yield from (f"error: DuplicateValue guid {guid}" for guid, count in guids.items() if count > 1)


def _rss_item(item: etree._Element, now: datetime) -> Iterator[str]:
    where = f"item {item.findtext('guid')}"
    once = ("title", "link", "description", "guid", "pubDate", "author", "source", "comments", "enclosure")
    yield from _single(item, where, (*once, f"{_CONTENT}encoded"))
    if item.find("title") is None and item.find("description") is None:
        yield f"error: ItemMustContainTitleOrDescription {where}"
    guid = item.find("guid")
    if guid is None or not guid.text:
        yield f"warning: MissingGuid {where}"
    elif guid.get("isPermaLink", "true") == "true" and urlsplit(guid.text).scheme not in ("http", "https"):
        yield f"error: InvalidHttpGUID {where}"
    for name, rule in (("title", "ContainsHTML"), ("source", "ContainsHTML"), ("category", "ContainsHTML")):
        for element in item.findall(name):
            yield from check_plain(element, f"{where} {name}", rule)
    for link in item.findall("link"):
        if not is_uri(link.text or ""):
            yield f"error: InvalidFullLink {where} {link.text!r}"
    for author in item.findall("author"):
        if "@" not in (author.text or ""):
            yield f"error: InvalidContact {where} {author.text!r}"
        if item.find(f"{_DC}creator") is not None:
            yield f"warning: DuplicateItemSemantics {where} author"
    description, encoded = item.find("description"), item.find(f"{_CONTENT}encoded")
    if encoded is not None and (description is None or item.index(description) > item.index(encoded)):
        yield f"warning: NeedDescriptionBeforeContent {where}"
    for element in (description, encoded):
        if element is not None:
            yield from check_html(element.text or "", where)
    for date in item.findall("pubDate"):
        yield from check_rfc822(date.text or "", f"{where} pubDate", now)
    for enclosure in item.findall("enclosure"):
        if not enclosure.get("length", "").isdigit():
            yield f"error: enclosure length {enclosure.get('length')!r} in {where}"
        if not is_media_type(enclosure.get("type", "")):
            yield f"error: enclosure type {enclosure.get('type')!r} in {where}"
        if not is_uri(enclosure.get("url", "")):
            yield f"error: enclosure url {enclosure.get('url')!r} in {where}"
    for source in item.findall("source"):
        if not is_uri(source.get("url", "")):
            yield f"error: source url {source.get('url')!r} in {where}"
    for language in item.findall(f"{_DC}language"):
        if not is_language(language.text or ""):
            yield f"error: InvalidLanguage {language.text!r}"
    yield from _thumbnails(item, where)


# --- JSON Feed 1.1 ----------------------------------------------------------------------------


def _json(body: bytes, url: str | None, now: datetime) -> Iterator[str]:
    try:
        feed = json.loads(body.decode("utf-8"))
    except ValueError as error:
        yield f"error: not JSON in UTF-8: {error}"
        return
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield f"error: version {feed.get('version')!r}"
    if not isinstance(feed.get("title"), str) or not feed["title"]:
        yield "error: feed without title"
    if not isinstance(feed.get("items"), list):
        yield "error: feed without items"
        return
    if url is not None and feed.get("feed_url") != url:
        yield f"warning: feed_url {feed.get('feed_url')!r} is not the address served"
    yield from _json_common(feed, "feed", ("home_page_url", "feed_url", "next_url", "icon", "favicon"))
    ids = Counter(item.get("id") for item in feed["items"])
    yield from (f"error: duplicate id {key!r}" for key, count in ids.items() if count > 1)
    for item in feed["items"]:
        where = f"item {item.get('id')}"
        if not isinstance(item.get("id"), str) or not item["id"]:
            yield "error: item without id"
        if not item.get("content_html") and not item.get("content_text"):
            yield f"error: {where} without content"
        yield from _json_common(item, where, ("url", "external_url", "image", "banner_image"))
        for name in ("title", "summary", "content_html"):
            if name in item and not isinstance(item[name], str):
                yield f"error: {name} is no string in {where}"
            elif BAD_CHARACTERS.search(item.get(name, "")):
                yield f"warning: BadCharacters {name} in {where}"
        yield from check_html(item.get("content_html", ""), where)
        for name in ("date_published", "date_modified"):
            if name in item:
                yield from check_rfc3339(item[name], f"{where} {name}", now)
        if not all(isinstance(tag, str) and tag for tag in item.get("tags", [])):
            yield f"error: tags in {where}"
        for attachment in item.get("attachments", []):
            if not is_uri(attachment.get("url", "")) or not is_media_type(attachment.get("mime_type", "")):
                yield f"error: attachment {attachment} in {where}"
            if not isinstance(attachment.get("size_in_bytes", 0), int):
                yield f"error: size_in_bytes in {where}"


def _json_common(element: dict[str, object], where: str, addresses: tuple[str, ...]) -> Iterator[str]:
    for name in addresses:
        if name in element and not is_uri(str(element[name])):
            yield f"error: {name} {element[name]!r} in {where}"
    if "language" in element and not is_language(str(element["language"])):
        yield f"error: language {element['language']!r} in {where}"
    if "author" in element:
        yield f"warning: author is deprecated in 1.1 ({where})"
    authors = element.get("authors", [])
    assert isinstance(authors, list)
    for author in authors:
        if not any(author.get(name) for name in ("name", "url", "avatar")):
            yield f"error: empty author in {where}"


# --- parts ---------------------------------------------------------------------------------


def _encoding(body: bytes) -> Iterator[str]:
    prolog = re.match(rb"<\?xml[^>]*encoding=['\"]([\w-]+)['\"]", body)
    if prolog and prolog.group(1).lower() != b"utf-8":
        yield f"warning: encoding {prolog.group(1)!r}"


def _bad_characters(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        for value in (element.text or "", *element.attrib.values()):
            if BAD_CHARACTERS.search(str(value)):
                yield f"warning: BadCharacters in {element.tag}"


def _self_link(selves: list[str | None], url: str | None, rule: str) -> Iterator[str]:
    if not selves:
        yield f"warning: {rule}"
    elif url is not None and selves[0] != url:
        yield f"warning: SelfDoesntMatchLocation {selves[0]} (served as {url})"


def _single(element: etree._Element, where: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if len(element.findall(name)) > 1:
            yield f"error: DuplicateElement {name} in {where}"


def _thumbnails(element: etree._Element, where: str) -> Iterator[str]:
    for thumbnail in element.findall(f"{_MEDIA}thumbnail"):
        if not is_uri(thumbnail.get("url", "")):
            yield f"error: thumbnail {thumbnail.get('url')!r} in {where}"
