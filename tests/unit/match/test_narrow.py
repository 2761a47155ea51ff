"""What a query asks of the index and of attributes: it never loses a text that matches."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.match import Search, compile_search
from aggregator.match.narrow import narrowing
from aggregator.model import AllOf, AnyOf, Key, Narrowing
from aggregator.text.indexing import index_keys
from tests.unit.match.documents import document, lists

LISTS = lists(firms=("Alibaba", "阿里巴巴", "Ant Group", "-Ali Baba"))
NOTHING: dict[str, bool] = {}
WORDS = (
    "alibaba",
    "fine",
    "fines",
    "fined",
    "amende",
    "amendes",
    "阿里巴巴",
    "罚款",
    "罚",
    "ant",
    "group",
    "3.5",
)
TERMS = st.sampled_from(
    [
        *WORDS,
        "fin*",
        "~amende",
        "=Alibaba",
        '"ant group"',
        '"罚 款"',
        "@firms",
        "title:fine",
        "lead:罚款",
        "阿里*",
    ]
)
QUERIES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) OR ({two[1]})"),
        st.tuples(TERMS, TERMS).map(" NEAR/3 ".join),
        st.tuples(inner, TERMS).map(lambda two: f"({two[0]}) -{two[1]}"),
    ),
    max_leaves=6,
)
TEXTS = st.lists(st.sampled_from([*WORDS, "Alibaba", ".", "\n\n"]), max_size=12).map(" ".join)


def wanted(query: str) -> Search:
    found = compile_search(query, LISTS, ["other"])
    assert isinstance(found, Search), found
    return found


def holds(keys: set[str], part: Narrowing | None) -> bool:
    match part:
        case None:
            return True
        case Key(text, is_prefix):
            return any(key.startswith(text) if is_prefix else key == text for key in keys)
        case AllOf(children):
            return all(holds(keys, child) for child in children)
        case AnyOf(children):
            return any(holds(keys, child) for child in children)


def depth(part: Narrowing | None) -> int:
    children = () if part is None or isinstance(part, Key) else part.children
    return 1 + max(map(depth, children), default=0)


@given(QUERIES, TEXTS, TEXTS)
def test_the_index_loses_no_text_that_matches(query: str, title: str, text: str) -> None:
    try:
        search = wanted(query)
    except AssertionError:
        return  # refused: NEAR on itself and the like
    shown = document(title.replace("\n", " "), text)
    if search.find(shown, NOTHING) is not None:
        keys = set(index_keys(shown.title_tokens, shown.text_tokens).split(" "))
        assert holds(keys, search.narrowing), search.narrowing
        assert search.may_hold(shown, NOTHING)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fine", Key("fine")),
        ("fin*", Key("fin", is_prefix=True)),
        ("罚款 fine", AllOf((Key("罚款"), Key("fine")))),
        ("fine OR amende", AnyOf((Key("amende"), Key("fine")))),
        ("title:fine", Key("_fine")),
        ("fine -amende", Key("fine")),
        ("fine lang:fr", Key("fine")),
        ("fine OR lang:fr", None),
        ("/fine/", None),
        ("topic:other", None),
        ("lang:fr", None),
    ],
)
def test_what_is_asked_of_the_index(query: str, expected: Narrowing | None) -> None:
    assert wanted(query).narrowing == expected


def test_a_topic_that_is_named_narrows_by_its_own_words() -> None:
    search = wanted("topic:other amende")
    assert narrowing(search.query.plan, {"other": wanted("fine").query.plan}) == AllOf(
        (Key("fine"), Key("amende"))
    )


def test_groups_too_deep_or_too_wide_are_not_asked() -> None:
    deep = "fine"
    for _ in range(20):
        deep = f"ant (amende OR ({deep}))"
    assert depth(wanted(deep).narrowing) < 20
    assert wanted(" OR ".join(f"w{number}" for number in range(3000))).narrowing is None
    assert wanted(f"fine ({' OR '.join(f'w{number}' for number in range(3000))})").narrowing is not None


@pytest.mark.parametrize(
    ("query", "may"),
    [
        ("fine lang:fr", True),
        ("fine lang:en", False),
        ("fine -lang:fr", False),
        ("fine OR lang:en", True),
        ("fine topic:other", False),
        ("fine -topic:other", True),
        ("fine date:2026", True),
        ("fine date:<2026", False),
    ],
)
def test_attributes_are_asked_before_the_words(query: str, may: bool) -> None:
    assert wanted(query).may_hold(document("fine"), NOTHING) is may


def test_dates_that_must_hold_bound_the_search() -> None:
    low, high = wanted("fine date:2026-01..2026-03 date:>=2026-02").published
    assert (low, high) == (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert wanted("fine OR date:2026").published == (None, None)
