"""Tree -> plan: names resolved, zones pushed down, mistakes found and placed.

Also decides what a query is about: the first thing asked for is the subject, what must stand with it
is the context; each alternative at the top is a route of its own. The score is built on these.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from aggregator.match.expressions import expression
from aggregator.match.filters import condition, date_range
from aggregator.match.grammar import QueryError, nearest, parse
from aggregator.match.lists import Lists
from aggregator.match.plan import (
    Any,
    Close,
    Condition,
    Every,
    Other,
    Pattern,
    Plan,
    Terms,
    Without,
    is_positive,
    leaves,
    term_sets,
)
from aggregator.match.terms import STRONG, Needles, TermSet, needle
from aggregator.match.tree import And, Filter, In, ListRef, Near, Node, Not, Or, Regex, Term, TopicRef, show
from aggregator.match.view import MOST

_EXPRESSIONS = 20  # of one query: each may take its whole time limit on every text
_TOLD = 20  # further mistakes of a query
_ROUTES = 30  # that are scored apart
_PLACES, _FEWEST = 200_000, 50  # places that a query looks at in a text: in all, and of each term


@dataclass(frozen=True, slots=True)
class Route:
    """One way into a topic: what it is about, and what has to stand with it."""

    subject: tuple[Terms | Pattern, ...]
    context: tuple[Terms | Pattern, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query."""

    plan: Plan
    routes: tuple[Route, ...]
    printed: str
    needs: tuple[str, ...]  # other topics
    most: int  # places of each term that are looked at in a text


