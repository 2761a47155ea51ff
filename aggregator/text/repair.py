"""Text that was broken before it reached us: UTF-8 that somebody read with the wrong codec.

One wrong codec is chosen for the whole document, by how plausible its reversal reads; then each
damaged run is reversed with that one, and only where this makes it better. Text that is right stays
byte for byte: an isolated oddity, or an article about broken text, is no evidence. ftfy was measured
and not used: on text read as ISO-8859-16 it mends one letter in twenty.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

_CODECS = ("cp1252", "cp1250", "iso8859-15", "iso8859-16", "mac_roman")
_ENOUGH = 4  # plausibility to gain before a document counts as damaged
_NO_CHANCE = 3  # letters of one foreign script side by side
_SAMPLE = 300_000  # characters, from the first doubtful place, that decide on the codec
_ROUNDS = 3  # some text was broken twice
_ENTRIES = re.compile("(</(?:item|entry)>)")
_PARAGRAPHS = re.compile(r"(</(?:p|li|div)>|\n[ \t\r]*\n)")
_EVIDENCE = 3  # damaged places that a part must show inside a document that is sound as a whole
_NEIGHBOURS = re.compile("[^\x00-\x7f]{2,}")
_SOUND = re.compile("[^\x00-\x7f]")

_PLAIN_LETTERS = frozenset("àâäáãåæçéèêëíîïìñóôöòõøœúùûüýÿßąćčďęěğıłńňőřśšşșťțůűźžżđāēīūļņģķǎăţ")
_AFTER_LETTERS = frozenset("’”»…–—‐‑™®%·、。,:;!?\xa0\u202f\u2009\u200b°ªº²³")
_PUNCTUATION = frozenset(
    "“”‘’„‚‹›«»–—…•·€™©®°§£¥¿¡ªº²³¹¼½¾×÷±µ¶\xa0\u202f\u2009\u200b\u2011\u2010\u00ad\u2026†‡‰−→←≤≥"
)


@dataclass(frozen=True, slots=True)
class _Codec:
    """A codec seen from its mistakes: which characters UTF-8 bytes turn into when it reads them."""

    name: str
    tables: tuple[dict[str, int], dict[str, int]]  # character to byte: its own first, windows-1252 first
    chars_of: dict[int, str]
    sequence: re.Pattern[str]  # what was one UTF-8 sequence
    damaged: re.Pattern[str]  # a run of them
    lost_space: re.Pattern[str]  # `à` whose second byte, a no-break space, became a plain one


def repair(text: str, lang: str | None) -> str:
    """Undo one wrong decoding where the document shows clearly that it happened; else return `text`.

    `lang` (ISO 639-1) settles which letters are likely. Takes whole documents, markup included:
    the more text, the surer the verdict.
    """
    for _ in range(_ROUNDS):
        # Damage never stands alone: looking at neighbours beyond ASCII only is ten times faster.
        if text.isascii() or not _suspect().search("\n".join(_NEIGHBOURS.findall(text))):
            return text
        mended = _one_round(text, (lang or "")[:2])
        if mended == text:
            return text
        text = mended
    return text


def _one_round(text: str, lang: str) -> str:
    first = _suspect().search(text)
    start = max(0, first.start() - _SAMPLE // 10) if first else 0
    sample = text[start : start + _SAMPLE]
    trials = [(_gain(sample, codec, lang), codec) for codec in _codecs()]
    (gain, hits), codec = max(trials, key=lambda trial: trial[0])
    if gain < _ENOUGH:
        return text
    is_common = _is_damaged(sample, hits, codec)

    def mend_part(part: str) -> str:
        hits = _gain(part, codec, lang)[1]
        if not is_common and (hits < _EVIDENCE or not _is_damaged(part, hits, codec)):
            return part
        return codec.lost_space.sub(
            _mend_space, codec.damaged.sub(lambda match: _mend_run(match, codec, lang), part)
        )

    border = _ENTRIES if _ENTRIES.search(text) else _PARAGRAPHS
    mended = "".join(mend_part(part) for part in border.split(text))
    return _undo_second_repair(mended, codec, lang) if is_common else mended


def _is_damaged(text: str, hits: int, codec: _Codec) -> bool:
    """Tell a damaged text from a sound one that quotes damage, as articles about encodings do."""
    return hits > 0 and hits * 2 >= len(_SOUND.findall(codec.damaged.sub("", text)))


def _gain(text: str, codec: _Codec, lang: str) -> tuple[int, int]:
    """Sum what reversing `codec` would gain, and count the places that gain."""
    gains = [_run_gain(match, codec, lang)[1] for match in codec.damaged.finditer(text)]
    return sum(gains), sum(gain > 0 for gain in gains)


def _mend_run(match: re.Match[str], codec: _Codec, lang: str) -> str:
    mended, gain = _run_gain(match, codec, lang)
    return mended if gain >= 0 else match.group()


def _mend_space(match: re.Match[str]) -> str:
    return f"à{match.group(1) or ''}"


def _run_gain(match: re.Match[str], codec: _Codec, lang: str) -> tuple[str, int]:
    """Reverse one run; the gain is negative where the result is no text."""
    run = match.group()
    mended = _reverse(run, codec)
    if mended is None:
        return run, -1
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    gain = _cost(run, before, after, lang) - _cost(mended, before, after, lang)
    # Three Chinese letters in a row do not come about by chance; one does (`é »` in French).
    foreign = sum(map(_is_foreign, mended))
    return mended, gain + 2 * foreign if foreign >= _NO_CHANCE else gain


def _reverse(run: str, codec: _Codec) -> str | None:
    """Give the text that `codec` made this run of; None if there is no readable one."""
    mended = ""
    for sequence in codec.sequence.findall(run):
        # `œ` in ISO-8859-15 is byte BD, or 9C as browsers read it: one of them makes sense.
        pure = [bytes(table[char] for char in sequence) for table in codec.tables]
        char = next((reading for data in pure if (reading := _decode(data)) and _is_text(reading)), None)
        if char is None and len(sequence) == 3:
            char = _mixed(*pure)
        if char is None:
            return None
        mended += char
    return mended


@lru_cache(maxsize=4096)
def _mixed(own: bytes, windows: bytes) -> str | None:
    """Read three bytes that came about in two ways (`â€Š`: 80 as browsers read it, then A6).

    Such a mixture may only be punctuation: letters would be found in right text.
    """
    readings = (_decode(bytes(choice)) for choice in product(*zip(own, windows, strict=True)))
    return next((reading for reading in readings if reading in _PUNCTUATION), None)


def _decode(data: bytes) -> str | None:
    if data == b"\xe2\x80":
        return "”"  # E2 80 9D, and 9D is the byte that most codecs lose
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _undo_second_repair(text: str, codec: _Codec, lang: str) -> str:
    """Mend letters that were 'repaired' with a second wrong codec: `premiÚre`, `cƓur`."""
    odd = re.compile(r"(?<=[a-zà-ÿ])[À-ÖØ-Þ](?=[a-zà-ÿ])|[\u0180-\u0217\u021c-\u024f]")
    found = list(odd.finditer(text))
    best: tuple[int, Callable[[re.Match[str]], str]] | None = None
    for second in _codecs():
        if second is codec or not found:
            continue

        def mend(match: re.Match[str], second: _Codec = second) -> str:
            mended = _first_reading(match.group(), second, codec)
            return mended if mended and mended in _PLAIN_LETTERS else match.group()

        gain = 0
        for match in found:
            before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
            gain += _cost(match.group(), before, after, lang) - _cost(mend(match), before, after, lang)
        if gain > 0 and (best is None or gain > best[0]):
            best = (gain, mend)
    return odd.sub(best[1], text) if best else text


def _first_reading(char: str, second: _Codec, first: _Codec) -> str | None:
    read = [second.chars_of[byte] for byte in char.encode() if byte in second.chars_of]
    whole = "".join(read)
    return _reverse(whole, first) if first.damaged.fullmatch(whole) else None


def _is_text(char: str) -> bool:
    """Tell characters that a repair may bring forth."""
    code = ord(char)
    if char in _PLAIN_LETTERS or char in _PUNCTUATION or 0xC0 <= code <= 0x17F:
        return True
    # Chinese, Japanese, Korean with punctuation; Greek, Cyrillic; Hebrew, Arabic; Devanagari; Thai; emoji
    return (
        0x3000 <= code <= 0x9FFF
        or 0xAC00 <= code <= 0xD7AF
        or 0xFF00 <= code <= 0xFFEF
        or 0x370 <= code <= 0x45F
        or 0x590 <= code <= 0x6FF
        or 0x900 <= code <= 0x97F
        or 0xE00 <= code <= 0xE7F
        or 0x1F300 <= code <= 0x1FAFF
        or 0x80 <= code <= 0xBF  # controls: half of what was broken twice
    )


def _cost(run: str, before: str, after: str, lang: str) -> int:
    """Say how unlikely a run is where it stands, in points."""
    line = f"{before or ' '}{run}{after or ' '}"
    return sum(_char_cost(line[at], line[at + 1], line[at + 2], lang) for at in range(len(run)))


def _char_cost(previous: str, char: str, following: str, lang: str) -> int:
    if char.isascii():
        return 0
    if char in _PLAIN_LETTERS:
        foreign = lang == "fr" and char not in "àâäæçéèêëîïôöœùûüÿñáíóú"
        return int(foreign) + 2 * (previous.isupper() and following.isupper())
    if char.isupper() and ord(char) < 0x250:
        return 3 if previous.islower() else 2 * (0x180 <= ord(char) < 0x218)
    category = unicodedata.category(char)
    if category in ("Cc", "Cn", "Co"):
        return 3
    if category == "Lo" or (category[0] == "L" and ord(char) > 0x250):
        return 0 if _is_foreign(previous) or _is_foreign(following) else 2
    if category[0] == "L":
        return 2
    if not previous.isalpha() or _is_foreign(previous):
        return 0
    if char in _AFTER_LETTERS:
        return 1 if following.isalpha() and char not in "’–—‐‑·…" else 0
    if following.isalpha():
        return 4
    return 1 if char in "“‘" else 2  # German quotations close like this


def _is_foreign(char: str) -> bool:
    return ord(char[:1] or " ") > 0x36F and char.isalpha()


@lru_cache(maxsize=1)
def _codecs() -> tuple[_Codec, ...]:
    return tuple(_build(name) for name in _CODECS)


@lru_cache(maxsize=1)
def _suspect() -> re.Pattern[str]:
    """Match wherever any of the codecs could have been at work; most documents stop here."""
    return re.compile("|".join(codec.damaged.pattern for codec in _codecs()))


def _build(name: str) -> _Codec:
    # Browsers and many programs read the gap 80-9F of other codecs as windows-1252; its own five
    # gaps stay control characters.
    windows = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}
    chars_of = {}
    for byte in range(0x80, 0x100):
        char = bytes([byte]).decode(name, "ignore")
        chars_of[byte] = windows.get(byte, chr(byte)) if not char or 0x80 <= ord(char) < 0xA0 else char
    own = {char: byte for byte, char in chars_of.items()}
    borrowed = {chr(byte): byte for byte in windows} | {char: byte for byte, char in windows.items()}
    tables = (borrowed | own, own | borrowed)

    def members(first: int, last: int) -> str:
        chars = {char for table in tables for char, byte in table.items() if first <= byte <= last}
        return "[" + "".join(re.escape(char) for char in sorted(chars)) + "]"

    tail = members(0x80, 0xBF)
    quote = re.escape(chars_of[0xE2]) + f"[{re.escape(windows[0x80])}\x80](?!{tail})"
    sequence = "|".join(
        (
            f"{members(0xF0, 0xF4)}{tail}{tail}{tail}",
            f"{members(0xE0, 0xEF)}{tail}{tail}",
            f"{members(0xC2, 0xDF)}{tail}",
            quote,
        )
    )
    lost_space = rf"(?<![A-ZÀ-Þ]){re.escape(chars_of[0xC3])}(?: ( )|(?= ))"
    return _Codec(
        name, tables, chars_of, re.compile(sequence), re.compile(f"(?:{sequence})+"), re.compile(lost_space)
    )
