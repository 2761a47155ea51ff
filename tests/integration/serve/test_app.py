"""The server over real sockets: documents, validators, compression, refusals."""

import asyncio
import gzip
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from aggregator import serve
from aggregator.errors import BusyError, OutputError
from aggregator.publish import FORMATS, STYLE, Format, files, index, opml, render_all
from aggregator.serve.documents import Documents
from tests.support.feedrules import served_problems
from tests.support.topicfeeds import a_feed, an_entry

MODIFIED = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)


@asynccontextmanager
async def served(
    folder: Path, **probes: serve.Probe
) -> AsyncIterator[tuple[serve.Server, aiohttp.ClientSession]]:
    server = await serve.start(serve.create(folder, **probes), "127.0.0.1:0")
    try:
        async with aiohttp.ClientSession(server.url, auto_decompress=False) as session:
            yield server, session
    finally:
        await server.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with one published topic."""
    folder = tmp_path / "feeds"
    feed = a_feed(*(an_entry(seq) for seq in range(5, 0, -1)))
    for fmt, body in render_all(feed).items():
        files.write(folder, f"alibaba.{fmt}", body)
        os.utime(folder / f"alibaba.{fmt}", (MODIFIED.timestamp() + 0.75,) * 2)
    files.write(folder, "index.html", index([feed]))
    files.write(folder, "topics.opml", opml([feed]))
    return folder


async def raw(server: serve.Server, request: bytes) -> bytes:
    """Send bytes as they are, for what a well-behaved client would not send."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return answer


async def plain(answer: aiohttp.ClientResponse) -> bytes:
    """Read a body and undo its compression."""
    body = await answer.read()
    return gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body


@pytest.mark.parametrize("fmt", FORMATS)
async def test_a_feed_comes_with_its_type_and_validators_and_is_valid_as_served(
    folder: Path, fmt: Format
) -> None:
    async with served(folder) as (server, session):
        feed = a_feed(an_entry(), base_url=server.url)
        body = render_all(feed)[fmt]
        files.write(folder, f"alibaba.{fmt}", body)
        os.utime(folder / f"alibaba.{fmt}", (MODIFIED.timestamp() + 0.75,) * 2)
        async with session.get(f"/feeds/alibaba.{fmt}") as answer:
            assert answer.status == 200
            assert await plain(answer) == body
            problems = served_problems(
                answer.headers["Content-Type"],
                body,
                fmt,
                url=f"{server.url}/feeds/alibaba.{fmt}",
            )
            assert problems == []
            assert answer.headers["ETag"].startswith('"')
            assert answer.headers["Last-Modified"] == "Mon, 05 Jan 2026 10:30:00 GMT"
            assert answer.headers["Cache-Control"] == "max-age=300"
            varies = "Accept-Encoding" if fmt == "json" else "Accept, Accept-Encoding"
            assert answer.headers["Vary"] == varies
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Server"] == "aggregator"


async def test_a_browser_gets_a_feed_as_xml_with_a_style_that_it_may_load(folder: Path) -> None:
    files.write(folder, "feed.css", STYLE)
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    async with served(folder) as (_, session):
        for fmt in ("atom", "rss"):
            async with session.get(f"/feeds/alibaba.{fmt}", headers=browser) as answer:
                assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
                assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
                body = await plain(answer)
            assert b'<?xml-stylesheet type="text/css" href="feed.css"?>' in body
            assert b'<a href="http://127.0.0.1:8080/">see all topics</a>' in body
        async with session.get("/feeds/feed.css") as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")


@pytest.mark.parametrize(
    ("accepted", "is_zipped"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("", False),
    ],
)
async def test_compression_is_sent_to_those_who_accept_it(
    folder: Path, accepted: str, is_zipped: bool
) -> None:
    plain = (folder / "alibaba.atom").read_bytes()
    async with (
        served(folder) as (_, session),
        session.get("/feeds/alibaba.atom", headers={"Accept-Encoding": accepted}) as answer,
    ):
        body = await answer.read()
        assert (answer.headers.get("Content-Encoding") == "gzip") is is_zipped
        assert (gzip.decompress(body) if is_zipped else body) == plain
        assert answer.headers["ETag"].endswith('-gz"') is is_zipped
        assert int(answer.headers["Content-Length"]) == len(body)


