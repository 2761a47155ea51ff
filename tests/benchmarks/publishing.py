"""Rendering against feedgen alone, and the built-in server against a bare handler, with files that change.

The server and its clients are processes of their own, so that the rate is the server's, on two
processors as promised. Each of the 100,000 documents that are read while they are replaced is whole.
"""

import asyncio
import gzip
import hashlib
import multiprocessing
import random
import socket
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
from aiohttp import web
from feedgen.feed import FeedGenerator

from aggregator import loop as event_loop
from aggregator import serve
from aggregator.model import TopicFeed
from aggregator.publish import files, render_all
from tests.benchmarks.measuring import Verdict
from tests.support.archive import Piece
from tests.support.clock import FakeClock
from tests.support.publishing import TOPIC, a_house
from tests.support.topicfeeds import AT, a_feed, an_entry

ENTRIES = 500
MOST = 3.0  # times what feedgen takes for Atom alone
RATE = 2_000  # requests a second
REQUESTS = 20_000
READS = 100_000
CLIENTS = 16
TOPICS = 1_000
SHARE = 0.05  # of the cost of all topics
_WORDS = ("régulateur", "amende", "Chine", "<b>x</b>", "&amp;", "company", "market", "市场", "the", "of")


def rendering() -> Verdict:
    """Compare our three formats with feedgen's Atom of the same entries; processor time, best of seven."""
    feed = _feed()
    # One after the other, so that a busy moment of the machine meets both.
    rounds = [(_cpu(lambda: render_all(feed)), _cpu(lambda: _plain_atom(feed))) for _ in range(7)]
    ratio = min(ours for ours, _ in rounds) / min(theirs for _, theirs in rounds)
    line = (
        f"{ENTRIES} entries of 8 kB in three formats: {ratio:.2f} times feedgen's Atom alone (at most {MOST})"
    )
    return Verdict(ratio <= MOST, line)


def serving() -> Verdict:
    """Ask for a feed with its validator while files are published; compare with a bare handler."""
    with tempfile.TemporaryDirectory() as folder:
        files.write(Path(folder), "a.atom", render_all(_feed(200), ("atom",))["atom"])
        bare = _rate(_bare, folder, publishes=False)
        quiet = _rate(_ours, folder, publishes=False)
        busy = _rate(_ours, folder, publishes=True)
    line = (
        f"304 for a cached feed: {busy:,.0f} requests/s while files are replaced, {quiet:,.0f} otherwise,"
        f" {busy / bare:.2f} of a bare handler's {bare:,.0f} (at least {RATE:,})"
    )
    return Verdict(busy >= RATE, line)


