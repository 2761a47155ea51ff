"""What is read, from where, and what wins."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.config.schema import Config
from aggregator.errors import ConfigError
from aggregator.model import ListingRule
from tests.unit.config.conftest import MakeFolder


def _problems(folder: Path, environ: dict[str, str], overrides: dict[str, object]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, environ, overrides)
    return str(caught.value).splitlines()


def test_a_minimal_folder_needs_two_lines_a_source_and_a_topic(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    config = load(folder, {}, {})
    assert config.folder == folder
    assert [(source.id, source.url, source.kind) for source in config.sources] == [
        ("a-example-feed", "https://a.example/feed", "auto")
    ]
    assert [(topic.id, topic.title, topic.query) for topic in config.topics] == [("good", "A", "a")]
    assert config.lists == {}
    defaults = Config()
    assert (config.poll, config.fetch, config.store) == (defaults.poll, defaults.fetch, defaults.store)


def test_everything_that_can_be_set_is_read(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "aggregator.toml": '[fetch]\nmax_feed = "2MiB"\ntimeout = "0.5s"\n'
            'allow_private = ["10.0.0.0/8", "[::1]:80"]\n'
            '[serve]\nlisten = ""\n[publish]\nfolder = "/var/feeds"\nbase_url = "https://n.example/"\n',
            "sources.d/x.toml": """
[[source]]
url = "https://x.example/news"
kind = "listing"
tags = ["china", "deux mots"]
lang = "zh-Hant"
tier = "press"
full_text = false
interval = "30m"
headers = { Cookie = "a=b", X-Key = "k" }
enabled = false
[source.listing]
item = "article"
date = "time"
""",
            "topics.d/x.toml": """
