"""The checkable facts of a sentence: figures, days, names.

Two texts of one template tell different events by these alone. Nothing here knows a company or an
outlet; figures are read to their value, so that `3,44 milliards`, `3.44 billion` and `34.4亿` agree.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from aggregator.text.fold import fold

STEM = 4  # letters that `Turkey` and `Turkish` share
_MOST = 500  # figures of a text that are compared

_SCALES = {
    10**3: "thousand mille tausend mil tsd 千",
    10**4: "万 萬",
    10**5: "lakh lakhs",
    10**6: "million millions millionen mio millon millones mln",
    10**7: "crore crores",
    10**8: "亿 億",
    10**9: "milliard milliards milliarde milliarden mrd md mds billion bn",
    10**12: "trillion trillions billionen billones 万亿",
}
_SCALE = {word: value for value, words in _SCALES.items() for word in words.split()}
_BILLION_IS_TRILLION = frozenset(("fr", "de", "es", "it", "pt"))  # long scale: billion is 10^12
_SMALL = {
    2: "two deux zwei dos",
    3: "three trois drei tres",
    4: "four quatre vier cuatro",
    5: "five cinq funf cinco",
    6: "six sechs seis",
    7: "seven sept sieben siete",
    8: "eight huit acht ocho",
    9: "nine neun nueve",
    10: "ten dix zehn diez",
    11: "eleven onze elf once",
    12: "twelve douze zwolf doce",
    13: "thirteen treize",
    14: "fourteen quatorze",
    15: "fifteen quinze",
    16: "sixteen seize",
    17: "seventeen",
    18: "eighteen",
    19: "nineteen",
    20: "twenty vingt zwanzig veinte",
    30: "thirty trente dreissig treinta",
    40: "forty quarante vierzig cuarenta",
    50: "fifty cinquante funfzig cincuenta",
    60: "sixty soixante sechzig sesenta",
    70: "seventy siebzig setenta",
    80: "eighty achtzig ochenta",
    90: "ninety neunzig noventa",
    100: "hundred cent hundert cien",
}
_WORDS = {word: value for value, words in _SMALL.items() for word in words.split()}
_ONE = frozenset(("one", "un", "une", "ein", "uno", "una"))
_IN_WORDS = re.compile(r"[a-z]+(?:-[a-z]+){0,3}")
_HALF = re.compile(r"(?:half[ -](?:an? )?|demi-)(million|billion|milliard)\b")
_NEXT_WORD = re.compile(r"[ \u00a0\u202f]([a-z]{3,10})\b")
_SHORT = {"k": 10**3, "m": 10**6}  # beside the sign of a currency: `$3m`, `3 M€`
_SIGNS = "$€£¥"
_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_HAN_NUMBER = re.compile(
    r"百分之[零〇一二三四五六七八九十百]++点[零〇一二三四五六七八九]++"
    r"|(?:百分之)?[零〇一二三四五六七八九十百千两]++[万亿]*+[零〇一二三四五六七八九十百千两万亿]*+"
)
_UNIT = r"%|percent|per cent|pour cent|prozent|por ciento|[a-z]{2,10}|[km](?![a-z])|万亿|[千万萬亿億]"
_NUMBER = re.compile(
    r"(?<![0-9a-z])(?<![0-9][.,])"
    r"([0-9]{1,3}(?:[ \u00a0\u202f'’][0-9]{3})+(?:[.,][0-9]++)?|[0-9]++(?:[.,][0-9]++)*)"
    rf"(?:[ \u00a0\u202f-]?({_UNIT}))?(?![a-z0-9])"
)
_PERCENT = frozenset(("%", "percent", "per cent", "pour cent", "prozent", "por ciento"))

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january janvier januar enero jan janv ene",
            "february fevrier februar febrero feb fevr",
            "march mars marz marzo mar",
            "april avril abril apr avr abr",
            "may mai mayo",
            "june juin juni junio jun",
            "july juillet juli julio jul juil",
            "august aout agosto aug ago",
            "september septembre septiembre sep sept",
            "october octobre oktober octubre oct okt",
            "november novembre noviembre nov",
            "december decembre dezember diciembre dec dez dic",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = frozenset(
    (
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    )
)
CALENDAR = frozenset(_MONTHS) | _WEEKDAYS  # capitalised, and no names
_DAY = re.compile(
    r"\b([0-3]?[0-9])(?:er|st|nd|rd|th|\.)? (?:de )?([a-z]{3,10})\b"
    r"|\b([a-z]{3,10})\.? ([0-3]?[0-9])(?![\d.,:]\d|\d| ?(?:%|million|billion))"
)
_HAN_DAY = re.compile(
    r"(?:([01]?[0-9]|十?[一二三四五六七八九十])月)([0-3]?[0-9]|[二三]?十?[一二三四五六七八九十])日"
)

_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_INNER = re.compile(r"[a-z][A-Z]|[A-Z]{2}|[A-Za-z][0-9]|[0-9][A-Za-z]")
_DEMONYM = re.compile(r"(?:ish|ese|ians?|eans?|cans?|french|dutch|german|greek|swiss|thai)$")
_COUNTED = re.compile(r"(?<![\w.,/-])((?:19|20)[0-9]{2}|2100) ([^\W\d_]{3,20})\b")
_QUOTED = re.compile(r"《([^《》]{2,30})》")


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be checked in a sentence or a text."""

    numbers: frozenset[tuple[float, bool]]  # value, is a percentage
    days: frozenset[tuple[int, int]]  # month, day; day 0 for a month alone
    names: frozenset[str]  # folded
    counts: frozenset[tuple[float, str]] = frozenset()  # what may be a year, with the word behind it


