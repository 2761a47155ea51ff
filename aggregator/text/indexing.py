"""Folded words as keys of a search index: what a text holds, and what a phrase asks for.

A key stands for each word: itself, or for a Han character the character with its right neighbour, since
single ones are in nearly every text. Keys narrow a search and decide nothing: they know no order, no
distance and no sentence. Both sides of the index are made here, so that they cannot disagree.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from aggregator.model import Key, Tokens

EVERYTHING = "_all_"  # the one key of a text with too many: it is a candidate for every search
_TITLE = "_"  # put before the keys of a title, which are also there without; begins no other key
_LONGEST = 40  # characters of a key; longer words are cut on both sides
_MOST_BYTES = 500_000  # of one text; PostgreSQL takes 1 MB
_FIRST_HAN = "\u3005"  # the first sign that `tokens` makes a word of its own
# Folding leaves signs in a few words (`⑴`, `ﷺ`); to an index they would be ends of keys.
_SIGN = re.compile(r"[\x00-\x09\x0b-\x20!-+/:-@\[-`{-\x7f-]")


def index_keys(title: Tokens, text: Tokens) -> str:
    """Return the keys of a text, each once, parted by blanks."""
    in_title = _keys(title.words)
    keys = "\n".join(sorted(in_title | _keys(text.words)))
    # One substitution for all: a line feed is in no word.
    kept = _SIGN.sub("-", keys).split("\n") if keys else []
    marked = [_TITLE + key for key in _SIGN.sub("-", "\n".join(sorted(in_title))).split("\n") if key]
    found = " ".join(dict.fromkeys((*kept, *marked)))
    return EVERYTHING if len(found.encode("utf-8", "replace")) > _MOST_BYTES else found


def phrase_keys(words: Sequence[str], *, is_prefix: bool, in_title: bool = False) -> tuple[Key, ...]:
    """Return keys that every text with these words in a row holds; the last word may be a beginning."""
    sign = _TITLE if in_title else ""
    found = []
    last = len(words) - 1
    for at, word in enumerate(words):
        key, is_open = word[:_LONGEST], False
        if _is_han(word):
            # What follows the last character is not known, and what a beginning goes on to neither.
            is_open = at == last or (is_prefix and at == last - 1)
            if not is_open:
                key = _pair(word, words[at + 1])
            elif at == last and not is_prefix and at and _is_han(words[at - 1]):
                continue  # the pair before holds it already
        elif at == last:
            is_open = is_prefix
        found.append(Key(sign + _SIGN.sub("-", key), is_open))
    return tuple(dict.fromkeys(found))


def _keys(words: Sequence[str]) -> set[str]:
    if not words:
        return set()
    if max(words) < _FIRST_HAN:  # no word begins so late: most texts hold no Han character
        return {word[:_LONGEST] for word in words}
    keys = {_pair(word, follower) if _is_han(word) else word[:_LONGEST] for word, follower in pairwise(words)}
    return {*keys, words[-1][:_LONGEST]}


def _pair(word: str, follower: str) -> str:
    return word + follower if _is_han(follower) else word


def _is_han(word: str) -> bool:
    return len(word) == 1 and word >= _FIRST_HAN
