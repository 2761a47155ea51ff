"""How a source wants to be asked: its secrets reach its own origin and nobody else."""

import base64

import pytest

from aggregator.fetch.robots import Robots
from aggregator.model import Access, Failure, FailureKind, Fetched, NotModified, Request, Validators
from tests.integration.fetch.support import TableResolver, a_client, named
from tests.support.cases import NewCase, outcome
from tests.support.clock import FakeClock
from tests.support.web import Answer, ScriptedWeb

SECRET = "hunter2-secret"
ACCESS = Access(
    headers=(("X-Api-Key", f"{SECRET}-header"),),
    auth=f"mé:{SECRET}:with colon",
    cookies=(("sid", f"{SECRET}-cookie"), ("lang", "fr")),
    user_agent="Own/1.0",
)
BASIC = f"Basic {base64.b64encode(ACCESS.auth.encode()).decode()}"


def secrets_in(web: ScriptedWeb) -> list[bool]:
    return [
        SECRET in str(seen.headers) or BASIC in str(seen.headers) or "cookie" in seen.headers
        for seen in web.log
    ]


def of(access: Access, url: str = "") -> Access:
    return Access(url, access.headers, access.auth, access.cookies, access.user_agent, access.proxy)


async def test_headers_credentials_and_cookies_arrive() -> None:
    with ScriptedWeb() as web:
        web.put("/feed", "<rss/>", "text/xml")
        async with a_client() as client:
            await client.fetch(Request(web.url("/feed"), 1000, access=ACCESS))
    headers = web.log[0].headers
    assert headers["authorization"] == BASIC
    assert headers["cookie"] == f"sid={SECRET}-cookie; lang=fr"
    assert headers["x-api-key"] == f"{SECRET}-header"
    assert headers["user-agent"] == "Own/1.0"
    assert "referer" not in headers


async def test_a_page_of_another_host_gets_nothing_but_the_name() -> None:
    with ScriptedWeb() as home, ScriptedWeb() as away:
        for web in (home, away):
            web.put("/page", "<p>text")
        access = of(ACCESS, home.url("/feed"))
        async with a_client() as client:
            await client.fetch(Request(home.url("/page"), 1000, access=access))
            await client.fetch(Request(away.url("/page"), 1000, access=access))
    assert secrets_in(home) == [True]
    assert secrets_in(away) == [False]
    assert away.log[0].headers["user-agent"] == "Own/1.0"


async def test_there_and_back_again() -> None:
    """The secrets stay at home during a detour, and are used again behind it."""
    with ScriptedWeb() as home, ScriptedWeb() as away:
        home.redirect("/feed", away.url("/check"))
        away.redirect("/check", home.url("/document"))
        home.put("/document", "<rss/>", "text/xml", headers=[("Set-Cookie", "theirs=1")])
        async with a_client() as client:
            result = await client.fetch(Request(home.url("/feed"), 1000, access=ACCESS))
            await client.fetch(Request(home.url("/document"), 1000))
    assert isinstance(result, Fetched)
    assert secrets_in(home) == [True, True, False]
    assert secrets_in(away) == [False]
    assert all("theirs" not in str(seen.headers) for seen in home.log)


ELSEWHERE = {
    "another port": "http://127.0.0.1:{other}",
    "another address": "http://127.0.0.2:{port}",
    "another name": "http://b.example.com:{port}",
    "the name with the root's dot": "http://a.example.com.:{port}",
    "a name below": "http://x.a.example.com:{port}",
}


@pytest.mark.parametrize(("name", "there"), named(ELSEWHERE))
async def test_another_origin_is_another_origin(name: str, there: str, case: NewCase) -> None:
    row = case(f"secrets: {name}", f"redirects to {there}")
    hosts = ("a.example.com", "b.example.com", "x.a.example.com", "a.example.com.")
    resolver = TableResolver({host: [["127.0.0.1"]] for host in hosts})
    with ScriptedWeb() as web, ScriptedWeb() as other, ScriptedWeb("127.0.0.2", port=web.port) as twin:
        web.redirect("/feed", there.format(port=web.port, other=other.port) + "/end")
        async with a_client(resolver=resolver) as client:
            await client.fetch(Request(f"http://a.example.com:{web.port}/feed", 1000, access=ACCESS))
        told = [*secrets_in(web), *secrets_in(other), *secrets_in(twin)]
    row.came_to(f"secrets sent: {', then '.join('yes' if it else 'no' for it in told)}")
    assert told == [True, False]


OVERRIDES = {
    "exact": "Authorization",
    "small letters": "authorization",
    "capitals": "AUTHORIZATION",
}


@pytest.mark.parametrize("header", OVERRIDES.values(), ids=OVERRIDES.keys())
async def test_a_header_of_the_source_wins_whatever_its_case(header: str) -> None:
    access = Access(
        headers=(
            (header, "Bearer mine"),
            ("cookie", "all=mine"),
            ("accept", "text/plain"),
            ("USER-AGENT", "Mine"),
        ),
        auth="a:b",
        cookies=(("c", "d"),),
        user_agent="other",
    )
    with ScriptedWeb() as web:
        async with a_client() as client:
            await client.fetch(Request(web.url("/").replace("//", "//u:p@"), 1000, access=access))
    headers = web.log[0].headers
    assert headers["authorization"] == "Bearer mine"
    assert headers["cookie"] == "all=mine"
    assert headers["accept"] == "text/plain"
    assert headers["user-agent"] == "Mine"


