"""All topics of a configuration against one document: a single pass, then only topics with a chance.

`compile_topics` reports every mistake of every query at its place; topics with mistakes are left out.
`Topics.match` is pure and tells matches and near misses with their reasons. It reads no archive and
decides nothing about publication.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from ahocorasick_rs import AhoCorasick, Implementation

from aggregator.config.schema import TermList, TopicConfig
from aggregator.errors import Problem
from aggregator.match import explain, mistakes, narrow, reasons
from aggregator.match.compile import Compiler, Query
from aggregator.match.evaluate import Evaluation
from aggregator.match.evidence import Evidence, Extras, companies, extras, gather
from aggregator.match.grammar import QueryError, nearest
from aggregator.match.lists import Lists
from aggregator.match.plan import rarest, required, term_sets
from aggregator.match.score import MOST, PARTS, THRESHOLDS, Score, Weights, score
from aggregator.match.select import Selection
from aggregator.match.view import View
from aggregator.model import Document, Explanation, Match, Narrowing

# Raised when the same query and lists would decide otherwise than before.
_ENGINE = "3"


@dataclass(frozen=True, slots=True)
class _Topic:
    config: TopicConfig
    query: Query
    weights: Weights
    selection: Selection
    version: str
    companies: tuple[
        frozenset[str] | None, ...
    ]  # by route: the names it goes by, where it is about a company
    needed: tuple[frozenset[str], ...]  # a text that can match holds a pattern of each set


class Topics:
    """Compiled topics."""

    def __init__(self, topics: Sequence[_Topic], extras: Extras) -> None:
        """Build the automaton; `topics` stand in an order in which each comes after those it names."""
        self._topics = {topic.config.id: topic for topic in topics}
        self._extras = extras
        self._ids = tuple(self._topics)
        # Topics by their number: those that a pattern makes possible, with what else they need.
        self._by_pattern: dict[str, list[tuple[int, list[frozenset[str]]]]] = defaultdict(list)
        self._always: list[int] = []
        sets = set(extras)
        for number, topic in enumerate(topics):
            if topic.needed:
                key = rarest(topic.needed)
                others = [patterns for patterns in topic.needed if patterns is not key]
                for pattern in key:
                    self._by_pattern[pattern].append((number, others))
            else:
                self._always.append(number)
            sets.update(term_sets(topic.query.plan))
        self._keys = self._by_pattern.keys()
        self._narrowings: dict[str, Narrowing | None] = {}
        self._patterns = sorted({one for each in sets for one in each.needles.patterns | each.masks.patterns})
        self._automaton = AhoCorasick(self._patterns, implementation=Implementation.ContiguousNFA)

    @property
    def ids(self) -> tuple[str, ...]:
        """The topics, by name."""
        return tuple(sorted(self._topics))

    def config(self, topic_id: str) -> TopicConfig:
        """Return the configuration that a topic was compiled from."""
        return self._topics[topic_id].config

    def printed(self, topic_id: str) -> str:
        """Return a topic's query as it was understood."""
        return self._topics[topic_id].query.printed

    def version(self, topic_id: str) -> str:
        """Return a digest of all that decides: query, lists, points, selectors, other topics."""
        return self._topics[topic_id].version

    def threshold(self, topic_id: str) -> float:
        """Return the least score that a topic publishes."""
        return self._topics[topic_id].weights.threshold

    def only(self, topic_ids: Collection[str]) -> "Topics":
        """Return some of the topics, with those that they name."""
        wanted: set[str] = set()
        waiting = list(topic_ids)
        while waiting:
            topic_id = waiting.pop()
            if topic_id in self._topics and topic_id not in wanted:
                wanted.add(topic_id)
                waiting += self._topics[topic_id].query.needs
        kept = [topic for topic_id, topic in self._topics.items() if topic_id in wanted]
        if len(kept) == len(self._topics):
            return self
        return Topics(kept, self._extras)

    def narrowing(self, topic_ids: Iterable[str]) -> Narrowing | None:
        """Return what every text holds that one of some topics can match; None promises nothing."""
        return narrow.either(self._narrowing(topic_id) for topic_id in topic_ids)

    def _narrowing(self, topic_id: str) -> Narrowing | None:
        """Work out once what a topic asks of the index: a list has hundreds of terms."""
        if topic_id not in self._narrowings:
            plans = {topic_id: topic.query.plan for topic_id, topic in self._topics.items()}
            self._narrowings[topic_id] = narrow.narrowing(plans[topic_id], plans)
        return self._narrowings[topic_id]

    def may_match(self, document: Document) -> bool:
        """Tell whether any topic can match a document, by what is known without the words."""
        return any(
            topic.selection.admits(document) and narrow.may_hold(topic.query.plan, document)
            for topic in self._topics.values()
        )

    def match(self, document: Document) -> tuple[Match, ...]:
        """Return matches and near misses of all topics, by topic name."""
        whole, decided = self._looked_at(document)
        found = []
        for topic_id in self._candidates(whole.view):
            topic = self._topics[topic_id]
            evaluation = whole.within(topic.query.most)
            if topic.selection.admits(document) and evaluation.holds(topic.query.plan):
                best = self._score(evaluation, topic)
                is_match = decided[topic_id] = best.total >= topic.weights.threshold
                if is_match or best.total >= topic.weights.near_miss:
                    why = reasons.reasons(evaluation.view, best)
                    found.append(Match(topic_id, topic.version, is_match, best.total, why))
        return tuple(sorted(found, key=lambda match: match.topic_id))

    def explain(
        self, document: Document, topic_ids: Collection[str] | None = None
    ) -> tuple[Explanation, ...]:
        """Say of topics (None: of all), by name, why they take a document or do not."""
        whole, decided = self._looked_at(document)
        found = []
        for topic_id, topic in self._topics.items():
            evaluation = whole.within(topic.query.most)
            refused = topic.selection.refuses(document)
            is_held = not refused and evaluation.holds(topic.query.plan)
            best = self._score(evaluation, topic) if is_held else None
            decided[topic_id] = best is not None and best.total >= topic.weights.threshold
            if topic_ids is None or topic_id in topic_ids:
                clauses = explain.clauses(evaluation, topic.query.plan)
                shown = explain.explanation(evaluation.view, topic.weights, best, refused, clauses)
                found.append(replace(shown, topic_id=topic_id, topic_version=topic.version))
        return tuple(sorted(found, key=lambda each: each.topic_id))

    def _looked_at(self, document: Document) -> tuple[Evaluation, dict[str, bool]]:
        view = View(document)
        view.search(self._automaton, self._patterns)
        decided: dict[str, bool] = {}
        return Evaluation(view, decided, self._extras.firm, self._extras.companies), decided

    def _candidates(self, view: View) -> list[str]:
        """Return the topics whose required terms occur, each after those it names."""
        occurring = set(view.finds)  # of two sets the smaller one is gone through
        chosen = set(self._always)
        for pattern in self._keys & occurring:
            for number, others in self._by_pattern[pattern]:
                if number not in chosen:
                    for patterns in others:
                        if patterns.isdisjoint(occurring):
                            break
                    else:
                        chosen.add(number)
        return [self._ids[number] for number in sorted(chosen)]

    def _score(self, evaluation: Evaluation, topic: _Topic) -> Score:
        """The best of the routes that lead into the topic."""
        scores = []
        for route, names in zip(topic.query.routes, topic.companies, strict=True):
            evidence = gather(evaluation, route, names, self._extras)
            if evidence.subject:
                scores.append(score(evaluation.view, evidence, topic.weights))
            elif any(evaluation.finds(leaf) for leaf in route.subject):
                scores.append(Score(0.0, ()))  # named only to describe others
        nothing = score(evaluation.view, Evidence((), ()), topic.weights)
        return max(scores, key=lambda one: one.total, default=nothing)


