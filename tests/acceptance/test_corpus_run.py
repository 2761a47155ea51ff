"""All 117 real feeds of the corpus in one run: nothing breaks, nothing that can be read is missed."""

from pathlib import Path

import pytest

from tests.support import corpusweb
from tests.support.daemon import Installation
from tests.support.web import ScriptedWeb

pytestmark = pytest.mark.slow

EVERYTHING = (
    'title = "Everything"\nquery = "the OR de OR la OR a OR and OR et OR der"\n[score]\nthreshold = 0\n'
)


def test_every_feed_of_the_corpus_passes_through_once_and_twice(shared: Path, tmp_path: Path) -> None:
    house = Installation(tmp_path, measured=False)
    house.write("aggregator.toml", house.settings(poll='first_age = "20000d"\nfirst_items = 1000'))
    house.write("topics.d/everything.toml", EVERYTHING)
    with ScriptedWeb() as web:
        corpus = corpusweb.install(web, shared)
        house.write("sources.d/corpus.toml", corpusweb.sources(web, corpus))
        first = house.once()
        assert "Traceback" not in first.err
        counts: dict[str, int] = {}
        for item in house.export():
            counts[item["source"]] = counts.get(item["source"], 0) + 1
        mark = len(web.log)
        states = {source["id"]: source for source in house.status()["sources"]}
        again = house.run("poll", "--all")
        assert again.code == 0, again.err
        assert "Traceback" not in again.err
        assert len(house.export()) == sum(counts.values())
        refused = {seen.path for seen in web.log[mark:] if seen.status != 304}
    short = {
        feed.file: (counts.get(feed.id, 0), feed.unique)
        for feed in corpus
        if counts.get(feed.id, 0) < feed.unique
    }
    print(f"{sum(counts.values())} items of {len(corpus)} feeds; fewer than feedparser counts: {short}")
    assert short == {}
    silent = {
        feed.file: states[feed.id] for feed in corpus if feed.unique and states[feed.id]["state"] != "ok"
    }
    assert silent == {}
    assert refused == {feed.path for feed in corpus if states[feed.id]["state"] == "failing"}
    assert house.feed("everything")