def read(text: str, lang: str | None) -> Facts:
    """Read the facts of a piece of text."""
    numbers, days = figures(text, lang)
    counts = islice(_COUNTED.findall(fold(text)), _MOST)
    return Facts(
        numbers,
        days,
        frozenset(_names(text, lang)),
        frozenset((float(year), word) for year, word in counts),
    )


def figures(text: str, lang: str | None) -> tuple[frozenset[tuple[float, bool]], frozenset[tuple[int, int]]]:
    """Read the numbers and days of a piece of text, as `Facts` holds them: its names cost the most."""
    folded = fold(text)
    days, spans = _days(folded)
    return frozenset(islice(_numbers(folded, lang, spans), _MOST)), days


def of_title(title: str, found: Facts, text: str, body: Facts) -> Facts:
    """Return the facts of a headline, as far as they are of its text.

    Headlines capitalise at will, and German its nouns; the text tells which words keep it. A figure that
    the text does not know counts the paragraphs: `5 things to know`.
    """
    inside = frozenset(_names(text, None))
    words = (fold(word) for word in _WORD.findall(title) if not word.islower())
    return Facts(
        found.numbers & body.numbers,
        found.days,
        frozenset(word for word in words if word in inside),
        found.counts & body.counts,
    )


def openers(text: str) -> frozenset[str]:
    """Return the folded words that open several sentences with a capital and are never written small.

    A capital that opens a sentence makes no name; what opens many and stands nowhere else may be one.
    """
    small = lower_words(text)
    found = Counter(fold(word) for word, is_start in _words(text) if is_start and word[0].isupper())
    return frozenset(
        word
        for word, count in found.items()
        if count > 1 and len(word) > 1 and word not in small and not _is_common(word)
    )


def lower_words(text: str) -> frozenset[str]:
    """Return the folded words that a text writes without a capital."""
    return frozenset(fold(word) for word in _WORD.findall(text) if word.islower())


def _numbers(folded: str, lang: str | None, skip: list[tuple[int, int]]) -> Iterator[tuple[float, bool]]:
    for match in _NUMBER.finditer(folded):
        if _is_within(match.start(), skip):
            continue
        unit = match[2] or ""
        value = _value(match[1], lang) * _scale(unit, lang)
        if unit in _SHORT and _has_sign(folded, match.start(), match.end()):
            value *= _SHORT[unit]
        if match[1].isdigit() and len(match[1]) == 4 and 1900 <= value <= 2100:
            continue  # a year: background as often as news
        yield value, unit in _PERCENT
    for match in _IN_WORDS.finditer(folded):
        word = match[0]
        if (word in _WORDS or "-" in word) and (small := _spelt(word)):
            after = _NEXT_WORD.match(folded, match.end())
            yield small * _scale(after[1] if after else "", lang), False
    for match in _HALF.finditer(folded):
        yield _scale(match[1], lang) / 2, False
    for match in _HAN_NUMBER.finditer(folded):
        if len(match[0]) > 1 and not _is_within(match.start(), skip):
            text = match[0].removeprefix("百分之")
            yield _han_value(text), text != match[0]


