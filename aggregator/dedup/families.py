"""Which pairs of copies make one family: the same whatever order they arrived in.

Groups are joined beginning with what is most alike, and only where at least half of the pairs between
them are copies: a text that mixes two articles cannot chain what has nothing in common. Of an item with
more candidates than were compared with it, the pairs that were not compared count for nothing. Knows no
texts and no database.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import Any

from aggregator.model import Likeness

EXACT = frozenset(("url",))  # levels at which one pair is enough; a wall has one wording, too
UNLIKE, CUT = "unlike", "cut"  # of an item with more candidates than were compared; the second of itself

_Counts = dict[int, dict[int, int]]


def partition(ranks: Mapping[int, Any], likenesses: Sequence[Likeness]) -> list[tuple[int, ...]]:
    """Group items by the likenesses between them, each group in the order of their ranks.

    `ranks` orders the items by what they are (date, address, headline), never by when they arrived.
    """
    group: dict[int, int] = {item_id: item_id for item_id in ranks}
    members: dict[int, list[int]] = {item_id: [item_id] for item_id in ranks}
    between: _Counts = defaultdict(lambda: defaultdict(int))
    known = [each for each in likenesses if each.item_id in ranks and each.other_id in ranks]
    alike = [each for each in known if each.level not in (UNLIKE, CUT)]
    for each in alike:
        _count(between, each.item_id, each.other_id)
    untold = _untold(known)

    def order(each: Likeness) -> tuple[Hashable, ...]:
        pair = sorted((ranks[each.item_id], ranks[each.other_id]))
        return (each.level not in EXACT, -each.share, *pair)

    waiting = sorted(alike, key=order)
    while True:
        left = []
        for each in waiting:
            one, other = group[each.item_id], group[each.other_id]
            if one == other:
                continue
            pairs = len(members[one]) * len(members[other]) - untold[one][other]
            if each.level not in EXACT and 2 * between[one][other] < pairs:
                left.append(each)
                continue
            for item_id in members[other]:
                group[item_id] = one
            members[one] += members.pop(other)
            for counts in (between, untold):
                _merge(counts, one, other)
        if len(left) == len(waiting):
            break
        waiting = left
    return [tuple(sorted(each, key=ranks.__getitem__)) for each in members.values()]


def _untold(known: Sequence[Likeness]) -> _Counts:
    """Count the pairs of which nobody knows: the later item had more candidates than were compared."""
    counts: _Counts = defaultdict(lambda: defaultdict(int))
    cut = {each.item_id for each in known if each.level == CUT}
    if cut:
        told = {frozenset((each.item_id, each.other_id)) for each in known}
        ids = sorted({end for each in known for end in (each.item_id, each.other_id)})
        for earlier, later in combinations(ids, 2):
            if later in cut and frozenset((earlier, later)) not in told:
                _count(counts, earlier, later)
    return counts


def _count(counts: _Counts, one: int, other: int) -> None:
    counts[one][other] += 1
    counts[other][one] += 1


def _merge(counts: _Counts, one: int, other: int) -> None:
    for third, count in counts.pop(other, {}).items():
        counts[third].pop(other, None)
        if third != one:
            counts[one][third] += count
            counts[third][one] += count
