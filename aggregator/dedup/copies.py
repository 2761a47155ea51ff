"""Whether two items carry the same text: a copy, whatever its outlet, headline or footer.

Exact levels first, then overlap finds and facts decide: a template with other figures, days or
names is another event, however much of its wording is shared. Never across languages. Pairs are
judged here; which of them make a family is for `families`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from aggregator.dedup import facts
from aggregator.dedup.signature import MIN_TOKENS, is_mostly_han
from aggregator.model import CopyEvidence, Tokens
from aggregator.text.tokens import tokenise

WINDOW = timedelta(days=14)
_CONTAINED = 0.40  # of the shorter text's triples; near misses reach above it, facts part them
_ALIGNED = 0.35  # of the shorter sentence's pairs
_STRANGE, _TELLING = 0.05, 30  # share of triples, and how many it takes to say so
_COMMON = 8  # sentences that hold a word pair before it stops telling them apart
_LONGEST = 30_000  # characters that are compared; what is alike so far is a copy
_MUCH_LONGER = 3.0
_START = 0.5
_STEM, _HEADLINE, _TAKEN_UP = 4, 3, 0.4  # letters; words of a headline to judge by; share found in the text
_UPDATE_WINDOW, _UPDATE_GROWTH, _UPDATE_SHARE = timedelta(hours=36), 1.15, 0.8

_DATELINE = re.compile(r"\A[^\W\d_][\w .,'’/-]{1,40}(?:\([^()\n]{2,30}\))? ?[—–-]{1,2} (?=\S)")
_CALL = re.compile(
    r"subscribe|sign up|newsletter|follow us|rights reserved|reporting by|editing by|corrections policy|©"
    r"|abonnez|inscrivez|lettre gratuite|tous droits|reproduction interdite|avec (?:agence|afp|reuters)"
    r"|lire la suite|abonnieren|alle rechte|suscr[ií]b|derechos reservados|assine|iscriviti"
    r"|阅读全文|订阅|版权|责任编辑|未经授权",
    re.IGNORECASE,
)
_READ_ON = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])+\W*"
    r"(?:(?:continue reading|read more|lire la suite|weiterlesen|seguir leyendo|阅读全文)\W*)?\Z",
    re.IGNORECASE,
)
_FOOTER = 60  # words
_END = 120  # characters in which an invitation to read on stands


@dataclass(frozen=True, slots=True)
class CopyText:
    """An item's text with what is needed to compare it."""

    item_id: int
    title: str
    text: str
    lang: str | None
    digest: str
    urls: frozenset[str]  # canonical keys: of its link, and of what its page calls itself
    published_at: datetime
    first_seen_at: datetime


def find_copies(item: CopyText, candidates: Sequence[CopyText]) -> tuple[CopyEvidence, ...]:
    """Find the texts that an item shares, each with the evidence, in the order in which they were seen.

    Each pair is judged by itself and alike from both sides; what becomes of all pairs is for `families`.
    """
    others = sorted(
        (other for other in candidates if other.item_id != item.item_id),
        key=lambda other: (other.first_seen_at, other.item_id),
    )
    texts: dict[int, _Text] = {}
    found = (_compare(item, other, texts) for other in others)
    return tuple(evidence for evidence in found if evidence is not None)


def _compare(item: CopyText, other: CopyText, texts: dict[int, "_Text"]) -> CopyEvidence | None:
    if item.lang is not None and other.lang is not None and item.lang != other.lang:
        return None
    shared = {url for url in item.urls & other.urls if _names_an_article(url)}
    if shared and not _are_strangers(item, other):
        return CopyEvidence(other.item_id, "url", 1.0, f"both are {min(shared)}")
    if abs(item.published_at - other.published_at) > WINDOW or _is_furniture(item, other):
        return None
    if item.digest and item.digest == other.digest:
        return CopyEvidence(other.item_id, "digest", 1.0, "the texts are the same word for word")
    for each in (item, other):
        if each.item_id not in texts:
            texts[each.item_id] = _prepare(each)
    mine, theirs = texts[item.item_id], texts[other.item_id]
    share = _share(mine, theirs)
    if _refusal(item, mine, other, theirs, share):
        return None
    return CopyEvidence(other.item_id, "text", round(share, 3), _agreeing(share))


