"""robots.txt as RFC 9309 wants it: cached, asked once, and what counts when it cannot be had."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.clock import Clock
from aggregator.fetch.robots import MAX_BYTES, Robots, relevant
from aggregator.model import FailureKind
from tests.integration.fetch.support import TableResolver, a_client
from tests.support.web import Answer, ScriptedWeb


class HandClock(Clock):
    def __init__(self) -> None:
        self.at = datetime(2026, 7, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@asynccontextmanager
async def the_robots() -> AsyncIterator[tuple[Robots, ScriptedWeb, HandClock]]:
    clock = HandClock()
    with ScriptedWeb() as web:
        async with a_client(per_host=10) as client:
            yield Robots(client, clock), web, clock


RULES = {
    "empty": ("", "/page", True),
    "everything": ("User-agent: *\nDisallow: /", "/page", False),
    "a folder": ("User-agent: *\nDisallow: /private/", "/private/page", False),
    "another folder": ("User-agent: *\nDisallow: /private/", "/page", True),
    "for somebody else": ("User-agent: GPTBot\nDisallow: /", "/page", True),
    "for us by name": ("User-agent: aggregator\nDisallow: /\n\nUser-agent: *\nAllow: /", "/page", False),
    "for us, kinder than for others": (
        "User-agent: *\nDisallow: /\n\nUser-agent: Aggregator\nAllow: /",
        "/page",
        True,
    ),
    "in a group of many": ("User-agent: x\nUser-agent: *\nUser-agent: y\nDisallow: /a", "/a", False),
    "the longest rule counts": ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
    "a wildcard": ("User-agent: *\nDisallow: /*?print=", "/page?print=1", False),
    "an end": ("User-agent: *\nDisallow: /*.pdf$", "/page.pdf", False),
    "a byte order mark": ("\ufeffUser-agent: *\nDisallow: /", "/page", False),
    "not a robots.txt": ("<html><body>Welcome", "/page", True),
}


@pytest.mark.parametrize(("text", "path", "is_allowed"), RULES.values(), ids=RULES.keys())
async def test_rules(text: str, path: str, is_allowed: bool) -> None:
    async with the_robots() as (robots, web, _):
        web.put("/robots.txt", text, "text/plain")
        assert await robots.allowed(web.url(path)) == is_allowed
        failure = await robots.check(web.url(path))
        assert (failure is None) == is_allowed
        assert failure is None or failure.kind is FailureKind.ROBOTS


ABSENT = {
    "400": (Answer(400), None),
    "401": (Answer(401), None),
    "403": (Answer(403), None),
    "404": (Answer(404), None),
    "410": (Answer(410), None),
    "too long": (Answer(body=b"#" * (MAX_BYTES + 1)), None),
    "429": (Answer(429), FailureKind.RATE_LIMITED),
    "500": (Answer(500), FailureKind.SERVER_ERROR),
    "503": (Answer(503), FailureKind.SERVER_ERROR),
    "no answer": (Answer(raw=b"", close=True), FailureKind.CONNECT),
    "a circle": (Answer(302, (("Location", "/robots.txt"),)), FailureKind.REDIRECTS),
}


@pytest.mark.parametrize(("answer", "kind"), ABSENT.values(), ids=ABSENT.keys())
async def test_a_file_that_cannot_be_had(answer: Answer, kind: FailureKind | None) -> None:
    async with the_robots() as (robots, web, _):
        web.queue("/robots.txt", answer)
        failure = await robots.check(web.url("/page"))
        assert (failure.kind if failure else None) == kind


async def test_it_is_asked_once_a_day_whoever_asks() -> None:
    async with the_robots() as (robots, web, clock):
        web.put("/robots.txt", "User-agent: *\nDisallow: /no", "text/plain", etag='"1"', delay=0.02)
        verdicts = await asyncio.gather(*(robots.allowed(web.url(f"/{n}")) for n in range(20)))
        assert all(verdicts)
        assert web.hits() == 1
        clock.pass_by(hours=23)
        assert not await robots.allowed(web.url("/no"))
        assert web.hits() == 1
        clock.pass_by(hours=2)
        assert not await robots.allowed(web.url("/no"))
        assert [seen.status for seen in web.log] == [200, 304]


async def test_who_asked_first_may_leave() -> None:
    async with the_robots() as (robots, web, _):
        web.put("/robots.txt", "", "text/plain", delay=0.05)
        first = asyncio.create_task(robots.allowed(web.url("/a")))
        second = asyncio.create_task(robots.allowed(web.url("/b")))
        await asyncio.sleep(0)
        first.cancel()
        assert await second
        assert web.hits() == 1


async def test_an_older_copy_serves_while_the_server_is_in_trouble() -> None:
    async with the_robots() as (robots, web, clock):
        web.put("/robots.txt", "User-agent: *\nDisallow: /no", "text/plain")
        assert await robots.allowed(web.url("/yes"))
        web.put("/robots.txt", status=500)
        clock.pass_by(days=2)
        assert await robots.allowed(web.url("/yes"))
        assert not await robots.allowed(web.url("/no"))
        assert web.hits() == 2
        clock.pass_by(hours=2)  # it is asked again, but not at once
        assert await robots.allowed(web.url("/yes"))
        assert web.hits() == 3


async def test_out_of_reach_for_a_month_counts_as_absent() -> None:
    async with the_robots() as (robots, web, clock):
        web.put("/robots.txt", status=503)
        for _ in range(29):
            assert not await robots.allowed(web.url("/page"))
            clock.pass_by(days=1)
        clock.pass_by(days=1)
        assert await robots.allowed(web.url("/page"))


async def test_names_that_do_not_resolve_are_called_so() -> None:
    async with a_client(resolver=TableResolver({})) as client:
        failure = await Robots(client, HandClock()).check("http://nowhere.example.com/page")
    assert failure is not None
    assert failure.kind is FailureKind.DNS


async def test_ten_thousand_robots_and_rules_cost_little() -> None:
    hostile = "".join(f"User-agent: bot{n}\n" for n in range(12_000)) + "Disallow: /a*b\n" * 12_000
    async with the_robots() as (robots, web, _):
        web.put("/robots.txt", hostile, "text/plain")
        before = time.process_time()
        assert await robots.allowed(web.url("/page"))
        assert time.process_time() - before < 3
    assert "bot7" not in relevant(hostile)


async def test_the_memory_of_all_rules_is_bounded() -> None:
    async with the_robots() as (robots, web, _):
        web.put("/robots.txt", "User-agent: *\n" + "Disallow: /x\n" * 30_000, "text/plain")
        resolver = TableResolver({f"h{n}.example.com": [["127.0.0.1"]] for n in range(9)})
        async with a_client(per_host=10, resolver=resolver) as client:
            robots = Robots(client, HandClock())
            for number in range(9):
                assert await robots.allowed(f"http://h{number}.example.com:{web.port}/y")
        assert robots._size <= 2_000_000
        assert 1 < len(robots._known) < 9
