"""Turns at a host: at most so many requests at once, and a pause between their starts.

Hosts are registrable domains. Each has its own queue, first come first served, so a slow host makes
only those wait who want the same host. How much work runs in all, and which host is to be left alone
altogether, is not decided here.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType

from aggregator.clock import Clock

_SOON = 10.0  # seconds between two requests that belong together
_STREAK = 3  # requests in a row after which one more is expected
_PRUNE_AT = 1024  # hosts remembered before those at rest are forgotten


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    spacing: asyncio.Lock = field(default_factory=asyncio.Lock)
    started_at: float = -math.inf  # on the monotonic clock: when the last request started
    waiting: int = 0
    running: int = 0
    streak: int = 0  # requests, each soon after the one before


class _Turn:
    """A turn at a host, for the length of a block."""

    __slots__ = ("_domain", "_host", "_hosts")

    def __init__(self, hosts: "Hosts", domain: str) -> None:
        self._hosts = hosts
        self._domain = domain

    async def __aenter__(self) -> None:
        self._host = await self._hosts.take(self._domain)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.running -= 1
        self._host.slots.release()


class Hosts:
    """The queues of all hosts; `delay` in seconds."""

    def __init__(
        self,
        per_host: int,
        delay: float,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._per_host = per_host
        self._delay = delay
        self._clock = clock
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}
        self._prune_at = _PRUNE_AT
        self._slowed: dict[str, dict[str, float]] = {}  # domain -> who asked -> seconds
        self._resting: dict[str, datetime] = {}

    def slow_down(self, domain: str, who: str, delay: float) -> None:
        """Pause at least `delay` seconds between requests to a host, until `who` says otherwise.

        The longest wish of a domain counts; 0 takes one back, and who made it must do so some day.
        """
        wishes = self._slowed.get(domain, {})
        wishes.pop(who, None)
        if delay > self._delay:
            wishes[who] = delay
            self._slowed[domain] = wishes
        elif not wishes:
            self._slowed.pop(domain, None)

    def pause(self, domain: str) -> float:
        """Return how many seconds pass at least between two requests to a host."""
        wishes = self._slowed.get(domain)
        return max(wishes.values()) if wishes else self._delay

    def leave_alone(self, domain: str, until: datetime) -> None:
        """Let turns at a host come to nothing until then: who takes one must ask `rests_for` first."""
        now = self._clock.now()
        self._resting = {name: end for name, end in self._resting.items() if end > now}
        self._resting[domain] = until

    def rests_for(self, domain: str) -> timedelta | None:
        """Return for how long this host is still to be left alone, None if it is not."""
        until = self._resting.get(domain)
        if until is None or (span := until - self._clock.now()) <= timedelta(0):
            return None
        return span

    def turn(self, domain: str) -> "_Turn":
        """Wait for a turn at this host and hold it for the length of the block."""
        return _Turn(self, domain)

    async def take(self, domain: str) -> "_Host":
        """Wait for a turn at this host, which the caller gives back."""
        host = self._host(domain)
        host.waiting += 1
        try:
            # Both locks wake their waiters in order of arrival.
            await host.slots.acquire()
            try:
                async with host.spacing:
                    await self._pause(domain, host)
            except BaseException:
                host.slots.release()
                raise
        finally:
            host.waiting -= 1
        host.running += 1
        return host

    async def _pause(self, domain: str, host: _Host) -> None:
        """Let the time between two requests pass; there is none before one that is not made."""
        while self.rests_for(domain) is None:
            now = self._clock.monotonic()
            wait = self._free_at(domain, host) - now
            if wait <= 0:
                host.streak = host.streak + 1 if now - host.started_at < _SOON else 0
                host.started_at = now
                return
            await self._sleep(wait)

    def is_busy(self, domain: str) -> bool:
        """Tell whether more is asked of this host, so that an open connection is worth keeping."""
        host = self._hosts.get(domain)
        return host is not None and (host.waiting > 0 or host.streak >= _STREAK)

    def _free_at(self, domain: str, host: _Host) -> float:
        return host.started_at + self.pause(domain)

    def _host(self, domain: str) -> _Host:
        host = self._hosts.get(domain)
        if host is None:
            if len(self._hosts) >= self._prune_at:
                self._prune()
            host = self._hosts[domain] = _Host(asyncio.Semaphore(self._per_host))
        return host

    def _prune(self) -> None:
        now = self._clock.monotonic()
        self._hosts = {
            name: host
            for name, host in self._hosts.items()
            if host.waiting or host.running or self._free_at(name, host) > now
        }
        self._prune_at = max(_PRUNE_AT, 2 * len(self._hosts))
