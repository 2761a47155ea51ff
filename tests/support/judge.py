"""A judge of manners: what a server's own log says about a client, rule by rule.

Every rule is a pure function over the log; it yields None for a check that was passed and a line for
a violation. What an answer asked for is written into the log by the server that gave it (`Wish`), so that
nothing here depends on how the client reads headers or documents.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY
VALIDATORS_LAST = 8 * DAY
CRAWL_DELAY_LIMIT = 60.0  # longer wishes for a pause count as this
PAGE_TRIES = 3
REREAD = 6 * 3600.0  # seconds until a page is looked at once more (`articles.reread`)
_EPSILON = 1e-3
_NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Wish:
    """What an answer asks of the client, in seconds and UTC hours, whatever the spelling was."""

    wait: float = 0.0  # asked by the headers of this answer
    document_wait: float = 0.0  # asked by the document, until there is another
    skip_hours: frozenset[int] = _NOTHING
    skip_days: frozenset[int] = _NOTHING  # Monday is 0


@dataclass(frozen=True, slots=True)
class RobotRules:
    """What a robots.txt said."""

    disallow: tuple[str, ...] = ()  # beginnings of paths
    crawl_delay: float = 0.0


NO_WISH = Wish()
NO_RULES = RobotRules()


@dataclass(frozen=True, slots=True)
class Seen:
    """One request and its answer; instants in seconds of the epoch."""

    opened: int  # place among all beginnings and ends of exchanges
    closed: int
    started: float
    ended: float
    domain: str
    host: str
    path: str
    role: str  # feed, page, robots, or guess: an address that nobody has named
    status: int
    request: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    etag: str | None = None
    last_modified: str | None = None
    location: str | None = None
    wish: Wish = NO_WISH
    is_readable: bool = True  # what a 200 carries is a document that can be read
    rules: RobotRules = NO_RULES

    @property
    def url(self) -> str:
        """Return the address that was asked."""
        return f"http://{self.host}{self.path}"

    @property
    def is_good(self) -> bool:
        """Tell whether the client got what it asked for."""
        return self.status == 304 or (self.status == 200 and self.is_readable)


@dataclass(frozen=True, slots=True)
class Law:
    """What the client is held to beside what servers ask."""

    user_agent: str
    configured: frozenset[str]  # addresses that it may ask without having been sent there
    per_host: int = 2
    host_delay: float = 1.0
    min_interval: float = 300.0
    line: float = 10.0  # seconds in which those go out that stand in line for a domain


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule."""

    rule: str
    checks: int
    violations: tuple[str, ...]


Rule = Callable[[Sequence[Seen], Law], Iterator[str | None]]


def judge(log: Sequence[Seen], law: Law) -> tuple[Verdict, ...]:
    """Apply all rules to a log, in any order of rows."""
    ordered = sorted(log, key=lambda seen: seen.opened)
    verdicts = []
    for name, rule in RULES.items():
        found = list(rule(ordered, law))
        verdicts.append(Verdict(name, len(found), tuple(line for line in found if line is not None)))
    return tuple(verdicts)


