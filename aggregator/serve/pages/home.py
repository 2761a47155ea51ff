"""The first page: every topic with what it brought lately, its newest headlines and where to subscribe."""

from dataclasses import dataclass
from datetime import timedelta

from aggregator.pipeline import overview
from aggregator.pipeline.parts import Parts
from aggregator.publish import FORMATS
from aggregator.publish.formats import LABELS, MEDIA_TYPES, file_name
from aggregator.serve.pages.charts import bars
from aggregator.serve.pages.page import Page, lost, number

_TOPICS = 60  # on a page


async def page(parts: Parts, asked: str | None) -> Page:
    """Return one page of the topics, in the order of the configuration."""
    wanted = 1 if asked is None else number(asked)
    every = tuple(parts.topic_configs.values())
    last = max(1, -(-len(every) // _TOPICS))
    if wanted is None or not 1 <= wanted <= last:
        return lost("No such page", "There are fewer topics than that.")
    chosen = every[(wanted - 1) * _TOPICS : wanted * _TOPICS]
    now = parts.clock.now()
    found = await parts.gate.look(overview.topics, parts.sources, chosen, now)
    first = now - timedelta(days=overview.DAYS - 1)
    return Page(
        "home.html",
        {
            "here": "topics",
            "topics": [
                {
                    "busy": busy,
                    "bars": (drawn := bars(busy.days)),
                    "busiest": first + timedelta(days=drawn.most_at),
                    "feeds": feeds(parts, busy.topic.id),
                }
                for busy in found
            ],
            "page": wanted,
            "last": last,
        },
    )


@dataclass(frozen=True, slots=True)
class Feed:
    """A file to subscribe to."""

    label: str
    name: str
    type: str


def feeds(parts: Parts, topic_id: str) -> list[Feed]:
    """Return the files in which a topic is published."""
    formats = (fmt for fmt in FORMATS if fmt in parts.config.publish.formats)
    return [Feed(LABELS[fmt], file_name(topic_id, fmt), MEDIA_TYPES[fmt]) for fmt in formats]
