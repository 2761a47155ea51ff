"""Undo the content coding of a body, piece by piece, so that a bomb is seen before it goes off.

Each piece is at most `PIECE` bytes (brotli: a block more), whatever the input; who reads them counts and
stops. One layer only, no more memory for a window than a browser grants (RFC 9659), and a body whose
compressed form breaks off is an error, never half a document.
"""

import sys
import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

PIECE = 64 * 1024
# Accept-Encoding. Brotli and zstd are understood, but not asked for: they save a tenth and need up to 16 MB
# of window for each answer that arrives.
ACCEPTED = "gzip, deflate"

_MAX_MEMBERS = 1000  # parts of one gzip or zstd stream; honest ones have a few
_ZSTD_WINDOW = 23  # log2 of 8 MB
_GZIP_MAGIC = b"\x1f\x8b"


class CodingError(Exception):
    """The body does not undo as its Content-Encoding says."""


class Decoder(Protocol):
    """Something that undoes one coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the decoded pieces that more input makes available; CodingError if it is broken."""

    def finish(self) -> None:
        """Note the end of the input; CodingError if it came too early."""


def decoder(content_encoding: Iterable[str]) -> Decoder:
    """Choose the decoder for the values of Content-Encoding; CodingError for more than one layer.

    Names that are no coding ("utf-8", "none", "aws-chunked") are seen in the wild on plain bodies
    and mean nothing.
    """
    names = ",".join(content_encoding).lower().split(",")
    layers = [name for name in map(str.strip, names) if name in _DECODERS]
    if len(layers) > 1:
        raise CodingError(f"the body is compressed more than once ({', '.join(layers)})")
    return _DECODERS[layers[0]]() if layers else _Identity()


def has_large_window(decoder: Decoder) -> bool:
    """Tell whether a decoder keeps megabytes of what it has undone, if there are so many."""
    return isinstance(decoder, _Brotli | _Zstd)


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> None:
        pass


class _Gzip:
    """gzip of any number of members (RFC 1952); bytes after the last are ignored, as browsers do."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._members = 0
        self._is_started = False
        self._is_plain = False
        self._is_over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if data and not self._is_started:
            self._is_started = True
            # Some servers label what they never compressed.
            self._is_plain = data[:2] != _GZIP_MAGIC[: len(data)]
        if self._is_plain:
            yield data
            return
        while data:
            if self._inner.eof and not self._next_member(data):
                return
            try:
                piece = self._inner.decompress(data, PIECE)
            except zlib.error as error:
                raise CodingError(f"broken gzip: {error}") from error
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
            if piece:
                yield piece

    def _next_member(self, data: bytes) -> bool:
        if self._is_over or data[:2] != _GZIP_MAGIC[: len(data)]:
            self._is_over = True
            return False
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise CodingError(f"gzip of more than {_MAX_MEMBERS} members")
        self._inner = zlib.decompressobj(wbits=31)
        return True

    def finish(self) -> None:
        if self._is_started and not (self._is_plain or self._inner.eof):
            raise CodingError("the gzip body breaks off")


class _Deflate:
    """deflate with a zlib header, as RFC 9110 says, or without, as some servers think."""

    def __init__(self) -> None:
        self._inner: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        if self._inner is None:
            is_zlib = data[0] & 0x0F == 8  # RFC 1950: the method, in the low bits of the first byte
            self._inner = zlib.decompressobj(wbits=15 if is_zlib else -15)
        while data and not self._inner.eof:
            try:
                piece = self._inner.decompress(data, PIECE)
            except zlib.error as error:
                raise CodingError(f"broken deflate: {error}") from error
            data = self._inner.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        if self._inner is not None and not self._inner.eof:
            raise CodingError("the deflate body breaks off")


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._is_started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data or self._inner.is_finished():
            return
        self._is_started = True
        try:
            piece = self._inner.process(data, output_buffer_limit=PIECE)
            while piece:
                yield piece
                piece = (
                    b"" if self._inner.is_finished() else self._inner.process(b"", output_buffer_limit=PIECE)
                )
        except brotli.error as error:
            raise CodingError("broken brotli") from error

    def finish(self) -> None:
        if self._is_started and not self._inner.is_finished():
            raise CodingError("the brotli body breaks off")


class _Zstd:
    """zstd of any number of frames (RFC 8878), within the window of RFC 9659."""

    def __init__(self) -> None:
        self._inner = self._frame()
        self._frames = 0
        self._is_started = False

    @staticmethod
    def _frame() -> ZstdDecompressor:
        return ZstdDecompressor(options={DecompressionParameter.window_log_max: _ZSTD_WINDOW})

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._is_started = self._is_started or bool(data)
        has_more = bool(data)
        while has_more:
            if self._inner.eof:
                self._frames += 1
                if self._frames > _MAX_MEMBERS:
                    raise CodingError(f"zstd of more than {_MAX_MEMBERS} frames")
                self._inner = self._frame()
            try:
                piece = self._inner.decompress(data, PIECE)
            except ZstdError as error:
                raise CodingError(f"broken zstd: {error}") from error
            data = self._inner.unused_data if self._inner.eof else b""
            has_more = bool(data) if self._inner.eof else not self._inner.needs_input
            if piece:
                yield piece

    def finish(self) -> None:
        if self._is_started and not self._inner.eof:
            raise CodingError("the zstd body breaks off")


_DECODERS: dict[str, type[_Gzip] | type[_Deflate] | type[_Brotli] | type[_Zstd]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
