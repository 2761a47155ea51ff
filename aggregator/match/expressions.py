"""Regular expressions of a query, run under a time limit.

The engine is `regex`, which takes a time-out (`re` has none and backtracks for ever). An expression
that runs out of time on a text counts as not found there; results are at most 200 finds a text.
"""

from dataclasses import dataclass
from itertools import islice

import regex

from aggregator.match.grammar import QueryError

MAX_PATTERN = 1_000
_SECONDS = 0.05  # for one text; a sane expression takes a thousandth of it
_FINDS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression and how the query writes it."""

    shown: str
    compiled: regex.Pattern[str]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the places found, as offsets."""
        try:
            finds = self.compiled.finditer(text, timeout=_SECONDS, concurrent=False)
            return [match.span() for match in islice(finds, _FINDS) if match.end() > match.start()]
        except TimeoutError:
            return []


def expression(pattern: str, at: int) -> Expression:
    """Compile an expression; letter case is ignored."""
    if len(pattern) > MAX_PATTERN:
        raise QueryError(
            f"a regular expression may have {MAX_PATTERN:,} characters", at, "use a list of terms"
        )
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE | regex.VERSION0)
    except (regex.error, OverflowError, RecursionError) as error:
        raise QueryError(f"regular expression: {error}", at) from None
    if compiled.fullmatch("", timeout=_SECONDS):
        raise QueryError("this regular expression matches nothing at all, that is: everything", at)
    return Expression(f"/{pattern}/", compiled)
