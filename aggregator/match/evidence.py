"""What a route into a topic is scored on: whom it is about, what is said, whom else the text names.

Gathers the finds of one document for one route; `score` weighs them. The shipped lists that the default
score leans on come in here, by their names; an absent list takes no part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from aggregator.match.compile import Query, Route
from aggregator.match.evaluate import Evaluation
from aggregator.match.lists import Lists
from aggregator.match.plan import Pattern, Terms
from aggregator.match.terms import TermSet
from aggregator.match.view import Find, View


@dataclass(frozen=True, slots=True)
class Extras:
    """The lists that take part in every score; None where the configuration has none of that name."""

    companies: TermSet | None = None
    business: TermSet | None = None
    private_suit: TermSet | None = None
    means: TermSet | None = None  # of whoever uses what the topic is about
    aside_before: TermSet | None = None
    aside_after: TermSet | None = None
    firm: TermSet | None = None  # words that give an ambiguous name away as a company's

    def __iter__(self) -> Iterator[TermSet]:
        sets = (
            self.companies,
            self.business,
            self.private_suit,
            self.means,
            self.aside_before,
            self.aside_after,
            self.firm,
        )
        return (one for one in sets if one)


def extras(known: Lists) -> Extras:
    """Take them from a configuration's lists (`private_suit` is @private-suit)."""
    names = [field.name.replace("_", "-") for field in fields(Extras)]
    return Extras(*(known.get(name) if name in known else None for name in names))


def companies(query: Query, shipped: Extras) -> tuple[frozenset[str] | None, ...]:
    """Return the names that each route goes by, where most of them are in @companies; else None."""
    known = shipped.companies.patterns() if shipped.companies else frozenset()
    found: list[frozenset[str] | None] = []
    for route in query.routes:
        sets = [leaf.terms.patterns() for leaf in route.subject if isinstance(leaf, Terms)]
        names = frozenset().union(*sets)
        found.append(names if names and 2 * len(names & known) >= len(names) else None)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The finds that a route is scored on."""

    subject: Sequence[Find]
    context: Sequence[Find]
    others: Sequence[Find] = ()
    business: Sequence[Find] = ()
    private: Sequence[Find] = ()
    means: Sequence[Find] = ()
    is_company: bool = False  # the subject is a company: sentences have owners
    asks_authority: bool = False  # the topic looks for authorities among other things
    is_plain: bool = False  # nothing is asked for beside the subject


def gather(evaluation: Evaluation, route: Route, names: frozenset[str] | None, shipped: Extras) -> Evidence:
    """Gather what a document holds for a route; `names` as `companies` tells them."""
    subject = _finds(evaluation, route.subject)
    context = _beside(subject, _finds(evaluation, route.context)) if route.context else subject
    view = evaluation.view
    others: tuple[Find, ...] = ()
    if names and shipped.companies:
        taken = {word for find in subject for word in range(find.start, find.end)}
        others = tuple(
            find
            for find in view.occurrences(shipped.companies)
            if find.needle.pattern not in names and find.start not in taken
        )
        subject, aside = _asides(view, subject, shipped)
        others += aside
    asks = any(isinstance(leaf, Terms) and leaf.terms.needles.has_authorities for leaf in route.context)
    # What a topic on business itself is about cannot count against it.
    business, private, means = (
        view.occurrences(one) if one and (names or asks) else ()
        for one in (shipped.business, shipped.private_suit, shipped.means)
    )
    is_plain = not route.context
    return Evidence(subject, context, others, business, private, means, bool(names), asks, is_plain)


def _beside(subject: list[Find], context: list[Find]) -> list[Find]:
    """Leave out of the context what is the subject itself: the name of a law tells of no measure."""
    taken = {(find.start, find.end) for find in subject}
    return [find for find in context if (find.start, find.end) not in taken]


def _asides(view: View, subject: list[Find], shipped: Extras) -> tuple[list[Find], tuple[Find, ...]]:
    """Part the names that stand for themselves from those that only serve to describe others."""
    before, after = shipped.aside_before, shipped.aside_after
    ends = {find.end for find in view.occurrences(before)} if before else set()
    starts = {find.start for find in view.occurrences(after)} if after else set()
    if not ends and not starts:
        return subject, ()
    own: list[Find] = []
    aside: list[Find] = []
    for find in subject:
        (aside if find.start in ends or find.end in starts else own).append(find)
    return own, tuple(aside)


def _finds(evaluation: Evaluation, leaves: tuple[Terms | Pattern, ...]) -> list[Find]:
    """All finds of some leaves in order, a shorter one inside a longer one of its kind left out.

    `China's antitrust office` tells of an authority, and of antitrust too.
    """
    finds = sorted(
        (find for leaf in leaves for find in evaluation.finds(leaf)),
        key=lambda find: (find.start, -find.end, -find.needle.weight),
    )
    kept: list[Find] = []
    reach = {True: -1, False: -1}
    for find in finds:
        is_same = bool(kept) and (kept[-1].start, kept[-1].end) == (find.start, find.end)
        if find.end > reach[find.needle.is_authority] and not is_same:
            kept.append(find)
            reach[find.needle.is_authority] = find.end
    return kept
