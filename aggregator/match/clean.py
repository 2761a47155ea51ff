"""Which parts of a text speak of something else: related-headline lines, teasers, digest sections.

Works on what paragraphs look like, never on outlets. It removes nothing from the stored article; the
matcher merely does not look there.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from aggregator.model import Tokens

_LABEL = re.compile(
    r"\W{0,4}(?:à lire|a lire|lire|voir|écouter|regarder|sur le même (?:sujet|thème)|dans la même rubrique|"
    r"notre dossier|nos articles|les plus lus|articles? liés?|related|read|see|also|watch|more (?:on|from)|"
    r"recommended|you may (?:also )?like|most (?:read|popular)|don't miss|siehe|lesen sie|mehr zum|"
    r"auch interessant|"
    r"meistgelesen|lea|leer|lee|también|te puede|le puede|ver también|más información|noticias relacionadas|"
    r"相关(?:阅读|新闻|报道|文章|链接)|延伸阅读|推荐阅读|更多(?:阅读|新闻|报道)|热门(?:阅读|新闻)|相關(?:閱讀|新聞|報導)|延伸閱讀)"
    r"[^:：|>.!?。\n]{0,25}[:：|>]",
    re.IGNORECASE,
)
_BARS = "|·•›»｜"
_BAR = re.compile(r"\s[|·•›»]\s|[|｜]")
_STOP = re.compile(r"[.!?]\s|[。！？]")
# A digest: paragraphs that open with a short heading of their own (`Pakistan. `, `Markets: `).
_HEADING = re.compile(r"\W{0,3}[^\W\d_][^.:：!?。！？\n—–]{1,34}?(?:[.:：] ?|。| [—–] )(?=\S)")


def paragraphs(tokens: Tokens) -> tuple[tuple[int, int], ...]:
    """Return start and end (in tokens) of each paragraph."""
    borders = [0]
    numbers = tokens.paragraphs
    while borders[-1] < len(numbers):
        borders.append(bisect_right(numbers, numbers[borders[-1]], lo=borders[-1]))
    return tuple(pairwise(borders))


def foreign(text: str, tokens: Tokens, pieces: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Return the paragraphs that point to other articles."""
    found = set()
    texts = [text[tokens.starts[start] : tokens.ends[end - 1]] for start, end in pieces]
    for number, piece in enumerate(texts):
        is_short = len(piece) < 600
        if is_short and (_LABEL.match(piece) or _is_row(piece)):
            found.add(number)
    # Teasers of other articles at the end are cut off with dots, several in a row.
    last = len(pieces)
    while last > 0 and (last - 1 in found or _is_teaser(text, tokens, pieces[last - 1])):
        last -= 1
    if len(pieces) - last >= 2:
        found |= set(range(last, len(pieces)))
    return frozenset(found) if len(found) < len(pieces) else frozenset()


def _is_row(piece: str) -> bool:
    """Whether a paragraph is a row of headlines parted by bars or dots."""
    if not any(sign in piece for sign in _BARS):  # as nearly always; and far cheaper than to split
        return False
    parts = _BAR.split(piece)
    return len(parts) >= 3 and all(len(part) < 140 for part in parts) and len(_STOP.findall(piece)) <= 1


def _is_teaser(text: str, tokens: Tokens, piece: tuple[int, int]) -> bool:
    start, end = tokens.starts[piece[0]], tokens.ends[piece[1] - 1]
    return end - start < 220 and text[end : end + 3].lstrip(" ").startswith(("…", "..."))


def sections(text: str, tokens: Tokens, pieces: Sequence[tuple[int, int]]) -> bool:
    """Whether the paragraphs are independent items of a digest, each under its own heading."""
    if len(pieces) < 3:
        return False
    headed = sum(
        1 for start, end in pieces if _HEADING.match(text, tokens.starts[start], tokens.ends[end - 1])
    )
    return headed >= 3 and headed >= 0.75 * len(pieces)
