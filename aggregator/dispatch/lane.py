"""One kind of work in this process: what runs of it, what was claimed and waits, and how much to claim.

A place is held while the network and the workers are used, not while the outcome is written. It starts
nothing itself and knows neither the database nor the clock.
"""

from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

Leave = Callable[[], None]  # gives the place free before the work is done
Work = Callable[[Leave], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Job:
    """Something that was claimed."""

    key: str | int
    host: str  # whose turn it needs; "" for none
    work: Work
    owner: str = ""  # the source that it is of


@dataclass(slots=True)
class Lane:
    """One kind of work."""

    places: int
    most: Callable[[str], int]  # jobs of a host at a time
    reserve: int = 0  # jobs that are claimed ahead, so that no place stands empty during a question
    refill: int = 1  # so much is claimed at once at least: a question costs something, too
    has_more: bool = True  # whether the queue may hold work that fits
    busy: int = 0  # jobs that are started and not done
    keys: set[str | int] = field(default_factory=set)  # of all that runs or waits
    hosts: Counter[str] = field(default_factory=Counter)  # how many places each host takes
    owners: Counter[str] = field(default_factory=Counter)  # how many places each source takes
    _placed: set[str | int] = field(default_factory=set)  # of those that hold a place
    _ahead: deque[Job] = field(default_factory=deque)  # wait for a place
    _waiting: dict[str, deque[Job]] = field(default_factory=dict)  # wait for their host

    @property
    def room(self) -> int:
        """Return how much to claim now."""
        return self.places - len(self._placed) + self.reserve - len(self._ahead)

    @property
    def wants_more(self) -> bool:
        """Tell whether to ask the queue now."""
        return self.has_more and (self.room >= self.refill or not self._placed)

    def full_hosts(self) -> list[str]:
        """Return the hosts of which the queue need not give more."""
        busy = {host for host in self.hosts if self._is_full(host)}
        return sorted(busy.union(self._waiting))

    def has_room(self, host: str) -> bool:
        """Tell whether work of this host may start."""
        return len(self._placed) < self.places and not self._is_full(host)

    def put(self, job: Job) -> None:
        """Let a job wait here for a place, or for its host."""
        self.keys.add(job.key)
        if self._is_full(job.host):
            self._waiting.setdefault(job.host, deque()).append(job)
        else:
            self._ahead.append(job)

    def take(self) -> Iterator[Job]:
        """Give what waits and may start now, each with its place; first what has waited for its host."""
        for host in [host for host in self._waiting if self.has_room(host)]:
            queue = self._waiting[host]
            while queue and self.has_room(host):
                yield self._place(queue.popleft())
            if not queue:
                del self._waiting[host]
                self.has_more = True
        while self._ahead and len(self._placed) < self.places:
            job = self._ahead.popleft()
            if self._is_full(job.host):
                self.put(job)
            else:
                yield self._place(job)

    def start(self, job: Job) -> Job:
        """Give a job that has room its place."""
        self.keys.add(job.key)
        return self._place(job)

    def drop(self, is_unwanted: Callable[[str], bool]) -> list[str | int]:
        """Give up what waits of hosts that are unwanted now; return the keys."""
        dropped = [job.key for job in self._ahead if is_unwanted(job.host)]
        if dropped:
            self._ahead = deque(job for job in self._ahead if job.key not in dropped)
        for host in [host for host in self._waiting if is_unwanted(host)]:
            dropped += [job.key for job in self._waiting.pop(host)]
        self.keys.difference_update(dropped)
        return dropped

    def leave(self, job: Job) -> bool:
        """Give the place of a job free; False if it was free already."""
        if job.key not in self._placed:
            return False
        self._placed.discard(job.key)
        for counter, name in ((self.hosts, job.host), (self.owners, job.owner)):
            counter[name] -= 1
            if not counter[name]:
                del counter[name]
        return True

    def done(self, job: Job) -> None:
        """Note that a job is done."""
        self.leave(job)
        self.busy -= 1
        self.keys.discard(job.key)

    def _place(self, job: Job) -> Job:
        self.busy += 1
        self._placed.add(job.key)
        self.hosts[job.host] += 1
        self.owners[job.owner] += 1
        return job

    def _is_full(self, host: str) -> bool:
        return bool(host) and self.hosts[host] >= self.most(host)
