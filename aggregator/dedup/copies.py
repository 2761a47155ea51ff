"""Whether two items carry the same text: a copy, whatever its outlet, headline or footer.

Exact levels first, then overlap finds and facts decide: a template with other figures, days or
names is another event, however much of its wording is shared. Never across languages. Pairs are
judged here; which of them make a family is for `families`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.dedup.conflicts import Conflict, conflicts
from aggregator.dedup.prepared import LONGEST, Prepared, grams, pairs, prepare
from aggregator.dedup.signature import MIN_TOKENS, is_mostly_han
from aggregator.model import CopyEvidence
from aggregator.urls import registrable_domain

WINDOW = timedelta(days=14)
BUDGET = 48_000  # characters of other texts that one item is compared with
_CONTAINED = 0.40  # of the shorter text's triples; near misses reach above it, facts part them
_STRANGE, _TELLING = 0.15, 30  # share of triples under one address, and how many it takes to say so
_BLOCK, _BLOCK_HAN, _OF_BLOCK = 24, 40, 0.15  # words of a part of a text; share by which it is known
_FOREIGN = 0.25  # of a text that the other one has nothing of
_START = 0.2  # of the pairs of the first block
_STEM, _SHORT, _HEADLINE, _TAKEN_UP = 4, 3, 3, 0.4  # letters; words of a headline; share found in the text
_UPDATE_WINDOW, _UPDATE_GROWTH, _UPDATE_SHARE = timedelta(hours=36), 1.15, 0.75
_BY_CHANCE, _WALL = 0.2, 0.75  # share of a headline; of one wall under two headlines
_REST = 0.9  # of the text between furniture


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

    @property
    def prepared(self) -> Prepared:
        """The text ready to be compared."""
        return prepare(self.title, self.text[:LONGEST], self.lang)


def addresses(link: str, claimed: str) -> frozenset[str]:
    """Return the keys by which an item is the same as another: of its link, and of what its page claims.

    A page speaks for its own site alone: anybody can call a page by the address of somebody else's.
    """
    if claimed and link and registrable_domain(claimed) != registrable_domain(link):
        claimed = ""
    return frozenset(key for key in (link, claimed) if key)


@dataclass(frozen=True, slots=True)
class Compared:
    """What an item was found to be like, each with the evidence, in the order in which they were seen."""

    found: tuple[CopyEvidence, ...]
    unlike: tuple[int, ...]
    is_cut: bool  # there was more than could be compared


def find_copies(item: CopyText, candidates: Sequence[CopyText]) -> Compared:
    """Find the texts that an item shares among candidates, the most promising first.

    Each pair is judged by itself and alike from both sides; what becomes of all pairs is for `families`.
    Stops when enough text was compared.
    """
    seen: dict[int, tuple[datetime, int]] = {}
    found, unlike, left = [], [], BUDGET
    for other in candidates:
        if other.item_id == item.item_id:
            continue
        if left <= 0:
            break
        left -= min(len(other.text), LONGEST)
        seen[other.item_id] = (other.first_seen_at, other.item_id)
        if evidence := _compare(item, other):
            found.append(evidence)
        else:
            unlike.append(other.item_id)
    found.sort(key=lambda evidence: seen[evidence.other_id])
    others = sum(other.item_id != item.item_id for other in candidates)
    return Compared(tuple(found), tuple(sorted(unlike, key=seen.__getitem__)), len(seen) < others)


def _compare(item: CopyText, other: CopyText) -> CopyEvidence | None:
    if item.lang is not None and other.lang is not None and item.lang != other.lang:
        return None
    shared = {url for url in item.urls & other.urls if _names_an_article(url)}
    if shared and not _are_strangers(item, other):
        return CopyEvidence(other.item_id, "url", 1.0, f"both are {min(shared)}")
    if abs(item.published_at - other.published_at) > WINDOW:
        return None
    is_same = item.digest != "" and item.digest == other.digest
    share = 1.0 if is_same else _share(item.prepared, other.prepared)
    if share < _CONTAINED or _is_furniture(item, other, share):
        return None
    if is_same:
        return CopyEvidence(other.item_id, "digest", 1.0, "the texts are the same word for word")
    if _refusal(item, other, share):
        return None
    return CopyEvidence(other.item_id, "text", round(share, 3), _agreeing(share))


def _agreeing(share: float) -> str:
    return f"{share:.0%} of the shorter text is in the longer, facts agree"


def explain(first: CopyText, second: CopyText) -> str:
    """Say in one sentence why two texts are or are not copies, for whoever asks."""
    share = _share(first.prepared, second.prepared)
    return _refusal(first, second, share) or _agreeing(share)


def _is_furniture(first: CopyText, second: CopyText, share: float) -> bool:
    """Tell whether two texts under different headlines have nothing to do with their own.

    A consent or login page that was taken for an article is the same text under every headline, one of
    which may happen to suit it; a text written anew is no such page.
    """
    one, other = first.prepared.title_words, second.prepared.title_words
    if one == other or share < _WALL:
        return False
    both = (_taken_up(first.prepared), _taken_up(second.prepared))
    taken = [share for share in both if share is not None]
    return max(taken, default=0.0) < _TAKEN_UP or min(taken) <= _BY_CHANCE


def _taken_up(text: Prepared) -> float | None:
    """Return the share of its headline's telling words, or pairs of Han characters, that a text takes up.

    One of two words says nothing: None.
    """
    headline = text.title_words
    if is_mostly_han(headline):
        told, both = len(pairs(headline)), len(pairs(headline) & frozenset(grams(text.tokens.words, 2)))
    else:
        stems = {word[:_STEM] for word in headline if len(word) >= _STEM}
        if len(stems) < _HEADLINE:
            stems = {word[:_STEM] for word in headline if len(word) >= _SHORT}
        told, both = len(stems), len(stems & {word[:_STEM] for word in text.tokens.words})
    if 0 < both < told < _HEADLINE:
        return None
    return both / told if told else 1.0


def _are_strangers(first: CopyText, second: CopyText) -> bool:
    """Tell whether two texts under one address have nothing in common, headline included.

    Sites name one section page as the canonical link of all their articles. A short text has to share
    what a copy shares; one without any words, or a headline, does not contradict.
    """
    one, other = first.prepared, second.prepared
    if first.digest == second.digest or not (one.title_words and other.title_words):
        return False
    titles = [{word[:_STEM] for word in text.title_words} for text in (one, other)]
    if len(titles[0] & titles[1]) >= _TAKEN_UP * min(map(len, titles)):
        return False
    least = min(len(one.shingles), len(other.shingles))
    return least > 0 and _share(one, other) < (_STRANGE if least >= _TELLING else _CONTAINED)


def _share(mine: Prepared, theirs: Prepared) -> float:
    """Return the share of the shorter text that is found in the longer, 0…1."""
    shorter, longer = sorted((mine.shingles, theirs.shingles), key=len)
    return len(shorter & longer) / len(shorter) if shorter else 0.0


def _refusal(first: CopyText, second: CopyText, share: float) -> str:
    """Say why two texts are no copies; "" if they are."""
    mine, theirs = first.prepared, second.prepared
    if min(len(mine.tokens.words), len(theirs.tokens.words)) < MIN_TOKENS:
        return "too short to tell"
    if share < _CONTAINED:
        return f"only {share:.0%} of the shorter text is in the longer"
    if max(_foreign(mine, theirs), _foreign(theirs, mine)) >= _FOREIGN and not _start_alike(mine, theirs):
        return "one holds a part of the other among other things: a digest"
    conflict = _conflict(first, second, share)
    return f"another event: {conflict}" if conflict else ""


def _foreign(text: Prepared, other: Prepared) -> float:
    """Return the share of a text's blocks that another text has nothing of, 0…1.

    A rewrite shares a little everywhere, a text that mixes two articles nothing of one for long.
    """
    size = _BLOCK_HAN if text.is_han else _BLOCK
    blocks = [text.grams[at : at + size] for at in range(0, len(text.grams), size)]
    strange = sum(
        len(block) for block in blocks if sum(gram in other.shingles for gram in block) <= _OF_BLOCK * size
    )
    return strange / max(len(text.grams), 1)


def _start_alike(mine: Prepared, theirs: Prepared) -> bool:
    size = _BLOCK_HAN if mine.is_han else _BLOCK
    one, other = (pairs(text.tokens.words[:size]) for text in (mine, theirs))
    return len(one & other) >= _START * min(len(one), len(other))


def _conflict(first: CopyText, second: CopyText, share: float) -> Conflict | None:
    """Return what speaks for another event: the first conflict, unless it can be put up with."""

    def order(item: CopyText) -> tuple[int, str, str]:
        return len(item.prepared.tokens.words), item.text, item.title

    shorter, longer = sorted((first, second), key=order)  # sentences are sought from one side
    may_update = share >= _UPDATE_SHARE and _is_update(first, second)
    known: list[Conflict] = []
    is_same_between: bool | None = None
    for conflict in conflicts(shorter.prepared, longer.prepared, share):
        if conflict.is_edge:
            if is_same_between is None:
                is_same_between = _is_same_between(shorter.prepared, longer.prepared)
            if is_same_between:
                continue
        if any(conflict.first <= each.first and conflict.second <= each.second for each in known):
            continue
        known.append(conflict)
        if not may_update or conflict.kind != "figures" or len(known) > 1:
            return known[0]
    return None


def _is_update(first: CopyText, second: CopyText) -> bool:
    """Tell whether one text is a longer later version of the other, which may bring one figure up to date."""
    old, new = sorted((first, second), key=lambda item: item.published_at)
    is_soon = new.published_at - old.published_at <= _UPDATE_WINDOW
    return is_soon and len(new.prepared.tokens.words) >= _UPDATE_GROWTH * len(old.prepared.tokens.words)


def _is_same_between(one: Prepared, other: Prepared) -> bool:
    """Tell whether two texts are the same but for short paragraphs at their ends: addresses, counters."""
    size = 4 if one.is_han else 3
    middles = [
        frozenset(grams(tuple(w for each in text.sentences if not each.is_edge for w in each.words), size))
        for text in (one, other)
    ]
    shorter, longer = sorted(middles, key=len)
    return len(shorter & longer) >= max(_REST * len(shorter), MIN_TOKENS)


def _names_an_article(url: str) -> bool:
    """A bare home page names no article; feeds that link nothing else would become one copy."""
    return url.partition("://")[2].partition("/")[2] != ""
