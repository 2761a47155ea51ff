"""A loopback server of bombs: everything that a source may send to use up memory, CPU or patience.

    with HostileWeb() as web:
        web.urls        # one source a bomb, each on a host of its own; the last one links to the pages
        web.asked       # names of what was asked for so far

Bodies stay just under the limits of the default configuration where they are meant to reach a parser,
and go far beyond them where they are meant to be stopped. Most travel compressed, so that the wire is
no hindrance.
"""

import asyncio
import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import repeat
from types import TracebackType
from typing import Self

import brotli  # type: ignore[import-untyped]
from backports import zstd

_FIRST = IPv4Address("127.2.0.1")
_FEED = 15_900_000  # bytes; fetch.max_feed is 16 MB
_PAGE = 4_900_000  # fetch.max_page is 5 MB
_HUGE = 200_000_000
_PIECE = 1_000_000
_HTML = "text/html; charset=utf-8"
_XML = "application/xml"
_SLOW = 0.2  # seconds between two bytes of a slow answer


@dataclass(frozen=True, slots=True)
class _Bomb:
    kind: str = _XML
    coding: str = ""
    body: bytes = b""
    pieces: Callable[[], Iterator[bytes]] | None = None  # instead of `body`, without an end
    pause: float = 0.0  # seconds between two pieces
    is_headless: bool = False  # the pieces are the head


def _filled(before: str, unit: str, after: str, size: int = _FEED) -> bytes:
    """Return a document of about `size` bytes, all but the ends one unit over and over."""
    count = (size - len(before) - len(after)) // len(unit.encode())
    return (before + unit * count + after).encode()


def _numbered(before: str, unit: str, after: str, count: int, size: int = _FEED) -> bytes:
    """Return a document of at most `size` bytes with `count` units that bear a number."""
    room = size - len(before) - len(after)
    units = "".join(unit.replace("#", str(number)) for number in range(count))
    return (before + units[:room] + after).encode()


def _rss(inner: str) -> tuple[str, str]:
    """Split a document around `|`, inside an RSS item."""
    head, tail = inner.split("|")
    return f'<rss version="2.0"><channel><title>t</title><item>{head}', f"{tail}</item></channel></rss>"


def _feeds() -> Iterator[tuple[str, _Bomb]]:
    """Give the documents that reach a parser."""
    title, description = _rss("<title>|</title>"), _rss("<description>|</description>")
    laughs = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(12)
    )
    entry = "<item><title>Entry #</title><link>http://127.0.0.1:9/#</link><description>d</description></item>"
    documents = {
        "nested elements": _filled(*_around(description, "<a>")),
        "nested elements, escaped": _filled(*_around(description, "&lt;b&gt;")),
        "misnested elements, escaped": _filled(*_around(description, "&lt;b&gt;&lt;p&gt;&lt;/b&gt;")),
        "100,000 entries": _numbered("<rss><channel><title>t</title>", entry, "</channel></rss>", 100_000),
        "a huge attribute": _filled(*_around(_rss('<enclosure url="|"/>'), "x")),
        "many attributes": _numbered(*_around(_rss("<guid |/>"), ' a#="1"'), 1_000_000),
        "many namespaces": _numbered(*_around(_rss("<guid |/>"), ' xmlns:n#="u#"'), 600_000),
        "a huge author": _filled(*_around(_rss("<author>|</author>"), "a@b (")),
        "many authors": _filled(*_around(_rss("|"), "<author>a@b.example (A)</author>")),
        "a huge title": _filled(*_around(title, "word ")),
        "a huge date": _filled(*_around(_rss("<pubDate>|</pubDate>"), "9")),
        "entities": _filled(*_around(description, "&amp;amp;")),
        "character references": _filled(*_around(title, "&#x41;")),
        "unknown entities": _filled(*_around(title, "&nosuch;")),
        "a billion laughs": f"<!DOCTYPE r [{laughs}]><rss><title>&l11;</title></rss>".encode(),
        "angle brackets": _filled(*_around(title, "<")),
        "a huge comment": _filled(*_around(_rss("<!--|-->"), "- ")),
        "many categories": _filled(*_around(_rss("|"), "<category>c</category>")),
    }
    yield from ((name, _packed(document)) for name, document in documents.items())
    item = '{"id":"#","url":"http://127.0.0.1:9/#","content_text":"t"},'
    head = '{"version":"https://jsonfeed.org/version/1.1","title":"t","items":['
    json = "application/feed+json"
    yield "nested JSON", _packed(_filled(head, "[", ""), json)
    yield "JSON entries", _packed(_numbered(head, item, '{"id":"-"}]}', 230_000), json)
    yield "a page of feed links", _packed(_filled("<html>", "<link rel=alternate href=f>", "", _FEED), _HTML)
    yield "a page of anchors", _packed(_filled("<html>", "<a href=f>rss</a>", "", _FEED), _HTML)


def _around(ends: tuple[str, str], unit: str) -> tuple[str, str, str]:
    return ends[0], unit, ends[1]


def _packed(document: bytes, kind: str = _XML) -> _Bomb:
    return _Bomb(kind, "gzip", gzip.compress(document, 1))


