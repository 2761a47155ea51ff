"""The page's text or the feed's own."""

import pytest

from aggregator.extract import choose
from aggregator.model import Article, Entry, Failure, FailureKind, Quality

LONG = "<p>" + "The authority published its reasons in full. " * 40 + "</p>"
SHORT = "<p>The authority opened an inquiry …</p>"
PAGE = Article(
    "<p>Text of the page.</p>" * 30, "Text of the page.\n\n" * 30, Quality.FULL, ("whole",), canonical_url="u"
)


def entry(content: str = "", summary: str = "") -> Entry:
    return Entry("1", "https://paper.example/1", "Title", summary_html=summary, content_html=content)


def test_the_page_wins_over_a_summary() -> None:
    found = choose(PAGE, entry(summary=SHORT))
    assert found.text == PAGE.text
    assert found.evidence[0].startswith("the page's text")


def test_the_fuller_feed_wins_and_page_facts_stay() -> None:
    found = choose(PAGE, entry(content=LONG))
    assert found.html == LONG
    assert found.quality is Quality.FULL
    assert found.canonical_url == "u"
    assert "the feed's own text" in found.evidence[0]


@pytest.mark.parametrize("quality", [Quality.CONSENT_WALL, Quality.ERROR_PAGE])
def test_walls_and_error_pages_are_never_stored(quality: Quality) -> None:
    found = choose(Article("<p>Cookies</p>" * 99, "Cookies " * 99, quality, ("why",)), entry(summary=SHORT))
    assert "Cookies" not in found.text
    assert found.quality is quality
    assert "why" in found.evidence[0]


def test_a_failure_leaves_the_feeds_text() -> None:
    failure = Failure(FailureKind.NOT_FOUND, "404 at https://paper.example/1")
    found = choose(failure, entry(summary=SHORT))
    assert found.quality is Quality.FAILED
    assert found.text.startswith("The authority opened")
    assert "404" in found.evidence[0]
    assert choose(failure, entry(content=LONG)).quality is Quality.FULL


def test_without_a_page_the_feed_is_judged() -> None:
    assert choose(None, entry(content=LONG)).quality is Quality.FULL
    assert choose(None, entry(summary=SHORT)).quality is Quality.TEASER
    assert choose(None, entry()).text == ""
