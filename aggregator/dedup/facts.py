"""The checkable facts of a sentence: figures, days, names.

Two texts of one template tell different events by these alone. Nothing here knows a company or an
outlet; figures are read to their value, so that `3,44 milliards`, `3.44 billion` and `34.4亿` agree.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice

from aggregator.text.fold import fold

_TOLERANCE = 0.02
_MOST = 500  # figures of a text that are compared: each is held against each of the other's

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
_HAN_WORD = re.compile(r"[㐀-鿿]{2,12}")
_QUOTED = re.compile(r"《([^《》]{2,30})》")


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be checked in a sentence or a text."""

    numbers: frozenset[tuple[float, bool]]  # value, is a percentage
    days: frozenset[tuple[int, int]]  # month, day; day 0 for a month alone
    names: frozenset[str]  # folded


def read(text: str, lang: str | None) -> Facts:
    """Read the facts of a piece of text."""
    numbers, days = figures(text, lang)
    return Facts(numbers, days, frozenset(_names(text, lang)))


def figures(text: str, lang: str | None) -> tuple[frozenset[tuple[float, bool]], frozenset[tuple[int, int]]]:
    """Read the numbers and days of a piece of text, as `Facts` holds them: its names cost the most."""
    folded = fold(text)
    days, spans = _days(folded)
    return frozenset(islice(_numbers(folded, lang, spans), _MOST)), days


def read_title(title: str, text: str, lang: str | None) -> Facts:
    """Read the facts of a headline: its names are the capitalised words that its text writes so too.

    Headlines capitalise at will, and German its nouns; the text tells which words keep it.
    """
    found = read(title, lang)
    inside = frozenset(_names(text, None))
    words = (fold(word) for word in _WORD.findall(title) if not word.islower())
    return Facts(found.numbers, found.days, frozenset(word for word in words if word in inside))


def swapped(first: str, second: str, whole_first: str, whole_second: str) -> str | None:
    """Name the Han words that two headlines of one shape exchange and neither other text holds.

    Han script has no capitals, so a name shows itself only by standing where another one stood.
    """
    for kind, start, end, other_start, other_end in SequenceMatcher(None, first, second, False).get_opcodes():
        one, other = first[start:end], second[other_start:other_end]
        are_words = kind == "replace" and _HAN_WORD.fullmatch(one) and _HAN_WORD.fullmatch(other)
        if are_words and one not in whole_second and other not in whole_first:
            return f"names {one} and {other}"
    return None


def contradiction(
    first: Facts, second: Facts, whole_first: Facts, whole_second: Facts, words: "Words"
) -> str | None:
    """Name what each of two matching sentences states and the other text does not; None if they agree.

    A fact on one side only never contradicts: texts are shortened and extended all the time.
    """
    only_first = _missing(first.numbers, whole_second.numbers)
    only_second = _missing(second.numbers, whole_first.numbers)
    if only_first and only_second:
        return f"figures {_shown(only_first)} and {_shown(only_second)}"
    days_first = first.days - whole_second.days
    days_second = second.days - whole_first.days
    if days_first and days_second:
        return f"days {_dates(days_first)} and {_dates(days_second)}"
    names_first = {name for name in first.names if not words.has_second(name)}
    names_second = {name for name in second.names if not words.has_first(name)}
    if names_first and names_second:
        return f"names {', '.join(sorted(names_first))} and {', '.join(sorted(names_second))}"
    return None


class Words:
    """The words of two texts, to ask whether one holds a name of the other."""

    def __init__(self, first: Iterable[str], second: Iterable[str], lower: frozenset[str]) -> None:
        self._first, self._second, self._lower = _stems(first), _stems(second), lower

    def has_first(self, name: str) -> bool:
        return self._has(name, self._first)

    def has_second(self, name: str) -> bool:
        return self._has(name, self._second)

    def _has(self, name: str, stems: frozenset[str]) -> bool:
        # A name that either text also writes small is a word at the start of a headline.
        parts = _WORD_PARTS.findall(name)
        return name in self._lower or all(part in self._lower or part[:_STEM] in stems for part in parts)


_STEM = 4  # letters that `Turkey` and `Turkish` share
_WORD_PARTS = re.compile(r"[^\W_]+")


def _stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in words)


def lower_words(text: str) -> frozenset[str]:
    """Return the folded words that a text writes without a capital."""
    return frozenset(fold(word) for word in _WORD.findall(text) if word.islower())


def _missing(
    numbers: frozenset[tuple[float, bool]], others: frozenset[tuple[float, bool]]
) -> list[tuple[float, bool]]:
    return [
        (value, is_share)
        for value, is_share in numbers
        if not any(
            abs(value - other) <= _TOLERANCE * max(abs(value), abs(other))
            and (is_share == other_share or value == other)
            for other, other_share in others
        )
    ]


def _numbers(folded: str, lang: str | None, skip: list[tuple[int, int]]) -> Iterator[tuple[float, bool]]:
    for match in _NUMBER.finditer(folded):
        if any(start <= match.start() < end for start, end in skip):
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
        if len(match[0]) > 1 and not any(start <= match.start() < end for start, end in skip):
            text = match[0].removeprefix("百分之")
            yield _han_value(text), text != match[0]


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
    return frozenset(days), spans


def _han_or_digits(text: str) -> float:
    return float(text) if text.isdecimal() and text.isascii() else _han_value(text)


def _names(text: str, lang: str | None) -> Iterator[str]:
    """Yield capitalised words inside sentences, and words with inner capitals or digits anywhere."""
    for quoted in _QUOTED.findall(text):
        yield fold(quoted)
    start = True
    end = 0
    for match in _WORD.finditer(text):
        word = match[0]
        between = text[end : match.start()]
        start = start or (between != " " and any(mark in between for mark in '.!?:«“"„\n—–'))
        end = match.end()
        # German capitalises its nouns, so there only the odd spellings are names.
        is_capital = word[0].isupper() and not start and lang != "de" and len(word) > 1
        start = False
        if not is_capital and (word[0].isdigit() or _INNER.search(word) is None):
            continue
        folded = fold(word).removesuffix("'s")
        if folded not in CALENDAR and not _DEMONYM.search(folded):
            yield folded


def _shown(numbers: list[tuple[float, bool]]) -> str:
    return ", ".join(f"{value:,.12g}{' %' if is_share else ''}" for value, is_share in sorted(numbers))


def _dates(days: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{month}-{day}" for month, day in sorted(days))
