"""What a server owner sees of us: validators echoed, an honest name, pauses, few connections."""

import asyncio
import itertools
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import __version__
from aggregator.model import Failure, Fetched, FetchResult, NotModified, Validators
from tests.integration.fetch.support import TableResolver, a_client, named, request
from tests.support.cases import NewCase, outcome
from tests.support.clock import FakeClock
from tests.support.web import Answer, ScriptedWeb

RETRY_AFTER: dict[str, tuple[int, str, str]] = {
    "429, seconds": (429, "120", "rate-limited 120"),
    "429, a fraction": (429, "120.9", "rate-limited 120"),
    "429, a date": (429, "Wed, 01 Jul 2026 12:02:00 GMT", "rate-limited 120"),
    "429, a date that is past": (429, "Wed, 01 Jul 2026 11:00:00 GMT", "rate-limited None"),
    "429, negative": (429, "-120", "rate-limited None"),
    "429, absurd": (429, "99999999999999999999", "rate-limited 604800"),
    "429, garbage": (429, "soon", "rate-limited None"),
    "503, seconds": (503, "120", "server-error 120"),
    "503, a date": (503, "Wed, 01 Jul 2026 12:02:00 GMT", "server-error 120"),
    "503, absurd": (503, "99999999999999999999", "server-error 604800"),
    "503, garbage": (503, "", "server-error None"),
    "200, seconds": (200, "120", "document 120"),
    "200, garbage": (200, "NaN", "document None"),
    "a redirect, short": (302, "2", "document None, waited 2"),
    "a redirect, long": (302, "120", "rate-limited 120"),
    "a redirect, absurd": (301, "99999999999999999999", "rate-limited 604800"),
    "a redirect, negative": (301, "-5", "document None"),
}


@pytest.mark.parametrize(("name", "status", "value", "expected"), named(RETRY_AFTER))
async def test_retry_after_is_obeyed_whatever_it_comes_with(
    name: str, status: int, value: str, expected: str, case: NewCase
) -> None:
    row = case(f"Retry-After: {name}", f"{status}, Retry-After: {value}")
    clock = FakeClock(datetime(2026, 7, 1, 12, tzinfo=UTC))
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    with ScriptedWeb() as web:
        web.queue("/", Answer(status, (("Retry-After", value), ("Location", "/there"))))
        web.put("/there", "x")
        async with a_client(clock=clock, sleep=sleep) as client:
            result = await client.fetch(request(web.url("/")))
    if isinstance(result, Failure):
        kind, wait = str(result.kind), result.retry_after
    else:
        kind, wait = "document", result.hints[0].wait if result.hints else None
    pause = f", waited {waited[0]:.0f}" if waited else ""
    came = f"{kind} {wait.total_seconds():.0f}{pause}" if wait else f"{kind} None{pause}"
    row.came_to(outcome(result) + pause)
    assert came == expected


ETAGS = {
    "strong": '"33a64df5"',
    "weak": 'W/"0815"',
    "weak, wrong case": 'w/"0815"',
    "unquoted": "33a64df5",
    "with a suffix of Apache": '"33a64df5-gzip"',
    "with blanks and commas": '"a, b"',
    "empty inside": '""',
    "beyond ASCII": '"é新"',
}


@pytest.mark.parametrize("etag", ETAGS.values(), ids=ETAGS.keys())
async def test_an_etag_comes_back_byte_for_byte(etag: str) -> None:
    on_the_wire = etag.encode().decode("latin-1")
    with ScriptedWeb() as web:
        web.put("/", "<rss/>", "text/xml", etag=on_the_wire)
        async with a_client() as client:
            first = await client.fetch(request(web.url("/")))
            assert isinstance(first, Fetched)
            second = await client.fetch(request(web.url("/"), etag=first.validators.etag))
    assert first.validators == Validators(etag, None, web.url("/"))
    assert isinstance(second, NotModified)
    assert second.validators == Validators(etag, None, web.url("/"))
    assert web.log[1].headers["if-none-match"] == on_the_wire


@pytest.mark.parametrize("date", ["Wed, 01 Jul 2026 12:00:00 GMT", "2026-07-01", "-1", "Mittwoch"])
async def test_a_date_comes_back_byte_for_byte(date: str) -> None:
    with ScriptedWeb() as web:
        web.put("/", "<rss/>", "text/xml", last_modified=date, headers=[("Cache-Control", "max-age=60")])
        async with a_client() as client:
            result = await client.fetch(request(web.url("/"), last_modified=date))
    assert isinstance(result, NotModified)
    assert result.validators == Validators(None, date, web.url("/"))
    assert [hint.wait.seconds for hint in result.hints] == [60]
    assert web.log[0].headers["if-modified-since"] == date


async def test_a_304_may_refresh_the_validators() -> None:
    with ScriptedWeb() as web:
        web.queue("/", Answer(304, (("ETag", '"2"'),)))
        async with a_client() as client:
            result = await client.fetch(request(web.url("/"), etag='"1"', last_modified="then"))
    assert isinstance(result, NotModified)
    assert result.validators == Validators('"2"', "then", web.url("/"))


@pytest.mark.parametrize(
    "value",
    ["x" * 2000, '"caf\xe9"', '"a\x01b"', '"a\x7fb"'],
    ids=["overlong", "not UTF-8", "control", "DEL"],
)
async def test_a_validator_that_could_not_be_echoed_is_not_kept(value: str) -> None:
    with ScriptedWeb() as web:
        web.put("/", "<rss/>", "text/xml", etag=value)
        async with a_client() as client:
            result = await client.fetch(request(web.url("/")))
    assert isinstance(result, Fetched)
    assert result.validators == Validators()