def _exchanges() -> Iterator[tuple[str, _Bomb]]:
    """Give the answers that never reach a parser."""
    compress = zlib.compressobj(9, wbits=31)
    spaces = [b"<rss>", *repeat(b" " * _PIECE, _HUGE // _PIECE)]
    body = b"".join(map(compress.compress, spaces)) + compress.flush()
    yield "gzip bomb", _Bomb(coding="gzip", body=body)
    pack = brotli.Compressor(quality=3)
    yield "brotli bomb", _Bomb(coding="br", body=b"".join(map(pack.process, spaces)) + pack.finish())
    squeeze = zstd.ZstdCompressor()
    body = b"".join(map(squeeze.compress, spaces)) + squeeze.flush()
    yield "zstd bomb", _Bomb(coding="zstd", body=body)
    yield "gzip in gzip", _Bomb(coding="gzip, gzip", body=gzip.compress(body))
    member = gzip.compress(b" " * 100_000)
    yield "endless members", _Bomb(coding="gzip", pieces=lambda: repeat(member))
    yield "endless body", _Bomb(pieces=lambda: repeat(b"<item/>" * 10_000))
    yield "slow body", _Bomb(pieces=lambda: repeat(b" "), pause=_SLOW)
    yield "endless head", _Bomb(pieces=lambda: repeat(b"X-More: yes\r\n" * 1000), is_headless=True)
    yield "slow head", _Bomb(pieces=lambda: repeat(b"x"), pause=_SLOW, is_headless=True)
    yield "silence", _Bomb(pieces=lambda: repeat(b""), pause=_SLOW, is_headless=True)


def _pages() -> Iterator[tuple[str, _Bomb]]:
    """Give the pages behind an honest feed's entries."""
    documents = {
        "nested divs": _filled("<html><body>", "<div>", "", _PAGE),
        "nested tables": _filled("<html><body>", "<table><tr><td>", "", _PAGE),
        "open paragraphs": _filled("<html><body><article>", "<p>word <b>", "", _PAGE),
        "a huge text": _filled("<html><body><article><p>", "word, ", "</p></article>", _PAGE),
        "different words": _numbered("<html><body><p>", "w# ", "</p>", 700_000, _PAGE),
        "short paragraphs": _filled("<html><body><article>", "<p>One two, three.</p>", "</article>", _PAGE),
        "a huge link": _filled('<html><body><a href="', "x", '">y</a>', _PAGE),
        "links": _numbered("<html><body>", '<a href="#">Read</a>', "", 300_000, _PAGE),
        "page attributes": _numbered("<html><body><div ", 'a#="1" ', ">text</div>", 450_000, _PAGE),
        "page brackets": _filled("<html><body>", "<", "", _PAGE),
        "page entities": _filled("<html><body><p>", "&amp;", "</p>", _PAGE),
    }
    yield from ((name, _packed(document, _HTML)) for name, document in documents.items())
    yield "page bomb", _Bomb(_HTML, "gzip", gzip.compress(b"<p>" + b" " * _HUGE, 1))
    yield "endless page", _Bomb(_HTML, pieces=lambda: repeat(b"<p>word</p>" * 5000))


class HostileWeb:
    """The server, on a thread of its own; use as a context manager."""

    def __init__(self) -> None:
        self.sources = {**dict(_feeds()), **dict(_exchanges())}
        self.pages = dict(_pages())
        self._bombs = {**self.sources, **self.pages}
        self.asked: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        names = [*self._bombs, "honest"]
        hosts = {name: str(_FIRST + place) for place, name in enumerate(names)}
        self._port = asyncio.run_coroutine_threadsafe(self._listen(hosts), self._loop).result()
        self._urls = {name: f"http://{host}:{self._port}/" for name, host in hosts.items()}
        entries = "".join(
            f"<item><title>{name}</title><link>{self._urls[name]}</link></item>" for name in self.pages
        )
        honest = f"<rss><channel><title>t</title>{entries}</channel></rss>"
        self._bombs["honest"] = _Bomb(body=honest.encode())
        self.urls = tuple(self._urls[name] for name in (*self.sources, "honest"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self, hosts: dict[str, str]) -> int:
        self._servers = []
        port = 0
        for name, host in hosts.items():

            def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str = name) -> None:
                task = asyncio.get_running_loop().create_task(self._answer(name, reader, writer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

            server = await asyncio.start_server(answer, host, port)
            port = port or server.sockets[0].getsockname()[1]
            self._servers.append(server)
        return port

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bomb = self._bombs[name]
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            if b" /robots.txt " in request:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            self.asked.add(name)
            writer.write(b"HTTP/1.1 200 OK\r\n")
            if not bomb.is_headless:
                coding = f"Content-Encoding: {bomb.coding}\r\n" if bomb.coding else ""
                head = f"Content-Type: {bomb.kind}\r\n{coding}Connection: close\r\n\r\n"
                writer.write(head.encode())
            writer.write(bomb.body)
            await writer.drain()
            for piece in bomb.pieces() if bomb.pieces else ():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(bomb.pause)
        except (OSError, asyncio.IncompleteReadError):
            pass  # it has heard enough
        finally:
            writer.close()