class Compiler:
    """Compiles queries against one configuration; equal term sets are shared."""

    def __init__(self, lists: Lists, topic_ids: Collection[str]) -> None:
        self._lists = lists
        self._topic_ids = topic_ids
        self._sets: dict[tuple[Term, ...], TermSet] = {}
        self._expressions = 0  # of the query that is being compiled
        self._mistakes: list[QueryError] = []

    def compile(self, text: str) -> Query:
        """Compile a query; raises QueryError for the first mistake, which knows those that go with it."""
        tree = parse(text)
        needs: list[str] = []
        self._expressions = 0
        self._mistakes = []
        plans = self._plans((tree,), "", needs)
        if self._mistakes:
            first, *others = sorted(self._mistakes, key=lambda one: one.at)
            first.others = tuple(others[:_TOLD])
            raise first
        plan = plans[0]
        if not is_positive(plan):
            raise QueryError("the query only excludes", 0, "say first what you look for")
        # A text that repeats all terms of a long query over and over must not cost their product.
        most = min(MOST, max(_FEWEST, _PLACES // max(1, _size(plan))))
        return Query(plan, _few(_routes(plan)), show(tree), tuple(dict.fromkeys(needs)), most)

    def _plans(self, children: Iterable[Node], zone: str, needs: list[str]) -> tuple[Plan, ...]:
        """Make plans of those without a mistake, and note the mistakes of the others."""
        plans = []
        for child in children:
            try:
                plans.append(self._plan(child, zone, needs))
            except QueryError as error:
                self._mistakes.append(error)
        return tuple(plans)

    def _plan(self, node: Node, zone: str, needs: list[str]) -> Plan:
        match node:
            case Term():
                return Terms(self._terms((node,)), zone)
            case ListRef(name, weight):
                if name not in self._lists:
                    hint = nearest(name, self._lists.names(), before="@")
                    raise QueryError(f"there is no list @{name}", node.at, hint)
                return Terms(self._lists.get(name, weight), zone)
            case Regex(pattern):
                return self._pattern(pattern, node.at, zone)
            case TopicRef(topic_id):
                if topic_id not in self._topic_ids:
                    raise QueryError(
                        f"there is no topic {topic_id!r}", node.at, nearest(topic_id, self._topic_ids)
                    )
                needs.append(topic_id)
                return Other(topic_id)
            case Filter(field, value):
                between = date_range(value, node.at) if field == "date" else None
                return Condition(condition(field, value, node.at), show(node), between)
            case In(inner, child):
                if zone and zone != inner:
                    raise QueryError(f"{inner}: inside {zone}: can never match", _at(child))
                return self._plan(child, inner, needs)
            case Not(child):
                return Without(self._plan(child, zone, needs))
            case And(children):
                return Every(self._plans(children, zone, needs))
            case Or(children):
                return self._either(children, zone, needs)
            case Near(left, right, reach):
                for side in (left, right):
                    _check_side(side, node.at)
                return Close(self._plan(left, zone, needs), self._plan(right, zone, needs), reach)

    def _pattern(self, pattern: str, at: int, zone: str) -> Pattern:
        self._expressions += 1
        if self._expressions > _EXPRESSIONS:
            raise QueryError(
                f"more than {_EXPRESSIONS} regular expressions", at, "write words and word* in a list"
            )
        return Pattern(expression(pattern, at), zone)

    def _either(self, children: tuple[Node, ...], zone: str, needs: list[str]) -> Plan:
        words = tuple(child for child in children if isinstance(child, Term))
        rest = self._plans((child for child in children if not isinstance(child, Term)), zone, needs)
        merged: tuple[Plan, ...] = (Terms(self._terms(words), zone),) if words else ()
        plans = merged + rest
        return plans[0] if len(plans) == 1 else Any(plans)

    def _terms(self, words: tuple[Term, ...]) -> TermSet:
        found = self._sets.get(words)
        if found is None:
            needles = {one.shown: one for one in (needle(word, STRONG) for word in words)}
            found = self._sets[words] = TermSet(words[0].text, Needles(needles.values()))
        return found


def _at(node: Node) -> int:
    return getattr(node, "at", 0)


def _check_side(node: Node, at: int) -> None:
    match node:
        case Term() | ListRef() | Regex() | Near():
            return
        case Or(children):
            for child in children:
                _check_side(child, at)
        case And():
            raise QueryError(
                "NEAR takes terms, lists and groups joined by OR", at, "(a NEAR/8 b) (a NEAR/8 c) for both"
            )
        case Not():
            raise QueryError("NEAR cannot be combined with - inside", at, "a -(a NEAR/8 b)")
        case _:
            raise QueryError("NEAR takes terms, lists and groups joined by OR", at, "title:(a NEAR/8 b)")


def _size(plan: Plan) -> int:
    """Count the terms and groups of a plan."""
    return sum(1 for _ in term_sets(plan))


def _few(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Drop repeated routes; of very many, the last ones are taken together."""
    apart = list(dict.fromkeys(routes))
    if len(apart) <= _ROUTES:
        return tuple(apart)
    rest = apart[_ROUTES - 1 :]
    subject = dict.fromkeys(leaf for route in rest for leaf in route.subject)
    context = dict.fromkeys(leaf for route in rest for leaf in route.context)
    return (*apart[: _ROUTES - 1], Route(tuple(subject), tuple(context)))


def _routes(plan: Plan) -> list[Route]:
    """Split a plan into routes; conditions, exclusions and other topics belong to none."""
    match plan:
        case Terms() | Pattern():
            return [Route((plan,), ())]
        case Close(left, right):
            first = leaves(left)
            return [Route(tuple(first), tuple(leaves(right)))]
        case Any(children):
            plain = [child for child in children if isinstance(child, Terms | Pattern)]
            routes = [Route(tuple(plain), ())] if plain else []
            for child in children:
                if not isinstance(child, Terms | Pattern):
                    routes += _routes(child)
            return routes
        case Every(children):
            return _joined(children)
        case _:
            return []


def _joined(children: tuple[Plan, ...]) -> list[Route]:
    """The first conjunct with terms says what it is about; terms of the others are context, each once."""
    routes: list[Route] = []
    more: dict[Terms | Pattern, None] = {}
    for child in children:
        if routes:
            more |= dict.fromkeys(leaves(child))
        else:
            routes = _routes(child)
    return [Route(route.subject, tuple(dict.fromkeys(route.context) | more)) for route in routes]
