"""sources.d as a whole: OPML files beside TOML files."""

import os
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.config.schema import Config
from aggregator.errors import ConfigError
from tests.support.effort import at_most
from tests.unit.config.conftest import MakeFolder

B = 'text="B"'


def _opml(*outlines: str) -> str:
    return "<opml>\n<body>\n" + "\n".join(outlines) + "\n</body></opml>"


def _feed(url: str, more: str = "") -> str:
    return f'<outline type="rss" xmlUrl="{url}" {more}/>'


def _warnings(config: Config) -> list[str]:
    return [str(warning).removeprefix(f"{config.folder}/") for warning in config.warnings]


def test_a_list_is_read_beside_toml_with_the_same_ids(make_folder: MakeFolder) -> None:
    outlines = (
        f'<outline text="china">{_feed("https://b.example/feed", B)}</outline>',
        _feed("https://c.example/feed.xml"),
    )
    folder = make_folder({"sources.d/list.opml": _opml(*outlines), "sources.d/.hidden.opml": "x"})
    config = load(folder, {}, {})
    assert [(each.id, each.url, each.title, each.tags) for each in config.sources] == [
        ("a-example-feed", "https://a.example/feed", None, ()),
        ("b-example-feed", "https://b.example/feed", "B", ("china",)),
        ("c-example-feed-xml", "https://c.example/feed.xml", None, ()),
    ]
    assert config.sources[1].file == str(folder / "sources.d/list.opml")
    assert config.warnings == ()
    as_toml = make_folder(
        {"sources.d/list.opml": _opml(), "sources.d/x.toml": _toml("https://b.example/feed")}
    )
    assert load(as_toml, {}, {}).sources[1].id == "b-example-feed"


def _toml(url: str) -> str:
    return f'[[source]]\nurl = "{url}"\n'


def test_topics_select_by_the_folders_of_a_list(make_folder: MakeFolder) -> None:
    topic = 'title = "A"\nquery = "a"\nsources = ["tag:china"]\n'
    outline = f'<outline text="china">{_feed("https://b.example/feed")}</outline>'
    folder = make_folder({"sources.d/list.opml": _opml(outline), "topics.d/good.toml": topic})
    assert load(folder, {}, {}).topics[0].sources == ("tag:china",)


def test_a_list_alone_is_enough(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {"sources.d/good.toml": "", "sources.d/list.opml": _opml(_feed("https://b.example/"))}
    )
    assert [source.id for source in load(folder, {}, {}).sources] == ["b-example"]


def test_a_feed_in_two_folders_of_a_list_is_one_source(make_folder: MakeFolder) -> None:
    outlines = (
        f'<outline text="one">{_feed("https://b.example/feed/")}</outline>',
        f'<outline text="two">{_feed("http://b.example/feed?utm_source=x")}</outline>',
    )
    config = load(make_folder({"sources.d/list.opml": _opml(*outlines)}), {}, {})
    assert [(each.url, each.tags) for each in config.sources[1:]] == [
        ("https://b.example/feed/", ("one", "two"))
    ]
    assert config.warnings == ()


def test_what_others_have_already_is_passed_over_with_a_warning(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "sources.d/a.opml": _opml(_feed("https://a.example/feed/"), _feed("https://b.example/")),
            "sources.d/b.opml": _opml(_feed("https://b.example/#x"), _feed("https://c.example/")),
        }
    )
    config = load(folder, {}, {})
    assert [source.id for source in config.sources] == ["a-example-feed", "b-example", "c-example"]
    assert [
        warning.removesuffix(", passed over here (keep one of the two)") for warning in _warnings(config)
    ] == [
        f"sources.d/a.opml:3: the same source as in {folder}/sources.d/good.toml:1",
        f"sources.d/b.opml:3: the same source as in {folder}/sources.d/a.opml:4",
    ]


def test_ids_that_are_taken_get_an_ending_that_stays(make_folder: MakeFolder) -> None:
    names = ("https://b.example/x-y", "https://b.example/x/y", "https://a.example/Feed")
    config = load(make_folder({"sources.d/a.opml": _opml(*map(_feed, names))}), {}, {})
    ids = [source.id for source in config.sources]
    assert ids[:2] == ["a-example-feed", "b-example-x-y"]
    assert ids[2].startswith("b-example-x-y-")
    assert ids[3].startswith("a-example-feed-")
    assert len(set(ids)) == 4
    again = load(make_folder({"sources.d/a.opml": _opml(*map(_feed, names[:1] + names[2:]))}), {}, {})
    assert again.sources[2].id == ids[3]


