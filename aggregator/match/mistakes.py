"""A mistake in a query as a problem: its line and column, and the line with a caret below it."""

from collections.abc import Sequence

from aggregator.errors import Problem
from aggregator.match.grammar import QueryError

_BEFORE, _SHOWN = 60, 100  # characters of the line before the mistake, and in all


def problem(
    error: QueryError,
    query: str,
    *,
    file: str = "",
    line: int = 1,
    column: int = 1,
    escapes: Sequence[tuple[int, int, int]] = (),
) -> Problem:
    """Place a mistake; `line` and `column` are those of the query's first character in its file.

    `escapes` tell where the query goes on after characters that the file writes otherwise.
    """
    begin = query.rfind("\n", 0, error.at) + 1
    at = error.at - begin
    first = max(0, at - _BEFORE)
    shown = query[begin:].partition("\n")[0][first : first + _SHOWN].replace("\t", " ")
    context = f"  {shown}\n  {' ' * (at - first)}^"
    places = [(0, line, column), *(place for place in escapes if place[0] <= error.at)]
    known, line, column = places[-1]
    since = query[known : error.at]
    breaks = since.count("\n")
    column = len(since) - since.rfind("\n") if breaks else column + len(since)
    return Problem(error.message, file, line + breaks, column, error.hint, context)
