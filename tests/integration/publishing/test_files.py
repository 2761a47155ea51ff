"""Which files publishing writes, which it leaves alone, and which it removes."""

import gzip
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from aggregator.dispatch.publishing import Publishing
from aggregator.errors import OutputError
from aggregator.pipeline.publish import publish_all
from aggregator.publish import files
from aggregator.store import archive_pages, publications
from tests.support.archive import Piece
from tests.support.clock import FakeClock
from tests.support.feedrules import problems
from tests.support.publishing import TOPIC, House, a_house

ATOM = "{http://www.w3.org/2005/Atom}"
TEXT = "The regulator fined Alibaba. " * 20


def pieces(count: int) -> list[Piece]:
    return [
        Piece(f"Alibaba fined ({number})", TEXT, age=timedelta(minutes=count - number))
        for number in range(count)
    ]


def stamps(house: House) -> dict[str, files.Stamp | None]:
    return {name: files.stamp(house.folder, name) for name in house.files()}


def links(body: bytes) -> dict[str, str]:
    root = etree.fromstring(body)
    return {link.get("rel", ""): link.get("href", "") for link in root.findall(f"{ATOM}link")}


def titles(body: bytes) -> list[str]:
    return [entry.findtext(f"{ATOM}title", "") for entry in etree.fromstring(body).findall(f"{ATOM}entry")]


async def test_news_in_one_topic_rewrites_its_three_files_and_touches_nothing_else(
    tmp_path: Path, clock: FakeClock, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = {f"topic-{number}": TOPIC for number in range(100)}
    async with a_house(tmp_path, clock, database_url, topics) as house:
        await house.store(pieces(4))
        for topic_id in topics:
            await house.carry(topic_id, [1, 2, 3])
        await house.publish()
        before = stamps(house)
        await house.carry("topic-7", [4])
        written: list[str] = []
        rename = os.rename

        def counted(source: str, target: str, **more: int) -> None:
            written.append(target)
            rename(source, target, **more)

        monkeypatch.setattr("os.rename", counted)
        mine = [f"topic-7.{ending}" for ending in ("atom", "json", "rss")]
        assert await house.publish("topic-7") == mine
        assert sorted(written) == sorted([*mine, *map(files.sibling, mine)])
        touched = {name for name, stamp in stamps(house).items() if stamp != before[name]}
        assert touched == set(written)
        for name in mine:
            assert gzip.decompress((house.folder / f"{name}.gz").read_bytes()) == house.files()[name]


async def test_a_name_that_cannot_be_written_stops_no_other_topic(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC, "b": TOPIC}) as house:
        (house.folder / "a.rss").mkdir(parents=True)
        rounds = Publishing()
        rounds.touch(frozenset({"a", "b"}), clock.now())
        with pytest.raises(OutputError, match=r"a\.rss"):
            await rounds.publish(house.parts, is_final=True)
        assert (house.folder / "b.rss").is_file()
        (house.folder / "a.rss").rmdir()
        await rounds.publish(house.parts, is_final=True)
        assert "a.rss" in house.files()


async def test_a_day_without_news_a_restart_and_an_edited_query_change_no_byte(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC}) as house:
        await house.store(pieces(3))
        await house.carry("a", [1, 2, 3])
        await house.publish()
        published = house.files()
        stats = stamps(house)
        for _hour in range(24):
            clock.advance(timedelta(hours=1))
            assert await house.publish() == []
        # The same decision once more, as a second reading of the page leads to.
        await house.carry("a", [1, 2, 3])
        assert await house.publish() == []
    edited = {"a": TOPIC + 'langs = ["en", "fr"]\n[score]\nthreshold = 2\n'}
    async with a_house(tmp_path, clock, database_url, edited) as house:
        assert await house.publish() == []
        assert house.files() == published
        assert stamps(house) == stats


