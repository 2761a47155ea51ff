"""Large texts put into a serialised document, rather than through its serialiser.

The articles are nearly all of a feed's bytes. A tree would copy, check and escape each of them
once a format; here their UTF-8 is quoted as it is and takes the place of a mark. It refuses bytes that
have not passed the gate: nothing checks them after this.
"""

from collections.abc import Iterable

from lxml.etree import Entity, _Element

Content = tuple[bytes, ...]
"""Pieces of a large text in UTF-8, in order."""

_ENTITY = "content"
_XML_MARK = b"&content;"  # in a text, these characters would stand as "&amp;content;"
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
JSON_MARK = "\x00"  # the gate lets none through
_JSON_MARK = b'"\\u0000"'


def mark_xml(element: _Element | None) -> None:
    """Empty an element and leave the mark for a large text in it."""
    if element is None:
        raise ValueError("the element for the content is missing from the tree")
    element.text = None
    element.append(Entity(_ENTITY))


def in_cdata(content: Content) -> bytes:
    """Write a large text as a CDATA section, once for all the documents that it goes into."""
    text = b"".join((_CDATA, *content, _CDATA_END))
    if text.find(_CDATA_END, 0, -1) < 0:
        return text
    return _CDATA + b"".join(content).replace(_CDATA_END, b"]]]]><![CDATA[>") + _CDATA_END


def into_xml(document: bytes, sections: Iterable[bytes]) -> bytes:
    """Put large texts, as sections, in the places of the marks in serialised XML, in order."""
    return _spliced(document.split(_XML_MARK), sections)


def into_json(document: bytes, contents: Iterable[Content]) -> bytes:
    """Put large texts in the places of the marks in serialised JSON, in order (RFC 8259, section 7)."""
    return _spliced(document.split(_JSON_MARK), (_json_string(b"".join(content)) for content in contents))


def _json_string(text: bytes) -> bytes:
    return (
        b'"'
        + text.replace(b"\\", b"\\\\")
        .replace(b'"', b'\\"')
        .replace(b"\n", b"\\n")
        .replace(b"\r", b"\\r")
        .replace(b"\t", b"\\t")
        + b'"'
    )


def _spliced(pieces: list[bytes], texts: Iterable[bytes]) -> bytes:
    parts = [pieces[0]]
    for text, piece in zip(texts, pieces[1:], strict=True):  # strict: a lost text would shift all others
        parts.append(text)
        parts.append(piece)
    return b"".join(parts)
