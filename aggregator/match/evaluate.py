"""Whether a plan holds for a document, and where.

Pure: a plan, a view, the decisions of other topics. A position is a pair (first word, end word).
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from aggregator.match.plan import Any, Close, Condition, Every, Other, Pattern, Plan, Terms, Without
from aggregator.match.terms import STRONG, Needle, TermSet
from aggregator.match.view import Find, View

Span = tuple[int, int]

_SPANS = 2_000  # places at which a NEAR holds, of one text


@dataclass(slots=True)
class Evaluation:
    """The evaluation of plans on one document; remembers what it has found."""

    view: View
    decided: Mapping[str, bool]
    firm: TermSet | None = None  # words that give an ambiguous name away as a company's
    _finds: dict[Terms | Pattern, tuple[Find, ...]] = field(default_factory=dict)
    _spans: dict[Terms | Pattern, list[Span]] = field(default_factory=dict)

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
                return bool(self.spans(plan, most=1))

    def finds(self, leaf: Terms | Pattern) -> tuple[Find, ...]:
        """Return the finds of a leaf within its zone, in order."""
        found = self._finds.get(leaf)
        if found is None:
            found = self._finds[leaf] = self._zoned(self._search(leaf), leaf.zone)
        return found

    def _search(self, leaf: Terms | Pattern) -> tuple[Find, ...]:
        if isinstance(leaf, Pattern):
            return tuple(self._expression_finds(leaf))
        finds = self.view.occurrences(leaf.terms)
        if finds and leaf.terms.has_ambiguous:
            firm = self.view.occurrences(self.firm) if self.firm else ()
            return self.view.in_company(finds, leaf.terms, firm)
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

    def spans(self, plan: Plan, most: int = _SPANS) -> list[Span]:
        """Return where a plan of terms holds, in order; of a NEAR about `most` places."""
        match plan:
            case Terms() | Pattern():
                found = self._spans.get(plan)
                if found is None:
                    found = self._spans[plan] = [(find.start, find.end) for find in self.finds(plan)]
                return found
            case Any(children):
                return sorted({span for child in children for span in self.spans(child)})
            case Close(left, right, reach):
                return self._close(self.spans(left), self.spans(right), reach, most)
            case _:
                return []

    def _close(self, left: list[Span], right: list[Span], reach: int | str, most: int) -> list[Span]:
        """Join each span of the rarer side with its nearest partner on either side, where near enough.

        A text that repeats both sides over and over says no more after `most` places.
        """
        rare, common = (left, right) if len(left) <= len(right) else (right, left)
        joined: set[Span] = set()
        for span in rare:
            at = bisect_left(common, (span[0], 0))
            for other in common[max(0, at - 1) : at + 2]:
                if other != span and self._is_near(span, other, reach):
                    joined.add((min(span[0], other[0]), max(span[1], other[1])))
            if len(joined) >= most:
                break
        return sorted(joined)

    def _is_near(self, one: Span, two: Span, reach: int | str) -> bool:
        first, second = sorted((one, two))
        if reach == "s":
            return self.view.sentences[first[0]] == self.view.sentences[second[0]]
        if reach == "p":
            return self.view.paragraphs[first[0]] == self.view.paragraphs[second[0]]
        gap = self.view.units[second[0]] - self.view.units[first[1]]
        return isinstance(reach, int) and gap <= 2 * (reach - 1)
