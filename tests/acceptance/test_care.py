"""Sources changed in the user's files, and a database that is copied, put back and looked through."""

import json
import sqlite3
from contextlib import closing

import pytest

from tests.acceptance.conftest import QUICK, Scene
from tests.support.daemon import fetch, read_atom

pytestmark = pytest.mark.slow

SOURCES = """\
# Mine.

# The daily one.
[[source]]
url = "{url}"
id = "daily"  # for short

# Never mind this one.
[[source]]
url = "https://other.example/feed"
id = "other"
"""


def test_a_source_is_paused_resumed_and_removed_in_the_users_own_file(scene: Scene) -> None:
    before = SOURCES.format(url=scene.outlet.url)
    path = scene.house.write("sources.d/sources.toml", before)
    path.chmod(0o640)
    ended = scene.house.run("source", "pause", "daily")
    assert ended.code == 0, ended.err
    assert path.read_text() == before.replace("[[source]]\n", "[[source]]\nenabled = false\n", 1)
    assert path.stat().st_mode & 0o777 == 0o640
    listed = json.loads(scene.house.run("source", "list", "--json").out)
    assert [(each["id"], each["enabled"]) for each in listed] == [("daily", False), ("other", True)]
    assert "paused already" in scene.house.run("source", "pause", "daily").err
    assert scene.house.run("source", "resume", scene.outlet.url).code == 0
    assert path.read_text() == before
    assert scene.house.run("source", "remove", "other").code == 0
    assert path.read_text() == before[: before.index("# Never mind")]
    assert scene.house.run("source", "remove", "nonsense").code == 2


def test_a_change_after_which_nothing_would_load_is_taken_back(scene: Scene) -> None:
    scene.follow("https://other.example/feed")
    path = scene.house.config / "sources.d" / "sources.toml"
    scene.house.write("topics.d/narrow.toml", 'title = "N"\nquery = "x"\nsources = ["other-1"]\n')
    before = path.read_text()
    ended = scene.house.run("source", "remove", "other-1")
    assert ended.code == 78
    assert "narrow.toml" in ended.err
    assert path.read_text() == before


def test_a_source_of_an_opml_file_is_paused_by_a_table_that_wins(scene: Scene) -> None:
    scene.house.write(
        "sources.d/reader.opml",
        '<opml version="2.0"><body><outline text="Read" xmlUrl="https://read.example/feed"/></body></opml>',
    )
    name = "read-example-feed"
    assert scene.house.run("source", "remove", name).code == 2
    ended = scene.house.run("source", "pause", name)
    assert ended.code == 0, ended.err
    listed = {
        each["id"]: each["enabled"] for each in json.loads(scene.house.run("source", "list", "--json").out)
    }
    assert listed[name] is False
    assert scene.house.run("source", "resume", name).code == 0
    assert scene.house.run("check").code == 0


def test_a_copy_is_made_beside_the_daemon_and_put_back_without_it(scene: Scene) -> None:
    copy = scene.house.state / "copy.db"
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the first articles are published")
        known = {item["id"] for item in scene.house.export()}
        ended = scene.house.run("db", "backup", str(copy))
        assert ended.code == 0, ended.err
        assert copy.stat().st_mode & 0o077 == 0
        assert scene.house.run("db", "backup", str(copy)).code == 2  # never over another
        assert scene.house.run("db", "check").code == 0
        refused = scene.house.run("db", "restore", str(copy))
        assert (refused.code, "a daemon is running" in refused.err) == (75, True)
        assert scene.house.run("db", "upgrade").code == 75
        scene.outlet.publish(4)
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "more articles are published")
        daemon.assert_alive()
        assert daemon.terminate() == 0
    later = {item["id"] for item in scene.house.export()}
    assert later > known
    before = scene.house.feed("news")
    ended = scene.house.run("db", "restore", str(copy))
    assert ended.code == 0, ended.err
    assert {item["id"] for item in scene.house.export()} == known
    (kept,) = scene.house.state.glob("aggregator.db.before-*")
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT count(*) FROM items").fetchone() == (len(later),)
    scene.house.once()  # and what came after the copy comes again, under other ids
    assert {entry.url for entry in scene.house.feed("news")} == {entry.url for entry in before}
    assert scene.house.run("db", "check").code == 0
    assert scene.house.run("db", "upgrade").out.startswith("schema ")


