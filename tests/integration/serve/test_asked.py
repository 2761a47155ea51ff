"""Over real sockets and databases: feeds by query, tokens of subscribers, topics that are gone."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import feedparser
import pytest
from aiohttp import hdrs
from yarl import URL

from aggregator import serve
from aggregator.errors import ServiceDownError
from aggregator.publish import FORMATS, Format
from tests.support.archive import Piece
from tests.support.clock import FakeClock
from tests.support.feedrules import served_problems
from tests.support.publishing import TOPIC, House, a_house

BASE = "https://news.example"
PIECES = (
    Piece("Alibaba fined at last", "The regulator fined Alibaba. Alibaba must pay.", age=timedelta(days=3)),
    Piece("阿里巴巴被罚", "市场监管总局对阿里巴巴作出处罚。", "zh"),
    Piece("Copy of the fine", "The regulator fined Alibaba. Alibaba must pay.", copy_of=1, source_id="wire"),
    Piece("A river <b>& more</b>", "Nothing at all about it, but a regulator.", "en", "wire"),
)


@pytest.fixture
async def house(tmp_path: Path, clock: FakeClock, database_url: str) -> AsyncIterator[House]:
    """Give a house whose topic carries two entries."""
    settings = f'[publish]\nbase_url = "{BASE}"\nttl = "10m"\n'
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC}, settings) as made:
        await made.store(PIECES)
        await made.carry("a", [1, 2, 3])
        await made.publish()
        yield made


@pytest.fixture
async def session(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client of the server that shows the house."""
    server = await serve.start(serve.create(house.folder, parts=lambda: house.parts), "127.0.0.1:0")
    async with aiohttp.ClientSession(server.url) as made:
        yield made
    await server.close()


async def titles(session: aiohttp.ClientSession, path: str) -> list[str]:
    async with session.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return [entry.title for entry in feedparser.parse(await answer.read()).entries]


async def test_a_topic_can_be_narrowed(session: aiohttp.ClientSession) -> None:
    expected = {
        "": ["阿里巴巴被罚", "Alibaba fined at last"],
        "lang=zh": ["阿里巴巴被罚"],
        "lang=EN": ["Alibaba fined at last"],
        "since=1d": ["阿里巴巴被罚"],
        "since=2026-03-12": ["阿里巴巴被罚"],
        "since=2026-03-01T00:00:00Z&lang=en": ["Alibaba fined at last"],
        "q=regulator": ["Alibaba fined at last"],
        "q=处罚": ["阿里巴巴被罚"],
        "q=nothing": [],
        "utm_source=x": ["阿里巴巴被罚", "Alibaba fined at last"],
    }
    found = {question: await titles(session, f"/feeds/a.atom?{question}") for question in expected}
    assert found == expected


async def test_the_archive_answers_with_a_valid_feed(session: aiohttp.ClientSession) -> None:
    for fmt in FORMATS:
        await check_search(session, fmt)


async def check_search(session: aiohttp.ClientSession, fmt: Format) -> None:
    path = f"/search.{fmt}?q=regulator+OR+river"
    async with session.get(path) as answer:
        body = await answer.read()
        assert answer.headers[hdrs.CACHE_CONTROL] == "max-age=600"
        content_type = answer.headers[hdrs.CONTENT_TYPE]
        etag = answer.headers[hdrs.ETAG]
    assert served_problems(content_type, body, fmt, url=BASE + path) == []
    assert body.count(b"fined at last") > 0
    assert b"Copy of the fine" not in body  # one of each family
    async with session.get(path, headers={hdrs.IF_NONE_MATCH: etag}) as again:
        assert again.status == 304


async def test_a_narrowed_feed_is_served_at_the_address_that_it_calls_its_own(
    session: aiohttp.ClientSession,
) -> None:
    asked = {
        "/feeds/a.atom?since=30d&q=fined&lang=EN&utm_source=x": "/feeds/a.atom?lang=en&q=fined&since=30d",
        "/feeds/a.rss?q=%20fined%20OR%20%e5%a4%84%e7%bd%9a": "/feeds/a.rss?q=fined+OR+%E5%A4%84%E7%BD%9A",
        "/search.json?lang=&q=title%3afined": "/search.json?q=title%3Afined",
        "/feeds/a.atom?q=fined": "/feeds/a.atom?q=fined",
    }
    for path, canonical in asked.items():
        async with session.get(URL(path, encoded=True)) as answer:
            body, own = await answer.read(), f"{BASE}{canonical}"
            assert own.replace("&", "&amp;").encode() in body or f'"feed_url":"{own}"'.encode() in body, path
        async with session.get(URL(canonical, encoded=True), allow_redirects=False) as answer:
            assert (answer.status, await answer.read()) == (200, body), path
        # However a client encodes it: there are no two addresses that lead to each other.
        other = canonical.replace("+", "%20").replace("%3A", ":")
        async with session.get(URL(other, encoded=True), allow_redirects=False) as answer:
            assert (answer.status, await answer.read()) == (200, body), path
    for path, target in (("/feeds/a.atom?q=", "a.atom"), ("/feeds/a.atom?q=&token=x", "a.atom?token=x")):
        async with session.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers[hdrs.LOCATION]) == (301, target)