title = "X — é"
description = \"\"\"Two
lines\"\"\"
query = \"\"\"
a OR
b\"\"\"
langs = ["fr"]
sources = ["tag:china", "-a-example-feed", "-tier:blog", "lang:zh-Hant", "tag:deux mots"]
collapse = "none"
items = 5
max_age = "7d"
content = "excerpt:600"
[score]
threshold = 3
near = -0.5
[[test]]
text = "x"
match = true
[[test]]
url = "https://x.example/1"
match = false
""",
            "lists.d/authority.toml": 'description = "Who decides"\nterms = [\n  "SAMR",\n  \'a "b"\',\n]\n',
        }
    )
    config = load(folder, {}, {})
    assert (config.fetch.max_feed, config.fetch.timeout) == (2 * 1024 * 1024, timedelta(seconds=0.5))
    assert config.fetch.allow_private == ("10.0.0.0/8", "[::1]:80")
    assert (config.serve.listen, config.serve.address) == ("", None)
    assert (config.publish.folder, config.publish.base_url) == (Path("/var/feeds"), "https://n.example")
    source = config.sources[1]
    assert source.listing == ListingRule(item="article", date="time")
    assert source.headers == (("Cookie", "a=b"), ("X-Key", "k"))
    assert (source.tags, source.lang, source.tier) == (("china", "deux mots"), "zh-Hant", "press")
    assert (source.full_text, source.interval, source.enabled) == (False, timedelta(minutes=30), False)
    assert source.file == f"{folder}/sources.d/x.toml"
    topic = config.topics[1]
    assert (topic.query, topic.query_line, topic.query_column) == ("a OR\nb", 6, 1)
    assert (topic.description, topic.langs, topic.collapse) == ("Two\nlines", ("fr",), "none")
    assert (topic.items, topic.max_age, topic.excerpt) == (5, timedelta(days=7), 600)
    assert topic.score == {"threshold": 3.0, "near": -0.5}
    assert topic.score_places == {"threshold": (15, 1), "near": (16, 1)}
    assert [(test.text, test.url, test.match, test.line) for test in topic.tests] == [
        ("x", None, True, 17),
        (None, "https://x.example/1", False, 20),
    ]
    terms = config.lists["authority"]
    assert (terms.terms, terms.places) == (("SAMR", 'a "b"'), ((3, 4), (4, 4)))


def test_flag_beats_environment_beats_file_beats_default(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {"aggregator.toml": '[poll]\ninterval = "2h"\nmin_interval = "1m"\nmax_interval = "3h"\n'}
    )
    environ = {"AGGREGATOR_POLL__MIN_INTERVAL": "2m", "AGGREGATOR_POLL__MAX_INTERVAL": "4h"}
    poll = load(folder, environ, {"poll.max_interval": "5h"}).poll
    hours = timedelta(hours=1)
    assert (poll.max_interval, poll.interval) == (5 * hours, 2 * hours)  # flag, file
    assert (poll.min_interval, poll.first_items) == (timedelta(minutes=2), 20)  # environment, default


def test_text_of_the_environment_becomes_what_the_key_holds(make_folder: MakeFolder) -> None:
    environ = {
        "AGGREGATOR_STORE__KEEP_DAYS": "7",
        "AGGREGATOR_FETCH__MAX_PAGE": "1MB",
        "AGGREGATOR_FETCH__MAX_FEED": "123456",
        "AGGREGATOR_FETCH__ALLOW_PRIVATE": "localhost:8000, 10.0.0.0/8",
        "AGGREGATOR_PUBLISH__FORMATS": '["rss"]',
        "AGGREGATOR_PUBLISH__FOLDER": "out",
        "AGGREGATOR_ARTICLES__ROBOTS": "false",
        "AGGREGATOR_SERVE__LISTEN": "",
        "AGGREGATOR_CONFIG": "elsewhere",
        "OTHER__THING": "x",
    }
    overrides: dict[str, object] = {"fetch.host_delay": timedelta(0), "publish.items": 3, "serve.tokens": ()}
    config = load(make_folder({}), environ, overrides)
    assert (config.store.keep_days, config.fetch.max_page, config.fetch.max_feed) == (7, 1_000_000, 123_456)
    assert config.fetch.allow_private == ("localhost:8000", "10.0.0.0/8")
    assert (config.publish.formats, config.publish.folder) == (("rss",), Path("out"))
    assert (config.articles.robots, config.serve.listen) == (False, "")
    assert (config.fetch.host_delay, config.publish.items) == (timedelta(0), 3)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FETCH__TIMEOUT", "30", 'timeout is not a duration (like "30s", "5m" or "7d")'),
        ("FETCH__TIMEOT", "3s", 'unknown key "timeot" (did you mean "timeout"?)'),
        ("FETSH__TIMEOUT", "3s", 'unknown section "fetsh" (did you mean "fetch"?)'),
        ("STORE__KEEP_DAYS", "x", "keep_days must be a whole number, without quotes"),
        ("STORE__KEEP_DAYS", "9" * 9999, "keep_days must be a whole number, without quotes"),
        ("ARTICLES__ROBOTS", "nein", "robots must be true or false, without quotes"),
        (
            "PUBLISH__FORMATS",
            "rss, atm",
            'formats (number 2) must be "atom", "rss" or "json" (did you mean "atom"?)',
        ),
        ("PUBLISH__FORMATS", '["rss"', "formats must be a list"),
        ("POLL__MAX_INTERVAL", "1m", "min_interval is longer than max_interval"),
        ("STORE__", "x", 'unknown key "" (known: keep_days, url)'),
    ],
)
def test_a_mistake_in_the_environment_or_a_flag_is_reported_there(
    make_folder: MakeFolder, name: str, value: str, expected: str
) -> None:
    folder = make_folder({"aggregator.toml": '[poll]\nmin_interval = "5m"\n'})
    assert _problems(folder, {f"AGGREGATOR_{name}": value}, {}) == [f"AGGREGATOR_{name}: {expected}"]
    option = name.lower().replace("__", ".")
    assert _problems(folder, {}, {option: value}) == [f"option {option}: {expected}"]


def test_a_mistake_of_the_file_is_not_blamed_on_the_environment(make_folder: MakeFolder) -> None:
    folder = make_folder({"aggregator.toml": '[poll]\nmin_interval = "3d"\n'})
    problems = _problems(folder, {"AGGREGATOR_POLL__FIRSTITEMS": "3"}, {})
    assert problems == [
        'AGGREGATOR_POLL__FIRSTITEMS: unknown key "firstitems" (did you mean "first_items"?)',
        f"{folder}/aggregator.toml:1:1: min_interval is longer than max_interval",
    ]


def test_a_bound_alone_moves_the_default_interval(make_folder: MakeFolder) -> None:
    config = load(make_folder({}), {"AGGREGATOR_POLL__MIN_INTERVAL": "2h"}, {})
    assert config.poll.interval == timedelta(hours=2)


def test_only_toml_files_count_sorted_and_no_backups(make_folder: MakeFolder) -> None:
    broken = "="
    names = [
        ".hidden.toml",
        ".#lock.toml",
        "#auto.toml#",
        "#auto.toml",
        "x.toml~",
        "x.toml.bak",
        "x.toml.swp",
        "README",
    ]
    folder = make_folder(
        {
            "sources.d/b.toml": '[[source]]\nurl = "https://b.example/"\n',
            "sources.d/a.toml": '[[source]]\nurl = "https://c.example/"\n',
            "sources.d/sub/x.toml": broken,
            **{
                f"{folder}/{name}": broken
                for name in names
                for folder in ("sources.d", "topics.d", "lists.d", "sites.d")
            },
        }
    )
    config = load(folder, {}, {})
    assert [source.id for source in config.sources] == ["c-example", "b-example", "a-example-feed"]
    assert [topic.id for topic in config.topics] == ["good"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_windows_files_are_read_like_any_other(make_folder: MakeFolder, mark: bytes) -> None:
    topic = mark + 'title = "é"\r\nquery = """\r\na\r\nb"""\r\n'.encode()
    topic_read = load(make_folder({"topics.d/good.toml": topic}), {}, {}).topics[0]
    assert (topic_read.title, topic_read.query, topic_read.query_line) == ("é", "a\nb", 3)


def test_a_link_to_a_file_is_read(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder({})
    (folder / "sources.d/good.toml").rename(tmp_path / "elsewhere")
    (folder / "sources.d/link.toml").symlink_to(tmp_path / "elsewhere")
    assert len(load(folder, {}, {}).sources) == 1


def test_a_name_that_is_no_text_can_still_be_shown(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    Path(os.fsdecode(os.fsencode(folder) + b"/sources.d/\n\xff.toml")).write_text("=", encoding="utf-8")
    problems = _problems(folder, {}, {})
    assert problems[0].encode().startswith(os.fsencode(folder) + rb"/sources.d/\n\xff.toml:1:1: is not TOML")


def test_the_same_folder_gives_the_same_config(make_folder: MakeFolder) -> None:
    folder = make_folder({"lists.d/x.toml": 'terms = ["a"]\n'})
    assert load(folder, {}, {}) == load(folder, {}, {})
