"""The query language: what is read, how it prints back, what mistakes say, and what a monster costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.match.grammar import QueryError, parse
from aggregator.match.tree import (
    And,
    Filter,
    In,
    ListRef,
    Mode,
    Near,
    Node,
    Not,
    Or,
    Regex,
    Term,
    TopicRef,
    show,
)
from tests.support.effort import at_most


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("amende", Term("amende")),
        ("amende Alibaba", And((Term("amende"), Term("Alibaba")))),
        ("a AND b OR c d", Or((And((Term("a"), Term("b"))), And((Term("c"), Term("d")))))),
        ("a (b (c d))", And((Term("a"), Term("b"), Term("c"), Term("d")))),
        ("a -b NOT c", And((Term("a"), Not(Term("b")), Not(Term("c"))))),
        ("a -(b OR c)", And((Term("a"), Not(Or((Term("b"), Term("c"))))))),
        ('"abus de position" monopol*', And((Term("abus de position"), Term("monopol", is_prefix=True)))),
        ("«mise en demeure» “cease and desist”", And((Term("mise en demeure"), Term("cease and desist")))),
        ("~amende =Ant", And((Term("amende", Mode.STEM), Term("Ant", Mode.EXACT)))),
        ('="Ant Group"', Term("Ant Group", Mode.EXACT)),
        ("a NEAR/8 b", Near(Term("a"), Term("b"), 8)),
        ("a NEAR b NEAR/s c", Near(Near(Term("a"), Term("b"), 10), Term("c"), "s")),
        ("x a NEAR/p @b", And((Term("x"), Near(Term("a"), ListRef("b"), "p")))),
        ("@Alibaba^0.3 OR x^2", Or((ListRef("alibaba", 0.3), Term("x", weight=2.0)))),
        ("(a OR @b)^0.2", Or((Term("a", weight=0.2), ListRef("b", 0.2)))),
        (r"/alibaba(\.com|\/fr)?/", Regex(r"alibaba(\.com|\/fr)?")),
        ("title:(a OR b)", In("title", Or((Term("a"), Term("b"))))),
        ("lang:(fr OR en)", Or((Filter("lang", "fr"), Filter("lang", "en")))),
        ("-tier:blog", Not(Filter("tier", "blog"))),
        (
            "date:>=2024-01-01 date:2024-01..2025",
            And((Filter("date", ">=2024-01-01"), Filter("date", "2024-01..2025"))),
        ),
        ('url:"https://x.example/a"', Filter("url", "https://x.example/a")),
        ("topic:eu-digital x", And((TopicRef("eu-digital"), Term("x")))),
        (
            "L'Oréal AT&T e-commerce 1260H",
            And((Term("L'Oréal"), Term("AT&T"), Term("e-commerce"), Term("1260H"))),
        ),
        ("l'amende \"l'amende\" L'Équipe", And((Term("amende"), Term("l'amende"), Term("L'Équipe")))),
        ("a b a (b OR b)", And((Term("a"), Term("b")))),
        ("topic:(ab ab*)", TopicRef("ab")),
        ("url:https://x.example/a?b=1", Filter("url", "https://x.example/a?b=1")),
        ("-https://x.example/a x", And((Not(Filter("url", "https://x.example/a")), Term("x")))),
        ("site:https://x.example/a x", And((Filter("site", "x.example"), Term("x")))),
        ('"NEAR/8-9" "OR"', And((Term("NEAR/8-9"), Term("OR")))),
        ("ORANGE NEARBY NOTE ANDES", And((Term("ORANGE"), Term("NEARBY"), Term("NOTE"), Term("ANDES")))),
        ("阿里巴巴 罚款", And((Term("阿里巴巴"), Term("罚款")))),
    ],
)
def test_what_is_read(query: str, tree: Node) -> None:
    assert parse(query) == tree
    assert parse(show(tree)) == tree


_WORDS = st.sampled_from(
    [
        "amende",
        "Alibaba",
        "l'Oréal",
        "OR",
        "NEAR/3",
        "NEAR/8-9",
        "a b",
        "罚款",
        "1260H",
        "e-commerce",
        "x y z",
    ]
)
_WEIGHTS = st.sampled_from([None, 0.0, 0.3, 2.0])
_TERMS = st.builds(Term, _WORDS, st.just(Mode.FOLDED), st.booleans(), _WEIGHTS) | st.builds(
    Term, _WORDS, st.sampled_from([Mode.STEM, Mode.EXACT]), st.just(False), _WEIGHTS
)
_FINDABLE = st.one_of(_TERMS, st.builds(ListRef, st.sampled_from(["a", "eu-law"]), _WEIGHTS))
_NEAR = st.builds(Near, _FINDABLE, _FINDABLE, st.sampled_from([1, 25, "s", "p"]))
_LEAVES = st.one_of(
    _FINDABLE,
    _NEAR,
    st.builds(Regex, st.sampled_from(["a.c", r"\d+ x"])),
    st.builds(Filter, st.sampled_from(["lang", "site"]), st.sampled_from(["fr", "press.example"])),
    st.builds(TopicRef, st.just("other")),
)


def _joined(kind: type[And] | type[Or], children: list[Node]) -> Node:
    flat: list[Node] = []
    for child in children:
        flat += child.children if isinstance(child, kind) else (child,)
    apart = tuple(dict.fromkeys(flat))  # who says it twice says no more
    return kind(apart) if len(apart) > 1 else apart[0]


_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda children: _joined(And, children)),
        st.lists(inner, min_size=2, max_size=4).map(lambda children: _joined(Or, children)),
        inner.map(lambda child: child.child if isinstance(child, Not) else Not(child)),
        st.builds(In, st.sampled_from(["title", "lead", "text"]), inner),
    ),
    max_leaves=12,
)


@given(_TREES)
def test_the_printed_form_reads_back(tree: Node) -> None:
    assert parse(show(tree)) == tree


@pytest.mark.parametrize(
    ("query", "at", "message", "hint"),
    [
        ("tittle:x", 0, "unknown field 'tittle:'", "did you mean title:"),
        ("a OR", 4, "stops too early", "a term is missing"),
        ("OR a", 0, "'OR' needs a term on both sides", 'write "OR"'),
        ("a OR OR b", 5, "'OR' needs a term on both sides", 'write "OR"'),
        ("(a OR b", 0, "never closed", "add )"),
        ("a b)", 3, "closes nothing", "remove it"),
        ("a ()", 3, "missing before )", ""),
        ('x "abc', 2, "quotation mark is never closed", '"…"'),
        ("x /abc", 2, "regular expression is never closed", r"\/"),
        ("a NEAR/x b", 2, "number of words, s or p", "NEAR/8"),
        ("a NEAR/0 b", 2, "number of words, s or p", "NEAR/8"),
        ("x^y", 1, "a weight from 0 to 10", "^0.3"),
        ("(a b)^2", 5, "a weight can only follow", ""),
        ("a : b", 2, "unknown field", "quotes"),
        ("*", 0, "needs letters before it", "word*"),
        ("a*", 0, "at least two letters", ""),
        ("~amen*", 0, "cannot be combined", "~amen"),
        ('"..."', 0, "nothing to look for", "letter or digit"),
        ("lang:@x", 0, "comes a value", "lang:(one OR two)"),
        ("   ", 0, "empty", "write a few words"),
    ],
)
def test_mistakes_tell_where_and_what_instead(query: str, at: int, message: str, hint: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(query)
    assert raised.value.at == at
    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize(
    "query",
    [
        " OR ".join(f"w{number}" for number in range(5_000)),
        "mot " * 24_000,
        "(" * 60 + "a" + ")" * 60,
        "(a OR (b " * 30 + "c" + "))" * 30,
        '"' + "mot " * 20_000 + '"',
    ],
)
def test_large_queries_are_read_in_bounded_time(query: str) -> None:
    with at_most(10):
        tree = parse(query)
        assert parse(show(tree)) == tree


@pytest.mark.parametrize(
    "query",
    [
        "(" * 5_000 + "a" + ")" * 5_000,
        "(a OR (b " * 2_500 + "c" + "))" * 2_500,
        "(" * 99_000,
        ")" * 99_000,
        "-" * 99_000 + "a",
        "NOT " * 20_000 + "a",
        "title:" * 15_000 + "a",
        "-(" * 5_000 + "a" + ")" * 5_000,
        " NEAR ".join(["ab"] * 10_000),
        '"' * 99_999,
        "«" * 99_999,
        "“«" * 49_999,
        "/" * 99_999,
        "a^" * 40_000,
        ":" * 99_999,
        "mot " * 25_001,
        "\ud800",
        "\x00\x01",
    ],
)
def test_monsters_are_refused_at_once(query: str) -> None:
    with at_most(5), pytest.raises(QueryError):
        parse(query)


@given(st.text(alphabet='ab"()*~=/@^:- \n\\ORNEAT«»“”é阿', max_size=40))
def test_any_text_gives_a_tree_or_a_query_error(text: str) -> None:
    try:
        tree = parse(text)
    except QueryError as error:
        place = error.at
    else:
        place = 0
        assert parse(show(tree)) == tree
    assert 0 <= place <= len(text)
