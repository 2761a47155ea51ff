"""Pairs make families, whatever the order they came in."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.families import CUT, UNLIKE, partition
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
    found = groups(100, *chain)
    assert max(map(len, found)) == 3  # the ends of three are joined by the one between them, and no further
    star = [text(0, number) for number in range(1, 50)]
    assert max(map(len, groups(50, *star))) == 3


def test_one_address_or_one_wording_is_enough() -> None:
    family = [text(one, other) for one in range(4) for other in range(one)]
    assert groups(6, *family, Likeness(5, 3, "url", 1.0)) == [(0, 1, 2, 3, 5), (4,)]
    assert groups(6, *family, text(5, 3)) == [(0, 1, 2, 3), (4,), (5,)]


@settings(max_examples=20)
@given(st.integers(60, 120), st.integers(0, 10**6))
def test_a_family_of_more_than_can_be_compared_is_one(size: int, seed: int) -> None:
    chance, found = random.Random(seed), []
    for number in range(size):
        known = chance.sample(range(number), min(number, 20))
        found += [text(number, other) for other in known]
        if number > 20:
            found.append(Likeness(number, number, CUT, 0.0))
    assert groups(size, *found) == [tuple(range(size))]


def test_what_was_compared_and_is_unlike_counts_in_a_family_of_many() -> None:
    family = [text(one, other) for one in range(40) for other in range(one)]
    cut = Likeness(40, 40, CUT, 0.0)
    unlike = [Likeness(40, other, UNLIKE, 0.0) for other in range(2, 20)]
    assert groups(41, *family, cut, text(40, 0), text(40, 1), *unlike)[-1] == (40,)


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
