"""Every command that reads answers programs with `--json`, in exactly the shape that is documented."""

import json

import pytest

from aggregator.cli.answers import ANSWERS
from aggregator.cli.answers.archive import Brief
from tests.acceptance.conftest import Scene
from tests.support.shapes import differences

pytestmark = pytest.mark.slow
LINES = {"export", "poll"}  # one object a line
TESTED = 'title = "News"\nquery = "alibaba"\n[[test]]\ntext = "Alibaba fined"\nmatch = true\n'


def test_a_shape_refuses_what_it_does_not_name() -> None:
    brief = dict.fromkeys(Brief.__annotations__, "x")
    assert list(differences(brief, Brief)) == []
    assert list(differences({**brief, "more": 1}, Brief)) == ["$.more is not documented"]
    assert len(list(differences({**brief, "title": 1}, Brief))) == 1
    assert len(list(differences({**brief, "lang": 1}, Brief))) == 1
    assert len(list(differences(dict(list(brief.items())[1:]), Brief))) == 1


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
    assert calls.keys() == ANSWERS.keys()
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
