"""Pages made to use up a reader: each is stopped at its limits and costs a worker, never the daemon."""

from datetime import timedelta

import pytest

from aggregator.config.schema import FetchConfig, WorkersConfig
from tests.integration.pipeline.conftest import Bench
from tests.integration.pipeline.test_articles import RSS, Rss, page
from tests.support.heavypages import SIZE, heavy_pages

pytestmark = pytest.mark.slow

# CPU time: a sixth of the default, which each of these needs, and fifty times what an honest page needs.
LIMIT = "0.5s"
HEAVY = (
    *("60,000 paragraphs", "short paragraphs", "100,000 divs", "paid divs", "headings", "rows", "breaks"),
    *("captions", "classes", "attributes", "dates", "speech", "consent", "entities", "brackets", "titles"),
)
BOUNDED = (
    "20,000 nested divs",
    "nested tables",
    "nested quotes",
    "100,000 links",
    "pictures",
    "one long word",
)


def test_the_limits_of_a_page() -> None:
    assert WorkersConfig().page_cpu == timedelta(seconds=3)
    assert FetchConfig().max_page == 5_000_000


@pytest.mark.alone
async def test_each_page_costs_a_worker_and_keeps_the_feeds_text(bench: Bench, rss: Rss) -> None:
    bench.settings = f'page_cpu = "{LIMIT}"\n[poll]\nfirst_items = 100\n'
    pages = heavy_pages()
    names = {f"Alibaba: {name}": number for number, name in enumerate((*HEAVY, *BOUNDED), 1)}
    for name, number in zip((*HEAVY, *BOUNDED), names.values(), strict=True):
        bench.web.put(f"/{number}", pages[name], gzip=True)
    honest, huge = len(names) + 1, len(names) + 2
    bench.web.put(f"/{honest}", page("A record fine"))
    bench.web.put(f"/{huge}", b"<html><body><p>word</p>" + b" " * (2 * SIZE), gzip=True)
    rows = [(number, title, f"The feed on {title}") for title, number in names.items()]
    rows += [(honest, "A record fine", "Read on."), (huge, "A huge page", "The feed on that.")]
    bench.web.put("/feed.xml", rss(*rows, base=bench.web.url("")), RSS)
    await bench.start()
    await bench.poll()
    items = {item["title"]: item for item in await bench.items()}
    assert len(items) == len(rows)
    assert [(item["title"], item["stage"]) for item in items.values() if item["stage"] != "done"] == []
    for title in names:
        item = items[title]
        is_stopped = any("the page failed: stopped" in line for line in item["evidence"])
        if title.removeprefix("Alibaba: ") in HEAVY:
            assert is_stopped, (title, item["evidence"])
        if is_stopped:
            assert item["text"] == f"The feed on {title}"
            assert item["quality"] == "failed"
    assert items["A record fine"]["quality"] == "full"
    assert items["A huge page"]["text"] == "The feed on that."
    assert any("5,000,000 bytes" in line for line in items["A huge page"]["evidence"])
    assert len(await bench.feed()) >= len(names), "all of them are decided and published"
