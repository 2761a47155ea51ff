"""A batch that takes too long is written in parts: each item is matched once, and what is written counts."""

from collections.abc import Sequence
from typing import Any

import pytest

from aggregator.errors import ServiceDownError
from aggregator.model import Entry, Item
from aggregator.pipeline import decide as module
from aggregator.pipeline.decide import decide
from aggregator.store import items
from tests.integration.pipeline.conftest import Bench
from tests.support.records import new_item

ITEMS = 4


@pytest.fixture
async def waiting(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let some items wait for their decision; return the list of those that are matched."""
    running = await bench.start()
    now = bench.clock.now()
    fresh = [
        new_item(
            number, now, entry=Entry(f"raw-{number}", f"https://press.example/{number}", "Alibaba fined")
        )
        for number in range(1, ITEMS + 1)
    ]
    await running.parts.gate.write(items.add, fresh)
    for item in (await running.parts.gate.read(items.by_ids, range(1, ITEMS + 1))).values():
        assert await running.parts.gate.write(items.settle, item, is_provisional=False)
    matched: list[str] = []
    match = module._match

    def note(parts: Any, item: Item, found: Any) -> Any:
        matched.append(item.uid)
        return match(parts, item, found)

    monkeypatch.setattr(module, "_match", note)
    monkeypatch.setattr(module, "HOLD", -1.0)  # one item a transaction
    return matched


async def test_each_item_of_a_batch_written_in_parts_is_matched_once(
    bench: Bench, waiting: list[str]
) -> None:
    decided = await decide(bench.running.parts)
    assert (decided.count, decided.topics) == (ITEMS, {"alibaba"})
    assert len(waiting) == len(set(waiting)) == ITEMS
    assert await bench.running.parts.gate.read(items.unfinished) == {}


async def test_what_was_written_before_the_database_went_away_is_to_be_published(
    bench: Bench, waiting: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = module._record, list[int]()

    def fail_after_two(connection: Any, prepared: Sequence[Any], *rest: Any) -> Any:
        if len(written) == 2:
            raise ServiceDownError("gone")
        written.append(len(prepared))
        return write(connection, prepared, *rest)

    monkeypatch.setattr(module, "_record", fail_after_two)
    parts = bench.running.parts
    decided = await decide(parts)
    assert (decided.count, decided.topics) == (2, {"alibaba"})
    with pytest.raises(ServiceDownError):
        await decide(parts)
    written.clear()
    assert (await decide(parts)).count == 2
    assert await parts.gate.read(items.unfinished) == {}
