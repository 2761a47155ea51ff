"""Keys under which near-identical texts meet in an index: a digest, and MinHash bands.

Two sets of bands: the body's, and those of the first words, which find truncated copies. A shared
band makes a candidate, never a copy: `copies` decides on the texts. MinHash and its banding: Broder
1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3.
"""

import struct
from hashlib import blake2b

from rensa import RMinHash

from aggregator.model import Tokens

MIN_TOKENS = 12  # below this equal texts prove nothing: "Page not found", "Subscribe to read"
_ROWS = 3
_BODY_BANDS, _LEAD_BANDS = 16, 8
_LEAD, _LEAD_HAN = 40, 60  # tokens
_SEED = 20_240_229  # fixed for ever: signatures of different years are compared
_HAN_LANGUAGES = frozenset(("zh", "ja"))


def digest(tokens: Tokens) -> str:
    """Return a digest of the folded words; "" for a text of fewer than 12."""
    if len(tokens.words) < MIN_TOKENS:
        return ""
    return blake2b(" ".join(tokens.words).encode("utf-8", "replace"), digest_size=16).hexdigest()


def bands(tokens: Tokens, lang: str | None) -> tuple[int, ...]:
    """Return the band keys of a text, signed 64-bit; () for a text of fewer than 12 tokens."""
    words = tokens.words
    if len(words) < MIN_TOKENS:
        return ()
    is_han = lang in _HAN_LANGUAGES or is_mostly_han(words)
    lead = words[: _LEAD_HAN if is_han else _LEAD]
    return (*_keys(words, is_han, _BODY_BANDS, b"body"), *_keys(lead, is_han, _LEAD_BANDS, b"lead"))


def is_mostly_han(words: tuple[str, ...]) -> bool:
    """Tell whether most words are single Han characters or kana."""
    if not words or max(words) < "\u3000":
        return False
    return 2 * sum(len(word) == 1 and word > "\u2fff" for word in words) > len(words)


def _keys(words: tuple[str, ...], is_han: bool, count: int, name: bytes) -> list[int]:
    size = 3 if is_han else 2
    shingles = ["\0".join(gram) for gram in zip(*(words[start:] for start in range(size)), strict=False)]
    minhash = RMinHash(num_perm=count * _ROWS, seed=_SEED)
    minhash.update(shingles)
    values = minhash.digest()
    keys = []
    for band in range(count):
        row = struct.pack(f"<B{_ROWS}Q", band, *values[band * _ROWS : (band + 1) * _ROWS])
        keys.append(int.from_bytes(blake2b(row, digest_size=8, person=name).digest(), "little", signed=True))
    return keys
