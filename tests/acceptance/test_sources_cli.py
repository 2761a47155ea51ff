"""Sources from the command line and from OPML, as a user meets them, against a small web on loopback."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.daemon import Installation
from tests.support.web import ScriptedWeb

pytestmark = pytest.mark.slow

TOPIC = 'title = "All"\nquery = "story"\n'
MINE = (
    "# My sources, by hand.\n\n[[source]]   # the first\nurl   =   'https://mine.example/feed'\n\n# the end\n"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A web with a home page, its feeds and a page without any, and an installation with one topic."""

    web: ScriptedWeb
    house: Installation

    def text(self, name: str = "added.toml") -> str:
        """Return a file of sources.d."""
        return (self.house.config / "sources.d" / name).read_text(encoding="utf-8")

    def urls(self) -> list[str]:
        """Return the addresses that are configured."""
        ended = self.house.run("source", "list", "--json")
        assert ended.code == 0, ended.err
        return [source["url"] for source in json.loads(ended.out)]


def _rss(base: str, title: str) -> str:
    items = "".join(
        f"<item><title>Story {number}</title><link>{base}/story-{number}</link><guid>{number}</guid>"
        f"<description>A story, number {number}.</description>"
        f"<pubDate>Mon, 0{number} Sep 2025 10:00:00 GMT</pubDate></item>"
        for number in range(1, 9)
    )
    return f'<rss version="2.0"><channel><title>{title}</title><link>{base}/</link>{items}</channel></rss>'


def _home(base: str) -> str:
    feeds = "".join(
        f'<link rel="alternate" type="application/rss+xml" title="{name}" href="{base}/{name}.xml">'
        for name in ("news", "sport")
    )
    return f"<html><head><title>The Daily</title>{feeds}</head><body>Welcome</body></html>"


def _listing() -> str:
    items = "".join(
        f'<article><h2><a href="/notice-{number}">Notice {number}</a></h2>'
        f'<time datetime="2025-09-0{number}">x</time><p>A story.</p></article>'
        for number in range(1, 4)
    )
    return f"<html><head><title>Notices</title></head><body>{items}</body></html>"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ScriptedWeb() as web:
        base = web.url("")
        web.put("/", _home(base))
        for name in ("news", "sport"):
            web.put(f"/{name}.xml", _rss(base, f"The Daily: {name}"), "application/rss+xml")
        web.put("/notices", _listing())
        house = Installation(tmp_path)
        house.write(
            "aggregator.toml", house.settings(articles="full_text = false", poll='first_age = "9999d"')
        )
        house.write("topics.d/all.toml", TOPIC)
        yield Place(web, house)


def test_a_home_page_becomes_a_source_that_is_polled(place: Place) -> None:
    place.house.write("sources.d/added.toml", MINE.replace("https://mine.example", place.web.url("")))
    (place.house.config / "sources.d/added.toml").chmod(0o640)
    before = place.text()
    ended = place.house.run("source", "add", place.web.url("/"), "--tag", "press", "--tag", "daily")
    assert ended.code == 0, ended.err
    feed = place.web.url("/news.xml")
    assert feed in ended.out
    assert "the page names other feeds too: " + place.web.url("/sport.xml") in ended.out
    shown = [line for line in ended.out.splitlines() if line.endswith(tuple(f"Story {n}" for n in range(9)))]
    assert [line.rpartition("  ")[2] for line in shown] == [f"Story {number}" for number in (8, 7, 6, 5, 4)]
    assert shown[0].startswith("2025-09-08 10:00 UTC")
    assert place.text() == (
        before + f'\n[[source]]\nurl = "{feed}"\ntitle = "The Daily: news"\ntags = ["press", "daily"]\n'
    )
    assert (place.house.config / "sources.d/added.toml").stat().st_mode & 0o777 == 0o640
    assert f"added.toml:{before.count(chr(10)) + 2}" in ended.out
    assert place.house.run("check").code == 0
    assert not (place.house.state / "aggregator.db").exists()
    place.house.once()
    assert {entry.title for entry in place.house.feed("all")} == {f"Story {number}" for number in range(1, 9)}


