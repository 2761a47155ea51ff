"""Whether robots.txt lets us fetch a page (RFC 9309).

Rules are kept per origin for a day, and fetched once however many pages ask at the same time. A
file that does not exist allows everything; one that cannot be had forbids for now, unless an
older copy is at hand or it has been out of reach for a month. Its Crawl-delay and Request-rate, which
no RFC knows and many files have, become the pause of the host, up to a minute. Whether a source obeys
at all is for the caller to say; feeds are asked for by the user and do not come here.
"""

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from protego import Protego

from aggregator.clock import Clock
from aggregator.fetch.failures import failure
from aggregator.fetch.target import Target, TargetError
from aggregator.model import (
    Access,
    Failure,
    FailureKind,
    Fetched,
    FetchResult,
    NotModified,
    Request,
    Validators,
)

AGENT = "aggregator"  # our product token, as in the User-Agent
MAX_BYTES = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB; beyond that the file is not read at all
MAX_DELAY = timedelta(minutes=1)  # longer wishes are not kept: pages would queue for hours

_FRESH = timedelta(hours=24)  # RFC 9309, 2.4
_RETRY = timedelta(hours=1)
_GIVE_UP = timedelta(days=30)  # RFC 9309, 2.3.1.4: out of reach this long counts as not existing
_MAX_ORIGINS = 2000
_MAX_TEXT = 2_000_000  # characters of rules kept in all; parsed they take some thirty times the memory
_MAX_RULES = 2000
_MAX_RULE = 2000  # characters
_AGENT_LINE = re.compile(r"\s*user[- ]?agent\s*[:\s]\s*([^#]*)", re.IGNORECASE)


class Fetches(Protocol):
    """The part of the client that is needed here."""

    async def fetch(self, request: Request) -> FetchResult:
        """Fetch one document."""

    def slow_down(self, url: str, delay: float) -> None:
        """Pause at least `delay` seconds between requests to the host of this origin."""


@dataclass(frozen=True, slots=True)
class _Rules:
    parsed: Protego | None  # None: everything is allowed
    size: int
    validators: Validators
    until: datetime
    trouble: Failure | None = None  # why the file cannot be had
    trouble_since: datetime | None = None
    delay: timedelta = timedelta()  # the pause between two requests that the file asks for


