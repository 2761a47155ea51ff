"""Rude clients on raw sockets: each of them ends, and nobody else waits for them."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aggregator import serve
from aggregator.publish import files
from aggregator.serve.limits import Connection, Limits

GET = b"GET /feeds/a.atom HTTP/1.1\r\nHost: x\r\n\r\n"
Socket = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def served(folder: Path, limits: Limits) -> AsyncIterator[serve.Server]:
    files.write(folder, "a.atom", os.urandom(16 << 20))  # more than the kernel holds for both ends
    server = await serve.start(serve.create(folder), "127.0.0.1:0", limits)
    try:
        yield server
    finally:
        await server.close()


async def connected(server: serve.Server, sent: bytes = b"") -> Socket:
    reader, writer = await asyncio.open_connection(server.host, server.port, limit=1 << 16)
    writer.write(sent)
    return reader, writer


async def is_answered(server: serve.Server) -> bool:
    reader, writer = await connected(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer.startswith(b"HTTP/1.1 200")


async def ends(reader: asyncio.StreamReader, seconds: float = 10) -> bool:
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), seconds) == b""
    return True


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", GET[:-2], GET + b"GET /", b"POST / HTTP/1.1\r\nHost: x\r\n"]
)
async def test_a_head_that_does_not_come_to_its_end_is_not_waited_for(tmp_path: Path, sent: bytes) -> None:
    limits = Limits(head=0.3)
    async with served(tmp_path, limits) as server:
        reader, writer = await connected(server, sent)
        dripping = asyncio.create_task(drip(writer))
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 10)
        assert time.monotonic() - began < 8
        dripping.cancel()
        writer.close()
        assert await is_answered(server)
        assert len(limits) == 0


async def drip(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(b"X")
            await asyncio.sleep(0.05)


async def test_endless_headers_are_refused(tmp_path: Path) -> None:
    async with served(tmp_path, Limits()) as server:
        reader, writer = await connected(server, b"GET / HTTP/1.1\r\nHost: x\r\n")
        sent = 0
        with contextlib.suppress(ConnectionError):
            for number in range(100_000):
                writer.write(b"X-%d: %s\r\n" % (number, b"y" * 1000))
                await writer.drain()
                sent += 1
        assert sent < 10_000
        with contextlib.suppress(ConnectionError):
            assert b" 400 " in await reader.readline()
        writer.close()
        for head in (
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000,
        ):
            reader, writer = await connected(server, head)
            assert b" 400 " in await asyncio.wait_for(reader.readline(), 5)
            writer.close()
        assert await is_answered(server)


async def test_who_does_not_read_holds_little_and_not_for_long(tmp_path: Path) -> None:
    limits = Limits(stalled=0.5)
    async with served(tmp_path, limits) as server:
        sockets = [await connected(server, GET) for _ in range(20)]
        await asyncio.sleep(0.3)
        held = sum(waiting(each) for each in limits._open)
        assert held < 20 * (300 << 10)
        assert await is_answered(server)
        for _ in range(100):
            if not len(limits):
                break
            await asyncio.sleep(0.1)
        assert len(limits) == 0
        for _, writer in sockets:
            writer.close()


def waiting(connection: Connection) -> int:
    assert connection._transport is not None
    return connection._transport.get_write_buffer_size()


async def test_who_goes_away_in_the_middle_is_no_mistake_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(tmp_path, Limits()) as server:
        reader, writer = await connected(server, GET)
        await reader.readexactly(100_000)
        writer.transport.abort()
        assert await is_answered(server)
        await asyncio.sleep(0.2)
    assert caplog.records == []


async def test_who_reads_slowly_gets_it_all(tmp_path: Path) -> None:
    async with served(tmp_path, Limits(stalled=2.0)) as server:
        reader, writer = await connected(server, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        got = b""
        while piece := await reader.read(1 << 18):
            got += piece
            await asyncio.sleep(0.02)
        writer.close()
        assert got.partition(b"\r\n\r\n")[2] == (tmp_path / "a.atom").read_bytes()


async def test_a_full_house_lets_go_who_keeps_it_waiting_longest(tmp_path: Path) -> None:
    limits = Limits(most=3)
    async with served(tmp_path, limits) as server:
        idle, idler = await connected(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await idle.readuntil(b"ok\n")
        first, one = await connected(server)
        _second, two = await connected(server, b"GET / HTTP/1.1\r\n")
        while len(limits) < 3:
            await asyncio.sleep(0.01)
        assert await is_answered(server)  # in the place of the first without a head
        assert await ends(first)
        for connection in limits._open:
            connection.heard_at -= 10  # the idle one was answered long ago, longer than the other waits
        _third, three = await connected(server)
        while len(limits) < 3:
            await asyncio.sleep(0.01)
        assert await is_answered(server)
        assert await ends(idle)
        assert len(limits) <= 3
        for writer in (idler, one, two, three):
            writer.close()


async def test_who_asks_is_answered_while_five_hundred_drip(tmp_path: Path) -> None:
    limits = Limits(most=100)
    lines = (b"GET / HTTP/1.1\r\nX: ", b"\r\n\r\n", b"")

    over = asyncio.Event()

    async def hang_on(number: int) -> None:
        while not over.is_set():
            with contextlib.suppress(ConnectionError):
                reader, writer = await connected(server, lines[number % 3])
                try:
                    while not (over.is_set() or reader.at_eof() or writer.is_closing()):
                        writer.write(b"\r\n\r\n" if number % 3 == 1 else b"X")
                        await asyncio.sleep(0.2)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(0.2)

    async with served(tmp_path, limits) as server:
        drippers = [asyncio.create_task(hang_on(number)) for number in range(500)]
        while len(limits) < limits.most:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        answers = [await is_answered(server) for _ in range(20)]
        over.set()
        await asyncio.gather(*drippers)
    assert answers == [True] * 20


async def test_empty_lines_are_no_requests(tmp_path: Path) -> None:
    limits = Limits(head=0.3)
    async with served(tmp_path, limits) as server:
        reader, writer = await connected(server)
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof() and time.monotonic() - began < 8:
                writer.write(b"\r\n\r\n")
                await asyncio.sleep(0.05)
        assert time.monotonic() - began < 8
        writer.close()


async def test_requests_in_a_row_on_one_connection_are_all_answered(tmp_path: Path) -> None:
    async with served(tmp_path, Limits(head=0.5)) as server:
        reader, writer = await connected(server)
        for cut in (3, 40, len(GET)):
            request = GET.replace(b"a.atom", b"none.atom") * 2
            writer.write(request[:cut])
            await asyncio.sleep(0.05)
            writer.write(request[cut:])
            for _ in range(2):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
                assert head.startswith(b"HTTP/1.1 404")
                length = int(head.lower().partition(b"content-length: ")[2].split()[0])
                await reader.readexactly(length)
            await asyncio.sleep(1.2)  # longer than a head may take, with none under way
        writer.close()