def _agreeing(share: float) -> str:
    return f"{share:.0%} of the shorter text is in the longer, facts agree"


def explain(first: CopyText, second: CopyText) -> str:
    """Say in one sentence why two texts are or are not copies, for whoever asks."""
    mine, theirs = _prepare(first), _prepare(second)
    share = _share(mine, theirs)
    refusal = _refusal(first, mine, second, theirs, share)
    return refusal or _agreeing(share)


def _is_furniture(first: CopyText, second: CopyText) -> bool:
    """Tell whether two texts under different headlines both have nothing to do with their own.

    A consent or login page that was taken for an article is the same text under every headline.
    """
    one, other = tokenise(first.title).words, tokenise(second.title).words
    if one == other:
        return False
    return not (_speaks_of(first.text, one) or _speaks_of(second.text, other))


def _speaks_of(text: str, headline: tuple[str, ...]) -> bool:
    """Tell whether a text takes up its headline: two telling words in five, or pairs of Han characters."""
    is_han = is_mostly_han(headline)
    told = _pairs(headline) if is_han else {word[:_STEM] for word in headline if len(word) >= _STEM}
    if len(told) < _HEADLINE:
        return True  # too little to judge by
    words = tokenise(text[:_LONGEST]).words
    inside = _pairs(words) if is_han else {word[:_STEM] for word in words}
    return len(told & inside) >= _TAKEN_UP * len(told)


def _are_strangers(first: CopyText, second: CopyText) -> bool:
    """Tell whether two texts under one address have nothing in common, headline included.

    Sites name one section page as the canonical link of all their articles.
    """
    if first.digest == second.digest or tokenise(first.title).words == tokenise(second.title).words:
        return False
    one, other = _prepare(first), _prepare(second)
    return min(len(one.shingles), len(other.shingles)) >= _TELLING and _share(one, other) < _STRANGE


@dataclass(frozen=True, slots=True)
class _Text:
    """A text cleaned for comparison."""

    text: str
    tokens: Tokens
    shingles: frozenset[tuple[str, ...]]
    is_han: bool


def _prepare(item: CopyText) -> _Text:
    text = clean(item.text[:_LONGEST])
    tokens = tokenise(text)
    is_han = is_mostly_han(tokens.words)
    return _Text(text, tokens, _grams(tokens.words, 4 if is_han else 3), is_han)


def clean(text: str) -> str:
    """Drop what outlets put round a wire text: dateline, footers that call to action, 'read more'."""
    text = _DATELINE.sub("", text, count=1)
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    while len(paragraphs) > 1 and _is_footer(paragraphs[-1]):
        paragraphs.pop()
    cleaned = "\n\n".join(paragraphs)
    # Only the end is looked at: thousands of dots would make the pattern quadratic.
    return cleaned[:-_END] + _READ_ON.sub("", cleaned[-_END:])


def _is_footer(paragraph: str) -> bool:
    return len(tokenise(paragraph).words) <= _FOOTER and _CALL.search(paragraph) is not None


def _share(mine: _Text, theirs: _Text) -> float:
    """Return the share of the shorter text that is found in the longer, 0…1."""
    shorter, longer = sorted((mine.shingles, theirs.shingles), key=len)
    return len(shorter & longer) / len(shorter) if shorter else 0.0


def _refusal(first: CopyText, mine: _Text, second: CopyText, theirs: _Text, share: float) -> str:
    """Say why two texts are no copies; "" if they are."""
    shorter, longer = sorted((mine, theirs), key=lambda text: len(text.shingles))
    if len(shorter.tokens.words) < MIN_TOKENS:
        return "too short to tell"
    if share < _CONTAINED:
        return f"only {share:.0%} of the shorter text is in the longer"
    if len(longer.tokens.words) >= _MUCH_LONGER * len(shorter.tokens.words) and not _start_alike(
        shorter, longer
    ):
        return "the longer one holds the shorter among other things: a digest"
    conflicts = _conflicts(first, mine, second, theirs)
    if not conflicts or _is_update(first, mine, second, theirs, share, conflicts):
        return ""
    return f"another event: {conflicts[0]}"


def _start_alike(shorter: _Text, longer: _Text) -> bool:
    size = 60 if shorter.is_han else 40
    lead = _grams(shorter.tokens.words[:size], 2)
    return len(lead & _grams(longer.tokens.words[: 2 * size], 2)) >= _START * len(lead)


