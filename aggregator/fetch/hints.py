"""What the headers of an answer say about when to come back.

All functions are pure. A wish that cannot be read is no wish, a wish for the past is none either,
and no wish reaches further than seven days. Feeds carry wishes too (ttl); those are read by `parse`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from multidict import MultiMapping

from aggregator.fetch.ratelimit import LIMITS, until_refill
from aggregator.model import LONGEST_WISH, Hint

_SECONDS = re.compile(r"\s*(\d{1,40})(?:\.\d{0,20})?\s*\Z", re.ASCII)
# A directive of Cache-Control at the start of the line or after a comma; some servers quote the number.
_MAX_AGE = re.compile(r"(?:\A|,)\s*max-age\s*=\s*\"?(\d{1,40})\"?\s*(?=,|\Z)", re.ASCII | re.IGNORECASE)
_ANY = ("Retry-After", "Cache-Control", "Expires", "RateLimit", *(f"{name}-Reset" for name in LIMITS))
_NO_STORE = re.compile(r"(?:\A|,)\s*no-(?:store|cache)\s*(?=,|\Z)", re.IGNORECASE)


def header_hints(headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
    """Read Retry-After, an exhausted rate limit, Cache-Control less Age, and Expires.

    Names are looked up as written here. Sources: RFC 9110, 10.2.3; RFC 9111, 4.2 and 5.3 (max-age overrides
    Expires); for rate limits see `ratelimit`.
    """
    if not any(name in headers for name in _ANY):
        return ()
    found = []
    retry = stated_wait(headers, now)
    if retry:
        found.append(Hint("retry-after", retry))
    refill = until_refill(headers, now)
    if refill:
        found.append(Hint("ratelimit", min(refill, LONGEST_WISH)))
    source, lifetime = _lifetime(headers, now)
    age = _seconds(headers.get("Age", "")) or timedelta()
    if lifetime is not None and lifetime > age:
        found.append(Hint(source, min(lifetime - age, LONGEST_WISH)))
    return tuple(found)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read how long a refusal asks us to wait; None if it does not say.

    Retry-After, in seconds or as a date, comes before a rate limit that is used up.
    """
    wait = stated_wait(headers, now) or until_refill(headers, now)
    return min(wait, LONGEST_WISH) if wait else None


def stated_wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read Retry-After alone; on a redirect it means: follow it then (RFC 9110, 10.2.3)."""
    text = headers.get("Retry-After", "")
    wait = _seconds(text) or _until(text, headers, now)
    return min(wait, LONGEST_WISH) if wait else None


def _lifetime(headers: Mapping[str, str], now: datetime) -> tuple[str, timedelta | None]:
    control = _joined(headers, "Cache-Control")
    if _NO_STORE.search(control):
        return "cache-control", None
    directive = _MAX_AGE.search(control)
    if directive:
        return "cache-control", _seconds(directive.group(1))
    return "expires", _until(headers.get("Expires", ""), headers, now)


def _joined(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a list field, which may come in several lines (RFC 9110, 5.3)."""
    return ", ".join(headers.getall(name, ())) if isinstance(headers, MultiMapping) else headers.get(name, "")


def _seconds(text: str) -> timedelta | None:
    match = _SECONDS.match(text)
    # Bounded before it becomes a timedelta, which overflows at a billion days.
    return timedelta(seconds=min(int(match.group(1)), 10**9)) if match else None


def _until(text: str, headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return the time to an HTTP date, by the server's own clock where it tells it."""
    date = _date(text)
    if date is None:
        return None
    wait = date - (_date(headers.get("Date", "")) or now)
    return wait if wait > timedelta() else None


def _date(text: str) -> datetime | None:
    if not text or len(text) > 64:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
