"""Bytes to a tree, and the few facts about a page that its head tells.

Refuses what is no HTML. JSON-LD is read as evidence only, never as the article's text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from aggregator.model import Failure, FailureKind, Statements
from aggregator.text.decode import decode
from aggregator.text.pictures import unwrap
from aggregator.text.xmlchars import one_line
from aggregator.urls import join

_DROPPED = (
    "script",
    "style",
    "svg",
    "math",
    "template",
    "noscript",
    "iframe",
    "object",
    "embed",
    "canvas",
    "head",
)
_SIGNATURES = (
    *((b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture")),
    *(
        (b"RIFF", "a media file"),
        (b"OggS", "a media file"),
        (b"ID3", "a media file"),
        (b"\x1a\x45\xdf\xa3", "a video"),
    ),
    *((b"PK\x03\x04", "an archive"), (b"\x1f\x8b", "an archive"), (b"\x00\x00\x00\x18ftyp", "a video")),
    *((b"\x00\x00\x00\x20ftyp", "a video"), (b"\x00\x00\x00\x1cftyp", "a video"), (b"Rar!", "an archive")),
)
_CONTROLS = bytes((*range(9), 11, 12, *range(14, 32)))
_ILLEGAL_REFERENCE = re.compile(
    rb"&#(?:[xX]0*+(?:[0-8bcBCeEfF]|1[0-9a-fA-F]|[fF]{3}[efEF])(?![0-9a-fA-F])"
    rb"|0*+(?:[0-8]|1[12]|1[4-9]|2[0-9]|3[01]|6553[45])(?![0-9]));?"
)
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF|urlset|sitemapindex)[\s>]", re.IGNORECASE)
_TELLING = ("isAccessibleForFree", "articleBody", "CollectionPage", "SearchResultsPage", "LiveBlog")
_CANONICAL = ("canonical", "Canonical", "CANONICAL")
_PART_OF_PAGE = re.compile(r"([.#])([\w-]{1,80})\Z")
_LOCKED = frozenset(("locked", "paid", "premium", "subscriber", "subscribers"))
# Parts marked as not free do not speak for the whole article, nor do other articles that are named.
_OTHERS = frozenset(
    ("hasPart", "isPartOf", "itemListElement", "mentions", "relatedLink", "citation", "publisher", "author")
)
_SAMPLE = 4_000  # characters in which binary data shows
_BINARY = bytes((*range(9), *range(14, 32)))  # what no text holds
_MOST_CONTROLS = 0.02  # share of control characters in a text; in binary data it is 0.1
# One class for all elements: lxml.html asks a Python function for each, a tenth of the time of a page.
_ELEMENTS = etree.ElementDefaultClassLookup(element=HtmlElement)
_MAX_JSON = 300_000  # characters of one JSON-LD block
_MAX_NODES = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page; the tree is changed by whoever works on it, so a second look parses anew."""

    tree: HtmlElement
    base: str  # what relative addresses resolve against
    titles: tuple[str, ...]  # h1, og:title, title: one line each
    canonical_url: str | None
    statements: Statements


def load(body: bytes, charset: str | None, url: str) -> tuple[str, Failure | None]:
    """Decode a page; the failure says why it is none."""
    start = body[:64].lstrip()
    if not body.strip(b"\x00 \t\r\n"):
        return "", Failure(FailureKind.EMPTY, f"the page is empty: {url}")
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return "", Failure(FailureKind.NOT_HTML, f"{kind} stands behind the link, not a page: {url}")
    text = decode(body, charset, markup="html")
    head = text[:2000].lstrip()
    if "<" not in head and head[:1] in "{[":
        return "", Failure(FailureKind.NOT_HTML, f"JSON stands behind the link, not a page: {url}")
    if "<" not in text:
        return "", Failure(FailureKind.NOT_HTML, f"plain text without markup stands behind the link: {url}")
    sample = text[:_SAMPLE].encode("utf-8", "ignore")
    if len(sample) - len(sample.translate(None, _BINARY)) > _MOST_CONTROLS * len(sample):
        return "", Failure(FailureKind.NOT_HTML, f"no text stands behind the link, but binary data: {url}")
    if _FEED.search(head) and "<html" not in head.lower():
        return "", Failure(FailureKind.NOT_HTML, f"a feed stands behind the link, not a page: {url}")
    return text, None


def parse(text: str, url: str) -> Page | None:
    """Parse decoded HTML; None if no element is in it. MemoryError where there is not enough for the tree."""
    tree = _tree(text)
    if tree is None:
        return None
    base = url
    if (href := _first(tree.iter("base"), "href")) and (absolute := join(url, href)):
        base = absolute
    canonical = None
    if href := _first((each for each in tree.iter("link") if each.get("rel") in _CANONICAL), "href"):
        canonical = join(base, href)
    # Read before the scripts go.
    statements = Statements()
    if "ld+json" in text or "content_tier" in text:
        statements = _statements(tree)
    titles = tuple(_titles(tree))
    return Page(tree, base, titles, canonical, statements)