def _is_update(
    first: CopyText, mine: _Text, second: CopyText, theirs: _Text, share: float, conflicts: list[str]
) -> bool:
    """Tell whether one text is a longer later version of the other with one figure brought up to date."""
    if len(conflicts) > 1 or not conflicts[0].startswith("figures") or share < _UPDATE_SHARE:
        return False
    (_, old), (_, new) = sorted(
        ((first.published_at, mine), (second.published_at, theirs)), key=lambda pair: pair[0]
    )
    is_soon = abs(first.published_at - second.published_at) <= _UPDATE_WINDOW
    return is_soon and len(new.tokens.words) >= _UPDATE_GROWTH * len(old.tokens.words)


def _conflicts(first: CopyText, mine: _Text, second: CopyText, theirs: _Text) -> list[str]:
    """List the facts that stand against each other in sentences that match, and in the headlines."""
    if (len(theirs.tokens.words), theirs.text, second.title) < (
        len(mine.tokens.words),
        mine.text,
        first.title,
    ):
        first, mine, second, theirs = second, theirs, first, mine  # sentences are sought from one side
    lang = first.lang or second.lang
    whole_first, whole_second = (f"{item.title}\n{item.text[:_LONGEST]}" for item in (first, second))
    all_first, all_second = facts.read(whole_first, lang), facts.read(whole_second, lang)
    words = facts.Words(
        tokenise(whole_first).words,
        tokenise(whole_second).words,
        facts.lower_words(whole_first) | facts.lower_words(whole_second),
    )
    pairs = [(facts.read(one, lang), facts.read(other, lang)) for one, other in _aligned(mine, theirs)]
    swapped = None
    if _is_one_shape(first.title, second.title):
        pairs.append(
            (
                facts.read_title(first.title, first.text, lang),
                facts.read_title(second.title, second.text, lang),
            )
        )
        swapped = facts.swapped(first.title, second.title, whole_first, whole_second)
    found = [facts.contradiction(one, other, all_first, all_second, words) for one, other in pairs]
    return [conflict for conflict in (*found, swapped) if conflict]


def _aligned(mine: _Text, theirs: _Text) -> list[tuple[str, str]]:
    """Pair each sentence with the one that shares most of its word pairs, if they differ and it is enough."""
    others = [(sentence, _pairs(words)) for sentence, words in _sentences(theirs)]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, (_, pairs) in enumerate(others):
        for pair in pairs:
            places[pair].append(number)
    found = []
    for sentence, words in _sentences(mine):
        pairs = _pairs(words)
        # Pairs that stand everywhere align nothing; leaving them out keeps this linear.
        shared = Counter(
            number
            for pair in pairs
            if len(places.get(pair, ())) <= _COMMON
            for number in places.get(pair, ())
        )
        best, best_share = "", 0.0
        for number, count in sorted(shared.items()):
            share = count / min(len(pairs), len(others[number][1]))
            if share > best_share:
                best, best_share = others[number][0], share
        if best_share >= _ALIGNED and best != sentence:
            found.append((sentence, best))
    return found


def _sentences(text: _Text) -> list[tuple[str, tuple[str, ...]]]:
    tokens = text.tokens
    result = []
    for _, group in groupby(range(len(tokens.words)), key=tokens.sentences.__getitem__):
        places = list(group)
        first, last = places[0], places[-1]
        # The span reaches up to the next word, to keep a percent sign or a closing mark.
        end = tokens.starts[last + 1] if last + 1 < len(tokens.starts) else len(text.text)
        result.append((text.text[tokens.starts[first] : end], tokens.words[first : last + 1]))
    return result


def _is_one_shape(first: str, second: str) -> bool:
    one, other = (_pairs(tokenise(title).words) for title in (first, second))
    least = min(len(one), len(other))
    return least > 0 and len(one & other) >= _ALIGNED * least


def _pairs(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return _grams(words, 2) if len(words) > 1 else frozenset({words} if words else ())


def _grams(words: tuple[str, ...], size: int) -> frozenset[tuple[str, ...]]:
    return frozenset(zip(*(words[start:] for start in range(size)), strict=False))


def _names_an_article(url: str) -> bool:
    """A bare home page names no article; feeds that link nothing else would become one copy."""
    return url.partition("://")[2].partition("/")[2] != ""
