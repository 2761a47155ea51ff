"""What `watch` is told of an exchange: every step, in order, one bounded line, no secrets."""

import asyncio
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp.connector
import pytest

from aggregator.model import Access, Failure, Fetched, NotModified, Request, Step, Validators
from tests.integration.fetch.support import NOTHING, TableResolver, a_client, request
from tests.support.clock import FakeClock
from tests.support.web import Answer, ScriptedWeb

SECRET = "hunter2-secret"


def kinds(steps: list[Step]) -> list[str]:
    return [step.what for step in steps]


def details(steps: list[Step], what: str) -> list[str]:
    return [step.detail for step in steps if step.what == what]


async def test_an_exchange_tells_its_story() -> None:
    steps: list[Step] = []
    with ScriptedWeb() as web:
        web.redirect("/old", "/new", 301)
        web.put(
            "/new",
            "<rss/>" * 100,
            "text/xml",
            etag='"1"',
            headers=[("Cache-Control", "max-age=600"), ("X-Other", "no matter"), ("Retry-After", "30")],
            gzip=True,
        )
        resolver = TableResolver({"news.example.com": [["127.0.0.1"]]})
        async with a_client(resolver=resolver) as client:
            result = await client.fetch(
                request(f"http://news.example.com:{web.port}/old"), watch=steps.append
            )
    assert isinstance(result, Fetched)
    seen = [what for what in kinds(steps) if what not in {"sent", "header"}]
    assert seen == [
        *("turn", "resolved", "dialled", "connected", "request", "answer", "redirect"),
        *("turn", "dialled", "connected", "request", "answer", "body"),
        *("document", "validators", "hint", "hint"),
    ]
    assert details(steps, "resolved") == ["news.example.com: 127.0.0.1"]
    assert details(steps, "connected")[0] == f"127.0.0.1 port {web.port}, not encrypted"
    assert details(steps, "request") == ["GET /old HTTP/1.1", "GET /new HTTP/1.1"]
    assert f"Host: news.example.com:{web.port}" in details(steps, "sent")
    assert details(steps, "answer") == ["HTTP/1.1 301", "HTTP/1.1 200"]
    assert 'ETag: "1"' in details(steps, "header")
    assert "no matter" not in str(steps)
    assert details(steps, "redirect") == [f"301 to http://news.example.com:{web.port}/new"]
    assert details(steps, "body")[0].endswith(" bytes received, 600 decoded")
    assert details(steps, "validators") == ['ETag "1", Last-Modified none']
    assert details(steps, "hint") == ["retry-after: 30 s", "cache-control: 600 s"]
    assert [step.after for step in steps] == sorted(step.after for step in steps)


async def test_every_header_that_was_sent_is_told() -> None:
    steps: list[Step] = []
    with ScriptedWeb() as web:
        async with a_client() as client:
            await client.fetch(request(web.url("/"), etag='"1"'), watch=steps.append)
    told = dict(line.split(": ", 1) for line in details(steps, "sent"))
    assert {name.lower(): value for name, value in told.items()} == web.log[0].headers


async def test_waiting_is_told_with_how_long() -> None:
    clock = FakeClock(datetime(2026, 3, 14, tzinfo=UTC))

    async def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    steps: list[Step] = []
    with ScriptedWeb() as web:
        async with a_client(delay=90, clock=clock, sleep=sleep) as client:
            await client.fetch(request(web.url("/")), watch=steps.append)
            await client.fetch(request(web.url("/")), watch=steps.append)
    place = f"127.0.0.1:{web.port}"
    assert details(steps, "turn") == [f"waited 0.0 s for {place}", f"waited 90.0 s for {place}"]


async def test_a_304_and_a_kept_connection_are_told() -> None:
    steps: list[Step] = []
    with ScriptedWeb() as web:
        web.put("/", "x", etag='"1"')
        web.redirect("/old", "/")
        async with a_client(per_host=1) as client:
            results = await asyncio.gather(
                *(client.fetch(request(web.url("/"), etag='"1"'), watch=steps.append) for _ in range(3))
            )
    assert all(isinstance(result, NotModified) for result in results)
    assert details(steps, "not modified") == [web.url("/")] * 3
    assert any(detail.endswith("a connection kept open") for detail in details(steps, "connected"))


