"""Whether a plan holds for a document, and where.

Pure: a plan, a view, the decisions of other topics. A position is a pair (first word, end word). What an
evaluation costs is bounded by the number of places of each term that it looks at.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from aggregator.match.plan import Any, Close, Condition, Every, Other, Pattern, Plan, Terms, Without
from aggregator.match.terms import STRONG, Needle, TermSet
from aggregator.match.view import MOST, Find, View

Span = tuple[int, int]

_SHOWN = 200  # places of a side that are looked at for the pair that is shown


@dataclass(slots=True)
class Evaluation:
    """The evaluation of plans on one document; remembers what it has found."""

    view: View
    decided: Mapping[str, bool]
    firm: TermSet | None = None  # words that give an ambiguous name away as a company's
    companies: TermSet | None = None  # whom else a description may mean
    most: int = MOST  # places of each term that are looked at
    _finds: dict[Terms | Pattern, tuple[Find, ...]] = field(default_factory=dict)
    _spans: dict[Plan, list[Span]] = field(default_factory=dict)

    def within(self, most: int) -> "Evaluation":
        """Return an evaluation of the same document that looks at so many places of each term."""
        if most == self.most:
            return self
        return Evaluation(self.view, self.decided, self.firm, self.companies, most)

    def holds(self, plan: Plan) -> bool:
        """Whether the document satisfies the plan."""
        match plan:
            case Terms() | Pattern():
                return bool(self.finds(plan))
            case Condition(test):
                return test(self.view.document)
            case Other(topic_id):
                return self.decided.get(topic_id, False)
            case Without(child):
                return not self.holds(child)
            case Every(children):
                return all(self.holds(child) for child in children)
            case Any(children):
                return any(self.holds(child) for child in children)
            case Close():
                return any(True for _ in self._joined(plan))

    def finds(self, leaf: Terms | Pattern) -> tuple[Find, ...]:
        """Return the finds of a leaf within its zone, in order."""
        found = self._finds.get(leaf)
        if found is None:
            found = self._finds[leaf] = self._zoned(self._search(leaf), leaf.zone)
        return found

    def _search(self, leaf: Terms | Pattern) -> tuple[Find, ...]:
        if isinstance(leaf, Pattern):
            return tuple(self._expression_finds(leaf))
        view = self.view
        finds = view.occurrences(leaf.terms, self.most)
        if finds and leaf.terms.has_ambiguous:
            firm, companies = (view.occurrences(one) if one else () for one in (self.firm, self.companies))
            return view.in_company(finds, leaf.terms, firm, companies)
        return finds

    def _expression_finds(self, leaf: Pattern) -> list[Find]:
        document = self.view.document
        shown = Needle(leaf.expression.shown, "", 1, STRONG)
        finds = []
        for in_title, text in ((True, document.title), (False, document.text)):
            for start, end in leaf.expression.spans(text):
                if place := self.view.words_between(start, end, in_title=in_title):
                    finds.append(Find(*place, shown))
        return finds

    def _zoned(self, finds: tuple[Find, ...], zone: str) -> tuple[Find, ...]:
        border, lead = self.view.border, self.view.lead_end
        match zone:
            case "title":
                return tuple(find for find in finds if find.start < border)
            case "lead":
                return tuple(find for find in finds if border < find.start < lead)
            case "text":
                return tuple(find for find in finds if find.start > border)
            case _:
                return finds

    def spans(self, plan: Plan) -> list[Span]:
        """Return where a plan of terms holds, in order; of a NEAR the places that no other one includes."""
        found = self._spans.get(plan)
        if found is None:
            match plan:
                case Terms() | Pattern():
                    found = [(find.start, find.end) for find in self.finds(plan)]
                case Any(children):
                    found = sorted({span for child in children for span in self.spans(child)})
                case Close():
                    found = _widest(set(self._joined(plan)))
                case _:
                    found = []
            self._spans[plan] = found
        return found

    def _joined(self, close: Close) -> Iterator[Span]:
        """Join each place of the left side with partners of the right that are near enough.

        Not with all: those that reach furthest to either side, since whatever is near a place is near a
        wider one too; and its neighbours, in case it is the furthest itself.
        """
        left, right = self.spans(close.left), self.spans(close.right)
        if not left or not right:
            return
        starts = [start for start, _ in right]
        furthest = list(accumulate(right, _further))
        by_end = sorted(right, key=lambda span: span[1])
        ends = [end for _, end in by_end]
        earliest = list(accumulate(reversed(by_end), min))[::-1]
        for span in left:
            low, high = self._window(span, close.reach)
            at = bisect_left(right, span)
            partners = right[max(0, at - 1) : at + 2]
            if before := bisect_left(starts, high):
                partners.append(furthest[before - 1])
            if (after := bisect_left(ends, low)) < len(ends):
                partners.append(earliest[after])
            for other in partners:
                if other != span and other[0] < high and other[1] >= low:
                    yield min(span[0], other[0]), max(span[1], other[1])

    def _window(self, span: Span, reach: int | str) -> Span:
        """Return two words: what starts before the second and ends at the first or later is near."""
        if isinstance(reach, int):
            units = self.view.units
            room = 2 * (reach - 1)
            return bisect_left(units, units[span[0]] - room), bisect_right(units, units[span[1]] + room)
        numbers = self.view.sentences if reach == "s" else self.view.paragraphs
        first, last = numbers[span[0]], numbers[span[1] - 1]
        return bisect_left(numbers, first) + 1, bisect_right(numbers, last)

    def shortest(self, close: Close) -> Span | None:
        """Return the closest pair of a NEAR, for show: of the first places that it holds at."""
        left, right = self.spans(close.left)[:_SHOWN], self.spans(close.right)[:_SHOWN]
        pairs: list[Span] = []
        for span in left:
            low, high = self._window(span, close.reach)
            at = bisect_left(right, span)
            pairs += [
                (min(span[0], other[0]), max(span[1], other[1]))
                for other in right[max(0, at - 1) : at + 2]
                if other != span and other[0] < high and other[1] >= low
            ]
        return min(pairs, key=lambda pair: (pair[1] - pair[0], pair), default=None)


def _further(one: Span, two: Span) -> Span:
    return two if two[1] > one[1] else one


def _widest(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one[0], -one[1])):
        if not kept or span[1] > kept[-1][1]:
            kept.append(span)
    return kept
