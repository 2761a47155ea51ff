"""The texts written for the demo keep what they promise."""

import re
from collections import Counter
from datetime import timedelta
from itertools import combinations

import pytest

from aggregator.demo.library import CopyKind, DemoArticle, Format, articles, outlets, page_of

ALL = articles()
ORIGINALS = tuple(article for article in ALL if article.copy_of is None)
COPIES = tuple(article for article in ALL if article.copy_of is not None)
REGULATION = "alibaba-regulation"
TOPICS = {REGULATION, "china-tech-antitrust", "eu-digital-regulation"}


def shingles(text: str, lang: str) -> set[tuple[str, ...]]:
    """Cut a text into word triples, a Chinese one into four characters."""
    words = re.findall(r"[\u4e00-\u9fff]" if lang == "zh" else r"\w+", text.lower())
    width = 4 if lang == "zh" else 3
    return {tuple(words[place : place + width]) for place in range(len(words) - width + 1)}


def containment(one: DemoArticle, other: DemoArticle) -> float:
    """Return which part of the shorter text stands in the longer."""
    short, long = sorted((shingles(item.text, item.outlet.lang) for item in (one, other)), key=len)
    return len(short & long) / len(short)


def original(copy: DemoArticle) -> DemoArticle:
    return next(article for article in ALL if article.id == copy.copy_of)


def test_the_web_is_as_large_as_announced() -> None:
    assert len(ALL) == 45
    assert len({article.id for article in ALL}) == 45
    assert Counter(article.outlet.lang for article in ALL) == {"en": 18, "fr": 17, "zh": 10}
    assert len(outlets()) == 12
    assert Counter(outlet.format for outlet in outlets()) == {
        Format.RSS20: 4,
        Format.ATOM10: 3,
        Format.RSS10: 2,
        Format.JSON11: 2,
        Format.LISTING: 1,
    }
    assert {outlet.charset for outlet in outlets()} == {"utf-8", "windows-1252", "gb18030"}


def test_labels() -> None:
    labels = [article for article in ALL if REGULATION in article.topics]
    assert len(labels) == 24
    distinct = [article for article in labels if article.copy_of is None]
    assert Counter(article.outlet.lang for article in distinct) == {"en": 5, "fr": 6, "zh": 5}
    traps = [article for article in ALL if article.note.startswith("trap:")]
    assert len(traps) == 13
    assert all(not article.topics for article in traps)
    assert set().union(*(article.topics for article in ALL)) == TOPICS
    others = [article for article in ALL if article.topics and REGULATION not in article.topics]
    assert len(others) == 5


def test_most_regulation_headlines_do_not_name_the_group() -> None:
    titles = [article.title for article in ORIGINALS if REGULATION in article.topics]
    assert sum("Alibaba" in title for title in titles) == 0


def test_a_third_of_the_outlets_publishes_while_the_demo_runs() -> None:
    later = sorted(article.after for article in ALL if article.after)
    assert later[0] == timedelta(seconds=8)
    assert later[-1] == timedelta(minutes=1)
    assert len(set(later)) == len(later) == 11
    silent = {outlet.id for outlet in outlets()} - {item.outlet.id for item in ALL if not item.after}
    assert silent == set()


@pytest.mark.parametrize("article", ALL, ids=lambda article: article.id)
def test_an_article_is_complete(article: DemoArticle) -> None:
    if article.outlet.lang == "zh":
        length = len(re.sub(r"\s", "", article.text))
        assert 120 <= length <= 260
    else:
        assert 60 <= len(article.text.split()) <= 200
    assert article.title.strip() == article.title != ""
    assert article.note
    assert re.fullmatch(r"[a-z0-9-]+", article.id)
    # An hour for what was there from the start, a moment for what comes later, never both.
    assert (article.after > timedelta(0)) != (article.age > timedelta(0))
    assert article.age < timedelta(days=7)


@pytest.mark.parametrize("copy", COPIES, ids=lambda article: article.id)
def test_a_copy_shares_its_text_and_labels(copy: DemoArticle) -> None:
    source = original(copy)
    assert source.copy_of is None
    assert source.outlet.lang == copy.outlet.lang
    assert source.topics == copy.topics
    assert source.age > copy.age
    assert containment(source, copy) >= 0.4
    assert (page_of(copy) is source) == (copy.copy_kind is CopyKind.TRACKING)


def test_kinds_of_copies() -> None:
    kinds = Counter((copy.outlet.lang, copy.copy_kind) for copy in COPIES)
    assert kinds == {
        ("en", CopyKind.TRACKING): 1,
        ("en", CopyKind.FOOTER): 1,
        ("en", CopyKind.HEADLINE): 1,
        ("en", CopyKind.TRUNCATED): 1,
        ("en", CopyKind.REWRITTEN): 1,
        ("fr", CopyKind.TRACKING): 1,
        ("fr", CopyKind.FOOTER): 1,
        ("fr", CopyKind.REWRITTEN): 1,
    }


def test_a_rewritten_copy_is_rewritten() -> None:
    rewritten = [copy for copy in COPIES if copy.copy_kind is CopyKind.REWRITTEN]
    assert all(containment(copy, original(copy)) < 0.9 for copy in rewritten)
    headline = next(copy for copy in COPIES if copy.copy_kind is CopyKind.HEADLINE)
    assert headline.title != original(headline).title
    assert headline.text == original(headline).text


def test_texts_that_are_no_copies_have_little_in_common() -> None:
    close = [
        (one.id, other.id, share)
        for one, other in combinations(ORIGINALS, 2)
        if one.outlet.lang == other.outlet.lang and (share := containment(one, other)) > 0.1
    ]
    assert close == []
    assert len({article.title for article in ORIGINALS}) == len(ORIGINALS)
