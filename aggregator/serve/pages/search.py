"""Search: a box in the language of topics, what it finds, and where a query goes wrong."""

from urllib.parse import urlencode

from aggregator.config.schema import Config
from aggregator.errors import Problem
from aggregator.match import compile_search
from aggregator.pipeline import search
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.queries import Json
from aggregator.serve.pages.page import Page
from aggregator.store import Connection

LONGEST = 1000  # characters of a query
_FOUND = 30
_BOUNDS = search.Bounds(limit=_FOUND, most=5_000, seconds=3.0)


async def page(parts: Parts, query: str | None) -> Page:
    """Return the search page, with what a query finds or what is wrong with it."""
    text = (query or "").strip()
    data: dict[str, object] = {
        "here": "search",
        "query": text[:LONGEST],
        "problem": None,
        "found": None,
        "most": _FOUND,
        "lists": sorted(parts.config.lists),
        "titles": {topic.id: topic.title for topic in parts.config.topics},
        "feed": urlencode({"q": text}),
    }
    if len(text) > LONGEST:
        problem = Problem(f"a query has at most {LONGEST:,} characters, this one has {len(text):,}", "")
        return Page("search.html", {**data, "problem": problem})
    if not text:
        return Page("search.html", data)
    answer = await parts.gate.look(_search, parts.config, text, parts)
    if isinstance(answer, Problem):
        return Page("search.html", {**data, "problem": answer})
    return Page("search.html", {**data, "found": answer})


def _search(connection: Connection, config: Config, text: str, parts: Parts) -> Json | Problem:
    wanted = compile_search(text, config.lists, [topic.id for topic in config.topics])
    if isinstance(wanted, Problem):
        return wanted
    found = search.search(connection, wanted, parts.sources, _BOUNDS, parts.clock.monotonic)
    return search.described(connection, wanted, found, parts.sources)
