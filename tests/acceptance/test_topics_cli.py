"""`search`, `explain` and `topic` as a user types them, on what one run of the daemon has stored."""

import json
from typing import Any

import pytest

from tests.acceptance.conftest import Scene

pytestmark = pytest.mark.slow


def answer(scene: Scene, *words: str) -> Any:
    ended = scene.house.run(*words, "--json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_the_archive_answers(scene: Scene) -> None:
    scene.house.once()
    on_topic = [piece for piece in scene.outlet.pieces if piece.is_on_topic]
    found = answer(scene, "search", "alibaba", "yuan")
    assert {item["url"] for item in found["items"]} == scene.outlet.wanted()
    assert {item["topics"][0] for item in found["items"]} == {"news"}
    shown = scene.house.run("search", "alibaba", "--limit", "1")
    assert shown.code == 0
    assert "1 items, the newest" in shown.err
    assert "Alibaba" in shown.out
    assert found["items"][0]["title"] in shown.out

    url = scene.web.url(on_topic[0].path)
    (topic,) = answer(scene, "explain", url)["topics"]
    assert (topic["topic"], topic["verdict"], topic["is_kept"]) == ("news", "matched", True)
    shown = scene.house.run("explain", url)
    assert f"news: matched, score {topic['score']:.1f}" in shown.out
    assert "published as tag:" in shown.out
    assert scene.house.run("explain", "https://nowhere.example/").code == 2

    (listed,) = answer(scene, "topic", "list")
    assert (listed["id"], listed["matches"]) == ("news", len(on_topic))
    assert answer(scene, "topic", "misses", "news", "--since", "1d")["topic"] == "news"
    assert scene.house.run("topic", "misses", "nonsense").code == 2
    assert scene.house.run("topic", "misses", "news", "--since", "soon").code == 2
    for command in ("stories", "search news"):
        refused = scene.house.run(*command.split(), "--since", "soon")
        assert (refused.code, refused.err.count("\n")) == (2, 1), refused.err
        assert refused.err.startswith("aggregator: --since 'soon' is not a duration"), refused.err


def test_an_edit_is_tried_refused_and_goes_live(scene: Scene) -> None:
    scene.house.once()
    before = scene.house.feed("news")
    edited = 'title = "Other things"\nquery = "coast"\n[[test]]\ntext = "The coast"\nmatch = true\n'
    trial = scene.house.write("../news.toml", edited)
    found = answer(scene, "topic", "try", str(trial))
    assert {item["url"] for item in found["removed"]} == {entry.url for entry in before}
    assert found["added"]
    assert scene.house.feed("news") == before

    trial.write_text(edited.replace("The coast", "The hills"))
    refused = scene.house.run("topic", "try", str(trial))
    assert refused.code == 78
    assert "news.toml:3: test should match and does not" in refused.err
    trial.write_text(edited.replace('"coast"', '"coast OR"'))
    assert scene.house.run("topic", "try", str(trial)).code == 78

    scene.house.write("topics.d/news.toml", edited)
    tests = scene.house.run("topic", "test")
    assert (tests.code, tests.err) == (0, "1 of 1 tests pass\n")
    scene.house.once()
    assert {entry.url for entry in scene.house.feed("news")} == {item["url"] for item in found["added"]}
    scene.house.write("topics.d/news.toml", 'title = "Alibaba and its regulators"\nquery = "alibaba"\n')
    scene.house.once()
    assert scene.house.feed("news") == before


def test_check_holds_tests_against_stored_pages(scene: Scene) -> None:
    url = next(scene.web.url(piece.path) for piece in scene.outlet.pieces if piece.is_on_topic)

    def configured(wanted: str) -> None:
        case = f'[[test]]\nurl = "{url}"\nmatch = {wanted}\n'
        scene.house.write("topics.d/news.toml", f'title = "News"\nquery = "alibaba"\n{case}')

    configured("false")
    assert scene.house.run("check").code == 0  # nothing is stored yet
    scene.house.once()
    failed = scene.house.run("check")
    assert failed.code == 78
    assert "news.toml:3: test should not match and does (score " in failed.err
    configured("true")
    assert scene.house.run("check").code == 0
