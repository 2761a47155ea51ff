"""Cutting a text into folded words, with their places in the original text.

A run of letters and digits is one word (`1260H`, `433.5`); apostrophes and hyphens part words, which
splits French elision off (`l'amende` is `l` + `amende`); every Han and kana character is a word of its
own. It knows no language: no stems, no dictionaries, and sentence ends are found by punctuation.
"""

import re
from bisect import bisect_left

from aggregator.model import Tokens
from aggregator.text.fold import fold

_HAN = "\u3005-\u3007\u3041-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Signs that belong to the letter before them but that `\w` does not cover.
_SIGNS = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0963\u0966-\u0dff\u0e01-\u0e3a\u0e40-\u0e4e\u0eb0-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3"
    "\u200c\u200d\u20d0-\u20f0\ufe00-\ufe0f"
)
# A letter or digit that is no Han; then more of them with their signs; `3,5` and `1.978` stay whole.
_LETTER = rf"[^\W_{_HAN}]"
_MORE = rf"{_LETTER}*(?:[{_SIGNS}]+{_LETTER}*)*"
_WORD = re.compile(rf"[{_HAN}]|{_LETTER}{_MORE}(?:(?<=[0-9])[.,](?=[0-9]){_MORE})*")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]++(?:(?<=[0-9])[.,](?=[0-9])[A-Za-z0-9]++)*")

_PARAGRAPH = re.compile(r"\n[^\S\n]*+\n\s*+|[\u2029\f]")
_CLOSERS = "\"'”’»)\\]」』）"
# A stop may end a sentence where white space follows; a Han stop always does; so may a line end.
_STOP = re.compile(rf"(?<![.!?…])[.!?…]++[{_CLOSERS}]*+\s++|[。！？]++[{_CLOSERS}]*+|(?<![\n.!?…。！？])\n")
_OPENERS = "\"'“‘«„([—–-•·*¿¡「『（ \t\u00a0\u202f"
_ABBREVIATIONS = frozenset({
    "m", "mm", "mme", "mlle", "me", "dr", "st", "ste", "mr", "mrs", "ms", "prof", "gen", "gov", "sen",
    "rep", "lt", "col", "sgt", "capt", "hon", "inc", "corp", "co", "ltd", "llc", "plc", "no", "nos",
    "nr", "vol", "art", "al", "etc", "vs", "cf", "fig", "p", "pp", "ch", "sr", "sra", "srta", "sres",
    "av", "env", "approx", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
    "dec", "janv", "fevr", "avr", "juil", "bzw", "ca", "z", "zzgl", "usw", "ggf", "hg", "vgl", "mio",
    "mrd", "abs", "ziff",
})  # fmt: skip


def tokenise(text: str) -> Tokens:
    """Cut a text into folded words, in one pass, in time linear in the text.

    Offsets count characters of the text as given. Sentence numbers run on across paragraphs; a
    paragraph ends at an empty line.
    """
    pattern = _ASCII_WORD if text.isascii() else _WORD
    spans = [match.span() for match in pattern.finditer(text)]
    if not spans:
        return Tokens((), (), (), (), ())
    # One fold for all the words: a line feed is in no word and folds to itself.
    words = fold("\n".join([text[start:end] for start, end in spans])).split("\n")
    starts, ends = zip(*spans, strict=True)
    paragraphs_at = [match.end() for match in _PARAGRAPH.finditer(text)]
    sentences_at = sorted({*paragraphs_at, *_sentence_starts(text)})
    return Tokens(
        tuple(words), starts, ends, _numbered(starts, sentences_at), _numbered(starts, paragraphs_at)
    )


def _numbered(starts: tuple[int, ...], borders: list[int]) -> tuple[int, ...]:
    """Number the pieces between borders, counting only those that hold a word."""
    numbers: list[int] = []
    number = done = 0
    for border in borders:
        upto = bisect_left(starts, border)
        if upto > done:
            numbers += [number] * (upto - done)
            number, done = number + 1, upto
    numbers += [number] * (len(starts) - done)
    return tuple(numbers)


def _sentence_starts(text: str) -> list[int]:
    """Return the offsets at which a new sentence starts, paragraphs apart."""
    found = []
    for match in _STOP.finditer(text):
        start, end = match.span()
        mark = text[start]
        if mark in "。！？":
            found.append(end)
            continue
        after = _first_letter(text, end)
        if after.islower() or (mark == "." and _is_abbreviation(text, start)):
            continue
        found.append(end)
    return found


def _first_letter(text: str, at: int) -> str:
    """The first character behind opening quotes and blanks, looking a few places ahead only."""
    return text[at : at + 6].lstrip(_OPENERS)[:1]


def _is_abbreviation(text: str, stop: int) -> bool:
    """Whether the full stop belongs to the word before it: `M.`, `Inc.`, `U.S.`, an initial."""
    before = max(0, stop - 8)
    tail = text[before:stop]
    # Python's split on non-letters, by hand: the word before the stop is at most eight letters.
    cut = len(tail)
    while cut and tail[cut - 1].isalnum():
        cut -= 1
    word = tail[cut:]
    if len(word) == 1 and word.isalpha():
        return True
    return fold(word) in _ABBREVIATIONS and (cut > 0 or before == 0)
