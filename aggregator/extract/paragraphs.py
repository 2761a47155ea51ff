"""Loose text made into paragraphs, because the extractor looks for paragraphs.

Pages put their text straight into divs, or part it with `<br><br>`; nothing is added or lost here.
"""

from lxml import html
from lxml.html import HtmlElement

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BOXES = (
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "details",
    "dialog",
    "div",
    "fieldset",
)
_PARTS = (
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "html",
    "main",
    "nav",
    "section",
    "summary",
)
_ITEMS = ("dd", "dl", "dt", "li", "ol", "p", "pre", "ul")
_TABLE = ("table", "tbody", "td", "tfoot", "th", "thead", "tr")
BLOCKS = HEADINGS.union(_BOXES, _PARTS, _ITEMS, _TABLE)


def make_paragraphs(element: HtmlElement) -> None:
    """Wrap the loose text of a box into paragraphs, parted where blocks or double breaks stand.

    The extractor finds paragraphs, not divs with text or texts parted by `<br><br>`.
    """
    children = list(element)
    if element.tag == "div" and not any(child.tag in BLOCKS or child.tag == "br" for child in children):
        element.tag = "p"
        return
    parts = [_paragraph(element.text)]
    element.text = None
    last_break: HtmlElement | None = None
    for child in children:
        tail, child.tail = child.tail, None
        element.remove(child)
        if child.tag in BLOCKS:
            parts += [child, _paragraph(tail)]
            last_break = None
        elif child.tag == "br" and last_break is not None:
            parts[-1].remove(last_break)
            parts.append(_paragraph(tail))
            last_break = None
        else:
            parts[-1].append(child)
            child.tail = tail
            last_break = child if child.tag == "br" and not (tail or "").strip() else None
    element.extend(part for part in parts if part.tag != "p" or len(part) or (part.text or "").strip())


def _paragraph(text: str | None) -> HtmlElement:
    paragraph = html.Element("p")
    paragraph.text = text
    return paragraph
