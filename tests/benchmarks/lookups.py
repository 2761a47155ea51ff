# ruff: noqa: S608 - all statements are made of the numbers below
"""What it costs to find the copies and the story of a new item, by the size of the archive.

`make benchmark` asks at 10,000 and 100,000 stored signatures, `make benchmark-scale` at 1,000,000, too. Each
is asked by CPU time on this machine, and by the instructions of SQLite's own machine, which are the same on
every machine: an index look-up takes about as many in a large archive as in a small one, a scan does not.
Signatures are random, as those of unlike texts are, except for one that every hundredth item has in common.
"""

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from aggregator.dedup import copies, stories, traits
from aggregator.dedup.families import partition
from aggregator.dedup.signature import bands, digest
from aggregator.model import Analysis, Likeness, Report, Traits
from aggregator.store import Connection, Engine, database, families
from aggregator.store import stories as kept
from aggregator.store.engine import writing
from tests.benchmarks.measuring import Verdict
from tests.support import storyset, stream
from tests.support.storyset import Told

NOW = datetime(2026, 3, 3, tzinfo=UTC)
SIZES = (10_000, 100_000)
LARGE = 1_000_000
BANDS, COMMON = 24, 100
CLUES, DAYS, WINDOW = 50, 365, 14  # of a report; over which the archive is spread; how long clues are kept
ASKED, HAUNTED = 40, 4  # new items; every how manieth has the common signature
STEPS = 20  # of SQLite's machine, that are counted at a time
COPIES_MS, STORIES_MS, VERIFIED_MS, GROWTH = 1.0, 10.0, 30.0, 2.0
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "


@dataclass(frozen=True, slots=True)
class Price:
    """What one new item costs, in the middle."""

    signature_ms: float
    copies_ms: float  # the look-up
    copies_steps: int
    verified_ms: float  # all candidates, the worst that one item may have, and the families they make
    stories_ms: float  # look-up and weighing
    stories_steps: int


def main(*, at_scale: bool = False) -> Verdict:
    """Measure, print a line a size, and hold the largest to the promises."""
    told = [each for each in storyset.load()[0] if each.name == each.family][
        :ASKED
    ]  # no copies of one another
    found = stream.analysed(told)
    sizes = (*SIZES, LARGE) if at_scale else SIZES
    prices = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            engine = _archive(Path(folder), size)
            price = prices[size] = _ask(engine, size, told, found)
            engine.dispose()
        print(
            f"{size:9,} stored: signature {price.signature_ms:.3f} ms, copies {price.copies_ms:.2f} ms"
            f" ({price.copies_steps:,} steps), the worst verified in {price.verified_ms:.1f} ms,"
            f" story {price.stories_ms:.2f} ms ({price.stories_steps:,} steps)",
            flush=True,
        )
    small, large = prices[sizes[0]], prices[sizes[-1]]
    growth = large.copies_steps / small.copies_steps
    cost = large.signature_ms + large.copies_ms
    is_met = (
        cost < COPIES_MS
        and large.stories_ms < STORIES_MS
        and growth < GROWTH
        and large.verified_ms < VERIFIED_MS
    )
    return Verdict(
        is_met,
        f"a new item against {sizes[-1]:,}: copies {cost:.2f} ms of CPU (bound {COPIES_MS}), story"
        f" {large.stories_ms:.2f} (bound {STORIES_MS}), the worst item {large.verified_ms:.1f}"
        f" (bound {VERIFIED_MS}); {growth:.2f} times the steps of {sizes[0]:,}",
    )


def at_scale() -> Verdict:
    """Measure with the largest archive, too."""
    return main(at_scale=True)