async def test_credentials_in_the_address_of_the_source_count_for_its_pages() -> None:
    with ScriptedWeb() as home, ScriptedWeb() as away:
        access = Access(url=home.url("/feed").replace("//", "//me:pw@"))
        async with a_client() as client:
            for web in (home, away):
                await client.fetch(Request(web.url("/page"), 1000, access=access))
    assert home.log[0].headers["authorization"] == "Basic bWU6cHc="
    assert "authorization" not in away.log[0].headers


UNSAYABLE = {
    "a line end in a value": Access(headers=(("X-Key", f"{SECRET}\r\nHost: evil"),)),
    "a line end in a name": Access(headers=(("X\r\nHost", SECRET),)),
    "a blank in a name": Access(headers=(("X Key", SECRET),)),
    "no name": Access(headers=(("", SECRET),)),
    "the host": Access(headers=(("Host", "intranet"),)),
    "the length": Access(headers=(("content-length", "0"),)),
    "the framing": Access(headers=(("Transfer-Encoding", "chunked"),)),
    "a condition": Access(headers=(("If-None-Match", "*"),)),
    "of the proxy": Access(headers=(("Proxy-Authorization", SECRET),)),
    "auth without colon": Access(auth=SECRET),
    "a line end in auth": Access(auth=f"me:{SECRET}\n"),
    "two cookies in one": Access(cookies=(("a", f"{SECRET}; b=c"),)),
    "a name of a cookie with =": Access(cookies=(("a=b", SECRET),)),
    "a line end in the User-Agent": Access(user_agent=f"me\r\n{SECRET}"),
    "bytes that are no text": Access(headers=(("X-Key", "\udcff"),)),
}


@pytest.mark.parametrize(("name", "access"), named(UNSAYABLE))
async def test_what_cannot_be_sent_is_said_before_anything_is(name: str, access: Access) -> None:
    with ScriptedWeb() as web:
        async with a_client() as client:
            result = await client.fetch(Request(web.url("/"), 1000, access=access))
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.BAD_URL
    assert "source" in result.detail
    assert SECRET not in result.detail
    assert web.connections == 0


async def test_an_echoed_secret_is_hidden_in_the_failure() -> None:
    with ScriptedWeb() as web:
        web.redirect("/", f"ftp://x/{SECRET}-header/{SECRET}-cookie")
        async with a_client() as client:
            result = await client.fetch(Request(web.url("/"), 1000, access=ACCESS))
    assert isinstance(result, Failure)
    assert "***" in result.detail
    assert SECRET not in result.detail


async def test_secrets_do_not_show_when_a_request_is_printed() -> None:
    access = Access("http://h/", ACCESS.headers, ACCESS.auth, ACCESS.cookies, proxy=f"http://u:{SECRET}@p")
    assert SECRET not in repr(Request("http://h/", 1, access=access))


async def test_robots_txt_is_asked_the_way_of_the_source(clock: FakeClock) -> None:
    with ScriptedWeb() as home, ScriptedWeb() as away:
        access = of(ACCESS, home.url("/feed"))
        async with a_client() as client:
            for web in (home, away):
                await Robots(client, clock).check(web.url("/page"), access)
    assert secrets_in(home) == [True]
    assert secrets_in(away) == [False]
    assert away.log[0].headers["user-agent"] == "Own/1.0"


# --- validators belong to an address ---------------------------------------------------------------


async def test_validators_go_only_to_the_address_that_gave_them(case: NewCase) -> None:
    row = case("validators: behind a redirect", "redirects to a document with an ETag, then 304")
    with ScriptedWeb() as home, ScriptedWeb() as away:
        home.redirect("/feed", away.url("/feed"))
        away.put("/feed", "<rss/>", "text/xml", etag='"1"', last_modified="then")
        async with a_client() as client:
            first = await client.fetch(Request(home.url("/feed"), 1000))
            assert isinstance(first, Fetched)
            second = await client.fetch(Request(home.url("/feed"), 1000, first.validators))
    row.came_to(outcome(second))
    assert first.validators == Validators('"1"', "then", away.url("/feed"))
    assert isinstance(second, NotModified)
    assert second.validators == first.validators
    assert "if-none-match" not in home.log[1].headers
    assert "if-modified-since" not in home.log[1].headers
    assert away.log[1].headers["if-none-match"] == '"1"'
    assert away.log[1].headers["if-modified-since"] == "then"


async def test_validators_of_a_moved_document_are_not_sent() -> None:
    with ScriptedWeb() as web:
        web.put("/new", "new", etag='"1"')
        async with a_client() as client:
            result = await client.fetch(
                Request(web.url("/new"), 1000, Validators('"1"', None, web.url("/old")))
            )
    assert isinstance(result, Fetched)


async def test_old_validators_without_an_address_are_sent_to_all_and_then_get_one() -> None:
    with ScriptedWeb() as web:
        web.redirect("/feed", "/document")
        web.put("/document", "x", etag='"1"')
        async with a_client() as client:
            result = await client.fetch(Request(web.url("/feed"), 1000, Validators('"1"')))
    assert [seen.headers.get("if-none-match") for seen in web.log] == ['"1"', '"1"']
    assert isinstance(result, NotModified)
    assert result.validators == Validators('"1"', None, web.url("/document"))


async def test_a_304_to_what_was_not_asked_is_no_answer(case: NewCase) -> None:
    """The server has our validators from an earlier hop at best; here nothing was sent to it."""
    row = case("validators: 304 unasked", "answers 304 to a request without validators")
    with ScriptedWeb() as web:
        web.queue("/feed", Answer(304, (("ETag", '"1"'),)))
        async with a_client() as client:
            known = Validators('"1"', None, web.url("/elsewhere"))
            result = await client.fetch(Request(web.url("/feed"), 1000, known))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.PROTOCOL
