"""An archive of 100,000 items: `python -m tests.benchmarks archive` (make benchmark-scale).

Fills a SQLite database as the daemon leaves it, nine articles of ten made of paragraphs of the shared
corpus, one of the labelled texts of the tests. Prints what searches cost, also as a ratio to the index alone
(the newest items that hold the words, unread), and what it takes to hold one edited topic against all of it.
CPU time of this process; SQLite runs inside it.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, insert

from aggregator import app
from aggregator.clock import Clock
from aggregator.config.schema import Config
from aggregator.pipeline.review import review
from aggregator.pipeline.search import Bounds, compiled, search
from aggregator.store import database, reviews, schema
from aggregator.store import search as index
from aggregator.store.engine import reading, writing
from aggregator.text.indexing import index_keys
from aggregator.text.tokens import tokenise
from tests.benchmarks.matching import pages
from tests.benchmarks.measuring import Verdict
from tests.support.shared import REPOSITORY
from tests.support.topicset import items

ITEMS = int(os.environ.get("AGGREGATOR_BENCHMARK_ITEMS", "100000"))
PARAGRAPHS = 12
ON_TOPIC = 0.1  # of the articles
SEARCHED = 0.3  # s
REVIEWED = 60.0  # s for 100,000 items
QUERIES = (
    "government",
    "alibaba",
    "alibaba fined",
    '"market regulator"',
    "@alibaba NEAR/25 (@regulator OR @measure)",
    "title:alibaba -tencent",
    "阿里巴巴 NEAR/s 罚款",
    "~amende alibaba date:2020..",
    "amend* lang:fr",
    "zyzzyva",
    "alibaba zyzzyva OR tencent zyzzyva",
)
TOPIC = "alibaba-regulation"


def _pieces(dice: random.Random) -> Iterator[tuple[str, str, str]]:
    """Give title, text and language of article after article."""
    ordinary = [part for page in pages() for part in page.text.split("\n") if len(part) > 60]
    labelled = items()
    while True:
        if dice.random() < ON_TOPIC:
            first = dice.choice(labelled)
            yield first.title, "\n\n".join((first.text, *dice.sample(ordinary, PARAGRAPHS // 2))), first.lang
        else:
            parts = dice.sample(ordinary, PARAGRAPHS)
            yield parts[0][:80], "\n\n".join(parts[1:]), "en"


def _fill(engine: Engine, clock: Clock) -> int:
    """Store the items, decided against nothing; return the characters of their texts."""
    dice = random.Random(7)
    articles = _pieces(dice)
    now = clock.now()
    size = 0
    for start in range(1, ITEMS + 1, 1000):
        numbers = range(start, min(start + 1000, ITEMS + 1))
        texts = [next(articles) for _ in numbers]
        size += sum(len(text) for _, text, _ in texts)
        rows = list(zip(numbers, texts, strict=True))
        with writing(engine) as connection:
            connection.execute(
                insert(schema.items), [_item(number, title, now) for number, (title, _, _) in rows]
            )
            connection.execute(
                insert(schema.articles),
                [_article(number, text, lang, now) for number, (_, text, lang) in rows],
            )
            keys = [
                (number, index_keys(tokenise(title), tokenise(text))) for number, (title, text, _) in rows
            ]
            index.put(connection, keys)
    return size


def _item(number: int, title: str, now: object) -> dict[str, object]:
    return {
        "id": number,
        "uid": f"{number:016x}",
        "source_id": "press",
        "identity": f"id-{number}",
        "url": f"https://press.example/{number}",
        "canonical_url": f"https://press.example/{number}",
        "host": "press.example",
        "title": title,
        "entry": {},
        "content_digest": "d",
        "published_at": now,
        "published_from": "feed",
        "first_seen_at": now,
        "stage": "done",
        "tries": 0,
        "due_at": now,
        "is_backlog": False,
        "is_provisional": False,
        "root_id": number,
    }


def _article(number: int, text: str, lang: str, now: object) -> dict[str, object]:
    return {
        "item_id": number,
        "html": "",
        "text": text,
        "lang": lang,
        "digest": "",
        "quality": "full",
        "evidence": [],
        "is_from_page": True,
        "authors": [],
        "canonical_key": "",
        "extracted_at": now,
    }


def _configure(folder: Path) -> Path:
    config = folder / "config"
    for name in ("topics.d", "lists.d"):
        (config / name).mkdir(parents=True)
        for file in (REPOSITORY / "config" / name).iterdir():
            (config / name / file.name).write_text(file.read_text("utf-8"), "utf-8")
    (config / "sources.d").mkdir()
    (config / "sources.d" / "press.toml").write_text(
        '[[source]]\nurl = "https://press.example/"\nid = "press"\n'
    )
    return config


def _searches(engine: Engine, config: Config) -> float:
    """Run each search; print what it costs and return the most."""
    most = 0.0
    sources = {source.id: source for source in config.sources}
    with reading(engine) as connection:
        index.candidates(connection, None, limit=1)
        for query in QUERIES:
            begin = time.process_time()
            wanted = compiled(query, config)
            found = search(connection, wanted, sources, Bounds(), time.monotonic)
            cost = time.process_time() - begin
            begin = time.process_time()
            index.candidates(connection, wanted.narrowing, limit=max(20, found.looked_at))
            alone = time.process_time() - begin
            most = max(most, cost)
            print(
                f"{1000 * cost:8.1f} ms ({cost / max(alone, 1e-4):5.1f} of the index alone)"
                f"  {len(found.hits):3} hits of {found.looked_at:5} looked at  {query}"
            )
    return most


async def _review(plan: app.Plan, folder: Path, topic_id: str) -> tuple[float, float, int]:
    """Hold one topic against the archive; return CPU and wall time, and how many items were looked at."""
    clock = Clock()
    running = await app.start(plan, folder, clock)
    try:
        parts = running.parts
        while await review(parts):  # what starting on a filled database has asked for
            pass
        await parts.gate.write(reviews.begin, [topic_id], clock.now() - timedelta(days=7))
        cpu, wall, count = time.process_time(), time.monotonic(), 0
        while done := await review(parts):
            count += done.count
        return time.process_time() - cpu, time.monotonic() - wall, count
    finally:
        await running.close()


def main() -> Verdict:
    """Fill, measure and print."""
    if not pages():
        return Verdict(None, "archive: no shared corpus to fill it from")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = app.prepare(_configure(folder), folder, {}, {"serve.listen": ""})
        clock = Clock()
        engine = _prepared(plan, folder, clock)
        begin = time.process_time()
        size = _fill(engine, clock)
        taken = time.process_time() - begin
        print(f"{ITEMS:,} items, {size / ITEMS:,.0f} characters each, stored in {taken:.0f} s")
        megabytes = (folder / "aggregator.db").stat().st_size / 1e6
        print(f"database {megabytes:,.0f} MB, {_index_size(engine):.0%} of it index")
        slowest = _searches(engine, plan.config)
        engine.dispose()
        cpu, wall, count = asyncio.run(_review(plan, folder, TOPIC))
        print(f"{TOPIC} held against {ITEMS:,} items: {count:,} looked at, {cpu:.1f} s of CPU, {wall:.1f} s")
    is_met = slowest < SEARCHED and cpu < REVIEWED * ITEMS / 100_000
    return Verdict(
        is_met,
        f"archive of {ITEMS:,}: the slowest search {1000 * slowest:.0f} ms (bound {1000 * SEARCHED:.0f}),"
        f" one edited topic {cpu:.0f} s of CPU (bound {REVIEWED:g} for 100,000)",
    )


def _prepared(plan: app.Plan, folder: Path, clock: Clock) -> Engine:
    """Make the database and its source as a first start does."""

    async def start() -> None:
        await (await app.start(plan, folder, clock)).close()

    asyncio.run(start())
    return database.open_existing(plan.config.store.url, folder)


def _index_size(engine: Engine) -> float:
    with reading(engine) as connection:
        keys = connection.exec_driver_sql("SELECT sum(length(c0)) FROM search_index_content").scalar() or 0
        index = connection.exec_driver_sql("SELECT sum(length(block)) FROM search_index_data").scalar() or 0
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 1
    return float((keys + index) / (pages * 4096))
