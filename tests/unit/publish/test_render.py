"""What a published feed holds, in each format."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from lxml import etree

from aggregator.model import Carrier, Enclosure, TopicFeed
from aggregator.publish import FORMATS, Format, feed_url, render, render_all
from tests.support.feedrules import problems
from tests.support.topicfeeds import AT, BASE_URL, a_feed, an_entry

ATOM = "{http://www.w3.org/2005/Atom}"
XML_FORMATS: tuple[Format, ...] = ("atom", "rss")
HOSTILE = [
    "<b>bold</b> & <script>alert(1)</script> <img src=x onerror=alert(1)>",
    "&lt;b&gt;twice&lt;/b&gt; &amp;amp;lt;i&amp;amp;gt;",
    "]]> <![CDATA[ --> <!-- &content; \ue026",
    "nul \x00 bell \x07 escape \x1b lone \ud800 pair \ud83d\ude00 \ufffe \uffff \x85 \x9f \ufffd",
    "right\u202eto\u2066left",
    "Vec<T> and AT&T &lang=fr 1 < 2 && 3 > 2 </",
    "x" * 1_000_000,
    "<b" * 1000 + ">" * 1000,
    " \t\r\n ",
    "",
]


def parsed(body: bytes) -> Any:
    return feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)


def items(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body)["items"]
    return found


def rules(feed: TopicFeed, form: Format) -> list[str]:
    return problems(render(feed, form), form, url=feed_url(feed.base_url, feed.topic_id, form))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_plain_feed_is_valid(form: Format, count: int) -> None:
    assert rules(a_feed(*(an_entry(seq) for seq in range(count))), form) == []


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_every_field_leaves_a_valid_feed(form: Format, text: str) -> None:
    entry = an_entry(
        title=text,
        outlet=text,
        authors=(text, text + "2"),
        summary=text,
        tags=(text,),
        lang=text,
        change_note=text,
        carriers=(Carrier(text, "javascript:alert(1)", AT),),
        matched=(text,),
        enclosures=(Enclosure("https://a.example/x.pdf", text, -1),),
    )
    feed = a_feed(entry, an_entry(2), title=text, description=text, lang=text)
    assert rules(feed, form) == []
    assert len(render(feed, form)) < 60_000


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "",
        "/relative",
        "http://",
        "https://[::1",
        "http://a:b/",
        "\ud800",
    ],
)
def test_an_address_that_is_none_is_published_nowhere(form: Format, url: str) -> None:
    entry = an_entry(
        url=url,
        outlet_url=url,
        image_url=url,
        enclosures=(Enclosure(url, "audio/mpeg", 1),),
        carriers=(Carrier("Reuters", url, AT),),
    )
    body = render(a_feed(entry), form)
    assert problems(body, form) == []
    assert b"alert(1)" not in body
    assert b"/relative" not in body


def test_addresses_are_written_in_ascii_and_without_credentials() -> None:
    url = "https://user:secret@www.exämple.com/é t?q=ü&b=100%|#s[1]"
    (item,) = items(render(a_feed(an_entry(url=url)), "json"))
    assert item["url"] == "https://www.xn--exmple-cua.com/%C3%A9%20t?q=%C3%BC&b=100%25%7C#s%5B1%5D"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_dates_at_the_ends_of_the_calendar(form: Format, year: int) -> None:
    entry = an_entry(published_at=datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert rules(a_feed(entry), form) == []
    extreme = replace(
        entry,
        first_seen_at=datetime(year, 1, 1, tzinfo=UTC),
        updated_at=datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    )
    found = problems(render(a_feed(extreme, updated_at=extreme.updated_at), form), form)
    assert [problem for problem in found if "ImplausibleDate" not in problem] == []


@pytest.mark.parametrize("form", XML_FORMATS)
def test_a_text_of_megabytes_hides_no_other_entry(form: Format) -> None:
    long = an_entry(2, html=f"<p>{'word ' * 2_100_000}</p>", summary="It is long.", url="https://a.example/2")
    body = render(a_feed(an_entry(3), long, an_entry(1)), form)
    etree.fromstring(body)  # as strict as readers are: a text over 10 MB ends the document
    shown = [entry.content[0].value for entry in parsed(body).entries]
    assert len(shown) == 3
    assert "It is long." in shown[1]
    assert '<a href="https://a.example/2">' in shown[1]


def test_nothing_is_published_after_it_was_updated() -> None:
    at = AT.replace(microsecond=900_000)
    (entry,) = items(render(a_feed(an_entry(published_at=at, first_seen_at=at, updated_at=at)), "json"))
    published, updated = (datetime.fromisoformat(entry[name]) for name in ("date_published", "date_modified"))
    assert at.replace(microsecond=0) == published <= updated


def test_an_implausible_claim_gives_way_to_first_sight_but_is_kept_in_json() -> None:
    future = AT + timedelta(days=2)
    (item,) = items(render(a_feed(an_entry(published_at=future)), "json"))
    assert item["date_published"] == "2026-01-05T10:30:00Z"
    assert item["_aggregator"]["claimed_at"] == "2026-01-07T10:30:00Z"


@pytest.mark.parametrize("form", FORMATS)
def test_the_bytes_follow_from_the_record_alone(form: Format) -> None:
    feed = a_feed(an_entry(1), an_entry(2))
    first = render(feed, form)
    time.tzset()
    assert render(feed, form) == first
    assert render_all(feed)[form] == first


@pytest.mark.parametrize("form", XML_FORMATS)
def test_feedparser_reads_what_was_published(form: Format) -> None:
    body = render(a_feed(an_entry(2), an_entry(1)), form)
    feed = parsed(body)
    assert feed.version == {"atom": "atom10", "rss": "rss20"}[form]
    assert feed.feed.title == "Alibaba — régulation"
    assert feed.feed.link == f"{BASE_URL}/"
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [
        f"{BASE_URL}/feeds/alibaba.{form}"
    ]
    assert feed.feed.updated_parsed[:6] == (2026, 1, 5, 10, 30, 0)
    assert feed.feed.language == "fr"
    assert [entry.id for entry in feed.entries] == [f"tag:localhost,2026:entry/{seq:016x}" for seq in (2, 1)]
    entry = feed.entries[0]
    assert entry.title == "Pékin inflige une amende à Alibaba (2)"
    assert entry.link == "https://www.lemonde.example/economie/article/2.html"
    assert entry.author == "Jane Doe, Le Monde"
    assert entry.published_parsed[:6] == (2026, 1, 5, 9, 0, 0)
    assert [tag.term for tag in entry.tags] == ["Économie", "Chine"]
    (enclosure,) = entry.enclosures
    assert enclosure.href == "https://cdn.lemonde.example/son.mp3"
    assert (enclosure.type, enclosure.length) == ("audio/mpeg", "1234")
    assert entry.source.title == "Le Monde"
    assert entry.media_thumbnail == [{"url": "https://img.lemonde.example/lead.jpg"}]
    assert entry.summary == "Le régulateur a infligé une amende"
    assert entry.content[0].value.startswith(
        '<p><img src="https://img.lemonde.example/lead.jpg" alt=""></p>\n<p>Le régulateur'
    )


def test_json_feed_says_what_the_others_cannot() -> None:
    (item,) = items(render(a_feed(an_entry(change_note="Title changed")), "json"))
    assert item["authors"] == [{"name": "Jane Doe, Le Monde", "url": "https://www.lemonde.example/"}]
    assert item["attachments"] == [
        {"url": "https://cdn.lemonde.example/son.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1234}
    ]
    assert item["image"] == "https://img.lemonde.example/lead.jpg"
    assert item["language"] == "fr"
    assert item["_aggregator"] == {
        "outlet": "Le Monde",
        "outlet_url": "https://www.lemonde.example/",
        "first_seen_at": "2026-01-05T10:30:00Z",
        "change_note": "Title changed",
        "score": 7.25,
        "matched": ["alibaba", "amende"],
        "carriers": [
            {
                "outlet": "Reuters",
                "url": "https://reuters.example/1",
                "first_seen_at": "2026-01-05T10:30:00Z",
                "is_copy": True,
            }
        ],
    }


@pytest.mark.parametrize("form", FORMATS)
def test_the_content_ends_with_carriers_and_terms(form: Format) -> None:
    body = render(a_feed(an_entry(change_note="Titre <corrigé>")), form)
    html = items(body)[0]["content_html"] if form == "json" else parsed(body).entries[0].content[0].value
    assert html.endswith(
        "\n<hr>\n<p><em>Titre &lt;corrigé&gt;</em></p>\n<p>Also carried by:</p>\n<ul>\n"
        '<li><a href="https://reuters.example/1">Reuters</a>, 2026-01-05 10:30 UTC</li>\n</ul>\n'
        "<p><small>Matched: alibaba, amende</small></p>"
    )


def test_an_entry_of_nothing_still_has_title_author_and_content() -> None:
    entry = an_entry(
        title="", summary="", html="", outlet="", outlet_url=None, authors=(), carriers=(), matched=()
    )
    (item,) = items(render(a_feed(entry), "json"))
    assert item["title"] == "lemonde.example"
    assert item["authors"][0]["name"] == "lemonde.example"
    assert item["content_html"].endswith("<p>lemonde.example</p>")


def test_long_lists_are_cut() -> None:
    entry = an_entry(
        tags=tuple(f"tag {n}" for n in range(5000)),
        authors=tuple(f"Author {n}" for n in range(500)),
        carriers=tuple(Carrier(f"Outlet {n}", f"https://o.example/{n}", AT) for n in range(50)),
        enclosures=tuple(Enclosure(f"https://o.example/{n}.mp3") for n in range(50)),
    )
    (item,) = items(render(a_feed(entry), "json"))
    assert len(item["tags"]) == 20
    assert item["authors"][0]["name"].count("Author") == 5
    assert "<p>and 20 more</p>" in item["content_html"]
    assert len(item["attachments"]) == 10


def test_entries_of_one_poll_differ_in_updated_and_keep_it() -> None:
    feed = a_feed(*(an_entry(seq) for seq in range(3, 0, -1)))
    root = etree.fromstring(render(feed, "atom"))
    updated = {
        entry.findtext(f"{ATOM}id"): entry.findtext(f"{ATOM}updated") for entry in root.iter(f"{ATOM}entry")
    }
    assert len(set(updated.values())) == 3
    alone = etree.fromstring(render(a_feed(an_entry(2)), "atom")).find(f"{ATOM}entry")
    assert alone is not None
    assert alone.findtext(f"{ATOM}updated") == updated[alone.findtext(f"{ATOM}id")]


def test_a_name_in_the_byline_is_not_repeated() -> None:
    (item,) = items(render(a_feed(an_entry(authors=("Le Monde avec AFP",))), "json"))
    assert item["authors"][0]["name"] == "Le Monde avec AFP"


def test_the_line_of_matched_terms_can_be_left_out_and_stays_in_json() -> None:
    feed = a_feed(an_entry(), shows_matched=False)
    bodies = render_all(feed)
    assert not any(b"Matched:" in body for body in bodies.values())
    assert json.loads(bodies["json"])["items"][0]["_aggregator"]["matched"] == ["alibaba", "amende"]


@pytest.mark.parametrize(
    "html", ["<p>a ]]> b</p>", "]]>", "<p>x</p>]]", "]]]]>>]]>", "<p><![CDATA[ &content; ]]></p>"]
)
def test_a_text_may_hold_what_ends_a_section(html: str) -> None:
    feed = a_feed(an_entry(html=html, image_url=None), an_entry(2))
    bodies = render_all(feed)
    wanted = [item["content_html"] for item in items(bodies["json"])]
    for form in XML_FORMATS:
        assert [entry.content[0].value for entry in parsed(bodies[form]).entries] == wanted
    assert wanted[0].startswith(html)


@pytest.mark.parametrize("form", FORMATS)
def test_the_head_says_when_to_come_back_who_pushes_and_where_the_page_is(form: Format) -> None:
    feed = a_feed(
        an_entry(),
        ttl=timedelta(seconds=90),
        hub="https://hub.example/?a=1&b=2",
        page_url=f"{BASE_URL}/topics/alibaba",
        older_page=3,
    )
    assert rules(feed, form) == []
    body = render(feed, form).decode()
    assert "https://hub.example/" in body
    assert f"{BASE_URL}/topics/alibaba" in body
    assert ("<ttl>2</ttl>" in body) is (form == "rss")
    assert (f'href="{BASE_URL}/feeds/alibaba.3.atom" rel="prev-archive"' in body) is (form == "atom")


def test_reading_time_is_said_where_it_is_known() -> None:
    bodies = render_all(a_feed(an_entry(minutes=7), an_entry(2, minutes=0)))
    assert bodies["atom"].count(b"Reading time: 7 min") == 1
    assert [item["_aggregator"].get("reading_minutes") for item in items(bodies["json"])] == [7, None]
