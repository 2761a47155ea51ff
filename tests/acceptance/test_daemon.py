"""The installed command as its user runs it, against an outlet on loopback."""

import json
import re

import pytest

from tests.acceptance.conftest import QUICK, Scene
from tests.support.daemon import eventually, fetch, free_port, read_atom

pytestmark = pytest.mark.slow


def test_the_first_run_publishes_what_is_on_the_topic_and_nothing_else(scene: Scene) -> None:
    scene.house.once()
    assert scene.published() == scene.outlet.wanted()
    assert set(scene.house.files()) >= {"news.atom", "news.rss", "news.json"}
    atom = scene.house.files()["news.atom"][0].decode()
    assert scene.outlet.pieces[0].paragraphs[3] in atom  # the feed has the lead only: this came from the page
    assert "Most read" not in atom


def test_the_second_run_fetches_only_304s_and_changes_no_byte(scene: Scene) -> None:
    scene.house.once()
    before, mark = scene.house.files(), len(scene.web.log)

    def polled_again() -> bool:
        scene.house.once()
        return len(scene.web.log) > mark

    eventually(polled_again, "the source is due again")
    assert {seen.status for seen in scene.web.log[mark:]} == {304}
    assert scene.house.files() == before


def test_a_poll_by_name_or_of_all_asks_at_once(scene: Scene) -> None:
    scene.house.write("aggregator.toml", scene.house.settings(poll='interval = "1h"'))
    scene.house.once()
    for words in (("poll", "daily"), ("poll", scene.outlet.url), ("poll", "--all")):
        before = scene.web.hits("/feed.xml")
        ended = scene.house.run(*words)
        assert ended.code == 0, ended.err
        assert scene.web.hits("/feed.xml") == before + 1, words


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_who_starts_it_need_not_give_it_standard_files(scene: Scene, closed: str) -> None:
    ended = scene.house.run_in_shell("run", "--once", redirected=closed)
    assert ended.code == 0, ended.err
    assert scene.web.hits("/feed.xml") == 1


def test_a_reader_of_the_output_may_leave_before_the_end(scene: Scene) -> None:
    ended = scene.house.run_in_shell("poll", "--all", redirected="> /dev/full")
    assert ended.code == 1
    assert "bug" not in ended.err
    assert "no space left" in ended.err
    assert "Traceback" not in ended.err
    assert scene.web.hits("/feed.xml") == 1


def test_a_new_article_appears_in_the_running_daemons_feed_and_over_http(scene: Scene) -> None:
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the first articles are published")
        old = {entry.url: entry for entry in scene.house.feed("news")}
        (fresh, *_) = scene.outlet.publish(2)
        daemon.until(lambda: scene.web.url(fresh.path) in scene.published(), "the new article is published")
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "and the one after it")
        now = {entry.url: entry for entry in scene.house.feed("news")}
        assert {url: now[url] for url in old} == old
        daemon.assert_alive()
        address = f"{scene.house.base}/feeds/news.atom"
        status, headers, body = fetch(address)
        assert status == 200
        assert {entry.url for entry in read_atom(body)} == scene.outlet.wanted()
        assert fetch(address, {"If-None-Match": headers["etag"]})[0] == 304
        assert fetch(address, {"If-Modified-Since": headers["last-modified"]})[0] == 304
        assert fetch(f"{scene.house.base}/healthz")[0] == 200
        assert daemon.terminate() == 0


def test_a_terminated_daemon_drains_and_the_next_run_goes_on(scene: Scene) -> None:
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.web.hits() >= 3, "the first pages are being fetched")
        assert daemon.terminate() == 0, daemon.log
        eventually(lambda: not daemon.family(), "everything it started has ended")
    scene.house.once()
    assert scene.published() == scene.outlet.wanted()
    assert len(scene.house.feed("news")) == len(scene.outlet.wanted())
    assert [
        seen.path for seen in scene.web.log if seen.path.startswith("/news/") and seen.status == 304
    ] == []


