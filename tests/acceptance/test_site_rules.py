"""Rules of `sites.d` as a user meets them: what `article` shows, and what the daemon then publishes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Installation
from tests.support.web import ScriptedWeb

pytestmark = pytest.mark.slow

LEAD = (
    "The regulator opened an inquiry into the platform on Monday, after two years of complaints by merchants "
    "who say that they were made to choose between it and its rival."
)
SECOND = (
    "Officials searched the offices of the company for three days and took away the minutes of its board, "
    "two people who saw the order said."
)
THIRD = (
    "The company answered that it would work with the inquiry, and that nobody had ever been made to sell on "
    "one platform alone."
)
LAST = (
    "A decision is expected before the end of the year; a fine could reach a tenth of what the company "
    "turned over in the year before."
)
ASIDE = (
    "Our readers chose this story of last year as their favourite, in which a baker from the old town tells "
    "how she found her oven again."
)
RULE = """
[[site]]
host = "127.0.0.1"
body = "div.story"
strip = ["p.favourite", "//p[starts-with(., 'Filed under')]"]
title = "h2.head"
author = ".who b"
date = "string(//div[@class='when'])"
next_page = "a.onward"
user_agent = "Mozilla/5.0 (compatible; my-reader/1.0)"
"""


def _page(body: str, *, onward: str = "") -> str:
    link = f'<a class="onward" href="{onward}">Next page</a>' if onward else ""
    return (
        "<html><head><title>The Paper</title></head><body>"
        '<nav><a href="/">Home</a><a href="/world">World</a></nav>'
        '<h2 class="head">An inquiry into the platform</h2>'
        '<div class="who">By <b>Ada Writer</b></div><div class="when">3 March 2025</div>'
        f'<div class="story">{body}</div>{link}'
        f'<div class="rest"><p>{ASIDE.replace("baker", "butcher")}</p></div>'
        '<form class="letter"><p>Have it sent.</p><input type="email" name="mail"></form></body></html>'
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A web with one feed and an article on two pages, and an installation that follows it."""

    web: ScriptedWeb
    house: Installation

    def article(self, *words: str, path: str = "/story") -> str:
        """Return what `article` prints of a page."""
        ended = self.house.run("article", self.web.url(path), *words)
        assert ended.code == 0, ended.err
        return ended.out

    def record(self, path: str = "/story") -> dict[str, Any]:
        """Return `article --json`."""
        answer: dict[str, Any] = json.loads(self.article("--json", path=path))
        return answer


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ScriptedWeb() as web:
        first = f'<p>{LEAD}</p><p class="favourite">{ASIDE}</p><p>{SECOND}</p><p>Filed under: Trade</p>'
        web.put("/story", _page(first, onward="/story/2"))
        web.put("/story/2", _page(f"<p>{THIRD}</p><p>{LAST}</p>"))
        item = f"<item><title>An inquiry</title><link>{web.url('/story')}</link><guid>1</guid></item>"
        web.put("/feed.xml", f"<rss version='2.0'><channel>{item}</channel></rss>", "application/rss+xml")
        house = Installation(tmp_path)
        house.write("topics.d/all.toml", 'title = "All"\nquery = "platform"\n')
        house.write("sources.d/mine.toml", f'[[source]]\nurl = "{web.url("/feed.xml")}"\n')
        yield Place(web, house)


def test_a_rule_decides_what_the_daemon_publishes(place: Place) -> None:
    place.house.write("sites.d/paper.toml", RULE)
    ended = place.house.run("check")
    assert ended.code == 0, ended.err
    assert "1 sources, 1 topics, 1 site rules, no mistakes" in ended.out
    place.house.once()
    (item,) = place.house.export()
    assert item["text"] == f"{LEAD}\n\n{SECOND}\n\n{THIRD}\n\n{LAST}"
    assert item["quality"] == "full"
    assert item["published_at"].startswith("2025-03-03")
    pages = [seen for seen in place.web.log if seen.path.startswith("/story")]
    assert [seen.path for seen in pages] == ["/story", "/story/2"]
    assert {seen.headers["user-agent"] for seen in pages} == {"Mozilla/5.0 (compatible; my-reader/1.0)"}
    assert place.web.hits("/robots.txt") == 1
    assert [entry.title for entry in place.house.feed("all")] == ["An inquiry"]


def test_a_next_page_that_fails_leaves_what_was_read(place: Place) -> None:
    place.house.write("sites.d/paper.toml", RULE)
    place.web.put("/story/2", "gone", status=404)
    place.house.once()
    (item,) = place.house.export()
    assert item["text"] == f"{LEAD}\n\n{SECOND}"
    assert item["quality"] == "partial"


def test_a_rule_that_prefers_the_feed_asks_for_no_page(place: Place) -> None:
    place.house.write("sites.d/paper.toml", '[[site]]\nhost = "127.0.0.1"\nprefer_feed = true\n')
    told = f"<title>Told</title><link>{place.web.url('/told')}</link><description>{LEAD}</description>"
    bare = f"<title>Bare</title><link>{place.web.url('/story')}</link>"
    channel = f"<rss version='2.0'><channel><item>{told}</item><item>{bare}</item></channel></rss>"
    place.web.put("/feed.xml", channel, "application/rss+xml")
    place.house.once()
    texts = {item["title"]: item["text"] for item in place.house.export()}
    assert texts["Told"] == LEAD
    assert LEAD in texts["Bare"]  # the feed has nothing: the page is better than that
    assert (place.web.hits("/told"), place.web.hits("/story")) == (0, 1)


