"""`poll` and `source try` by name or address: who is asked, with whose credentials, what is kept."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.daemon import Installation
from tests.support.web import ScriptedWeb

pytestmark = pytest.mark.slow

MINE = "me:hunter2-mine"
OTHER = "me:hunter2-other"
ITEM = "<item><title>A story</title><guid>1</guid><pubDate>Mon, 01 Sep 2025 10:00:00 GMT</pubDate></item>"


RSS = f"<rss version='2.0'><channel><title>Presse</title>{ITEM}</channel></rss>"


@dataclass(frozen=True, slots=True)
class Place:
    """A web with one feed, and an installation in which it is configured with credentials."""

    web: ScriptedWeb
    house: Installation

    def url(self, path: str, pair: str = "") -> str:
        """Return an address on the web, with credentials."""
        return self.web.url(path).replace("://", f"://{pair}@" if pair else "://")

    def asked_with(self) -> list[str]:
        """Return the credentials of all requests."""
        return [seen.headers.get("authorization", "") for seen in self.web.log]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ScriptedWeb() as web:
        for path in ("/feed.xml", "/other.xml"):
            web.put(path, RSS, "application/rss+xml")
        house = Installation(tmp_path)
        house.write("topics.d/all.toml", 'title = "All"\nquery = "story"\n')
        made = Place(web, house)
        house.write(
            "sources.d/mine.toml", f'[[source]]\nurl = "{made.url("/feed.xml", MINE)}"\nid = "press"\n'
        )
        yield made


def basic(pair: str) -> str:
    return f"Basic {b64encode(pair.encode()).decode()}"


def test_a_rehearsal_asks_as_a_poll_would_and_keeps_nothing(place: Place) -> None:
    names = ("press", place.url("/feed.xml?utm_source=x"), place.url("/feed.xml", MINE))
    for name in names:
        ended = place.house.run("poll", "--dry-run", name)
        assert ended.code == 0, ended.err
        assert "press http" in ended.out
        assert "A story" in ended.out
        assert "hunter2" not in ended.out + ended.err
    assert place.asked_with() == [basic(MINE)] * len(names)
    assert not (place.house.state / "aggregator.db").exists()


def test_a_rehearsal_says_what_is_known_and_changes_nothing(place: Place) -> None:
    place.web.put("/feed.xml", RSS, "application/rss+xml", etag='"1"')
    assert place.house.run("poll", "press").code == 0
    before = place.house.status()["sources"]
    ended = place.house.run("poll", "--dry-run", "press")
    assert ended.code == 0, ended.err
    known = [line for line in ended.out.splitlines() if line.startswith("known ")]
    assert len(known) == 2
    assert 'validators "1", whole document of' in known[0]
    assert "next poll" in known[1]
    assert place.house.status()["sources"] == before
    assert [seen.status for seen in place.web.log] == [200, 304]


def test_a_rehearsal_of_any_address_asks_as_that_address_says(place: Place) -> None:
    ended = place.house.run("poll", "--dry-run", place.url("/other.xml", OTHER))
    assert ended.code == 0, ended.err
    assert "A story" in ended.out
    assert "hunter2" not in ended.out + ended.err
    (place.house.config / "password").write_text("hunter2-file")
    ended = place.house.run("poll", "--dry-run", place.url("/other.xml", "me:${file:password}"))
    assert ended.code == 0, ended.err
    assert "hunter2" not in ended.out + ended.err
    assert place.asked_with() == [basic(OTHER), basic("me:hunter2-file")]


@pytest.mark.parametrize("words", [("poll",), ("poll", "--dry-run"), ("source", "try")])
def test_credentials_that_would_go_unused_are_refused(place: Place, words: tuple[str, ...]) -> None:
    ended = place.house.run(*words, place.url("/feed.xml", OTHER))
    assert ended.code == 2
    assert "source press has that address and is asked with its own credentials" in ended.err
    assert "mine.toml" in ended.err
    assert "hunter2" not in ended.out + ended.err
    assert place.web.hits() == 0


@pytest.mark.parametrize(
    ("words", "name", "message"),
    [
        (("poll",), "https://me:hunter2@nowhere.example/", "no source 'https://***@nowhere.example/'"),
        (("poll",), "pres", "no source 'pres' in the configuration; aggregator status lists them"),
        (("poll", "--dry-run"), "pres", "no source 'pres' in the configuration, and it is no http"),
        (
            ("poll", "--dry-run"),
            "ftp://me:hunter2@nowhere.example/",
            "no source 'ftp://***@nowhere.example/'",
        ),
        (
            ("poll", "--dry-run"),
            "https://nowhere.example/${file:none}",
            "url needs a file, which cannot be read",
        ),
    ],
)
def test_a_name_that_is_none_is_said(place: Place, words: tuple[str, ...], name: str, message: str) -> None:
    ended = place.house.run(*words, name)
    assert ended.code == 2
    assert message in ended.err
    assert "hunter2" not in ended.err
    assert "Traceback" not in ended.err
    assert place.web.hits() == 0


def test_a_configured_source_is_tried_by_what_a_reader_calls_its_address(place: Place) -> None:
    ended = place.house.run("source", "try", "press")
    assert ended.code == 0, ended.err
    ended = place.house.run("source", "try", place.url("/feed.xml").replace("http://", "feed:http://"))
    assert ended.code == 0, ended.err
    assert place.asked_with() == [basic(MINE)] * 2
