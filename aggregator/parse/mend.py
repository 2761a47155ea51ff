"""Small mistakes in XML, mended before the parser sees them.

Bare ampersands, HTML entities that XML does not know, a document's own entities and control characters
make a document not well formed for the parser; the strict one gives up and the loose one damages the
text (`AT&T` becomes `AT&T;`). This module touches nothing inside CDATA, opens no external entity,
expands no entity inside another, and refuses to repair structure.
"""

import re
from html import unescape
from html.entities import html5

from aggregator.text.xmlchars import xml_legal

_AMPERSAND = re.compile(r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][\w.-]{0,31});)?")
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_OPEN, _CLOSE = "<![CDATA[", "]]>"
# The parser takes an empty link for the entry's link and then forgets the permanent guid.
_EMPTY_LINK = re.compile(r"<link(?:>\s{0,100}</link>|\s{0,10}/>)")

_PAIR = re.compile(
    r"&#(?:x(d[89ab][0-9a-f]{2})|(5[56]\d{3}));&#(?:x(d[c-f][0-9a-f]{2})|(5[67]\d{3}));", re.IGNORECASE
)
_ROOT = re.compile(r"<(?:rss|feed|rdf:rdf|channel)[\s>]", re.IGNORECASE)
_PREAMBLE = 5000  # characters of a script's warnings, blank lines or comments before the XML

_DOCTYPE = re.compile(r"<!DOCTYPE\s[^\[<>]{0,500}\[", re.IGNORECASE)
_DOCTYPE_END = re.compile(r"\]\s{0,100}>")
_ENTITY = re.compile(r"<!ENTITY\s{1,50}([A-Za-z][\w.-]{0,31})\s{1,50}(?:\"([^\"]{0,200})\"|'([^']{0,200})')")
_HEAD = 65_536  # characters in which the document type must end
_OWN_ENTITIES = 500
_GROWTH = 1_000_000  # characters that the document's own entities may add


def mend(text: str) -> str:
    """Give the document with stray ampersands escaped, entities resolved, bad characters gone."""
    text, own = _own_entities(_without_preamble(xml_legal(text).lstrip("\ufeff \t\r\n")))
    budget = _GROWTH

    def resolved(match: re.Match[str]) -> str:
        nonlocal budget
        name = match.group(1)
        if name is None:
            return "&amp;"
        if name in _XML_NAMES:
            return match.group()
        if name.startswith("#"):
            return match.group() if _is_legal(name) else ""
        if name in own:
            budget -= len(own[name])
            return own[name] if budget > 0 else ""
        known = html5.get(f"{name};")
        return f"&amp;{name};" if known is None else _escape(known)

    def mended(part: str) -> str:
        if "<link" in part:
            part = _EMPTY_LINK.sub("", part)
        if "&#" in part:
            part = _PAIR.sub(_joined, part)
        return _AMPERSAND.sub(resolved, part) if "&" in part else part

    parts: list[str] = []
    position = 0
    while (start := text.find(_OPEN, position)) >= 0:
        end = text.find(_CLOSE, start)
        end = len(text) if end < 0 else end + len(_CLOSE)
        parts += (mended(text[position:start]), text[start:end])
        position = end
    parts.append(mended(text[position:]))
    return "".join(parts)


def _own_entities(text: str) -> tuple[str, dict[str, str]]:
    """Take the document type with its entities away; the parser reads only some ways of writing it."""
    if "<!ENTITY" not in text[:_HEAD]:
        return text, {}
    start = _DOCTYPE.search(text[:_HEAD])
    end = _DOCTYPE_END.search(text, start.end(), _HEAD) if start else None
    if start is None or end is None:
        return text, {}
    found = _ENTITY.findall(text[start.end() : end.start()])[:_OWN_ENTITIES]
    entities = {name: _escape(unescape(first or second)) for name, first, second in found}
    return text[: start.start()] + text[end.end() :], entities


def _without_preamble(text: str) -> str:
    """Drop what stands before the last XML declaration that stands before the root."""
    root = _ROOT.search(text, 0, _PREAMBLE)
    start = text.rfind("<?xml ", 0, root.start()) if root else -1
    return text[start:] if start > 0 else text


def _joined(match: re.Match[str]) -> str:
    """Give the character of a surrogate pair that was written as two references."""
    high_hex, high, low_hex, low = match.groups()
    pair = [int(high_hex, 16) if high_hex else int(high), int(low_hex, 16) if low_hex else int(low)]
    return xml_legal("".join(map(chr, pair)))


def _escape(text: str) -> str:
    return xml_legal(text).replace("&", "&amp;").replace("<", "&lt;")


def _is_legal(reference: str) -> bool:
    code = int(f"0{reference[1:]}", 16) if reference[1] in "xX" else int(reference[1:])
    return code <= 0x10FFFF and xml_legal(chr(code)) != ""