def test_the_first_source_needs_no_file_and_no_topic(place: Place) -> None:
    (place.house.config / "topics.d/all.toml").unlink()
    assert place.house.run("source", "list").out.endswith("0 sources\n")
    assert place.house.run("source", "add", place.web.url("/news.xml")).code == 0
    assert place.text().startswith(f'[[source]]\nurl = "{place.web.url("/news.xml")}"\n')


def test_a_dry_run_writes_nothing(place: Place) -> None:
    ended = place.house.run("source", "add", place.web.url("/"), "--id", "daily", "--title", "D", "--dry-run")
    assert ended.code == 0, ended.err
    assert f'[[source]]\nurl = "{place.web.url("/news.xml")}"\nid = "daily"\ntitle = "D"\n' in ended.out
    assert not (place.house.config / "sources.d").exists()


def test_what_is_followed_already_is_refused(place: Place) -> None:
    place.house.write(
        "sources.d/mine.toml", f'[[source]]\nurl = "{place.web.url("/news.xml")}"\nid = "mine"\n'
    )
    asked = place.web.hits()
    ended = place.house.run("source", "add", place.web.url("/news.xml?utm_source=x#top"))
    assert (ended.code, place.web.hits()) == (1, asked)  # known without asking
    assert f"mine follows {place.web.url('/news.xml')} already: see " in ended.err
    ended = place.house.run("source", "add", place.web.url("/"))  # its feed is followed
    assert ended.code == 1
    assert "mine follows" in ended.err
    assert not (place.house.config / "sources.d/added.toml").exists()


def test_the_feed_behind_a_page_that_is_followed_is_refused(place: Place) -> None:
    place.house.write("sources.d/mine.toml", f'[[source]]\nurl = "{place.web.url("/")}"\nid = "mine"\n')
    place.house.once()
    ended = place.house.run("source", "add", place.web.url("/news.xml"))
    assert ended.code == 1
    assert f"mine follows {place.web.url('/')} already" in ended.err


def test_an_address_that_moved_for_good_to_one_that_is_followed_is_refused(place: Place) -> None:
    old, new, page = place.web.url("/old.xml"), place.web.url("/news.xml"), place.web.url("/page")
    place.web.redirect("/old.xml", place.web.url("/older.xml"), 308)
    place.web.redirect("/older.xml", f"{new}?utm_source=x", 301)
    place.web.put("/page", _home(place.web.url("")).replace("/news.xml", "/old.xml"))
    place.house.write("sources.d/mine.toml", f'[[source]]\nurl = "{new}"\nid = "mine"\n')
    for url in (old, page):
        ended = place.house.run("source", "add", url)
        assert ended.code == 1
        assert f"{url} leads to {new}?utm_source=x: mine follows {new} already: see " in ended.err
    place.house.write("sources.d/mine.toml", f'[[source]]\nurl = "{old}"\nid = "mine"\n')
    assert place.house.run("poll", "mine").code == 0
    ended = place.house.run("source", "add", new)
    assert (ended.code, f"mine follows {old}" in ended.err) == (1, True)


def test_the_preview_says_where_an_address_has_moved(place: Place) -> None:
    place.web.redirect("/old.xml", place.web.url("/news.xml"), 301)
    place.web.redirect("/now.xml", place.web.url("/sport.xml"), 302)
    ended = place.house.run("source", "add", place.web.url("/old.xml"))
    assert ended.code == 0, ended.err
    assert f"moved for good to     {place.web.url('/news.xml')}\n" in ended.out
    ended = place.house.run("source", "add", place.web.url("/now.xml"))
    assert (ended.code, "moved" in ended.out) == (0, False)


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_sitemap_that_is_none_gets_advice_on_sitemaps(place: Place, words: tuple[str, ...]) -> None:
    ended = place.house.run("source", "add", place.web.url("/notices"), "--kind", "sitemap", *words)
    assert ended.code == 1
    assert "not a sitemap: an HTML page titled “Notices”" in ended.out
    assert f"aggregator source try '{place.web.url('/robots.txt')}' --kind sitemap" in ended.err
    assert "CSS" not in ended.err


