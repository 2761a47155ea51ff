"""What stands in the texts of many pages of one site and therefore belongs to none of them.

A box of related headlines in the middle of the column looks like the article: same element, no link, no
telling name. Only the site's other pages give it away. Each text leaves the prints of its blocks behind; a
block that enough different texts hold is dropped from the next. It never judges a page by itself, nor does
it touch tables, running paragraphs longer than a teaser, or all of a text.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

from lxml.etree import _Element

from aggregator.extract.paragraphs import BLOCKS, HEADINGS
from aggregator.extract.phrases import weight

# A print is a number: in its last byte the weight of a block, in steps of four; above it a hash of the words.
_STEP, _SIZE_BITS = 4, 8
_LARGEST = (1 << _SIZE_BITS) - 1
_MOST_WEIGHT = 400  # a longer block is a paragraph of somebody's
_RUNNING = 80  # weight from which a block may be a paragraph
_WORD = 20  # weight below which a block may be one by chance: "Background", "Why it matters"
PRINTS = 200  # of one text; of more the smallest, which are the same on every page that has them

_PAGES, _SHARE = 3, 0.2  # other texts, and the share of them, that make a line boilerplate
# The same of a paragraph: articles on one subject share their background.
_RUNNING_PAGES, _RUNNING_SHARE = 5, 0.5
_SAME = 0.6  # of the running text: two pages with so much in common hold one article

_TABLES = frozenset(("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"))
_CONTENT = frozenset(("img", "audio", "video"))

Told = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Known:
    """Which prints a site repeats, how many of its texts hold each, and how many texts were looked at."""

    counts: Mapping[int, int]
    texts: int


NOTHING = Known({}, 0)


@dataclass(frozen=True, slots=True)
class Recurring:
    """What became of one text: the prints it leaves behind, and what was dropped from it."""

    prints: tuple[int, ...] = ()
    lost: int = 0  # characters of running text that went
    note: str = ""


def learn(pages: Sequence[Sequence[int]]) -> Known:
    """Find what a site repeats, given the prints of other pages of it, in any order.

    Pages that hold one article (a wire report under three addresses, an article and its update) count once.
    """
    texts = _texts([frozenset(page) for page in pages if page])
    counts: dict[int, int] = defaultdict(int)
    for text in texts:
        for mark in text:
            counts[mark] += 1
    needed = (max(_PAGES, _SHARE * len(texts)), max(_RUNNING_PAGES, _RUNNING_SHARE * len(texts)))
    learnt = {
        mark: count
        for mark, count in counts.items()
        if count >= needed[_runs(mark)] and _weight(mark) <= _MOST_WEIGHT
    }
    return Known(learnt, len(texts))


def drop(body: _Element, known: Known, told: Told | None = None) -> Recurring:
    """Remove from a body in HTML vocabulary what its site repeats; `told` hears of each block.

    A heading, or a word or two, that stands alone between others stays: series share their subheadings.
    """
    blocks = [(element, text, _print(text)) for element, text in _blocks(body)]
    prints = tuple(sorted({mark for _, _, mark in blocks if mark})[:PRINTS])
    if not known.counts:
        return Recurring(prints)
    gone: list[tuple[_Element, str, int]] = []
    for run in _repeated(blocks, known.counts):
        if len(run) > 1 or not _is_weak(*run[0]):
            gone += run
    if not gone:
        return Recurring(prints)
    taken = {element for element, _, _ in gone}
    if not any(weight(text) >= _RUNNING for element, text, _ in blocks if element not in taken):
        return Recurring(prints)  # of a text nothing would be left: whatever this page is, it is no box
    for element, text, _ in gone:
        if told:
            told("recurring", text)
        _remove(element, body)
    most = max(known.counts[mark] for _, _, mark in gone)
    where = f"{most} of {known.texts} other pages of the site"
    return Recurring(
        prints,
        lost=sum(len(text) for _, text, mark in gone if _runs(mark)),
        note=f"blocks left out that stand on up to {where}: {len(gone)}",
    )


def still_there(text: str, prints: Collection[int]) -> str:
    """Return those paragraphs of a text that are blocks of a page which left these prints."""
    blocks = (" ".join(part.split()) for part in text.split("\n\n"))
    return "\n\n".join(block for block in blocks if block and _print(block) in prints)


def _texts(pages: Sequence[AbstractSet[int]]) -> list[AbstractSet[int]]:
    """Join the pages that hold one article into one set of prints each.

    Only pages that share a paragraph are compared, so that it stays cheap.
    """
    long = [{mark: _weight(mark) for mark in page if _runs(mark)} for page in pages]
    sharing: dict[int, list[int]] = defaultdict(list)
    for number, marks in enumerate(long):
        for mark in marks:
            sharing[mark].append(number)
    group = list(range(len(pages)))

    def root(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    for first, second in {pair for numbers in sharing.values() for pair in combinations(numbers, 2)}:
        common = sum(size for mark, size in long[first].items() if mark in long[second])
        if common >= _SAME * min(sum(long[first].values()), sum(long[second].values())):
            group[root(first)] = root(second)
    joined: dict[int, set[int]] = defaultdict(set)
    for number, page in enumerate(pages):
        joined[root(number)] |= page
    return list(joined.values())


def _blocks(body: _Element) -> Iterator[tuple[_Element, str]]:
    """Give the blocks without blocks in them, in page order, with their text; those in tables as ""."""
    for element in body.iter(*BLOCKS):
        if element is body or (len(element) and next(element.iterdescendants(*BLOCKS), None) is not None):
            continue
        yield element, "" if element.tag in _TABLES else " ".join("".join(element.itertext()).split())


def _print(text: str) -> int:
    """Return the print of a block; 0 of what has no words to tell it by."""
    if not text:
        return 0
    digest = blake2b(text.casefold().encode("utf-8", "surrogatepass"), digest_size=6).digest()
    return int.from_bytes(digest, "big") << _SIZE_BITS | min(weight(text) // _STEP, _LARGEST)


def _weight(mark: int) -> int:
    return (mark & _LARGEST) * _STEP


def _runs(mark: int) -> bool:
    return _weight(mark) >= _RUNNING


def _is_weak(element: _Element, text: str, _mark: int) -> bool:
    return element.tag in HEADINGS or weight(text) < _WORD


def _repeated(
    blocks: Sequence[tuple[_Element, str, int]], counts: Mapping[int, int]
) -> Iterator[list[tuple[_Element, str, int]]]:
    """Group the repeated blocks that follow one another."""
    run: list[tuple[_Element, str, int]] = []
    for block in blocks:
        if block[2] in counts:
            run.append(block)
        elif block[1] or block[0].tag in _TABLES:
            if run:
                yield run
            run = []
    if run:
        yield run


def _remove(element: _Element, body: _Element) -> None:
    """Take an element out, and what held nothing else; loose text behind it stays."""
    while (above := element.getparent()) is not None:
        if (element.tail or "").strip():
            before = element.getprevious()
            if before is None:
                above.text = f"{above.text or ''} {element.tail}"
            else:
                before.tail = f"{before.tail or ''} {element.tail}"
        above.remove(element)
        is_empty = not "".join(above.itertext()).strip() and next(above.iter(*_CONTENT), None) is None
        if above is body or not is_empty:
            return
        element = above
