"""The [[test]] cases of topic files: what they say must match, matches.

A test's first line is the title, the rest the text. Cases that name a URL are about stored pages and
are left to whoever has the archive.
"""

from datetime import UTC, datetime

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


def run_tests(topics: Topics) -> tuple[Problem, ...]:
    """Return a problem for each test that fails, with the score that it got."""
    problems = []
    for topic_id in topics.ids:
        config = topics.config(topic_id)
        for test in config.tests:
            if test.text is None:
                continue
            found = next((one for one in topics.match(sample(test.text)) if one.topic_id == topic_id), None)
            is_match = found is not None and found.is_match
            if is_match != test.match:
                got = f"score {found.score:.1f}" if found else "the query does not hold"
                wanted = "should match and does not" if test.match else "should not match and does"
                shown = " ".join(test.text.split())[:80]
                hint = "mend the query, or the test"
                problems.append(
                    Problem(f"test {wanted} ({got}): {shown!r}", config.file, test.line, hint=hint)
                )
    return tuple(problems)
