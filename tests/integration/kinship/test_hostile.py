"""Texts that are no news, or made to collide: nothing hides behind them, and none costs more than another."""

import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest

from aggregator import analysis
from aggregator.pipeline import kinship
from aggregator.store import Engine
from aggregator.store import families as kept
from aggregator.store.engine import writing
from tests.support import storyset, stream
from tests.support.records import article
from tests.support.storyset import Told

WALL = """\
Before you go on to the site: we and our 812 partners store and read data on your device to measure adverts,
to show what may please you and to learn about our visitors. You may agree to all of it, refuse all of it, or
choose by purpose. You may change your mind at any time at the foot of each page. Agree and close. Refuse."""
WORDS = ("harbour", "council", "bridge", "winter", "orchestra", "verdict", "striker", "vineyard")


def told(number: int, title: str, text: str, now: datetime) -> Told:
    return Told(f"n{number}", "", "", "en", title, text, now + timedelta(minutes=number))


def _sizes(engine: Engine, items: Sequence[Told], now: datetime) -> tuple[Counter[int], Counter[str]]:
    """Return how many items each family and each story has."""
    numbers = stream.fill(engine, items, stream.analysed(items), now)
    roots, events = stream.families_and_stories(engine, numbers)
    return Counter(roots.values()), Counter(events.values())


def test_many_equal_walls_are_not_one_story(engine: Engine, now: datetime) -> None:
    headlines = [f"{one.title()} and {other} close again" for one in WORDS for other in WORDS if one != other]
    items = [told(number, headline, WALL, now) for number, headline in enumerate(headlines)]
    families, events = _sizes(engine, items, now)
    assert max(families.values()) == 1
    assert max(events.values()) == 1


@pytest.mark.parametrize("text", ["", "Read more.", "订阅", "Subscribe to read this article."])
def test_texts_without_substance_prove_nothing(engine: Engine, now: datetime, text: str) -> None:
    items = [told(number, f"Headline of item {number}", text, now) for number in range(6)]
    families, events = _sizes(engine, items, now)
    assert max(families.values()) == 1
    assert max(events.values()) == 1


@pytest.mark.parametrize("at", [0, 2, 4])
@pytest.mark.parametrize("is_brief", [False, True])
def test_a_digest_makes_no_story_of_what_it_lists(
    engine: Engine, now: datetime, at: int, is_brief: bool
) -> None:
    """It holds first paragraphs or headlines, and arrives before the articles, among them or after."""
    names = ("ferry-en", "battery-en", "club-en", "wine-en")
    chosen = [each for each in storyset.load()[0] if each.name in names]
    parts = [each.title if is_brief else each.text.split("\n\n")[0] for each in chosen]
    items = [*chosen]
    items.insert(
        at, Told("digest", "", "", "en", "What happened this week", "\n\n".join(parts), chosen[-1].at)
    )
    roots, events = stream.families_and_stories(
        engine, stream.fill(engine, items, stream.analysed(items), now)
    )
    assert len(set(roots.values())) == len(items)
    assert len({events[name] for name in names}) == len(names)


def test_a_live_page_that_grows_is_one_family(engine: Engine, now: datetime) -> None:
    (ferry,) = (each for each in storyset.load()[0] if each.name == "ferry-en")
    notes = [f"Update {hour}: rescue vessel number {hour} has reached Kardla." for hour in range(1, 6)]
    items = [told(n, ferry.title, "\n\n".join([ferry.text, *notes[:n]]), now) for n in range(6)]
    families, _events = _sizes(engine, items, now)
    assert list(families.values()) == [6]


def test_nothing_is_chained_by_texts_that_overlap(engine: Engine, now: datetime) -> None:
    """Each text holds the end of the one before it and the beginning of the next."""
    part = "{0}{1} lies by the {0}{2} of old"
    parts = [" ".join(part.format(word, n, n + 1) for word in WORDS) + "." for n in range(21)]
    items = [told(n, f"Part {n}", "\n\n".join(pair), now) for n, pair in enumerate(pairwise(parts))]
    families, _events = _sizes(engine, items, now)
    assert max(families.values()) == 1


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (3, 0, 1, 2), (1, 3, 0, 2)])
@pytest.mark.parametrize(("count", "share"), [(2, 1.0), (2, 0.6), (3, 1.0), (3, 0.5)])
def test_a_text_of_several_articles_chains_none_of_them(
    engine: Engine, now: datetime, order: tuple[int, ...], count: int, share: float
) -> None:
    names = ("ferry-en", "battery-en", "club-en")
    chosen = [each for each in storyset.load()[0] if each.name in names]
    text = "\n\n".join(each.text[: int(share * len(each.text))] for each in chosen[:count])
    items = [*chosen, Told("mix", "", "", "en", "Three things this morning", text, chosen[-1].at)]
    numbers = stream.fill(engine, [items[at] for at in order], stream.analysed(items), now)
    roots, events = stream.families_and_stories(engine, numbers)
    assert len({roots[name] for name in names}) == len(names)
    assert len({events[name] for name in names}) == len(names)


