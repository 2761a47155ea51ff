"""Whether a silence is long for who is silent: measured by his own rhythm, never by the clock alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

_FEWEST = 5  # moments that make a rhythm
_GAPS = 6  # usual gaps that may pass
_LONGEST_GAPS = 2  # the longest gap of the past may pass so often: holidays come back
_SHORTEST = timedelta(days=7)


def overdue(moments: Sequence[datetime], now: datetime) -> timedelta | None:
    """Return how long it has been silent, if that is far longer than usual, else None.

    `moments` are the last ones with news, newest first. A week is never long.
    """
    if len(moments) < _FEWEST:
        return None
    gaps = sorted(later - earlier for later, earlier in pairwise(moments))
    silence = now - moments[0]
    usual = gaps[len(gaps) // 2]
    return silence if silence > max(_SHORTEST, _GAPS * usual, _LONGEST_GAPS * gaps[-1]) else None
