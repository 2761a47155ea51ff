"""What is called differently in each language: names that all know, cities, and words for what happens.

From `glossary.txt`, kept by hand, and CLDR's cities (through Babel). A few hundred things of common
knowledge; it knows no outlet and no affair, and what it lacks is found by other traits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from babel import Locale, localedata
from babel.core import get_global

from aggregator.dedup.places import LANGUAGES, places
from aggregator.text.tokens import tokenise

MARK = "@"  # what things begin with, so that they are told from words
_SHORTEST, _LONGEST = 2, 24  # letters of the beginning of a word


@dataclass(frozen=True, slots=True)
class Found:
    """A thing named in a text."""

    at: int  # the first of its words
    length: int  # in words
    thing: str  # the first of its names, folded and marked
    country: str  # ISO 3166; "" where it says nothing
    is_large: bool  # written in capitals only, or not meant


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[str, ...]
    thing: str
    country: str
    is_large: bool


def names(words: Sequence[str]) -> Iterator[Found]:
    """Yield the known names among folded words in their order; of those that overlap the longer first one."""
    known = _glossary()[0]
    end = 0
    for at, word in enumerate(words):
        if at < end:
            continue
        for name in known.get(word, ()):
            if len(name.words) == 1 or tuple(words[at : at + len(name.words)]) == name.words:
                end = at + len(name.words)
                yield Found(at, len(name.words), name.thing, name.country, name.is_large)
                break


def kinds(words: Sequence[str]) -> tuple[str, ...]:
    """Return what folded words say that happened, in alphabetical order: `fine`, `recall`, `strike`."""
    _, phrases, beginnings, _ = _glossary()
    found = set()
    for at, word in enumerate(words):
        for size in range(_SHORTEST, min(len(word), _LONGEST) + 1):
            if kind := beginnings.get(word[:size]):
                found.add(kind)
        for phrase, kind in phrases.get(word, ()):
            if len(phrase) == 1 or tuple(words[at : at + len(phrase)]) == phrase:
                found.add(kind)
    return tuple(sorted(found))


def is_office(word: str) -> bool:
    """Tell words that are written like names and are parts of many: `commission`, `ministère`."""
    return word in _glossary()[3]


_Names = dict[str, list[_Name]]
_Phrases = dict[str, list[tuple[tuple[str, ...], str]]]


@lru_cache(maxsize=1)
def _glossary() -> tuple[_Names, _Phrases, dict[str, str], frozenset[str]]:
    """Return names by their first word, the longest first; phrases and beginnings of a kind; offices."""
    known: _Names = {}
    phrases: _Phrases = {}
    beginnings: dict[str, str] = {}
    offices: set[str] = set()
    section = ""
    for line in resources.files(__package__).joinpath("glossary.txt").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line
            continue
        parts = [part.strip() for part in line.split("|")]
        if section == "[names]":
            first, _, country = parts[0].partition(" = ")
            _add(known, [first, *parts[1:]], country)
        elif section == "[offices]":
            offices.update(parts)
        else:
            for part in parts[1:]:
                words = tokenise(part).words
                if part.endswith("*"):
                    beginnings.setdefault("".join(words), parts[0])
                else:
                    phrases.setdefault(words[0], []).append((words, parts[0]))
    for country, forms in _cities():
        _add(known, forms, country)
    for found in known.values():
        found.sort(key=lambda name: -len(name.words))
    return known, phrases, beginnings, frozenset(offices)


def _add(known: _Names, forms: Sequence[str], country: str) -> None:
    thing = MARK + " ".join(tokenise(forms[0]).words)
    for form in forms:
        words = tokenise(form).words
        others = known.setdefault(words[0], [])
        if all(other.words != words for other in others):
            others.append(_Name(words, thing, country, form.isupper() and len(form) <= 5))


def _cities() -> Iterator[tuple[str, list[str]]]:
    """Yield countries and names of cities, the English one first; those named like their country never."""
    zones = [(Locale.parse(lang).time_zones, lang) for lang in LANGUAGES]
    for zone, country in get_global("zone_territories").items():
        parts = zone.split("/")
        forms = [names.get(zone, {}).get("city", "") for names, _ in zones]
        forms[0] = forms[0] or parts[-1].replace("_", " ")  # English has those that differ only
        kept = [form for form in dict.fromkeys(forms) if form and not places(tokenise(form).words)]
        if len(parts) == 2 and parts[0] != "Etc" and forms[0] in kept:
            yield country, kept
    localedata._cache.clear()  # as in `places`
