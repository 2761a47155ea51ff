"""Feeds and pages of the demo web, as bytes."""

import json
from datetime import UTC, datetime

import feedparser
import pytest
from lxml import etree, html

from aggregator.demo.feeds import FeedEntry, feed, summary
from aggregator.demo.library import DemoArticle, Format, Outlet, articles, outlets
from aggregator.demo.pages import article_page, home_page

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
BASE = "http://127.0.0.1:1234"
HOSTILE = FeedEntry(
    "tag:x,2026:1", BASE + "/?a=1&b=<2>", "Tom & <Jerry> “中”", "1 < 2 & 3 > 2", "O'Brien", AT
)
FEEDS = tuple(outlet for outlet in outlets() if outlet.format is not Format.LISTING)


def by_id(outlet: Outlet) -> str:
    return outlet.id


@pytest.mark.parametrize("outlet", FEEDS, ids=by_id)
def test_markup_in_texts_stays_text(outlet: Outlet) -> None:
    body = feed(outlet, BASE, (HOSTILE,), AT)
    if outlet.format is Format.JSON11:
        [item] = json.loads(body)["items"]
        assert (item["url"], item["title"], item["content_text"]) == (
            HOSTILE.link,
            HOSTILE.title,
            HOSTILE.summary,
        )
        return
    etree.fromstring(body)
    read = feedparser.parse(body, sanitize_html=False)
    assert not read.bozo
    [entry] = read.entries
    assert (entry.link, entry.title) == (HOSTILE.link, HOSTILE.title)
    date = entry.get("published_parsed") or entry["updated_parsed"]  # RSS 1.0 has the latter only
    assert datetime(*date[:6], tzinfo=UTC) == AT
    assert entry.author == HOSTILE.author


@pytest.mark.parametrize("outlet", FEEDS, ids=by_id)
def test_the_same_input_gives_the_same_bytes(outlet: Outlet) -> None:
    assert feed(outlet, BASE, (HOSTILE,), AT) == feed(outlet, BASE, (HOSTILE,), AT)


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("one  two\n\nthree", "en", "one two three"),
        (
            " ".join(str(number) for number in range(40)),
            "fr",
            " ".join(str(number) for number in range(25)) + " …",
        ),
        ("字" * 50, "zh", "字" * 50),
        ("字" * 51, "zh", "字" * 50 + "……"),
    ],
)
def test_summaries_are_short(text: str, lang: str, expected: str) -> None:
    assert summary(text, lang) == expected


@pytest.mark.parametrize("article", articles(), ids=lambda article: article.id)
def test_a_page_holds_its_text_in_its_charset(article: DemoArticle) -> None:
    body = article_page(article, BASE + "/a?b=1&c=2", ((BASE + "/x", "R & D"),), AT)
    tree = html.fromstring(body.decode(article.outlet.charset))
    text = "".join(tree.itertext())
    assert all(paragraph in text for paragraph in (article.title, *article.paragraphs))
    assert tree.find(".//link[@rel='canonical']").get("href") == BASE + "/a?b=1&c=2"
    assert "R & D" in text
    assert article.note not in text
    assert "Ant Group" in text or "蚂蚁集团" in text  # the furniture misleads on every page


def test_a_windows_page_names_its_charset_in_the_header_only() -> None:
    article = next(item for item in articles() if item.outlet.charset == "windows-1252")
    body = article_page(article, BASE, (), AT)
    assert b"charset" not in body
    assert "é".encode("windows-1252") in body


def test_a_front_page_names_its_feed_and_lists_its_headlines() -> None:
    outlet = outlets()[0]
    body = home_page(outlet, ("/feed.xml", "application/rss+xml"), ((BASE + "/a", "A & B", AT, "Text"),))
    tree = html.fromstring(body.decode())
    assert tree.find(".//link[@rel='alternate']").get("href") == "/feed.xml"
    [item] = tree.cssselect("ul.bulletin > li")
    assert item.find("a").text == "A & B"
    assert item.find("time").get("datetime") == "2026-03-14T09:26:53+00:00"
