"""The event loop that everything runs on: uvloop, on which a poll costs less CPU than on asyncio's own.

Runs one piece of work and returns what it came to; knows nothing of what it runs.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` on an event loop of its own until it is done."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
