"""Large documents: through a file that is gone again whatever happens, and never all in memory."""

import asyncio
import gzip
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import brotli
import pytest
from backports import zstd

from aggregator.fetch.body import IN_MEMORY
from aggregator.fetch.client import Client
from aggregator.fetch.walls import LOOK_AT
from aggregator.model import Failure, FailureKind, Fetched
from tests.integration.fetch.support import a_client, request
from tests.support.web import Answer, ScriptedWeb

MOST = 16_000_000
LARGE = os.urandom(1000) * 10_000
OK = b"HTTP/1.1 200 OK\r\n"


def digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def folder(client: Client) -> Path:
    found = client._spool._folder
    assert found is not None
    return found


def files(client: Client) -> list[Path]:
    return list(folder(client).iterdir())


@pytest.mark.parametrize("is_packed", [False, True])
async def test_a_large_document_lies_in_a_file_until_the_block_ends(is_packed: bool) -> None:
    with ScriptedWeb() as web:
        web.put("/", LARGE, gzip=is_packed)
        async with a_client() as client:
            async with client.document(request(web.url("/"), MOST)) as large:
                assert isinstance(large, Fetched)
                assert isinstance(large.content, Path)
                assert (large.body, large.digest, large.content) == (b"", digest(LARGE), large.spool)
                assert large.content.read_bytes() == LARGE
                assert files(client) == [large.spool]
            assert files(client) == []
            there = folder(client)
    assert not there.exists()


async def test_a_small_document_stays_in_memory() -> None:
    body = LARGE[:IN_MEMORY]
    with ScriptedWeb() as web:
        web.put("/", body)
        web.put("/larger", LARGE[: IN_MEMORY + 1])
        async with a_client() as client:
            async with client.document(request(web.url("/"))) as small:
                assert isinstance(small, Fetched)
                assert (small.content, small.digest, small.spool) == (body, digest(body), None)
                assert files(client) == []
            async with client.document(request(web.url("/larger"))) as larger:
                assert isinstance(larger, Fetched)
                assert larger.spool is not None


async def test_who_asks_for_bytes_gets_them_with_the_same_digest() -> None:
    with ScriptedWeb() as web:
        web.put("/", LARGE)
        async with a_client() as client:
            result = await client.fetch(request(web.url("/"), MOST))
            assert files(client) == []
    assert isinstance(result, Fetched)
    assert (result.content, result.digest) == (LARGE, digest(LARGE))


FAILING = {
    "too large": (Answer(raw=OK + b"\r\n" + LARGE[:1_000_001], close=True), FailureKind.TOO_LARGE),
    "breaks off": (
        Answer(raw=OK + b"Content-Length: 900000\r\n\r\n" + LARGE[:800_000], close=True),
        FailureKind.PROTOCOL,
    ),
    "never ends": (
        Answer(raw=OK + b"Content-Length: 900000\r\n\r\n" + LARGE[:800_000], hang=True),
        FailureKind.TIMEOUT,
    ),
}


@pytest.mark.parametrize(("answer", "kind"), FAILING.values(), ids=FAILING.keys())
async def test_what_does_not_arrive_whole_leaves_no_file(answer: Answer, kind: FailureKind) -> None:
    with ScriptedWeb() as web:
        web.queue("/", answer)
        async with (
            a_client(timeout=0.5) as client,
            client.document(request(web.url("/"), 1_000_000)) as result,
        ):
            assert isinstance(result, Failure)
            assert result.kind is kind
            there = folder(client)
        assert not there.exists()
        web.queue("/", answer)
        async with a_client(timeout=0.5) as client:
            async with client.document(request(web.url("/"), 1_000_000)):
                pass
            assert files(client) == []


async def test_a_fetch_that_is_cancelled_leaves_no_file() -> None:
    with ScriptedWeb() as web:
        web.queue("/", Answer(raw=OK + b"Content-Length: 900000\r\n\r\n" + LARGE[:800_000], hang=True))
        async with a_client() as client:

            async def read() -> None:
                async with client.document(request(web.url("/"))):
                    pass

            task = asyncio.create_task(read())
            while not files(client):
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert files(client) == []


async def test_a_full_disk_fails_one_document_and_is_not_the_servers_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedWeb() as web:
        web.put("/", LARGE)
        async with a_client() as client:
            with monkeypatch.context() as disk:
                full = os.open("/dev/full", os.O_WRONLY)
                disk.setattr(client._spool, "create", lambda: (full, folder(client) / "full"))
                async with client.document(request(web.url("/"), MOST)) as result:
                    assert isinstance(result, Failure)
            assert result.kind is FailureKind.INTERNAL
            assert "No space left on device; make room in" in result.detail
            async with client.document(request(web.url("/"), MOST)) as result:
                assert isinstance(result, Fetched)


@pytest.mark.parametrize(("size", "is_wall"), [(LOOK_AT, True), (LOOK_AT + 1, False), (IN_MEMORY + 1, False)])
async def test_a_wall_is_told_by_the_size_of_the_whole_page(size: int, is_wall: bool) -> None:
    mark = b"<script>window._cf_chl_opt</script>"
    with ScriptedWeb() as web:
        web.put("/", mark + b" " * (size - len(mark)))
        async with a_client() as client, client.document(request(web.url("/"))) as result:
            assert isinstance(result, Failure) is is_wall


# The pieces on the wire, the decoders and the interpreter take some; the bodies would take 200 MB.
BOUND = 40_000_000
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "br": partial(brotli.compress, quality=5, lgwin=24),
    "zstd": zstd.compress,
}
MEASURE = """
import asyncio, pathlib, sys
from aggregator.clock import Clock
from aggregator.config.schema import FetchConfig
from aggregator.fetch.client import Client
from aggregator.model import Fetched, Request

COUNT = 20

def memory(name):
    status = pathlib.Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024

async def main(url):
    private = ("127.0.0.0/8",)
    settings = FetchConfig.model_validate({"allow_private": private, "per_host": COUNT, "host_delay": "0s"})
    all_here = asyncio.Barrier(COUNT)

    async def read(number):
        async with client.document(Request(f"{url}?{number}", 16_000_000)) as answer:
            assert isinstance(answer, Fetched), answer
            await all_here.wait()
            return answer.content.stat().st_size

    async with Client(settings, Clock()) as client:
        async with client.document(Request(url, 16_000_000)):
            pass
        before = memory("VmRSS")
        pathlib.Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        sizes = await asyncio.gather(*map(read, range(COUNT)))
        print(sum(sizes), memory("VmHWM") - before)

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["", "gzip", "br", "zstd"])
async def test_twenty_large_documents_at_once_do_not_lie_in_memory(coding: str) -> None:
    body = CODINGS[coding](b"some text, again and again\n" * 370_000)
    with ScriptedWeb() as web:
        web.put("/", body, headers=[("Content-Encoding", coding)] if coding else [])
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", MEASURE, web.url("/")],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    arrived, grown = map(int, done.stdout.split())
    assert arrived == 20 * 27 * 370_000
    windows = 4 * 16_000_000 if coding in ("br", "zstd") else 0
    assert grown < BOUND + windows, f"{grown:,} bytes more at the peak"


@pytest.mark.parametrize("size", [300_000, 1_000_000, len(LARGE)])
async def test_large_documents_follow_one_another_on_one_connection(size: int) -> None:
    with ScriptedWeb() as web:
        web.put("/", LARGE[:size])
        async with a_client() as client:
            for _time in range(5):
                async with client.document(request(web.url("/"), MOST)) as large:
                    assert isinstance(large, Fetched), large
                    assert large.digest == digest(LARGE[:size])
