"""An archive taken into another: the same items, decided anew, none announced."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Stage
from aggregator.pipeline.importing import Imported, batches, read, store
from tests.integration.pipeline.conftest import Bench
from tests.support.clock import FakeClock

ROW = {
    "id": "0123456789abcdef",
    "source": "other",
    "source_url": "https://other.example/feed",
    "url": "https://other.example/1",
    "title": "Alibaba is fined",
    "published_at": "2026-01-05T10:00:00+00:00",
    "first_seen_at": "2026-01-05T11:00:00+00:00",
    "content_html": "<p>Alibaba is fined.</p><script>alert(1)</script>",
    "text": "Alibaba is fined by the regulator, it was said on Monday in Hangzhou at last.",
    "lang": "en",
    "quality": "full",
}
UID = "f" * 16
NOW = datetime(2026, 3, 14, tzinfo=UTC)


def imported(clock: FakeClock, **changes: Any) -> Imported:
    return read(json.dumps({**ROW, **changes}), clock.now(), lambda: UID)


async def test_items_arrive_whole_and_are_not_announced(bench: Bench, clock: FakeClock) -> None:
    await bench.start()
    gate = bench.running.parts.gate
    rows = [imported(clock), imported(clock, id="fedcba9876543210", url="https://other.example/2", title="B")]
    assert await gate.write(store, rows, clock.now(), lambda: UID) == 2
    assert await gate.write(store, rows, clock.now(), lambda: UID) == 0
    clock.advance(timedelta(seconds=5))
    await bench.run()
    found = {item["id"]: item for item in await bench.items()}
    first = found["0123456789abcdef"]
    for key in ("source", "url", "title", "published_at", "first_seen_at", "text", "quality", "lang"):
        assert first[key] == ROW[key], key
    assert "script" not in first["content_html"]
    assert first["stage"] == Stage.DONE.value
    assert [match["matched"] for match in first["matches"]] == [True]
    assert await bench.feed() == []


async def test_a_later_poll_of_the_source_finds_its_items_known(
    bench: Bench, clock: FakeClock, rss: Callable[..., str]
) -> None:
    bench.settings = "[articles]\nfull_text = false\n"
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "text")))
    await bench.start()
    await bench.poll()
    (known,) = await bench.items()
    await bench.stop()
    line = json.dumps({**known, "id": "1" * 16, "text": "A fuller text than the feed's own."})
    await bench.start()
    gate = bench.running.parts.gate
    assert await gate.write(store, [read(line, clock.now(), lambda: UID)], clock.now(), lambda: UID) == 0
    other = read(json.dumps({**known, "source": "elsewhere"}), clock.now(), lambda: UID)
    assert await gate.write(store, [other], clock.now(), lambda: UID) == 1
    # An id that is taken is not given twice.
    assert {item["id"] for item in await bench.items()} == {known["id"], UID}


def test_a_batch_is_what_one_transaction_takes(clock: FakeClock) -> None:
    row = imported(clock)
    assert [len(batch) for batch in batches([row] * 250)] == [100, 100, 50]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no JSON object"),
        ('{"source": 3}', "source: must be text"),
        ('{"source": "a b"}', "source: must name a source"),
        ('{"source": "a"}', "no title, link or text"),
        (json.dumps({**ROW, "quality": "good"}), "quality: must be one of"),
        (json.dumps({**ROW, "published_at": "soon"}), "published_at: must be an instant"),
        (json.dumps({**ROW, "published_at": "2026-01-05T10:00:00"}), "time zone"),
        (json.dumps({**ROW, "tags": [1]}), "tags: must be a list of texts"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(clock: FakeClock, line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(line, clock.now(), lambda: UID)


def test_nothing_is_seen_in_the_future(clock: FakeClock) -> None:
    assert imported(clock, first_seen_at="2099-01-01T00:00:00Z").item.first_seen_at == clock.now()
    assert imported(clock, url="javascript:alert(1)").item.entry.url is None
    assert imported(clock, id="../../etc").item.uid == UID


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(row=st.dictionaries(st.sampled_from([*ROW, "enclosures", "authors", "tags", "raw_id"]), _VALUES))
def test_whatever_a_line_holds_it_is_an_item_or_refused(row: dict[str, Any]) -> None:
    try:
        found = read(json.dumps({**ROW, **row}), NOW, lambda: UID)
    except ValueError:
        return
    assert found.item.is_backlog
    assert found.item.first_seen_at <= NOW