def test_a_file_made_for_a_password_is_ours_only(place: Place) -> None:
    url = place.web.url("/news.xml").replace("://", "://joe:hunter2@")
    path = place.house.config / "sources.d/added.toml"
    assert place.house.run("source", "add", place.web.url("/sport.xml")).code == 0
    assert path.stat().st_mode & 0o077
    path.unlink()
    ended = place.house.run("source", "add", url)
    assert ended.code == 0, ended.err
    assert "which only you can read since it holds a secret" in ended.out
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_list_of_inline_tables_is_left_as_it_is(place: Place) -> None:
    path = place.house.write("sources.d/added.toml", 'source = [{url = "https://a.example/"}] # mine\n')
    before = path.read_bytes()
    ended = place.house.run("source", "add", place.web.url("/news.xml"))
    assert ended.code == 78
    assert "taken back" in ended.err
    assert path.read_bytes() == before
    ended = place.house.run("source", "add", place.web.url("/news.xml"), "--file", "more.toml")
    assert ended.code == 0, ended.err


def test_an_edit_that_would_not_load_is_taken_back(place: Place) -> None:
    place.house.write("sources.d/added.toml", MINE.replace("url", 'id = "taken"\nurl'))
    before = place.text()
    ended = place.house.run("source", "add", place.web.url("/news.xml"), "--id", "taken")
    assert ended.code == 78
    assert "taken back" in ended.err
    assert 'the id "taken" belongs to' in ended.err
    assert place.text() == before
    assert [path.name for path in (place.house.config / "sources.d").iterdir()] == ["added.toml"]