def compile_topics(
    topics: Sequence[TopicConfig], lists: Mapping[str, TermList]
) -> tuple[Topics, tuple[Problem, ...]]:
    """Compile topics; a topic with a mistake is left out and reported at its place."""
    known = Lists(lists)
    for name in lists:
        known.get(name)  # a mistake is reported even where no topic uses the list yet
    compiler = Compiler(known, frozenset(topic.id for topic in topics))
    shipped = extras(known)
    digests = {name: _digest(repr(one.terms)) for name, one in lists.items()}
    everything = _digest(repr(sorted(digests.items())))
    problems: list[Problem] = []
    compiled: dict[str, _Topic] = {}
    for topic in topics:
        problems += _wrong_parts(topic)
        try:
            query = compiler.compile(topic.query)
        except QueryError as error:
            problems += [_problem(topic, one) for one in (error, *error.others)]
            continue
        weights = Weights(**{part: value for part, value in topic.score.items() if part in PARTS})
        # Any list may decide: companies and business words take part in every score.
        decisive = (_ENGINE, topic.query, topic.langs, topic.sources, sorted(topic.score.items()), everything)
        compiled[topic.id] = _Topic(
            topic,
            query,
            weights,
            Selection(topic),
            _digest(repr(decisive)),
            companies(query, shipped),
            required(query.plan),
        )
    ordered = _ordered(compiled, problems)
    problems += known.problems
    return Topics(ordered, shipped), tuple(problems)


