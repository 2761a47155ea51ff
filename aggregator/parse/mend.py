"""Small mistakes in XML, mended before the parser sees them.

Bare ampersands, HTML entities that XML does not know and control characters make a document not
well formed; the strict parser gives up and the loose one damages the text (`AT&T` becomes `AT&T;`).
This module touches nothing inside CDATA and refuses to repair structure.
"""

import re
from html.entities import html5

from aggregator.text.xmlchars import xml_legal

_AMPERSAND = re.compile(r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_OPEN, _CLOSE = "<![CDATA[", "]]>"


def mend(text: str) -> str:
    """Give the document with stray ampersands escaped, HTML entities resolved, bad characters gone."""
    text = xml_legal(text).lstrip()
    if "&" not in text:
        return text
    is_custom = "<!ENTITY" in text  # the document's own entities are the parser's affair
    parts: list[str] = []
    position = 0
    while (start := text.find(_OPEN, position)) >= 0:
        end = text.find(_CLOSE, start)
        end = len(text) if end < 0 else end + len(_CLOSE)
        parts += (_mend_references(text[position:start], is_custom=is_custom), text[start:end])
        position = end
    parts.append(_mend_references(text[position:], is_custom=is_custom))
    return "".join(parts)


def _mend_references(text: str, *, is_custom: bool) -> str:
    def mended(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return "&amp;"
        if name in _XML_NAMES:
            return match.group()
        if name.startswith("#"):
            return match.group() if _is_legal(name) else ""
        if is_custom:
            return match.group()
        known = html5.get(f"{name};")
        if known is None:
            return f"&amp;{name};"
        return known.replace("&", "&amp;").replace("<", "&lt;")

    return _AMPERSAND.sub(mended, text)


def _is_legal(reference: str) -> bool:
    code = int(f"0{reference[1:]}", 16) if reference[1] in "xX" else int(reference[1:])
    return code <= 0x10FFFF and xml_legal(chr(code)) != ""