async def test_a_client_with_a_good_copy_gets_no_body(folder: Path) -> None:
    async with served(folder) as (_, session):
        async with session.get("/feeds/alibaba.atom") as answer:
            etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
        for headers in (
            {"If-None-Match": etag},
            {"If-None-Match": f'"other", W/{etag}'},
            {"If-None-Match": "*"},
            {"If-Modified-Since": modified},
            {"If-Modified-Since": "Tue, 06 Jan 2026 00:00:00 GMT"},
            {"If-None-Match": etag, "If-Modified-Since": "Mon, 05 Jan 2026 10:29:59 GMT"},
        ):
            async with session.get("/feeds/alibaba.atom", headers=headers) as answer:
                assert (answer.status, await answer.read()) == (304, b"")
                assert answer.headers["ETag"] == etag
                assert "Content-Type" not in answer.headers
        for headers in (
            {"If-None-Match": '"other"'},
            {"If-None-Match": '"other"', "If-Modified-Since": modified},
            {"If-Modified-Since": "Mon, 05 Jan 2026 10:29:59 GMT"},
            {"If-Modified-Since": "yesterday"},
        ):
            async with session.get("/feeds/alibaba.atom", headers=headers) as answer:
                assert answer.status == 200


async def test_head_tells_what_get_would(folder: Path) -> None:
    async with served(folder) as (_, session):
        async with session.get("/feeds/alibaba.rss") as got:
            await got.read()
        async with session.head("/feeds/alibaba.rss") as asked:
            assert await asked.read() == b""
        for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified"):
            assert asked.headers[name] == got.headers[name]


async def test_a_replaced_file_is_served_at_once_and_an_equal_one_keeps_its_validators(folder: Path) -> None:
    async with served(folder) as (_, session):
        async with session.get("/feeds/alibaba.json") as answer:
            first = answer.headers["ETag"]
        files.write(folder, "alibaba.json", b'{"new": true}')
        async with session.get("/feeds/alibaba.json") as answer:
            assert await answer.read() == b'{"new": true}'
            assert answer.headers["ETag"] != first
        (folder / "alibaba.json").unlink()
        async with session.get("/feeds/alibaba.json") as answer:
            assert answer.status == 404


async def test_page_and_list_of_topics(folder: Path) -> None:
    async with served(folder) as (_, session):
        for path, media_type in (
            ("/", "text/html; charset=utf-8"),
            ("/opml", "text/x-opml; charset=utf-8"),
            ("/feeds/topics.opml", "text/x-opml; charset=utf-8"),
        ):
            async with session.get(path) as answer:
                assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
                assert b"/feeds/alibaba.atom" in await plain(answer)


