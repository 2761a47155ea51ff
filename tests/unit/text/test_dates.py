"""Dates: right, or none."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.dates import parse_date

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("Mon, 05 Jan 2026 10:00:00 GMT", None, "2026-01-05T10:00"),
        ("Mon, 05 Jan 2026 10:00:00 +0800", None, "2026-01-05T02:00"),
        ("Mon, 5 January 2026 10:00 EST", "en", "2026-01-05T15:00"),
        ("5 Sept 2025 10:00:00 CEST", None, "2025-09-05T08:00"),
        ("05 Jan 26 10:00:00 Z", None, "2026-01-05T10:00"),
        ("Mon, 05 Jan 2026 10:00:00 CST", "en", "2026-01-05T16:00"),
        ("Mon, 05 Jan 2026 10:00:00 CST", "zh-cn", "2026-01-05T02:00"),
        ("Fri, 05 Jan 2026 10:00:00 GMT", None, "2026-01-05T10:00"),  # the day name is wrong
        ("Mon, 05 Jan 2026 23:59:60 GMT", None, "2026-01-05T23:59:59"),
        ("2026-01-05T10:00:00Z", None, "2026-01-05T10:00"),
        ("2026-01-05T10:00:00.123456789+01:00", None, "2026-01-05T09:00:00.123456"),
        ("2026-01-05 10:00:00 +0100", None, "2026-01-05T09:00"),
        ("2026-01-05 10:00:00 UTC+8", None, None),
        ("2026-01-05T10:00:00+08", None, "2026-01-05T02:00"),
        ("2026-01-05T10:00", "fr", "2026-01-05T10:00"),
        ("2026-01-05 10:00", "zh", "2026-01-05T02:00"),
        ("2026-01-05", None, "2026-01-05T00:00"),
        ("2026.1.5", None, "2026-01-05T00:00"),
        ("1767607200", None, "2026-01-05T10:00"),
        ("1767607200000", None, "2026-01-05T10:00"),
        ("20260105", None, "2026-01-05T00:00"),
        ("20260105100000", "en", "2026-01-05T10:00"),
        ("2026年1月5日", None, "2026-01-04T16:00"),
        ("2026年01月05日 14:30:05", "zh", "2026-01-05T06:30:05"),
        ("2026年1月5日 星期一 下午2:30", None, "2026-01-05T06:30"),
        ("发布时间:2026年1月5日14时30分", None, "2026-01-05T06:30"),
        ("2026年1月5日(月)午後3時10分", "ja", "2026-01-05T06:10"),
        ("2026년 1월 5일 오후 2:30", None, "2026-01-05T05:30"),
        ("3小时前", "zh", "2026-01-06T09:00"),
        ("5 janvier 2026 à 14h30", "fr", "2026-01-05T14:30"),
        ("lun., 05 janv. 2026 10:00:00 +0100", "fr", "2026-01-05T09:00"),
        ("mer. 5 févr. 2025", None, "2025-02-05T00:00"),
        ("Mo, 05 Jan 2026 10:00:00 +0100", "de", "2026-01-05T09:00"),
        ("Montag, 5. Januar 2026, 14:05 Uhr", "de", "2026-01-05T14:05"),
        ("1 marraskuu 2025", "fi", "2025-11-01T00:00"),  # never March
        ("1 marraskuuta 2025", "fi", "2025-11-01T00:00"),
        ("5 Mär 2025", "de", "2025-03-05T00:00"),
        ("5 de enero de 2026", None, "2026-01-05T00:00"),
        ("January 5, 2026", "fr", "2026-01-05T00:00"),
        ("5 января 2026", "ru", "2026-01-05T00:00"),
        ("il y a 3 heures", "fr", "2026-01-06T09:00"),
        ("05/01/2026", "fr", "2026-01-05T00:00"),
        ("05/01/2026 10:30", "de", "2026-01-05T10:30"),
        ("01/05/2026", "en-US", "2026-01-05T00:00"),
        ("13/01/2025", None, "2025-01-13T00:00"),
        ("01/13/2025", "fr", "2025-01-13T00:00"),
        ("05.01.26", "de", "2026-01-05T00:00"),
        # no date rather than a wrong one
        ("05/01/2026", None, None),
        ("05/01/2026", "en", None),
        ("05.01.26", None, None),
        ("5 janvier", "fr", None),
        ("2026", None, None),
        ("2026-01", None, None),
        ("14:30", None, None),
        ("May", "en", None),
        ("Alibaba 2026", "en", None),
        ("2026-02-30", None, None),
        ("Mon, 30 Feb 2026 10:00:00 GMT", None, None),
        ("Mon, 05 Jan 2026 25:00:00 GMT", None, None),
        ("Mon, 05 Jan 2037 10:00:00 GMT", None, None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None, None),
        ("0000-00-00 00:00:00", None, None),
        ("0", None, None),
        ("", None, None),
        ("1" * 5000, None, None),
        ("２０２６年１月５日", "zh", "2026-01-04T16:00"),
    ],
)
def test_parse_date(text: str, lang: str | None, expected: str | None) -> None:
    wanted = datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None
    assert parse_date(text, lang=lang, now=NOW) == wanted


def test_future_is_bounded_at_48_hours() -> None:
    assert parse_date("2026-01-08T11:59:00Z", lang=None, now=NOW) is not None
    assert parse_date("2026-01-08T12:01:00Z", lang=None, now=NOW) is None


@settings(deadline=None)
@given(st.datetimes(datetime(1995, 1, 1), datetime(2026, 1, 8)), st.integers(-12 * 60, 14 * 60))
def test_exact_forms_are_read_back(moment: datetime, offset: int) -> None:
    wanted = moment.replace(microsecond=0, tzinfo=UTC)
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
    zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    local = (wanted + timedelta(minutes=offset)).replace(tzinfo=None)
    assert parse_date(local.isoformat() + zone, lang=None, now=NOW) == wanted
    assert parse_date(f"{local:%a, %d %b %Y %H:%M:%S} {zone}", lang="en", now=NOW) == wanted


@settings(deadline=None)
@given(st.text(max_size=40), st.sampled_from([None, "fr", "zh", "xx", "en-US", "zh_Hant_TW"]))
def test_any_text_is_taken(text: str, lang: str | None) -> None:
    found = parse_date(text, lang=lang, now=NOW)
    assert found is None or datetime(1995, 1, 1, tzinfo=UTC) <= found <= NOW + timedelta(hours=48)
