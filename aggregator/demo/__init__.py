"""The small news web of `aggregator demo`: invented outlets and articles, served on loopback.

The daemon that reads it is the ordinary one with an ordinary configuration folder; this room brings
up the web and writes that folder, and knows nothing about the daemon.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from aggregator.demo.config import free_listen, write_config
from aggregator.demo.web import DemoWeb


@asynccontextmanager
async def running_web(folder: Path, now: Callable[[], datetime], port: int = 8080) -> AsyncIterator[DemoWeb]:
    """Run the demo web for the length of the block, with a configuration for it in `folder`.

    `now` tells the time; `port` is the one that the daemon's own server gets where it is free.
    Raises OutputError where the folder cannot be written, OSError where no port can be had.
    """
    async with DemoWeb(now) as web:
        write_config(folder, web.sources, free_listen(port=port))
        yield web


__all__ = ["DemoWeb", "running_web"]
