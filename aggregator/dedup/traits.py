"""What a text says that other reports of the same event say too: names, figures, days, countries, words.

Read in the worker, once. What `glossary` knows is one name in every language. Knows no outlet; how rare
a trait is, and what it is worth, is for `stories` to say.
"""

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from itertools import islice, pairwise

from aggregator.dedup import facts, glossary, people
from aggregator.dedup.places import places
from aggregator.dedup.signature import is_mostly_han
from aggregator.model import Tokens, Traits
from aggregator.text.stems import stem

_LEAD, _LEAD_HAN = 60, 110  # words of a text that tell its news
_READ = 12_000  # characters
_MOST_NAMES, _MOST_FIGURES, _MOST_DAYS, _MOST_TERMS = 40, 40, 10, 80
_SMALL = 12  # figures up to it are in every text


def read(title: str, title_tokens: Tokens, body: str, tokens: Tokens, lang: str | None) -> Traits:
    """Read the traits of a text from its words."""
    is_han = is_mostly_han(tokens.words)
    size = min(_LEAD_HAN if is_han else _LEAD, len(tokens.words))
    lead = title_tokens.words + tokens.words[:size]
    lead_text = f"{title}\n{body[: tokens.ends[size - 1]] if size else ''}"
    rest_text = body[tokens.ends[size - 1] if size else 0 : _READ]
    things = _things(body, tokens)
    title_things = _things(title, title_tokens)
    title_places = _places(title_tokens.words, title_things)
    taken = (_taken(title_things), _taken(things))
    lead_words, rest_words = _names(title, title_tokens, body, tokens, size, is_han, *taken)
    known = [each.thing for each in (*title_things, *(each for each in things if each.at < size))]
    lead_names = tuple(dict.fromkeys((*known, *lead_words)))
    title_words = {*title_tokens.words}
    names = tuple(dict.fromkeys((*lead_names, *rest_words, *(each.thing for each in things))))
    lead_numbers, lead_days = facts.figures(lead_text, lang)
    numbers, days = facts.figures(rest_text, lang)
    figures = _telling(lead_numbers)
    others = [figure for figure in _telling(numbers) if figure not in figures]
    return Traits(
        names=names[:_MOST_NAMES],
        lead_names=min(len(lead_names), _MOST_NAMES),
        figures=(*figures, *others)[:_MOST_FIGURES],
        lead_figures=min(len(figures), _MOST_FIGURES),
        days=tuple(sorted(day for day in lead_days | days if day[1]))[:_MOST_DAYS],
        places=tuple(sorted({*title_places, *_places(tokens.words[:size], things)})),
        terms=tuple(islice(dict.fromkeys(_terms(lead, lang, is_han)), _MOST_TERMS)),
        people=people.in_han(lead) if is_han else people.in_latin(lead_words),
        kinds=glossary.kinds(lead),
        subjects=(
            *title_places,
            *dict.fromkeys(each.thing for each in title_things),
            *(word for word in lead_words if word in title_words),
        ),
    )


def _things(text: str, tokens: Tokens) -> list[glossary.Found]:
    words = tokens.words[: bisect_right(tokens.starts, _READ)]
    return [each for each in glossary.names(words) if _is_meant(each, text, tokens)]


def _taken(things: Sequence[glossary.Found]) -> frozenset[int]:
    return frozenset(at for each in things for at in range(each.at, each.at + each.length))


def _is_meant(found: glossary.Found, text: str, tokens: Tokens) -> bool:
    """Tell a name from a word that is spelt like it: `Apple`, `UN`."""
    start, end = tokens.starts[found.at], tokens.ends[found.at]
    return text[start] > "\u2fff" or (text[start:end].isupper() if found.is_large else text[start].isupper())


def _places(words: Sequence[str], things: Sequence[glossary.Found]) -> tuple[str, ...]:
    """Return the countries named, those of cities included; `Air France` names none."""
    taken = _taken(things)
    named = places([" " if at in taken else word for at, word in enumerate(words)])
    cities = {each.country for each in things if each.country and each.at < len(words)}
    return tuple(sorted({*named, *cities}))


