"""What one answer says about its host and about our own network, told to all whom it concerns.

A host that turns several addresses away is left alone by all sources; when most hosts cannot be
reached at once, the sources that were blamed for it are forgiven.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator import polling
from aggregator.fetch.guard import literal_address
from aggregator.fetch.proxies import is_local_name
from aggregator.logs import get_logger
from aggregator.model import Failure, FailureKind, SourceState
from aggregator.pipeline import moves
from aggregator.pipeline.connectivity import UNREACHED
from aggregator.pipeline.parts import Parts
from aggregator.store import Connection, awaited, resting, sources
from aggregator.urls import registrable_domain

_UNSPOKEN = timedelta(minutes=15)  # what a 429 without Retry-After asks for
_MUTE = frozenset(  # nothing was asked
    (FailureKind.BAD_URL, FailureKind.INTERNAL, FailureKind.ROBOTS, FailureKind.HELD)
)

log = get_logger("network")


async def learn(parts: Parts, url: str, failure: Failure | None, *, blamed: str | None) -> None:
    """Learn from an answer, or from its absence.

    `blamed` is the source that a failure is counted against; None says that a failure tells nothing
    of our network, since the address failed before or may be any link that a feed has made up.
    """
    if failure is not None and failure.url:  # who answered is not always who was asked
        url = failure.url
    host = registrable_domain(url)
    now = parts.clock.now()
    if failure is None or failure.kind not in UNREACHED | _MUTE:
        if parts.connectivity.reached(host, now):
            log.warning("online again", host=host)
    elif blamed is not None and failure.kind in UNREACHED and _says_something(failure, url):
        was_offline = parts.connectivity.is_offline
        forgiven = parts.connectivity.missed(host, blamed, now)
        if parts.connectivity.is_offline and not was_offline:
            log.warning("offline: most hosts cannot be reached, nothing is held against the sources")
            plan = polling.offline(now, parts.chance())
            left_alone = parts.throttling.resting(now)
            await parts.gate.write(sources.forgive, forgiven, plan.next_poll_at, plan.reason, left_alone)
    if failure is not None and _asks_for_less(failure):
        wait = failure.retry_after or _UNSPOKEN
        until = parts.throttling.refused(host, _route(url), wait, now)
        if until is not None:
            parts.client.leave_alone(host, until)
            held = await parts.gate.write(_hold, host, until, now)
            if held:
                shown = until.isoformat(timespec="seconds")
                log.warning("a host asks for less: left alone", host=host, until=shown, sources=held)


def _says_something(failure: Failure, url: str) -> bool:
    """Tell whether a failure may be our network's: what our guard refuses by itself is not.

    A name that leads to a private address may: a hotel's network answers so for all names.
    """
    if failure.kind is not FailureKind.FORBIDDEN_ADDRESS:
        return True
    asked = urlsplit(url)
    host = asked.hostname or ""
    return asked.port is None and literal_address(host) is None and not is_local_name(host)


def rest_with_host(parts: Parts, state: SourceState) -> SourceState:
    """Put a source off whose poll was under way when its host began to be left alone."""
    host = registrable_domain(moves.address(state))
    now = parts.clock.now()
    until = parts.throttling.rests_until(host, now)
    if until is None or until <= state.next_poll_at:
        return state
    return replace(state, next_poll_at=until, reason=_why_it_rests(host, until - now))


def _why_it_rests(host: str, span: timedelta) -> str:
    return f"{host} asks for less: left alone for {polling.spell(span)}"


def _asks_for_less(failure: Failure) -> bool:
    if failure.kind is FailureKind.RATE_LIMITED or failure.status == 429:  # a wall may say so, too
        return True
    return failure.kind is FailureKind.SERVER_ERROR and failure.retry_after is not None


def _route(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def _hold(connection: Connection, host: str, until: datetime, now: datetime) -> int:
    """Leave a host alone until then: its sources, and the pages that are awaited from it."""
    resting.note(connection, host, until, now)
    awaited.hold_host(connection, host, until)
    return sources.hold_host(connection, host, until, _why_it_rests(host, until - now))
