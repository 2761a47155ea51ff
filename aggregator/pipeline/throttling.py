"""When a host as a whole asks for less: after refusals on different routes, not after one.

One "too many requests" concerns the address that got it; the same words on a second address within
the time the first asked for concern the host.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ROUTES = 2
_MAX_HOSTS = 1000
_MAX_ROUTES = 20


@dataclass(slots=True)
class Throttling:
    """The refusals that still count, by host and route, and what follows for hosts."""

    _until: dict[str, dict[str, datetime]] = field(default_factory=dict)
    _resting: dict[str, datetime] = field(default_factory=dict)  # hosts as a whole

    def refused(self, host: str, route: str, wait: timedelta, now: datetime) -> datetime | None:
        """Note that a route asked to wait; return until when the whole host is left alone, if it is."""
        routes = {name: until for name, until in self._until.pop(host, {}).items() if until > now}
        routes[route] = now + wait
        if len(routes) > _MAX_ROUTES:
            del routes[min(routes, key=lambda name: routes[name])]
        self._until[host] = routes
        if len(self._until) > _MAX_HOSTS:
            del self._until[next(iter(self._until))]
        if len(routes) < ROUTES:
            return None
        # As long as two addresses are to be left alone.
        until = sorted(routes.values())[-ROUTES]
        self._resting = {name: end for name, end in self._resting.items() if end > now}
        self._resting[host] = max(until, self._resting.get(host, now))
        return self._resting[host]

    def resume(self, resting: Mapping[str, datetime]) -> None:
        """Go on leaving alone those whom a daemon before this one left alone."""
        self._resting = {**resting, **self._resting}

    def rests_until(self, host: str, now: datetime) -> datetime | None:
        """Return until when this host is left alone, None if it is not."""
        until = self._resting.get(host, now)
        return until if until > now else None

    def resting(self, now: datetime) -> list[str]:
        """Return the hosts that are left alone."""
        return [host for host, until in self._resting.items() if until > now]