def test_an_archive_is_taken_in_beside_the_daemon(scene: Scene) -> None:
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the first articles are published")
        before = scene.house.files()["news.atom"]
        rows = [
            {**item, "id": f"{number:016x}", "source": "elsewhere", "url": f"https://else.example/{number}"}
            for number, item in enumerate(scene.house.export())
        ]
        lines = "\n".join(map(json.dumps, rows))
        path = scene.house.write("../archive.jsonl", f"{lines}\nnonsense\n")
        ended = scene.house.run("import", str(path), "--json")
        assert ended.code == 1  # a line was passed over
        assert ended.err == f"{path}:{len(rows) + 1}: is no JSON\n"
        assert json.loads(ended.out)["added"] == len(rows)

        def is_decided() -> bool:
            return all(item["stage"] == "done" for item in scene.house.export())

        daemon.until(is_decided, "what was imported is decided")
        found = json.loads(scene.house.run("search", "alibaba", "source:elsewhere", "--json").out)
        assert {item["source"] for item in found["items"]} == {"elsewhere"}
        assert {each.id for each in scene.house.feed("news")} == {
            each.id for each in read_atom(before[0])
        }  # nothing of it is announced
        assert scene.house.run("db", "check").code == 0
        daemon.assert_alive()


def test_what_is_no_copy_is_refused_and_nothing_is_lost(scene: Scene) -> None:
    scene.house.once()
    before = scene.house.export()
    broken = scene.house.state / "broken.db"
    whole = (scene.house.state / "aggregator.db").read_bytes()
    for body in (b"", b"no database", whole[: len(whole) // 2], whole[:4096] + bytes(4096) + whole[8192:]):
        broken.write_bytes(body)
        ended = scene.house.run("db", "restore", str(broken))
        assert ended.code == 2, ended
        assert "Traceback" not in ended.err
    assert scene.house.export() == before
    assert scene.house.run("db", "restore", str(scene.house.state / "none.db")).code == 2


def test_a_database_that_is_not_whole_is_told(scene: Scene) -> None:
    scene.house.once()
    path = scene.house.state / "aggregator.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM publication_members WHERE publication_id = 1")
        connection.execute("UPDATE topics SET next_seq = 1")
        connection.execute("UPDATE articles SET item_id = 9999 WHERE item_id = 1")
    ended = scene.house.run("db", "check", "--json")
    assert ended.code == 1
    found = " / ".join(each["what"] for each in json.loads(ended.out)["findings"])
    assert "do not carry the article that leads them" in found
    assert "a number that their topic would give again" in found
    assert "row 1 of articles belongs to a row of items that is gone" in found.replace("row 9999", "row 1")
    assert scene.house.run("db", "check").code == 1


def test_the_doctor_says_what_to_do(scene: Scene) -> None:
    def found() -> dict[str, tuple[str, str]]:
        ended = scene.house.run("doctor", "--json")
        return {each["check"]: (each["verdict"], each["advice"]) for each in json.loads(ended.out)}

    first = found()
    assert first["database"] == ("warning", "a first start of the daemon makes it")
    assert first["network"] == ("ok", "")
    with scene.house.daemon() as daemon:
        daemon.until(lambda: fetch(f"{scene.house.base}/readyz")[0] == 200, "it serves")
        healthy = found()
        assert healthy["database"][0] == healthy["daemon"][0] == healthy["clock"][0] == "ok"
    assert found()["daemon"] == ("warning", "start it: aggregator run")
    scene.house.write(
        "sources.d/sources.toml", f'[[source]]\nurl = "{scene.web.url("/gone.xml")}"\nid = "gone"\n'
    )
    scene.house.write("aggregator.toml", scene.house.settings(poll=QUICK, publish='folder = "/proc/none"'))
    ill = found()
    assert ill["network"] == ("bad", "aggregator poll --dry-run gone")
    assert ill["feeds folder"][0] == "bad"
    scene.house.write(
        "sources.d/sources.toml", '[[source]]\nurl = "https://a.example/"\nauth = "me:password9"\n'
    )
    (scene.house.config / "sources.d" / "sources.toml").chmod(0o644)
    secret = found()["secrets"]
    assert secret[0] == "warning"
    assert secret[1].startswith("chmod 600 ")
    scene.house.write("topics.d/news.toml", "title =\n")
    ended = scene.house.run("doctor", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)[-1]["verdict"] == "bad"


def test_settings_say_where_they_come_from(scene: Scene) -> None:
    shown = scene.house.run("config", "show", "--origin")
    assert shown.code == 0, shown.err
    lines = {line.partition(" = ")[0]: line for line in shown.out.splitlines()}
    assert lines["timeout"].startswith('timeout = "5s"')
    assert "aggregator.toml:" in lines["timeout"]
    assert lines["keep_days"].endswith("# default")
    told = scene.house.run("config", "show")
    (scene.house.config / "aggregator.toml").write_text(told.out)
    assert scene.house.run("config", "show").out == told.out  # what is shown is a file that says the same