def _ordered(compiled: Mapping[str, _Topic], problems: list[Problem]) -> list[_Topic]:
    """Put topics after those they name; leave out and report those that name one another in a circle."""
    graph = {
        topic_id: {need for need in topic.query.needs if need in compiled}
        for topic_id, topic in compiled.items()
    }
    while True:
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            topic = compiled[circle[0]].config
            shown = " → ".join(circle[:12]) + (" …" if len(circle) > 12 else "")
            problems.append(
                Problem(
                    f"topics name one another in a circle: {shown}",
                    topic.file,
                    topic.query_line,
                    topic.query_column,
                    "remove one topic: from a query",
                )
            )
            for topic_id in circle:
                graph.pop(topic_id, None)
            graph = {topic_id: needs & graph.keys() for topic_id, needs in graph.items()}
        else:
            return [_with_needs(compiled[topic_id], compiled) for topic_id in order]


def _with_needs(topic: _Topic, compiled: Mapping[str, _Topic]) -> _Topic:
    """A topic decides anew when one that it names does."""
    if not topic.query.needs:
        return topic
    seen: dict[str, str] = {}
    waiting = list(topic.query.needs)
    while waiting:
        need = waiting.pop()
        if need in compiled and need not in seen:
            seen[need] = compiled[need].version
            waiting += compiled[need].query.needs
    version = _digest(repr((topic.version, sorted(seen.items()))))
    return replace(topic, version=version)


def _wrong_parts(topic: TopicConfig) -> list[Problem]:
    """Mistakes below [score]: parts that there are not, and thresholds that no score can reach."""
    found = []
    for part, value in topic.score.items():
        line, column = topic.score_places.get(part, (None, None))
        if part not in PARTS:
            message, hint = f"[score] has no part {part!r}", nearest(part, PARTS)
        elif part in THRESHOLDS and value > MOST:
            message = f"[score] {part} = {value:g}: no score is higher than {MOST:g}"
            hint = f"write a number from 0 to {MOST:g}"
        else:
            continue
        found.append(Problem(message, topic.file, line, column, hint))
    return found


def _problem(topic: TopicConfig, error: QueryError) -> Problem:
    return mistakes.problem(
        error,
        topic.query,
        file=topic.file,
        line=topic.query_line,
        column=topic.query_column,
        escapes=topic.query_escapes,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
