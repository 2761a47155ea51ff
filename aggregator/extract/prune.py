"""Cut what is not the article out of a page, before the extractor reads it.

One list of elements in page order carries integers (text, link text, running text) that are summed
upwards; marks are set on the integers and the tree is cut once at the end, so the cost is linear in
the page. Every cut has a name, to be shown to whoever asks why a line is missing. External links
are never a reason to cut: they are sources. Nothing here knows a host or an outlet.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

from lxml import etree
from lxml.html import HtmlElement

from aggregator.extract.beside import columns_beside, is_banner, is_row_of_labels, label_above, promise_above
from aggregator.extract.consent import asking
from aggregator.extract.cuts import Cut, Pruned
from aggregator.extract.elements import asks_for_mail, is_hidden, is_internal, leads_on, speaks, start, words
from aggregator.extract.names import Kind, kind_of
from aggregator.extract.paragraphs import BLOCKS, HEADINGS, make_paragraphs
from aggregator.extract.phrases import OFFER, WALL
from aggregator.urls import registrable_domain

_ROOTS = frozenset(("html", "body", "main", "article"))
_FURNITURE = frozenset(("nav", "aside", "footer", "dialog", "menu", "select", "button"))
_LONE = frozenset(("p", "div", "section", "ul", "ol"))  # boxes that are cut even round one link
_LOOSE = frozenset(("div", "section", "article", "main", "body", "center", "td"))

_NAMED = etree.XPath("descendant-or-self::*[@class or @id or @role]")
_HAN = re.compile(r"[぀-ヿ㐀-鿿가-힯]")

_RUNNING = 80  # characters that make a block running text; a page title or a headline is shorter
_RUNNING_HAN = 32
_HAN_PIECE = 6  # shorter texts do not tell the script of a page
_LINKED = 0.3  # more linked text than this, and it does not run
_GUARD = 0.25  # a box that holds more of the running text than this is a wrapper, whatever its name
_MOSTLY = 0.9  # even a consent box is kept if it is the whole page, so that it can be named
_CONSENT_BOX = 50_000  # characters; more are not read to tell a dialog from a wrapper
_WALL_BOX = 600  # characters of an offer
_ASIDE = 3000  # characters of a cut box that are kept as evidence
_ASIDES = 20_000
_LONG = 3_000  # characters of running text that no wall stands before
_SURE = frozenset(("consent", "wall", "newsletter"))
_SPOKEN = _SURE | {"name", "link"}  # cuts that may say what the page wants
_CARD = 220
_BOX = 400  # characters round an e-mail field
_ROW = 300  # characters of a row of labels
_LABEL = 60


def prune(
    tree: HtmlElement,
    url: str,
    told: Callable[[str, HtmlElement], None] | None = None,
    *,
    is_careful: bool = False,
) -> Pruned:
    """Cut boilerplate out of the tree, in place; `told` hears of each cut, by name, before it is made.

    A careful pass cuts only what never is an article: what asks for consent, for money or for an address.
    """
    page = _Page(tree, url)
    page.mark_names()
    page.mark_mail_fields()
    if is_careful:
        page.marks = {index: name for index, name in page.marks.items() if name in _SURE}
        return page.cut(told)
    page.mark_banners()
    page.mark_columns()
    page.mark_cards()
    page.mark_link_boxes()
    page.mark_link_runs()
    return page.cut(told)


class _Page:
    """The elements of a page as columns of integers."""

    def __init__(self, tree: HtmlElement, url: str) -> None:
        self.elements: list[HtmlElement] = list(tree.iter("*"))
        self.position = {element: index for index, element in enumerate(self.elements)}
        self.tags: list[str] = [str(element.tag) for element in self.elements]
        count = len(self.elements)
        self.parent = [-1] * count
        self.text = [0] * count  # characters
        self.links = [0] * count  # characters inside internal links
        self.anchors = [0] * count  # internal links
        self.running = [0] * count
        self.loose: set[int] = set()  # boxes whose own text is to become paragraphs
        self.marks: dict[int, str] = {}
        self.named: set[int] = set()  # boxes with a telling name that hold much of the text
        self.walls: list[str] = []
        self._measure(registrable_domain(url) if url else "")

    def _measure(self, domain: str) -> None:
        elements, position, tags = self.elements, self.position, self.tags
        parent, text, links, anchors, running = self.parent, self.text, self.links, self.anchors, self.running
        count = len(elements)
        block = [0] * count
        linked = [0] * count  # 0 outside links, 1 external, 2 internal
        block_text, block_link = [0] * count, [0] * count
        han = 0
        for index, element in enumerate(elements):
            tag = tags[index]
            if index:
                above = parent[index] = position[element.getparent()]  # type: ignore[index]  # no root
                block[index] = index if tag in BLOCKS else block[above]
                linked[index] = linked[above]
            if tag == "a":
                href = element.get("href")
                if href is not None:
                    linked[index] = 2 if is_internal(href, domain) else 1
                    anchors[index] = linked[index] == 2
            own = element.text
            if own and (size := len(own.strip())):
                text[index] += size
                block_text[block[index]] += size
                if linked[index]:
                    block_link[block[index]] += size
                    if linked[index] == 2:
                        links[index] += size
                if size > _HAN_PIECE and not own.isascii():
                    han += len(_HAN.findall(own))
            tail = element.tail
            if index and tail and (size := len(tail.strip())):
                above = parent[index]
                text[above] += size
                block_text[block[above]] += size
                if linked[above]:
                    block_link[block[above]] += size
                    if linked[above] == 2:
                        links[above] += size
                if size > _HAN_PIECE and not tail.isascii():
                    han += len(_HAN.findall(tail))
        least = _RUNNING_HAN if han * 4 > sum(text) else _RUNNING
        wrapped = 0
        for index in range(count):
            if block_text[index] >= least and block_link[index] < _LINKED * block_text[index]:
                running[index] = block_text[index]
                if tags[index] in _LOOSE:
                    self.loose.add(index)
                else:
                    wrapped += block_text[index]
        if wrapped >= 0.5 * sum(running):
            self.loose.clear()
        else:
            # A short last paragraph looks like its longer siblings.
            looks = {
                (parent[index], elements[index].get("class")) for index in self.loose if tags[index] == "div"
            }
            self.loose |= {
                index
                for index in range(count)
                if block_text[index]
                and tags[index] == "div"
                and (parent[index], elements[index].get("class")) in looks
            }
        for index in range(count - 1, 0, -1):
            above = parent[index]
            text[above] += text[index]
            links[above] += links[index]
            anchors[above] += anchors[index]
            running[above] += running[index]

    def is_wrapper(self, index: int) -> bool:
        """Tell whether too much of the running text is inside for this to be boilerplate."""
        return self.running[index] > _GUARD * self.running[0]

    def is_link_box(self, index: int) -> bool:
        return (
            self.anchors[index] > 0
            and self.links[index] >= 0.7 * self.text[index]
            and not self.running[index]
        )

    def mark_names(self) -> None:
        kinds = {index: Kind.FURNITURE for index, tag in enumerate(self.tags) if tag in _FURNITURE}
        for element in _NAMED(self.elements[0]):
            if kind := kind_of(element.get("class"), element.get("id"), element.get("role")):
                index = self.position[element]
                kinds[index] = max(kind, kinds.get(index, kind))
        for index, kind in sorted(kinds.items()):
            if self.tags[index] in _ROOTS:
                continue
            if kind is Kind.DIALOG:
                if self._is_beside_the_text(index):
                    self.marks[index] = "consent"
            elif kind is Kind.WALL:
                self._mark_wall(index)
            elif not self.is_wrapper(index):
                self.marks[index] = "furniture" if kind is Kind.FURNITURE else "name"
            elif kind is Kind.NAMED:
                self.named.add(index)

    def _is_beside_the_text(self, index: int) -> bool:
        """Tell a dialog from a wrapper that is named after one; a wall that is the page itself stays."""
        if not self.is_wrapper(index):
            return True
        if self.running[index] > _MOSTLY * self.running[0] or self.text[index] > _CONSENT_BOX:
            return False
        return asking([text.strip() for text in self.elements[index].itertext() if text.strip()]).is_wall

    def _mark_wall(self, index: int) -> None:
        element = self.elements[index]
        if self.tags[index] not in _LONE - {"p"} and self.tags[index] != "aside":
            return
        if not 0 < self.text[index] <= _WALL_BOX:
            return
        said = words(element)
        if WALL.search(said) or OFFER.search(said):
            self.marks[index] = "wall"
            if not is_hidden(element):
                self.walls.append(said)

    def mark_mail_fields(self) -> None:
        headed: set[int] = set()  # what holds a main heading is no box round a field
        for index, tag in enumerate(self.tags):
            if tag == "h1":
                while index > 0 and index not in headed:
                    headed.add(index)
                    index = self.parent[index]
        for index, element in enumerate(self.elements):
            if self.tags[index] != "input" or not asks_for_mail(element):
                continue
            box = index
            while (above := self.parent[box]) > 0:
                if self.tags[above] in _ROOTS or self.text[above] > _BOX or above in headed:
                    break
                if self.is_wrapper(above) and above not in self.named:
                    break
                box = above
            self.marks.setdefault(box, "newsletter")
            for each in promise_above(self.elements[box]):
                self.marks.setdefault(self.position[each], "newsletter")

    def mark_banners(self) -> None:
        """Mark short boxes with a button that stand on the page before its main heading."""
        for index in range(1, self.tags.index("h1") if "h1" in self.tags else 0):
            is_short = 0 < self.running[index] <= self.text[index] <= _WALL_BOX
            if is_short and not self.is_wrapper(index) and is_banner(self.elements[index]):
                self.marks.setdefault(index, "furniture")

    def mark_columns(self) -> None:
        """Mark rows of labels that look like running text, and the columns beside the one that holds it."""
        for index, size in enumerate(self.running):
            if not size or index in self.marks or self.tags[index] in _ROOTS:
                continue
            if size == self.text[index] <= _ROW and is_row_of_labels(self.elements[index]):
                self.marks[index] = "labels"
            elif self.tags[index] == "td" and 2 * size > self.running[0]:
                for cell in map(self.position.__getitem__, columns_beside(self.elements[index])):
                    if not self.is_wrapper(cell):
                        self.marks.setdefault(cell, "column")

    def mark_cards(self) -> None:
        """Mark runs of two or more short siblings with one internally linked heading each."""
        heads = [0] * len(self.elements)
        for index, tag in enumerate(self.tags):
            if tag in HEADINGS and self.text[index] and index:
                above = self.parent[index]
                inside_link = self.tags[above] == "a" and self.anchors[above] > 0
                heads[index] = int(inside_link or self.links[index] >= 0.7 * self.text[index])
        cards = [index for index, count in enumerate(heads) if count]
        for index in range(len(heads) - 1, 0, -1):
            heads[self.parent[index]] += heads[index]
        for run in self._runs({self._card_round(index, heads) for index in cards}, least=2):
            for card in run:
                self.marks.setdefault(card, "card")
            self._mark_label(run[0])

    def _card_round(self, index: int, heads: list[int]) -> int:
        """Return the largest short box that holds this linked heading and no other."""
        while (above := self.parent[index]) > 0:
            if self.tags[above] in _ROOTS - {"article"} or self.text[above] > _CARD or heads[above] > 1:
                break
            index = above
        return index

    def mark_link_boxes(self) -> None:
        for index, count in enumerate(self.anchors):
            if not count or index in self.marks or not self.is_link_box(index):
                continue
            tag = self.tags[index]
            if tag in _ROOTS or tag in HEADINGS or tag not in BLOCKS:
                continue
            if count == 1 and tag not in _LONE:
                continue
            self.marks[index] = "links" if count > 1 else "link"
            if count > 1:
                self._mark_label(index)

    def mark_link_runs(self) -> None:
        rows = {
            index
            for index, count in enumerate(self.anchors)
            if count
            and index not in self.marks
            and self.tags[index] not in HEADINGS
            and self.tags[index] != "td"
            and self.is_link_box(index)
        }
        for run in self._runs(rows, least=4):
            for row in run:
                self.marks.setdefault(row, "links")

    def _mark_label(self, box: int) -> None:
        """Mark the short line above a box of links, which would be left without its subject."""
        before = label_above(self.elements[box])
        label = self.position.get(before, -1) if before is not None else -1
        if label > 0 and 0 < self.text[label] <= _LABEL and not self.links[label]:
            self.marks.setdefault(label, "label")

    def _runs(self, chosen: set[int], least: int) -> Iterator[list[int]]:
        """Group chosen elements that are siblings of one tag with no running text between them."""
        by_parent: dict[tuple[int, str], list[int]] = defaultdict(list)
        for index in sorted(chosen):
            by_parent[self.parent[index], self.tags[index]].append(index)
        for members in by_parent.values():
            if len(members) < least:
                continue
            run = members[:1]
            for index in members[1:]:
                if not self._is_near(run[-1], index):
                    if len(run) >= least:
                        yield run
                    run = []
                run.append(index)
            if len(run) >= least:
                yield run

    def _is_near(self, first: int, second: int) -> bool:
        element: HtmlElement | None = self.elements[first]
        for _ in range(3):
            if element is None or len((element.tail or "").strip()) > _LABEL:
                return False
            element = element.getnext()
            index = -1 if element is None else self.position.get(element, -1)
            if index == second:
                return True
            if index >= 0 and self.text[index] > _LABEL:
                return False
        return False

    def cut(self, told: Callable[[str, HtmlElement], None] | None) -> Pruned:
        cuts: list[Cut] = []
        asides: list[HtmlElement] = []
        room = _ASIDES
        onward = ""
        gone = [False] * len(self.elements)
        inside = [False] * len(self.elements)  # inside main or article
        running, sure, has_lost_cards = self.running[0], 0, False
        for index, element in enumerate(self.elements):
            above = self.parent[index]
            if above >= 0:
                gone[index] = gone[above]
                inside[index] = inside[above] or self.tags[above] in ("main", "article")
            name = self.marks.get(index)
            if gone[index] or not index:
                continue
            if name is None:
                if index in self.loose:
                    make_paragraphs(element)
                continue
            gone[index] = True
            running -= self.running[index]
            sure += self.running[index] if name in _SURE else 0
            has_lost_cards |= name == "card" and inside[index]
            if self.text[index]:
                cuts.append(Cut(name, start(element)))
                if told:
                    told(name, element)
                onward = onward or (leads_on(element) if name == "link" else "")
                most = _LABEL if name == "link" else min(_ASIDE, room)
                if name in _SPOKEN and self.text[index] <= most:
                    asides.append(element)
                    room -= self.text[index]
            if element.tail and not element.tail.strip():
                element.tail = None  # joining white space to what is before costs its length each time
            element.drop_tree()
        pruned = Pruned(
            cuts=tuple(cuts),
            running=running,
            lost=self.running[0] - running - sure,
            elements=len(gone),
            has_lost_cards=has_lost_cards,
            # Only of pages that are short: reading it all would cost each page as much as the cuts.
            asides="\n".join(map(words, filter(speaks, asides))) if running < _LONG else "",
            walls=" ".join(self.walls),
            onward=onward,
        )
        asides.clear()
        # Freed from the last to the first: in page order, lxml would walk each cut tree once per element.
        self.position.clear()
        self.elements.clear()
        return pruned