async def test_removed_topics_and_formats_leave_nothing_and_foreign_files_stay(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC, "a-b": TOPIC}) as house:
        await house.publish()
        (house.folder / "other.atom").write_bytes(b"not ours")
        (house.folder / "a.3.atom").write_bytes(b"an old page")
    settings = '[publish]\nformats = ["atom"]\n'
    async with a_house(tmp_path, clock, database_url, {"a-b": TOPIC}, settings) as house:
        gone = await house.publish()
        assert {name for name in gone if name.startswith("a.")} == {
            "a.3.atom", "a.atom", "a.atom.gz", "a.json", "a.json.gz", "a.rss", "a.rss.gz",
        }  # fmt: skip
        assert sorted(house.files()) == [
            "a-b.atom", "a-b.atom.gz", "feed.css", "feed.css.gz", "index.html", "index.html.gz", "other.atom",
            "topics.opml", "topics.opml.gz",
        ]  # fmt: skip
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC, "a-b": TOPIC}, settings) as house:
        assert await house.publish() == ["a.atom", "index.html", "topics.opml"]
        for name in ("index.html", "topics.opml"):
            page = (house.folder / name).read_bytes()
            assert page.index(b"/feeds/a.atom") < page.index(b"/feeds/ops.atom"), name


async def test_old_entries_are_found_on_pages_that_change_only_with_their_entries(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    settings = '[publish]\nitems = 50\nbase_url = "https://news.example"\n'
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC}, settings) as house:
        await house.store(pieces(450))
        await house.carry("a", range(1, 200))  # places 1 to 199
        assert "a.0.atom" in await house.publish()
        first = house.files()["a.0.atom"]
        assert len(titles(first)) == 199
        assert links(house.files()["a.atom"])["prev-archive"] == "https://news.example/feeds/a.0.atom"
        await house.carry("a", range(200, 451))
        assert await house.publish("a") == ["a.1.atom", "a.atom", "a.json", "a.rss"]
        second = house.files()["a.1.atom"]
        assert house.files()["a.0.atom"] == first
        assert links(house.files()["a.atom"])["prev-archive"] == "https://news.example/feeds/a.1.atom"
        assert links(second)["prev-archive"] == "https://news.example/feeds/a.0.atom"
        assert links(second)["current"] == "https://news.example/feeds/a.atom"
        assert "prev-archive" not in links(first)
        for number, body in ((0, first), (1, second)):
            url = f"https://news.example/feeds/a.{number}.atom"
            assert problems(body, "atom", url=url) == []
            assert feedparser.parse(body).bozo == 0
        assert b"archive" in second
        # Each entry stands on one page, in the place that it was given.
        assert titles(second)[0] == "Alibaba fined (398)"
        assert not set(titles(first)) & set(titles(second))
        # The newest 50, and what is in no page yet: places 400 to 450.
        assert len(titles(house.files()["a.atom"])) == 51
        assert len(feedparser.parse(house.files()["a.rss"]).entries) == 50
        # A copy that joins an entry of the first page changes that page alone.
        await house.store([Piece("Alibaba fined (2)", TEXT, copy_of=3, source_id="wire")], first=451)
        await house.carry("a", [451])
        assert await house.publish("a") == ["a.0.atom"]
        assert b"The Wire" in house.files()["a.0.atom"]
        assert await house.publish("a") == []
        (house.folder / "a.1.atom").unlink()
        assert await house.publish("a") == ["a.1.atom"]
    settings = settings.replace("news.example", "other.example")
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC}, settings) as house:
        assert {"a.0.atom", "a.1.atom"} <= set(await house.publish())
        assert links(house.files()["a.1.atom"])["self"] == "https://other.example/feeds/a.1.atom"


@pytest.mark.parametrize("most", [1, 30, 199, 200, 350])
async def test_the_feed_and_the_pages_that_it_leads_to_hold_all_that_was_ever_published(
    tmp_path: Path, clock: FakeClock, database_url: str, most: int
) -> None:
    settings = (
        f'[publish]\nitems = {most}\nbase_url = "https://news.example"\n[articles]\nfull_text = false\n'
    )
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC}, settings) as house:
        await house.store(pieces(620))
        published: set[str] = set()
        steps = [1, 29, 30, 31, 150, 199, 200, 201, 230, 398, 399, 400, 401, 590, 610, 620]
        for done, upto in zip([0, *steps], steps, strict=False):
            # The newest first at each step, so that high places have old entries, as when a topic was edited.
            await house.carry("a", range(upto, done, -1))
            published |= {f"Alibaba fined ({number})" for number in range(done, upto)}
            await house.publish("a")
            assert reachable(house) == published, f"{upto} published"
            live = feedparser.parse(house.files()["a.rss"]).entries
            assert len(live) == min(most, upto)
            assert titles(house.files()["a.atom"])[: len(live)] == [entry.title for entry in live]


