"""What stands beside the text, or beside a piece that goes, told by place and length alone, never by words.

Labels, promises above a form, banners, rows of things to do, columns. It marks nothing itself.
"""

from collections.abc import Iterator

from lxml.html import HtmlElement

from aggregator.extract.elements import words
from aggregator.extract.paragraphs import HEADINGS
from aggregator.extract.phrases import weight

_PROMISE = 80  # weight below which a paragraph does not run
_ENTRY = 60  # characters of a label in a row
_ENTRIES = 3
_INLINE = frozenset(("span", "a", "button", "label", "time", "i", "b", "em", "strong", "small", "svg", "img"))
_ENDS = (".", "!", "?", "…", "。", "！", "？", ";", ":", "”", "»", '"')


def label_above(box: HtmlElement) -> HtmlElement | None:
    """Return what stands above a box, or above what begins with the box; a label if it is short."""
    for _ in range(2):
        before = box.getprevious()
        if before is not None:
            return before if before.tag != "h1" else None
        above = box.getparent()
        if above is None or above.tag not in ("ul", "ol", "div", "section") or (above.text or "").strip():
            return None
        box = above
    return None


def promise_above(form: HtmlElement) -> Iterator[HtmlElement]:
    """Give the heading above a form and the line between them, where nothing else stands there."""
    line = form.getprevious()
    if line is None or line.tag not in ("p", "div") or weight(words(line)) >= _PROMISE:
        return
    heading = line.getprevious()
    if heading is not None and heading.tag in HEADINGS and heading.tag != "h1":
        yield heading
        yield line


def is_banner(box: HtmlElement) -> bool:
    """Tell a box right on the page that asks something by a button and holds no main heading."""
    above = box.getparent()
    if above is None or above.tag != "body" or box.tag not in ("div", "section", "form"):
        return False
    return next(box.iter("button"), None) is not None and next(box.iter("h1"), None) is None


def is_row_of_labels(element: HtmlElement) -> bool:
    """Tell a row of things to do with an article (print, share, reply) from a paragraph."""
    if len(element) < _ENTRIES or element.tag == "p" or (element.text or "").strip():
        return False
    for child in element:
        text = words(child)
        if (
            child.tag not in _INLINE
            or (child.tail or "").strip()
            or len(text) > _ENTRY
            or text.endswith(_ENDS)
        ):
            return False
    return True


def columns_beside(cell: HtmlElement) -> Iterator[HtmlElement]:
    """Give the other cells of the rows that a cell of a page made of tables stands in."""
    at: HtmlElement | None = cell
    while at is not None:
        if at.tag == "td":
            yield from at.itersiblings("td", preceding=True)
            yield from at.itersiblings("td")
        at = at.getparent()
