"""What became of each block of a page, and why: for whoever asks what an extraction kept and dropped.

Made only when somebody watches (`aggregator article URL`); it decides nothing. A text that stands twice on
the page is called kept in both places, unless one of them was cut.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lxml import etree
from lxml.html import HtmlElement

from aggregator.extract.paragraphs import BLOCKS
from aggregator.model import Block
from aggregator.text.xmlchars import one_line

REASONS: Mapping[str, str] = {
    "strip": "the site's rule strips it",
    "outside": "it stands outside of the body that the site's rule chooses",
    "consent": "a consent box or another dialog, or a line that asks for consent",
    "wall": "an offer to subscribe or to sign in, made by a wall",
    "furniture": "an element for navigation, asides, footers or choices",
    "name": "its class, id or role says that it is no article",
    "newsletter": "the box round a field for an e-mail address",
    "card": "one of several linked headings in a row",
    "links": "nearly all of it is links within the site",
    "link": "a paragraph that is one link within the site",
    "label": "the short line above a box of links",
    "labels": "a row of short labels: things to do with an article",
    "column": "another column of a page made of tables",
    "top": "the title again, or byline and date, above the text",
    "speech": "a line that speaks to the reader: subscribe, share, read also",
    "heading": "a heading with nothing under it",
    "recurring": "other pages of the site hold it too",
    "verdict": "the page is no article: its verdict says what it is",
    "other": "the extractor found no article in it",
}
_PARTS = BLOCKS | {"br"}  # where one line ends and another begins
_CELLS = frozenset(("td", "th", "dt", "dd"))  # several make a line
_SHORT = 20  # characters that may stand in any text by chance
_NAMES = 2  # classes that tell an element


@dataclass(frozen=True, slots=True)
class _Text:
    """A text node: the element that holds it, the block of that, and the number of its line."""

    element: HtmlElement
    block: HtmlElement
    line: int
    text: str


class Watch:
    """Sees a page before and while it is cut; afterwards tells its blocks."""

    def __init__(self) -> None:
        self._above: dict[HtmlElement, HtmlElement | None] = {}  # in page order
        self._names: dict[HtmlElement, str] = {}
        self._texts: list[_Text] = []
        self._cuts: dict[HtmlElement, str] = {}
        self._lines: dict[str, str] = {}
        self._body: frozenset[HtmlElement] = frozenset()
        self._refused = ""

    def begin(self, tree: HtmlElement) -> None:
        """Look at a page from which only scripts and the like are gone."""
        line = 0
        blocks = [tree]
        for event, element in etree.iterwalk(tree, events=("start", "end")):
            is_block, is_part = element.tag in BLOCKS, element.tag in _PARTS
            if event == "start":
                self._above[element] = element.getparent()
                self._names[element] = _name(element)
                line += is_part
                if is_block:
                    blocks.append(element)
                self._note(element, blocks[-1], line, element.text)
            else:
                line += is_part
                if is_block:
                    blocks.pop()
                if (above := self._above[element]) is not None:
                    self._note(above, blocks[-1], line, element.tail)

    def cut(self, name: str, element: HtmlElement) -> None:
        """Hear that an element goes, and by which rule."""
        self._cuts.setdefault(element, name)

    def take_back_cuts(self, others: Iterable[tuple[str, int]]) -> None:
        """Hear that the page was read anew, with `others` cut: names, and places in page order.

        What the user's rule strips stays away.
        """
        self._cuts = {element: name for element, name in self._cuts.items() if name == "strip"}
        page = list(self._above)
        for name, place in others:
            self._cuts.setdefault(page[place], name)

    def line(self, name: str, text: str) -> None:
        """Hear that a line of the extracted text goes."""
        self._lines[_key(text)] = name

    def chosen(self, elements: Sequence[HtmlElement]) -> None:
        """Hear that these elements are the body."""
        self._body = frozenset(elements)

    def refuse(self, text: str) -> None:
        """Hear which text is not kept, because the page is no article."""
        self._refused = text

    def blocks(self, text: str) -> tuple[Block, ...]:
        """Tell all blocks in page order, given the text that came out."""
        fates = self._fates()
        text = text or self._refused
        kept = _key(text)
        lines = frozenset(_key(line) for line in text.splitlines())
        found = []
        for (_, cut), texts in groupby(self._texts, lambda each: (each.line, fates.get(each.element))):
            parts = list(texts)
            shown = one_line("".join(_spaced(parts)))
            if not shown:
                continue
            block = parts[0].block
            if cut is not None:
                element, reason = cut
                where = self._where(element if reason != "outside" else block)
                found.append(Block(shown, where, reason))
            else:
                found.append(Block(shown, self._where(block), self._reason(shown, block, kept, lines)))
        return tuple(found)

    def _reason(self, text: str, block: HtmlElement, kept: str, lines: frozenset[str]) -> str | None:
        """Say why a text that no cut took is not there; None if it is."""
        key = _key(text)
        if key in lines or (key in kept and (len(key) >= _SHORT or block.tag in _CELLS)):
            return "verdict" if self._refused else None
        return self._lines.get(key, "other")

    def _fates(self) -> dict[HtmlElement, tuple[HtmlElement, str] | None]:
        """Give each element the cut that took it, its own or that of what holds it."""
        fates: dict[HtmlElement, tuple[HtmlElement, str] | None] = {}
        inside: set[HtmlElement] = set()
        page = next(iter(self._above), None)
        for element, above in self._above.items():
            fate = fates.get(above) if above is not None else None
            if fate is not None and fate[1] != "outside":
                fates[element] = fate
                continue
            if element in self._body or above in inside:
                inside.add(element)
            if name := self._cuts.get(element):
                fates[element] = (element, name)
            elif self._body and element not in inside and page is not None:
                fates[element] = (page, "outside")
            else:
                fates[element] = None
        return fates

    def _note(self, element: HtmlElement, block: HtmlElement, line: int, text: str | None) -> None:
        if text and text.strip():
            self._texts.append(_Text(element, block, line, text))

    def _where(self, element: HtmlElement) -> str:
        """Name an element as a selector would; one without names by what holds it."""
        return " > ".join(reversed(list(self._path(element))))

    def _path(self, element: HtmlElement) -> Iterator[str]:
        at: HtmlElement | None = element
        while at is not None:
            name = self._names.get(at, "")
            yield name
            if "." in name or "#" in name or at.tag in ("html", "body"):
                return
            at = self._above.get(at)


def _name(element: HtmlElement) -> str:
    name = str(element.tag)
    if mark := element.get("id"):
        name += f"#{one_line(mark)[:60]}"
    classes = (element.get("class") or "").split()[:_NAMES]
    return one_line(".".join((name, *(each[:60] for each in classes))))


def _spaced(texts: Sequence[_Text]) -> Iterator[str]:
    """Part the links of a row, which a style keeps apart on the page."""
    last: HtmlElement | None = None
    for each in texts:
        if last is not None and last.tag == "a" and each.element.tag == "a" and each.element is not last:
            yield " "
        yield each.text
        last = each.element


def _key(text: str) -> str:
    """Return what two writings of a text have in common: neither white space nor signs that nobody sees."""
    return "".join(one_line(text).split())
