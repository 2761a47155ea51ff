"""Folding: one spelling for everything a reader takes to be the same word.

Case, accents, full width, typographic quotes and dashes, ligatures, invisible characters, and
traditional or variant Han characters (to the simplified ones, character by character: enough for
comparing, since text and query are folded alike). It never translates, stems or corrects, and folded
text is never shown. Two letters that a language holds apart (ø and o, й and и) may fold together.
"""

import unicodedata
from functools import lru_cache
from importlib import resources

_SPECIAL = {
    "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t",
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "ʼ": "'", "ʹ": "'", "′": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"', "「": '"', "」": '"',
    "『": '"', "』": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
    "\u200e": "", "\u200f": "",
    "〇": "零",
}  # fmt: skip

# The blocks of combining marks that Latin, Greek and Cyrillic letters wear, and variation selectors.
# Vowel signs of other scripts are letters to their readers and stay.
_MARKS = (
    (0x300, 0x36F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
)


def _is_mark(char: str) -> bool:
    code = ord(char)
    return code >= 0x300 and any(low <= code <= high for low, high in _MARKS)


def _han_pairs() -> dict[str, str]:
    lines = resources.files("aggregator.text").joinpath("han.txt").read_text("utf-8").splitlines()
    traditional, simplified = (line for line in lines if line and not line.startswith("#"))
    return dict(zip(traditional, simplified, strict=True))


class _Table(dict[int, str]):
    """A translation table that works characters out when they are first met."""

    def __init__(self) -> None:
        super().__init__()
        self._han = _han_pairs()

    def __missing__(self, code: int) -> str:
        folded = self[code] = self._fold(chr(code))
        return folded

    def _fold(self, char: str) -> str:
        if char in _SPECIAL:
            return _SPECIAL[char]
        lowered = char.casefold()
        decomposed = unicodedata.normalize("NFKD", lowered).casefold()
        kept = "".join(_SPECIAL.get(part, part) for part in decomposed if not _is_mark(part))
        # Recomposing gives Hangul its syllables and kana its voiced forms back.
        composed = unicodedata.normalize("NFC", kept)
        return "".join(self._han.get(part, part) for part in composed)


@lru_cache(maxsize=1)
def _table() -> _Table:
    return _Table()


def fold(text: str) -> str:
    """Return the folded form of a text; folding twice changes nothing.

    Linear in the text; lengths may differ (`œ` gives two letters, a soft hyphen none), so offsets
    must come from the original text (see `tokens`).
    """
    return text.translate(_table())
