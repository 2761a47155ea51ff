"""Each rudeness of a server as a named case: what it does, what we make of it."""

import asyncio
import contextlib
import gzip
import ssl
import subprocess
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd

from aggregator.clock import Clock
from aggregator.config.schema import FetchConfig
from aggregator.fetch.client import Client
from aggregator.model import Failure, FailureKind, Fetched, FetchResult
from tests.integration.fetch.support import TableResolver, a_client, named, request
from tests.support.cases import NewCase, doing, outcome
from tests.support.web import Answer, ScriptedWeb

OK = b"HTTP/1.1 200 OK\r\n"
K = FailureKind


async def answer_to(answer: Answer) -> tuple[FetchResult, ScriptedWeb]:
    with ScriptedWeb() as web:
        web.put("/", "a second answer, that nobody should ask for")
        web.queue("/", answer)
        async with a_client() as client:
            return await client.fetch(request(web.url("/"), 100_000)), web


# --- not HTTP, or badly ---------------------------------------------------------------------------

BROKEN = {
    "closes without an answer": (b"", K.CONNECT),
    "garbage": (b"\x00\x01\x02 no server here\r\n\r\n", K.PROTOCOL),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", K.PROTOCOL),
    "HTTP/0.9": (b"<html>hello</html>", K.PROTOCOL),
    "a radio station": (b"ICY 200 OK\r\nicy-name: x\r\n\r\nmusic", K.PROTOCOL),
    "breaks off in the headers": (OK + b"Content-Ty", K.CONNECT),
    "breaks off in the body": (OK + b"Content-Length: 100\r\n\r\nhello", K.PROTOCOL),
    "breaks off in a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", K.PROTOCOL),
    "breaks off between chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", K.PROTOCOL),
    "a chunk that is not a number": (
        OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
        K.PROTOCOL,
    ),
    "a length that is not a number": (OK + b"Content-Length: many\r\n\r\nhello", K.PROTOCOL),
    "two lengths": (OK + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\nhello", K.PROTOCOL),
    "a negative length": (OK + b"Content-Length: -5\r\n\r\nhello", K.PROTOCOL),
    "one endless header": (OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n", K.PROTOCOL),
    "a thousand headers": (OK + b"X: a\r\n" * 1000 + b"\r\n", K.PROTOCOL),
    "NUL in a header": (OK + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n", K.PROTOCOL),
    "gzip that is broken": (
        OK + b"Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\n\x1f\x8bnope",
        K.PROTOCOL,
    ),
    "gzip that breaks off": (
        OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 999)[:-9],
        K.PROTOCOL,
    ),
    "gzip in gzip": (
        OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"x")),
        K.PROTOCOL,
    ),
    "switches protocols": (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        K.PROTOCOL,
    ),
}


@pytest.mark.parametrize(("name", "raw", "kind"), named(BROKEN))
async def test_what_is_no_answer_is_a_failure_and_asked_once(
    name: str, raw: bytes, kind: FailureKind, case: NewCase
) -> None:
    rude = Answer(raw=raw, close=True)
    row = case(f"no answer: {name}", doing(rude))
    result, web = await answer_to(rude)
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is kind
    assert "\n" not in result.detail
    assert web.hits() == 1


