"""Whatever an entry holds, each format is valid and a parser reads the same entry from it."""

import json
from datetime import UTC, datetime
from html import unescape
from itertools import zip_longest
from typing import Any

import feedparser
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import Carrier, Enclosure, PublishedEntry, TopicFeed
from aggregator.publish import FORMATS, legal, render_all
from aggregator.text.html import sanitise
from tests.support.feedparts import check_html
from tests.support.feedrules import problems
from tests.support.topicfeeds import AT, a_feed, an_entry

PIECES = [
    "<b>",
    "</b>",
    "<script>",
    "&amp;",
    "&lt;",
    "&",
    "<",
    ">",
    "]]>",
    "\x00",
    "\x0b",
    "\ud800",
    "\ufffe",
    "\x85",
]
PIECES += [
    "é",
    "中",
    "😀",
    "\u202e",
    "\ufffd",
    "&content;",
    '"',
    "'",
    "\\",
    "\\u0000",
    "\t",
    "\r\n",
    "\u2028",
    " ",
    "x",
]
texts = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
tags_of_html = st.sampled_from(
    ["<p>", "</p>", "<a href='/x'>", "</a>", "<img src=x>", "<li>", "<h2>", "<ul>"]
)
# What the sanitiser gives; the rare tables that it leaves broken are not our matter here.
markup = (
    st.lists(st.one_of(texts, tags_of_html), max_size=8)
    .map("".join)
    .map(lambda html: sanitise(html, base_url="https://a.example/"))
    .filter(lambda html: not any(check_html(html, "")))
)
urls = st.one_of(texts, texts.map("https://a.example/{}".format), texts.map("http://{}/x".format))
dates = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59), timezones=st.just(UTC))
files = st.builds(Enclosure, urls, st.none() | texts, st.none() | st.integers(-1, 1 << 40))
words = st.lists(texts, max_size=4).map(tuple)


@st.composite
def entries(draw: st.DrawFn, seq: int) -> PublishedEntry:
    return an_entry(
        seq,
        title=draw(texts),
        url=draw(urls),
        outlet=draw(texts),
        outlet_url=draw(st.none() | urls),
        authors=draw(words),
        html=draw(markup),
        summary=draw(texts),
        lang=draw(st.none() | texts | st.sampled_from(["fr", "zh-Hans", "EN", "xx"])),
        tags=draw(words),
        enclosures=tuple(draw(st.lists(files, max_size=2))),
        image_url=draw(st.none() | urls),
        published_at=draw(dates),
        change_note=draw(st.none() | texts),
        carriers=tuple(draw(st.lists(st.builds(Carrier, texts, urls, dates), max_size=2))),
        matched=draw(words),
    )


feeds = st.tuples(entries(1), entries(2), texts, texts).map(
    lambda parts: a_feed(parts[1], parts[0], title=parts[2], description=parts[3])
)


def read_xml(body: bytes) -> Any:
    # Without its sanitiser and resolver, which would change what we compare.
    return feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)


def is_read(text: str, *found: str) -> bool:
    """Compare, but let feedparser decode Latin-1 again that happens to be UTF-8, as it likes to do."""
    try:
        again = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        again = text
    return all(each in (text, again) for each in found)


def bare(url: str) -> str:
    """Undo what looks like entities in an address, which feedparser does by halves."""
    return unescape(url).replace(";", "")


@settings(max_examples=50)
@given(feeds)
def test_every_format_is_valid_and_says_the_same(feed: TopicFeed) -> None:
    bodies = render_all(feed)
    for form in FORMATS:
        assert problems(bodies[form], form, now=AT) == []
    items = json.loads(bodies["json"])["items"]
    atom, rss = read_xml(bodies["atom"]), read_xml(bodies["rss"])
    assert not atom.bozo
    assert not rss.bozo
    for item, a, r in zip(items, atom.entries, rss.entries, strict=True):
        assert item["id"] == a.id == r.id
        if "url" in item:  # without one, feedparser takes the id of an Atom entry for its link
            assert bare(item["url"]) == bare(a.link) == bare(r.link)
        assert is_read(item["title"], a.title)
        assert is_read(item["authors"][0]["name"], a.author, r.author)
        for tag, read in zip_longest(item.get("tags", []), a.get("tags", [])):
            assert is_read(tag, read.term)
        # A parser of XML normalises line ends, as XML asks (section 2.11).
        content = item["content_html"].replace("\r\n", "\n").replace("\r", "\n").strip()
        assert is_read(content, a.content[0].value, r.content[0].value)


@settings(max_examples=50)
@given(feeds)
def test_lxml_reads_the_titles_that_json_shows(feed: TopicFeed) -> None:
    bodies = render_all(feed)
    titles = [item["title"] for item in json.loads(bodies["json"])["items"]]
    atom = etree.fromstring(bodies["atom"])
    rss = etree.fromstring(bodies["rss"])
    assert [e.text for e in atom.iterfind("{*}entry/{*}title")] == titles
    assert [e.text for e in rss.iterfind("channel/item/title")] == titles


signs = ["<", ">", "&", "amp;", "lt;", "#60;", "img", "b", "x", "\x00", "\u200b", " ", "/", "onx", "="]
broken_tags = st.lists(st.sampled_from(signs), max_size=30).map("".join)


@given(st.one_of(st.text(), broken_tags))
def test_a_line_is_one_line_and_stays_itself(text: str) -> None:
    once = legal.line(text)
    assert len(once) <= legal.MAX_TITLE
    assert len(once.encode().splitlines()) <= 1  # fails on a lone surrogate
    assert legal.line(once) == once


@given(urls)
def test_an_address_that_passed_passes_again(url: str) -> None:
    passed = legal.uri(url)
    assert passed is None or (passed.isascii() and legal.uri(passed) == passed)
