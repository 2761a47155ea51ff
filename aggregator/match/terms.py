"""Terms made ready for the automaton: what to look for, and how to check a find.

A pattern is a run of folded words between blanks, ` abus de position `; without the last blank it is
a prefix. Sets of terms are shared by all topics that name the same list. Nothing here reads a text.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aggregator.match.tree import Mode, Term
from aggregator.text.stems import LANGUAGES, beginning, stem
from aggregator.text.tokens import tokenise

STRONG = 0.45  # what a term is worth for a sentence, unless its list or ^ says otherwise


@dataclass(frozen=True, slots=True)
class Needle:
    """One term to find."""

    shown: str  # as the topic or list writes it
    pattern: str
    size: int  # words
    weight: float
    is_authority: bool = False  # tells who acts, not what is done
    is_ambiguous: bool = False  # counts only in company, see `View.in_company`
    is_description: bool = False  # tells a company by what it is, as it may others
    exact: tuple[str, ...] | None = None  # the words as written, which the text must have too
    stems: frozenset[tuple[str, str]] | None = None  # (language, stem) of the last word

    @property
    def is_prefix(self) -> bool:
        """Whether the last word may go on."""
        return self.stems is None and not self.pattern.endswith(" ")

    def is_written(self, words: tuple[str, ...]) -> bool:
        """Whether words of a text are written as the term is."""
        if self.exact is None or words == self.exact:
            return True
        is_begun = self.is_prefix and words[-1].startswith(self.exact[-1])
        return is_begun and words[:-1] == self.exact[:-1]


class Needles:
    """Needles by the pattern that finds them."""

    def __init__(self, needles: Iterable[Needle] = ()) -> None:
        by_pattern: dict[str, list[Needle]] = {}
        for one in needles:
            by_pattern.setdefault(one.pattern, []).append(one)
        self._by_pattern = by_pattern
        self.patterns = frozenset(by_pattern)
        self.has_authorities = any(one.is_authority for same in by_pattern.values() for one in same)

    @property
    def shown(self) -> tuple[str, ...]:
        """The needles as topics and lists write them."""
        return tuple(one.shown for needles in self._by_pattern.values() for one in needles)

    def occurring(self, finds: Mapping[str, list[int]]) -> Iterator[tuple[Needle, list[int]]]:
        """Yield the needles whose patterns were found, with the words where they start."""
        by_pattern = self._by_pattern
        # Whichever are fewer are gone through: a list may have a thousand patterns, a text as many finds.
        few = finds if len(finds) < len(by_pattern) else by_pattern
        for pattern in few:
            if pattern in by_pattern and pattern in finds:
                for one in by_pattern[pattern]:
                    yield one, finds[pattern]


NO_NEEDLES = Needles()


@dataclass(frozen=True, slots=True, eq=False)
class TermSet:
    """Terms that mean the same to a query: one term, a list, or a group joined by OR."""

    name: str
    needles: Needles
    masks: Needles = NO_NEEDLES  # homonyms: a find inside one of these does not count
    has_ambiguous: bool = False

    def patterns(self) -> frozenset[str]:
        """Return the patterns one of which occurs in every text that holds a term of the set."""
        return self.needles.patterns


def needle(term: Term, weight: float) -> Needle:
    """Make a needle of a term as parsed."""
    tokens = tokenise(term.text)
    words = tokens.words
    shown = f"{term.mode.value}{term.text}{'*' * term.is_prefix}"
    exact: tuple[str, ...] | None = None
    stems: frozenset[tuple[str, str]] | None = None
    pattern = f" {' '.join(words)}" + ("" if term.is_prefix else " ")
    if term.mode is Mode.EXACT:
        spans = zip(tokens.starts, tokens.ends, strict=True)
        exact = tuple(term.text[start:end] for start, end in spans)
    elif term.mode is Mode.STEM:
        pairs = [(lang, stem(words[-1], lang)) for lang in LANGUAGES]
        stems = frozenset(pairs)
        # Words of one stem begin alike; the stem itself may end otherwise (polici, policy).
        pattern = f" {' '.join((*words[:-1], beginning(words[-1])))}"
    worth = weight if term.weight is None else term.weight
    return Needle(shown, pattern, len(words), worth, exact=exact, stems=stems)
