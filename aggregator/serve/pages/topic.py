"""A topic to read: its entries, and what it nearly took."""

from itertools import groupby

from aggregator.pipeline import overview
from aggregator.pipeline import topics as asking
from aggregator.pipeline.overview import Entry
from aggregator.pipeline.parts import Parts
from aggregator.publish import legal
from aggregator.serve.pages.home import feeds
from aggregator.serve.pages.page import Page, lost, number

_ENTRIES = 30  # on a page
_MISSES = 50
_UNKNOWN = "There is no topic of that name. It may have been renamed or taken out of the configuration."


async def page(parts: Parts, topic_id: str, before: str | None) -> Page:
    """Return a topic's entries, those `before` a place in its feed where one is given."""
    topic = parts.topic_configs.get(topic_id)
    below = number(before)
    if topic is None or (before is not None and below is None):
        return lost("No such topic", _UNKNOWN)
    found, older = await parts.gate.look(
        overview.entries, parts.sources, topic_id, below=below, limit=_ENTRIES
    )
    return Page(
        "topic.html",
        {
            "here": "topics",
            "topic": topic,
            "query": parts.topics.printed(topic_id),
            "days": [(entries[0].lead.item.first_seen_at, entries) for entries in _by_day(found)],
            "older": older,
            "is_first": below is None,
            "feeds": feeds(parts, topic_id),
        },
    )


def _by_day(entries: tuple[Entry, ...]) -> list[list[Entry]]:
    days = groupby(entries, key=lambda entry: legal.utc(entry.lead.item.first_seen_at).date())
    return [list(group) for _, group in days]


async def misses(parts: Parts, topic_id: str) -> Page:
    """Return what a topic nearly took, the nearest first, each with its reasons."""
    topic = parts.topic_configs.get(topic_id)
    if topic is None:
        return lost("No such topic", _UNKNOWN)
    found = await parts.gate.look(asking.misses, parts.topics, parts.sources, topic_id, None, limit=_MISSES)
    return Page("misses.html", {"here": "topics", "topic": topic, "found": found, "most": _MISSES})
