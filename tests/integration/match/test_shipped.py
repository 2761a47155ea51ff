"""The topics that ship, on the development set and the seed texts: floors, so that they cannot rot.

The figures are those of clean text; extraction has its own tests.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.load import load
from aggregator.match import Topics, compile_topics, run_tests
from tests.support.seedweb import listing_pages, single_pages
from tests.support.shared import REPOSITORY
from tests.support.topicsdev import TOPICS
from tests.unit.match.documents import document


@pytest.fixture(scope="module")
def topics() -> Topics:
    config = load(REPOSITORY / "config", {}, {})
    compiled, problems = compile_topics(config.topics, config.lists)
    assert problems == ()
    return compiled


def matched(topics: Topics, title: str, text: str, lang: str) -> set[str]:
    found = document(title, text, lang=lang, tags=(), tier=None)
    return {match.topic_id for match in topics.match(found) if match.is_match}


def f1(pairs: list[tuple[bool, bool]]) -> tuple[float, float]:
    """F1 and precision of (accepted, wanted) pairs."""
    right = sum(accepted and wanted for accepted, wanted in pairs)
    accepted, wanted = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    return 2 * right / (accepted + wanted), right / max(1, accepted)


def test_the_tests_in_the_topic_files_pass(topics: Topics) -> None:
    assert run_tests(topics) == ()
    assert set(TOPICS) <= set(topics.ids)


@pytest.fixture(scope="module")
def decisions(shared: Path, topics: Topics) -> list[tuple[dict[str, Any], set[str]]]:
    lines = (shared / "topics-dev" / "items.jsonl").read_text("utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    return [(item, matched(topics, item["title"], item["body"], item["lang"])) for item in items]


@pytest.mark.parametrize(
    ("topic", "floor"),
    [
        ("alibaba-regulation", 0.94),
        ("china-tech-antitrust", 0.92),
        ("eu-digital-regulation", 0.92),
        ("ai-regulation", 0.90),
    ],
)
def test_development_set(decisions: list[tuple[dict[str, Any], set[str]]], topic: str, floor: float) -> None:
    score, precision = f1([(topic in found, item["labels"][topic]) for item, found in decisions])
    assert score >= floor
    assert precision >= 0.93


@pytest.mark.parametrize("lang", ["fr", "en", "zh"])
def test_alibaba_in_each_language(decisions: list[tuple[dict[str, Any], set[str]]], lang: str) -> None:
    topic = "alibaba-regulation"
    score, _ = f1(
        [(topic in found, item["labels"][topic]) for item, found in decisions if item["lang"] == lang]
    )
    assert score >= 0.9


def test_seed_articles(shared: Path, topics: Topics) -> None:
    found = {
        page.key: "alibaba-regulation" in matched(topics, page.title, "\n\n".join(page.paragraphs), "fr")
        for page in single_pages(shared)
    }
    assert found == {"000": True, "002": True, "003": True, "004": False}


def test_seed_listing(shared: Path, topics: Topics) -> None:
    accepted = [
        "alibaba-regulation" in matched(topics, page.title, "\n\n".join(page.paragraphs), "fr")
        for page in listing_pages(shared)
    ]
    partnerships_first = [False, False, False, True, True, True, True, False, True]
    assert accepted[: len(partnerships_first)] == partnerships_first
