"""Bytes to text: which character encoding a document really is in.

Headers and declarations lie more often than bytes do, so bytes that are valid UTF-8 are UTF-8
whatever anybody says. This module never raises; text that was already broken when it was encoded is
for `repair`.
"""

import codecs
import re
from typing import Literal

_HEAD = 4096
_XML_DECLARATION = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s{0,5}=\s{0,5}[\"']([\w.:-]{2,40})", re.IGNORECASE
)
_HTML_META = re.compile(
    rb"<meta\s[^>]{0,300}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([\w.:-]{2,40})", re.IGNORECASE
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it starts with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Labels as browsers read them (WHATWG Encoding Standard): the superset that is really meant.
_MEANT = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    "big5": "big5hkscs",
}  # fmt: skip
_LABELS = {"x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "x-mac-roman": "mac_roman"}
_NOT_FOR_DOCUMENTS = ("utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")

_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")
_HIGH = bytes(range(0x80, 0x100))
_MARKS = b" " * 0x80 + b"x" * 0x80
_ESCAPED = re.compile("[\udc80-\udcff]+")  # bytes that "surrogateescape" could not decode
_CUT = re.compile("[\udcc2-\udcf4][\udc80-\udcbf]{0,2}\\Z")  # the document ends inside a letter
_SAMPLE = 65_536
_IN_WORDS = re.compile("(?<=[a-z])[^\x00-\x7f]|[^\x00-\x7f](?=[a-z])")
_NEUTRAL = frozenset("‘’“”«»–—…•€°·‚„‹›\xa0")  # at the same place in most codecs
_FITS = 0.85
# The letters beyond ASCII of each language, by codec; where two fit alike the first wins.
_WESTERN = (
    *("àâçéèêëîïôùûüÿœæ", "äöüß", "áéíñóúü¿¡", "àèéìíîòóùú", "ãõáâàçéêíóôúü", "åäöæøéü", "ðþæöáéíóúý"),
    "ëïéèöüáóç",
)
_ALPHABETS = (
    ("cp1252", _WESTERN),
    ("cp1250", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž")),
    ("cp1254", ("çğıöşüâîû",)),
    ("cp1257", ("ąčęėįšųūž", "āčēģīķļņšūž")),
    ("mac_roman", _WESTERN),
)


def decode(body: bytes, charset: str | None, *, markup: Literal["xml", "html", "json"]) -> str:
    """Turn a document into text; `charset` is the parameter of Content-Type.

    Order: BOM, UTF-16/32 by its zero bytes, valid UTF-8, the header, the declaration in XML or HTML,
    almost valid UTF-8, detection, windows-1252. Source: RFC 7303, WHATWG Encoding Standard.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    if wide := _wide(body):
        return body.decode(wide, "replace")
    if b"\x1b$" in body and _ISO_2022_JP.search(body) and (text := _strict(body, "iso2022_jp")) is not None:
        return text  # it is pure ASCII otherwise and would pass for UTF-8
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    header, declared = _codec(charset), _codec(_declaration(body, markup))
    # A server's default fits any bytes and proves nothing: the document's own word wins over it.
    order = (declared, header) if header == "cp1252" else (header, declared)
    for codec in order:
        if codec in (None, "utf-8") or (codec == "cp1252" and _is_foreign(body)):
            continue
        if (text := _strict(body, codec)) is not None:
            return text
    if (text := _almost_utf8(body, is_declared="utf-8" in order)) is not None:
        return text
    named = next((codec for codec in order if codec not in (None, "utf-8", "cp1252")), None)
    codec = named or _detect(body) or "cp1252"
    return _windows(body) if codec == "cp1252" else body.decode(codec, "replace")


def _declaration(body: bytes, markup: str) -> str | None:
    if markup == "json":
        return None
    match = _XML_DECLARATION.search(body[:_HEAD])
    if match is None and markup == "html":
        match = _HTML_META.search(body[: 64 * _HEAD])
    return match.group(1).decode("ascii", "ignore") if match else None


def _codec(label: str | None) -> str | None:
    """Map a label as found in the wild to a Python codec for text; None if there is none."""
    name = (label or "").strip("\"' \t;,").lower()
    if not name or not name.isascii():
        return None
    try:
        codec = codecs.lookup(_LABELS.get(name, name)).name
        b"a".decode(codec, "replace")  # refuses codecs that are not for text (rot13, hex)
    except (LookupError, ValueError):
        return None
    if codec in _NOT_FOR_DOCUMENTS or codec.startswith(("utf-16", "utf-32")):
        return None  # UTF-16 would have shown its zero bytes
    return "utf-8" if codec == "utf-8-sig" else _MEANT.get(codec, codec)


def _wide(body: bytes) -> str | None:
    """Recognise UTF-16 and UTF-32 without BOM by where the zero bytes of the first letters lie."""
    head = body[:400]
    if len(head) < 4 or not head.count(0):
        return None
    if head[:3] == b"\0\0\0" and head[3]:
        return "utf-32-be"
    if head[1:4] == b"\0\0\0" and head[0]:
        return "utf-32-le"
    if head[:2] in (b"\0<", b"\0{", b"\0["):
        return "utf-16-be"
    if head[:2] in (b"<\0", b"{\0", b"[\0"):
        return "utf-16-le"
    return None


def _is_foreign(body: bytes) -> bool:
    """Tell bytes that cannot be a Western text: there, letters beyond ASCII mostly stand alone."""
    # Counted without a list of what is found: that would be fifty times as large as the document.
    high = len(body) - len(body.translate(None, _HIGH))
    marks = b" %b " % body.translate(_MARKS)
    alone = marks.replace(b" ", b"  ").count(b" x ")
    return high > 8 and (high - alone) * 5 > high * 3


def _strict(body: bytes, codec: str) -> str | None:
    if codec == "cp1252":
        return _windows(body)
    try:
        return body.decode(codec)
    except ValueError:
        return None


def _windows(body: bytes) -> str:
    """Decode windows-1252 as browsers do: the five bytes without a letter stay control characters."""
    text = body.decode("cp1252", "surrogateescape")
    return _ESCAPED.sub(lambda match: _bytes(match).decode("latin-1"), text)


def _bytes(match: re.Match[str]) -> bytes:
    return match.group().encode("ascii", "surrogateescape")


def _almost_utf8(body: bytes, *, is_declared: bool) -> str | None:
    """Read UTF-8 with a few foreign or cut bytes; a foreign byte is taken as windows-1252."""
    text = _CUT.sub("", body.decode("utf-8", "surrogateescape"))
    legal = text.encode("utf-8", "ignore").decode()
    foreign = len(text) - len(legal)
    letters = len(legal) - len(legal.encode("ascii", "ignore"))
    allowed = max(letters, 3) if is_declared else letters // 4
    if foreign > allowed:
        return None
    return _ESCAPED.sub(lambda match: _windows(_bytes(match)), text)


def _alphabet(body: bytes) -> str | None:
    """Tell the codec of a text in Latin letters by the alphabet that its letters beyond ASCII fit.

    General detection takes most short Western texts for Central European ones.
    """
    sample = body[:_SAMPLE]
    best, codec = 0.0, None
    for name, alphabets in _ALPHABETS:
        text = sample.decode(name, "replace").lower()
        letters = [char for char in _IN_WORDS.findall(text) if char not in _NEUTRAL]
        if not letters:
            continue
        share = max(sum(char in alphabet for char in letters) for alphabet in alphabets) / len(letters)
        if share > best:
            best, codec = share, name
    return codec if best >= _FITS else None


def _detect(body: bytes) -> str | None:
    if not _is_foreign(body) and (codec := _alphabet(body)):
        return codec
    from charset_normalizer import from_bytes

    best = from_bytes(body[:_SAMPLE], preemptive_behaviour=False).best()
    return _codec(best.encoding) if best else None
