"""NEAR against a count of all places: what holds for some choice of words is found, chains included."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.match import Search, compile_search
from tests.unit.match.documents import document

Span = tuple[int, int]


def finds(query: str, text: str) -> bool:
    wanted = compile_search(query, {}, ())
    assert isinstance(wanted, Search), wanted
    return wanted.find(document("", text), {}) is not None


def places(words: list[str], wanted: str) -> set[Span]:
    return {(at, at + 1) for at, word in enumerate(words) if word == wanted}


def joined(left: Iterable[Span], right: Iterable[Span], reach: int) -> set[Span]:
    """Join every place with every other one near it."""
    return {
        (min(one[0], two[0]), max(one[1], two[1]))
        for one in left
        for two in right
        if one != two and max(one[0], two[0]) - min(one[1], two[1]) <= reach - 1
    }


@given(
    st.lists(st.sampled_from("abcdx"), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(1, 7), st.sampled_from("abcd")), min_size=1, max_size=4),
)
def test_a_chain_holds_where_some_words_are_near_enough(
    words: list[str], links: list[tuple[int, str]]
) -> None:
    query, spans = "a", places(words, "a")
    for reach, word in links:
        query += f" NEAR/{reach} {word}"
        spans = joined(spans, places(words, word), reach)
    assert finds(query, " ".join(words)) is bool(spans), query


@given(st.lists(st.lists(st.sampled_from("abx"), min_size=1, max_size=4), min_size=1, max_size=5))
def test_one_sentence_holds_both(sentences: list[list[str]]) -> None:
    text = " ".join(f"{' '.join(words).capitalize()}!" for words in sentences)
    assert finds("a NEAR/s b", text) is any({"a", "b"} <= set(words) for words in sentences)


@pytest.mark.parametrize(
    ("query", "text", "holds"),
    [
        ("fine NEAR/10 Google NEAR/3 Brussels", "fine one Google two three four Google five Brussels", True),
        ("a NEAR/3 a", "a x x", False),
        ("a NEAR/3 a", "a x a", True),
        ("(aa NEAR/2 bb) NEAR/s cc", "Aa bb. Cc dd.", False),
    ],
)
def test_places_of_a_chain(query: str, text: str, holds: bool) -> None:
    assert finds(query, text) is holds


@pytest.mark.parametrize(
    ("query", "text", "holds"),
    [
        ('"Ant Group"', "We met an ant.\n\nGroup tours begin.", False),
        ('"Ant Group"', "We met an ant. Group tours begin.", False),
        ('"Ant Group"', "The fine for Ant\nGroup is small.", True),
        ('"Yahoo! Japan"', "Fees of Yahoo! Japan rise.", True),
        ('"US. Law"', "Made in the US.\n\nLaw is law.", False),
    ],
)
def test_a_phrase_ends_with_its_sentence(query: str, text: str, holds: bool) -> None:
    assert finds(query, text) is holds
