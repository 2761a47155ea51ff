"""Give an extracted body back what the extractor dropped from the middle of it.

Headings between kept paragraphs of one parent, and paragraphs that stand under the same class names
as the text that was kept. Nothing is taken from places where nothing was kept.
"""

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice

from lxml.etree import Element, _Element
from lxml.html import HtmlElement

from aggregator.extract.paragraphs import BLOCKS

_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
_PARAGRAPHS = frozenset(("p", "blockquote", "pre", *_HEADINGS))
_ENOUGH = 0.85  # of the running text: no paragraph is missing that matters
_PATH_SHARE = 0.35  # of the kept text, for a class path to be the article's
_SHORTEST = 2
_MOST_BLOCKS = 5_000
_CELLS = frozenset(("td", "th"))  # their row speaks for them
_GALLERY = 3  # captions that make a page one of pictures
_CAPTION, _MOST_CAPTIONS = 300, 100


def take_back(body: _Element, tree: HtmlElement, running: int) -> int:
    """Insert into `body` (HTML vocabulary) the blocks of `tree` that belong there; return how many.

    `running` is the number of characters of running text that the tree holds.
    """
    kept: dict[str, _Element] = {}
    for element in body.iter(*_PARAGRAPHS, "li"):
        if key := _key(element):
            kept.setdefault(key, element)
    length = sum(map(len, kept))
    blocks = [(element, _key(element)) for element in tree.iter(*_PARAGRAPHS)]
    is_short = length < _ENOUGH * running
    paths: Counter[tuple[str, ...]] = Counter()
    if is_short:
        for element, key in blocks:
            if key in kept and element.tag not in _HEADINGS:
                paths[_path(element)] += len(key)
    article = {path for path, size in paths.items() if size >= _PATH_SHARE * max(length, 1)}
    wanted: list[tuple[HtmlElement, _Element]] = []
    last: _Element | None = None  # the kept element before, in the body
    pending: list[HtmlElement] = []
    home: HtmlElement | None = None  # the parent of the kept element before, in the page
    for element, key in blocks:
        if len(key) < _SHORTEST:
            continue
        if key in kept:
            if element.getparent() is home and last is not None:
                wanted.extend((heading, last) for heading in pending)
            pending = []
            last, home = kept[key], element.getparent()
        elif element.tag in _HEADINGS:
            if last is not None and len(key) <= 200:
                pending.append(element)
        elif article and last is not None and _path(element) in article:
            if element.getparent() is home:
                wanted.extend((heading, last) for heading in pending)
            pending = []
            wanted.append((element, last))
            home = element.getparent()
    for element, after in reversed(wanted):
        copy = deepcopy(element)
        copy.tail = None
        _top(after, body).addnext(copy)
    return len(wanted)


def paragraphs_of(tree: HtmlElement) -> _Element:
    """Build a body of all blocks that have text of their own, for texts too short to be found."""
    body = Element("body")
    for element in _leaves(tree):
        links = sum(len("".join(link.itertext())) for link in element.iter("a"))
        if 2 * links > len("".join(element.itertext())):
            continue
        copy = deepcopy(element)
        copy.tail = None
        if copy.tag not in _PARAGRAPHS:
            copy.tag = "p"
        if _key(copy):
            body.append(copy)
    return body


def lines_of(tree: HtmlElement) -> list[str]:
    """Return the text of every block without blocks in it, links included; of a table, every row."""
    texts = (" ".join(" ".join(element.itertext()).split()) for element in _leaves(tree))
    return [text for text in texts if text]


def _leaves(tree: HtmlElement) -> Iterator[HtmlElement]:
    for element in islice(tree.iter(*BLOCKS), _MOST_BLOCKS):
        if element.tag == "tr":
            is_leaf = next(element.iterdescendants("table"), None) is None
        else:
            is_leaf = element.tag not in _CELLS and next(element.iterdescendants(*BLOCKS), None) is None
        if is_leaf:
            yield element


def take_captions(body: _Element, tree: HtmlElement) -> None:
    """Append the captions of a page of pictures to its short text; the extractor drops short ones."""
    kept = _key(body)
    captions = [element for element in tree.iter("figcaption") if 0 < len(_key(element)) <= _CAPTION]
    if len(captions) < _GALLERY:
        return
    for element in captions[:_MOST_CAPTIONS]:
        if _key(element) not in kept:
            copy = deepcopy(element)
            copy.tag, copy.tail = "p", None
            body.append(copy)


def _top(element: _Element, body: _Element) -> _Element:
    """Return the child of the body that holds the element."""
    while (above := element.getparent()) is not None and above is not body:
        element = above
    return element


def _key(element: _Element) -> str:
    """Return the text of an element without white space, by which page and body are compared."""
    return "".join("".join(element.itertext()).split())


def _path(element: _Element) -> tuple[str, ...]:
    names = []
    for _ in range(3):
        names.append(f"{element.tag!s}.{element.get('class') or ''}")
        above = element.getparent()
        if above is None:
            break
        element = above
    return tuple(names)
