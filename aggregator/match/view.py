"""One document as the matcher looks at it: title and cleaned text as one row of words, and the finds.

Built once for all topics. Words of the title come first, then a line feed that nothing can match,
then the words of the text without the paragraphs that speak of other articles.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, islice
from typing import TypeVar

from ahocorasick_rs import AhoCorasick

from aggregator.match import clean
from aggregator.match.terms import Needle, Needles, TermSet
from aggregator.model import Document
from aggregator.text.stems import LANGUAGES, stem

BORDER = "\n"
_GAP = 1_000_000  # half-words between title and text: nothing is near across it
_LEAD_SENTENCES = 2
_T = TypeVar("_T")
_COMPANY_REACH = 30  # half-words from an ambiguous name to a word of a firm
_STOPS = frozenset(".!?…。！？")
MOST = 10_000  # finds of a set of terms; who repeats a word more often says no more by it


@dataclass(frozen=True, slots=True)
class Find:
    """An occurrence of a needle: words start to end (exclusive) of the view."""

    start: int
    end: int
    needle: Needle


class View:
    """The words of a document with their sentences, paragraphs and distances."""

    def __init__(self, document: Document) -> None:
        self.document = document
        title, text = document.title_tokens, document.text_tokens
        pieces = clean.paragraphs(text)
        skipped = clean.foreign(document.text, text, pieces)
        self._kept = [piece for number, piece in enumerate(pieces) if number not in skipped]
        self.border = len(title.words)
        self.words = [*title.words, BORDER, *self._of(text.words)]
        self.finds: dict[str, list[int]] = {}  # by pattern, as offsets in the row of words
        self._sets: dict[tuple[TermSet, int], tuple[Find, ...]] = {}

    # Most texts match nothing: what only a score or a find needs is made when it is asked for.

    @cached_property
    def is_digest(self) -> bool:
        """Whether the text is a row of items that have nothing to do with one another."""
        return clean.sections(self.document.text, self.document.text_tokens, self._kept)

    @cached_property
    def sentences(self) -> list[int]:
        """The number of each word's sentence; the title is 0."""
        return self._numbers(self.document.text_tokens.sentences)

    @cached_property
    def paragraphs(self) -> list[int]:
        """The number of each word's paragraph; the title is 0."""
        return self._numbers(self.document.text_tokens.paragraphs)

    @cached_property
    def _starts(self) -> list[int]:
        return [*self.document.title_tokens.starts, 0, *self._of(self.document.text_tokens.starts)]

    @cached_property
    def _ends(self) -> list[int]:
        return [*self.document.title_tokens.ends, 0, *self._of(self.document.text_tokens.ends)]

    @cached_property
    def _places(self) -> dict[int, int]:
        """The number of the word that starts at an offset in the row of words."""
        offsets = accumulate((len(word) + 1 for word in self.words), initial=0)
        return dict(zip(offsets, range(len(self.words)), strict=False))

    def _of(self, column: tuple[_T, ...]) -> Iterator[_T]:
        """Give what of a column of the text belongs to words that are looked at."""
        return chain.from_iterable(column[start:end] for start, end in self._kept)

    def _numbers(self, column: tuple[int, ...]) -> list[int]:
        return [*(0,) * (self.border + 1), *(number + 1 for number in self._of(column))]

    @cached_property
    def units(self) -> list[int]:
        """Place of each word in half-words, with one more for the end: two Han characters are a word."""
        lengths = [1 if word >= "\u3041" and len(word) == 1 else 2 for word in self.words]
        lengths[self.border] = _GAP
        return [0, *accumulate(lengths)]

    @cached_property
    def lead_end(self) -> int:
        """Where the first sentences of the text end, in words."""
        first = self.border + 1
        if first >= len(self.words):
            return first
        return bisect_left(self.sentences, self.sentences[first] + _LEAD_SENTENCES, lo=first)

    @cached_property
    def length(self) -> int:
        """How many sentences of the text are looked at."""
        return len(set(self.sentences[self.border + 1 :]))

    def search(self, automaton: AhoCorasick, patterns: Sequence[str]) -> None:
        """Find all patterns in one pass."""
        hay = f" {' '.join(self.words)} "
        finds: dict[int, list[int]] = defaultdict(list)
        for number, start, _ in automaton.find_matches_as_indexes(hay, overlapping=True):
            finds[number].append(start)
        self.finds = {patterns[number]: starts for number, starts in finds.items()}

    def occurrences(self, terms: TermSet, most: int = MOST) -> tuple[Find, ...]:
        """Return the finds of a set that count, in order: checked, unmasked, longest first.

        At most so many places of each term are looked at, the first ones.
        """
        found = self._sets.get((terms, most))
        if found is None:
            found = self._sets[terms, most] = self._collect(terms, most)
        return found

    def _collect(self, terms: TermSet, most: int) -> tuple[Find, ...]:
        finds = list(self._checked(terms.needles, most))
        if not finds:
            return ()
        is_hidden = self._cover(terms.masks, most)
        finds.sort(key=lambda find: (find.start, -find.end))
        longest: list[Find] = []
        reach = -1
        for find in finds:
            if find.end > reach and not is_hidden(find):
                longest.append(find)
                reach = find.end
        return tuple(longest)

    def _cover(self, masks: Needles, most: int) -> Callable[[Find], bool]:
        """Return the test whether a find touches a homonym, in time that does not grow with their number."""
        hidden = sorted((find.start, find.end) for find in self._checked(masks, most))
        if not hidden:
            return lambda _find: False
        ends = list(accumulate((end for _, end in hidden), max))  # the furthest of all up to each

        def is_hidden(find: Find) -> bool:
            before = bisect_left(hidden, (find.end, 0))
            return before > 0 and ends[before - 1] > find.start

        return is_hidden

    def _checked(self, needles: Needles, most: int) -> Iterator[Find]:
        for needle, starts in needles.occurring(self.finds):
            for offset in islice(starts, most):
                start = self._places.get(offset)
                if start is None:
                    continue  # inside a word that folds to several (`ﷺ`)
                end = start + needle.size
                if needle.size > 1 and self._is_broken(start, end, needle):
                    continue
                if needle.exact is not None and not needle.is_written(self._written(start, end)):
                    continue
                if needle.stems is not None and not self._has_stem(self.words[end - 1], needle.stems):
                    continue
                yield Find(start, end, needle)

    def _is_broken(self, start: int, end: int, needle: Needle) -> bool:
        """Whether a paragraph ends within a phrase, or a sentence that the phrase itself does not end."""
        first, last = self.sentences[start], self.sentences[end - 1]
        if first == last:
            return False
        if self.paragraphs[start] != self.paragraphs[end - 1]:
            return True
        # A line may merely be wrapped; and who writes `Yahoo! Japan` means the stop.
        source = self.document.text[self._starts[start] : self._ends[end - 1]]
        return not _STOPS.isdisjoint(source) and _STOPS.isdisjoint(needle.shown)

    def _written(self, start: int, end: int) -> tuple[str, ...]:
        source = self.document.title if start < self.border else self.document.text
        return tuple(source[self._starts[word] : self._ends[word]] for word in range(start, end))

    def _has_stem(self, word: str, stems: frozenset[tuple[str, str]]) -> bool:
        lang = self.document.lang
        langs = (lang,) if lang in LANGUAGES else LANGUAGES
        return any((one, stem(word, one)) in stems for one in langs)

    def in_company(
        self, finds: tuple[Find, ...], terms: TermSet, firm: tuple[Find, ...], companies: tuple[Find, ...]
    ) -> tuple[Find, ...]:
        """Drop ambiguous names that stand alone: no clear name of the family, no word of a firm near.

        Where a homonym occurs (`fire ants`), a clear name elsewhere in the text is no proof. A description
        (`the Hangzhou group`) that no clear name backs means whatever other company the text names.
        """
        has_homonym = not terms.masks.patterns.isdisjoint(self.finds.keys())
        if not has_homonym and any(not find.needle.is_ambiguous for find in finds):
            return finds
        names = terms.patterns()
        has_stranger = any(find.needle.pattern not in names for find in companies)
        units = self.units
        places = [units[find.start] for find in firm]

        def counts(find: Find) -> bool:
            if not find.needle.is_ambiguous:
                return True
            if find.needle.is_description and has_stranger:
                return False
            first = bisect_left(places, units[find.start] - _COMPANY_REACH)
            last = bisect_right(places, units[find.end] + _COMPANY_REACH)
            # `group` in `the Hangzhou group` says nothing new.
            return any(word.end <= find.start or find.end <= word.start for word in firm[first:last])

        return tuple(find for find in finds if counts(find))

    def words_between(self, start: int, end: int, *, in_title: bool) -> tuple[int, int] | None:
        """Return the words that a stretch of the title or text touches, if any is looked at."""
        low, high = (0, self.border) if in_title else (self.border + 1, len(self.words))
        first = bisect_right(self._ends, start, low, high)
        last = bisect_left(self._starts, end, first, high)
        return (first, last) if first < last else None

    def field(self, word: int) -> str:
        """Return where a word stands: "title", "lead" or "text"."""
        if word < self.border:
            return "title"
        return "lead" if word < self.lead_end else "text"

    def snippet(self, start: int, end: int, around: int = 8) -> str:
        """Return the words around a find as they stand in the document."""
        is_title = start < self.border
        low, high = (0, self.border) if is_title else (self.border + 1, len(self.words))
        first, last = max(low, start - around), min(high, end + around)
        source = self.document.title if is_title else self.document.text
        cut = source[self._starts[first] : self._ends[last - 1]]
        text = " ".join(cut.split())[:300]
        return f"{'…' if first > low else ''}{text}{'…' if last < high else ''}"