def test_bad_outlines_are_warnings_and_good_ones_sources(make_folder: MakeFolder) -> None:
    outlines = (
        _feed("ftp://b.example/feed"),
        _feed("javascript:alert(1)"),
        _feed("https://user:hunter2@/x"),
        _feed("/etc/passwd"),
        _feed("https://c.example/\N{ZERO WIDTH SPACE}x"),
        _feed("https://d.example/feed", f'text="{"x" * 9_000}"'),
    )
    config = load(make_folder({"sources.d/list.opml": _opml(*outlines)}), {}, {})
    assert [source.id for source in config.sources[1:]] == ["d-example-feed"]
    assert [warning.partition(": ")[0] for warning in _warnings(config)] == [
        f"sources.d/list.opml:{line}" for line in range(3, 8)
    ]
    assert "a feed is passed over: url is not an http or https address" in _warnings(config)[0]
    assert "hunter2" not in str(config.warnings)


def test_addresses_whose_secrets_were_masked_are_passed_over(make_folder: MakeFolder) -> None:
    masked = (
        "https://joe:***@a.example/feed",
        "https://***@b.example/",
        "https://c.example/?token=***&amp;x=1",
    )
    outlines = map(_feed, (*masked, "https://b.example/feed"))
    config = load(make_folder({"sources.d/list.opml": _opml(*outlines)}), {}, {})
    assert [source.url for source in config.sources[1:]] == ["https://b.example/feed"]
    assert [warning.partition(": ")[0] for warning in _warnings(config)] == [
        f"sources.d/list.opml:{line}" for line in range(3, 6)
    ]
    assert "a secret in its address was written as ***" in _warnings(config)[0]
    assert "whole address" in _warnings(config)[0]


def test_a_list_from_a_stranger_gets_no_secret(make_folder: MakeFolder, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2-hunter2")
    references = ("${env:TOKEN}", f"${{file:{tmp_path}/secret}}")
    outlines = [_feed(f"https://evil.example/{number}?{each}") for number, each in enumerate(references)]
    config = load(make_folder({"sources.d/list.opml": _opml(*outlines)}), {"TOKEN": "hunter2-hunter2"}, {})
    assert [source.url.partition("?")[2] for source in config.sources[1:]] == list(references)
    assert "hunter2" not in repr([source.access for source in config.sources])


@pytest.mark.parametrize("content", ["", "no list", "<html/>", "\0\0"])
def test_a_file_that_is_no_list_is_a_mistake(make_folder: MakeFolder, content: str) -> None:
    folder = make_folder({"sources.d/list.opml": content})
    with pytest.raises(ConfigError) as caught:
        load(folder, {}, {})
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{folder}/sources.d/list.opml:1: is not OPML: ")


def test_a_list_that_cannot_be_read_is_a_mistake(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    (folder / "sources.d/gone.opml").symlink_to("nowhere")
    os.mkfifo(folder / "sources.d/pipe.opml")
    with pytest.raises(ConfigError) as caught:
        load(folder, {}, {})
    assert [problem.message for problem in caught.value.problems] == [
        "cannot be read: no such file or directory",
        "is not a file",
    ]


def test_a_huge_list_is_not_read_whole(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    with (folder / "sources.d/huge.opml").open("wb") as file:
        file.truncate(100_000_000)
    with at_most(1):
        with pytest.raises(ConfigError) as caught:
            load(folder, {}, {})
        assert caught.value.problems[0].message == "is longer than 16 MB"


def test_a_folder_may_be_empty_for_those_who_fill_it(make_folder: MakeFolder) -> None:
    folder = make_folder({"sources.d/good.toml": ""})
    (folder / "topics.d/good.toml").unlink()
    with pytest.raises(ConfigError):
        load(folder, {}, {})
    config = load(folder, {}, {}, may_be_empty=True)
    assert (config.sources, config.topics) == ((), ())


def test_ten_thousand_outlines_load_in_a_moment(make_folder: MakeFolder) -> None:
    outlines = [_feed(f"https://site-{number}.example/feed.xml?x={number}") for number in range(10_000)]
    folder = make_folder({"sources.d/list.opml": _opml(*outlines)})
    with at_most(2):
        assert len(load(folder, {}, {}).sources) == 10_001


def test_a_copy_of_a_record_forgets_what_was_computed(make_folder: MakeFolder) -> None:
    config = load(make_folder({}), {}, {})
    secret = "hunter2-hunter2"
    assert secret in config.redact(secret)
    (source,) = config.sources
    assert source.canonical_url
    other = source.model_copy(update={"url": f"https://u:{secret}@b.example/"})
    assert other.canonical_url == "https://b.example/"
    assert secret not in config.model_copy(update={"sources": (other,)}).redact(secret)