async def test_a_page_of_the_archive_is_not_narrowed(session: aiohttp.ClientSession) -> None:
    async with session.get("/feeds/a.0.atom?q=fined") as answer:
        assert answer.status == 404


async def test_a_feed_that_is_asked_for_goes_by_its_bytes_alone(session: aiohttp.ClientSession) -> None:
    async with session.get("/feeds/a.atom?q=fined") as answer:
        assert hdrs.LAST_MODIFIED not in answer.headers
        tag = answer.headers[hdrs.ETAG]
    later = {hdrs.IF_MODIFIED_SINCE: "Fri, 01 Jan 2100 00:00:00 GMT"}  # an entry may leave it, too
    async with session.get("/feeds/a.atom?q=fined", headers=later) as answer:
        assert answer.status == 200
    async with session.get("/feeds/a.atom?q=fined", headers={hdrs.IF_NONE_MATCH: tag}) as answer:
        assert answer.status == 304


async def test_a_narrowed_feed_in_a_browser_finds_its_style(session: aiohttp.ClientSession) -> None:
    for path in ("/feeds/a.atom", "/feeds/a.atom?q=fined", "/feeds/a.rss?lang=en", "/search.atom?q=fined"):
        async with session.get(path) as answer:
            href = (await answer.read()).partition(b'type="text/css" href="')[2].partition(b'"')[0]
            style = answer.url.join(URL(href.decode()))
        async with session.get(style) as answer:
            assert (answer.status, answer.content_type) == (200, "text/css"), path


async def test_published_files_are_served_while_the_database_is_down(
    session: aiohttp.ClientSession, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house.folder / "ops.atom").write_bytes(b"<feed/>")

    async def down(*_: object, **__: object) -> None:
        raise ServiceDownError("the database does not answer")

    monkeypatch.setattr(type(house.parts.gate), "read", down)
    monkeypatch.setattr(type(house.parts.gate), "look", down)
    statuses = {
        "/feeds/a.atom": 200, "/feeds/a.json": 200, "/feeds/ops.atom": 200, "/feeds/feed.css": 200, "/": 200,
        "/feeds/none.atom": 503, "/feeds/a.atom?q=fined": 503, "/search.atom?q=fined": 503, "/topics/a": 503,
    }  # fmt: skip
    for path, status in statuses.items():
        async with session.get(path) as answer:
            assert answer.status == status, path
            assert (hdrs.RETRY_AFTER in answer.headers) is (status == 503), path


async def test_strangers_read_whether_all_is_well_and_not_what_is_wrong(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    async def ill() -> str:
        return "cannot write feeds/secret-topic.atom"

    settings = '[serve]\ntokens = ["alice-token-1"]\n'
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC}, settings) as house:
        application = serve.create(
            house.folder, health=ill, remark=lambda: "topics.d/other-topic.toml", parts=lambda: house.parts
        )
        server = await serve.start(application, "127.0.0.1:0")
        async with aiohttp.ClientSession(server.url) as session:
            async with session.get("/healthz") as answer:
                assert (answer.status, await answer.text()) == (
                    503,
                    "something is wrong; show a token to read what\n",
                )
            async with session.get("/healthz?token=alice-token-1") as answer:
                said = await answer.text()
            assert "secret-topic" in said
            assert "other-topic" in said
        await server.close()


async def test_an_item_keeps_its_id_and_a_topic_its_entries_ids(
    session: aiohttp.ClientSession, house: House
) -> None:
    async def ids(path: str) -> set[str]:
        async with session.get(path) as answer:
            return {entry.id for entry in feedparser.parse(await answer.read()).entries}

    one = await ids("/search.atom?q=regulator")
    assert one == await ids("/search.rss?q=regulator+-river") | await ids("/search.atom?q=river")
    assert await ids("/feeds/a.atom?q=fined") < await ids("/feeds/a.atom")


