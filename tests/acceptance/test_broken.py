"""What still works while the user's files have a mistake: everything that only looks, and says so."""

import json

import pytest

from tests.acceptance.conftest import Scene

pytestmark = pytest.mark.slow

READING = (
    ("status",),
    ("status", "--json"),
    ("search", "alibaba"),
    ("stories", "--json"),
    ("export",),
    ("topic", "list"),
    ("topic", "misses", "news", "--json"),
    ("source", "list"),
    ("config", "show"),
    ("db", "backup"),
    ("db", "check"),
)


def doctor(scene: Scene) -> tuple[list[str], dict[str, str]]:
    """Return what the doctor advises, and what it found for each check."""
    found = json.loads(scene.house.run("doctor", "--json").out)
    return [each["advice"] for each in found if each["advice"]], {
        each["check"]: each["found"] for each in found
    }


def test_reading_goes_by_the_rest_of_the_configuration_and_names_the_mistake(scene: Scene) -> None:
    scene.house.once()
    broken = scene.house.write(
        "sources.d/new.toml", '[[source]]\nurl = "https://other.example/feed"\ntags = 3\n'
    )
    address = scene.web.url(scene.outlet.pieces[0].path)
    for words in (*READING, ("show", address), ("explain", address)):
        ended = scene.house.run(*words)
        assert ended.code == 0, (words, ended.err)
        assert f"{broken}:3:" in ended.err, words
    assert "daily" in scene.house.run("source", "list").out
    for words in (("run", "--once"), ("poll", "daily"), ("check",)):
        ended = scene.house.run(*words)
        assert ended.code == 78, (words, ended.err)
        assert f"{broken}:3:" in ended.err, words


def test_a_query_with_a_mistake_costs_its_own_topic_only(scene: Scene) -> None:
    scene.house.once()
    scene.house.write("topics.d/other.toml", 'title = "Other"\nquery = "alibaba AND ("\n')
    listed = scene.house.run("topic", "list", "--json")
    assert [topic["id"] for topic in json.loads(listed.out)] == ["news"]
    assert "other.toml:2:" in listed.err


def test_db_commands_work_beside_a_mistake_in_the_settings_that_does_not_touch_the_database(
    scene: Scene,
) -> None:
    store = f'url = "sqlite:///{scene.house.state}/mine.db"'
    scene.house.write("aggregator.toml", scene.house.settings(store=store))
    scene.house.once()
    broken = scene.house.write(
        "aggregator.toml", scene.house.settings(store=store, poll='interval = "often"')
    )
    copy = str(scene.house.state / "copy.db")
    for words in (("db", "check"), ("db", "backup", copy), ("db", "upgrade"), ("db", "restore", copy)):
        ended = scene.house.run(*words)
        assert ended.code == 0, (words, ended.err)
        assert f"{broken}:" in ended.err, words
    assert not (scene.house.state / "aggregator.db").exists()
    (said, *_), found = doctor(scene)
    assert "db commands work all the same" in said
    assert "mine.db" in found["database"]


def test_a_mistake_in_the_settings_keeps_no_copy_of_some_other_database(scene: Scene) -> None:
    scene.house.once()
    copy = scene.house.write("../copy.db", "")
    broken = scene.house.write("aggregator.toml", '[stroe]\nurl = "postgresql+psycopg://db.example/news"\n')
    for words in (("db", "backup"), ("db", "check"), ("db", "upgrade"), ("db", "restore", str(copy))):
        ended = scene.house.run(*words)
        assert ended.code == 78, words
        assert f"{broken}:1:" in ended.err, words
        assert "which database is meant" in ended.err, words
    (said, *_), found = doctor(scene)
    assert "db commands wait until they are mended" in said
    assert "not looked at" in found["database"]
    assert scene.house.run("status").code == 0


def test_the_doctor_looks_at_the_rest_too(scene: Scene) -> None:
    scene.house.once()
    broken = scene.house.write("sources.d/new.toml", "[[source]]\nurl = 5\n")
    ended = scene.house.run("doctor", "--json")
    found = {each["check"]: each for each in json.loads(ended.out)}
    assert ended.code == 1
    assert f"{broken}:2:" in found["configuration"]["found"]
    assert found["database"]["verdict"] == found["network"]["verdict"] == "ok"
