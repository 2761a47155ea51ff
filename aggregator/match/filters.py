"""Conditions on the attributes of an item: `lang:fr`, `site:example.org`, `date:2024-01..2024-06`.

Values are checked when the topic is compiled; testing one costs next to nothing.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aggregator.match.grammar import QueryError, nearest
from aggregator.model import Document, Quality
from aggregator.text.fold import fold
from aggregator.text.tokens import tokenise
from aggregator.urls import ascii_host

Test = Callable[[Document], bool]

_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", re.ASCII)


def condition(field: str, value: str, at: int) -> Test:
    """Return the test for a field and value; raises QueryError where the value makes no sense."""
    match field:
        case "date":
            return _date(value, at)
        case "lang":
            return _lang(value, at)
        case "quality":
            return _quality(value, at)
        case "url":
            part = fold(value)
            return lambda document: part.strip("*") in fold(document.url)
        case "site":
            site = ascii_host(value.casefold().removeprefix("www.").strip("*."))
            return lambda document: _is_site(document, site)
        case "author":
            return _author(value)
        case "tag":
            return _one_of(value, lambda document: document.tags)
        case "source":
            return _one_of(value, lambda document: (document.source_id,))
        case "tier":
            return _one_of(value, lambda document: (document.tier or "",))
    raise QueryError(f"unknown field {field!r}", at)


def _one_of(value: str, read: Callable[[Document], tuple[str, ...]]) -> Test:
    wanted = fold(value.rstrip("*"))
    if value.endswith("*"):
        return lambda document: any(fold(one).startswith(wanted) for one in read(document))
    return lambda document: any(fold(one) == wanted for one in read(document))


def _is_site(document: Document, site: str) -> bool:
    """The registrable domain, or any host name under the given one."""
    if document.site == site:
        return True
    host = re.match(r"[a-z]+://(?:[^/@]*@)?([^/:?#]+)", document.url.casefold())
    return bool(host) and (host[1] == site or host[1].endswith(f".{site}")) if host else False


def _author(value: str) -> Test:
    wanted = f" {' '.join(tokenise(value.rstrip('*')).words)}" + ("" if value.endswith("*") else " ")
    return lambda document: any(wanted in f" {' '.join(tokenise(one).words)} " for one in document.authors)


def _lang(value: str, at: int) -> Test:
    wanted = value.casefold()
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]+)*", wanted):
        raise QueryError(f"{value[:40]!r} is no language code", at, "lang:fr, lang:zh")
    short, *more = wanted.split("-")

    def is_in(document: Document) -> bool:
        told, *parts = (document.lang or "").casefold().replace("_", "-").split("-")
        # `zh-TW` is none of `zh-CN`; where a text does not tell its country, the language is enough.
        return told == short and (not parts or set(more) <= set(parts))

    return is_in


def _quality(value: str, at: int) -> Test:
    known = [quality.value for quality in Quality]
    if value not in known:
        raise QueryError(f"unknown quality {value[:40]!r}", at, nearest(value, known))
    return lambda document: document.quality is not None and document.quality.value == value


def _date(value: str, at: int) -> Test:
    low, high = date_range(value, at)
    return lambda document: low <= document.published_at < high


def date_range(value: str, at: int) -> tuple[datetime, datetime]:
    """Return the stretch of time that a value of `date:` means; raises QueryError."""
    low, high = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    if ".." in value:
        first, _, last = value.partition("..")
        if first:
            low = _day(first, at)[0]
        if last:
            high = _day(last, at)[1]
    elif sign := re.match(r"[<>]=?", value):
        start, end = _day(value[sign.end() :], at)
        match sign[0]:
            case ">":
                low = end
            case ">=":
                low = start
            case "<":
                high = start
            case _:
                high = end
    else:
        low, high = _day(value, at)
    if low >= high:
        raise QueryError(f"{value[:40]!r} is an empty stretch of time", at)
    return low, high


def _day(text: str, at: int) -> tuple[datetime, datetime]:
    """First and last instant (exclusive) of a day, month or year, in UTC."""
    found = _DAY.fullmatch(text)
    try:
        if not found:
            raise ValueError
        year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
        first = datetime(year, month, day, tzinfo=UTC)
        if found[3]:
            return first, first + timedelta(days=1)
        if found[2]:
            return first, first + timedelta(days=monthrange(year, month)[1])
        return first, datetime(year + 1, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{text[:40]!r} is no date", at, "date:2024-05-31, date:>=2024-05, date:2024-01..2024-06"
        ) from None