def _archive(folder: Path, size: int) -> Engine:
    """Make a database of that many decided items, spread over a year, with their signatures."""
    engine = database.open_for_writing("sqlite:///archive.db", folder)
    database.prepare(engine, host="127.0.0.1", token="abc123", now=NOW)
    with writing(engine) as connection:
        stream.follow(connection, NOW)
        numbers = _NUMBERS.format(count=size)
        seconds = f"{NOW.timestamp()} - ({size} - i) * {86400.0 * DAYS / size}"
        at = f"strftime('%Y-%m-%d %H:%M:%S.000000', {seconds}, 'unixepoch')"
        run = connection.exec_driver_sql
        run("DROP INDEX ix_bands_item_id")
        run("DROP INDEX ix_clues_item_id")
        run(f"{numbers} INSERT INTO stories (id, uid, opened_at) SELECT i, 's' || i, {at} FROM n")
        run(
            f"{numbers} INSERT INTO items (id, uid, source_id, identity, canonical_url, host, title, entry,"
            " content_digest, published_at, published_from, first_seen_at, stage, tries, due_at, is_backlog,"
            " is_provisional, root_id, story_id)"
            " SELECT i, 'u' || i, 'press', i, 'https://press.example/' || i,"
            f" '', 'Title ' || i, '{{}}', '', {at}, 'feed', {at}, 'done', 0, {at}, 0, 0, i, i FROM n"
        )
        run(
            f"{numbers} INSERT INTO articles (item_id, html, text, digest, quality, evidence, is_from_page,"
            " authors, canonical_key, extracted_at)"
            f" SELECT i, '', 'Text ' || i, 'd' || i, 'full', '[]', 1, '[]', '', {at} FROM n"
        )
        run(
            f"{numbers}, m(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM m WHERE j < {BANDS})"
            " INSERT INTO bands"
            f" SELECT CASE WHEN j = 1 AND i % {COMMON} = 0 THEN 7 ELSE random() END AS band, i"
            " FROM n, m ORDER BY band, i"
        )
        first = size - size * WINDOW // DAYS
        empty = json.dumps(asdict(Traits(names=("unheard",), lead_names=1)))
        run(f"{numbers} INSERT INTO reports (item_id, traits) SELECT i, '{empty}' FROM n WHERE i > {first}")
        # Half of the clues are rare, half are everybody's: as names and figures are.
        run(
            f"{numbers}, m(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM m WHERE j < {CLUES})"
            " INSERT OR IGNORE INTO clues"
            " SELECT CASE WHEN j % 2 THEN random() ELSE abs(random() % 500) END AS c, i"
            f" FROM n, m WHERE i > {first} ORDER BY c, i"
        )
        run("CREATE INDEX ix_bands_item_id ON bands (item_id)")
        run("CREATE INDEX ix_clues_item_id ON clues (item_id)")
    with writing(engine) as connection:
        connection.exec_driver_sql("ANALYZE")
    return engine


def _ask(engine: Engine, size: int, told: Sequence[Told], found: Mapping[str, Analysis]) -> Price:
    """Let new items come, each with a few things in common with the archive; take the middle of each cost."""
    signatures, lookups, tales = [], [], []
    with writing(engine) as connection:
        for number, each in enumerate(told, size + 1):
            known = found[each.name]
            if not number % HAUNTED:
                known = replace(known, bands=(7, *known.bands[1:]))
            stream.add(connection, number, each, known, NOW)
            clues = {*map(traits.number, traits.keys(known.traits)), *range(CLUES // 2)}
            kept.add_report(connection, number, known.traits, tuple(clues))
            signatures.append(_cost(connection, partial(_sign, known)))
            lookups.append(_cost(connection, partial(_relatives, connection, number, known)))
            tales.append(_cost(connection, partial(_story, connection, number, each, known)))
    return Price(
        median(ms for ms, _ in signatures),
        median(ms for ms, _ in lookups),
        int(median(steps for _, steps in lookups)),
        _hostile(),
        median(ms for ms, _ in tales),
        int(median(steps for _, steps in tales)),
    )


def _sign(known: Analysis) -> None:
    bands(known.text, known.lang)
    digest(known.text)


def _relatives(connection: Connection, number: int, known: Analysis) -> None:
    url = f"https://press.example/{number}"
    families.relatives(connection, number, around=NOW, window=copies.WINDOW, keys=[url], digest=known.digest)


def _hostile() -> float:
    """Return the CPU time in ms for an item with the longest candidates, alike but for figures, at best."""
    now = [NOW + timedelta(minutes=number) for number in range(24)]
    texts = [
        copies.CopyText(
            number,
            "The list of lots",
            " ".join(f"Lot x{at} had {100 + at * 7} and {3000 + at * 13 + number}." for at in range(600)),
            "en",
            f"d{number}",
            frozenset(),
            at,
            at,
        )
        for number, at in enumerate(now)
    ]
    copies.find_copies(texts[0], texts[1:-3])  # as they came in before
    times = []
    for each in texts[-3:]:
        begin = time.process_time()
        compared = copies.find_copies(each, texts[1:-3])
        alike = [Likeness(each.item_id, found.other_id, found.level, found.share) for found in compared.found]
        partition({other.item_id: other.item_id for other in texts}, alike)
        times.append(1000 * (time.process_time() - begin))
    return min(times)


def _story(connection: Connection, number: int, told: Told, known: Analysis) -> None:
    near = kept.related(connection, number, around=NOW, window=stories.WINDOW, worth=stories.worth)
    rare = stories.rarity({}, near.seen)
    stories.find_stories(Report(number, 0, told.lang, told.at, known.traits), near.reports, rare)


def _cost(connection: Connection, call: Callable[[], None]) -> tuple[float, int]:
    """Return the CPU time of a call in ms, and the steps that SQLite's machine takes in it."""
    begin = time.process_time()
    call()
    took = 1000 * (time.process_time() - begin)
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += STEPS

    raw.set_progress_handler(count, STEPS)
    call()
    raw.set_progress_handler(None, STEPS)
    return took, steps
