"""Light stemming of folded words, where a query asks for it (`~amende` finds amendes).

Snowball's stemmers for the languages our lists are written in; a word in any other language is its
own stem. It does not guess the language of a text.
"""

from functools import lru_cache

import Stemmer

_NAMES = {"fr": "french", "en": "english", "de": "german", "es": "spanish", "it": "italian", "nl": "dutch",
          "pt": "portuguese"}  # fmt: skip
LANGUAGES = tuple(_NAMES)


@lru_cache(maxsize=len(LANGUAGES))
def _stemmer(lang: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_NAMES[lang], 0)  # without a cache of its own: `stem` has one


@lru_cache(maxsize=8192)  # words that come again; a word costs a microsecond
def stem(word: str, lang: str) -> str:
    """Return the stem of a folded word; accents are gone, so stems serve comparison only."""
    if lang not in _NAMES or len(word) > 60:
        return word
    if lang == "fr":
        word = _unaccented(word)
    return str(_stemmer(lang).stemWord(word))


def _unaccented(word: str) -> str:
    """Spare the French stemmer the endings that it knows by their accents alone (`condamnées`)."""
    for ending, kept in (("ees", "e"), ("ee", "e"), ("ieres", "ier"), ("iere", "ier")):
        if len(word) > len(ending) + 2 and word.endswith(ending):
            return word.removesuffix(ending) + kept
    return word


def beginning(word: str) -> str:
    """Return what all words of the same stem begin with, in any language."""
    stems = [stem(word, lang) for lang in LANGUAGES]
    # `chevaux` goes with `cheval`: the only stem that ends otherwise than its words.
    plurals = [f"{one[:-1]}u" for one in stems if one.endswith("al")]
    words = [word, *stems, *plurals]
    first, last = min(words), max(words)
    pairs = zip(first, last, strict=False)
    shared = first[: next((at for at, (one, two) in enumerate(pairs) if one != two), len(first))]
    return shared if len(shared) > 2 else word[:3]
