"""Dates: right, or none."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
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
        ("05/01/2026", "fr", "2026-01-05T00:00"),
        ("05/01/2026 10:30", "de", "2026-01-05T10:30"),
        ("01/05/2026", "en-US", "2026-01-05T00:00"),
        ("13/01/2025", None, "2025-01-13T00:00"),
        ("01/13/2025", "fr", "2025-01-13T00:00"),
        ("05.01.26", "de", "2026-01-05T00:00"),
        ("2026-01-04T24:00:00Z", None, "2026-01-05T00:00"),
        ("Sun, 04 Jan 2026 24:00:00 GMT", None, "2026-01-05T00:00"),
        ("5 Jan 2026 12:30 AM", "en", "2026-01-05T00:30"),
        ("5 Jan 2026, 12:30 PM EST", "en", "2026-01-05T17:30"),
        ("Mon, 05 Jan 2026 9:05:07 p.m.", "en", "2026-01-05T21:05:07"),
        ("2026-01-05 10:00 PM", None, "2026-01-05T22:00"),
        ("2026-01-05 10:00 am +0100", None, "2026-01-05T09:00"),
        ("05/01/2026 12:30 AM", "fr", "2026-01-05T00:30"),
        ("Jan 5, 2026 12:30 AM", "en", "2026-01-05T00:30"),
        ("Jan 5, 2026 12:30 PM ET", "en", "2026-01-05T17:30"),
        ("Mon Jan 05 10:00:00 CST 2026", "zh-cn", "2026-01-05T02:00"),  # Java's Date.toString()
        ("Mon Jan 05 10:00:00 CST 2026", "en", "2026-01-05T16:00"),
        ("Mon Jan 05 10:00:00 IST 2026", None, "2026-01-05T04:30"),
        ("Jan 5, 2026 10:00:00 CST", "zh", "2026-01-05T02:00"),
        ("January 5, 2026 10:00 AM CST", "zh", "2026-01-05T02:00"),
        ("January 5, 2026 10:00 a.m. (CST)", "zh", "2026-01-05T02:00"),
        ("2026年1月5日 10:00 CST", "zh", "2026-01-05T02:00"),
        ("Jan 5, 2026, 10:00 AM IST", "en", "2026-01-05T04:30"),
        ("5 Jan 2026, 10:00 IST", "en", "2026-01-05T04:30"),
        ("Jan 5, 2026, 10 AM IST", "en", "2026-01-05T04:30"),
        ("Jan 5, 2026, 10:00 AM CT", "en", "2026-01-05T16:00"),
        ("Jan 5, 2026, 10:00 AM MT", "en", "2026-01-05T17:00"),
        ("10:30 AM CT, Mon January 5, 2026", "en", "2026-01-05T16:30"),
        ("5 janvier 2026 à 10h30 IST", "fr", "2026-01-05T05:00"),
        ("5 janvier 2026 à 10:30 et", "fr", "2026-01-05T10:30"),  # a word, no zone
        ("5 janvier 2026 à 10:30 ET", "fr", "2026-01-05T15:30"),
        ("Mon Jan 05 2026 10:00:00 GMT+0800 (CST)", "zh", "2026-01-05T02:00"),
        ("Mon, 05 Jan 2026 10:00:00 GMT +0800", None, None),
        ("Jan 5, 2026 10:00 AM EST/EDT", "en", None),
        ("20260105T100000Z", None, "2026-01-05T10:00"),
        ("20260105T10:00:00+0800", None, "2026-01-05T02:00"),
        ("Mon Jan  5 10:00:00 UTC 2026", None, "2026-01-05T10:00"),
        ("Mon, 05 Jan 2026 10:00:00 GMT+0800 (China Standard Time)", None, "2026-01-05T02:00"),
        ("2026年1月5日 上午12:30", "zh", "2026-01-04T16:30"),
        ("2026年1月5日 下午12:30", "zh", "2026-01-05T04:30"),
        ("2026年1月5日中午12:30", "zh", "2026-01-05T04:30"),
        ("2026年1月5日中午1:00", "zh", "2026-01-05T05:00"),
        ("2026年1月5日凌晨12:10", "zh", "2026-01-04T16:10"),
        ("2026年1月5日晚上9点", "zh", "2026-01-05T13:00"),
        ("2026年1月5日 下午14:30", "zh", "2026-01-05T06:30"),
        ("2026-01-05 下午2:30", "zh", "2026-01-05T06:30"),
        ("2026年1月5日午後0時30分", "ja", "2026-01-05T03:30"),
        ("26年1月5日", "zh", "2026-01-04T16:00"),
        ("1er janvier 2026", "fr", "2026-01-01T00:00"),
        ("Lundi 5 janvier 2026 - 14:30", "fr", "2026-01-05T14:30"),
        ("15 août 2025", "fr", "2025-08-15T00:00"),
        ("20 déc. 2025", "fr", "2025-12-20T00:00"),
        ("20. Dez 2025", "de", "2025-12-20T00:00"),
        ("3 mai 2025", "fr", "2025-05-03T00:00"),
        ("lunes, 5 de enero de 2026, 14:30 h", "es", "2026-01-05T14:30"),
        # no date rather than a wrong one
        ("2026-01-05 13:00 PM", None, None),
        ("5 Jan 2026 00:30 PM", None, "2026-01-05T12:30"),
        ("2026-01-05T24:00:01Z", None, None),
        ("2026年1月5日 晚上12:10", "zh", None),
        ("2026年13月5日", "zh", None),
        ("1月5日", "zh", None),
        ("3小时前", "zh", None),
        ("2 hours ago", "en", None),
        ("il y a 3 heures", "fr", None),
        ("yesterday", "en", None),
        ("hier à 14h30", "fr", None),
        ("5 hours 2026", None, None),
        ("-1767607200", None, None),
        ("99999999999", None, None),
        ("2026-W02-1", None, None),
        ("Mon, 05 Jan 0026 10:00:00 GMT", None, None),
        ("05 Jan 126 10:00:00 GMT", None, None),
        ("Version 1.2.2025", None, None),
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


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("3小时前", "zh", datetime(2026, 1, 6, 9, tzinfo=UTC)),
        ("il y a 3 heures", "fr", datetime(2026, 1, 6, 9, tzinfo=UTC)),
        ("2 hours ago", "en", datetime(2026, 1, 6, 10, tzinfo=UTC)),
        ("hier à 14h30", "fr", datetime(2026, 1, 5, 14, 30, tzinfo=UTC)),
        ("in a while", "en", None),
    ],
)
def test_what_a_page_says_now_may_be_relative(text: str, lang: str, expected: datetime | None) -> None:
    assert parse_date(text, lang=lang, now=NOW, is_relative_allowed=True) == expected


def test_future_is_bounded_at_48_hours() -> None:
    assert parse_date("2026-01-08T11:59:00Z", lang=None, now=NOW) is not None
    assert parse_date("2026-01-08T12:01:00Z", lang=None, now=NOW) is None


@given(st.datetimes(datetime(1995, 1, 1), datetime(2026, 1, 8)), st.integers(-12 * 60, 14 * 60))
def test_exact_forms_are_read_back(moment: datetime, offset: int) -> None:
    wanted = moment.replace(microsecond=0, tzinfo=UTC)
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
    zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    local = (wanted + timedelta(minutes=offset)).replace(tzinfo=None)
    assert parse_date(local.isoformat() + zone, lang=None, now=NOW) == wanted
    assert parse_date(f"{local:%a, %d %b %Y %H:%M:%S} {zone}", lang="en", now=NOW) == wanted


@given(st.text(max_size=40), st.sampled_from([None, "fr", "zh", "xx", "en-US", "zh_Hant_TW"]))
def test_any_text_is_taken(text: str, lang: str | None) -> None:
    found = parse_date(text, lang=lang, now=NOW)
    assert found is None or datetime(1995, 1, 1, tzinfo=UTC) <= found <= NOW + timedelta(hours=48)
