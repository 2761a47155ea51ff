"""Read the body of an answer: undone piece by piece, counted before and after, never more than allowed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from aggregator.fetch import coding, failures
from aggregator.fetch.walls import LOOK_AT

_PATIENCE = 5.0  # seconds for an error page
_YIELD_EVERY = 1_000_000  # decoded bytes between two chances for other tasks


class TooLargeError(Exception):
    """The body is longer than the request allows; `pieces` is what came until then."""

    def __init__(self, pieces: Sequence[bytes] = ()) -> None:
        super().__init__()
        self.pieces = pieces


@dataclass(frozen=True, slots=True)
class Body:
    """A body that arrived whole."""

    data: bytes
    received: int  # bytes before the content coding was undone


async def read(response: aiohttp.ClientResponse, max_bytes: int) -> Body:
    """Read and undo a body; TooLargeError as soon as either form of it is longer than allowed."""
    if (response.content_length or 0) > max_bytes:
        raise TooLargeError
    return await _collect(response, max_bytes)


async def beginning(response: aiohttp.ClientResponse) -> bytes:
    """Read the beginning of a page whose status is what counts, whatever goes wrong with it."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return (await _collect(response, LOOK_AT)).data
    except TooLargeError as error:
        return b"".join(error.pieces)
    except failures.EXPECTED:
        return b""


async def _collect(response: aiohttp.ClientResponse, max_bytes: int) -> Body:
    decoder = coding.decoder(response.headers.getall("Content-Encoding", ()))
    pieces: list[bytes] = []
    received = size = 0
    yield_at = _YIELD_EVERY
    async for chunk in response.content.iter_any():
        received += len(chunk)
        for piece in decoder.feed(chunk):
            size += len(piece)
            pieces.append(piece)
            if max(size, received) > max_bytes:
                raise TooLargeError(pieces)
            if size > yield_at:  # inflating runs on the loop
                yield_at = size + _YIELD_EVERY
                await asyncio.sleep(0)
        if received > max_bytes:
            raise TooLargeError
    decoder.finish()
    return Body(b"".join(pieces), received)