def strip_inert(tree: HtmlElement) -> None:
    """Drop what is never for a reader: scripts, styles, drawings, and the head."""
    unwrap(tree)
    etree.strip_elements(tree, *_DROPPED, with_tail=False)


def _tree(text: str) -> HtmlElement | None:
    # Bytes and a parser told UTF-8, because lxml refuses strings with an encoding declaration.
    parser = HTMLParser(encoding="utf-8", collect_ids=False, remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_ELEMENTS)
    try:
        tree = document_fromstring(_legal(text), parser=parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:  # it calls that a mistake of the page, too
            raise MemoryError from error
        return None
    except (etree.ParserError, ValueError, AssertionError):
        return None
    return tree if len(tree) else None


def _legal(text: str) -> bytes:
    """Encode a page without what XML cannot hold; on bytes this costs a tenth of a pattern."""
    data = text.encode("utf-8", "ignore").translate(None, _CONTROLS)
    if b"\xef\xbf" in data:
        data = data.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")
    # The parser writes such references out, and the first assignment of that text would raise.
    return _ILLEGAL_REFERENCE.sub(b"", data) if b"&#" in data else data


def _titles(tree: HtmlElement) -> Iterator[str]:
    for tag in ("h1", "title"):
        for element in islice(tree.iter(tag), 3):
            if title := one_line("".join(element.itertext()))[:500]:
                yield title
    if title := one_line(_property(tree, "og:title"))[:500]:
        yield title


def _property(tree: HtmlElement, name: str) -> str:
    return _first((each for each in tree.iter("meta") if each.get("property") == name), "content")


def _first(elements: Iterable[HtmlElement], attribute: str) -> str:
    """Return the attribute of the first element that has it; walks cost a tenth of XPath."""
    found = (each.get(attribute) for each in elements)
    return next((value.strip() for value in found if value is not None), "")


def _statements(tree: HtmlElement) -> Statements:
    is_free: bool | None = None
    length = 0
    types: set[str] = set()
    paid: set[str] = set()
    for script in tree.iter("script"):
        if (
            "ld+json" not in (script.get("type") or "").lower()
            or not script.text
            or len(script.text) > _MAX_JSON
            or not any(word in script.text for word in _TELLING)
        ):
            continue
        try:
            data = json.loads(script.text, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(data):
            kinds = node.get("@type")
            types.update(str(kind).lower()[:40] for kind in (kinds if isinstance(kinds, list) else [kinds]))
            free = node.get("isAccessibleForFree")
            if free is not None and is_free is None:
                is_free = _is_true(free)
            text = node.get("articleBody")
            if isinstance(text, str):
                length = max(length, len(text))
            paid.update(_paid_parts(node.get("hasPart")))
    tier = _property(tree, "article:content_tier").lower()
    return Statements(is_free, length, frozenset(types), _length_of(tree, paid), tier in _LOCKED)


def _is_true(value: object) -> bool:
    return str(value).strip().lower() not in (
        "false",
        "0",
        "no",
        "http://schema.org/false",
        "https://schema.org/false",
    )


def _paid_parts(parts: object) -> Iterator[str]:
    """Give the selectors of the parts that are not free (schema.org, WebPageElement)."""
    for part in (parts if isinstance(parts, list) else [parts])[:10]:
        if isinstance(part, dict) and not _is_true(part.get("isAccessibleForFree", True)):
            selectors = part.get("cssSelector")
            yield from (str(one) for one in (selectors if isinstance(selectors, list) else [selectors])[:10])


def _length_of(tree: HtmlElement, selectors: Iterable[str]) -> int:
    """Return the characters inside the elements of a class or an id; other selectors are not read."""
    named = [found.groups() for selector in selectors if (found := _PART_OF_PAGE.search(selector.strip()))]
    classes = {name for mark, name in named if mark == "."}
    ids = {name for mark, name in named if mark == "#"}
    if not named:
        return 0
    length = 0
    for element in tree.iter("div", "section", "article", "main", "p", "span", "aside"):
        if element.get("id") in ids or not classes.isdisjoint((element.get("class") or "").split()):
            length += sum(len(part.strip()) for part in element.itertext())
            if length > _MAX_JSON:
                break
    return length


def _nodes(data: object) -> Iterator[dict[str, object]]:
    waiting = [data]
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(value for key, value in reversed(node.items()) if key not in _OTHERS)
        elif isinstance(node, list):
            waiting.extend(reversed(node[:_MAX_NODES]))
