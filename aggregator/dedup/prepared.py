"""A text made ready to be compared with others, each part of it worked out once and when it is asked for.

The texts read last are kept, since what comes in together is compared together. Judges nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

from aggregator.dedup import facts
from aggregator.dedup.cleaning import clean
from aggregator.dedup.facts import Facts
from aggregator.dedup.signature import is_mostly_han
from aggregator.model import Tokens
from aggregator.text.tokens import tokenise

LONGEST = 6_000  # characters that are compared: what is alike so far is a copy
_KEPT, _KEPT_SENTENCES = 48, 2000
_EDGE, _EDGE_HAN = 16, 40  # words of a paragraph that may be furniture

Gram = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text."""

    text: str
    words: Gram
    pairs: frozenset[Gram]
    is_edge: bool  # of a short paragraph at the beginning or the end of the text


@dataclass(frozen=True)
class Prepared:
    """A text and what it is compared by."""

    title: str
    text: str
    lang: str | None

    @cached_property
    def body(self) -> str:
        """The text without what outlets put round it."""
        return clean(self.text)

    @cached_property
    def tokens(self) -> Tokens:
        """Its words."""
        return tokenise(self.body)

    @cached_property
    def is_han(self) -> bool:
        """Whether it is written in Han characters."""
        return is_mostly_han(self.tokens.words)

    @cached_property
    def grams(self) -> tuple[Gram, ...]:
        """Word triples, of Han characters four, in their order."""
        return grams(self.tokens.words, 4 if self.is_han else 3)

    @cached_property
    def shingles(self) -> frozenset[Gram]:
        """The same as a set."""
        return frozenset(self.grams)

    @cached_property
    def title_words(self) -> tuple[str, ...]:
        """The folded words of the headline."""
        return tokenise(self.title).words

    @cached_property
    def whole(self) -> str:
        """Headline and text as they came."""
        return f"{self.title}\n{self.text}"

    @cached_property
    def _all_words(self) -> Gram:
        return tokenise(self.whole).words

    @cached_property
    def words(self) -> frozenset[str]:
        """The folded words of headline and text."""
        return frozenset(self._all_words)

    @cached_property
    def bigrams(self) -> frozenset[Gram]:
        """The pairs of neighbouring words of headline and text."""
        return frozenset(grams(self._all_words, 2))

    @cached_property
    def beginnings(self) -> dict[str, list[str]]:
        """The same words by their first four letters."""
        found = defaultdict(list)
        for word in sorted(self.words):
            found[word[: facts.STEM]].append(word)
        return dict(found)

    @cached_property
    def lower_words(self) -> frozenset[str]:
        """The folded words that it writes without a capital."""
        return facts.lower_words(self.whole)

    @cached_property
    def openers(self) -> frozenset[str]:
        """The folded words that open several of its sentences with a capital."""
        return facts.openers(self.whole)

    @cached_property
    def _stated(self) -> tuple[Facts, Facts]:
        return facts.read(self.title, self.lang), facts.read(self.text, self.lang)

    @cached_property
    def days(self) -> frozenset[tuple[int, int]]:
        """The days that headline and text name."""
        title, text = self._stated
        return title.days | text.days

    @cached_property
    def figures(self) -> list[tuple[float, bool]]:
        """The figures that headline and text name, in the order of their values."""
        title, text = self._stated
        return sorted(title.numbers | text.numbers)

    @cached_property
    def title_facts(self) -> Facts:
        """What the headline states and the text repeats."""
        title, text = self._stated
        return facts.of_title(self.title, title, self.text, text)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Its sentences in their order."""
        tokens = self.tokens
        last_paragraph = tokens.paragraphs[-1] if tokens.paragraphs else 0
        sizes = {0: tokens.paragraphs.count(0), last_paragraph: tokens.paragraphs.count(last_paragraph)}
        most = _EDGE_HAN if self.is_han else _EDGE
        edges = {number for number, size in sizes.items() if last_paragraph and size <= most}
        result = []
        for _, group in groupby(range(len(tokens.words)), key=tokens.sentences.__getitem__):
            places = list(group)
            first, last = places[0], places[-1]
            # The span reaches up to the next word, to keep a percent sign or a closing mark.
            end = tokens.starts[last + 1] if last + 1 < len(tokens.starts) else len(self.body)
            is_edge = tokens.paragraphs[first] in edges
            words = tokens.words[first : last + 1]
            result.append(Sentence(self.body[tokens.starts[first] : end], words, pairs(words), is_edge))
        return tuple(result)

    @cached_property
    def said(self) -> frozenset[str]:
        """The same as they are written."""
        return frozenset(sentence.text for sentence in self.sentences)

    @cached_property
    def places(self) -> dict[Gram, list[int]]:
        """The sentences that hold a pair of words."""
        found = defaultdict(list)
        for number, sentence in enumerate(self.sentences):
            for pair in sentence.pairs:
                found[pair].append(number)
        return dict(found)


@lru_cache(maxsize=_KEPT_SENTENCES)
def stated(sentence: str, lang: str | None) -> Facts:
    """Return what a sentence states."""
    return facts.read(sentence, lang)


@lru_cache(maxsize=_KEPT)
def prepare(title: str, text: str, lang: str | None) -> Prepared:
    """Make a text ready, as far as it is compared."""
    return Prepared(title[: LONGEST // 10], text[:LONGEST], lang)


def grams(words: tuple[str, ...], size: int) -> tuple[Gram, ...]:
    """Return all runs of that many words."""
    return tuple(zip(*(words[start:] for start in range(size)), strict=False))


def pairs(words: tuple[str, ...]) -> frozenset[Gram]:
    """Return all pairs of neighbouring words; a single word by itself."""
    return frozenset(grams(words, 2)) if len(words) > 1 else frozenset({words} if words else ())
