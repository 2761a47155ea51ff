"""A score as reasons that a person can check by eye: part, term, words around it, points."""

from aggregator.match.score import Score
from aggregator.match.view import View
from aggregator.model import Reason


def reasons(view: View, score: Score) -> tuple[Reason, ...]:
    """Return one reason for each part of a score, the weightiest first."""
    found = []
    for part in sorted(score.parts, key=lambda one: -abs(one.points)):
        find = part.find
        term = find.needle.shown if find else ""
        snippet = view.snippet(find.start, find.end) if find else part.note
        field = view.field(find.start) if find else ""
        found.append(Reason(part.name, term, snippet, round(part.points, 2), field))
    return tuple(found)
