"""Other scripts in Latin letters, to compare names with: `马云` is `mayun`, as in `Ma Yun`.

Letter by letter, through anyascii; never shown. Han characters are read the Mandarin way, each in its
most usual reading.
"""

from anyascii import anyascii


def romanise(text: str) -> str:
    """Return text in small ASCII letters."""
    return anyascii(text).lower()
