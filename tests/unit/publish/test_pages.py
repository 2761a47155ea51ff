"""The page of topics and the OPML list."""

import base64
import hashlib
import re
from dataclasses import replace

import html5lib
import pytest
from lxml import etree

from aggregator.publish import STYLE_HASH, index, opml
from tests.support.topicfeeds import a_feed, an_entry

FEEDS = [
    a_feed(an_entry()),
    a_feed(topic_id="tom", title="Tom & <b>Jerry</b> \x00", description='"quoted" <script>', lang=None),
]


@pytest.mark.parametrize("feeds", [[], FEEDS], ids=["none", "two"])
def test_the_page_is_clean_html(feeds: list[object]) -> None:
    html5lib.HTMLParser(strict=True).parse(index(feeds).decode())  # type: ignore[arg-type]
    assert b"<script" not in index(feeds)  # type: ignore[arg-type]


def test_the_page_names_each_topic_and_links_each_format() -> None:
    page = html5lib.parse(index(FEEDS).decode(), namespaceHTMLElements=False)
    assert [heading.text for heading in page.iter("h2")] == ["Alibaba — régulation", "Tom & Jerry"]
    assert [link.get("href") for link in page.iter("a")] == [
        *(f"http://127.0.0.1:8080/feeds/alibaba.{form}" for form in ("atom", "rss", "json")),
        *(f"http://127.0.0.1:8080/feeds/tom.{form}" for form in ("atom", "rss", "json")),
        "http://127.0.0.1:8080/feeds/topics.opml",
    ]
    alternates = [link.get("title") for link in page.iter("link") if link.get("rel") == "alternate"]
    assert alternates == ["Alibaba — régulation", "Tom & Jerry"]


def test_an_empty_page_says_what_to_do() -> None:
    assert b"config/topics.d/" in index([])


def test_the_policy_hash_is_that_of_the_style() -> None:
    style = re.search(rb"<style>(.*)</style>", index(FEEDS), re.DOTALL)
    assert style is not None
    assert base64.b64encode(hashlib.sha256(style.group(1)).digest()).decode() == STYLE_HASH.removeprefix(
        "sha256-"
    )


def test_news_does_not_change_the_lists() -> None:
    assert index([a_feed(an_entry(1))]) == index([a_feed(an_entry(1), an_entry(2))])
    assert opml([a_feed(an_entry(1))]) == opml([a_feed(an_entry(1), an_entry(2))])


def test_opml_lists_every_topic() -> None:
    root = etree.fromstring(opml(FEEDS, ("rss",)))
    assert root.get("version") == "2.0"
    outlines = [dict(outline.attrib) for outline in root.iter("outline")]
    assert outlines[1] == {
        "type": "rss",
        "text": "Tom & Jerry",
        "title": "Tom & Jerry",
        "description": '"quoted"',
        "xmlUrl": "http://127.0.0.1:8080/feeds/tom.rss",
        "htmlUrl": "http://127.0.0.1:8080/",
    }
    (paged,) = etree.fromstring(opml([replace(FEEDS[0], page_url="https://a.example/topics/x")])).iter(
        "outline"
    )
    assert paged.get("htmlUrl") == "https://a.example/topics/x"
    assert etree.fromstring(opml([])).find("body") is not None
