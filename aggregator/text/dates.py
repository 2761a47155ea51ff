"""Dates as publishers write them, read strictly: no date rather than a wrong one.

Exact forms (RFC 822, RFC 3339, epoch, `2026年1月5日`) are read here; everything else that names a day, a
month and a year goes to dateparser, which is heavy and therefore imported only when needed. This
module refuses to guess: a day or month alone, an ambiguous `05/01/2026` of an unknown country, or a
date outside 1995 … now + 48 h is no date; "2 hours ago" is one only where a page is read at that
moment, since a feed may have lain in a cache.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from aggregator.text.xmlchars import one_line

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_FUTURE = timedelta(hours=48)
_MAX_LENGTH = 100

_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DIGITS = re.compile(r"\d{8,16}\Z", re.ASCII)
_WEEKDAY = r"[((]?(?:星期|周|週)?[一二三四五六日天月火水木金土월화수목금토일](?:曜日|요일)?[))]?"
_HALF_DAY = "上午|下午|晚上|凌晨|早上|中午|午前|午後|오전|오후"
_CJK_DATE = re.compile(
    r"(?:\D{0,12}?)(\d{4})\s?[年년/.-]\s?(\d{1,2})\s?[月월/.-]\s?(\d{1,2})\s?[日号號일.]?"
    rf"(?:\s?{_WEEKDAY})?[\s,,]{{0,3}}({_HALF_DAY})?\s?"
    r"(?:(\d{1,2})\s?[::時时시点點]\s?(\d{1,2})?\s?[分분]?(?:[::]?\s?(\d{1,2})\s?[秒초]?)?)?"
    r"\s?(?:发布|發布|发表|更新|配信|公開)?\Z"
)
_AFTERNOON = frozenset(("下午", "晚上", "中午", "午後", "오후"))
_RFC822 = re.compile(
    r"(?:[a-z]{3,9}\.?,?\s)?(\d{1,2})[\s-]"
    r"(?:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?)"
    r"\.?,?[\s-](\d{4}|\d{2})"
    r"(?:,?\s(\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,6})?)(?:\s?([ap])\.?m\b\.?)?\s?([a-z]{1,5}|[+-]\d{2}:?\d{2})?)?\Z",
    re.IGNORECASE | re.ASCII,
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:(?:[t ]|,\s)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"(?:\s?([ap])\.?m\b\.?)?\s?([a-z]{1,5}|(?:utc|gmt)?[+-]\d{2}:?(?:\d{2})?)?)?\Z",
    re.IGNORECASE | re.ASCII,
)
_COMPACT = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:t(\d{2}):?(\d{2})(?::?(\d{2}))?(z|[+-]\d{2}:?\d{2})?)?\Z",
    re.IGNORECASE | re.ASCII,
)
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)", re.ASCII)

# What RFC 822 and email.utils do not know but feeds use, in minutes east of UTC.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MET": 60, "CEST": 120,
    "MEST": 120, "EET": 120, "SAST": 120, "EEST": 180, "MSK": 180, "IST": 330, "HKT": 480, "SGT": 480,
    "AWST": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "EST": -300,
    "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
    "ET": -300, "CT": -360, "MT": -420, "PT": -480, "AST": -240, "ADT": -180, "AKST": -540, "HST": -600,
    "BRT": -180, "ART": -180, "WAT": 60, "CAT": 120, "EAT": 180, "TRT": 180, "PKT": 300, "ICT": 420,
    "WIB": 420, "PHT": 480,
}  # fmt: skip
# Upper case and directly after a clock time: "et", "est" and "met" are words. Not "GMT+8" nor "EST/EDT".
_NAMED_ZONE = re.compile(
    r"([:hH]\d{2}(?:[.,]\d{1,9})?|\d\s?[AaPp]\.?[Mm]\b\.?)"
    rf"(?:\s?\(({'|'.join(_ZONES)})\)|\s?({'|'.join(_ZONES)})(?![\w/+-]|\s[+-]\d))",
    re.ASCII,
)
# A date without zone means local time; these languages are spoken in one zone (near enough).
_HOME_ZONES = {"zh": 480, "ja": 540, "ko": 540}
_FALLBACK_LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl", "ru", "zh", "ja", "ko")


def parse_date(
    text: str, *, lang: str | None, now: datetime, is_relative_allowed: bool = False
) -> datetime | None:
    """Read a date as aware UTC, or give None rather than a wrong one.

    `lang` (ISO 639-1, region allowed) settles `05/01/2026`, `CST` and the zone of dates that name
    none; `now` (aware) bounds the future (48 h) and is the base of "3 hours ago" where that is allowed.
    """
    text, base, region = _prepare(text, lang)
    try:
        moment = _exact(text, base)
        if moment is None and text and not _DIGITS.match(text):
            spelled = _settle_order(text, base, region)
            if spelled is None:
                return None
            moment = _exact(spelled, base) or _any_language(
                spelled, base, now, is_relative_allowed=is_relative_allowed
            )
    except (ValueError, OverflowError):
        return None
    return _plausible(moment, now)


def parse_exact(text: str, *, lang: str | None, now: datetime) -> datetime | None:
    """Read only the forms that need no dateparser: RFC 822, RFC 3339, epoch, `2026年1月5日`."""
    text, base, _ = _prepare(text, lang)
    try:
        return _plausible(_exact(text, base), now)
    except (ValueError, OverflowError):
        return None


def _prepare(text: str, lang: str | None) -> tuple[str, str, str]:
    """Give the bounded text, its language and region."""
    line = one_line(text[: _MAX_LENGTH + 1])
    base, _, region = (lang or "").lower().replace("_", "-").partition("-")
    if not base and (script := _CJK.search(line)):
        base = _script_language(script.group())
    return line if len(line) <= _MAX_LENGTH else "", base, region


def _plausible(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment and _EARLIEST <= moment <= now + _FUTURE else None


def _script_language(char: str) -> str:
    if "\u3040" <= char <= "\u30ff":
        return "ja"
    return "ko" if char >= "\uac00" else "zh"


def _exact(text: str, lang: str) -> datetime | None:
    """Read the forms that leave no doubt; ValueError for one that names no real day."""
    if _DIGITS.match(text):
        return _from_digits(text, lang)
    if match := _ISO.match(text):
        year, month, day, hour, minute, second, fraction, half, zone = match.groups()
        moment = _moment(year, month, day, _of_24(hour, half), minute, second, zone, lang)
        return moment + timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0")))
    if match := _COMPACT.match(text):
        year, month, day, hour, minute, second, zone = match.groups()
        return _moment(year, month, day, hour, minute, second, zone, lang)
    if match := _RFC822.match(text):
        day, name, year, clock, half, zone = match.groups()
        hour, minute, second = [*(clock or "0:0:0").split(":"), "0"][:3]
        full_year = year if len(year) == 4 else f"{19 if int(year) > 68 else 20}{year}"
        month = str(_MONTHS.index(name.lower()) + 1)
        second = second.partition(".")[0]
        return _moment(full_year, month, day, _of_24(hour, half), minute, second, zone, lang)
    if match := _CJK_DATE.match(text):
        year, month, day, half, hour, minute, second = match.groups()
        if half == "晚上" and hour in ("12", "0"):
            raise ValueError("midnight, but of which day")
        if hour and int(hour) <= 12:
            is_late = half in _AFTERNOON and not (half == "中午" and int(hour) in (10, 11))
            hour = _of_24(hour, half and ("p" if is_late else "a"))
        return _moment(year, month, day, hour, minute, second, None, lang or "zh")
    return None


def _moment(
    year: str,
    month: str,
    day: str,
    hour: str | None,
    minute: str | None,
    second: str | None,
    zone: str | None,
    lang: str,
) -> datetime:
    clock = (int(hour or 0), int(minute or 0), min(int(second or 0), 59))  # a leap second is the one before
    days = timedelta(0)
    if clock == (24, 0, 0):  # ISO 8601: the end of the day
        clock, days = (0, 0, 0), timedelta(days=1)
    local = datetime(int(year), int(month), int(day), *clock, tzinfo=_zone(zone, lang)) + days
    return local.astimezone(UTC)


def _of_24(hour: str | None, half: str | None) -> str | None:
    """Give the hour of a clock of 24; ValueError for `13 PM`, which is a mistake on either side."""
    if hour is None or not half:
        return hour
    number = int(hour)
    if number > 12:
        raise ValueError(f"{hour} is no hour of a half day")
    return str(number % 12 + (12 if half.lower() == "p" else 0))


def _zone(zone: str | None, lang: str) -> timezone:
    """Turn a zone as written into an offset; unknown names count as missing (RFC 5322, 4.3)."""
    home = _HOME_ZONES.get(lang, 0)
    name = (zone or "").upper()
    digits = re.sub(r"\D", "", name)
    if digits:
        minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
        return timezone(timedelta(minutes=-minutes if "-" in name else minutes))
    if name == "CST" and lang == "zh":
        return timezone(timedelta(minutes=home))
    return timezone(timedelta(minutes=_ZONES.get(name, home)))


def _from_digits(text: str, lang: str) -> datetime | None:
    """Read digits alone: epoch in seconds, milliseconds or microseconds, else YYYYMMDD[hhmm[ss]]."""
    per_second = {10: 1, 13: 1_000, 16: 1_000_000}.get(len(text))
    if per_second:
        return datetime.fromtimestamp(int(text) / per_second, UTC)
    if len(text) in (8, 12, 14):
        return _moment(text[:4], text[4:6], text[6:8], text[8:10], text[10:12], text[12:14], None, lang)
    return None


def _settle_order(text: str, lang: str, region: str) -> str | None:
    """Rewrite `13/01/2026` as ISO; None where day and month could be meant either way."""
    match = _SLASHED.search(text)
    if not match:
        return text
    first, _, second, year = match.groups()
    if len(year) == 2:
        if lang in ("", "en", *_HOME_ZONES):
            return None
        year = f"20{year}"
    day, month = first, second
    if int(second) > 12 or (lang == "en" and region == "us"):
        day, month = second, first
    elif (
        int(first) <= 12
        and first != second
        and (not lang or lang in _HOME_ZONES or (lang == "en" and not region))
    ):
        return None
    return f"{text[: match.start()]}{year}-{int(month):02}-{int(day):02}{text[match.end() :]}"


def _any_language(text: str, lang: str, now: datetime, *, is_relative_allowed: bool) -> datetime | None:
    languages = dict.fromkeys((*((lang,) if lang else ()), *_FALLBACK_LANGUAGES))
    zone = _zone(None, lang)
    if match := _NAMED_ZONE.search(text):  # dateparser knows other zones: its IST is Israel's, it has no CT
        zone = _zone(match[2] or match[3], lang)
        text = f"{text[: match.end(1)]} {text[match.end() :]}"
    local_now = now.astimezone(_zone(None, lang)).replace(second=0, microsecond=0, tzinfo=None)
    try:
        parser = _date_parser(tuple(languages), local_now, is_relative_allowed)
        found = parser.get_date_data(text).date_obj
    except (ValueError, OverflowError, RecursionError):
        return None
    if found is None:
        return None
    moment: datetime = found if found.tzinfo else found.replace(tzinfo=zone)
    return moment.astimezone(UTC)


@lru_cache(maxsize=4)
def _date_parser(
    languages: tuple[str, ...], local_now: datetime, is_relative_allowed: bool
) -> "DateDataParser":
    from dateparser.data.languages_info import language_order
    from dateparser.date import DateDataParser

    return DateDataParser(
        languages=[name for name in languages if name in language_order],
        use_given_order=True,
        settings={
            "RELATIVE_BASE": local_now,
            "TIMEZONE": "UTC",  # never the machine's; the caller adds the zone
            "PREFER_DATES_FROM": "past",
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PARSERS": ["relative-time", "absolute-time"] if is_relative_allowed else ["absolute-time"],
        },
    )
