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
from aggregator.text.notices import is_correction
from aggregator.text.xmlchars import one_line

# A print is a number: in its last byte the weight of a block, in steps of four; above it a hash of the words.
_STEP, _SIZE_BITS = 4, 8
_LARGEST = (1 << _SIZE_BITS) - 1
_MOST_WEIGHT = 400  # a longer block is a paragraph of somebody's
_RUNNING = 80  # weight from which a block may be a paragraph
_LONG = _RUNNING // _STEP  # the same as prints have it
_WORD = 20  # weight below which a block may be one by chance: "Background", "Why it matters"
PRINTS = 200  # of one text; of more the smallest, which are the same on every page that has them

_PAGES, _SHARE = 3, 0.2  # other texts, and the share of them, that make a line boilerplate
# The same of a paragraph: articles on one subject share their background.
_RUNNING_PAGES, _RUNNING_SHARE = 5, 0.5
_SAME = 0.6  # of the running text: two pages with so much in common hold one article

_LEFT = 200  # weight of what is left of a text that is more than a sentence
_CLOSERS = " \"'”’“»«›)]」』）"
_STOPS = (".", "!", "?", "…", "。", "！", "？")

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
    needed = (max(_PAGES, _SHARE * len(texts)), _most_pages(len(texts)))
    learnt = {
        mark: count
        for mark, count in counts.items()
        if count >= _PAGES and count >= needed[_runs(mark)] and _weight(mark) <= _MOST_WEIGHT
    }
    return Known(learnt, len(texts))


def drop(body: _Element, known: Known, told: Told | None = None) -> Recurring:
    """Remove from a body in HTML vocabulary what its site repeats; `told` hears of each block.

    A line alone between others goes only if most pages hold it, as a paragraph would have to: courts,
    recipes and series of interviews repeat their sentences. Headings, questions, corrections, or a word
    or two never go by themselves, nor does what makes up most of the text.
    """
    blocks: list[tuple[_Element, str, int]] = []
    marks: set[int] = set()
    for element, text in _blocks(body):
        mark = own = _print(text)
        if pictures := _pictures(element):
            own = _print(text, pictures)
        blocks.append((element, text, own))
        marks |= {mark, own}
    prints = tuple(sorted(marks - {0})[:PRINTS])
    if not known.counts:
        return Recurring(prints)
    gone: list[tuple[_Element, str, int]] = []
    for run in _repeated(blocks, known.counts):
        goes = len(run) > 1 or known.counts[run[0][2]] >= _most_pages(known.texts)
        if goes and any(_may_go(element, text) for element, text, _ in run):
            gone += run
    if not gone:
        return Recurring(prints)
    taken = {element for element, _, _ in gone}
    if not any(weight(text) >= _RUNNING for element, text, _ in blocks if element not in taken):
        return Recurring(prints)  # of a text nothing would be left: whatever this page is, it is no box
    if _is_most([text for _, text, _ in gone], [text for _, text, _ in blocks]):
        return Recurring(prints)
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
    """Return those paragraphs and lines of a text that are blocks of a page which left these prints."""
    found: list[str] = []
    for part in text.split("\n\n"):
        parts = [part] if _print(part) in prints else part.split("\n")
        found += (each for each in parts if _print(each) in prints)
    return "\n\n".join(found)


def _texts(pages: Sequence[AbstractSet[int]]) -> list[AbstractSet[int]]:
    """Join the pages that hold one article into one set of prints each.

    Only pages that share a paragraph are compared, so that it stays cheap. The longer of two counts: a page
    that holds nothing but a paragraph of the site's own is not every article which that stands below.
    """
    long = [{mark: _weight(mark) for mark in page if mark & _LARGEST >= _LONG} for page in pages]
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
        if common >= _SAME * max(sum(long[first].values()), sum(long[second].values())):
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
        yield element, "" if element.tag in _TABLES else " ".join("".join(_texts_of(element)).split())


def _pictures(element: _Element) -> list[str]:
    """Return the addresses of what is shown beside the words: a caption belongs to its own picture."""
    return [each.get("src", "") for each in element.iter(*_CONTENT)] if len(element) else []


def _texts_of(element: _Element) -> Iterator[str]:
    """Give the pieces of a block's text; a line ends where <br> says so."""
    if not len(element):
        yield element.text or ""
        return
    for each in element.iter("*"):
        yield "\n" if each.tag == "br" else each.text or ""
        if each is not element:
            yield each.tail or ""


def _print(text: str, pictures: Sequence[str] = ()) -> int:
    """Return the print of a block, the same wherever its lines are broken; 0 of what has no words."""
    line = one_line(text)
    if not line:
        return 0
    words = "\n".join(("".join(line.casefold().split()), *pictures))
    digest = blake2b(words.encode("utf-8", "surrogatepass"), digest_size=6).digest()
    return int.from_bytes(digest, "big") << _SIZE_BITS | min(weight(line) // _STEP, _LARGEST)


def _weight(mark: int) -> int:
    return (mark & _LARGEST) * _STEP


def _runs(mark: int) -> bool:
    return mark & _LARGEST >= _LONG


def _most_pages(texts: int) -> float:
    """Return how many of the other texts must hold what goes although it reads like an article's own."""
    return max(_RUNNING_PAGES, _RUNNING_SHARE * texts)


def _may_go(element: _Element, text: str) -> bool:
    """Tell a line from those that articles have in common by chance."""
    if element.tag in HEADINGS or weight(text) < _WORD or is_correction(text):
        return False
    return not text.rstrip(_CLOSERS).endswith(("?", "？"))


def _is_most(gone: Sequence[str], blocks: Sequence[str]) -> bool:
    """Tell that the better part of a text would go: its sentences, or so much that a sentence is left."""
    size, lost = (sum(map(weight, texts)) for texts in (blocks, gone))
    sentences = sum(weight(text) for text in gone if text.rstrip(_CLOSERS).endswith(_STOPS))
    return 2 * sentences > size or (2 * lost > size and size - lost < _LEFT)


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
