"""Countries by name, whatever the language: what `挪威`, `Norway` and `Norvège` have in common.

The names are CLDR's, through Babel. Adjectives count where they begin like the name (`norvégien`,
`Norwegian`); nothing smaller than a country is known here.
"""

from collections.abc import Sequence
from functools import lru_cache

from babel import Locale, localedata

from aggregator.text.tokens import tokenise

LANGUAGES = ("en", "fr", "de", "es", "zh")
_HAN_LENGTHS = (5, 4, 3, 2)
_STEM = 5  # letters that a name and its adjective share; shorter names must be whole


def places(words: Sequence[str]) -> tuple[str, ...]:
    """Return the ISO 3166 codes of the countries named by folded words, in alphabetical order."""
    stems, phrases, han = _names()
    found = set()
    for at, word in enumerate(words):
        if len(word) == 1 and word > "\u2fff":
            for length in _HAN_LENGTHS:
                if code := han.get("".join(words[at : at + length])):
                    found.add(code)
                    break
        elif word[:_STEM] in stems and len(word) >= stems[word[:_STEM]][1]:
            found.add(stems[word[:_STEM]][0])
        for length in (2, 3) if word in phrases[0] else ():
            if code := phrases[length - 1].get(" ".join(words[at : at + length])):
                found.add(code)
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, tuple[str, int]], tuple[dict[str, str], ...], dict[str, str]]:
    """Return codes by the beginnings of names (with their length), by several words, and in Han."""
    stems: dict[str, tuple[str, int]] = {}
    phrases: tuple[dict[str, str], ...] = ({}, {}, {})
    han: dict[str, str] = {}
    shared: set[str] = set()
    for lang in LANGUAGES:
        for code, name in Locale.parse(lang).territories.items():
            if len(code) != 2 or not code.isalpha() or code in ("EU", "EZ", "UN", "ZZ", "XA", "XB"):
                continue
            words = tokenise(name).words
            if lang == "zh":
                han.setdefault("".join(words), code)
            elif len(words) == 1:
                # Two countries may begin alike (Niger, Nigeria): then neither is told by a stem.
                stem = words[0][:_STEM]
                known, length = stems.setdefault(stem, (code, len(words[0])))
                stems[stem] = (known, min(length, len(words[0])))
                if known != code:
                    shared.add(stem)
            elif len(words) <= len(phrases):
                phrases[0].setdefault(words[0], code)
                phrases[len(words) - 1].setdefault(" ".join(words), code)
    localedata._cache.clear()  # 13 MB in each worker, of which nothing else is ever asked for
    return {stem: told for stem, told in stems.items() if stem not in shared}, phrases, han
