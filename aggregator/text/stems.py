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
    return str(_stemmer(lang).stemWord(word))
