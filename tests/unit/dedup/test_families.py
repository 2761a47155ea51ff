"""Pairs make families, whatever the order they came in."""

import random

from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.families import partition
from aggregator.model import Likeness


def text(one: int, other: int, share: float = 0.9) -> Likeness:
    return Likeness(one, other, "text", share)


def groups(count: int, *likenesses: Likeness) -> list[tuple[int, ...]]:
    return sorted(partition({number: number for number in range(count)}, likenesses))


def test_copies_of_one_text_are_one_family() -> None:
    assert groups(4, text(0, 1), text(1, 2), text(0, 2)) == [(0, 1, 2), (3,)]


def test_a_short_and_a_rewritten_copy_meet_in_the_whole_text() -> None:
    assert groups(3, text(0, 1, 1.0), text(1, 2, 0.5)) == [(0, 1, 2)]


def test_nothing_is_chained() -> None:
    chain = [text(number, number + 1, 0.5) for number in range(99)]
    assert max(map(len, groups(100, *chain))) <= 3


def test_one_address_or_one_wording_is_enough() -> None:
    family = [text(one, other) for one in range(4) for other in range(one)]
    assert groups(6, *family, Likeness(5, 3, "url", 1.0)) == [(0, 1, 2, 3, 5), (4,)]
    assert groups(6, *family, text(5, 3)) == [(0, 1, 2, 3), (4,), (5,)]


pair = st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(("url", "digest", "text")))
pairs = st.lists(pair, max_size=30, unique_by=lambda each: frozenset(each[:2]))


@given(pairs, st.randoms(use_true_random=False))
def test_neither_order_nor_direction_has_an_influence(
    found: list[tuple[int, int, str]], chance: random.Random
) -> None:
    likenesses = [Likeness(one, other, level, 0.4 + one / 20) for one, other, level in found if one != other]
    turned = [Likeness(each.other_id, each.item_id, each.level, each.share) for each in likenesses]
    chance.shuffle(turned)
    renamed = {number: number for number in sorted(range(10), key=lambda _: chance.random())}
    assert sorted(partition(renamed, turned)) == groups(10, *likenesses)
