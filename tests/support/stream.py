"""Labelled items through the real deciding of copies and stories, on a database of the test's choice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from aggregator import analysis
from aggregator.model import Analysis, Item, Stage
from aggregator.pipeline.kinship import relate
from aggregator.store import Connection, Engine, families, items, sources
from aggregator.store.engine import writing
from tests.support.records import article, new_item, source_state
from tests.support.storyset import Told


def analysed(told: Sequence[Told]) -> dict[str, Analysis]:
    """Return what a worker finds out about each text."""
    return {each.name: analysis.text(each.title, each.text, each.lang) for each in told}


def fill(engine: Engine, told: Sequence[Told], found: dict[str, Analysis], now: datetime) -> dict[str, int]:
    """Store items in the given order and relate each to those before; return their numbers by name."""
    with writing(engine) as connection:
        follow(connection, now)
        return {
            each.name: add(connection, number, each, found[each.name], now)
            for number, each in enumerate(told, 1)
        }


def follow(connection: Connection, now: datetime) -> None:
    """Make the source that all items are said to come from."""
    wanted = sources.Wanted(source_state("press", now), "https://press.example/", "x")
    sources.sync(connection, [wanted], now)


def add(connection: Connection, number: int, told: Told, found: Analysis, now: datetime) -> int:
    """Store one item and relate it."""
    entry = replace(new_item(number, now).entry, title=told.title, url=f"https://press.example/{told.name}")
    new = new_item(
        number,
        now,
        entry=entry,
        canonical_url=f"https://press.example/{told.name}",
        published_at=told.at,
        first_seen_at=now,
        stage=Stage.SETTLED,
        identity=told.name,
    )
    items.add(connection, [new])
    families.save_article(
        connection,
        number,
        article(told.text),
        lang=found.lang,
        digest=found.digest,
        bands=found.bands,
        canonical_key="",
        now=now,
    )
    relate(connection, stored(connection, number), found, story_uid=f"{number:016x}", now=now)
    return number


def stored(connection: Connection, number: int) -> Item:
    """Return an item as it is stored."""
    return items.by_ids(connection, [number])[number]


def families_and_stories(engine: Engine, numbers: dict[str, int]) -> tuple[dict[str, int], dict[str, str]]:
    """Return the root and the story of each item, by name."""
    with writing(engine) as connection:
        found = items.by_ids(connection, list(numbers.values()))
        told = families.stories_of(connection, list(numbers.values()))
    roots = {name: found[number].root_id or 0 for name, number in numbers.items()}
    return roots, {name: told[number] for name, number in numbers.items()}
