"""What two texts of one wording state against each other: figures, days, names.

Sentences that match are held against one another, and what one of them says counts only if the other
text does not say it anywhere. A fact on one side only never contradicts: texts are shortened and extended
all the time. What to make of a conflict is for `copies`.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise, takewhile

from aggregator.dedup.facts import STEM, Facts
from aggregator.dedup.prepared import Gram, Prepared, Sentence, pairs, stated
from aggregator.text.fold import fold

_ALIGNED = 0.35  # of the shorter sentence's pairs
_TEMPLATE = 0.6  # of them: two sentences with only their facts exchanged
_COMMON = 8  # sentences that hold a word pair before it stops telling them apart
_JUDGED = 24  # sentences that are compared
_TOLERANCE = 0.02
_SHAPED = 200  # characters of a headline that are compared

_WORD_PARTS = re.compile(r"[^\W_]+")
# What a place's or people's name gains or loses: Turkey, Turkish; Lyon, lyonnais; Italy, Italian.
_ENDINGS = re.compile(
    r"(?:[aeionys]|es|ers?|en|ine?|[ae]y|ia|(?:i|e)?ans?|ese|ish|ise?|n?aise?|oise?|ien(?:ne|s)?|egian|isch(?:en?)?)?"
)
_ENDING = 2  # letters, in other scripts than the Latin one
_ALIKE = 100  # words of one beginning that are looked at

_HAN = re.compile(r"[㐀-鿿]{1,12}")
_HAN_WORD = re.compile(r"[㐀-鿿]{2,12}")
# What stands before `公司` without being a name, and figures.
_NO_NAME = re.compile(r"[该这那此本其某各我贵几数多有当零〇一二三四五六七八九十百千万亿两]")
_NAMED = re.compile("[市县省州镇乡村]|公司|集团|科技|银行|大学|医院|股份|物流|证券|制药|药业|汽车|航空|电子")
_CLAUSE = "，。；：！？、“《\n"


@dataclass(frozen=True, slots=True)
class Conflict:
    """What each of two texts states and the other does not."""

    kind: str  # figures, days, names
    first: frozenset[str]
    second: frozenset[str]
    is_edge: bool = False  # found at the edge of both texts, where addresses and counters stand

    def __str__(self) -> str:
        return f"{self.kind} {', '.join(sorted(self.first))} and {', '.join(sorted(self.second))}"


def conflicts(first: Prepared, second: Prepared, share: float) -> Iterator[Conflict]:
    """Yield what stands against each other in sentences that match, and in the headlines; some twice.

    `share` of the shorter text is found in the longer.
    """
    lang = first.lang or second.lang
    for number, (one, other, alike) in enumerate(_aligned(first, second)):
        if number == _JUDGED:
            break
        is_edge = one.is_edge and other.is_edge
        found = contradiction(stated(one.text, lang), stated(other.text, lang), first, second)
        if found is None and min(alike, share) >= _TEMPLATE:
            found = _exchanged(one, other, first, second)
        if found is not None:
            yield Conflict(found.kind, found.first, found.second, is_edge)
    if _is_one_shape(first.title_words, second.title_words):
        found = contradiction(first.title_facts, second.title_facts, first, second)
        if found is not None:
            yield found
        found = swapped(*(fold(text) for text in (first.title, second.title, first.whole, second.whole)))
        if found is not None:
            yield found


def _aligned(mine: Prepared, theirs: Prepared) -> Iterator[tuple[Sentence, Sentence, float]]:
    """Pair each sentence that only one text has with the one that shares most of its pairs, if enough."""
    for sentence in mine.sentences:
        if sentence.text in theirs.said:
            continue
        # Pairs that stand everywhere align nothing; leaving them out keeps this linear.
        shared = Counter(
            number
            for pair in sentence.pairs
            if len(theirs.places.get(pair, ())) <= _COMMON
            for number in theirs.places.get(pair, ())
        )
        best, best_share = sentence, 0.0
        for number, count in sorted(shared.items()):
            other = theirs.sentences[number]
            share = count / min(len(sentence.pairs), len(other.pairs))
            if share > best_share:
                best, best_share = other, share
        if best_share >= _ALIGNED:
            yield sentence, best, best_share


def _is_one_shape(first: Gram, second: Gram) -> bool:
    one, other = pairs(first), pairs(second)
    least = min(len(one), len(other))
    return least > 0 and len(one & other) >= _ALIGNED * least


def contradiction(first: Facts, second: Facts, mine: Prepared, theirs: Prepared) -> Conflict | None:
    """Find what each of two matching sentences states and the other text does not; None if they agree."""
    checks: tuple[tuple[str, Callable[[], Iterable[str]], Callable[[], Iterable[str]]], ...] = (
        ("figures", lambda: _missing(first, theirs), lambda: _missing(second, mine)),
        ("figures", lambda: _uncounted(first, second), lambda: _uncounted(second, first)),
        ("days", lambda: _other_days(first, theirs), lambda: _other_days(second, mine)),
        ("names", lambda: _unnamed(first, mine, theirs), lambda: _unnamed(second, theirs, mine)),
    )
    for kind, ours, others in checks:
        only_first = frozenset(ours())
        only_second = frozenset(others()) if only_first else only_first
        if only_second:
            return Conflict(kind, only_first, only_second)
    return None


def _missing(stated: Facts, whole: Prepared) -> Iterator[str]:
    """Yield the figures that another text lacks; both in the order of their values."""
    known = whole.figures
    for value, is_share in sorted(stated.numbers):
        at = bisect_left(known, value * (1 - _TOLERANCE), key=lambda figure: figure[0])
        found = False
        while at < len(known) and known[at][0] * (1 - _TOLERANCE) <= value and not found:
            found = known[at][1] == is_share or known[at][0] == value
            at += 1
        if not found:
            yield f"{value:,.12g}{' %' if is_share else ''}"


def _uncounted(stated: Facts, other: Facts) -> Iterator[str]:
    """Yield what looks like a year and counts what the other sentence counts, too: `1950 jobs`."""
    for value, what in stated.counts:
        against = [number for number, thing in other.counts if thing == what]
        if against and all(abs(value - number) > _TOLERANCE * max(value, number) for number in against):
            yield f"{value:,.12g}"


def _other_days(stated: Facts, whole: Prepared) -> Iterator[str]:
    return (f"{month}-{day}" for month, day in stated.days - whole.days)


def _unnamed(stated: Facts, mine: Prepared, theirs: Prepared) -> Iterator[str]:
    """Yield the names that another text does not have."""
    for name in stated.names:
        # A name that either text also writes small is a word at the start of a headline.
        lower = [text.lower_words for text in (mine, theirs)]
        parts = _WORD_PARTS.findall(name)
        is_known = any(name in words for words in lower) or all(
            any(part in words for words in lower) or _has(theirs, part) for part in parts
        )
        if not is_known:
            yield name


def _has(text: Prepared, name: str) -> bool:
    """Tell whether a text has a name, or a word made from it."""
    if name in text.words:
        return True
    alike = text.beginnings.get(name[:STEM], ())[:_ALIKE]
    return len(name) >= STEM and any(_is_made_of(name, word) for word in alike)


def _is_made_of(one: str, other: str) -> bool:
    """Tell `turkey` and `turkish` from `shandong` and `shanghai`: by how they end."""
    both = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    ends = (one[both:], other[both:])
    return both >= STEM and all(
        _ENDINGS.fullmatch(end) if end.isascii() else len(end) <= _ENDING for end in ends
    )


def _exchanged(one: Sentence, other: Sentence, first: Prepared, second: Prepared) -> Conflict | None:
    """Find the names exchanged between sentences that are otherwise one, where capitals do not tell them."""
    if first.is_han:
        return _exchanged_han(one, other, first, second)
    if "de" in (first.lang, second.lang):  # German opens sentences with any noun
        return None
    openers = (one.words[0], other.words[0])
    is_exchange = (
        openers[0] in first.openers
        and openers[1] in second.openers
        and not any(word in text.lower_words for word in openers for text in (first, second))
        and not _has(second, openers[0])
        and not _has(first, openers[1])
    )
    return Conflict("names", frozenset(openers[:1]), frozenset(openers[1:])) if is_exchange else None


def _exchanged_han(one: Sentence, other: Sentence, first: Prepared, second: Prepared) -> Conflict | None:
    """Find Han words between the same characters that are named as places and companies are.

    Or that stand several times, and once at the beginning of a clause, as the subjects of a text do.
    """
    against: dict[tuple[str, str], list[_Run]] = defaultdict(list)
    for run in _strange_runs(other.words, first.bigrams):
        against[run.before, run.after[:1]].append(run)
    for mine in _strange_runs(one.words, second.bigrams):
        for theirs in against.get((mine.before, mine.after[:1]), ()):
            words = (mine.word, theirs.word)
            if not all(_HAN.fullmatch(word) and not _NO_NAME.search(word) for word in words):
                continue
            if all(run.is_named for run in (mine, theirs)) or (
                _is_subject(mine.word, first, second) and _is_subject(theirs.word, second, first)
            ):
                return Conflict("names", frozenset({mine.word}), frozenset({theirs.word}))
    return None


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters of a sentence that another text does not have in this place."""

    before: str
    word: str
    after: str

    @property
    def is_named(self) -> bool:
        """Whether it is a part of a name by what follows or by its own end."""
        return any(
            _NAMED.match(self.after) or (len(self.word) > size + 1 and _NAMED.fullmatch(self.word[-size:]))
            for size in (1, 2)
        )


