"""When a rate limit that is used up fills again, in each of the ways in which servers say it.

Pure. A limit with something left is no reason to wait, and one that cannot be read is none either.
The longest of several waits counts. Sources: draft-ietf-httpapi-ratelimit-headers, 07 (`limit=…,
remaining=…, reset=…`) and 08 on (`"default";r=0;t=30`); X-RateLimit-* as GitHub, Reddit, Discourse and
others send it: seconds, or the epoch in seconds or milliseconds.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

LIMITS = ("RateLimit", "X-RateLimit", "X-Rate-Limit")  # begin the names of headers: …-Remaining, …-Reset

_MAX_TEXT = 1000  # characters that are read
_PARAMETER = re.compile(
    r"(?:\A|[\s,;])(remaining|reset|r|t)\s*=\s*\"?(-?\d{1,15}(?:\.\d{0,15})?)(?=[\s,;\"]|\Z)", re.ASCII
)
_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{0,15})?)\s*(?:[,;]|\Z)", re.ASCII)
_EPOCH = 10**9  # seconds; as a span it would be thirty years
_EPOCH_MS = 10**12


def until_refill(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long a used-up limit stays so; None if there is none.

    Names are looked up as written here; the caller bounds the wait.
    """
    resets = _structured(headers.get("RateLimit", ""))
    resets += [
        _number(headers.get(f"{prefix}-Reset", ""))
        for prefix in LIMITS
        if _number(headers.get(f"{prefix}-Remaining", "")) == 0
    ]
    wait = max((_seconds(reset, now) for reset in resets if reset), default=0.0)
    return timedelta(seconds=wait) if wait > 0 else None


def _structured(text: str) -> list[float | None]:
    """Read the resets of used-up policies from the one-header forms."""
    if not text:
        return []
    text = text[:_MAX_TEXT]
    # Commas part the policies of the newer form and the fields of the older one, which has a single policy.
    policies = [text] if "remaining" in text else text.split(",")
    resets = []
    for policy in policies:
        fields: dict[str, str] = dict(_PARAMETER.findall(policy))
        if _number(fields.get("remaining", fields.get("r", ""))) == 0:
            resets.append(_number(fields.get("reset", fields.get("t", ""))))
    return resets


def _seconds(reset: float, now: datetime) -> float:
    """Read a reset as a span or, where it is too large for one, as an instant of the epoch."""
    if reset >= _EPOCH_MS:
        reset /= 1000
    if reset >= _EPOCH:
        reset -= now.timestamp()
    return min(reset, _EPOCH)


def _number(text: str) -> float | None:
    match = _NUMBER.match(text[:_MAX_TEXT])
    return float(match.group(1)) if match else None