@pytest.mark.parametrize("reached", [1, 2, 5, 10])
def test_a_kill_in_the_first_run_loses_and_repeats_nothing(scene: Scene, reached: int) -> None:
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.web.hits() >= reached, f"{reached} requests have come")
        daemon.kill()
    scene.house.once()
    assert scene.published() == scene.outlet.wanted()
    assert len(scene.house.feed("news")) == len(scene.outlet.wanted())
    assert len(scene.house.export()) == len(scene.outlet.pieces)


def test_kill_after_kill_while_the_outlet_grows_loses_and_repeats_nothing(
    scene: Scene, empty_database_url: str
) -> None:
    store = f'url = "{empty_database_url}"'
    scene.house.write("aggregator.toml", scene.house.settings(poll=QUICK, store=store))
    ids: dict[str, str] = {}
    for step in range(6):
        with scene.house.daemon() as daemon:
            before = scene.house.files().get("news.atom")
            scene.outlet.publish(2)
            if step % 2:
                scene.await_change(daemon, before)
            else:
                scene.await_requests(daemon, scene.web.hits() + step + 1)
            daemon.assert_alive()
            daemon.kill()
        entries = scene.house.feed("news")
        assert len({entry.id for entry in entries}) == len(entries) == len({entry.url for entry in entries})
        assert ids.keys() <= {entry.url for entry in entries}
        for entry in entries:
            assert ids.setdefault(entry.url, entry.id) == entry.id
    eventually(scene.is_complete_after_a_run, "all is published")
    assert len(scene.house.feed("news")) == len(scene.outlet.wanted())
    assert {entry.url: entry.id for entry in scene.house.feed("news")}.items() >= ids.items()
    assert sorted(int(item["raw_id"]) for item in scene.house.export()) == [
        piece.number for piece in scene.outlet.pieces
    ]


def test_a_dead_source_is_explained_while_the_others_go_on(scene: Scene) -> None:
    scene.web.put("/broken.xml", "no feed at all", "text/plain")
    scene.web.put("/down.xml", "sorry", "text/html", status=503)
    scene.follow(
        f"http://127.0.0.1:{free_port()}/feed.xml", scene.web.url("/down.xml"), scene.web.url("/broken.xml")
    )
    scene.house.once()
    assert scene.published() == scene.outlet.wanted()
    for number, word in ((1, "connect|refused"), (2, "503"), (3, "feed")):
        source = scene.house.source(f"other-{number}")
        assert source["state"] == "failing"
        assert re.search(word, json.dumps(source["last_error"]), re.IGNORECASE), source
        assert source["next_poll_at"]
        assert source["last_success_at"] is None
    healthy = scene.house.source("daily")
    assert healthy["state"] == "ok"
    assert healthy["last_success_at"]
    shown = scene.house.run("status")
    assert shown.code == 0
    assert "other-2" in shown.out
    assert "503" in shown.out


def test_a_second_daemon_on_the_same_state_is_told_to_try_later(scene: Scene) -> None:
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the daemon has published")
        second, once = scene.house.run("run"), scene.house.run("run", "--once")
        assert (second.code, once.code) == (75, 75), second.err + once.err
        assert "Traceback" not in second.err + once.err
        daemon.assert_alive()
        before = scene.web.hits("/feed.xml")
        assert scene.house.run("poll", "daily").code == 0  # leaves a request that the daemon takes
        daemon.until(lambda: scene.web.hits("/feed.xml") > before, "the daemon has polled")


def test_the_export_holds_one_whole_record_an_item(scene: Scene) -> None:
    scene.house.once()
    records = scene.house.export()
    assert len(records) == 8
    record = next(each for each in records if each["raw_id"] == "1")
    piece = scene.outlet.pieces[0]
    assert record["url"] == scene.web.url(piece.path)
    assert record["title"] == piece.title
    assert (record["source"], record["source_url"], record["lang"]) == ("daily", scene.outlet.url, "en")
    assert piece.paragraphs[3] in record["text"]
    assert record["copy_of"] is None
    assert [match["topic"] for match in record["matches"] if match["matched"]] == ["news"]
    assert record["matches"][0]["reasons"]


