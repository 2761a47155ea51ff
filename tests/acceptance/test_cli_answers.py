"""Commands answer programs with `--json`, in exactly the shape that is documented, and with nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command as alembic

from aggregator.cli.answers import ANSWERS
from aggregator.cli.answers.archive import Brief
from aggregator.store import database, migrate
from tests.acceptance.conftest import Scene
from tests.support.shapes import differences

pytestmark = pytest.mark.slow
LINES = {"export", "poll"}  # one object a line
CHANGES = {
    *(f"db {name}" for name in ("backup", "restore", "upgrade")),
    *(f"source {name}" for name in ("add", "import", "pause", "remove", "resume")),
}
TESTED = 'title = "News"\nquery = "alibaba"\n[[test]]\ntext = "Alibaba fined"\nmatch = true\n'


def test_a_shape_refuses_what_it_does_not_name() -> None:
    brief = dict.fromkeys(Brief.__annotations__, "x")
    assert list(differences(brief, Brief)) == []
    assert list(differences({**brief, "more": 1}, Brief)) == ["$.more is not documented"]
    assert len(list(differences({**brief, "title": 1}, Brief))) == 1
    assert len(list(differences({**brief, "lang": 1}, Brief))) == 1
    assert len(list(differences(dict(list(brief.items())[1:]), Brief))) == 1


def answer(scene: Scene, command: str, *words: str, code: int = 0, shape: str = "") -> dict[str, Any]:
    """Return what a command answers, which must be one object of the documented shape."""
    ended = scene.house.run(*command.split(), *words, "--json")
    assert ended.code == code, (command, ended.err)
    found: dict[str, Any] = json.loads(ended.out)
    assert list(differences(found, ANSWERS[shape or command])) == [], command
    return found


def listed(scene: Scene) -> list[dict[str, Any]]:
    """Return what `source list` answers."""
    found: list[dict[str, Any]] = json.loads(scene.house.run("source", "list", "--json").out)
    return found


def rss(scene: Scene, path: str, title: str) -> str:
    """Serve a feed and return its address."""
    item = f"<item><title>{title}</title><guid>1</guid><description>Alibaba.</description></item>"
    body = f'<rss version="2.0"><channel><title>{title}</title>{item}</channel></rss>'
    scene.web.put(path, body, "application/rss+xml")
    return scene.web.url(path)


def test_every_answer_has_the_shape_that_is_documented(scene: Scene) -> None:
    scene.house.write("topics.d/news.toml", TESTED)
    scene.house.once()
    piece = next(piece for piece in scene.outlet.pieces if piece.is_on_topic)
    url = scene.web.url(piece.path)
    trial = scene.house.write("../news.toml", 'title = "News"\nquery = "coast"\n')
    archive = scene.house.write("../archive.jsonl", scene.house.run("export").out)
    calls = {
        "article": [url],
        "check": [],
        "config show": [],
        "db check": [],
        "doctor": [],
        "explain": [url],
        "export": [],
        "import": [str(archive)],
        "poll": ["--all"],
        "search": ["alibaba"],
        "show": [url],
        "source list": [],
        "source try": ["daily"],
        "status": [],
        "stories": ["--all"],
        "topic list": [],
        "topic misses": ["news"],
        "topic test": [],
        "topic try": [str(trial)],
    }
    assert calls.keys() | CHANGES == ANSWERS.keys()
    for command, words in calls.items():
        flag = ["--format", "jsonl"] if command == "export" else ["--json"]
        ended = scene.house.run(*command.split(), *words, *flag)
        assert ended.code == 0, (command, ended.err)
        bodies = ended.out.splitlines() if command in LINES else [ended.out]
        assert bodies, command
        for body in bodies:
            found = json.loads(body)
            assert found or command == "topic misses", command
            assert list(differences(found, ANSWERS[command])) == [], command


def test_a_source_that_is_added_is_told_as_it_is_listed_from_then_on(scene: Scene) -> None:
    url = rss(scene, "/second.xml", "The Second")
    path = scene.house.config / "sources.d" / "added.toml"
    tried = answer(scene, "source add", url, "--tag", "press", "--dry-run")
    assert (tried["is_written"], tried["line"], path.exists()) == (False, None, False)
    added = answer(scene, "source add", url, "--tag", "press")
    assert added == {**tried, "is_written": True, "line": 1}
    assert (added["count"], added["title"], added["error"]) == (1, "The Second", None)
    assert added["source"] in listed(scene)
    assert added["source"]["file"] == str(path)
    more = answer(scene, "source add", rss(scene, "/third.xml", "The Third"))
    assert path.read_text().splitlines()[more["line"] - 1] == "[[source]]"
    assert more["line"] > 1


def test_an_address_that_cannot_be_followed_is_told_as_by_a_trial(scene: Scene) -> None:
    scene.web.put("/page", "<html><title>A page</title><body>No feed here</body></html>")
    for words in ([scene.web.url("/page")], [scene.web.url("/page"), "--item", ".none"]):
        tried = json.loads(scene.house.run("source", "try", *words, "--json").out)
        added = answer(scene, "source add", *words, code=1)
        assert added == {**tried, "source": None, "is_written": False, "line": None}
    assert not (scene.house.config / "sources.d" / "added.toml").exists()


def test_no_answer_tells_the_secret_of_an_address_that_is_new(scene: Scene) -> None:
    rss(scene, "/private", "For hunter2-hunter2 only")
    url = f"{scene.web.url('/private')}?token=hunter2-hunter2"
    for command in (("source", "try", url), ("source", "add", url), ("source", "pause", url)):
        ended = scene.house.run(*command, "--json")
        assert ended.code == 0, ended.err
        assert "hunter2" not in ended.out + ended.err, command
    assert "hunter2" in (scene.house.config / "sources.d" / "added.toml").read_text()


def test_a_source_is_paused_resumed_and_removed_for_programs(scene: Scene) -> None:
    path = scene.house.config / "sources.d" / "sources.toml"
    before, (as_listed,) = path.read_text(), listed(scene)
    scene.follow("https://other.example/feed")
    assert path.read_text() != before
    for command, state, is_enabled in (("pause", "paused", False), ("resume", "resumed", True)):
        for is_changed in (True, False):
            found = answer(scene, f"source {command}", "daily")
            assert found == {
                "source": {**as_listed, "enabled": is_enabled},
                "state": state,
                "is_changed": is_changed,
                "wins_over": None,
            }
            assert found["source"] in listed(scene)
    removed = answer(scene, "source remove", "https://other.example/feed")
    assert (removed["source"]["id"], removed["state"], removed["is_changed"]) == ("other-1", "removed", True)
    assert listed(scene) == [as_listed]


def test_a_list_of_subscriptions_is_imported_for_programs(scene: Scene, tmp_path: Path) -> None:
    feeds = "\n".join(
        f'<outline text="{name}" xmlUrl="{url}"/>'
        for name, url in {"A": "https://a.example/feed", "Daily": scene.outlet.url, "No": "nowhere"}.items()
    )
    opml = tmp_path / "mine.opml"
    opml.write_text(f'<opml version="2.0"><body>{feeds}</body></opml>')
    path = scene.house.config / "sources.d" / "mine.toml"
    words = [str(opml), "--tag", "new"]
    tried = answer(scene, "source import", *words, "--dry-run")
    assert (tried["is_written"], tried["line"], path.exists()) == (False, None, False)
    done = answer(scene, "source import", *words)
    assert done == {**tried, "is_written": True, "line": 1}
    assert (done["read"], done["added"], done["known"]) == (2, 1, 1)
    assert [(each["line"], each["file"]) for each in done["warnings"]] == [(3, str(opml))]
    assert done["sources"] == [each for each in listed(scene) if each["tags"] == ["new"]]
    again = answer(scene, "import", str(opml), shape="source import")
    assert (again["added"], again["known"], again["is_written"]) == (0, 2, False)


def test_a_source_of_another_programs_list_is_paused_for_programs(scene: Scene) -> None:
    feeds = '<outline text="Read" xmlUrl="https://read.example/feed"/>'
    opml = scene.house.write("sources.d/reader.opml", f'<opml version="2.0"><body>{feeds}</body></opml>')
    found = answer(scene, "source pause", "read-example-feed")
    assert (found["wins_over"], found["source"]["enabled"]) == (str(opml), False)
    assert found["source"] in listed(scene)


def test_a_database_is_copied_and_put_back_for_programs(scene: Scene) -> None:
    scene.house.once()
    copy = scene.house.state / "copy.db"
    assert answer(scene, "db backup", str(copy)) == {"file": str(copy), "bytes": copy.stat().st_size}
    default = Path(answer(scene, "db backup")["file"])
    assert default.parent == scene.house.state / "backups"
    assert default.is_file()
    restored = answer(scene, "db restore", str(copy))
    (kept,) = scene.house.state.glob("aggregator.db.before-*")
    assert restored == {"file": str(copy), "kept": str(kept)}
    (scene.house.state / "aggregator.db").unlink()
    assert answer(scene, "db restore", str(copy))["kept"] is None


def test_a_database_is_brought_up_to_date_for_programs(scene: Scene) -> None:
    engine = database.open_for_writing(f"sqlite:///{scene.house.state}/aggregator.db", scene.house.state)
    settings = migrate.settings()
    with engine.connect().execution_options(is_write=True) as connection, connection.begin():
        settings.attributes["connection"] = connection
        alembic.upgrade(settings, "0001")
    engine.dispose()
    for before in ("0001", migrate.HEAD):
        found = answer(scene, "db upgrade")
        is_changed = before != migrate.HEAD
        kept = f"{scene.house.state}/aggregator.db.before-{migrate.HEAD}" if is_changed else None
        told = {"schema": migrate.HEAD, "schema_before": before, "is_changed": is_changed, "kept": kept}
        assert found == told


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("source add nonsense", 2),
        ("source add {daily}", 1),
        ("source add {more} --id daily", 78),
        ("source pause nobody", 2),
        ("source remove daily", 78),
        ("source import {state}/none.opml", 2),
        ("db backup /proc/none/copy.db", 69),
        ("db restore {state}/none.db", 2),
        ("db upgrade", 69),
    ],
)
def test_what_cannot_be_done_is_said_as_to_people(scene: Scene, words: str, code: int) -> None:
    scene.house.write("topics.d/narrow.toml", 'title = "N"\nquery = "x"\nsources = ["daily"]\n')
    named = {"daily": scene.outlet.url, "more": rss(scene, "/m.xml", "More"), "state": scene.house.state}
    command = words.format_map(named).split()
    told, answered = scene.house.run(*command), scene.house.run(*command, "--json")
    assert (told.code, answered.code, answered.out) == (code, code, "")
    assert answered.err == told.err != ""


def test_mistakes_are_told_to_programs_too(scene: Scene) -> None:
    scene.house.write("topics.d/news.toml", 'title = "News"\nquery = "alibaba ("\n')
    ended = scene.house.run("check", "--json")
    assert ended.code == 78
    found = json.loads(ended.out)
    assert list(differences(found, ANSWERS["check"])) == []
    (mistake,) = found["mistakes"]
    assert (found["is_valid"], mistake["line"], mistake["file"].endswith("topics.d/news.toml")) == (
        False,
        2,
        True,
    )


def test_nothing_is_drawn_where_nobody_looks(scene: Scene) -> None:
    """Colours and bars are for a terminal: in a pipe there is no escape sequence."""
    scene.house.once()
    for words in (
        ("status",),
        ("source", "list"),
        ("topic", "list"),
        ("doctor",),
        ("db", "backup"),
        ("--help",),
    ):
        ended = scene.house.run(*words)
        assert "\x1b" not in ended.out + ended.err, words
