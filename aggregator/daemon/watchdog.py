"""Whether the daemon still moves: its tick, its rounds, the writer of the database, the pool of processes.

A count that stands still while there is work says that somebody hangs. The service manager then gets no sign
of life any more and starts us again; nothing is ended from here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf


@dataclass(slots=True)
class Organ:
    """A part of the daemon that must move while it has something to do."""

    name: str
    progress: Callable[[], int | None]  # counts what it has done; None: there is nothing to do
    patience: float  # seconds without progress, after which it hangs
    usual: float = inf  # seconds without progress, after which it is said that it is waited for
    _count: int | None = None
    _since: float | None = None

    def still(self, now: float) -> float:
        """Return for how many seconds it has not moved, 0 while there is nothing to do."""
        count = self.progress()
        if count is None or count != self._count or self._since is None:
            self._count, self._since = count, now
        return now - self._since


class Pulse:
    """The organs of one daemon, looked at every few seconds."""

    def __init__(self, organs: Sequence[Organ]) -> None:
        self._organs = organs
        self.hanging = ""  # who hangs; "" if nobody does
        self.slow = ""  # who has been waited for longer than usual

    def look(self, now: float) -> bool:
        """Look at all at `now` (monotonic seconds) and tell whether all is well."""
        spans = [(organ, organ.still(now)) for organ in self._organs]
        self.hanging = ", ".join(organ.name for organ, span in spans if span > organ.patience)
        self.slow = ", ".join(f"{organ.name} for {span:.0f} s" for organ, span in spans if span > organ.usual)
        return not self.hanging