def reads() -> Verdict:
    """Read while the file is replaced again and again: each answer is one of the documents, whole."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        versions = [random.Random(number).randbytes(20_000) + bytes([number]) for number in range(8)]
        files.write(folder, "a.atom", versions[0])
        stopped, ours = _started(_ours, name)
        writer = multiprocessing.Process(target=_replace, args=(name, versions), daemon=True)
        writer.start()
        port = ours.recv()
        broken, seen = asyncio.run(_read_all(port, {hashlib.sha256(each).digest() for each in versions}))
        writer.terminate()
        stopped.terminate()
    line = f"{READS:,} reads during publishing: {broken} not whole, {seen} different documents seen"
    return Verdict(broken == 0 and seen == len(versions), line)


def one_of_many() -> Verdict:
    """Publish one item in one of 1,000 topics: which files are written, beside what all of them cost."""
    with tempfile.TemporaryDirectory() as folder:
        written, ratio = asyncio.run(_one_of_many(Path(folder)))
    mine = {f"topic-7.{ending}{gz}" for ending in ("atom", "rss", "json") for gz in ("", ".gz")}
    line = (
        f"news in 1 of {TOPICS:,} topics writes {len(written)} files (3 and their .gz) and no other;"
        f" processor time {ratio:.2%} of publishing all when nothing is new (at most {SHARE:.0%})"
    )
    return Verdict(written == mine and ratio <= SHARE, line)


async def _one_of_many(folder: Path) -> tuple[set[str], float]:
    topics = {f"topic-{number}": TOPIC for number in range(TOPICS)}
    async with a_house(folder, FakeClock(AT), f"sqlite:///{folder / 'test.db'}", topics) as house:
        await house.store(
            [Piece(f"Alibaba fined ({number})", "The regulator fined it. " * 40) for number in range(4)]
        )
        for topic_id in topics:
            await house.carry(topic_id, [1, 2, 3])
        await house.publish()
        begin = time.process_time()
        assert await house.publish() == []
        whole = time.process_time() - begin
        before = {path.name: path.stat().st_mtime_ns for path in house.folder.iterdir()}
        await house.carry("topic-7", [4])
        begin = time.process_time()
        await house.publish("topic-7")
        one = time.process_time() - begin
        after = {path.name: path.stat().st_mtime_ns for path in house.folder.iterdir()}
    return {name for name, at in after.items() if before.get(name) != at}, one / whole


def main() -> Verdict:
    """Run all four; print each on the way."""
    verdicts = [rendering(), one_of_many(), serving(), reads()]
    for verdict in verdicts:
        print(verdict)
    return Verdict(
        all(verdict.is_met for verdict in verdicts), "; ".join(verdict.line for verdict in verdicts)
    )


def _feed(count: int = ENTRIES) -> TopicFeed:
    chance = random.Random(1)
    bodies = [
        "".join(f"<p>{' '.join(chance.choices(_WORDS, k=60))}</p>" for _ in range(30)) for _ in range(count)
    ]
    return a_feed(
        *(
            an_entry(seq, html=bodies[seq - 1][:8_000], published_at=AT - timedelta(minutes=seq))
            for seq in range(count, 0, -1)
        )
    )


def _plain_atom(feed: TopicFeed) -> bytes:
    generator = FeedGenerator()
    generator.id(feed.feed_id)
    generator.title(feed.title)
    generator.author({"name": feed.title})
    generator.link(href=feed.base_url, rel="self")
    generator.updated(feed.updated_at)
    for entry in feed.entries:
        made = generator.add_entry(order="append")
        made.id(entry.entry_id)
        made.title(entry.title)
        made.link(href=entry.url)
        made.author({"name": entry.outlet})
        made.updated(entry.updated_at)
        made.published(entry.published_at)
        made.summary(entry.summary)
        made.content(entry.html, type="html")
        for tag in entry.tags:
            made.category({"term": tag})
    body: bytes = generator.atom_str()
    return body


def _cpu(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


# --- servers, each in a process of its own -----------------------------------------------------


def _started(
    server: Callable[[str, Connection], None], folder: str
) -> tuple[multiprocessing.Process, Connection]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=server, args=(folder, theirs), daemon=True)
    process.start()
    return process, ours


def _ours(folder: str, told: Connection) -> None:
    async def run() -> None:
        server = await serve.start(serve.create(Path(folder)), "127.0.0.1:0")
        told.send(server.port)
        await asyncio.Event().wait()

    event_loop.run(run())


def _bare(_folder: str, told: Connection) -> None:
    async def nothing(_: web.Request) -> web.Response:
        return web.Response(status=304)

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/feeds/{name}", nothing)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    event_loop.run(run())


def _replace(folder: str, versions: list[bytes]) -> None:
    while True:
        for body in versions:
            files.write(Path(folder), "a.atom", body)
            time.sleep(0.005)


def _publish(folder: str) -> None:
    """Publish another topic about once a second."""
    number = 0
    while True:
        number += 1
        for name, body in render_all(a_feed(*(an_entry(seq) for seq in range(200)))).items():
            files.write(Path(folder), f"b.{name}", body + b" " * (number % 2))
        time.sleep(1)


# --- clients -----------------------------------------------------------------------------------


def _rate(server: Callable[[str, Connection], None], folder: str, *, publishes: bool) -> float:
    process, told = _started(server, folder)
    publisher = multiprocessing.Process(target=_publish, args=(folder,), daemon=True)
    if publishes:
        publisher.start()
    seconds = asyncio.run(_ask_all(told.recv()))
    process.terminate()
    if publishes:
        publisher.terminate()
    return REQUESTS / seconds


async def _ask_all(port: int) -> float:
    """Ask over raw sockets, since a client library would cost more than the server."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/feeds/a.atom") as answer,
    ):
        etag = answer.headers.get("ETag", '"x"')
    head = (
        "GET /feeds/a.atom HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept-Encoding: gzip",
        f"If-None-Match: {etag}",
    )
    request = "\r\n".join((*head, "", "")).encode()
    begin = time.monotonic()
    await asyncio.gather(*(_ask(port, request, REQUESTS // CLIENTS) for _ in range(CLIENTS)))
    return time.monotonic() - begin


async def _ask(port: int, request: bytes, count: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(count):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 304"), head
    writer.close()


async def _read_all(port: int, whole: set[bytes]) -> tuple[int, int]:
    broken, left, seen = 0, READS, set()

    async def read() -> None:
        nonlocal broken, left
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            while left > 0:
                left -= 1
                accepted = {"Accept-Encoding": "gzip" if left % 2 else "identity"}
                async with session.get(f"http://127.0.0.1:{port}/feeds/a.atom", headers=accepted) as answer:
                    body = await answer.read()
                    if answer.headers.get("Content-Encoding") == "gzip":
                        body = gzip.decompress(body)
                digest = hashlib.sha256(body).digest()
                seen.add(digest)
                broken += digest not in whole

    await asyncio.gather(*(read() for _ in range(CLIENTS)))
    return broken, len(seen & whole)
