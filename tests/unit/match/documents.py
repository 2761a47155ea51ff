"""Documents, lists and compiled topics for the tests of this room."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aggregator.config.schema import TermList, TopicConfig
from aggregator.errors import Problem
from aggregator.match import Topics, compile_topics
from aggregator.model import Document, Match
from aggregator.text.tokens import tokenise


def document(title: str, text: str = "", **changes: Any) -> Document:
    """Return a document; what is not told has a plain value."""
    plain = Document(
        title=title,
        text=text,
        title_tokens=tokenise(title),
        text_tokens=tokenise(text),
        url="https://www.press.example/2026/article.html",
        site="press.example",
        source_id="press",
        tags=("china", "économie"),
        tier="press",
        lang="fr",
        authors=("Jeanne Martin", "AFP"),
        published_at=datetime(2026, 3, 14, 12, tzinfo=UTC),
        quality=None,
    )
    return replace(plain, **changes)


def topic(query: str, topic_id: str = "t", **changes: Any) -> TopicConfig:
    """Return the configuration of a topic."""
    fields: dict[str, Any] = {"file": "topics.d/t.toml", "query_line": 2, "query_column": 10} | changes
    return TopicConfig(id=topic_id, title="Topic", query=query, **fields)


def lists(**terms: Sequence[str]) -> Mapping[str, TermList]:
    """Return lists by name (an underscore stands for a hyphen)."""
    named = {name.replace("_", "-"): tuple(values) for name, values in terms.items()}
    return {
        name: TermList(
            name=name,
            terms=values,
            file=f"lists.d/{name}.toml",
            places=tuple((number + 2, 3) for number in range(len(values))),
        )
        for name, values in named.items()
    }


def compiled(query: str, known: Mapping[str, TermList] | None = None, **changes: Any) -> Topics:
    """Return one topic, compiled without a mistake; everything that its query admits is reported."""
    score = {"threshold": 0.0, "near_miss": -1.0} | changes.pop("score", {})
    topics, problems = compile_topics([topic(query, score=score, **changes)], known or {})
    assert not problems, problems
    return topics


def admits(query: str, found: Document, known: Mapping[str, TermList] | None = None) -> bool:
    """Whether a query holds for a document, whatever the score."""
    return bool(compiled(query, known).match(found))


def problems(query: str, known: Mapping[str, TermList] | None = None) -> tuple[Problem, ...]:
    """Return the mistakes of a query."""
    return compile_topics([topic(query)], known or {})[1]


def only(matches: tuple[Match, ...]) -> Match:
    """Return the one decision that there is."""
    (match,) = matches
    return match
