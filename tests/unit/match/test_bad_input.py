"""Queries and texts made to cost much: a clear mistake or a bounded cost, never a hang."""

import pytest
from pydantic import ValidationError

from aggregator.match import Search, compile_search, compile_topics
from tests.support.effort import at_most
from tests.unit.match.documents import document, lists, problems, topic

WORDS = [f"w{number}" for number in range(5_000)]
REPEATED = document("ab " * 50, "ab cd. " * 25_000)  # as long as what is analysed of a text


@pytest.mark.parametrize(
    "query",
    [
        " NEAR ".join(["ab"] * 20),
        " NEAR/10000 ".join(["(ab OR cd)"] * 20),
        " OR ".join(WORDS),
        " OR ".join(f"{word}*" for word in WORDS),
        " OR ".join(f"~{word}x" for word in WORDS),
        f"({' OR '.join(WORDS)}) NEAR/8 ({' OR '.join(WORDS)} OR ab)",
        " ".join(f"(ab NEAR/{number} cd)" for number in range(1, 5_000)),
        "ab " + " ".join(f"-({word} OR cd)" for word in WORDS),
        " OR ".join(f"site:{word}.org" for word in WORDS),
        "ab* " * 20_000,
        " OR ".join(f"/(a|b )+{number}$/" for number in range(20)),
        " OR ".join(["(ab NEAR/9 cd)"] * 5_000),
        " OR ".join(f"(ab NEAR/{number} cd)" for number in range(1, 4_500)),
        " OR ".join(f"(ab NEAR/9 (cd OR {word}))" for word in WORDS[:3_000]),
        " ".join(f"(ab OR {word})" for word in WORDS),
        " OR ".join(f"(ab {word})" for word in WORDS) + " OR (ab cd)",
        " ".join(f"(ab OR x{number}) NEAR/9 (cd OR y{number})" for number in range(1_500)),
    ],
    ids=lambda query: f"{query[:20]} {len(query)}",
)
def test_a_large_query_on_a_long_text_costs_seconds_at_most(query: str) -> None:
    with at_most(8):
        topics, found = compile_topics([topic(query)], {})
        assert not found
        topics.match(REPEATED)
    with at_most(8):
        topics.explain(REPEATED)
    with at_most(8):
        wanted = compile_search(query, {}, ())
        assert isinstance(wanted, Search)
        wanted.find(REPEATED, {})


def test_a_text_of_homonyms_costs_no_more_than_one_of_names() -> None:
    known = lists(ant=["ant", "-fire ant"], firm=["group"])
    with at_most(3):
        topics, _ = compile_topics([topic("@ant group")], known)
        topics.match(document("x", "fire ant group ant " * 20_000))


def test_no_place_is_lost_to_the_bound_where_a_query_is_of_any_usual_size() -> None:
    wanted = compile_search(f"({' OR '.join(WORDS)}) rare NEAR/3 word", {}, ())
    assert isinstance(wanted, Search)
    assert wanted.find(document("x", "w7 word " * 4_000 + "rare word"), {}) is not None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("x" * 100_001, "100,001 characters"),
        ("@" + "x" * 99_000, "there is no list"),
        ("topic:" + "x" * 99_000, "there is no topic"),
        ("x" * 90_000 + ":y", "unknown field"),
        ("date:" + "9" * 90_000, "is no date"),
        ("(" * 5_000 + "ab" + ")" * 5_000, "groups inside one another"),
        (" OR ".join(f"/a{number}/" for number in range(21)), "more than 20 regular expressions"),
        ("/" + "(" * 450 + "a" + ")" * 450 + "/", "regular expression"),
    ],
    ids=lambda given: f"{given[:12]!a}",
)
def test_what_is_too_much_is_refused_at_once_and_in_few_words(query: str, message: str) -> None:
    with at_most(5):
        (found,) = problems(query, lists(other=["x"]))
    assert message in found.message
    assert len(str(found)) < 1_000


def test_an_empty_query_is_a_mistake_of_the_file() -> None:
    with pytest.raises(ValidationError, match="not empty"):
        topic(" \n ")


def test_lists_that_include_one_another_in_a_long_chain() -> None:
    chain = {f"l{number}": [f"@l{number + 1}", "x"] for number in range(200)} | {"l200": ["@l0"]}
    with at_most(5):
        found = problems("@l0", lists(**chain))
    assert any("20 levels" in one.message or "include one another" in one.message for one in found)


def test_a_list_of_many_terms() -> None:
    known = lists(many=[f"term {number} of it" for number in range(50_000)])
    with at_most(20):
        topics, found = compile_topics([topic("@many")], known)
        assert not found
        assert topics.match(document("Term 77 of it"))


@pytest.mark.parametrize("name", ["threshold", "near_miss"])
def test_thresholds_that_no_score_reaches_are_mistakes_at_their_place(name: str) -> None:
    wrong = topic("ab", score={name: 10.5}, score_places={name: (7, 1)})
    (found,) = compile_topics([wrong], {})[1]
    assert (found.file, found.line, found.column) == ("topics.d/t.toml", 7, 1)
    assert "no score is higher than 10" in found.message
    assert compile_topics([topic("ab", score={name: 10.0})], {})[1] == ()