def test_a_mistake_elsewhere_is_named_before_anything_is_asked(place: Place) -> None:
    place.house.write("topics.d/bad.toml", 'title = "x"\nquery = "("\n')
    ended = place.house.run("source", "add", place.web.url("/news.xml"))
    assert ended.code == 78
    assert "bad.toml:2" in ended.err
    assert place.web.hits() == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense"], "url is not an http or https address"),
        (["file:///etc/passwd"], "url is not an http or https address"),
        (["https://a.example/", "--id", "No Id"], "id is not an id"),
        (["https://a.example/", "--file", "x.txt"], "x.txt would not be read"),
        (["https://a.example/", "--link", "a"], "listing.item is missing"),
        (["https://a.example/?${env:ABSENT}"], "needs the variable ABSENT, which is not set"),
    ],
)
def test_wrong_usage_is_said_and_nothing_is_written(place: Place, words: list[str], message: str) -> None:
    ended = place.house.run("source", "add", *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert not (place.house.config / "sources.d").exists()


def test_a_private_address_is_refused_as_in_a_poll(place: Place) -> None:
    place.house.write("aggregator.toml", "")
    ended = place.house.run("source", "add", place.web.url("/news.xml"))
    assert ended.code == 1
    assert "allow_private" in ended.out
    assert place.web.hits() == 0


def test_a_secret_stays_a_reference(place: Place) -> None:
    (place.house.config / "token").write_text("hunter2-hunter2")
    place.web.put("/private", _rss(place.web.url(""), "Private hunter2-hunter2"), "application/rss+xml")
    reference = f"{place.web.url('/private')}?token=${{file:token}}"
    ended = place.house.run("source", "add", reference)
    assert ended.code == 0, ended.err
    assert place.web.log[-1].path == "/private?token=hunter2-hunter2"
    assert f'url = "{reference}"' in place.text()
    assert (place.house.config / "sources.d/added.toml").stat().st_mode & 0o077  # it holds no secret
    assert "hunter2" not in ended.out + ended.err + place.text()
    assert "hunter2" not in place.house.run("source", "export").out


# --- pages without a feed -----------------------------------------------------------------------


def test_a_page_without_a_feed_gets_advice_and_selectors_can_be_tried(place: Place) -> None:
    url = place.web.url("/notices")
    ended = place.house.run("source", "add", url)
    assert ended.code == 1
    assert 'kind = "listing"' in ended.err
    assert f"aggregator source try '{url}'" in ended.err
    selectors = ["--item", "article", "--link", "h2 a", "--date", "time"]
    ended = place.house.run("source", "try", url, *selectors, "--summary", ".lead")
    assert ended.code == 0, ended.err
    assert "of 3 items none matches summary '.lead'" in ended.out
    assert "3; 3 with a link, 3 with a date" in ended.out
    assert f"2025-09-03 00:00 UTC  Notice 3\n{'':22}{place.web.url('/notice-3')}\n" in ended.out
    assert not (place.house.config / "sources.d").exists()
    assert not (place.house.state / "aggregator.db").exists()
    assert place.house.run("source", "add", url, *selectors, "--id", "notices").code == 0
    assert 'kind = "listing"\n\n[source.listing]\nitem = "article"\nlink = "h2 a"\n' in place.text()
    place.house.once()
    assert place.house.run("source", "try", "notices").out.count("Notice ") == 3  # though all are stored
    ended = place.house.run("source", "try", "notices", "--date", ".when", "--entries", "1")
    assert "of 3 items none matches date '.when'" in ended.out
    assert ended.out.count("Notice ") == 1


def test_selectors_that_match_nothing_fail(place: Place) -> None:
    for words in (["--item", ".none"], ["--item", "a["]):
        for command in ("try", "add"):
            ended = place.house.run("source", command, place.web.url("/notices"), *words)
            assert ended.code == 1
            assert "--item" in ended.err
    assert not (place.house.config / "sources.d").exists()


def test_a_feed_can_be_tried(place: Place) -> None:
    ended = place.house.run("source", "try", place.web.url("/sport.xml"), "--entries", "3")
    assert ended.code == 0, ended.err
    assert ended.out.count("Story ") == 3
    assert "8; 8 with a link, 8 with a date" in ended.out


# --- OPML ---------------------------------------------------------------------------------------


def _opml(outlines: str) -> str:
    return f'<?xml version="1.0"?>\n<opml version="2.0"><head/><body>\n{outlines}\n</body></opml>'


def test_a_list_of_a_thousand_is_live(place: Place) -> None:
    outlines = "\n".join(
        f'<outline text="F{number}" type="rss" xmlUrl="https://site-{number}.example/feed"/>'
        for number in range(1_000)
    )
    place.house.write("sources.d/reader.opml", _opml(f'<outline text="folder">{outlines}</outline>'))
    place.house.write("topics.d/all.toml", f'{TOPIC}sources = ["tag:folder"]\n')
    begin = time.monotonic()
    ended = place.house.run("check")
    assert ended.code == 0, ended.err
    assert "1000 sources, 1 topics, no mistakes" in ended.out
    assert time.monotonic() - begin < 20
    feed = place.web.url("/news.xml")
    place.house.write("sources.d/reader.opml", _opml(f'<outline xmlUrl="{feed}" category="folder"/>'))
    place.house.once()
    assert len(place.house.feed("all")) == 8


def test_a_bad_outline_is_a_warning_and_stops_nobody(place: Place) -> None:
    outlines = (
        f'<outline type="rss" text="bad" xmlUrl="nowhere"/>\n<outline xmlUrl="{place.web.url("/news.xml")}"/>'
    )
    path = place.house.write("sources.d/reader.opml", _opml(outlines))
    ended = place.house.run("check")
    assert ended.code == 0
    assert f"warning: {path}:3: a feed is passed over: url is not an http or https address" in ended.err
    assert "1 sources, 1 topics, no mistakes, 1 warnings" in ended.out
    ended = place.house.once()
    assert "a feed is passed over" in ended.err
    assert len(place.house.feed("all")) == 8


def test_a_hostile_list_is_read_in_bounds_and_fetches_nothing(place: Place) -> None:
    base = place.web.url("")
    secret = place.house.write("secret", "hunter2-hunter2")
    bomb = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    doctype = (
        f'<!DOCTYPE opml SYSTEM "{base}/dtd" [<!ENTITY l0 "l">{bomb}<!ENTITY s SYSTEM "file://{secret}">]>'
    )
    outlines = (
        f'<outline type="include" url="{base}/more.opml"/><outline type="link" url="{base}/x.opml"/>'
        f'<outline text="&s;" xmlUrl="https://a.example/?${{file:secret}}"/><outline text="&l9;"/>'
        + '<outline text="deep">'
        * 50_000
    )
    place.house.write("sources.d/evil.opml", f"{doctype}<opml><body>{outlines}")
    ended = place.house.run("check", within=20)
    assert ended.code == 0, ended.err
    assert place.urls() == ["https://a.example/?${file:secret}"]
    with (place.house.config / "sources.d/huge.opml").open("wb") as file:
        file.truncate(100_000_000)
    ended = place.house.run("check", within=20)
    assert ended.code == 78
    assert "huge.opml: is longer than 16 MB" in ended.err
    assert "Traceback" not in ended.err
    assert place.web.hits() == 0
    assert "hunter2" not in ended.err


def test_a_list_is_imported_as_text_that_can_be_edited(place: Place, tmp_path: Path) -> None:
    place.house.write("sources.d/mine.toml", MINE)
    outlines = (
        '<outline text="Asia"><outline text="B &quot;x&quot;" xmlUrl="https://b.example/${env:HOME}"/></outline>\n'
        '<outline xmlUrl="https://mine.example/feed/"/>\n<outline xmlUrl="nowhere"/>'
        '<outline xmlUrl="https://joe:***@c.example/"/><outline xmlUrl="https://c.example/x-y"/><outline xmlUrl="https://c.example/x/y"/>'
    )
    path = tmp_path / "My Feeds.opml"
    path.write_text(_opml(outlines))
    ended = place.house.run("source", "import", str(path), "--tag", "new", "--dry-run")
    assert ended.code == 0, ended.err
    assert not (place.house.config / "sources.d/my-feeds.toml").exists()
    ended = place.house.run("source", "import", str(path), "--tag", "new")
    assert ended.code == 0, ended.err
    assert f"{path}:5: a feed is passed over" in ended.err
    assert "3 sources written to " in ended.out
    assert "1 followed already, 2 warnings" in ended.out
    assert place.text("mine.toml") == MINE
    first, second, third = place.text("my-feeds.toml").split("\n\n")
    assert first == (
        '[[source]]\nurl = "https://b.example/$${env:HOME}"\ntitle = "B \\"x\\""\ntags = ["Asia", "new"]'
    )
    assert second == '[[source]]\nurl = "https://c.example/x-y"\ntags = ["new"]'
    assert third.startswith('[[source]]\nurl = "https://c.example/x/y"\nid = "c-example-x-y-')
    assert "https://b.example/${env:HOME}" in place.urls()
    ended = place.house.run("source", "import", str(path))
    assert (ended.code, ended.out) == (0, "nothing to write: 4 followed already, 2 warnings\n")
    assert place.house.run("source", "import", str(tmp_path / "none.opml")).code == 2
    (tmp_path / "no.opml").write_text("<html/>")
    ended = place.house.run("source", "import", str(tmp_path / "no.opml"))
    assert ended.code == 1
    assert "is not OPML" in ended.err


def test_all_sources_are_exported_without_their_secrets(place: Place) -> None:
    place.house.write(
        "sources.d/mine.toml",
        f'[[source]]\nurl = "{place.web.url("/")}"\ntags = ["press", "daily"]\n'
        '[[source]]\nurl = "https://me:hunter2-hunter2@b.example/?token=hunter3-hunter3"\n'
        'id = "b"\nenabled = false\n'
        f'[[source]]\nurl = "{place.web.url("/notices")}"\nkind = "listing"\nenabled = false\n'
        '[source.listing]\nitem = "article"\n',
    )
    place.house.once()
    ended = place.house.run("source", "export")
    assert ended.code == 0, ended.err
    assert "hunter" not in ended.out
    assert "1 of 3 addresses hold secrets, which are written as ***" in ended.err
    outlines = [outline.attrib for outline in ET.fromstring(ended.out.encode()).iter("outline")]
    assert outlines[0] == {"text": "press", "title": "press"}
    assert outlines[1] == {
        "type": "rss",
        "text": "The Daily: news",
        "title": "The Daily: news",
        "xmlUrl": place.web.url("/news.xml"),  # the feed that was found, since others do not search
        "htmlUrl": place.web.url("/"),
        "category": "press,daily",
    }
    assert outlines[2]["xmlUrl"] == "https://***@b.example/?token=***"
    assert outlines[2]["isComment"] == "true"
    assert (outlines[3]["type"], outlines[3]["url"]) == ("link", place.web.url("/notices"))
