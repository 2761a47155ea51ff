"""A mistake in a query as a problem: its line and column, and the line with a caret below it."""

from aggregator.errors import Problem
from aggregator.match.grammar import QueryError

_BEFORE, _SHOWN = 60, 100  # characters of the line before the mistake, and in all


def problem(error: QueryError, query: str, *, file: str = "", line: int = 1, column: int = 1) -> Problem:
    """Place a mistake; `line` and `column` are those of the query's first character in its file."""
    before = query[: error.at]
    number = before.count("\n")
    at = error.at - (before.rfind("\n") + 1)
    first = max(0, at - _BEFORE)
    shown = query.split("\n")[number][first : first + _SHOWN].replace("\t", " ")
    context = f"  {shown}\n  {' ' * (at - first)}^"
    start = column if number == 0 else 1
    return Problem(error.message, file, line + number, start + at, error.hint, context)
