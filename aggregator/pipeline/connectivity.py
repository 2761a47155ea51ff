"""Whether it is we who are offline: when most hosts fail at once, no source is to blame.

Judged by what the last minutes brought from each host. A host that was failing before says nothing,
any answer at all says that the network works. Remembers which sources were blamed too early.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.model import FailureKind

WINDOW = timedelta(minutes=5)
HOSTS = 3  # fewer that fail say nothing about the network
SHARE = 0.8  # of the hosts heard of in the window
PROBES = 3  # polls at a time while offline
FIRST_PROBE = timedelta(seconds=30)
LAST_PROBE = timedelta(minutes=10)

# Without a network names do not resolve, connections do not come about, or a router answers for all.
UNREACHED = frozenset(
    (
        *(FailureKind.DNS, FailureKind.CONNECT, FailureKind.TIMEOUT, FailureKind.TLS),
        FailureKind.FORBIDDEN_ADDRESS,
    )
)


@dataclass(slots=True)
class Connectivity:
    """The state of the network on our side."""

    offline_since: datetime | None = None
    probe_at: datetime | None = None  # while offline: when to try again
    _wait: timedelta = FIRST_PROBE
    _heard: dict[str, tuple[datetime, bool]] = field(default_factory=dict)  # by host: when, was it reached
    _blamed: dict[str, datetime] = field(default_factory=dict)  # sources that a failure counted against

    @property
    def is_offline(self) -> bool:
        """Tell whether failures are our own just now."""
        return self.offline_since is not None

    def reached(self, host: str, now: datetime) -> bool:
        """Note an answer of any kind; True if it ends an offline time."""
        self._heard[host] = (now, True)
        was_offline = self.is_offline
        if was_offline:
            self.offline_since = self.probe_at = None
            self._wait = FIRST_PROBE
            self._heard = {host: (now, True)}
        return was_offline

    def missed(self, host: str, source_id: str, now: datetime) -> tuple[str, ...]:
        """Note that a host that answered before could not be reached.

        Returns the sources to forgive when this shows that we are offline.
        """
        self._heard[host] = (now, False)
        self._blamed[source_id] = now
        self._heard = {name: seen for name, seen in self._heard.items() if now - seen[0] <= WINDOW}
        self._blamed = {name: at for name, at in self._blamed.items() if now - at <= WINDOW}
        if self.is_offline:
            return ()
        failing = sum(not is_reached for _at, is_reached in self._heard.values())
        if failing < HOSTS or failing < SHARE * len(self._heard):
            return ()
        self.offline_since = now
        self.probe_at = now + self._wait
        blamed, self._blamed = tuple(self._blamed), {}
        return blamed

    def probe(self, now: datetime) -> bool:
        """Tell whether a few polls may find out if the network is back."""
        return self.probe_at is not None and now >= self.probe_at

    def probed(self, now: datetime) -> None:
        """Note that some polls are finding out; the next wait is longer."""
        self._wait = min(self._wait * 2, LAST_PROBE)
        self.probe_at = now + self._wait
