"""Which pairs of copies make one family: the same whatever order they arrived in.

Groups are joined beginning with what is most alike, and only where at least half of the pairs between
them are copies: a text that mixes two articles cannot chain what has nothing in common. Knows no texts
and no database.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from aggregator.model import Likeness

EXACT = frozenset(("url", "digest"))  # levels at which one pair is enough


def partition(ranks: Mapping[int, Any], likenesses: Sequence[Likeness]) -> list[tuple[int, ...]]:
    """Group items by the likenesses between them, each group in the order of their ranks.

    `ranks` orders the items by what they are (date, address, headline), never by when they arrived.
    """
    group: dict[int, int] = {item_id: item_id for item_id in ranks}
    members: dict[int, list[int]] = {item_id: [item_id] for item_id in ranks}
    between: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    known = [each for each in likenesses if each.item_id in ranks and each.other_id in ranks]
    for each in known:
        between[each.item_id][each.other_id] += 1
        between[each.other_id][each.item_id] += 1

    def order(each: Likeness) -> tuple[Hashable, ...]:
        pair = sorted((ranks[each.item_id], ranks[each.other_id]))
        return (each.level not in EXACT, -each.share, *pair)

    waiting = sorted(known, key=order)
    while True:
        left = []
        for each in waiting:
            one, other = group[each.item_id], group[each.other_id]
            if one == other:
                continue
            pairs = len(members[one]) * len(members[other])
            if each.level not in EXACT and 2 * between[one][other] < pairs:
                left.append(each)
                continue
            for item_id in members[other]:
                group[item_id] = one
            members[one] += members.pop(other)
            for third, count in between.pop(other).items():
                del between[third][other]
                if third != one:
                    between[one][third] += count
                    between[third][one] += count
        if len(left) == len(waiting):
            break
        waiting = left
    return [tuple(sorted(each, key=ranks.__getitem__)) for each in members.values()]