BEARABLE = {
    "no length, ends with the connection": OK + b"\r\nhello",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\nhello",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
    "line ends without CR": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    "early hints first": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    + OK
    + b"Content-Length: 5\r\n\r\nhello",
    "a policy of 10 kB": OK
    + b"Content-Security-Policy: "
    + b"x" * 10_000
    + b"\r\nContent-Length: 5\r\n\r\nhello",
    "a header in Latin-1": OK + b"X-Site: Caf\xe9\r\nContent-Length: 5\r\n\r\nhello",
    "an unknown coding": OK + b"Content-Encoding: utf-8\r\nContent-Length: 5\r\n\r\nhello",
    "gzip that is none": OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize(("name", "raw"), named(BEARABLE))
async def test_what_can_be_understood_is_understood(name: str, raw: bytes, case: NewCase) -> None:
    odd = Answer(raw=raw, close=True)
    row = case(f"bearable: {name}", doing(odd))
    result, _ = await answer_to(odd)
    row.came_to(outcome(result))
    assert isinstance(result, Fetched)
    assert result.body == b"hello"


# --- status --------------------------------------------------------------------------------------

STATUS = {
    206: K.PROTOCOL,  # a part that nobody asked for
    300: K.PROTOCOL,
    304: K.PROTOCOL,  # although we have no copy
    400: K.CLIENT_ERROR,
    401: K.DENIED,
    402: K.CLIENT_ERROR,
    403: K.DENIED,
    404: K.NOT_FOUND,
    405: K.CLIENT_ERROR,
    408: K.TIMEOUT,
    410: K.GONE,
    418: K.CLIENT_ERROR,
    429: K.RATE_LIMITED,
    451: K.DENIED,
    500: K.SERVER_ERROR,
    503: K.SERVER_ERROR,
    522: K.SERVER_ERROR,
    599: K.SERVER_ERROR,
    799: K.PROTOCOL,
    999: K.DENIED,
}


@pytest.mark.parametrize(("status", "kind"), STATUS.items())
async def test_status_codes_become_classes(status: int, kind: FailureKind, case: NewCase) -> None:
    refusal = Answer(status, (("Retry-After", "60"), ("Content-Type", "text/html")), b"<p>no")
    row = case(f"status {status}", doing(refusal))
    result, _ = await answer_to(refusal)
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert (result.kind, result.status) == (kind, status)
    assert result.retry_after == (timedelta(minutes=1) if status != 304 else None)
    assert str(status) in result.detail


async def test_a_refusal_counts_even_if_its_page_never_ends(case: NewCase) -> None:
    page = Answer(410, (("Content-Length", "1000000"),), b"<html>" + b"x" * 200_000, close=True)
    row = case("status 410, page breaks off", doing(page))
    result, _ = await answer_to(page)
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.GONE


WALLS = {
    "Cloudflare, by header": (403, (("cf-mitigated", "challenge"),), b"<title>Just a moment...</title>"),
    "Cloudflare, by script": (503, (), b"<script>window._cf_chl_opt={}</script>"),
    "DataDome": (403, (), b"<script src='https://ct.captcha-delivery.com/c.js'></script>"),
    "Imperva": (200, (), b"<iframe src='/_Incapsula_Resource?CWUDNSAI=1'>"),
    "Akamai": (403, (), b"Reference #18.1 https://errors.edgesuite.net/18.1"),
    "AWS WAF": (202, (("x-amzn-waf-action", "challenge"),), b""),
    "Vercel": (429, (("x-vercel-mitigated", "challenge"),), b"<title>Vercel Security Checkpoint</title>"),
    "Anubis": (200, (), b"<link href='/.within.website/x/cmd/anubis/static/x.css'>"),
    "Alibaba Cloud": (200, (), b"<script>var arg1='0A';document.cookie='acw_sc__v2='</script>"),
}


@pytest.mark.parametrize(("name", "status", "headers", "body"), named(WALLS))
async def test_walls_are_called_by_name(
    name: str, status: int, headers: tuple[tuple[str, str], ...], body: bytes, case: NewCase
) -> None:
    wall = Answer(status, (("Content-Type", "text/html"), *headers), body)
    row = case(f"wall: {name}", doing(wall))
    result, _ = await answer_to(wall)
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.WALL
    assert name.partition(",")[0] in result.detail


NO_WALLS = {
    "an article about walls": (200, b"<p>Just a moment... Cloudflare, DataDome and captcha</p>"),
    "a long page that loads a script": (
        200,
        b"<script src='/_Incapsula_Resource?x'></script>" + b"<p>text</p>" * 1000,
    ),
    "a feed that quotes one": (200, b"window._cf_chl_opt"),
}


@pytest.mark.parametrize(("name", "status", "body"), named(NO_WALLS))
async def test_pages_that_mention_walls_are_none(name: str, status: int, body: bytes, case: NewCase) -> None:
    media = "application/rss+xml" if "feed" in name else "text/html"
    page = Answer(status, (("Content-Type", media),), body)
    row = case(f"no wall: {name}", doing(page))
    result, _ = await answer_to(page)
    row.came_to(outcome(result))
    assert isinstance(result, Fetched)


# --- redirects -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_and_kept(status: int, case: NewCase) -> None:
    row = case(f"redirect: {status}", f"{status} to ../new?x=1#part")
    with ScriptedWeb() as web:
        web.redirect("/old", "../new?x=1#part", status)
        web.put("/new", "here")
        async with a_client() as client:
            result = await client.fetch(request(web.url("/old")))
    row.came_to(outcome(result))
    assert isinstance(result, Fetched)
    assert result.url == web.url("/old")
    assert result.final_url == web.url("/new?x=1")
    assert [(hop.status, hop.url) for hop in result.redirects] == [(status, web.url("/new?x=1"))]


LOCATIONS = {
    "raw UTF-8": ("/é".encode().decode("latin-1"), "/%C3%A9"),
    "raw Latin-1": ("/\xe9", "/%E9"),
    "a blank": ("/a b", "/a%20b"),
    "escapes stay": ("/a%2fb?c=%2C", "/a%2fb?c=%2C"),
    "a lonely percent": ("/100%", "/100%25"),
    "quotes and angles": ('/"<x>"', "/%22%3Cx%3E%22"),
}


@pytest.mark.parametrize(("name", "location", "path"), named(LOCATIONS))
async def test_odd_locations_are_made_legal(name: str, location: str, path: str, case: NewCase) -> None:
    row = case(f"redirect: {name}", f"302 to {location}")
    with ScriptedWeb() as web:
        web.redirect("/old", location)
        web.put(path, "here")
        async with a_client() as client:
            result = await client.fetch(request(web.url("/old")))
    row.came_to(f"asks {web.log[1].path}; {outcome(result)}")
    assert isinstance(result, Fetched)
    assert web.log[1].path == path


@pytest.mark.parametrize(("hops", "is_fetched"), [(10, True), (11, False)])
async def test_ten_redirects_and_no_more(hops: int, is_fetched: bool, case: NewCase) -> None:
    row = case(f"redirect: {hops} in a row", f"redirects {hops} times")
    with ScriptedWeb() as web:
        for number in range(hops):
            web.redirect(f"/{number}", f"/{number + 1}")
        web.put(f"/{hops}", "here")
        async with a_client() as client:
            result = await client.fetch(request(web.url("/0")))
    row.came_to(outcome(result))
    assert isinstance(result, Fetched) == is_fetched
    assert is_fetched or (isinstance(result, Failure) and result.kind is K.REDIRECTS)
    assert web.hits() == 11


async def test_a_circle_is_left_at_once(case: NewCase) -> None:
    row = case("redirect: a circle", "/a leads to /b, /b to /a")
    with ScriptedWeb() as web:
        web.redirect("/a", "/b")
        web.redirect("/b", "/a")
        async with a_client() as client:
            result = await client.fetch(request(web.url("/a")))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.REDIRECTS
    assert "circle" in result.detail
    assert web.hits() == 2


# --- time ----------------------------------------------------------------------------------------

SLOW = {
    "never answers": Answer(hang=True),
    "drips its body": Answer(body=b"x" * 1000, drip=0.02),
    "stops in the headers": Answer(raw=OK + b"X: y\r\n", hang=True),
    "stops in the body": Answer(raw=OK + b"Content-Length: 100\r\n\r\nhello", hang=True),
    "redirects slowly": Answer(302, (("Location", "/again"),), delay=0.2),
}


@pytest.mark.parametrize(("name", "slow"), named(SLOW))
async def test_one_deadline_holds_for_all(name: str, slow: Answer, case: NewCase) -> None:
    row = case(f"slow: {name}", doing(slow))
    with ScriptedWeb() as web:
        web.queue("/", slow)
        web.queue("/again", slow)
        started = asyncio.get_running_loop().time()
        async with a_client(timeout=0.3) as client:
            result = await client.fetch(request(web.url("/")))
        took = asyncio.get_running_loop().time() - started
    row.came_to(f"{outcome(result)}, after {took:.1f} s of 0.3 s")
    assert isinstance(result, Failure)
    assert result.kind is K.TIMEOUT
    assert 0.25 < took < 3


async def test_a_name_that_takes_forever_to_resolve_is_given_up() -> None:
    class Slow(TableResolver):
        async def resolve(self, *_: object, **__: object) -> NoReturn:
            await asyncio.Event().wait()
            raise AssertionError

    async with a_client(timeout=0.1, resolver=Slow({})) as client:
        result = await client.fetch(request("http://slow.example.com/"))
    assert isinstance(result, Failure)
    assert result.kind is K.TIMEOUT


# --- size ----------------------------------------------------------------------------------------

PACKS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "brotli": ("br", lambda data: bytes(brotli.compress(data, quality=5))),
    "zstd": ("zstd", zstd.compress),
}


