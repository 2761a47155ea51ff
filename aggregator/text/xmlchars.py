"""Characters that an XML document may carry, and texts that fit on one line.

One forbidden character in one title would make a whole published file unreadable. This module
refuses nothing and escapes nothing: it only drops what XML 1.0 cannot hold.
"""

import re

# XML 1.0 (fifth edition), production 2: Char.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ILLEGAL_BYTES = bytes((*range(9), 11, 12, *range(14, 32)))
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\x7f-\x84\x86-\x9f\u00ad]")


def xml_legal(text: str) -> str:
    """Drop characters that XML 1.0 cannot hold; surrogates that form a pair become their character."""
    if _is_legal(text):
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _ILLEGAL.sub("", text)


def _is_legal(text: str) -> bool:
    """Tell whether nothing is to be dropped: on bytes, in a tenth of the time of a pattern."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    has_control = len(data.translate(None, _ILLEGAL_BYTES)) < len(data)
    return not has_control and b"\xef\xbf\xbe" not in data and b"\xef\xbf\xbf" not in data


def one_line(text: str) -> str:
    """Make a plain text fit for a title or a log line: one line, no control or direction characters."""
    if text.isprintable():  # most are, and then only spaces are left to look for
        return " ".join(text.split())
    return _SPACE.sub(" ", _INVISIBLE.sub("", xml_legal(text))).strip()