def _strange_runs(words: Gram, known: frozenset[Gram]) -> Iterator[_Run]:
    """Yield the runs of a sentence between characters whose pairs another text has."""
    is_strange = [pair not in known for pair in pairwise(words)]
    start = 0
    while start < len(is_strange):
        if not is_strange[start]:
            start += 1
            continue
        end = start
        while end < len(is_strange) and is_strange[end]:
            end += 1
        first = start + 1 if start else 0
        last = end if end < len(is_strange) else end + 1
        if last > first:
            yield _Run(
                "".join(words[first - 1 : first]), "".join(words[first:last]), "".join(words[last : last + 2])
            )
        start = end


def _is_subject(word: str, mine: Prepared, theirs: Prepared) -> bool:
    if len(word) < 2 or word in theirs.whole or mine.whole.count(word) < 2:
        return False
    return any(f"{mark}{word}" in mine.whole for mark in _CLAUSE)


def swapped(first: str, second: str, whole_first: str, whole_second: str) -> Conflict | None:
    """Find the Han words that two headlines of one shape exchange and neither other text holds.

    Han script has no capitals, so a name shows itself only by standing where another one stood.
    """
    matcher = SequenceMatcher(None, first[:_SHAPED], second[:_SHAPED], False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        one, other = first[start:end], second[other_start:other_end]
        are_words = kind == "replace" and _HAN_WORD.fullmatch(one) and _HAN_WORD.fullmatch(other)
        if are_words and one not in whole_second and other not in whole_first:
            return Conflict("names", frozenset({one}), frozenset({other}))
    return None
