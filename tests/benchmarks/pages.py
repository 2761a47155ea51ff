"""What the pages cost in an archive ten times as large, and how long they hold the event loop.

Two SQLite databases with a year of items, 4 topics and 40 sources. CPU time of this process (SQLite runs
inside it) for a page, the better of several; the longest callback of the loop, in CPU time of its thread.
"""

import asyncio
import gc
import tempfile
import time
from asyncio.events import Handle
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
from sqlalchemy import Engine, Table, insert

from aggregator import app, serve
from aggregator.clock import Clock
from aggregator.store import schema
from aggregator.store import search as index
from aggregator.store.engine import writing
from aggregator.text.indexing import index_keys
from aggregator.text.tokens import tokenise
from tests.benchmarks.measuring import Verdict

ITEMS = (5_000, 50_000)
YEAR = timedelta(days=365)
TOPICS, SOURCES = 4, 40
RATIO = 2.0  # though the 30 days that the first page counts hold ten times as much
CALLBACK = 50.0  # ms
_TIMES = 5
_TEXT = "The regulator fined Alibaba on Monday. It must pay, said the office that looks after markets. " * 20
_TITLE = "Alibaba is fined by the regulator, and not for the first time"


def main() -> Verdict:
    """Print what each page costs; promise that the archive hardly counts, and the loop goes on."""
    with tempfile.TemporaryDirectory() as folder:
        (small, _), (large, held) = (asyncio.run(_measure(Path(folder) / str(n), n)) for n in ITEMS)
    print(f"{'CPU of a page, ms':<30}{ITEMS[0]:>10,}{ITEMS[1]:>10,} items")
    for path, cost in large.items():
        print(f"{path[:28]:<30}{small[path]:>10.1f}{cost:>10.1f}")
    ratio = sum(large.values()) / sum(small.values())
    line = (
        f"pages cost {ratio:.1f} times as much in an archive ten times as large (at most {RATIO:g}); longest"
        f" callback {held:.1f} ms (at most {CALLBACK:g})"
    )
    return Verdict(ratio <= RATIO and held <= CALLBACK, line)


async def _measure(folder: Path, count: int) -> tuple[dict[str, float], float]:
    config = folder / "config"
    _configure(config)
    running = await app.start(app.prepare(config, folder, {}, {}), folder, Clock())
    await asyncio.to_thread(_fill, running.engine, count, Clock().now())
    server = await serve.start(serve.create(folder / "feeds", parts=lambda: running.parts), "127.0.0.1:0")
    held = _watch()
    paths = ("/", "/topics/t1", f"/topics/t1?before={count // TOPICS // 2}", "/topics/t1/misses", "/sources")
    more = ("/sources/s1", f"/items/{count:016x}", "/search?q=alibaba+fined", "/search?q=nowhere")
    costs: dict[str, float] = {}
    gc.collect()
    gc.freeze()  # as the daemon does
    async with aiohttp.ClientSession(server.url) as session:
        for path in (*paths, *more):
            taken = []
            for _ in range(_TIMES):
                begin = time.process_time()
                async with session.get(path) as answer:
                    assert answer.status == 200, path
                    await answer.read()
                taken.append(1000 * (time.process_time() - begin))
            costs[path.replace(f"{count:016x}", "ID").replace(str(count // TOPICS // 2), "N")] = min(taken)
    await server.close()
    await running.close()
    return costs, max(held)


def _watch() -> list[float]:
    """Measure each callback of event loops from now on, in ms."""
    held: list[float] = []
    run = Handle._run

    def timed(handle: Handle) -> None:
        begin = time.thread_time()
        run(handle)
        held.append(1000 * (time.thread_time() - begin))

    Handle._run = timed  # type: ignore[assignment, method-assign]
    return held


def _configure(config: Path) -> None:
    for name in ("topics.d", "sources.d"):
        (config / name).mkdir(parents=True)
    for number in range(TOPICS):
        query = f'title = "Topic {number}"\nquery = "alibaba NEAR/8 fined OR word{number}"\n'
        (config / "topics.d" / f"t{number}.toml").write_text(query)
    sources = (f'[[source]]\nid = "s{n}"\nurl = "https://s{n}.example/feed"\n' for n in range(SOURCES))
    (config / "sources.d" / "all.toml").write_text("".join(sources))


def _fill(engine: Engine, count: int, now: datetime) -> None:
    keys = index_keys(tokenise(_TITLE), tokenise(_TEXT))
    for start in range(1, count + 1, 1000):
        numbers = range(start, min(count + 1, start + 1000))
        with writing(engine) as connection:
            rows = [_rows(number, now - YEAR * ((count - number) / count)) for number in numbers]
            for table in rows[0]:
                connection.execute(insert(table), [row[table] for row in rows])
            index.put(connection, [(number, keys) for number in numbers])


def _rows(number: int, at: datetime) -> Mapping[Table, dict[str, object]]:
    """Return what the database holds of an item: an entry in one topic, nearly one in another."""
    url, topic = f"https://press.example/{number}", f"t{number % TOPICS}"
    reasons = [["amount", "fined", "The regulator fined Alibaba on Monday.", 4.5, "lead"]] * 4
    decision = {"item_id": number, "topic_version": "v", "reasons": reasons, "decided_at": at}
    return {
        schema.stories: {"id": number, "uid": f"{number:016x}", "opened_at": at},
        schema.items: {
            "id": number,
            "uid": f"{number:016x}",
            "source_id": f"s{number % SOURCES}",
            "url": url,
            "identity": f"id-{number}",
            "canonical_url": url,
            "host": "press.example",
            "title": _TITLE,
            "entry": {"summary_html": f"<p>{_TEXT[:300]}</p>"},
            "content_digest": "d",
            "published_at": at,
            "published_from": "feed",
            "first_seen_at": at,
            "stage": "done",
            "tries": 0,
            "due_at": at,
            "is_backlog": False,
            "is_provisional": False,
            "story_id": number,
        },
        schema.articles: {
            "item_id": number,
            "html": f"<p>{_TEXT}</p>",
            "text": _TEXT,
            "lang": "en",
            "digest": "",
            "quality": "full",
            "evidence": [],
            "is_from_page": True,
            "authors": [],
            "canonical_key": "",
            "extracted_at": at,
        },
        schema.publications: {
            "id": number,
            "topic_id": topic,
            "seq": number // TOPICS + 1,
            "lead_item_id": number,
            "entry_id": f"tag:press.example,2026:{number}",
            "first_published_at": at,
            "updated_at": at,
        },
        schema.publication_members: {"publication_id": number, "item_id": number, "joined_at": at},
        schema.matches: {**decision, "topic_id": topic, "is_match": number % 9 != 0, "score": 5.0},
    }
