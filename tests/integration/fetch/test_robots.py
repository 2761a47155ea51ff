"""robots.txt as RFC 9309 wants it: cached, asked once, and what counts when it cannot be had."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from protego import Protego

from aggregator.clock import Clock
from aggregator.fetch.robots import MAX_BYTES, MAX_DELAY, Robots, asked_delay, relevant
from aggregator.model import FailureKind, Fetched, FetchResult, Request, Validators
from tests.integration.fetch.support import TableResolver, a_client, named, request
from tests.support.cases import NewCase
from tests.support.effort import at_most
from tests.support.web import Answer, ScriptedWeb


class HandClock(Clock):
    def __init__(self) -> None:
        self.at = datetime(2026, 7, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@asynccontextmanager
async def the_robots() -> AsyncIterator[tuple[Robots, ScriptedWeb, HandClock]]:
    clock = HandClock()
    with ScriptedWeb() as web:
        async with a_client(per_host=10) as client:
            yield Robots(client, clock), web, clock


async def refusal(robots: Robots, url: str) -> FailureKind | None:
    failure = await robots.check(url)
    return failure.kind if failure else None


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
        assert await refusal(robots, web.url(path)) is (None if is_allowed else FailureKind.ROBOTS)


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
        assert await refusal(robots, web.url("/page")) is kind


async def test_it_is_asked_once_a_day_whoever_asks() -> None:
    async with the_robots() as (robots, web, clock):
        web.put("/robots.txt", "User-agent: *\nDisallow: /no", "text/plain", etag='"1"', delay=0.02)
        found = await asyncio.gather(*(robots.check(web.url(f"/{n}")) for n in range(20)))
        assert found == [None] * 20
        assert web.hits() == 1
        clock.pass_by(hours=23)
        assert await refusal(robots, web.url("/no")) is FailureKind.ROBOTS
        assert web.hits() == 1
        clock.pass_by(hours=2)
        assert await refusal(robots, web.url("/no")) is FailureKind.ROBOTS
        assert [seen.status for seen in web.log] == [200, 304]


async def test_who_asked_first_may_leave() -> None:
    async with the_robots() as (robots, web, _):
        web.put("/robots.txt", "", "text/plain", delay=0.05)
        first = asyncio.create_task(robots.check(web.url("/a")))
        second = asyncio.create_task(robots.check(web.url("/b")))
        await asyncio.sleep(0)
        first.cancel()
        assert await second is None
        assert web.hits() == 1


async def test_an_older_copy_serves_while_the_server_is_in_trouble() -> None:
    async with the_robots() as (robots, web, clock):
        web.put("/robots.txt", "User-agent: *\nDisallow: /no", "text/plain")
        assert await robots.check(web.url("/yes")) is None
        web.put("/robots.txt", status=500)
        clock.pass_by(days=2)
        assert await robots.check(web.url("/yes")) is None
        assert await refusal(robots, web.url("/no")) is FailureKind.ROBOTS
        assert web.hits() == 2
        clock.pass_by(hours=2)  # it is asked again, but not at once
        assert await robots.check(web.url("/yes")) is None
        assert web.hits() == 3


async def test_out_of_reach_for_a_month_counts_as_absent() -> None:
    async with the_robots() as (robots, web, clock):
        web.put("/robots.txt", status=503)
        for _ in range(29):
            assert await refusal(robots, web.url("/page")) is FailureKind.SERVER_ERROR
            clock.pass_by(days=1)
        clock.pass_by(days=1)
        assert await robots.check(web.url("/page")) is None


async def test_names_that_do_not_resolve_are_called_so() -> None:
    async with a_client(resolver=TableResolver({})) as client:
        robots = Robots(client, HandClock())
        assert await refusal(robots, "http://nowhere.example.com/page") is FailureKind.DNS
        assert await refusal(robots, "no address") is FailureKind.BAD_URL


async def test_ten_thousand_robots_and_rules_cost_little() -> None:
    hostile = "".join(f"User-agent: bot{n}\n" for n in range(12_000)) + "Disallow: /a*b\n" * 12_000
    async with the_robots() as (robots, web, _):
        web.put("/robots.txt", hostile, "text/plain")
        with at_most(3):
            assert await robots.check(web.url("/page")) is None
    assert "bot7" not in relevant(hostile)


async def test_the_memory_of_all_rules_is_bounded() -> None:
    async with the_robots() as (robots, web, _):
        web.put("/robots.txt", "User-agent: *\n" + f"Disallow: /{'x' * 230}\n" * 2_000, "text/plain")
        resolver = TableResolver({f"h{n}.example.com": [["127.0.0.1"]] for n in range(9)})
        async with a_client(per_host=10, resolver=resolver) as client:
            robots = Robots(client, HandClock())
            for number in range(9):
                assert await robots.check(f"http://h{number}.example.com:{web.port}/y") is None
        assert robots._size <= 2_000_000
        assert 1 < len(robots._known) < 9


def test_only_the_rules_that_concern_us_are_parsed_and_not_too_many() -> None:
    text = (
        "User-agent: other\nDisallow: /a\n\nUser-agent: one\nUser-agent: *\nDisallow: /b\n# a remark\n\n"
        "Disallow: /c\nUser-agent: aggregator\nUser-agent: two\nDisallow: /d\nUser-agent: two\nDisallow: /e\n"
    )
    assert relevant(text).splitlines() == [
        "User-agent: *",
        "Disallow: /b",
        "Disallow: /c",
        "User-agent: aggregator",
        "Disallow: /d",
    ]
    many = "User-agent: *\n" + "".join(f"Disallow: /{number}\n" for number in range(50_000))
    assert len(relevant(many).splitlines()) <= 2001


DELAYS: dict[str, tuple[str, float]] = {
    "none": ("User-agent: *\nDisallow: /no", 0),
    "seconds": ("User-agent: *\nCrawl-delay: 10", 10),
    "a fraction": ("User-agent: *\nCrawl-delay: 2.5", 2.5),
    "for us by name": ("User-agent: *\nCrawl-delay: 5\n\nUser-agent: aggregator\nCrawl-delay: 20", 20),
    "for somebody else": ("User-agent: bingbot\nCrawl-delay: 30", 0),
    "a rate": ("User-agent: *\nRequest-rate: 1/30", 30),
    "a rate in minutes": ("User-agent: *\nRequest-rate: 2/1m", 30),
    "delay and rate": ("User-agent: *\nCrawl-delay: 10\nRequest-rate: 1/15", 15),
    "an hour": ("User-agent: *\nCrawl-delay: 3600", 3600),
    "absurd": ("User-agent: *\nCrawl-delay: 99999999999999999999", 1e9),
    "negative": ("User-agent: *\nCrawl-delay: -5", 0),
    "infinite": ("User-agent: *\nCrawl-delay: inf", 0),
    "not a number": ("User-agent: *\nCrawl-delay: nan", 0),
    "garbage": ("User-agent: *\nCrawl-delay: slowly\nRequest-rate: 0/0", 0),
}


@pytest.mark.parametrize(("name", "text", "seconds"), named(DELAYS))
async def test_the_pause_that_a_file_asks_for(name: str, text: str, seconds: float, case: NewCase) -> None:
    """It is kept between requests to this host, up to a minute."""
    row = case(f"robots.txt: delay, {name}", text.replace("\n", "⏎"))
    clock = HandClock()
    waited: list[float] = []

    async def sleep(span: float) -> None:
        waited.append(span)
        clock.pass_by(seconds=span)

    with ScriptedWeb() as web:
        web.put("/robots.txt", text, "text/plain")
        web.put("/page", "x")
        async with a_client(clock=clock, sleep=sleep) as client:
            robots = Robots(client, clock)
            assert await robots.check(web.url("/page")) is None
            for _ in range(2):
                await client.fetch(request(web.url("/page")))
    row.came_to(f"waits {' and '.join(f'{span:g} s' for span in waited) or 'not at all'}")
    assert asked_delay(Protego.parse(text)) == timedelta(seconds=seconds)
    assert waited == ([min(seconds, MAX_DELAY.total_seconds())] * 2 if seconds else [])


async def test_a_pause_is_kept_on_304_and_dropped_with_its_file() -> None:
    clock = HandClock()
    waited: list[float] = []

    async def sleep(span: float) -> None:
        waited.append(span)
        clock.pass_by(seconds=span)

    with ScriptedWeb() as web:
        async with a_client(clock=clock, sleep=sleep) as client:
            robots = Robots(client, clock)
            web.put("/robots.txt", "User-agent: *\nCrawl-delay: 9", "text/plain", etag='"1"')
            await robots.check(web.url("/page"))
            clock.pass_by(days=2)
            await robots.check(web.url("/page"))
            assert [seen.status for seen in web.log] == [200, 304]
            await client.fetch(request(web.url("/page")))
            assert waited == [9]
            web.put("/robots.txt", status=404)
            clock.pass_by(days=2)
            await robots.check(web.url("/page"))
            await client.fetch(request(web.url("/page")))
            assert waited == [9]


async def test_a_forgotten_file_slows_nobody_down() -> None:
    """What hosts remember is bounded by what is remembered of their files."""
    asked: dict[str, float] = {}

    class Fake:
        async def fetch(self, request: Request) -> FetchResult:
            body = b"User-agent: *\nCrawl-delay: 9\n" + b"Disallow: /x\n" * 30_000
            return Fetched(request.url, request.url, 200, "text/plain", None, body, "", Validators())

        def slow_down(self, url: str, delay: float) -> None:
            asked[url] = delay

    robots = Robots(Fake(), HandClock())
    for number in range(9):
        await robots.check(f"http://h{number}.example.com/y")
    assert [url for url, delay in asked.items() if delay] == list(robots._known)