class Robots:
    """The robots.txt of all origins we fetch pages from."""

    def __init__(self, client: Fetches, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[str, _Rules] = OrderedDict()
        self._size = 0
        self._parsing = asyncio.Lock()
        self._running: dict[str, asyncio.Task[_Rules]] = {}

    async def check(self, url: str, access: Access | None = None) -> Failure | None:
        """Return None if this page may be fetched, else why not.

        `access` is how its source wants to be asked, if that asks first.
        ROBOTS if the file forbids it; the failure of robots.txt itself if that cannot be had, so that
        a server in trouble is treated as such and not as one that turns us away.
        """
        try:
            target = Target.parse(url)
        except TargetError as error:
            return failure(FailureKind.BAD_URL, f"{url}: {error}")
        rules = await self._rules(target.origin_url, access or Access())
        if rules.parsed is not None:
            if rules.parsed.can_fetch(str(target.url), AGENT):
                return None
            return failure(FailureKind.ROBOTS, f"robots.txt of {target.host} asks not to fetch this page")
        return rules.trouble

    async def _rules(self, origin: str, access: Access) -> _Rules:
        known = self._known.get(origin)
        if known is not None and known.until > self._clock.now():
            self._known.move_to_end(origin)
            return known
        task = self._running.get(origin)
        if task is None:
            task = self._running[origin] = asyncio.create_task(self._load(origin, access, known))
            task.add_done_callback(lambda _: self._running.pop(origin, None))
        # The page that asked first may be cancelled; the others still wait for the answer.
        return await asyncio.shield(task)

    async def _load(self, origin: str, access: Access, known: _Rules | None) -> _Rules:
        validators = known.validators if known else Validators()
        request = Request(
            f"{origin}/robots.txt", MAX_BYTES, validators, access, accept="text/plain, */*;q=0.1"
        )
        result = await self._client.fetch(request)
        now = self._clock.now()
        if isinstance(result, Failure) and result.kind is FailureKind.HELD:  # not asked: nothing was learnt
            return known or _Rules(None, 0, Validators(), now, result)
        if isinstance(result, Fetched):
            async with self._parsing:  # one at a time: a thread is bounded by nothing else
                parsed, size = await asyncio.to_thread(_parse, result.body)
            rules = _Rules(parsed, size, result.validators, now + _FRESH, delay=asked_delay(parsed))
        elif isinstance(result, NotModified) and known is not None:
            rules = _Rules(known.parsed, known.size, result.validators, now + _FRESH, delay=known.delay)
        else:
            rules = self._out_of_reach(result, known, now)
        self._remember(origin, rules)
        return rules

    @staticmethod
    def _out_of_reach(result: FetchResult, known: _Rules | None, now: datetime) -> _Rules:
        if not isinstance(result, Failure) or _is_absent(result):
            return _Rules(None, 0, Validators(), now + _FRESH)
        since = (known and known.trouble_since) or now
        until = now + max(_RETRY, min(result.retry_after or _RETRY, _FRESH))
        if known is not None and known.trouble is None:
            return replace(known, until=until, trouble_since=since)
        if now - since >= _GIVE_UP:
            return _Rules(None, 0, Validators(), now + _FRESH, None, since)
        return _Rules(None, 0, Validators(), until, result, since)

    def _remember(self, origin: str, rules: _Rules) -> None:
        old = self._known.pop(origin, None)
        self._size += rules.size - (old.size if old else 0)
        self._known[origin] = rules
        self._client.slow_down(origin, min(rules.delay, MAX_DELAY).total_seconds())
        while len(self._known) > _MAX_ORIGINS or (self._size > _MAX_TEXT and len(self._known) > 1):
            forgotten, dropped = self._known.popitem(last=False)
            self._client.slow_down(forgotten, 0)
            self._size -= dropped.size


def _parse(body: bytes) -> tuple[Protego, int]:
    text = relevant(body.decode("utf-8-sig", "replace"))
    return Protego.parse(text), len(text)


def relevant(text: str) -> str:
    """Keep the groups that concern us, and of their rules a bounded number of bounded length.

    The parser copies each rule to each robot of its group, and each question goes through all rules:
    half a megabyte of them would hold up everything else.
    """
    lines: list[str] = []
    is_ours = is_naming = False
    rules = 0
    for line in text.splitlines():
        match = _AGENT_LINE.match(line)
        if match:
            is_ours = is_ours and is_naming
            is_naming = True
            if AGENT.startswith(match.group(1).strip().lower().replace("*", "")):
                is_ours = True
                lines.append(line)
        elif line.strip() and not line.lstrip().startswith("#"):
            is_naming = False
            if is_ours and rules < _MAX_RULES and len(line) <= _MAX_RULE:
                lines.append(line)
                rules += 1
    return "\n".join(lines)


def asked_delay(rules: Protego) -> timedelta:
    """Return the pause that Crawl-delay and Request-rate ask of us, the longer of both; 0 for none."""
    seconds = rules.crawl_delay(AGENT) or 0.0
    rate = rules.request_rate(AGENT)
    if rate is not None:
        seconds = max(seconds, rate.seconds / rate.requests)
    return timedelta(seconds=min(seconds, 1e9))  # timedelta overflows at a billion days


def _is_absent(result: Failure) -> bool:
    """Tell whether the answer means that there is no robots.txt (RFC 9309, 2.3.1.3), too long included.

    429 is no such answer: it asks for less, not for everything.
    """
    if result.kind is FailureKind.TOO_LARGE:
        return True
    return result.status is not None and 400 <= result.status < 500 and result.status not in {408, 429}
