"""The 16-outlet news web: published in time with the shipped topics, small when idle, scored."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import topicsdev
from tests.support.daemon import Installation

pytestmark = pytest.mark.slow

SECONDS = 60
TOPIC = "alibaba-regulation"
TWINS = 5  # entries that differ from another one of their feed in tracking parameters only
IDLE_BYTES = 150_000_000


@pytest.fixture(scope="module")
def news(shared: Path) -> Iterator[topicsdev.NewsWeb]:
    """Serve the news web to all tests of this file."""
    with topicsdev.serving(shared) as web:
        yield web


def _install(folder: Path, news: topicsdev.NewsWeb, store: str = "") -> Installation:
    house = Installation(folder, measured=False)
    house.write(
        "aggregator.toml", house.settings(poll="first_items = 1000", workers='idle = "1s"', store=store)
    )
    house.adopt("topics.d", "lists.d")
    house.write("sources.d/outlets.toml", news.sources)
    return house


@pytest.mark.alone
def test_the_first_run_publishes_in_time_what_belongs_to_the_topics(
    shared: Path, tmp_path: Path, news: topicsdev.NewsWeb, empty_database_url: str
) -> None:
    house = _install(tmp_path, news, f'url = "{empty_database_url}"')
    begin = time.monotonic()
    house.once()
    took = time.monotonic() - begin
    print(f"first run over 16 outlets: {took:.1f} s")
    predictions, clusters = tmp_path / "predictions.jsonl", tmp_path / "clusters.jsonl"
    report = tmp_path / "score.json"
    items = house.export()
    rows = [
        {"topic": match["topic"], "url": item["url"]}
        for item in items
        for match in item["matches"]
        if match["matched"] and match["topic"] in topicsdev.TOPICS
    ]
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    figures = {}
    for kind in ("copy_of", "story"):
        groups = [{"url": item["url"], "cluster": item[kind] or item["url"]} for item in items]
        clusters.write_text("".join(json.dumps(group) + "\n" for group in groups), encoding="utf-8")
        print(f"\nclusters by {kind}:\n{topicsdev.score(shared, predictions, clusters, report)}")
        figures[kind] = json.loads(report.read_text(encoding="utf-8"))
    told = json.loads(house.run("stories", "--since", "9d", "--json").out)
    assert max(len(story["items"]) for story in told) > 2
    copies, stories = figures["copy_of"], figures["story"]
    assert took < SECONDS
    assert 171 - TWINS <= len(items) <= 171
    assert copies[TOPIC]["all"]["f1"] > 0.75  # what two lists of words reach on clean text
    assert copies["near_miss_merged"] == stories["near_miss_merged"] == 0
    assert copies["dup_of"]["f1"] >= 0.96
    judged = topicsdev.judge_stories(shared, {item["url"]: item["story"] for item in items})
    print("\n".join(f"stories {kind}: {found}" for kind, found in judged.items()))
    assert judged["across"].f1 >= 0.70
    assert judged["within"].f1 >= 0.90


def test_an_idle_daemon_is_small(tmp_path: Path, news: topicsdev.NewsWeb) -> None:
    house = _install(tmp_path, news)
    with house.daemon() as daemon:
        daemon.until(
            lambda: len(house.feed(TOPIC)) > 40, "most of the topic is published", within=2 * SECONDS
        )
        # What stays beside the daemon is the small process by which Python tracks shared resources.
        daemon.until(lambda: len(daemon.family()) <= 2, "the worker processes have ended", within=SECONDS)
        memory = daemon.memory()
        print(f"idle after a first run over 16 outlets: {memory / 1e6:.0f} MB (PSS)")
        assert memory < IDLE_BYTES
        assert daemon.terminate() == 0