def _names(
    title: str,
    title_tokens: Tokens,
    body: str,
    tokens: Tokens,
    size: int,
    is_han: bool,
    title_taken: frozenset[int],
    taken: frozenset[int],
) -> tuple[list[str], list[str]]:
    """Return the words only ever written with a capital: those of headline and lead, and the others.

    Words that are `taken` by known names are left out. A capital at the start of a sentence or anywhere in
    a headline says nothing by itself.
    """
    small = {
        word
        for text, part in ((title, title_tokens), (body, tokens))
        for word, start in zip(part.words, part.starts, strict=True)
        if text[start].islower()
    }
    found: dict[str, bool] = {}
    opens = (True, *(one != other for one, other in pairwise(tokens.sentences)))
    for at, (word, start, is_first) in enumerate(
        zip(tokens.words, tokens.starts, opens[: len(tokens.words)], strict=True)
    ):
        if start > _READ:
            break
        # In Han text, and where the second letter is large too, the place in a sentence says nothing.
        is_capital = body[start].isupper() and (
            not is_first or is_han or not body[start + 1 : start + 2].islower()
        )
        if (is_capital or is_code(word)) and at not in taken and _may_name(word, small):
            found[word] = found.get(word, False) or at < size
    in_sentence_case = is_han or _is_sentence_case(title, title_tokens)
    for word, start, at in zip(title_tokens.words, title_tokens.starts, range(_MOST_NAMES), strict=False):
        if at in title_taken:
            continue
        is_capital = in_sentence_case and title[start].isupper() and (at > 0 or is_han)
        if word in found or ((is_capital or is_code(word)) and _may_name(word, small)):
            found[word] = True
    lead = [word for word, is_lead in found.items() if is_lead]
    return lead, [word for word, is_lead in found.items() if not is_lead]


def _may_name(word: str, small: set[str]) -> bool:
    is_other = word in small or word in facts.CALENDAR or glossary.is_office(word) or places((word,))
    return len(word) > 1 and not is_other


def is_code(word: str) -> bool:
    """Tell words of letters and digits: `1260h`, `log4j`."""
    if word.isalpha():
        return False
    return any(char.isdigit() for char in word) and any(char.isalpha() for char in word)


def _is_sentence_case(title: str, tokens: Tokens) -> bool:
    """Tell whether a headline keeps its capitals for names, as French and British ones do."""
    starts = (title[at] for word, at in zip(tokens.words, tokens.starts, strict=True) if len(word) > 3)
    long = [char for char in starts if char.isalpha()]
    return 2 * sum(char.islower() for char in long) >= len(long)


def _telling(numbers: frozenset[tuple[float, bool]]) -> list[tuple[float, bool]]:
    return sorted((value, is_share) for value, is_share in numbers if value > _SMALL or is_share)


def _terms(words: Sequence[str], lang: str | None, is_han: bool) -> list[str]:
    if is_han:
        return [one + other for one, other in pairwise(words) if len(one) == len(other) == 1]
    return [stem(word, lang or "") for word in words if len(word) > 3]


def keys(traits: Traits) -> tuple[str, ...]:
    """Return what other reports are looked up by: names, figures, and pairs of Han characters."""
    figures = (figure_key(value, is_share) for value, is_share in traits.figures)
    words = (term_key(term) for term in traits.terms if term[0] > "\u2fff")
    return tuple(
        dict.fromkeys(
            (
                *map(name_key, traits.names),
                *map(person_key, traits.people),
                *figures,
                *map(place_key, traits.places),
                *words,
            )
        )
    )


def name_key(name: str) -> str:
    """Return the key of a name."""
    return f"n{name}"


def person_key(person: str) -> str:
    """Return the key of what may be a person, by sound."""
    return f"s{person}"


def place_key(place: str) -> str:
    """Return the key of a country."""
    return f"p{place}"


def term_key(term: str) -> str:
    """Return the key of a word."""
    return f"t{term}"


def figure_key(value: float, is_share: bool) -> str:
    """Return the key of a figure, to two significant digits: `61` and `61.3 million` meet there."""
    return f"f{value:.1e}{'%' if is_share else ''}"


def number(key: str) -> int:
    """Return a key as a signed 64-bit number, for an index."""
    digest = blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
