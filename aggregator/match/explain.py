"""Why a query holds for a text or does not: its clauses one by one, with the words that were found.

Runs on demand, for one document, on the very evaluation that decides: there is no second opinion here.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

from aggregator.match import reasons
from aggregator.match.evaluate import Evaluation
from aggregator.match.plan import Any, Close, Condition, Every, Other, Pattern, Plan, Terms, Without, leaves
from aggregator.match.score import Score, Weights
from aggregator.match.terms import TermSet
from aggregator.match.view import Find, View
from aggregator.model import Clause, Explanation, Passage, Verdict

_PASSAGES = 3  # of a query or clause
_SHOWN = 4  # terms of a group
_MOST = 200  # places of each side that are held against one another
_CLAUSES = 100  # of a query
_WAYS = 100  # alternatives that are looked at
_LEAVES = 500  # terms and groups of a query whose places are looked at
_PLACES = 100  # of each


def explanation(
    view: View, weights: Weights, score: Score | None, refused: str, clauses: tuple[Clause, ...]
) -> Explanation:
    """Put a decision into words, names of topic and version apart; no score: the query does not hold."""
    verdict = Verdict.REJECTED
    if score is None:
        missing = [clause for clause in clauses if not clause.is_held]
        why = f"the topic does not look at it ({refused})" if refused else _missing(missing)
    elif score.total >= weights.threshold:
        verdict = Verdict.MATCHED
        why = f"score {score.total:.1f}, published from {weights.threshold:g}"
    else:
        verdict = Verdict.NEAR_MISS if score.total >= weights.near_miss else Verdict.REJECTED
        why = f"the query holds, but score {score.total:.1f} is less than {weights.threshold:g}"
    return Explanation(
        topic_id="",
        topic_version="",
        verdict=verdict,
        score=round(score.total, 2) if score else None,
        threshold=weights.threshold,
        near_miss=weights.near_miss,
        why=why,
        reasons=reasons.reasons(view, score) if score else (),
        clauses=clauses,
    )


def _missing(missing: Sequence[Clause]) -> str:
    told = (f"{clause.shown} ({clause.note})" if clause.note else clause.shown for clause in missing)
    return f"the query does not hold: no {', no '.join(told)}"


def clauses(evaluation: Evaluation, plan: Plan) -> tuple[Clause, ...]:
    """Take a plan apart into what it asks for, each with what was found of it."""
    parts = _parts(evaluation, plan)
    if len(parts) > _CLAUSES:
        parts = tuple(sorted(parts, key=evaluation.holds))[:_CLAUSES]  # what is missing comes first
    return tuple(_clause(evaluation, part) for part in parts)


def _parts(evaluation: Evaluation, plan: Plan) -> tuple[Plan, ...]:
    """Return what must be there together: of alternatives, those of the one that is there most."""
    if isinstance(plan, Every):
        return plan.children
    if isinstance(plan, Any):
        ways = [_parts(evaluation, child) for child in plan.children[:_WAYS]]
        if any(len(way) > 1 for way in ways):
            return max(ways, key=lambda way: sum(map(evaluation.holds, way)) / len(way))
    return (plan,)


def _clause(evaluation: Evaluation, part: Plan) -> Clause:
    is_held = evaluation.holds(part)
    note = ""
    if not is_held and isinstance(part, Close):
        note = _apart(evaluation, part)
    elif not is_held and isinstance(part, Without):
        return Clause(show(part), False, passages(evaluation, part.child), "is there")
    return Clause(show(part), is_held, passages(evaluation, part), note)


def _apart(evaluation: Evaluation, close: Close) -> str:
    """Say which side of a NEAR is missing, or how far apart the two are at best."""
    left, right = evaluation.spans(close.left), evaluation.spans(close.right)
    absent = [show(side) for side, spans in ((close.left, left), (close.right, right)) if not spans]
    if absent:
        return f"without {' and '.join(absent)}"
    if isinstance(close.reach, str):
        return "both are there, in no sentence together" if close.reach == "s" else "in no paragraph together"
    units = evaluation.view.units
    gaps = [
        max(0, units[max(one[0], two[0])] - units[min(one[1], two[1])])
        for one in left[:_MOST]
        for two in right[:_MOST]
        if (one[0] < evaluation.view.border) == (two[0] < evaluation.view.border)
    ]
    return f"{min(gaps) / 2:.0f} words apart at best" if gaps else "one in the title, one in the text"


def passages(evaluation: Evaluation, plan: Plan, most: int = _PASSAGES) -> tuple[Passage, ...]:
    """Return where a plan's words stand, each term once, those of the text before those of the title."""
    view = evaluation.view
    found: dict[str, Passage] = {}

    def keep(term: str, start: int, end: int) -> None:
        if len(found) < most and not any(term in known for known in found):
            found[term] = Passage(term, view.field(start), view.snippet(start, end))

    for close in islice(dict.fromkeys(_closes(plan)), _CLAUSES):
        pair = evaluation.shortest(close) if len(found) < most else None
        if pair:
            start, end = pair
            inside = (
                find.needle.shown
                for leaf in leaves(close)[:_LEAVES]
                for find in evaluation.finds(leaf)
                if start <= find.start and find.end <= end
            )
            keep(" … ".join(dict.fromkeys(inside)), start, end)
    if len(found) < most:
        first = [find for leaf in leaves(plan)[:_LEAVES] for find in _first(view, evaluation.finds(leaf))]
        for find in sorted(first, key=lambda find: (find.start < view.border, find.start)):
            keep(find.needle.shown, find.start, find.end)
    return tuple(found.values())


def _first(view: View, finds: Sequence[Find]) -> Sequence[Find]:
    """Return the first places in the text, or in the title where there are no others."""
    below = bisect_left(finds, view.border, key=lambda find: find.start)
    return finds[below : below + _PLACES] or finds[:_PLACES]


def _closes(plan: Plan) -> Iterator[Close]:
    match plan:
        case Close():
            yield plan
        case Every(children) | Any(children):
            for child in children:
                yield from _closes(child)
        case _:
            return


def show(plan: Plan) -> str:
    """Print a plan much as a query writes it; of long groups the first terms."""
    match plan:
        case Terms(terms, zone):
            return f"{zone}:{_terms(terms)}" if zone else _terms(terms)
        case Pattern(expression, zone):
            return f"{zone}:{expression.shown}" if zone else expression.shown
        case Condition(_, shown):
            return shown
        case Other(topic_id):
            return f"topic:{topic_id}"
        case Without(child):
            return f"-{show(child)}"
        case Close(left, right, reach):
            return f"{show(left)} NEAR/{reach} {show(right)}"
        case Every(children):
            return f"({' '.join(show(child) for child in children)})"
        case Any(children):
            return f"({' OR '.join(show(child) for child in children)})"


def _terms(terms: TermSet) -> str:
    if terms.name.startswith("@"):
        return terms.name
    names = terms.needles.shown
    if len(names) == 1:
        return names[0]
    return f"({' OR '.join(names[:_SHOWN])}{' OR …' if len(names) > _SHOWN else ''})"