def _is_within(at: int, spans: list[tuple[int, int]]) -> bool:
    """Tell whether a place lies in one of the spans, which are in order and do not overlap."""
    before = bisect_right(spans, at, key=lambda span: span[0])
    return before > 0 and at < spans[before - 1][1]


def _has_sign(text: str, start: int, end: int) -> bool:
    """Tell whether the sign of a currency stands right before or behind a part of a text."""
    return any(0 <= at < len(text) and text[at] in _SIGNS for at in (start - 1, end))


def _spelt(word: str) -> int:
    """Read a number in words: `seven`, `seventy-four`, `quatre-vingt-douze`; 0 for any other word."""
    total = 0
    for part in word.split("-"):
        value = _WORDS.get(part, 1 if total and part in _ONE else 0)
        if not value:
            return 0
        total = total * value if total == 4 and value == 20 else total + value
    return total


def _scale(unit: str, lang: str | None) -> float:
    if unit == "billion" and lang in _BILLION_IS_TRILLION:
        return 1e12
    return float(_SCALE.get(unit, 1))


def _value(digits: str, lang: str | None) -> float:
    """Read digits as their language writes them: which of point and comma parts the thousands."""
    digits = re.sub(r"[ \u00a0\u202f'’]", "", digits)
    point, comma = (",", ".") if lang in ("fr", "de", "es", "it", "pt", "nl") else (".", ",")
    parts = digits.split(comma)
    if len(parts) > 1 and all(len(part.split(point)[0]) == 3 for part in parts[1:]):
        digits = "".join(parts)
    digits = digits.replace(",", ".")
    whole, _, rest = digits.partition(".")
    return float(f"{whole[:30]}.{rest.replace('.', '')[:12] or 0}")


@lru_cache(maxsize=1024)
def _han_value(text: str) -> float:
    text, _, rest = text.partition("点")
    if rest:
        return float(f"{_han_value(text):.0f}.{''.join(str(_HAN_DIGITS[char]) for char in rest[:12])}")
    total = section = digit = 0
    for char in text:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif (unit := _HAN_UNITS[char]) >= 10**4:
            total = min((total + section + digit or 1) * unit, 10**30)
            section = digit = 0
        else:
            section += (digit or 1) * unit
            digit = 0
    # A row of 亿 multiplies without end: beyond this no two figures need telling apart.
    return float(min(total + section + digit, 10**30))


def _days(folded: str) -> tuple[frozenset[tuple[int, int]], list[tuple[int, int]]]:
    days, spans = set(), []
    for match in _DAY.finditer(folded):
        name, day = (match[2], match[1]) if match[1] else (match[3], match[4])
        if (month := _MONTHS.get(name)) and 1 <= int(day) <= 31:
            days.add((month, int(day)))
            spans.append(match.span())
    for match in _HAN_DAY.finditer(folded):
        days.add((int(_han_or_digits(match[1])), int(_han_or_digits(match[2]))))
        spans.append(match.span())
    return frozenset(days), sorted(spans)


def _han_or_digits(text: str) -> float:
    return float(text) if text.isdecimal() and text.isascii() else _han_value(text)


def _names(text: str, lang: str | None) -> Iterator[str]:
    """Yield capitalised words inside sentences, and words with inner capitals or digits anywhere."""
    for quoted in _QUOTED.findall(text):
        yield fold(quoted)
    for word, is_start in _words(text):
        # German capitalises its nouns, so there only the odd spellings are names.
        is_capital = word[0].isupper() and not is_start and lang != "de" and len(word) > 1
        if not is_capital and (word[0].isdigit() or _INNER.search(word) is None):
            continue
        folded = fold(word).removesuffix("'s")
        if not _is_common(folded):
            yield folded


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the words of a text, each with whether a sentence or a part of one starts with it."""
    start = True
    end = 0
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        start = start or (between != " " and any(mark in between for mark in '.!?:«“"„\n—–'))
        end = match.end()
        yield match[0], start
        start = False


def _is_common(folded: str) -> bool:
    return folded in CALENDAR or _DEMONYM.search(folded) is not None