async def test_a_question_that_cannot_be_answered_is_explained(session: aiohttp.ClientSession) -> None:
    questions = {
        "/search.atom": (400, "say what to look for"),
        "/search.atom?q=%28": (400, "line 1"),
        "/search.atom?q=" + "a" * 1001: (400, "more than 1000"),
        "/search.xml?q=a": (400, "no format 'xml'"),
        "/feeds/a.atom?since=tomorrow": (400, "since must be"),
        "/feeds/a.atom?since=0001-01-01T00:00:00%2B14:00": (400, "since must be"),
        "/feeds/b.atom?q=a": (404, "no such feed"),
    }
    for path, (status, words) in questions.items():
        async with session.get(path) as answer:
            assert (answer.status, answer.content_type) == (status, "text/plain"), path
            assert words in await answer.text()


async def test_a_feed_of_a_removed_topic_is_gone_and_a_feed_that_never_was_is_not_found(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC, "b": TOPIC}) as house:
        await house.publish()
    async with a_house(tmp_path, clock, database_url, {"b": TOPIC}) as house:
        await house.publish()
        server = await serve.start(serve.create(house.folder, parts=lambda: house.parts), "127.0.0.1:0")
        async with aiohttp.ClientSession(server.url) as session:
            for path, status in {"a.atom": 410, "a.7.rss": 410, "b.atom": 200, "c.atom": 404}.items():
                async with session.get(f"/feeds/{path}") as answer:
                    assert answer.status == status, path
                async with session.head(f"/feeds/{path}") as answer:
                    assert answer.status == status, path
        await server.close()


def basic(user: str, password: str) -> dict[str, str]:
    return {hdrs.AUTHORIZATION: "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def figures() -> bytes:
    return b"# nothing counted\n"


async def test_tokens_open_everything_for_each_subscriber_until_they_are_taken_away(
    tmp_path: Path, clock: FakeClock, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = '[serve]\ntokens = ["alice-token-1", "bob-token-22"]\n'
    async with (
        a_house(tmp_path, clock, database_url, {"a": TOPIC}, settings) as house,
        AsyncExitStack() as stack,
    ):
        await house.publish()
        parts = house.parts
        current = [parts]
        application = serve.create(house.folder, parts=lambda: current[0], metrics=figures)
        server = await serve.start(application, "127.0.0.1:0")
        stack.push_async_callback(server.close)

        async def status(path: str, headers: dict[str, str] | None = None) -> int:
            async with session.get(path, headers=headers) as answer:
                if answer.status == 401:
                    assert answer.headers[hdrs.WWW_AUTHENTICATE].startswith("Basic ")
                    assert answer.headers[hdrs.CACHE_CONTROL] == "no-store"
                elif path.startswith("/feeds/a"):
                    assert answer.headers[hdrs.CACHE_CONTROL].startswith("private")
                return answer.status

        async with aiohttp.ClientSession(server.url) as session:
            for path in (
                "/",
                "/feeds/a.atom",
                "/feeds/none.atom",
                "/opml",
                "/search.atom?q=a",
                "/metrics",
                "/nothing",
            ):
                assert await status(path) == 401, path
                assert await status(path, basic("x", "alice-token-2")) == 401, path
            for path in ("/healthz", "/readyz", "/style.css", "/icon.svg", "/feeds/feed.css"):
                assert await status(path) == 200, path
            assert await status("/metrics", basic("prometheus", "alice-token-1")) == 200
            assert await status("/feeds/a.atom?token=alice-token-1") == 200
            assert await status("/feeds/a.atom?token=bob-token-2") == 401
            assert await status("/feeds/a.atom", basic("anything", "bob-token-22")) == 200
            assert await status("/feeds/a.atom", basic("bob-token-22", "")) == 200
            assert await status("/feeds/a.atom", {hdrs.AUTHORIZATION: "Basic é!"}) == 401
            assert await status("/feeds/a.atom", {hdrs.AUTHORIZATION: "Basic " + "A" * 5000}) == 401
            async with session.get("/search.json?q=a&token=alice-token-1") as answer:
                assert answer.status == 200
                assert "alice-token-1" not in await answer.text()
            # Bob's is taken out of the configuration.
            serving = parts.config.serve.model_copy(update={"tokens": ("alice-token-1",)})
            current[0] = replace(parts, config=parts.config.model_copy(update={"serve": serving}))
            assert await status("/feeds/a.atom?token=bob-token-22") == 401
            assert await status("/feeds/a.atom?token=alice-token-1") == 200
        # A broken request is refused without a trace of what it holds.
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /?token=alice-token-1 HTTP/9.x\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
    assert "alice-token-1" not in caplog.text