async def test_a_refusal_is_told() -> None:
    steps: list[Step] = []
    resolver = TableResolver({"evil.example.com": [["10.0.0.1", "10.0.0.2"]]})
    async with a_client(allow=NOTHING, resolver=resolver) as client:
        await client.fetch(request("http://evil.example.com/"), watch=steps.append)
    assert list(dict.fromkeys(kinds(steps))) == ["turn", "resolved", "refused", "failure"]
    assert {detail.split()[0] for detail in details(steps, "refused")} == {"10.0.0.1", "10.0.0.2"}
    assert "forbidden-address" in details(steps, "failure")[0]


async def test_a_failure_that_says_when_to_come_back_is_told() -> None:
    steps: list[Step] = []
    with ScriptedWeb() as web:
        web.put("/", status=429, headers=[("Retry-After", "120")])
        async with a_client() as client:
            await client.fetch(request(web.url("/")), watch=steps.append)
    assert details(steps, "hint") == ["come back in 120 s"]


async def test_no_step_shows_a_secret() -> None:
    access = Access(
        headers=(("X-Api-Key", f"{SECRET}-header"), ("Authorization", f"Bearer {SECRET}-bearer")),
        auth=f"me:{SECRET}-auth",
        cookies=(("sid", f"{SECRET}-cookie"),),
    )
    echo = f"{SECRET}-header {SECRET}-bearer {SECRET}-cookie"
    steps: list[Step] = []
    with ScriptedWeb() as web:
        web.redirect("/feed", f"/next?token={SECRET}&x={SECRET}-cookie")
        web.put("/next", "x", headers=[("Server", echo), ("WWW-Authenticate", echo)])
        url = web.url(f"/feed?token={SECRET}").replace("//", f"//u:{SECRET}-url@")
        async with a_client() as client:
            result = await client.fetch(Request(url, 1000, access=access), watch=steps.append)
            await client.fetch(Request(url.replace("/feed", "/none"), 1000), watch=steps.append)
            await client.fetch(Request(f"ftp://u:{SECRET}@x/", 1000), watch=steps.append)
    assert isinstance(result, Fetched)
    assert SECRET not in str(steps)
    told = details(steps, "sent")
    assert {"X-Api-Key: ***", "Authorization: ***", "Cookie: ***"} <= set(told)
    assert details(steps, "request")[0] == "GET /feed?token=*** HTTP/1.1"


async def test_a_step_is_one_bounded_line_whatever_comes() -> None:
    steps: list[Step] = []
    with ScriptedWeb() as web:
        odd = "a\x1b[31mb\u202ec\x85d\tz".encode().decode("latin-1")
        head = [
            ("Server", odd.replace("\x1b", "")),
            ("Retry-After", "x" * 9000),
            ("Location", "/" + "y" * 5000),
        ]
        web.put("/", "x", headers=head)
        async with a_client() as client:
            await client.fetch(request(web.url("/?" + "q" * 5000)), watch=steps.append)
    assert steps
    for step in steps:
        assert len(step.detail) <= 400
        assert step.detail.isprintable()


async def test_a_watcher_that_fails_is_heard() -> None:
    """It is our own code: its mistake is loud, not a failure of the source."""

    def broken(step: Step) -> None:
        raise ZeroDivisionError(step.what)

    with ScriptedWeb() as web:
        async with a_client() as client:
            with pytest.raises(ZeroDivisionError):
                await client.fetch(request(web.url("/")), watch=broken)
            web.put("/", "x")
            assert isinstance(await client.fetch(request(web.url("/"))), Fetched)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    try:
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    return tmp_path / "cert.pem", tmp_path / "key.pem"


async def test_the_version_of_tls_is_told(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    steps: list[Step] = []
    with ScriptedWeb(tls=server) as web:
        web.put("/", "x" * 100_000, etag='"1"')
        async with a_client() as client:
            first = await client.fetch(request(web.url("/")), watch=steps.append)
            assert isinstance(first, Fetched)
            again = Request(web.url("/"), 1000, Validators('"1"', None, web.url("/")))
            second = await client.fetch(again, watch=steps.append)
    assert isinstance(second, NotModified)
    assert all("TLSv1." in detail for detail in details(steps, "connected"))
    assert len(details(steps, "connected")) == 2


async def test_a_dropped_connection_is_told_too() -> None:
    steps: list[Step] = []
    with ScriptedWeb() as web:
        web.queue("/", Answer(raw=b"", close=True))
        async with a_client() as client:
            result = await client.fetch(request(web.url("/")), watch=steps.append)
    assert isinstance(result, Failure)
    assert kinds(steps)[-1] == "failure"
