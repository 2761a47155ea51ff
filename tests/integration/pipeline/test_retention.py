"""What is old leaves the archive and never comes back as news, whatever its publisher does with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.daemon import nights
from tests.integration.pipeline.conftest import TOPIC, Bench

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
OLD = (1, "A park", "The city opens a park. It is green.")
CARRIED = (2, "Alibaba fined", "Alibaba was fined, Alibaba says.")


async def test_pruned_items_never_return(bench: Bench, rss: Callable[..., str]) -> None:
    bench.settings = "[articles]\nfull_text = false\n"
    bench.web.put("/feed.xml", rss(OLD, CARRIED), RSS, etag='"1"')
    await bench.start()
    await bench.poll()
    before = await bench.feed()
    assert [title for _id, title, _carriers in before] == ["Alibaba fined"]

    bench.clock.advance(timedelta(days=400))
    assert await nights.prune(bench.running.parts) == 1
    assert await nights.prune(bench.running.parts) == 0
    stored = {item["raw_id"]: item for item in await bench.items()}
    assert stored["id-1"]["text"] == ""
    assert "Alibaba" in stored["id-2"]["text"]  # a feed carries it

    # The document still names it; then it is edited, into what the topic wants.
    bench.web.put("/feed.xml", rss(OLD, CARRIED, (3, "Another park", "Green, too.")), RSS, etag='"2"')
    assert (await bench.poll()).new_items == 1
    edited = (1, "Alibaba buys a park", "Alibaba, says Alibaba, buys a park.")
    bench.web.put("/feed.xml", rss(edited, CARRIED), RSS, etag='"3"')
    assert (await bench.poll()).new_items == 0
    assert await bench.feed() == before

    # Nor does an edited topic announce it.
    await bench.stop()
    bench.topic = TOPIC.replace('"alibaba"', '"alibaba OR park"')
    await bench.start()
    await bench.run()
    titles = {title for _id, title, _carriers in await bench.feed()}
    assert titles == {"Alibaba fined", "Another park"}