@pytest.mark.parametrize(
    "target",
    [
        "/feeds/../secret.atom",
        "/feeds/..%2Fsecret.atom",
        "/feeds/%2e%2e/secret.atom",
        "/feeds/..%5Csecret.atom",
        "/feeds/%2Fetc%2Fpasswd",
        "/feeds/link.atom",
        "/feeds/secret.txt",
        "/feeds/.alibaba.atom.0123abcd.tmp",
        "/feeds/nul%00.atom",
        "/feeds/" + "x" * 300 + ".atom",
        "/feeds/" + "%E4%B8%AD" * 90 + ".atom",
        "/feeds/",
        "/feeds/absent.atom",
        "/nothing",
    ],
)
async def test_nothing_else_is_served(folder: Path, target: str) -> None:
    (folder.parent / "secret.atom").write_bytes(b"secret")
    (folder / "secret.txt").write_bytes(b"secret")
    (folder / ".alibaba.atom.0123abcd.tmp").write_bytes(b"secret")
    (folder / "link.atom").symlink_to(folder.parent / "secret.atom")
    async with served(folder) as (server, _):
        answer = await raw(server, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"404"
    assert b"secret" not in body
    assert b"The list of topics is at /" in body
    assert b"text/plain" in head
    assert b"nosniff" in head


@pytest.mark.parametrize(
    "request_",
    [b"GET / HTTP/9.x\r\n\r\n", b"<script>\r\n\r\n", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n"],
)
async def test_a_broken_request_is_refused_under_the_same_policy(folder: Path, request_: bytes) -> None:
    async with served(folder) as (server, _):
        head = (await raw(server, request_)).partition(b"\r\n\r\n")[0]
    assert b" 400 " in head
    assert b"nosniff" in head
    assert b"default-src 'none'" in head


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_only_reading_is_allowed(folder: Path, method: str) -> None:
    async with served(folder) as (_, session), session.request(method, "/feeds/alibaba.atom") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET,HEAD"
        assert "use GET" in await answer.text()


async def test_health_and_readiness_say_what_is_wrong(tmp_path: Path) -> None:
    async def ill() -> str:
        return "the database does not answer"

    async with served(tmp_path, ready=ill) as (_, session):
        async with session.get("/healthz") as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
        async with session.get("/readyz") as answer:
            assert (answer.status, await answer.text()) == (503, "the database does not answer\n")
            assert answer.headers["Cache-Control"] == "no-store"
        async with session.get("/") as answer:
            assert answer.status == 404
            assert "config/topics.d/" in await answer.text()


async def test_readers_never_see_half_a_file(folder: Path) -> None:
    versions = [bytes([65 + n]) * 200_000 for n in range(4)]
    whole = set(versions)
    files.write(folder, "alibaba.atom", versions[0])

    def rewrite() -> None:
        for n in range(200):
            files.write(folder, "alibaba.atom", versions[n % 4])

    async with served(folder) as (_, session):
        writing = asyncio.create_task(asyncio.to_thread(rewrite))
        seen = 0
        while not writing.done():
            async with session.get("/feeds/alibaba.atom", headers={"Accept-Encoding": "identity"}) as answer:
                assert await answer.read() in whole
                seen += 1
        await writing
    assert seen > 0


async def test_the_cache_keeps_to_its_budget(tmp_path: Path) -> None:
    for n in range(4):
        files.write(tmp_path, f"{n}.atom", os.urandom(1000))
    documents = Documents(tmp_path, budget=2500)
    for n in (0, 1, 0, 2, 3):
        assert await documents.get(f"{n}.atom") is not None
    assert list(documents._cache) == ["2.atom", "3.atom"]
    assert documents._held == 2000
    files.write(tmp_path, "big.atom", os.urandom(5000))
    assert await documents.get("big.atom") is not None
    assert list(documents._cache) == ["2.atom", "3.atom"]


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, _):
        assert server.port > 0
        with pytest.raises(BusyError, match=f"127.0.0.1:{server.port}.*another program"):
            await serve.start(serve.create(tmp_path), server.address)


@pytest.mark.parametrize(
    ("listen", "words"),
    [
        ("8080", "host:port"),
        (":8080", "host:port"),
        ("127.0.0.1:70000", "host:port"),
        ("127.0.0.1:http", "host:port"),
        ("203.0.113.1:0", "no such address"),
        ("no-such-host.invalid:8080", "host name is unknown"),
    ],
)
async def test_an_address_that_cannot_be_used_is_explained(tmp_path: Path, listen: str, words: str) -> None:
    with pytest.raises(OutputError, match=words):
        await serve.start(serve.create(tmp_path), listen)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
async def test_ipv6_addresses_are_written_in_brackets(tmp_path: Path) -> None:
    try:
        server = await serve.start(serve.create(tmp_path), "[::1]:0")
    except OutputError:
        pytest.skip("no IPv6 loopback here")
    assert server.url == f"http://[::1]:{server.port}"
    await server.close()