@pytest.mark.parametrize(("name", "pack"), PACKS.values(), ids=PACKS.keys())
async def test_a_bomb_is_dropped_before_it_goes_off(
    name: str, pack: Callable[[bytes], bytes], case: NewCase
) -> None:
    bomb = pack(bytes(100_000_000))
    row = case(f"large: a bomb of {name}", f"{len(bomb):,} bytes that become 100,000,000")
    with ScriptedWeb() as web:
        web.put("/", bomb, headers=[("Content-Encoding", name)])
        async with a_client() as client:
            await client.fetch(request(web.url("/"), 1000))  # everything is loaded once
            tracemalloc.start()
            try:
                async with client.document(request(web.url("/"), 10_000_000)) as result:
                    peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    row.came_to(f"{outcome(result)}; {peak / 1e6:.2f} MB of memory at most")
    assert isinstance(result, Failure)
    assert result.kind is K.TOO_LARGE
    assert "10,000,000" in result.detail
    assert peak < 1_200_000  # what stays in memory, one piece, and what was in flight


LARGE = {
    "by its length": Answer(body=b"x" * 100_001),
    "without a length": Answer(raw=OK + b"\r\n" + b"x" * 100_001, close=True),
    "in chunks": Answer(
        raw=OK
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"1000\r\n"
        + b"x" * 4096
        + b"\r\n"
        + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 30
    ),
    "by a lie": Answer(raw=OK + b"Content-Length: 99999999999999\r\n\r\nhello"),
    "packed, and larger packed than allowed": Answer(
        headers=(("Content-Encoding", "gzip"),), body=gzip.compress(b"") * 10_000
    ),
}