def test_checking_a_good_config_says_so(scene: Scene) -> None:
    ended = scene.house.run("check")
    assert (ended.code, "Traceback" in ended.err) == (0, False)
    assert scene.web.hits() == 0


@pytest.mark.parametrize("words", [("check",), ("run", "--once"), ("run",)])
def test_all_mistakes_of_a_config_are_shown_at_once_with_their_place(
    scene: Scene, words: tuple[str, ...]
) -> None:
    scene.house.write("aggregator.toml", '[fetch]\ntimout = "30s"\n')
    scene.house.write("sources.d/more.toml", '[[source]]\nurl = "ftp://example.org/feed"\n')
    ended = scene.house.run(*words)
    assert ended.code == 78
    assert re.search(r"aggregator\.toml:2:1: .*timout.*timeout", ended.err, re.DOTALL), ended.err
    assert re.search(r"more\.toml:2:\d+: ", ended.err), ended.err
    assert "Traceback" not in ended.err


def test_a_mistake_inside_a_query_is_shown_with_its_place_and_a_caret(scene: Scene) -> None:
    scene.house.write("topics.d/torn.toml", 'title = "Torn"\nquery = "alibaba AND (beijing"\n')
    scene.house.write("topics.d/lost.toml", 'title = "Lost"\n\nquery = "alibaba @nobody"\n')
    ended = scene.house.run("check")
    assert ended.code == 78
    assert re.search(r"torn\.toml:2:\d+: ", ended.err), ended.err
    assert re.search(r"lost\.toml:3:18: .*nobody", ended.err), ended.err
    assert "^" in ended.err
    assert "Traceback" not in ended.err


def test_mistakes_of_shape_and_of_queries_are_shown_together(scene: Scene) -> None:
    scene.house.write("sources.d/more.toml", '[[source]]\nurl = "ftp://example.org/feed"\n')
    scene.house.write("topics.d/torn.toml", 'title = "Torn"\nquery = "alibaba AND (beijing"\n')
    ended = scene.house.run("check")
    assert ended.code == 78
    assert re.search(r"more\.toml:2:\d+: ", ended.err), ended.err
    assert re.search(r"torn\.toml:2:\d+: ", ended.err), ended.err


def test_a_syntax_error_and_a_missing_folder_end_with_the_same_code(scene: Scene) -> None:
    scene.house.write("aggregator.toml", '[serve]\nlisten = "127.0.0.1:8080\n')
    torn = scene.house.run("run")
    assert torn.code == 78
    assert re.search(r"aggregator\.toml:2:\d+: ", torn.err), torn.err
    for path in sorted(scene.house.config.rglob("*.toml")):
        path.unlink()
    for path in sorted(scene.house.config.glob("*")):
        path.rmdir()
    scene.house.config.rmdir()
    missing = scene.house.run("run")
    assert missing.code == 78
    assert str(scene.house.config) in missing.err
    assert "Traceback" not in torn.err + missing.err


def test_prometheus_is_told_what_the_daemon_does(scene: Scene) -> None:
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the first articles are published")
        status, headers, body = fetch(f"{scene.house.base}/metrics")
        text = body.decode()
        assert (status, headers["content-type"].split(";")[0]) == (200, "text/plain")
        assert 'aggregator_polls_total{outcome="new"} 1.0' in text
        assert 'aggregator_source_last_success_age_seconds{source="daily"}' in text
        assert 'aggregator_articles_total{quality="full"} 8.0' in text
        assert re.search(r'aggregator_decisions_total\{topic="news",verdict="matched"\} [1-9]', text)
        assert re.search(r"aggregator_publish_seconds_count [1-9]", text)
        assert re.search(r"aggregator_tick_lag_seconds \d", text)
        assert 'aggregator_queue_depth{queue="new"}' in text
        assert re.search(r"process_open_fds [1-9]", text)
