"""The small rules of the W3C feed validator: addresses, dates, languages, plain texts and HTML."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html.entities import name2codepoint

import html5lib
from lxml import etree

_URI = re.compile(r"[a-zA-Z][0-9a-zA-Z+.-]*:(//)?(\[[0-9a-f:.]+\])?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+\Z")
_TAG_URI = re.compile(
    r"tag:([a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[0-9a-zA-Z;/?:@&=+$._!~*'()%,#-]*\Z"
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
_RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    r" \d\d:\d\d:\d\d ([+-]\d{4}|GMT)\Z"
)
_MIME = re.compile(r"[^\s()<>,;:\\\"/\[\]?=]+/[^\s()<>,;:\\\"/\[\]?=]+\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")
_END_TAG = re.compile(r"</(\w+)>")
_LOOKS_LIKE_MARKUP = re.compile("&#[x0-9]|<[/a-zA-Z]")
_ENTITY = re.compile(r"&(#?\w+)")
BAD_CHARACTERS = re.compile("[\x80-\x9f\ufffd]")
_RISKY = {
    "script",
    "style",
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "meta",
    "link",
    "base",
}
_TAG_NAMES = """
    a abbr b big blockquote br center cite code dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins li ol
    p pre q s script small span strike strong style sub summary sup table tbody td th thead title tr tt u ul
    var
"""
_HTML_TAGS = frozenset(_TAG_NAMES.split())
_LINKS = {"a": "href", "img": "src", "audio": "src", "video": "src", "source": "src"}


def is_media_type(value: str) -> bool:
    """Tell whether a media type is well-formed."""
    return bool(_MIME.match(value))


def is_language(value: str) -> bool:
    """Tell whether a language tag is well-formed."""
    return bool(_LANGUAGE.match(value))


def check_plain(element: etree._Element, where: str, rule: str) -> Iterator[str]:
    value = element.text or ""
    if not value.strip():
        yield f"warning: NotBlank {where}"
    if len(element):
        yield f"error: UndefinedElement in {where}"
    tags = [tag for tag in _END_TAG.findall(value) if tag.lower() in _HTML_TAGS]
    if tags:
        yield f"warning: {rule} {where} </{tags[0]}>"
    for name in _ENTITY.findall(value):
        if name in name2codepoint or name == "apos" or not name.isalpha():
            yield f"warning: {rule} {where} &{name};"
    if rule == "ContainsHTML" and _LOOKS_LIKE_MARKUP.search(value):
        yield f"warning: CharacterData {where}"


def check_html(html: str, where: str) -> Iterator[str]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    fragment = parser.parseFragment(html)
    for position, code, _ in parser.errors:
        yield f"warning: NotHtml {where}: {code} at {position}"
    for element in fragment.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in _RISKY:
            yield f"warning: SecurityRisk {where}: <{element.tag}>"
        for name, value in element.attrib.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                yield f"warning: SecurityRiskAttr {where}: {name}"
            if name in ("href", "src") and value.strip().lower().startswith(
                ("javascript:", "data:", "vbscript:")
            ):
                yield f"warning: SecurityRisk {where}: {value[:40]}"
        reference = element.get(_LINKS.get(element.tag, ""), "")
        if reference and not re.match(r"\w+:", reference.strip()):
            yield f"warning: ContainsRelRef {where}: {reference[:80]}"


def is_uri(value: str) -> bool:
    if value.startswith("tag:"):
        return bool(_TAG_URI.match(value))
    scheme = value.partition(":")[0].lower()
    if scheme in ("http", "https"):
        return bool(_URI.match(value)) and bool(re.match(r"\w+://[^/]", value))
    return bool(_URI.match(value)) and scheme in ("urn", "mailto", "ftp")


def check_rfc3339(value: str, where: str, now: datetime) -> Iterator[str]:
    if not _RFC3339.match(value):
        yield f"error: InvalidRFC3339Date {where} {value!r}"
        return
    yield from _plausible(datetime.fromisoformat(value), where, now)


def check_rfc822(value: str, where: str, now: datetime) -> Iterator[str]:
    if not _RFC822.match(value):
        yield f"error: InvalidRFC2822Date {where} {value!r}"
        return
    at = parsedate_to_datetime(value)
    if f"{at:%a}" != value[:3]:
        yield f"error: IncorrectDOW {where} {value!r}"
    yield from _plausible(at, where, now)


def _plausible(at: datetime, where: str, now: datetime) -> Iterator[str]:
    if at.year < 1990 or at > now + timedelta(minutes=10):
        yield f"warning: ImplausibleDate {where} {at.isoformat()}"