async def test_we_say_who_we_are() -> None:
    with ScriptedWeb() as web:
        async with a_client(contact="https://example.org/bot") as client:
            await client.fetch(request(web.url("/")))
        async with a_client() as client:
            await client.fetch(request(web.url("/")))
    assert web.log[0].headers["user-agent"] == f"aggregator/{__version__} (+https://example.org/bot)"
    assert web.log[1].headers["user-agent"] == f"aggregator/{__version__}"
    assert web.log[0].headers["accept-encoding"] == "gzip, deflate"


CONTENT_TYPES = {
    "plain": ("application/rss+xml", "application/rss+xml", None),
    "charset": ("Text/XML; charset=ISO-8859-1", "text/xml", "ISO-8859-1"),
    "quoted": ('text/html;charset="utf-8"', "text/html", "utf-8"),
    "other parameters": ("text/html; level=1; charset=gbk; x=y", "text/html", "gbk"),
    "absent": ("", "", None),
    "garbage": ("rss", "", None),
    "two": ("text/xml, text/html", "text/xml", None),
}


@pytest.mark.parametrize(("value", "media_type", "charset"), CONTENT_TYPES.values(), ids=CONTENT_TYPES.keys())
async def test_content_types(value: str, media_type: str, charset: str | None) -> None:
    with ScriptedWeb() as web:
        web.put("/", "x", value)
        async with a_client() as client:
            result = await client.fetch(request(web.url("/")))
    assert isinstance(result, Fetched)
    assert (result.content_type, result.charset) == (media_type, charset)


async def test_requests_to_one_domain_are_spaced_redirects_included() -> None:
    with ScriptedWeb() as web:
        web.redirect("/old", "/new")
        async with a_client(delay=0.2, per_host=2) as client:
            urls = [web.url(path) for path in ("/old", "/1", "/2", "/3")]
            await asyncio.gather(*(client.fetch(request(url)) for url in urls))
    starts = [seen.at for seen in web.log]
    assert len(starts) == 5
    # Measured at the server: some of a pause may be lost on the way, never most of it.
    assert all(later - earlier > 0.1 for earlier, later in itertools.pairwise(starts))


async def test_hosts_of_one_domain_share_their_turns_and_others_do_not() -> None:
    with ScriptedWeb() as web:
        web.put("/", "x", delay=0.05)
        names = ["www.example.com", "feeds.example.com", "a.example.com", "example.org"]
        resolver = TableResolver({name: [["127.0.0.1"]] for name in names})
        async with a_client(per_host=1, resolver=resolver) as client:
            await asyncio.gather(*(client.fetch(request(f"http://{name}:{web.port}/")) for name in names))
    order = [seen.headers["host"].partition(":")[0] for seen in web.log]
    assert set(order[:2]) == {"www.example.com", "example.org"}
    assert order[2:] == ["feeds.example.com", "a.example.com"]


async def test_waiting_for_a_turn_costs_nothing_of_the_deadline() -> None:
    with ScriptedWeb() as web:
        web.put("/", "x")
        async with a_client(timeout=0.7, delay=0.3) as client:
            results = await asyncio.gather(*(client.fetch(request(web.url("/"))) for _ in range(4)))
    assert all(isinstance(result, Fetched) for result in results)


async def test_a_slow_host_holds_no_other() -> None:
    with ScriptedWeb() as slow, ScriptedWeb() as quick:
        slow.queue("/", *[Answer(hang=True)] * 20)
        quick.put("/", "x")
        async with a_client(timeout=2) as client:
            held = [asyncio.create_task(client.fetch(request(slow.url("/")))) for _ in range(20)]
            result: FetchResult = await asyncio.wait_for(client.fetch(request(quick.url("/"))), 1)
            for task in held:
                task.cancel()
            await asyncio.gather(*held, return_exceptions=True)
        assert isinstance(result, Fetched)
        assert slow.connections <= 2


async def test_connections_are_kept_for_those_who_wait_and_for_a_host_in_demand() -> None:
    with ScriptedWeb() as web:
        web.put("/", "x")
        async with a_client(per_host=1) as client:
            await asyncio.gather(*(client.fetch(request(web.url("/"))) for _ in range(5)))
            await client.fetch(request(web.url("/")))
    # When the first starts, nobody waits yet; when the fifth starts nobody waits, but the host is in demand.
    assert [seen.connection for seen in web.log] == [1, 2, 2, 2, 2, 2]
    assert [seen.headers.get("connection") for seen in web.log] == ["close", *[None] * 5]


class ClosesAfterOne:
    """A server that promises to keep the connection and then closes it at the second request."""

    def __init__(self) -> None:
        self.requests = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                data = connection.recv(65536)
                if data == b"stop":
                    return
                self.requests += 1
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
                if connection.recv(65536):
                    self.requests += 1

    def stop(self) -> None:
        with socket.create_connection(self._socket.getsockname()) as last:
            last.sendall(b"stop")
        self._thread.join()
        self._socket.close()


async def test_a_kept_connection_that_is_dead_is_tried_once_more() -> None:
    server = ClosesAfterOne()
    try:
        async with a_client(per_host=1) as client:
            results = await asyncio.gather(*(client.fetch(request(server.url)) for _ in range(2)))
    finally:
        await asyncio.to_thread(server.stop)
    assert [isinstance(result, Fetched) for result in results] == [True, True]
    assert server.requests == 3


async def test_a_server_that_drops_new_connections_is_asked_once() -> None:
    with ScriptedWeb() as web:
        web.queue("/", Answer(raw=b"", close=True))
        async with a_client() as client:
            result = await client.fetch(request(web.url("/")))
    assert isinstance(result, Failure)
    assert web.hits() == 1
