"""What the daemon does once a night: lets go of what nobody needs any more, and lets the database tidy up."""

import asyncio
from datetime import timedelta

from aggregator.pipeline.parts import Parts
from aggregator.store import Engine, matches, prints, retention, stories
from aggregator.store.migrate import tidy

CLUES = timedelta(days=14)  # how long reports are looked up; twice the window of a story
NEAR_MISSES = timedelta(days=30)  # how long decisions against an item are kept


async def prune(parts: Parts) -> int:
    """Drop what is old; return how many items lost their text. Raises ServiceDownError."""
    now = parts.clock.now()
    before = now - timedelta(days=parts.config.store.keep_days)
    pruned = 0
    while count := await parts.gate.write(retention.prune, before):
        pruned += count
    while await parts.gate.write(stories.prune, now - CLUES):
        pass
    await parts.gate.write(matches.forget_near_misses, now - NEAR_MISSES)
    await parts.gate.write(prints.forget, now)
    return pruned


async def tidy_up(engine: Engine) -> None:
    """Let the database renew what its planner knows and fold its log. Raises ServiceDownError."""
    await asyncio.to_thread(tidy, engine)