def test_a_family_of_many_near_copies_is_one_in_any_order(engine: Engine, now: datetime) -> None:
    (ferry,) = (each for each in storyset.load()[0] if each.name == "ferry-en")
    items = []
    for number in range(60):
        one, other = WORDS[number % 8], WORDS[number // 8]
        more = f"The picture in our edition of the {one} and the {other} shows the pier."
        items.append(told(number, ferry.title, f"{ferry.text}\n\n{more}", now))
    mixed = random.Random(4).sample(items, len(items))
    families, _events = _sizes(engine, mixed, now)
    assert list(families.values()) == [60]


def test_a_stub_that_was_completed_finds_its_story(engine: Engine, now: datetime) -> None:
    first, second = (each for each in storyset.load()[0] if each.name in ("ferry-fr", "ferry-en"))
    stub = replace(second, title="More to come", text="Our newsroom will tell more in this place in a while.")
    found = stream.analysed([first, stub])
    with writing(engine) as connection:
        stream.follow(connection, now)
        stream.add(connection, 1, first, found[first.name], now)
        stream.add(connection, 2, stub, found[stub.name], now)
        full = analysis.text(second.title, second.text, second.lang)
        item = replace(stream.stored(connection, 2), article=article(second.text), is_changed=True)
        entry = replace(item.entry, title=second.title)
        kept.save_article(
            connection,
            2,
            article(second.text),
            lang=full.lang,
            digest=full.digest,
            bands=full.bands,
            canonical_key="",
            now=now,
        )
        apart = kept.stories_of(connection, [1, 2])
        assert apart[1] != apart[2]
        assert kinship.relate(connection, replace(item, entry=entry), full, story_uid="f" * 16, now=now)
        assert kept.stories_of(connection, [1, 2]) == {1: apart[1], 2: apart[1]}


def test_a_text_that_turns_to_another_event_joins_no_stories(engine: Engine, now: datetime) -> None:
    names = ("ferry-en", "ferry-fr", "battery-fr", "battery-en")
    told = {each.name: each for each in storyset.load()[0]}
    items = [told[name] for name in names]
    found = stream.analysed(items)
    with writing(engine) as connection:
        stream.follow(connection, now)
        for number, each in enumerate(items[:3], 1):
            stream.add(connection, number, each, found[each.name], now)
        before = kept.stories_of(connection, [1, 2, 3])
        assert before[1] == before[2] != before[3]
        full = items[3]
        item = replace(stream.stored(connection, 1), article=article(full.text), is_changed=True)
        item = replace(item, entry=replace(item.entry, title=full.title))
        assert not kinship.relate(connection, item, found[full.name], story_uid="f" * 16, now=now)
        assert kept.stories_of(connection, [1, 2, 3]) == before


def test_names_that_all_share_cost_no_more(engine: Engine, now: datetime) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("steps are counted by SQLite's machine")
    names = " ".join(f"and {one.title()}{other}" for one in WORDS for other in ("son", "berg", "ville"))
    items = [told(n, f"The case of lot {n}", f"It said {names} were at {n}77.", now) for n in range(1, 111)]
    found = stream.analysed(items)
    steps: list[int] = []
    with writing(engine) as connection:
        stream.follow(connection, now)
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)

        def count() -> None:
            steps[-1] += 1

        for number, each in enumerate(items, 1):
            steps.append(0)
            raw.set_progress_handler(count, 100)
            stream.add(connection, number, each, found[each.name], now)
            raw.set_progress_handler(None, 100)
    early, late = median(steps[55:70]), median(steps[-15:])
    print(f"hundreds of steps: {early} early, {late} late")
    assert late < 1.5 * early
