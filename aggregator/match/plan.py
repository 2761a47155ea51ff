"""A query made ready to run: nodes that hold term sets and tests instead of names.

Zones are pushed down to the terms, alternatives merged into one set, so that running a plan walks as
few nodes as possible. A plan knows which patterns a text must hold for it to have a chance.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from math import prod

from aggregator.match.expressions import Expression
from aggregator.match.filters import Test
from aggregator.match.terms import TermSet

_ALTERNATIVES = 8  # combinations of what must be there that are told apart


@dataclass(frozen=True, slots=True)
class Terms:
    """Any term of a set, in a zone ("" is title and text)."""

    terms: TermSet
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, in a zone."""

    expression: Expression
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of the item's attributes."""

    test: Test
    shown: str
    between: tuple[datetime, datetime] | None = None  # what it says of the date: from, and before


@dataclass(frozen=True, slots=True)
class Other:
    """The decision of another topic."""

    topic_id: str


@dataclass(frozen=True, slots=True)
class Without:
    """The opposite of a plan."""

    child: "Plan"


@dataclass(frozen=True, slots=True)
class Every:
    """All of some plans."""

    children: tuple["Plan", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One of some plans."""

    children: tuple["Plan", ...]


@dataclass(frozen=True, slots=True)
class Close:
    """Two plans with finds close together; `reach` in words, or "s", "p"."""

    left: "Plan"
    right: "Plan"
    reach: int | str


Plan = Terms | Pattern | Condition | Other | Without | Every | Any | Close


def required(plan: Plan) -> tuple[frozenset[str], ...]:
    """Return sets of patterns: a text that can match holds one of each; () promises nothing."""
    match plan:
        case Terms(terms):
            return (terms.patterns(),)
        case Every(children):
            return tuple({one for child in children for one in required(child)})
        case Close(left, right):
            return tuple({*required(left), *required(right)})
        case Any(children):
            sets = [required(child) for child in children]
            if prod(map(len, sets)) > _ALTERNATIVES:
                sets = [(rarest(each),) for each in sets]
            # (a b) OR (c d) needs a or c, a or d, b or c, b or d.
            return tuple({frozenset().union(*each) for each in product(*sets)}) if all(sets) else ()
        case _:
            return ()


def rarest(needed: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the set that fewest texts hold, for all that one can tell: few patterns, long ones."""
    return min(needed, key=lambda patterns: (len(patterns), -min(map(len, patterns), default=0)))


def leaves(plan: Plan) -> list[Terms | Pattern]:
    """Return what a plan looks for in the words, each once, what it excludes left out."""
    return list(dict.fromkeys(_leaves(plan)))


def _leaves(plan: Plan) -> Iterator[Terms | Pattern]:
    match plan:
        case Terms() | Pattern():
            yield plan
        case Close(left, right):
            yield from _leaves(left)
            yield from _leaves(right)
        case Any(children) | Every(children):
            for child in children:
                yield from _leaves(child)
        case _:
            return


def term_sets(plan: Plan) -> Iterable[TermSet]:
    """Return every set that a plan looks for."""
    match plan:
        case Terms(terms):
            yield terms
        case Without(child):
            yield from term_sets(child)
        case Every(children) | Any(children):
            for child in children:
                yield from term_sets(child)
        case Close(left, right):
            yield from term_sets(left)
            yield from term_sets(right)
        case _:
            return


def is_positive(plan: Plan) -> bool:
    """Whether a plan asks for something to be there, in each of its alternatives."""
    match plan:
        case Without():
            return False
        case Every(children):
            return any(is_positive(child) for child in children)
        case Any(children):
            return all(is_positive(child) for child in children)
        case _:
            return True