def hints(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that no address is asked before its last answer, or the document behind it, allowed it."""
    for visits in _by_url(log).values():
        of_document = 0.0
        for before, seen in itertools.pairwise(visits):
            if before.status == 200 and before.is_readable:
                of_document = before.wish.document_wait
            asked = min(max(before.wish.wait, of_document), WEEK)
            if asked > 0:
                gap = seen.started - before.ended
                yield _unless(gap >= asked - _EPSILON, seen, f"after {gap:.0f} s, asked for {asked:.0f} s")


def skips(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that hours and days that a document leaves out are left out."""
    for visits in _by_url(log).values():
        wish = NO_WISH
        for seen in visits:
            if wish.skip_hours or wish.skip_days:
                at = datetime.fromtimestamp(seen.started, UTC)
                is_kept = at.hour not in wish.skip_hours and at.weekday() not in wish.skip_days
                yield _unless(is_kept, seen, f"in an hour or day to skip: {at:%A %H:%M}")
            if seen.status == 200 and seen.is_readable:
                wish = seen.wish


def validators(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that validators come back exactly as this address gave them, with its last good document."""
    for visits in _by_url(log).values():
        kept: tuple[str | None, str | None] = (None, None)
        for seen in visits:
            sent = (seen.request.get("if-none-match"), seen.request.get("if-modified-since"))
            if sent != (None, None):
                yield _unless(sent == kept, seen, f"sent {sent}, given {kept}")
            kept = _kept(seen, kept)


def unconditional(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that a document we have is asked for whole only after 8 days or after one that cannot be read."""
    for visits in _by_url(log).values():
        kept: tuple[str | None, str | None] = (None, None)
        whole_at = 0.0
        was_readable = True
        for seen in visits:
            is_conditional = "if-none-match" in seen.request or "if-modified-since" in seen.request
            if kept != (None, None) and seen.role != "page":
                is_due = seen.started - whole_at >= VALIDATORS_LAST - _EPSILON
                is_right = is_conditional != is_due if was_readable else True
                yield _unless(is_right, seen, "conditional after 8 days" if is_due else "without validators")
            kept = _kept(seen, kept)
            if seen.status == 200:
                was_readable = seen.is_readable
                whole_at = seen.started if seen.is_readable else whole_at


def at_once(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that a domain is never asked more than `per_host` things at the same time."""
    for visits in _by_domain(log).values():
        open_until: list[int] = []
        for seen in visits:
            open_until = [closed for closed in open_until if closed > seen.opened] + [seen.closed]
            yield _unless(len(open_until) <= law.per_host, seen, f"{len(open_until)} requests at once")


def spacing(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check the pause between two starts at a domain, and the one that the robots.txt of a host asks for."""
    for visits in _by_domain(log).values():
        for before, seen in itertools.pairwise(visits):
            gap = seen.started - before.started
            yield _unless(gap >= law.host_delay - _EPSILON, seen, f"{gap:.2f} s after {before.url}")
    for host, visits in _by_host(log).items():
        robots = [seen for seen in log if seen.role == "robots" and seen.host == host]
        for before, seen in itertools.pairwise(visits):
            delay = min(_rules_at(robots, seen).crawl_delay, CRAWL_DELAY_LIMIT)
            if delay > 0:
                gap = seen.started - before.started
                yield _unless(gap >= delay - _EPSILON, seen, f"{gap:.2f} s after {before.url}, not {delay:g}")


def min_interval(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that no feed is asked more often than the configuration allows."""
    for visits in _by_url(log).values():
        for before, seen in itertools.pairwise(visits):
            if seen.role in {"feed", "guess"}:
                gap = seen.started - before.started
                yield _unless(gap >= law.min_interval - _EPSILON, seen, f"again after {gap:.0f} s")


def robots(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that robots.txt is read before pages, once a day, and that what it forbids is not asked."""
    files: dict[str, list[Seen]] = defaultdict(list)
    for seen in log:
        if seen.role == "robots":
            if files[seen.host]:
                gap = seen.started - files[seen.host][-1].started
                yield _unless(gap >= HOUR - _EPSILON, seen, f"robots.txt again after {gap:.0f} s")
            files[seen.host].append(seen)
        elif seen.role == "page":
            known = [file for file in files[seen.host] if file.closed < seen.opened]
            if not known:
                yield _unless(False, seen, "robots.txt was not read")
                continue
            usable = [file for file in known if file.status < 500 and file.status != 429]
            if not usable:
                yield _unless(False, seen, f"robots.txt could not be had: {known[-1].status}")
                continue
            age = seen.started - max(file.ended for file in known)
            yield _unless(age <= DAY + HOUR, seen, f"robots.txt was {age:.0f} s old")
            forbidden = [start for start in usable[-1].rules.disallow if seen.path.startswith(start)]
            yield _unless(not forbidden, seen, f"robots.txt forbids {forbidden}")


def moves(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that an address we were sent to is asked directly only after 3 good answers over a day.

    A request to it counts as sent there if the redirect was answered in the same minute.
    """
    sent: dict[str, list[Seen]] = defaultdict(list)  # redirects not followed yet, by where they lead
    good: dict[str, list[float]] = defaultdict(list)
    for seen in log:
        if seen.location is not None and 300 <= seen.status < 400:
            sent[seen.location].append(seen)
        if seen.url in law.configured or seen.role != "feed":
            continue
        from_here = [
            redirect
            for redirect in sent[seen.url]
            if redirect.closed < seen.opened and seen.started - redirect.ended < 60
        ]
        sent[seen.url] = []
        if from_here:
            leads_on = 300 <= seen.status < 400
            if (seen.is_good or leads_on) and from_here[-1].status in {301, 308}:
                good[seen.url].append(seen.ended)
            else:
                good[seen.url].clear()
            continue
        proof = good[seen.url]
        is_proved = len(proof) >= 3 and proof[-1] - proof[0] >= DAY - _EPSILON
        yield _unless(is_proved, seen, f"asked directly after {len(proof)} good answers")


def gone(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that what is gone is looked at after half a day, and then once a week."""
    for visits in _by_url(log).values():
        first: float | None = None
        is_retired = False
        for before, seen in itertools.pairwise(visits):
            if before.status != 410:
                first, is_retired = None, False
                continue
            first = before.ended if first is None else first
            is_retired = is_retired or before.ended - first >= DAY / 2 - _EPSILON
            wanted, gap = WEEK if is_retired else DAY / 2, seen.started - before.ended
            yield _unless(gap >= wanted - _EPSILON, seen, f"gone, and asked again after {gap:.0f} s")


def back_off(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that waits grow by half at least from failure to failure, up to the limit of their kind.

    After 429 the first wait is long already; it must grow, too. Waits that the server asked for are
    judged by `hints`.
    """
    for visits in _by_url(log).values():
        for one, two, three in zip(visits, visits[1:], visits[2:], strict=False):
            if (
                one.role not in {"feed", "guess"}
                or not (400 <= one.status == two.status)
                or one.status == 410
            ):
                continue
            if one.wish.wait or two.wish.wait:
                continue
            first, second = two.started - one.ended, three.started - two.ended
            wanted = min((1.1 if one.status == 429 else 1.5) * first, _ceiling(one.status))
            yield _unless(
                second >= wanted - _EPSILON, three, f"{second:.0f} s after a wait of {first:.0f} s failed"
            )


def crowded(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that a domain which turned two addresses away is left alone for the shorter of their waits.

    What stood in line for the domain when the second refusal came may still go out, one after the other.
    """
    for visits in _by_domain(log).values():
        refusals = [seen for seen in visits if seen.status in {429, 503} and seen.wish.wait > 0]
        for number, second in enumerate(refusals):
            for first in refusals[:number]:
                until = min(seen.ended + min(seen.wish.wait, WEEK) for seen in (first, second))
                if first.role == "robots" or first.url == second.url or until <= second.ended:
                    continue
                yield None
                for seen in visits:
                    is_in_line = seen.opened < second.closed or seen.started - second.ended < law.line
                    if not is_in_line and second.ended < seen.started < until - _EPSILON:
                        yield _unless(False, seen, f"{until - seen.started:.0f} s before its host has rested")


def pages(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that a page is asked for once, and once more hours later; thrice if its server is in trouble.

    What is guessed to be there is asked for thrice.
    """
    for visits in _by_url(log).values():
        number, is_again = -1, False
        for at, seen in enumerate(visits):
            number += 1
            if seen.role == "guess":
                yield _unless(number < PAGE_TRIES, seen, f"guessed {number + 1} times")
            if seen.role != "page":
                continue
            if number == 0:
                yield None
                continue
            before = visits[at - 1]
            if not is_again and seen.started - before.ended >= REREAD - _EPSILON:
                number, is_again = 0, True  # the second look
                yield None
                continue
            is_wanted = before.status >= 500 or before.status in {408, 429}
            gap = seen.started - before.ended
            is_right = is_wanted and number < PAGE_TRIES and gap >= 60 - _EPSILON
            yield _unless(is_right, seen, f"asked for {number + 1} times, {gap:.0f} s after {before.status}")


def user_agent(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that each request says who we are."""
    for seen in log:
        said = seen.request.get("user-agent")
        yield _unless(said == law.user_agent, seen, f"calls itself {said!r}")


def cookies(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that no cookie comes back."""
    for seen in log:
        yield _unless("cookie" not in seen.request, seen, "carries a cookie")


def referer(log: Sequence[Seen], law: Law) -> Iterator[str | None]:
    """Check that nobody is told where we come from."""
    for seen in log:
        yield _unless("referer" not in seen.request, seen, "carries a Referer")


RULES: Mapping[str, Rule] = {
    "hints of the answer and the document": hints,
    "skipHours and skipDays": skips,
    "validators verbatim, to their address": validators,
    "whole only when due": unconditional,
    "requests at once": at_once,
    "pause between starts, Crawl-delay": spacing,
    "min_interval": min_interval,
    "robots.txt": robots,
    "moves adopted after a day": moves,
    "410 probed": gone,
    "waits grow with failures": back_off,
    "hosts that ask for less rest": crowded,
    "pages asked twice, guesses thrice": pages,
    "User-Agent": user_agent,
    "no cookies": cookies,
    "no Referer": referer,
}


def _unless(is_right: bool, seen: Seen, what: str) -> str | None:
    if is_right:
        return None
    at = datetime.fromtimestamp(seen.started, UTC)
    return f"{at:%d %H:%M:%S} {seen.url} -> {seen.status}: {what}"


def _ceiling(status: int) -> float:
    """Return how long a failure of this kind may make us wait before the wait need not grow further."""
    if status == 404:
        return WEEK
    return DAY if status >= 500 or status in {408, 429} else 2 * DAY


def _kept(seen: Seen, kept: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    """Return the validators to be echoed after an answer."""
    if seen.status == 304:
        return seen.etag or kept[0], seen.last_modified or kept[1]
    return (seen.etag, seen.last_modified) if seen.status == 200 and seen.is_readable else kept


def _rules_at(files: Sequence[Seen], seen: Seen) -> RobotRules:
    known = [file.rules for file in files if file.closed < seen.opened and file.status == 200]
    return known[-1] if known else NO_RULES


def _by_url(log: Sequence[Seen]) -> dict[str, list[Seen]]:
    return _grouped(log, lambda seen: seen.url)


def _by_host(log: Sequence[Seen]) -> dict[str, list[Seen]]:
    return _grouped(log, lambda seen: seen.host)


def _by_domain(log: Sequence[Seen]) -> dict[str, list[Seen]]:
    return _grouped(log, lambda seen: seen.domain)


def _grouped(log: Sequence[Seen], key: Callable[[Seen], str]) -> dict[str, list[Seen]]:
    groups: dict[str, list[Seen]] = defaultdict(list)
    for seen in log:
        groups[key(seen)].append(seen)
    return dict(groups)
