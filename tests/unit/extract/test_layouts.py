"""Furniture of other wordings and layouts: none of it in the article, and no paragraph lost."""

import pytest

from aggregator.demo.library import DemoArticle, articles
from aggregator.extract import article
from aggregator.model import Article, Quality
from tests.support.layouts import LAYOUTS, WORDS, render

LEAST = 400  # characters of a text worth the name


def _texts() -> list[DemoArticle]:
    """Return four articles in each language, copies left out."""
    originals = [
        each for each in articles() if each.copy_of is None and sum(map(len, each.paragraphs)) >= LEAST / 2
    ]
    return [each for lang in WORDS for each in [one for one in originals if one.outlet.lang == lang][:4]]


def _solid(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("original", _texts(), ids=lambda each: each.id)
def test_every_paragraph_and_no_furniture(original: DemoArticle, layout: str) -> None:
    words = WORDS[original.outlet.lang]
    page = render(layout, original.title, original.paragraphs, words)
    url = "https://press.example/2026/03/a-story.html"
    found = article(page.encode(), charset="utf-8", url=url, with_metadata=False)
    assert isinstance(found, Article), found
    text = _solid(found.text)
    assert [line for line in original.paragraphs if _solid(line) not in text] == [], "lost"
    assert [line for line in words.all() if _solid(line) in text] == [], "leaked"
    assert found.quality is Quality.FULL, found.evidence
