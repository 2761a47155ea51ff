"""Where a mistake of a query stands in its file, and that all of them are told."""

from pathlib import Path

import pytest

from aggregator.config.load import read_topic
from aggregator.match import compile_topics
from tests.unit.match.documents import compiled, document, lists, problems


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ('query = "one @nope"', 2, 14),
        ("query = 'one @nope'", 2, 14),
        (r'query = "\"one two\" @nope"', 2, 22),
        (r'query = "\u00e9t\u00E9 @nope"', 2, 24),
        (r'query = "one\ntwo @nope"', 2, 19),
        (r'query = "one\ttwo \"x\" @nope"', 2, 25),
        ('query = """\none\ntwo @nope"""', 4, 5),
        ('query = """\none \\\n   two @nope"""', 4, 8),
        ('query = """\nun \\"x\\"\n@nope"""', 4, 1),
    ],
)
def test_a_mistake_stands_where_it_is_written(tmp_path: Path, written: str, line: int, column: int) -> None:
    path = tmp_path / "t.toml"
    path.write_text(f'title = "T"\n{written}\n', encoding="utf-8")
    (found,) = compile_topics([read_topic(path, ())], {})[1]
    assert (found.line, found.column) == (line, column)
    assert path.read_text("utf-8").splitlines()[line - 1][column - 1 :].startswith("@nope")


def test_all_mistakes_are_told_in_their_order() -> None:
    found = problems("(one @nope) OR lang:english OR (topic:zz -date:2026-13)")
    assert [one.column for one in found] == sorted(one.column or 0 for one in found)
    assert [message.split()[-1] for message in (one.message for one in found)] == [
        "@nope",
        "code",
        "'zz'",
        "date",
    ]


def test_of_alternatives_the_one_that_is_there_most_is_explained() -> None:
    topics = compiled("(rain sun) OR (fine ministry appeal)", lists(x=["x"]))
    (explained,) = topics.explain(document("The ministry imposed a fine"))
    assert [(clause.shown, clause.is_held) for clause in explained.clauses] == [
        ("fine", True),
        ("ministry", True),
        ("appeal", False),
    ]
    assert explained.why == "the query does not hold: no appeal"
