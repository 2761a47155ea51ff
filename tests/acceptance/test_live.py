"""The files of a configuration edited while the daemon runs: new, removed, edited, broken, mended."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.conftest import QUICK, TOPIC, Scene
from tests.support.daemon import Daemon, fetch
from tests.support.showing import show

pytestmark = pytest.mark.slow

SLOW = 'interval = "1h"\nfirst_items = 1000'  # nothing is asked twice unless something is wrong
RSS = "application/rss+xml"


@pytest.fixture
def calm(scene: Scene) -> Scene:
    """Return a scene whose sources are polled once an hour."""
    scene.house.write("aggregator.toml", scene.house.settings(poll=SLOW))
    return scene


def settled(scene: Scene, daemon: Daemon) -> None:
    """Wait until the first poll and all that follows from it is over."""
    daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the first articles are published")


def said(daemon: Daemon, text: str, times: int = 1) -> Callable[[], bool]:
    """Return what tells whether the log has said something so often."""
    return lambda: daemon.log.count(text) >= times


def second(scene: Scene, name: str = "second") -> str:
    """Put another feed up and return the lines that configure it."""
    body = f"<rss version='2.0'><channel><title>{name}</title><item><guid>{name}-1</guid>"
    body += f"<title>Alibaba is named by {name}</title><description>Alibaba, and no more.</description>"
    scene.web.put(f"/{name}.xml", f"{body}</item></channel></rss>", RSS, etag=f'"{name}"')
    return f'[[source]]\nurl = "{scene.web.url(f"/{name}.xml")}"\nid = "{name}"\nfull_text = false\n'


def test_a_new_source_is_polled_at_once_and_no_other_is(calm: Scene, pytestconfig: pytest.Config) -> None:
    lines = second(calm)
    with calm.house.daemon() as daemon:
        settled(calm, daemon)
        begin = time.monotonic()
        calm.house.write("sources.d/second.toml", lines)
        daemon.until(lambda: calm.web.hits("/second.xml"), "the new source is polled")
        took = time.monotonic() - begin
        daemon.until(lambda: len(calm.published()) == len(calm.outlet.wanted()) + 1, "its item is published")
        assert calm.web.hits("/feed.xml") == calm.web.hits("/second.xml") == 1
        assert calm.house.source("second")["state"] == "ok"
    show(pytestconfig, "a source added to a running daemon", [("from the save to its poll", f"{took:.2f} s")])


def test_a_removed_source_stops_keeps_its_items_and_comes_back_with_its_history(scene: Scene) -> None:
    path = scene.house.write("sources.d/second.toml", second(scene))
    with scene.house.daemon() as daemon:
        daemon.until(lambda: len(scene.published()) == len(scene.outlet.wanted()) + 1, "all is published")
        daemon.until(lambda: scene.web.hits("/second.xml") > 1, "it is polled again and again")
        text = path.read_text()
        path.unlink()
        daemon.until(said(daemon, "removed_sources=['second']"), "the source is gone")
        before, others = scene.web.hits("/second.xml"), scene.web.hits("/feed.xml")
        daemon.until(lambda: scene.web.hits("/feed.xml") > others + 2, "the other one goes on")
        assert scene.web.hits("/second.xml") == before
        assert len(scene.published()) == len(scene.outlet.wanted()) + 1
        path.write_text(text)
        daemon.until(lambda: scene.web.hits("/second.xml") > before, "it is polled again")
        assert {seen.status for seen in scene.web.log if seen.path == "/second.xml"} == {200, 304}
        assert [seen.status for seen in scene.web.log if seen.path == "/second.xml"].count(200) == 1
        daemon.assert_alive()
    assert len([item for item in scene.house.export() if item["source"] == "second"]) == 1


def test_a_source_that_is_removed_while_it_is_polled_is_neither_cut_off_nor_brought_back(
    calm: Scene,
) -> None:
    lines = second(calm)
    body = (
        "<rss version='2.0'><channel><title>s</title><item><guid>1</guid><title>Late</title></item></channel>"
    )
    body += "</rss>"
    calm.web.put("/second.xml", body, RSS, delay=3.0)
    with calm.house.daemon() as daemon:
        settled(calm, daemon)
        path = calm.house.write("sources.d/second.toml", lines)
        daemon.until(lambda: calm.web.hits("/second.xml"), "the poll is under way")
        path.unlink()
        daemon.until(said(daemon, "removed_sources=['second']"), "the source is gone")
        daemon.until(said(daemon, "source='second'"), "the poll came to its end")
        assert "bug" not in daemon.log
        assert [source["id"] for source in calm.house.status()["sources"]] == ["daily"]
    assert [item["raw_id"] for item in calm.house.export() if item["source"] == "second"] == ["1"]


def test_a_source_under_another_name_keeps_its_items(calm: Scene) -> None:
    path = calm.house.write("sources.d/second.toml", second(calm))
    with calm.house.daemon() as daemon:
        daemon.until(lambda: len(calm.published()) == len(calm.outlet.wanted()) + 1, "all is published")
        path.write_text(path.read_text().replace('id = "second"', 'id = "renamed"'))
        daemon.until(said(daemon, "removed_sources=['second']"), "the new name is live")
        assert calm.house.source("renamed")["polls"] == 1
        assert calm.web.hits("/second.xml") == 1
    assert [item["source"] for item in calm.house.export()].count("renamed") == 1


def test_an_edited_topic_is_held_against_what_is_stored(calm: Scene) -> None:
    with calm.house.daemon() as daemon:
        settled(calm, daemon)
        calm.house.write("topics.d/news.toml", 'title = "All of it"\nquery = "coast OR alibaba"\n')
        everything = {calm.web.url(piece.path) for piece in calm.outlet.pieces}
        daemon.until(lambda: calm.published() == everything, "the rest is published, too")
        calm.house.write("topics.d/more.toml", 'title = "Coasts"\nquery = "coast"\n')
        daemon.until(lambda: calm.house.feed("more"), "a new topic finds what is stored")
        daemon.until(lambda: b"Coasts" in fetch(f"{calm.house.base}/opml")[2], "and is listed")
        (calm.house.config / "topics.d/more.toml").unlink()
        calm.house.write("topics.d/news.toml", TOPIC)
        daemon.until(lambda: calm.published() == calm.outlet.wanted(), "and as it was")
        assert calm.web.hits("/feed.xml") == 1


def test_a_bad_file_is_refused_and_said_everywhere_until_it_is_mended(calm: Scene) -> None:
    with calm.house.daemon() as daemon:
        settled(calm, daemon)
        bad = calm.house.write("topics.d/torn.toml", 'title = "Torn"\nquery = "alibaba AND (beijing"\n')
        daemon.until(said(daemon, "configuration refused"), "the file is refused")
        assert "torn.toml" in daemon.log
        status, _, body = fetch(f"{calm.house.base}/readyz")
        assert status == 200  # it serves as well as before
        assert b"refused" in body
        assert b"torn.toml:2" in body
        # What is good beside it waits, too: a configuration is live as a whole or not at all.
        calm.house.write("sources.d/second.toml", second(calm))
        ended = calm.house.run("status")
        assert ended.code == 0, ended.err
        assert "refused" in ended.out + ended.err
        assert "torn.toml:2" in ended.out + ended.err
        assert calm.web.hits("/second.xml") == 0
        assert b"was refused" in fetch(f"{calm.house.base}/feeds/ops.atom")[2]
        bad.unlink()
        daemon.until(lambda: calm.web.hits("/second.xml"), "what was good is live once the rest is mended")
        assert b"refused" not in fetch(f"{calm.house.base}/readyz")[2]
        assert "refused" not in calm.house.run("status").out
        assert daemon.log.count("configuration refused") == 1
        daemon.assert_alive()


def test_a_topic_whose_own_test_fails_is_refused(calm: Scene) -> None:
    with calm.house.daemon() as daemon:
        settled(calm, daemon)
        failing = f'{TOPIC}\n[[test]]\ntext = "Nothing of that kind"\nmatch = true\n'
        calm.house.write("topics.d/news.toml", failing)
        daemon.until(said(daemon, "configuration refused"), "the topic is refused")
        assert calm.published() == calm.outlet.wanted()


def test_keys_that_need_a_start_are_named_not_ignored(calm: Scene) -> None:
    with calm.house.daemon() as daemon:
        settled(calm, daemon)
        calm.house.write("aggregator.toml", calm.house.settings(poll=SLOW, workers="processes = 1"))
        daemon.until(said(daemon, "workers.processes"), "the key is named")
        assert b"workers.processes" in fetch(f"{calm.house.base}/healthz")[2]
        daemon.until(lambda: "workers.processes" in calm.house.run("status").out, "status names it")


def test_hangup_reads_the_files_now(calm: Scene) -> None:
    with calm.house.daemon() as daemon:
        settled(calm, daemon)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until(said(daemon, "nothing of it has changed"), "the files are read")
        assert calm.web.hits("/feed.xml") == 1


@pytest.mark.alone
def test_every_way_of_saving_is_noticed(calm: Scene) -> None:
    folder = calm.house.config / "sources.d"
    aside = calm.house.config.parent / "aside"
    aside.mkdir()

    def written_beside_and_renamed(name: str) -> None:
        (folder / ".new").write_text(second(calm, name))
        (folder / ".new").rename(folder / "saved.toml")

    def truncated_and_written_by_pieces(name: str) -> None:
        with (folder / "saved.toml").open("w") as file:
            for letter in second(calm, name):
                file.write(letter)
                file.flush()
                time.sleep(0.002)

    def backup_made_first(name: str) -> None:
        (folder / "saved.toml").rename(folder / "saved.toml~")
        (folder / "saved.toml").write_text(second(calm, name))

    def link_swapped(name: str) -> None:
        (aside / f"{name}.toml").write_text(second(calm, name))
        (folder / ".link").symlink_to(aside / f"{name}.toml")
        (folder / ".link").rename(folder / "saved.toml")

    def behind_the_link(name: str) -> None:
        Path(os.path.realpath(folder / "saved.toml")).write_text(second(calm, name))

    def many_times_a_second(name: str) -> None:
        for number in range(60):
            (folder / "saved.toml").write_text(second(calm, f"draft-{number}"))
            time.sleep(0.01)
        (folder / "saved.toml").write_text(second(calm, name))

    ways = (
        written_beside_and_renamed,
        truncated_and_written_by_pieces,
        backup_made_first,
        link_swapped,
        behind_the_link,
        many_times_a_second,
    )
    with calm.house.daemon() as daemon:
        settled(calm, daemon)
        for save in ways:
            name = save.__name__.replace("_", "-")
            save(name)
            daemon.until(lambda name=name: calm.web.hits(f"/{name}.xml"), f"{name} is live")
        assert calm.web.hits("/feed.xml") == 1
        assert "configuration refused" not in daemon.log
        drafts = {seen.path for seen in calm.web.log if "draft" in seen.path}
        assert len(drafts) < 10  # not each of 60 saves


def test_nothing_under_way_is_cancelled_by_many_saves(scene: Scene) -> None:
    scene.house.write("aggregator.toml", scene.house.settings(poll=QUICK))
    with scene.house.daemon() as daemon:
        daemon.until(said(daemon, "ready"), "it runs")
        for number in range(20):
            scene.outlet.publish()
            scene.house.write("sources.d/more.toml", second(scene, f"more-{number}"))
            if number % 5 == 0:
                daemon.process.send_signal(signal.SIGHUP)
            time.sleep(0.2)
        daemon.until(
            lambda: scene.outlet.wanted() <= scene.published(), "every article is published", within=60
        )
        every = [piece.number for piece in scene.outlet.pieces]
        daemon.until(lambda: _stored(scene) == every, "the last poll has come", within=30)
        assert "bug" not in daemon.log
        assert daemon.terminate() == 0
    assert _stored(scene) == every


def _stored(scene: Scene) -> list[int]:
    return sorted(int(item["raw_id"]) for item in scene.house.export() if item["source"] == "daily")
