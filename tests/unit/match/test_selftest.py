"""The [[test]] cases of topic files."""

from aggregator.config.schema import TopicTest
from aggregator.match import compile_topics, run_tests
from tests.unit.match.documents import document, topic


def test_failing_cases_are_reported_at_their_line() -> None:
    cases = (
        TopicTest(text="Alibaba mis à l'amende", match=True, line=5),
        TopicTest(text="Fourmis\n\nUne colonie de fourmis.", match=True, line=9),
        TopicTest(text="Alibaba ouvre une boutique, Alibaba", match=False, line=13),
        TopicTest(url="https://press.example/a", match=True, line=17),
    )
    topics, problems = compile_topics([topic("alibaba", tests=cases)], {})
    assert problems == ()
    failed = run_tests(topics)
    assert [(one.file, one.line) for one in failed] == [("topics.d/t.toml", 9), ("topics.d/t.toml", 13)]
    assert "should match and does not (the query does not hold): 'Fourmis" in failed[0].message
    assert "should not match and does (score " in failed[1].message


def test_the_first_line_is_the_title() -> None:
    cases = (
        TopicTest(text="Alibaba\nLe reste du texte", match=True),
        TopicTest(text="Un titre\nAlibaba", match=False),
    )
    topics, _ = compile_topics([topic("title:alibaba", tests=cases)], {})
    assert run_tests(topics) == ()


def test_cases_on_pages_run_where_the_page_is_stored() -> None:
    stored = {
        "https://press.example/a": document("Alibaba mis à l'amende"),
        "https://press.example/b": document("Une colonie de fourmis"),
    }
    cases = tuple(
        TopicTest(url=f"https://press.example/{name}", match=True, line=line)
        for line, name in enumerate("abc", start=5)
    )
    topics, _ = compile_topics([topic("alibaba", tests=cases)], {})
    (failed,) = run_tests(topics, stored.get)
    assert (failed.file, failed.line) == ("topics.d/t.toml", 6)
    assert "https://press.example/b" in failed.message
    assert run_tests(topics) == ()
