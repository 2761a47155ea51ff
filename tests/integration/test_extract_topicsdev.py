"""Articles out of the pages of the shared development web, rendered by its own script."""

import json
import re
import runpy
from collections.abc import Iterator
from typing import Any

import pytest

from aggregator.extract import article
from aggregator.model import Article, Quality
from tests.support.shared import find_shared

SHARED = find_shared()
needs_shared = pytest.mark.skipif(SHARED is None, reason="the shared development set is not there")

# Paragraphs of a body that are themselves furniture: lines that send the reader elsewhere.
_ELSEWHERE = re.compile(
    r"(?:À lire aussi|Lire également|Read also|相关阅读|Recevez chaque matin)", re.IGNORECASE
)


def _script() -> dict[str, Any]:
    assert SHARED is not None
    script = SHARED / "topics-dev" / "serve.py"
    # Run as text: an import would leave compiled files beside data that is not ours.
    return runpy.run_path(str(script), run_name="topicsdev_serve")


def _pages() -> Iterator[tuple[dict[str, Any], Article, set[str]]]:
    """Yield each item with its article and the lines of furniture that stand on its page."""
    assert SHARED is not None
    serve = _script()
    lines = (SHARED / "topics-dev" / "items.jsonl").read_text("utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    serve["recent"](items, 7)
    site = serve["Site"](items)
    for path, (outlet, item) in site.pages.items():
        body, kind, _ = site.answer(path, "http://127.0.0.1:1")
        charset = kind.partition("charset=")[2] or None
        found = article(body, charset=charset, url=f"http://127.0.0.1:1{path}", with_metadata=False)
        assert isinstance(found, Article), (item["id"], found)
        words = serve["WORDS"][outlet.lang]
        furniture = {
            words[name] for name in ("cookie", "newstext", "news", "most", "copy", "comments", "accept")
        }
        furniture |= {*words["nav"], *words["foot"], *words["side"]}
        furniture |= {other["title"] for other in outlet.items if other is not item}
        yield item, found, furniture


def _solid(text: str) -> str:
    return re.sub(r"\s+", "", text)


@needs_shared
def test_every_paragraph_and_no_furniture() -> None:
    lost: list[str] = []
    leaked: list[str] = []
    count = 0
    for item, found, furniture in _pages():
        count += 1
        solid = _solid(found.text)
        lost += [
            f"{item['id']}: {paragraph[:80]}"
            for paragraph in item["body"].split("\n\n")
            if not _ELSEWHERE.match(paragraph) and _solid(paragraph) not in solid
        ]
        body = _solid(item["body"])
        leaked += [
            f"{item['id']}: {line[:80]}"
            for line in found.text.splitlines()
            if line and (line in furniture or _solid(line) not in body)
        ]
    assert count > 150
    assert lost == []
    assert leaked == []


@needs_shared
def test_whole_items_are_full_and_truncated_ones_are_not() -> None:
    for item, found, _ in _pages():
        is_truncated = item["note"].startswith("truncated")
        assert (found.quality is Quality.FULL) != is_truncated, (item["id"], found.quality, found.evidence)
