"""What of an edited configuration is live at once, what waits for a start, and what the log says of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.daemon.reload import difference, merge
from aggregator.model import Configured

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def config(**sections: object) -> Config:
    return Config.model_validate({"folder": Path("config"), **sections})


def test_what_is_made_at_the_start_stays_and_is_named() -> None:
    live = config()
    wanted = config(
        serve={"listen": "127.0.0.1:9"},
        store={"url": "sqlite:///other.db", "keep_days": 5},
        publish={"folder": "elsewhere", "items": 7},
        workers={"processes": 9},
        poll={"interval": "2h"},
    )
    merged, waiting = merge(live, wanted)
    assert waiting == ("store.url", "publish.folder", "serve.listen", "workers.processes")
    assert (merged.serve, merged.workers) == (live.serve, live.workers)
    assert (merged.store.url, merged.store.keep_days) == (live.store.url, 5)
    assert (merged.publish.folder, merged.publish.items) == (live.publish.folder, 7)
    assert merged.poll.interval == timedelta(hours=2)


def test_a_token_that_is_taken_away_ends_at_once() -> None:
    live = config(serve={"tokens": ["token-of-alice", "token-of-bob"]})
    merged, waiting = merge(live, config(serve={"tokens": ["token-of-alice"]}))
    assert (merged.serve.tokens, waiting) == (("token-of-alice",), ())


def test_nothing_waits_where_nothing_fixed_has_changed() -> None:
    live = config()
    merged, waiting = merge(live, config(articles={"wait": "1m"}))
    assert waiting == ()
    assert merged.articles.wait == timedelta(minutes=1)
    assert merge(live, live) == (live, ())


def test_the_secrets_of_what_stays_and_of_what_comes_are_both_hidden() -> None:
    live = config(fetch={"proxy": "http://user:oldpassword@proxy.example:8080"})
    merged, waiting = merge(live, config(store={"url": "postgresql+psycopg://u:newpassword@db/x"}))
    assert waiting == ("store.url", "fetch.proxy")
    assert "oldpassword" not in merged.redact("oldpassword")


def test_a_difference_names_what_comes_goes_and_changes() -> None:
    one = SourceConfig(id="one", url="http://one.example/feed")
    two = SourceConfig(id="two", url="http://two.example/feed")
    other = SourceConfig(id="two", url="http://two.example/other")
    three = SourceConfig(id="three", url="http://three.example/feed")
    topic = TopicConfig(id="news", title="News", query="news")
    before = config(sources=(one, two), topics=(topic,))
    after = config(sources=(other, three), topics=(topic,), poll={"interval": "2h"})
    assert difference(before, after) == {
        "new_sources": ["three"],
        "removed_sources": ["one"],
        "changed_sources": ["two"],
        "changed": ["poll"],
    }
    assert difference(before, before) == {}


def test_a_remark_says_what_is_refused_and_what_waits() -> None:
    assert Configured(NOW).remark == ""
    refused = Configured(NOW, NOW, ("a.toml:2:1: torn\n  ^", "b.toml: too"), ("serve.listen",)).remark
    assert "2 mistakes" in refused
    assert "a.toml:2:1: torn" in refused
    assert "serve.listen" in refused
    assert "\n" not in refused
