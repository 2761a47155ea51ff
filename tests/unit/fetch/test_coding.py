"""Each content coding, whole, cut, broken, nested and as a bomb."""

import contextlib
import gzip
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.coding import PIECE, CodingError, decoder
from tests.support.effort import at_most

TEXT = "Éditions – 新闻 – a feed, of some length. ".encode() * 500


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip, any case": ("X-GZip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without header": ("deflate", raw_deflate),
    "brotli": ("br", brotli.compress),
    "zstd": ("zstd", zstd.compress),
}
each_coding = pytest.mark.parametrize(("name", "pack"), CODINGS.values(), ids=CODINGS.keys())


def undo(data: bytes, *names: str, step: int = 1000) -> bytes:
    inner = decoder(names)
    pieces = [piece for at in range(0, len(data), step) for piece in inner.feed(data[at : at + step])]
    inner.finish()
    return b"".join(pieces)


@each_coding
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_body_comes_back_whole(name: str, pack: Callable[[bytes], bytes], step: int) -> None:
    assert undo(pack(TEXT), name, step=step) == TEXT


@each_coding
def test_a_body_that_breaks_off_is_an_error(name: str, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(CodingError, match="breaks off"):
        undo(pack(TEXT)[:-5], name)


@each_coding
def test_a_broken_body_is_an_error(name: str, pack: Callable[[bytes], bytes]) -> None:
    data = bytearray(pack(TEXT * 10))
    data[10:60] = b"\xff" * 50
    with pytest.raises(CodingError):
        undo(bytes(data), name)


@each_coding
def test_an_empty_body_is_an_empty_document(name: str, pack: Callable[[bytes], bytes]) -> None:
    assert undo(b"", name) == b""
    assert undo(pack(b""), name) == b""


@each_coding
def test_a_bomb_comes_in_small_pieces(name: str, pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(bytes(20_000_000))
    count = 0
    largest = 0
    for piece in decoder([name]).feed(bomb):
        largest = max(largest, len(piece))
        count += len(piece)
        if count > 1_000_000:
            break
    assert largest <= 2 * PIECE
    assert 1_000_000 < count <= 1_000_000 + 2 * PIECE


@each_coding
@given(data=st.binary(max_size=200), step=st.integers(1, 50))
def test_random_bytes_give_bytes_or_an_error(
    name: str, pack: Callable[[bytes], bytes], data: bytes, step: int
) -> None:
    assert undo(pack(data), name, step=step) == data
    with contextlib.suppress(CodingError):  # nothing else may come out
        assert undo(data, name, step=step) is not None


@pytest.mark.parametrize(
    "names", [(), ("",), ("identity",), ("utf-8",), ("none",), ("aws-chunked", "identity")]
)
def test_what_is_no_coding_means_nothing(names: tuple[str, ...]) -> None:
    assert undo(TEXT, *names) == TEXT


@pytest.mark.parametrize("names", [("gzip, gzip",), ("gzip", "br"), ("deflate,identity,gzip",)])
def test_two_layers_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(CodingError, match="more than once"):
        decoder(names)


def test_a_second_layer_that_nobody_announced_stays() -> None:
    once = gzip.compress(TEXT)
    assert undo(gzip.compress(once), "gzip") == once


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_several_members_are_one_body(name: str, pack: Callable[[bytes], bytes], step: int) -> None:
    assert undo(pack(TEXT) + pack(b"") + pack(TEXT), name, step=step) == TEXT * 2


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_a_crowd_of_tiny_members_is_refused_at_once(name: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(b"") * 200_000
    # Each member would cost a megabyte of set-up.
    with at_most(2), pytest.raises(CodingError, match="more than 1000"):
        undo(packed, name, step=65536)


def test_bytes_after_gzip_are_ignored() -> None:
    assert undo(gzip.compress(TEXT) + b"\0\0\0padding" + gzip.compress(TEXT), "gzip") == TEXT


def test_gzip_that_is_none_is_taken_as_it_is() -> None:
    assert undo(b"<?xml version='1.0'?><rss/>", "gzip", step=1) == b"<?xml version='1.0'?><rss/>"


def test_zstd_that_wants_a_huge_window_is_refused() -> None:
    options = {int(zstd.CompressionParameter.window_log): 27}
    packer = zstd.ZstdCompressor(options=options)
    hungry = packer.compress(bytes(1_000_000)) + packer.flush()
    with pytest.raises(CodingError, match="too much memory"):
        undo(hungry, "zstd")
