"""What `source try`, `source add` and `poll --dry-run` say, and whether following it leads on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.daemon import Installation
from tests.support.web import ScriptedWeb

pytestmark = pytest.mark.slow

XML = "application/xml"
SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
ITEM = "<item><title>A story</title><guid>1</guid><pubDate>Mon, 01 Sep 2025 10:00:00 GMT</pubDate></item>"
RSS = f"<rss version='2.0'><channel><title>Presse</title>{ITEM}</channel></rss>"


@dataclass(frozen=True, slots=True)
class Place:
    """A web, and an installation with one topic and no source."""

    web: ScriptedWeb
    house: Installation

    def sitemap(self, path: str, *pages: tuple[str, str]) -> None:
        """Put a sitemap of these pages and their changes on the web."""
        urls = "".join(
            f"<url><loc>{self.web.url(page)}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</url>"
            for page, changed in pages
        )
        self.web.put(path, f'<urlset xmlns="{SPACE}">{urls}</urlset>', XML)

    def index(self, path: str, *parts: str) -> None:
        """Put a sitemap of these sitemaps on the web."""
        locs = "".join(f"<sitemap><loc>{self.web.url(part)}</loc></sitemap>" for part in parts)
        self.web.put(path, f'<sitemapindex xmlns="{SPACE}">{locs}</sitemapindex>', XML)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ScriptedWeb() as web:
        for path in ("/feed.xml", "/feed/xml"):
            web.put(path, RSS, "application/rss+xml")
        house = Installation(tmp_path)
        house.write("topics.d/all.toml", 'title = "All"\nquery = "story"\n')
        yield Place(web, house)


def test_an_entry_that_tells_only_its_change_is_given_no_other_date(place: Place) -> None:
    place.sitemap("/map.xml", ("/old", "2020-01-01"), ("/bare", ""))
    url = place.web.url("/map.xml")
    ended = place.house.run("source", "try", url, "--kind", "sitemap")
    assert ended.code == 0, ended.err
    assert "2; 2 with a link, 0 with a date, 1 with the date of a change only\n" in ended.out
    assert f"\nchanged 2020-01-01    no title\n{'':22}{place.web.url('/old')}\n" in ended.out
    assert f"\nno date               no title\n{'':22}{place.web.url('/bare')}\n" in ended.out
    place.house.write("sources.d/map.toml", f'[[source]]\nurl = "{url}"\nid = "map"\nkind = "sitemap"\n')
    ended = place.house.run("poll", "--dry-run", "map")
    assert ended.code == 0, ended.err
    entries = [line.split(maxsplit=1)[1] for line in ended.out.splitlines() if line.startswith("entry ")]
    assert sorted(entries) == [
        f"changed 2020-01-01 {place.web.url('/old')}",
        f"no date {place.web.url('/bare')}",
    ]


def test_the_index_that_robots_names_is_what_is_advised(place: Place) -> None:
    index = place.web.url("/sitemap.xml")
    place.web.put("/robots.txt", f"User-agent: *\nDisallow:\n\nSitemap: {index}\n", "text/plain")
    place.index("/sitemap.xml", "/posts.xml")
    place.sitemap("/posts.xml", ("/one", "2025-09-01"))
    ended = place.house.run("source", "try", place.web.url("/robots.txt"), "--kind", "sitemap")
    assert ended.code == 1
    assert f"names a sitemap of sitemaps: put {index} into url, or one of those that it names" in ended.out
    assert ended.err == ""  # not the command again that has just failed
    ended = place.house.run("source", "try", index, "--kind", "sitemap")
    assert (ended.code, place.web.url("/one") in ended.out) == (0, True)


def test_a_password_in_a_file_that_others_can_read_is_said(place: Place) -> None:
    path = place.house.write("sources.d/added.toml", "# mine\n")
    url = place.web.url("/feed.xml").replace("://", "://joe:hunter2@")
    path.chmod(0o644)
    ended = place.house.run("source", "add", url)
    assert ended.code == 0, ended.err
    assert (
        f"added.toml holds a secret now, and its mode 0644 is open to others: chmod 600 {path}" in ended.err
    )
    assert "hunter2" not in ended.err
    path.write_text("# mine\n")
    path.chmod(0o600)
    assert place.house.run("source", "add", url).err == ""
    path.chmod(0o644)
    assert place.house.run("source", "add", place.web.url("/feed/xml")).err == ""  # no secret in it


def test_a_password_in_a_list_that_is_imported_is_said(place: Place, tmp_path: Path) -> None:
    path = place.house.write("sources.d/list.toml", "# mine\n")
    path.chmod(0o640)
    (tmp_path / "list.opml").write_text(
        '<opml><body><outline xmlUrl="https://joe:hunter2@a.example/feed"/></body></opml>'
    )
    ended = place.house.run("source", "import", str(tmp_path / "list.opml"))
    assert ended.code == 0, ended.err
    assert "its mode 0640 is open to others" in ended.err


def test_an_address_whose_id_is_taken_gets_another(place: Place) -> None:
    assert place.house.run("source", "add", place.web.url("/feed.xml")).code == 0
    first = place.house.run("source", "list").out
    ended = place.house.run("source", "add", place.web.url("/feed/xml"), "--dry-run")
    assert (ended.code, '\nid = "127-0-0-1-' in ended.out) == (0, True)
    ended = place.house.run("source", "add", place.web.url("/feed/xml"))
    assert ended.code == 0, ended.err
    text = (place.house.config / "sources.d/added.toml").read_text()
    given = text.rpartition('\nid = "')[2].partition('"')[0]
    assert f"Its id is {given}, since another source has the shorter one." in ended.out
    assert given.startswith(first.splitlines()[1].split()[0] + "-")  # the other's, and more
    assert place.house.run("check").code == 0


def test_the_feed_behind_a_page_gets_another_id_if_its_own_is_taken(place: Place) -> None:
    link = f'<link rel="alternate" type="application/rss+xml" href="{place.web.url("/feed/xml")}">'
    place.web.put("/", f"<html><head><title>Presse</title>{link}</head><body>Welcome</body></html>")
    assert place.house.run("source", "add", place.web.url("/feed.xml")).code == 0
    ended = place.house.run("source", "add", place.web.url("/"))
    assert ended.code == 0, ended.err
    assert "Its id is " in ended.out
    ended = place.house.run("source", "list")
    assert ended.out.endswith("2 sources\n")


def test_a_mistyped_id_is_said_to_be_none(place: Place) -> None:
    for name in ("pres", "file:///etc/passwd"):
        ended = place.house.run("source", "try", name)
        assert (ended.code, ended.out) == (2, "")
        assert f"no source '{name}' in the configuration, and it is no http or https address" in ended.err
