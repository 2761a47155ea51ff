"""Read the body of an answer: undone piece by piece, counted before and after, never more than allowed.

What is larger than a page usually is goes on to a file while it is read, where there is one for it.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import aiohttp

from aggregator.fetch import coding, failures
from aggregator.fetch.spool import SpoolFile
from aggregator.fetch.walls import LOOK_AT

IN_MEMORY = 256 * 1024  # decoded bytes; a larger body is written to its file

_PATIENCE = 5.0  # seconds for an error page
_YIELD_EVERY = 200_000  # decoded bytes between two chances for other tasks
_DIGEST = 16  # bytes; the digests of earlier polls are stored


class TooLargeError(Exception):
    """The body is longer than the request allows."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body that arrived whole."""

    start: bytes  # all of it, if it has no file; else enough to look for a wall
    path: Path | None  # where it lies
    size: int  # decoded bytes
    received: int  # bytes before the content coding was undone
    digest: str  # BLAKE2b of 128 bits over the decoded bytes, hexadecimal


async def read(
    response: aiohttp.ClientResponse,
    max_bytes: int,
    windows: asyncio.Semaphore,
    file: SpoolFile | None = None,
) -> Body:
    """Read and undo a body; TooLargeError as soon as either form of it is longer than allowed.

    Without a file it is kept in memory. `windows` bounds how many are undone at once whose coding
    needs a large window. SpoolError if the file cannot be written.
    """
    if (response.content_length or 0) > max_bytes:
        raise TooLargeError
    kept = _Kept(file)
    received = await _pass_on(response, max_bytes, kept.add, windows)
    return kept.body(received)


async def beginning(response: aiohttp.ClientResponse, windows: asyncio.Semaphore, ends_at: float) -> bytes:
    """Read the beginning of a page whose status is what counts, whatever goes wrong with it.

    It takes at most half of the time that is left until `ends_at` (of the loop), or the status would be lost.
    """
    start = BytesIO()
    try:
        left = ends_at - asyncio.get_running_loop().time()
        async with asyncio.timeout(min(_PATIENCE, left / 2)):
            await _pass_on(response, LOOK_AT, start.write, windows)
    except TooLargeError:
        pass
    except failures.EXPECTED:
        return b""
    return start.getvalue()


def nothing() -> Body:
    """Return the body of an answer that is not kept."""
    return _Kept(None).body(0)


class _Kept:
    """What has come of a body so far."""

    def __init__(self, file: SpoolFile | None) -> None:
        self._file = file
        self._start = BytesIO()
        self._is_in_file = False
        self._size = 0
        self._hash = hashlib.blake2b(digest_size=_DIGEST)

    def add(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._size += len(piece)
        if self._is_in_file and self._file is not None:
            self._file.write(piece)
            return
        self._start.write(piece)
        if self._file is not None and self._size > IN_MEMORY:
            self._is_in_file = True
            so_far = self._start.getvalue()
            self._file.write(so_far)
            self._start = BytesIO(so_far[: LOOK_AT + 1])  # one more: it shows that this is not all

    def body(self, received: int) -> Body:
        path = None
        if self._is_in_file and self._file is not None:
            self._file.finish()
            path = self._file.path
        return Body(self._start.getvalue(), path, self._size, received, self._hash.hexdigest())


async def _pass_on(
    response: aiohttp.ClientResponse,
    max_bytes: int,
    add: Callable[[bytes], object],
    windows: asyncio.Semaphore,
) -> int:
    """Hand over the decoded pieces and return how many bytes were received."""
    decoder = coding.decoder(response.headers.getall("Content-Encoding", ()))
    if not coding.has_large_window(decoder):
        return await _undo(response, decoder, max_bytes, add)
    async with windows:  # before the first byte: brotli makes its window whole at once
        return await _undo(response, decoder, max_bytes, add)


async def _undo(
    response: aiohttp.ClientResponse,
    decoder: coding.Decoder,
    max_bytes: int,
    add: Callable[[bytes], object],
) -> int:
    received = size = 0
    yield_at = _YIELD_EVERY
    async for chunk in response.content.iter_any():
        received += len(chunk)
        for piece in decoder.feed(chunk):
            size += len(piece)
            add(piece)
            if max(size, received) > max_bytes:
                raise TooLargeError
            if size > yield_at:  # inflating runs on the loop
                yield_at = size + _YIELD_EVERY
                await asyncio.sleep(0)
        if received > max_bytes:
            raise TooLargeError
    decoder.finish()
    return received
