"""The [[test]] cases of topic files: what they say must match, matches.

A test's first line is the title, the rest the text. Cases that name a URL are about stored pages, which
whoever has the archive hands in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.config.schema import TopicTest
from aggregator.errors import Problem
from aggregator.match.topics import Topics
from aggregator.model import Document
from aggregator.text.tokens import tokenise

_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def sample(text: str) -> Document:
    """Make a document of a bare text: its first line is the title."""
    title, _, body = text.strip().partition("\n")
    body = body.strip()
    return Document(
        title, body, tokenise(title), tokenise(body), "", "", "", (), None, None, (), _ANY_DAY, None
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """What a topic makes of the text of one of its tests."""

    test: TopicTest
    is_match: bool
    score: float | None  # None: the query does not hold

    @property
    def has_passed(self) -> bool:
        """Whether it is what the test says."""
        return self.is_match == self.test.match


def run_test(topics: Topics, topic_id: str, test: TopicTest, document: Document) -> Tried:
    """Hold one topic against the text of a test."""
    found = next((one for one in topics.match(document) if one.topic_id == topic_id), None)
    return Tried(test, found is not None and found.is_match, found.score if found else None)


def run_tests(topics: Topics, page: Callable[[str], Document | None] | None = None) -> tuple[Problem, ...]:
    """Return a problem for each test that fails, with the score that it got.

    `page` gives the stored page of a URL; without it, or where it gives None, a test on a page is left out.
    """
    problems = []
    for topic_id in topics.ids:
        config = topics.config(topic_id)
        for test in config.tests:
            document = _document(test, page)
            tried = run_test(topics, topic_id, test, document) if document else None
            if tried and not tried.has_passed:
                got = "the query does not hold" if tried.score is None else f"score {tried.score:.1f}"
                wanted = "should match and does not" if test.match else "should not match and does"
                shown = " ".join((test.text or test.url or "").split())[:80]
                hint = "mend the query, or the test"
                problems.append(
                    Problem(f"test {wanted} ({got}): {shown!r}", config.file, test.line, hint=hint)
                )
    return tuple(problems)


def _document(test: TopicTest, page: Callable[[str], Document | None] | None) -> Document | None:
    if test.text is not None:
        return sample(test.text)
    return page(test.url) if page and test.url else None
