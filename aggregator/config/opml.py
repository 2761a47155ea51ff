"""Lists of subscriptions in OPML: read as other programs export them, written for others to read.

Nobody writes these files by hand, and most that go round are broken somewhere, so what can be read of
one is read, and the rest is remarked on. This module fetches nothing: an included list, a DTD and an
external entity stay names. It refuses entities altogether, and to judge what an address is worth.

Source: opml.org/spec2.opml.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from html.entities import html5

from aggregator.errors import Problem
from aggregator.text.decode import decode
from aggregator.text.xmlchars import one_line, xml_legal
from aggregator.urls import redact, without_feed_scheme

MAX_BYTES = 16_000_000
MAX_OUTLINES = 50_000  # subscriptions of one file

_AMPERSANDS = 500_000
_REMARKS = 100  # of one file
_TITLE = 500  # characters
_TAG = 100
_TAGS = 20
_SHOWN = 60

# Bare ampersands are the commonest mistake of all; entities beyond XML's own are HTML's, or a trap.
_AMPERSAND = re.compile(r"&(?:(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};)|([A-Za-z][A-Za-z0-9]{0,31};))?")
_ELSEWHERE = ("link", "include")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed that a list names."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()  # names of the folders around it, the outermost first, then its categories
    site_url: str = ""
    is_page: bool = False  # no feed: other programs can only link to it
    is_enabled: bool = True
    line: int = 0


@dataclass(slots=True)
class Reading:
    """What a file holds, and what had to be passed over."""

    subscriptions: list[Subscription] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    def remark(self, message: str, file: str, line: int, hint: str | None = None) -> None:
        """Note what was passed over; a file that is wrong in all its lines is not quoted in full."""
        if len(self.remarks) < _REMARKS:
            self.remarks.append(Problem(message, file, line, hint=hint))
        elif len(self.remarks) == _REMARKS:
            self.remarks.append(Problem("more is wrong further down; the rest is not listed", file, line))


def read(body: bytes, file: str) -> Reading | Problem:
    """Read a list; `file` is its name for remarks.

    Gives a Problem where it is no OPML at all, longer than 16 MB, or made to be expensive.
    """
    if len(body) > MAX_BYTES:
        hint = "split it; lists of a few thousand feeds have a few hundred kilobytes"
        return Problem(f"is longer than {MAX_BYTES // 1_000_000} MB", file, hint=hint)
    # Loads a library of some size, which a configuration without such files does without.
    from lxml import etree

    text = xml_legal(decode(body, None, markup="xml"))
    if text.count("&") > _AMPERSANDS:
        return Problem(f"holds more than {_AMPERSANDS} ampersands: no list of feeds does", file)
    text = _AMPERSAND.sub(_mended, text)
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or etree.QName(root).localname.lower() != "opml":
        what = f"its root element is <{one_line(str(root.tag))[:_SHOWN]}>" if root is not None else "no XML"
        hint = "export the subscriptions of your reader again, or remove the file"
        return Problem(f"is not OPML: {what}", file, 1, hint=hint)
    reading = Reading()
    for error in list(parser.error_log)[:1]:
        message = f"is broken here, what follows may be incomplete: {one_line(error.message)[:_TITLE]}"
        reading.remark(message, file, max(error.line, 1))
    folders: list[str] = []
    commented = 0  # depth below an outline that is a comment
    for event, node in etree.iterwalk(root, events=("start", "end"), tag=("{*}outline", "{*}Outline")):
        if event == "end":
            commented = max(commented - 1, 0)
            folders.pop()
            continue
        attributes = {str(name).lower(): str(value).strip() for name, value in node.attrib.items()}
        commented += bool(commented or attributes.get("iscomment", "").lower() == "true")
        line = node.sourceline or 1
        found = None if commented else _subscription(attributes, folders, line, file, reading)
        folders.append("" if found else _name(attributes))
        if found:
            reading.subscriptions.append(found)
        if len(reading.subscriptions) == MAX_OUTLINES:
            reading.remark(f"the file holds more than {MAX_OUTLINES} feeds; these are left out", file, line)
            break
    return reading


def _mended(match: re.Match[str]) -> str:
    number, name = match.groups()
    if number or name in html5:
        return escape(xml_legal(unescape(match.group())))
    return f"&amp;{name or ''}"


def _subscription(
    attributes: Mapping[str, str], folders: Iterable[str], line: int, file: str, reading: Reading
) -> Subscription | None:
    """Read one outline; None where it is a folder, or nothing that can be followed."""
    kind = attributes.get("type", "").lower()
    url = attributes.get("xmlurl", "")
    name = _name(attributes)
    if not url and kind in _ELSEWHERE:
        what = "another list, which is not fetched" if kind == "include" else "a link, not a feed"
        hint = 'to follow the page, put it into a .toml file as [[source]] and url = "…"'
        if kind == "include" or attributes.get("url", "").lower().endswith(".opml"):
            hint = "save that list in sources.d too"
        reading.remark(f"{_called(name)} is {what}", file, line, hint)
        return None
    if not url and kind in ("rss", "atom", "feed"):
        url = attributes.get("url", "") or attributes.get("htmlurl", "")
        if not url:
            reading.remark(f"{_called(name)} has no address (xmlUrl)", file, line)
    if not url:
        return None
    title = "" if name == attributes.get("xmlurl") else name[:_TITLE].strip()
    categories = re.split(r"[,/]", attributes.get("category", "")[: _TAG * _TAGS])
    tags = (one_line(tag)[:_TAG].strip() for tag in (*folders, *categories))
    return Subscription(
        url=without_feed_scheme(url).replace(" ", "%20"),
        title=title,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag))[:_TAGS],
        site_url=attributes.get("htmlurl", ""),
        line=line,
    )


def _name(attributes: Mapping[str, str]) -> str:
    return one_line(attributes.get("title", "")) or one_line(attributes.get("text", ""))


def _called(name: str) -> str:
    return f"“{redact(name[:_SHOWN])}”" if name else "an outline without a title"


def write(title: str, subscriptions: Iterable[Subscription]) -> bytes:
    """Write a list as OPML 2.0; the first tag of each is its folder, all of them are its categories.

    A page that only we can follow becomes a link, a source that is switched off a comment.
    """
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = xml_legal(title)
    body = etree.SubElement(root, "body")
    folders = {"": body}
    for each in subscriptions:
        first = xml_legal(each.tags[0]) if each.tags else ""
        if first not in folders:
            folders[first] = etree.SubElement(body, "outline", text=first, title=first)
        outline = etree.SubElement(folders[first], "outline")
        for name, value in _attributes(each):
            if value:
                outline.set(name, xml_legal(value))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _attributes(each: Subscription) -> Iterator[tuple[str, str]]:
    name = one_line(each.title) or each.url
    yield "type", "link" if each.is_page else "rss"
    yield "text", name
    yield "title", name
    yield "url" if each.is_page else "xmlUrl", each.url
    yield "htmlUrl", "" if each.is_page else each.site_url
    yield "category", ",".join(re.sub(r"[,/]+", " ", tag) for tag in each.tags)
    yield "isComment", "" if each.is_enabled else "true"