def test_article_shows_what_is_kept_and_dropped_and_why(place: Place) -> None:
    found = place.record()
    assert found["rule"] is None
    assert found["quality"] == "full"
    assert found["title"] == {"value": "The Paper", "origin": "page"}
    kept = [block["text"] for block in found["blocks"] if block["reason"] is None]
    assert kept[:1] == [LEAD]
    reasons = {block["text"]: block["reason"] for block in found["blocks"]}
    assert reasons["Have it sent."] == "newsletter"
    assert found["reasons"]["newsletter"]
    place.house.write("sites.d/paper.toml", RULE)
    found = place.record()
    assert found["rule"]["host"] == "127.0.0.1"
    assert found["rule"]["file"].endswith("sites.d/paper.toml")
    assert found["title"] == {"value": "An inquiry into the platform", "origin": "rule"}
    assert found["authors"] == {"value": ["Ada Writer"], "origin": "rule"}
    assert found["published_at"] == {"value": "2025-03-03T00:00:00+00:00", "origin": "rule"}
    assert found["pages"] == [place.web.url("/story"), place.web.url("/story/2")]
    blocks = {block["text"]: (block["page"], block["reason"]) for block in found["blocks"]}
    kept = [text for text, (_, reason) in blocks.items() if reason is None]
    assert kept == [LEAD, SECOND, THIRD, LAST]
    assert blocks[ASIDE] == (1, "strip")
    assert blocks["Filed under: Trade"] == (1, "strip")
    assert blocks["Have it sent."][1] == "outside"
    (aside,) = (block for block in found["blocks"] if block["text"] == ASIDE)
    assert aside["where"] == "p.favourite"
    assert not (place.house.state / "aggregator.db").exists()


def test_what_article_prints_is_for_eyes_and_for_grep(place: Place) -> None:
    place.house.write("sites.d/paper.toml", RULE)
    lines = place.article().splitlines()
    assert any(line.startswith("verdict") and "full" in line for line in lines)
    kept, dropped = f"{'kept':<14}{LEAD}", f"{'- strip':<14}{ASIDE}  [p.favourite]"
    assert lines.index(kept) < lines.index(dropped)  # piped: a block a line, not folded
    for width in (80, 160):
        lines = place.article("--width", str(width)).splitlines()
        assert max(map(len, lines)) <= width
        text = " ".join(" ".join(lines).split())
        assert "Our readers chose this story" in text
    # At 160 columns what is kept stands left of what is dropped.
    assert any(line.startswith("The regulator opened") for line in lines)
    dropped = next(line for line in lines if "Our readers chose this story" in line)
    assert dropped.index("Our readers") > 75


def test_article_says_what_is_stored_of_the_page(place: Place) -> None:
    assert "none is stored with this address" in place.article()
    assert place.record()["stored"] is None
    place.house.once()
    shown = place.article()
    assert "An inquiry (" in shown
    assert "is looked at again 20" in shown
    found = place.record()
    assert found["source"] == found["stored"]["source"]
    assert (found["stored"]["quality"], found["stored"]["change_note"]) == ("full", None)
    assert found["stored"]["reread_due_at"] is not None
    assert SECOND in found["stored"]["text"]


def test_article_says_why_there_is_none(place: Place) -> None:
    place.web.put("/robots.txt", "User-agent: *\nDisallow: /story", "text/plain")
    ended = place.house.run("article", place.web.url("/story"))
    assert ended.code == 1
    assert "robots.txt" in ended.out + ended.err
    place.web.put("/paper.pdf", b"%PDF-1.7", "application/pdf")
    ended = place.house.run("article", place.web.url("/paper.pdf"))
    assert ended.code == 1
    assert "application/pdf" in ended.out + ended.err
    ended = place.house.run("article", "--json", place.web.url("/paper.pdf"))
    assert (ended.code, json.loads(ended.out)["failure"]["kind"]) == (1, "not-html")
    assert place.house.run("article", "no address").code == 2


def test_mistakes_name_file_line_and_column(place: Place) -> None:
    path = place.house.write(
        "sites.d/paper.toml",
        '[[site]]\nhost = "paper.example"\nbody = "div["\n\n[[site]]\nhost = "http://x.example/"\n'
        'strip = ["p", "//p[frob()]"]\ntitel = "h1"\n',
    )
    ended = place.house.run("check")
    assert ended.code == 78
    assert f"{path}:3:8: body is no CSS selector" in ended.err
    assert f"{path}:6:8: host " in ended.err
    assert f"{path}:7:15: strip (number 2) is no XPath" in ended.err
    assert f'{path}:8:1: unknown key "titel"' in ended.err
    assert 'did you mean "title"?' in ended.err
    assert "Traceback" not in ended.err
