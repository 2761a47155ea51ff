"""Large texts put into a serialised document, rather than through its serialiser.

The articles are nearly all of a feed's bytes. A tree would copy, check and escape each of them
once a format; here their UTF-8 is escaped with a few `replace` and takes the place of a mark. It
refuses bytes that have not passed the gate: nothing checks them after this.
"""

from collections.abc import Iterable, Sequence

from lxml.etree import Entity, _Element

_ENTITY = "content"
_XML_MARK = b"&content;"  # in a text, these characters would stand as "&amp;content;"
JSON_MARK = "\x00"  # the gate lets none through
_JSON_MARK = b'"\\u0000"'


def mark_xml(element: _Element | None) -> None:
    """Empty an element and leave the mark for a large text in it."""
    if element is None:
        raise ValueError("the element for the content is missing from the tree")
    element.text = None
    element.append(Entity(_ENTITY))


def into_xml(document: bytes, contents: Sequence[bytes]) -> bytes:
    """Put large texts in the places of the marks in serialised XML, in order."""
    escaped = (
        text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;") for text in contents
    )
    return _spliced(document.split(_XML_MARK), escaped)


def into_json(document: bytes, contents: Sequence[bytes]) -> bytes:
    """Put large texts in the places of the marks in serialised JSON, in order (RFC 8259, section 7)."""
    escaped = (
        b'"'
        + text.replace(b"\\", b"\\\\")
        .replace(b'"', b'\\"')
        .replace(b"\n", b"\\n")
        .replace(b"\r", b"\\r")
        .replace(b"\t", b"\\t")
        + b'"'
        for text in contents
    )
    return _spliced(document.split(_JSON_MARK), escaped)


def _spliced(pieces: list[bytes], texts: Iterable[bytes]) -> bytes:
    parts = [pieces[0]]
    for text, piece in zip(texts, pieces[1:], strict=True):  # strict: a lost text would shift all others
        parts.append(text)
        parts.append(piece)
    return b"".join(parts)
