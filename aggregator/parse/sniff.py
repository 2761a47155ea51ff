"""What a document is, told from its first bytes.

Servers call feeds text/html and pages application/xml, so Content-Type is not asked.
"""

import re
from typing import Literal

Markup = Literal["xml", "html", "json"]

_BINARY = (
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"RIFF", "an image or a sound (RIFF)"),
    (b"\0\0\1\0", "an icon"),
    (b"%PDF", "a PDF"),
    (b"PK\3\4", "a ZIP archive"),
    (b"ID3", "a sound (MP3)"),
    (b"OggS", "a sound (Ogg)"),
    (b"\x1aE\xdf\xa3", "a video (Matroska)"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"(\xb5/\xfd", "zstd data"),
)
_HEAD = 65_536
_SAMPLE = 4096
_LEAST = 512  # bytes; what is shorter costs nothing to read
_TEXT = re.compile(rb"\s{0,1000}(?:\xff\xfe|\xfe\xff|<[A-Za-z?!]|[{\[][\s\"{}\[\]])")
# No text in any encoding has these in number; escape is not among them, which ISO-2022 needs.
_CONTROLS = bytes((*range(1, 9), *range(14, 27), *range(28, 32), 127))
_FEED_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:rss|feed|rdf|channel)[\s>/]", re.IGNORECASE)
_HTML_ROOT = re.compile(r"<(?:!doctype\s{1,20}html|html|head|body|meta|title)[\s>/]", re.IGNORECASE)
_PROLOG = re.compile(
    r"\s+|<\?[^>]{0,1000}>|<!--.{0,5000}?-->|<!(?!--)[^>\[]{0,1000}(?:\[[^\]]{0,5000}\]\s*)?>", re.DOTALL
)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]{0,60})")


def binary_name(body: bytes) -> str | None:
    """Name a document that is no text, None if it may be one."""
    if body[4:8] == b"ftyp":
        return "a video or an image (MP4, AVIF)"
    known = next((name for magic, name in _BINARY if body.startswith(magic)), None)
    return known or ("binary data, no text" if _is_noise(body) else None)


def _is_noise(body: bytes) -> bool:
    """Tell compressed, encrypted or random bytes, of which every tenth is a control character.

    What begins with a byte order mark or with markup, also in UTF-16, counts as text however odd.
    """
    sample = body[:_SAMPLE].replace(b"\0", b"")
    if len(sample) < _LEAST or _TEXT.match(sample):
        return False
    return (len(sample) - len(sample.translate(None, _CONTROLS))) * 16 > len(sample)


def markup_of(body: bytes) -> Markup:
    """Tell JSON, HTML and XML apart before decoding; what is none of them counts as XML."""
    head = body[:_HEAD].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").decode("latin-1")
    if head[:1] in ("{", "["):
        return "json"
    head = _without_comments(head)
    feed, html = _FEED_ROOT.search(head), _HTML_ROOT.search(head)
    if html is None or (feed is not None and feed.start() < html.start()):
        return "xml"
    # Other XML may have a <body> or <title> too (OPML, sitemaps, …).
    is_xml = head.startswith("<?xml") and (root_name(head) or "html").lower() != "html"
    return "xml" if is_xml else "html"


def _without_comments(text: str) -> str:
    parts, position = [], 0
    while (start := text.find("<!--", position)) >= 0:
        parts.append(text[position:start])
        end = text.find("-->", start)
        position = len(text) if end < 0 else end + 3
    return "".join((*parts, text[position:]))


def root_name(text: str) -> str | None:
    """Give the name of the root element of a decoded document, None if it does not start with one."""
    position = 0
    while match := _PROLOG.match(text, position):
        position = match.end()
    root = _ROOT.match(text, position)
    return root.group(1) if root else None
