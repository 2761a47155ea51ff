"""Each way in which servers say, or fail to say, when to come back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from aggregator.fetch.hints import header_hints, retry_after
from aggregator.model import LONGEST_WISH

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)

X_LIMIT = ("X-RateLimit-Remaining", "X-RateLimit-Reset")

RETRY = {
    "absent": (None, None),
    "empty": ("", None),
    "seconds": ("120", timedelta(seconds=120)),
    "seconds with blanks": ("  120 ", timedelta(seconds=120)),
    "fraction of a second dropped": ("1.5", timedelta(seconds=1)),
    "zero": ("0", None),
    "negative": ("-5", None),
    "absurd": ("99999999999999999999999999", WEEK),
    "longer than any number": ("9" * 5000, None),
    "other digits": ("١٢٠", None),
    "a date": ("Wed, 01 Jul 2026 13:00:00 GMT", HOUR),
    "a date of RFC 850": ("Wednesday, 01-Jul-26 13:00:00 GMT", HOUR),
    "a date of asctime": ("Wed Jul  1 13:00:00 2026", HOUR),
    "a date in the past": ("Wed, 01 Jul 2026 11:00:00 GMT", None),
    "a date far ahead": ("Wed, 01 Jul 2099 11:00:00 GMT", WEEK),
    "a date that no calendar has": ("Wed, 99 Jul 2026 25:00:00 GMT", None),
    "garbage": ("soon", None),
    "a unit": ("120s", None),
    "a list": ("120, 240", None),
}

LIFETIME = {
    "max-age": ({"Cache-Control": "max-age=3600"}, "cache-control", HOUR),
    "among others, any case": ({"Cache-Control": "public, Max-Age=3600, immutable"}, "cache-control", HOUR),
    "quoted": ({"Cache-Control": 'max-age="3600"'}, "cache-control", HOUR),
    "the first of two": ({"Cache-Control": "max-age=3600, max-age=7200"}, "cache-control", HOUR),
    "less Age": ({"Cache-Control": "max-age=7200", "Age": "3600"}, "cache-control", HOUR),
    "Age that is garbage": ({"Cache-Control": "max-age=3600", "Age": "-1"}, "cache-control", HOUR),
    "already older": ({"Cache-Control": "max-age=3600", "Age": "3601"}, "", None),
    "s-maxage is for caches": ({"Cache-Control": "s-maxage=3600"}, "", None),
    "zero": ({"Cache-Control": "max-age=0"}, "", None),
    "negative": ({"Cache-Control": "max-age=-1"}, "", None),
    "absurd": ({"Cache-Control": "max-age=999999999999999999"}, "cache-control", WEEK),
    "no-cache wins": ({"Cache-Control": "no-cache, max-age=3600"}, "", None),
    "no-store wins over Expires": (
        {"Cache-Control": "no-store", "Expires": "Wed, 01 Jul 2026 13:00:00 GMT"},
        "",
        None,
    ),
    "Expires": ({"Expires": "Wed, 01 Jul 2026 13:00:00 GMT"}, "expires", HOUR),
    "Expires by the server's clock": (
        {"Expires": "Tue, 01 Jul 2025 13:00:00 GMT", "Date": "Tue, 01 Jul 2025 12:00:00 GMT"},
        "expires",
        HOUR,
    ),
    "Expires of an older copy": (
        {"Expires": "Wed, 01 Jul 2026 14:00:00 GMT", "Age": "3600"},
        "expires",
        HOUR,
    ),
    "Expires that is 0": ({"Expires": "0"}, "", None),
    "Expires that is -1": ({"Expires": "-1"}, "", None),
    "Expires in the past": ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, "", None),
    "max-age before Expires": (
        {"Cache-Control": "max-age=3600", "Expires": "Thu, 02 Jul 2026 12:00:00 GMT"},
        "cache-control",
        HOUR,
    ),
    "nothing": ({}, "", None),
}

# 2026-07-01 12:00 UTC is 1782907200 of the epoch.
LIMITS: dict[str, tuple[dict[str, str], timedelta | None]] = {
    "draft 7, used up": ({"RateLimit": "limit=100, remaining=0, reset=50"}, timedelta(seconds=50)),
    "draft 7, in another order": ({"RateLimit": "reset=50,remaining=0,limit=100"}, timedelta(seconds=50)),
    "draft 7, something left": ({"RateLimit": "limit=100, remaining=1, reset=50"}, None),
    "draft 7, no reset": ({"RateLimit": "limit=100, remaining=0"}, None),
    "draft 8, used up": ({"RateLimit": '"default";r=0;t=30'}, timedelta(seconds=30)),
    "draft 8, blanks": ({"RateLimit": '"default" ; r=0 ; t=30'}, timedelta(seconds=30)),
    "draft 8, something left": ({"RateLimit": '"default";r=5;t=30'}, None),
    "draft 8, no time": ({"RateLimit": '"default";r=0'}, None),
    "draft 8, one policy of two": ({"RateLimit": '"burst";r=9;t=5, "day";r=0;t=3600'}, HOUR),
    "draft 8, both policies": ({"RateLimit": '"day";r=0;t=3600, "burst";r=0;t=5'}, HOUR),
    "draft 8, a name that looks like one": ({"RateLimit": '"a;r=0;t=9";r=5;t=30'}, None),
    "draft 6, used up": ({"RateLimit-Remaining": "0", "RateLimit-Reset": "60"}, timedelta(minutes=1)),
    "draft 6, something left": ({"RateLimit-Remaining": "12", "RateLimit-Reset": "60"}, None),
    "draft 6, only a reset": ({"RateLimit-Reset": "60"}, None),
    "draft 6, only what is left": ({"RateLimit-Remaining": "0"}, None),
    "X-, seconds": ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "60"}, timedelta(minutes=1)),
    "X-, epoch": ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1782910800"}, HOUR),
    "X-, epoch in milliseconds": (
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1782910800000"},
        HOUR,
    ),
    "X-, epoch that is past": ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1782900000"}, None),
    "X-, fractions": ({"X-RateLimit-Remaining": "0.0", "X-RateLimit-Reset": "60.5"}, timedelta(seconds=60.5)),
    "X-, another spelling": (
        {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "60"},
        timedelta(minutes=1),
    ),
    "X-, something left": ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "60"}, None),
    "X-, unlimited": ({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "60"}, None),
    "the longest counts": (
        {"RateLimit": '"a";r=0;t=30', "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "60"},
        timedelta(minutes=1),
    ),
    "at once": ({"RateLimit": '"a";r=0;t=0'}, None),
    "negative": ({"RateLimit": '"a";r=0;t=-30'}, None),
    "absurd": ({"RateLimit": '"a";r=0;t=999999999999999'}, WEEK),
    "absurd, X-": ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "999999999999999"}, WEEK),
    "longer than any number": ({"RateLimit": f'"a";r=0;t={"9" * 5000}'}, None),
    "garbage": ({"RateLimit": "a lot", "X-RateLimit-Remaining": "none", "X-RateLimit-Reset": "soon"}, None),
    "other digits": ({"X-RateLimit-Remaining": "٠", "X-RateLimit-Reset": "٦٠"}, None),
    "empty": ({"RateLimit": "", "X-RateLimit-Remaining": "", "X-RateLimit-Reset": ""}, None),
}


@pytest.mark.parametrize(("headers", "wait"), LIMITS.values(), ids=LIMITS.keys())
def test_a_rate_limit_that_is_used_up(headers: dict[str, str], wait: timedelta | None) -> None:
    hints = [(hint.source, hint.wait) for hint in header_hints(headers, NOW)]
    assert hints == ([("ratelimit", wait)] if wait else [])
    assert retry_after(headers, NOW) == wait


def test_a_list_field_may_come_in_several_lines() -> None:
    lines = CIMultiDict([("cache-control", "public"), ("Cache-Control", "max-age=3600")])
    assert [hint.wait for hint in header_hints(lines, NOW)] == [timedelta(hours=1)]
    lines.add("Cache-Control", "no-store")
    assert header_hints(lines, NOW) == ()


def test_retry_after_comes_before_a_rate_limit() -> None:
    headers = {"Retry-After": "10", "RateLimit": '"a";r=0;t=30'}
    assert retry_after(headers, NOW) == timedelta(seconds=10)
    assert [hint.source for hint in header_hints(headers, NOW)] == ["retry-after", "ratelimit"]


@pytest.mark.parametrize(("text", "wait"), RETRY.values(), ids=RETRY.keys())
def test_retry_after(text: str | None, wait: timedelta | None) -> None:
    headers = {} if text is None else {"Retry-After": text}
    assert retry_after(headers, NOW) == wait
    assert [hint.wait for hint in header_hints(headers, NOW)] == ([wait] if wait else [])


@pytest.mark.parametrize(("headers", "source", "wait"), LIFETIME.values(), ids=LIFETIME.keys())
def test_freshness(headers: dict[str, str], source: str, wait: timedelta | None) -> None:
    assert [(hint.source, hint.wait) for hint in header_hints(headers, NOW)] == (
        [(source, wait)] if wait else []
    )


def test_all_hints_together() -> None:
    hints = header_hints({"Retry-After": "60", "Cache-Control": "max-age=30"}, NOW)
    assert [(hint.source, hint.wait.seconds) for hint in hints] == [
        ("retry-after", 60),
        ("cache-control", 30),
    ]


@given(
    st.dictionaries(
        st.sampled_from(["Retry-After", "Cache-Control", "Age", "Expires", "Date", "RateLimit", *X_LIMIT]),
        st.text() | st.from_regex(r"-?[0-9]{0,20}(\.[0-9]{0,5})?", fullmatch=True),
    )
)
def test_whatever_comes_the_waits_are_bounded(headers: dict[str, str]) -> None:
    assert all(timedelta() < hint.wait <= LONGEST_WISH for hint in header_hints(headers, NOW))
