"""Second looks at pages: beside the new ones, a few at a time, and never before them.

One at a time of a host, and none while anything new is asked of that host: whoever waits for a new
article waits for one old page at most.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from aggregator.dispatch.lane import Job, Lane, Leave
from aggregator.pipeline.parts import LEASE, Parts
from aggregator.pipeline.rereading import look_again
from aggregator.store import rereads
from aggregator.store.rereads import Reread

PLACES = 8


class SecondLooks:
    """The places for pages that are asked for once more; `pages` are those of the new ones."""

    def __init__(self, parts: Parts, pages: Lane) -> None:
        self._parts = parts
        self._pages = pages
        self._lane = Lane(PLACES, lambda _host: 1)

    def adopt(self, parts: Parts) -> None:
        """Go on with another configuration; what runs is finished with the one it began with."""
        self._parts = parts

    async def start(self, now: datetime, run: Callable[[Lane, Job], None]) -> int:
        """Claim what is due and fits, and have it run; return how much was started."""
        started = 0
        while self._lane.room > 0 and self._pages.room > 0 and not self._parts.connectivity.is_offline:
            busy = [*self._lane.full_hosts(), *self._pages.hosts, *self._parts.throttling.resting(now)]
            claimed = await self._parts.gate.write(
                rereads.claim, now=now, lease=LEASE, limit=self._lane.room, full_hosts=busy
            )
            back = []
            for each in claimed:
                if self._lane.has_room(each.host):
                    started += 1
                    work = partial(self._work, each)
                    run(self._lane, self._lane.start(Job(each.item.id, each.host, work)))
                else:
                    back.append(each.item.id)
            if not back:
                break
            await self._parts.gate.write(rereads.release, back)
        return started

    async def _work(self, pending: Reread, _leave: Leave) -> None:
        await look_again(self._parts, pending)