@pytest.mark.parametrize(("name", "large"), named(LARGE))
async def test_too_large_is_too_large(name: str, large: Answer, case: NewCase) -> None:
    row = case(f"large: {name}", doing(large))
    result, _ = await answer_to(large)
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.TOO_LARGE


async def test_the_limit_itself_is_allowed() -> None:
    result, _ = await answer_to(Answer(body=b"x" * 100_000))
    assert isinstance(result, Fetched)


# --- names, connections, certificates --------------------------------------------------------------


async def test_a_name_that_does_not_exist(case: NewCase) -> None:
    row = case("name: does not exist", "no server: the name has no address")
    async with a_client(resolver=TableResolver({})) as client:
        result = await client.fetch(request("http://nowhere.example.com/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.DNS
    assert "nowhere.example.com" in result.detail


async def test_a_port_where_nobody_listens(case: NewCase) -> None:
    row = case("connection: refused", "nobody listens at the port")
    with ScriptedWeb() as web:
        url = web.url("/")
    async with a_client() as client:
        result = await client.fetch(request(url))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.CONNECT
    assert "refused" in result.detail.lower()


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout key.pem -out cert.pem"
    )
    try:
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


async def test_a_certificate_that_nobody_signed(self_signed: ssl.SSLContext, case: NewCase) -> None:
    row = case("tls: nobody signed the certificate", "shows a certificate of its own making")
    with ScriptedWeb(tls=self_signed) as web:
        async with a_client() as client:
            result = await client.fetch(request(web.url("/")))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.TLS
    assert "certificate" in result.detail
    assert web.hits() == 0


async def test_a_plain_server_on_a_secure_address(case: NewCase) -> None:
    row = case("tls: a plain server", "speaks plain HTTP where https was asked")
    with ScriptedWeb() as web:
        async with a_client() as client:
            result = await client.fetch(request(web.url("/").replace("http:", "https:")))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind in {K.TLS, K.CONNECT}
    assert "try http://" in result.detail


async def test_a_server_that_answers_a_handshake_with_http() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, a_client() as client:
        result = await client.fetch(request(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
    assert isinstance(result, Failure)
    assert (result.kind, "try http://" in result.detail) == (K.TLS, True)


async def test_a_secure_server_on_a_plain_address(self_signed: ssl.SSLContext, case: NewCase) -> None:
    row = case("tls: asked without", "wants TLS where http was asked")
    with ScriptedWeb(tls=self_signed) as web:
        async with a_client() as client:
            result = await client.fetch(request(web.url("/").replace("https:", "http:")))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert (result.kind, "try https://" in result.detail) == (K.CONNECT, True)


WANT_TLS = {
    "an alert": b"\x15\x03\x01\x00\x02\x02\x0a",
    "nginx": b"HTTP/1.1 400 Bad Request\r\n\r\n<h1>400</h1>The plain HTTP request was sent to HTTPS port",
    "Go": b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    "Apache": b"HTTP/1.1 400 Bad Request\r\n\r\nYou're speaking plain HTTP to an SSL-enabled server port.",
}


@pytest.mark.parametrize(("name", "raw"), named(WANT_TLS))
async def test_a_server_that_says_it_wants_tls(name: str, raw: bytes, case: NewCase) -> None:
    row = case(f"tls: asked without, {name}", doing(Answer(raw=raw, close=True)))
    with ScriptedWeb() as web:
        web.queue("/", Answer(raw=raw, close=True))
        async with a_client() as client:
            result = await client.fetch(request(web.url("/")))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert "write https://" in result.detail


async def test_no_advice_where_it_is_another_matter() -> None:
    with ScriptedWeb() as web:
        web.queue("/", Answer(400, body=b"bad"))
        async with a_client() as client:
            result = await client.fetch(request(web.url("/")))
    assert isinstance(result, Failure)
    assert "https" not in result.detail


async def test_secrets_stay_out_of_the_details() -> None:
    async with a_client(resolver=TableResolver({})) as client:
        results = [
            await client.fetch(request(url))
            for url in ("http://me:hunter2@nowhere.example.com/?token=hunter2", "ftp://me:hunter2@x/")
        ]
    assert all(isinstance(result, Failure) and "hunter2" not in result.detail for result in results)


# --- proxies, spellings, the rest --------------------------------------------------------------------


async def test_a_proxy_that_is_not_there(case: NewCase) -> None:
    row = case("proxy: not there", "nobody listens at the proxy's port")
    with ScriptedWeb() as gone:
        proxy = gone.url("")
    async with a_client(proxy=proxy) as client:
        result = await client.fetch(request("http://news.example.com/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.CONNECT
    assert "proxy" in result.detail


async def test_a_proxy_that_refuses(case: NewCase) -> None:
    row = case("proxy: refuses", "the proxy answers 403 to CONNECT")
    with ScriptedWeb() as web:
        web.put("news.example.com:443", status=403)
        async with a_client(proxy=web.url("")) as client:
            result = await client.fetch(request("https://news.example.com/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is K.CONNECT
    assert "proxy" in result.detail
    assert web.log[0].method == "CONNECT"


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.0.0.1"])
async def test_an_allowed_address_is_written_plainly(host: str) -> None:
    async with a_client() as client:
        result = await client.fetch(request(f"http://{host}/"))
    assert isinstance(result, Failure)
    assert result.kind is K.BAD_URL
    assert "127.0.0.1" in result.detail


@pytest.mark.parametrize("host", ["münchen..example", "ü" * 80 + ".example", "a" * 80 + ".example"])
async def test_names_that_no_name_server_takes(host: str) -> None:
    async with a_client(resolver=TableResolver({})) as client:
        result = await client.fetch(request(f"http://{host}/"))
    assert isinstance(result, Failure)
    assert result.kind in {K.BAD_URL, K.DNS}


async def test_a_large_document_lets_others_run() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    with ScriptedWeb() as web:
        web.put("/", b"<p>some text</p>" * 500_000, gzip=True)
        task = asyncio.create_task(other())
        async with a_client() as client:
            result = await client.fetch(request(web.url("/"), 8_000_000))
        task.cancel()
    assert isinstance(result, Fetched)
    assert len(result.body) == 8_000_000
    assert turns > 8


async def test_input_that_gives_no_output_is_counted_too() -> None:
    nothing = b"\x00\x00\x00\xff\xff" * 50_000  # empty stored blocks, without end
    head = OK + b"Content-Encoding: deflate\r\n\r\n"
    result, _ = await answer_to(Answer(raw=head + nothing, close=True))
    assert isinstance(result, Failure)
    assert result.kind is K.TOO_LARGE


async def test_a_client_outside_its_context_is_a_mistake() -> None:
    client = Client(FetchConfig(), Clock())
    with pytest.raises(RuntimeError, match="outside"):
        await client.fetch(request("http://news.example.com/"))
