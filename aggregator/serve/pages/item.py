"""An item to read: its text, its history, who else carries it, and what every topic decided on it."""

import re

from aggregator.pipeline import overview
from aggregator.pipeline.overview import Whole
from aggregator.pipeline.parts import Parts
from aggregator.serve.pages.page import Page, lost

_NAME = re.compile(r"[0-9a-f]{4,16}|tag:[\x21-\x7e]{1,300}")
_HTML = 1_000_000  # characters; a longer text is shown without its markup, and cut
_TEXT = 300_000
_OLD_TEXT = 20_000
_ORDER = {"matched": 0, "near miss": 1, "rejected": 2}


async def page(parts: Parts, name: str) -> Page:
    """Return the item of an id or of an entry's id."""
    found = None
    if _NAME.fullmatch(name):
        found = await parts.gate.look(overview.whole, parts.config, parts.topics, parts.sources, name)
    if found is None:
        return lost(
            "No such item",
            "It may have been pruned, or the address is incomplete. The search finds what is stored.",
        )
    decided = sorted(found.explained["topics"], key=lambda each: _ORDER[each["verdict"]])
    return Page(
        "item.html",
        {
            "here": "",
            "found": found,
            "item": found.item,
            "authors": _authors(found),
            "html": _html(found),
            "text": _text(found),
            "old_text": (found.history.previous_text or "")[:_OLD_TEXT] if found.history else "",
            "decided": [each for each in decided if each["verdict"] != "rejected"],
            "rejected": [each for each in decided if each["verdict"] == "rejected"],
            "because": {each["id"]: each["because"] for each in found.explained["copies"]},
            "titles": {topic.id: topic.title for topic in parts.config.topics},
        },
    )


def _authors(found: Whole) -> list[str]:
    names = [author.name for author in found.item.entry.authors]
    return (names or list(found.item.article.authors if found.item.article else ()))[:10]


def _html(found: Whole) -> str:
    """Return the stored HTML, which was sanitised when it was stored; "" where it is too much for a page."""
    article = found.item.article
    html = article.html if article else found.item.entry.content_html or found.item.entry.summary_html
    # Pictures below the fold wait until somebody comes near them.
    return html.replace("<img ", '<img loading="lazy" ') if len(html) <= _HTML else ""


def _text(found: Whole) -> str:
    article = found.item.article
    return article.text[:_TEXT] if article else ""