def reachable(house: House) -> set[str]:
    """Return the titles in the Atom feed and in the pages that lead on from it."""
    files = house.files()
    found: set[str] = set()
    name = "a.atom"
    while name:
        found |= set(titles(files[name]))
        name = links(files[name]).get("prev-archive", "").rpartition("/")[2]
    return found


async def test_a_long_archive_is_written_to_its_end_round_by_round(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC, "b": TOPIC}) as house:
        await house.store(pieces(1_500))
        await house.carry("a", range(1, 1_501))
        rounds = Publishing()
        rounds.touch(frozenset({"a", "b"}), clock.now())
        await rounds.publish(house.parts, is_final=True)
        assert sum(name.endswith(".atom") for name in house.files()) == 2 + 5
        await rounds.publish(house.parts, is_final=True)
        assert len(reachable(house)) == 1_500
        await rounds.publish(house.parts, is_final=True)  # nothing is left
        assert await house.publish("a") == []


async def test_a_full_run_goes_on_behind_what_it_cannot_write_and_says_so(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC, "b": TOPIC, "c": TOPIC}) as house:
        for name in ("a.atom", "b.json", "topics.opml"):
            (house.folder / name).mkdir(parents=True)
        rounds = Publishing()
        rounds.touch_all()
        with pytest.raises(OutputError, match=r"a\.atom.*2 other"):
            await rounds.publish(house.parts, is_final=True)
        written = {path.name for path in house.folder.iterdir() if path.is_file()}
        assert {"a.rss", "a.json", "b.atom", "b.rss", "c.atom", "c.rss", "c.json", "index.html"} <= written
        with pytest.raises(OutputError, match=r"a\.atom"):
            await publish_all(house.parts)
        for name in ("a.atom", "b.json", "topics.opml"):
            (house.folder / name).rmdir()
        clock.advance(timedelta(minutes=1))
        await rounds.publish(house.parts)
        assert {"a.atom", "b.json", "topics.opml"} <= house.files().keys()


async def test_a_change_while_a_page_is_written_is_written_next(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC}) as house:
        await house.store(pieces(200))
        await house.carry("a", range(1, 201))
        gate = house.parts.gate
        (page,) = await gate.read(archive_pages.of_topic, "a")
        await gate.write(publications.changed_topics, [5])  # after it was read
        (later,) = await gate.read(archive_pages.of_topic, "a")
        assert (later.number, later.changes) == (0, page.changes + 1)
        await house.publish()
        (done,) = await gate.read(archive_pages.of_topic, "a")
        assert done.written.startswith(f"{later.changes}:")


async def test_the_shorter_excerpt_of_topic_and_source_counts(house_of_excerpts: House) -> None:
    await house_of_excerpts.publish()
    body = house_of_excerpts.files()["a.json"].decode()
    assert body.count("The regulator fined Alibaba.") < 6  # text and summary
    assert '"reading_minutes":2' in body


@pytest.fixture
async def house_of_excerpts(tmp_path: Path, clock: FakeClock, database_url: str) -> AsyncIterator[House]:
    """Give a house with an item of a source of which little may be published."""
    topic = TOPIC + 'content = "excerpt:600"\n'
    async with a_house(tmp_path, clock, database_url, {"a": topic}) as house:
        source = house.parts.sources["press"].model_copy(update={"content": "excerpt:60"})
        house.parts.sources["press"] = source  # type: ignore[index]
        await house.store([Piece("Alibaba fined", "The regulator fined Alibaba. " * 120)])
        await house.carry("a", [1])
        yield house
