"""One query against stored texts: the language of topics, whether it holds and where, without a score."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from ahocorasick_rs import AhoCorasick, Implementation

from aggregator.config.schema import TermList
from aggregator.errors import Problem
from aggregator.match import mistakes, narrow
from aggregator.match.compile import Compiler, Query
from aggregator.match.evaluate import Evaluation
from aggregator.match.explain import passages
from aggregator.match.grammar import QueryError
from aggregator.match.lists import Lists
from aggregator.match.plan import term_sets
from aggregator.match.terms import TermSet
from aggregator.match.view import View
from aggregator.model import Document, Narrowing, Passage


@dataclass(frozen=True, slots=True)
class Search:
    """A compiled query."""

    query: Query
    automaton: AhoCorasick
    patterns: tuple[str, ...]
    firm: TermSet | None
    companies: TermSet | None
    narrowing: Narrowing | None  # what to ask of the index; None: it cannot help
    published: tuple[datetime | None, datetime | None]  # from, and before

    @property
    def printed(self) -> str:
        """The query as it was understood."""
        return self.query.printed

    @property
    def needs(self) -> tuple[str, ...]:
        """The topics whose decisions it asks for."""
        return self.query.needs

    def may_hold(self, document: Document, decided: Mapping[str, bool]) -> bool:
        """Tell whether it can hold by what is known without the words."""
        return narrow.may_hold(self.query.plan, document, decided)

    def find(self, document: Document, decided: Mapping[str, bool]) -> tuple[Passage, ...] | None:
        """Return some of the places that make it hold; None where it does not."""
        view = View(document)
        view.search(self.automaton, self.patterns)
        evaluation = Evaluation(view, decided, self.firm, self.companies, self.query.most)
        return passages(evaluation, self.query.plan) if evaluation.holds(self.query.plan) else None


def compile_search(text: str, lists: Mapping[str, TermList], topic_ids: Collection[str]) -> Search | Problem:
    """Compile a query, or say what is wrong with it and where."""
    known = Lists(lists)
    try:
        query = Compiler(known, topic_ids).compile(text)
    except QueryError as error:
        return mistakes.problem(error, text)
    sets = set(term_sets(query.plan))
    has_ambiguous = any(one.has_ambiguous for one in sets)
    firm, companies = (
        known.get(name) if has_ambiguous and name in known else None for name in ("firm", "companies")
    )
    sets |= {one for one in (firm, companies) if one}
    patterns = tuple(sorted({one for each in sets for one in each.needles.patterns | each.masks.patterns}))
    return Search(
        query,
        AhoCorasick(patterns, implementation=Implementation.ContiguousNFA),
        patterns,
        firm,
        companies,
        narrow.narrowing(query.plan),
        narrow.dates(query.plan),
    )
