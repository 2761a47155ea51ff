"""Servers that no script of answers can play: they speak out of turn, reset, stall, never end."""

import asyncio
import gzip
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from aggregator.model import Failure, FailureKind, Fetched
from tests.integration.fetch.support import a_client, named, request
from tests.support.cases import NewCase, outcome

K = FailureKind
Streams = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
TIMEOUT = 0.6


@asynccontextmanager
async def serving(behave: Streams) -> AsyncIterator[tuple[str, list[int]]]:
    """Run a server; give its host:port, and a list that grows with each connection."""
    connections: list[int] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await behave(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", connections
    finally:
        server.close()
        await asyncio.sleep(0.05)  # what the client has just closed
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection by RST, not FIN."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def head(reader: asyncio.StreamReader) -> str:
    """Read a request and return its path."""
    return (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()


def banner(text: bytes) -> Streams:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()
        await reader.read()

    return behave


async def reset_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def reset_after_the_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await head(reader)
    reset(writer)


async def reset_in_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await head(reader)
    writer.write(OK + b"Content-Length: 100\r\n\r\nhello")
    await writer.drain()
    await asyncio.sleep(0.05)
    reset(writer)


async def reset_where_the_length_is_not_told(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await head(reader)
    writer.write(OK + b"\r\nhello")
    await writer.drain()
    await asyncio.sleep(0.05)
    reset(writer)


OUT_OF_TURN: dict[str, tuple[Streams, str, set[FailureKind]]] = {
    "a mail server speaks first": (
        banner(b"220 mail.example.com ESMTP ready\r\n"),
        "a greeting before the request",
        {K.PROTOCOL},
    ),
    "reset at once": (reset_at_once, "resets the connection", {K.CONNECT}),
    "reset after the request": (reset_after_the_request, "resets after the request", {K.CONNECT}),
    "reset in the body": (reset_in_the_body, "resets after 5 of 100 bytes", {K.CONNECT, K.PROTOCOL}),
    "reset instead of an end": (
        reset_where_the_length_is_not_told,
        "no length, then a reset instead of an end",
        {K.CONNECT, K.PROTOCOL},
    ),
}


@pytest.mark.parametrize(("name", "behave", "does", "kinds"), named(OUT_OF_TURN))
async def test_who_does_not_keep_to_the_turns_fails_at_once(
    name: str, behave: Streams, does: str, kinds: set[FailureKind], case: NewCase
) -> None:
    row = case(f"out of turn: {name}", does)
    async with serving(behave) as (place, connections), a_client() as client:
        async with asyncio.timeout(3):
            result = await client.fetch(request(f"http://{place}/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind in kinds
    assert len(connections) == 1  # not insisted on


async def test_a_handshake_that_never_ends_is_given_up(case: NewCase) -> None:
    row = case("tls: the handshake never ends", "accepts the connection and says nothing")
    async with serving(banner(b"")) as (place, connections), a_client(timeout=TIMEOUT) as client:
        result = await client.fetch(request(f"https://{place}/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert (result.kind, len(connections)) == (K.TIMEOUT, 1)


async def test_the_page_of_a_redirect_is_not_waited_for(case: NewCase) -> None:
    row = case("redirect: its page never ends", "302 with a page that goes on for ever")

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await head(reader) == "/end":
            writer.write(OK + b"Content-Length: 5\r\n\r\nhello")
            return
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 99999999\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(behave) as (place, _connections), a_client(timeout=2) as client:
        result = await client.fetch(request(f"http://{place}/"))
    row.came_to(outcome(result))
    assert isinstance(result, Fetched)
    assert result.body == b"hello"


async def test_a_refusal_counts_even_if_its_page_outlasts_the_deadline(case: NewCase) -> None:
    row = case("status 410, its page drips", f"410, then a byte now and then; {TIMEOUT} s are left")

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 410 Gone\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with serving(behave) as (place, _connections), a_client(timeout=TIMEOUT) as client:
        result = await client.fetch(request(f"http://{place}/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.GONE


async def test_a_refusal_whose_page_is_a_bomb(case: NewCase) -> None:
    bomb = gzip.compress(bytes(100_000_000))
    row = case("status 404, its page is a bomb", f"404 with {len(bomb):,} bytes that become 100,000,000")
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(answer + bomb)
        await writer.drain()

    async with serving(behave) as (place, _connections), a_client() as client:
        await client.fetch(request(f"http://{place}/"))  # everything is loaded once
        tracemalloc.start()
        try:
            result = await client.fetch(request(f"http://{place}/"))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    row.came_to(f"{outcome(result)}; {peak / 1e6:.2f} MB of memory at most")
    assert isinstance(result, Failure)
    assert result.kind is K.NOT_FOUND
    assert peak < 1_200_000


async def test_an_answer_that_comes_before_the_request_counts(case: NewCase) -> None:
    """A server that is too busy to listen says so as soon as it is connected."""
    row = case("out of turn: too busy to listen", "503, Retry-After: 600, before the request")
    busy = banner(b"HTTP/1.1 503 Busy\r\nRetry-After: 600\r\nContent-Length: 5\r\n\r\nlater")
    async with serving(busy) as (place, _connections):
        for _time in range(20):
            async with a_client() as client:
                result = await client.fetch(request(f"http://{place}/"))
                assert isinstance(result, Failure)
                assert (result.kind, result.retry_after) == (K.SERVER_ERROR, timedelta(minutes=10))
    row.came_to(outcome(result))


async def test_a_greeting_without_end_is_not_kept(case: NewCase) -> None:
    row = case("out of turn: a greeting without end", "HTTP/1.1 again and again, before the request")
    endless = banner(b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000)
    async with serving(endless) as (place, _connections), a_client() as client, asyncio.timeout(3):
        result = await client.fetch(request(f"http://{place}/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.PROTOCOL
