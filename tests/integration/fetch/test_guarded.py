"""No connection to a refused address, however it is named, and no secret across an origin."""

import asyncio

import pytest

from aggregator.model import Failure, FailureKind, Fetched
from tests.integration.fetch.support import NOTHING, Canary, TableResolver, a_client, named, request
from tests.support.cases import NewCase, outcome
from tests.support.web import Answer, ScriptedWeb

SPELLINGS = {
    "plain": "127.0.0.1",
    "name of the machine": "localhost",
    "decimal": "2130706433",
    "octal": "0177.0.0.1",
    "hexadecimal": "0x7f000001",
    "hexadecimal parts": "0x7f.0.0.1",
    "short": "127.1",
    "zero": "0",
    "unspecified": "0.0.0.0",
    "with the root's dot": "127.0.0.1.",
    "full-width digits": "１２７.０.０.１",
    "with credentials": "user:pass@127.0.0.1",
    "version 6": "[::1]",
    "version 6, unspecified": "[::]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped, hexadecimal": "[::ffff:7f00:1]",
    "compatible": "[::127.0.0.1]",
    "NAT64": "[64:ff9b::7f00:1]",
    "6to4": "[2002:7f00:1::]",
}


@pytest.mark.parametrize(("name", "host"), named(SPELLINGS))
async def test_no_spelling_of_this_machine_gets_through(name: str, host: str, case: NewCase) -> None:
    row = case(f"this machine: {name}", f"is asked for at {host}")
    with Canary() as canary, Canary("::1", canary_port := canary.port) as canary6:
        async with a_client(allow=NOTHING) as client:
            result = await client.fetch(request(f"http://{host}:{canary_port}/"))
        row.came_to(outcome(result))
        assert isinstance(result, Failure)
        assert result.kind is FailureKind.FORBIDDEN_ADDRESS
        assert "allow_private" in result.detail
        assert "pass" not in result.detail
        assert canary.is_untouched
        assert canary6.is_untouched


async def test_a_refusal_names_where_a_redirect_led() -> None:
    with ScriptedWeb() as web, Canary() as canary:
        inside = f"http://localhost:{canary.port}/"
        web.redirect("/", inside)
        async with a_client(allow=(f"127.0.0.1:{web.port}",)) as client:
            result = await client.fetch(request(web.url("/")))
        assert isinstance(result, Failure)
        assert (result.kind, result.url) == (FailureKind.FORBIDDEN_ADDRESS, inside)
        assert canary.is_untouched


NAMES = {
    "private": ["127.0.0.1"],
    "mapped": ["::ffff:127.0.0.1"],
    "several, all private": ["127.0.0.1", "127.0.0.2", "::1"],
    "a hundred": [f"127.0.0.{number}" for number in range(1, 101)],
}


@pytest.mark.parametrize(("name", "addresses"), named(NAMES))
async def test_a_name_that_leads_inside_is_refused(name: str, addresses: list[str], case: NewCase) -> None:
    row = case(f"a name that leads inside: {name}", f"resolves to {', '.join(addresses)}")
    with Canary() as canary:
        resolver = TableResolver({"evil.example.com": [addresses]})
        async with a_client(allow=NOTHING, resolver=resolver) as client:
            result = await client.fetch(request(f"http://evil.example.com:{canary.port}/"))
        row.came_to(outcome(result))
        assert isinstance(result, Failure)
        assert result.kind is FailureKind.FORBIDDEN_ADDRESS
        assert canary.is_untouched


async def test_of_several_addresses_only_the_allowed_are_dialled() -> None:
    with ScriptedWeb("127.0.0.2") as web, Canary("127.0.0.1", web.port) as canary:
        web.put("/", "fine")
        resolver = TableResolver({"both.example.com": [["127.0.0.1", "127.0.0.2"]]})
        async with a_client(allow=("127.0.0.2",), resolver=resolver) as client:
            result = await client.fetch(request(f"http://both.example.com:{web.port}/"))
        assert isinstance(result, Fetched)
        assert canary.is_untouched


async def test_a_name_whose_second_answer_leads_inside_is_refused_then() -> None:
    """DNS rebinding: what was checked once is checked again at each dial."""
    with ScriptedWeb("127.0.0.2") as web, Canary("127.0.0.1", web.port) as canary:
        web.redirect("/", f"http://b.example.com:{web.port}/")
        resolver = TableResolver(
            {"a.example.com": [["127.0.0.2"]], "b.example.com": [["127.0.0.1"], ["127.0.0.2"]]}
        )
        async with a_client(allow=("127.0.0.2",), resolver=resolver) as client:
            result = await client.fetch(request(f"http://a.example.com:{web.port}/"))
        assert isinstance(result, Failure)
        assert result.kind is FailureKind.FORBIDDEN_ADDRESS
        assert canary.is_untouched


@pytest.mark.parametrize("path", ["/", "/latest/meta-data/"])
async def test_a_redirect_inside_is_refused(path: str, case: NewCase) -> None:
    row = case("redirect: inside", f"302 to this machine, {path}")
    with ScriptedWeb("127.0.0.2") as web, Canary() as canary:
        web.redirect("/feed", f"http://127.0.0.1:{canary.port}{path}")
        async with a_client(allow=("127.0.0.2",)) as client:
            result = await client.fetch(request(web.url("/feed")))
        row.came_to(outcome(result))
        assert isinstance(result, Failure)
        assert result.kind is FailureKind.FORBIDDEN_ADDRESS
        assert canary.is_untouched


async def test_the_config_may_name_a_host_and_port() -> None:
    with ScriptedWeb() as web, Canary() as canary:
        web.put("/", "fine")
        resolver = TableResolver({"rss.lan": [["127.0.0.1"]]})
        async with a_client(allow=(f"rss.lan:{web.port}",), resolver=resolver) as client:
            named = await client.fetch(request(f"http://rss.lan:{web.port}/"))
            other_port = await client.fetch(request(f"http://rss.lan:{canary.port}/"))
            by_number = await client.fetch(request(f"http://127.0.0.1:{canary.port}/"))
        assert isinstance(named, Fetched)
        assert isinstance(other_port, Failure)
        assert isinstance(by_number, Failure)
        assert canary.is_untouched


SCHEMES = [
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:70/",
    "javascript:alert(1)",
    "data:,x",
    "//",
    "",
]


@pytest.mark.parametrize("location", [scheme for scheme in SCHEMES if scheme != "//"])
async def test_redirects_to_anything_but_http_are_refused(location: str, case: NewCase) -> None:
    row = case("redirect: not http", f"302 to {location}")
    with ScriptedWeb() as web:
        web.redirect("/feed", location)
        async with a_client() as client:
            result = await client.fetch(request(web.url("/feed")))
        row.came_to(outcome(result))
        assert isinstance(result, Failure)
        assert result.kind in {FailureKind.BAD_URL, FailureKind.PROTOCOL}
        assert web.hits() == 1


@pytest.mark.parametrize(
    "url", [*SCHEMES, "http://", "http:///x", "http://[::1", "http://a b/", "http://h:99999/", "x"]
)
async def test_addresses_that_are_none_are_failures(url: str) -> None:
    async with a_client() as client:
        result = await client.fetch(request(url))
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.BAD_URL


SECRETS = (
    ("Authorization", "Bearer hunter2"),
    ("Cookie", "sid=hunter2"),
    ("X-Api-Key", "hunter2"),
    ("User-Agent", "own"),
)


@pytest.mark.parametrize("kind", ["other port", "other address"])
async def test_headers_of_the_source_stay_at_its_origin(kind: str) -> None:
    with ScriptedWeb() as home, ScriptedWeb("127.0.0.1" if kind == "other port" else "127.0.0.2") as away:
        home.redirect("/feed", "/same")
        home.redirect("/same", away.url("/feed"))
        away.put("/feed", "<rss/>", "text/xml")
        async with a_client() as client:
            result = await client.fetch(request(home.url("/feed"), headers=SECRETS, etag='"1"'))
        assert isinstance(result, Fetched)
        assert [seen.headers["x-api-key"] for seen in home.log] == ["hunter2", "hunter2"]
        assert home.log[0].headers["user-agent"] == "own"
        assert "hunter2" not in str(away.log[0].headers)
        assert away.log[0].headers["user-agent"].startswith("aggregator/")
        assert away.log[0].headers["if-none-match"] == '"1"'
        assert "referer" not in away.log[0].headers


async def test_credentials_of_the_address_stay_at_its_origin() -> None:
    with ScriptedWeb() as home, ScriptedWeb() as away:
        home.redirect("/feed", "next")
        home.redirect("/next", away.url("/feed").replace("//", "//theirs:trick@"))
        away.put("/feed", "<rss/>", "text/xml")
        async with a_client() as client:
            result = await client.fetch(request(home.url("/feed").replace("//", "//me:p%40ss@")))
        assert isinstance(result, Fetched)
        assert [seen.headers["authorization"] for seen in home.log] == ["Basic bWU6cEBzcw=="] * 2
        assert "authorization" not in away.log[0].headers
        assert result.final_url == away.url("/feed")
        assert "ss@" not in result.final_url
        assert "ss@" not in str(result.redirects)


async def test_cookies_are_not_kept() -> None:
    with ScriptedWeb() as web:
        web.put("/", "x", headers=[("Set-Cookie", "a=b; Path=/")])
        async with a_client() as client:
            await client.fetch(request(web.url("/")))
            await client.fetch(request(web.url("/")))
        assert web.hits() == 2
        assert all("cookie" not in seen.headers for seen in web.log)


async def test_a_proxy_is_used_only_when_the_config_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedWeb() as web, Canary() as canary:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
        web.put("/", "fine")
        async with a_client() as client:
            assert isinstance(await client.fetch(request(web.url("/"))), Fetched)
        assert canary.is_untouched


async def test_behind_a_proxy_literal_addresses_are_still_refused() -> None:
    with ScriptedWeb() as proxy:
        proxy.put("http://news.example.com/feed", "<rss/>", "text/xml")
        async with a_client(allow=NOTHING, proxy=proxy.url("").replace("//", "//me:pw@")) as client:
            outside = await client.fetch(request("http://news.example.com/feed"))
            inside = await client.fetch(request("http://169.254.169.254/latest/"))
        assert isinstance(outside, Fetched)
        assert isinstance(inside, Failure)
        assert inside.kind is FailureKind.FORBIDDEN_ADDRESS
        assert [seen.path for seen in proxy.log] == ["http://news.example.com/feed"]
        assert proxy.log[0].headers["proxy-authorization"] == "Basic bWU6cHc="


async def test_a_server_may_not_answer_for_the_next_request() -> None:
    """Surplus bytes after an answer are never taken for the answer to another question."""
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    with ScriptedWeb() as web:
        web.queue("/a", Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" + forged))
        web.put("/b", "true")
        async with a_client(per_host=1) as client:
            first, second = await asyncio.gather(
                client.fetch(request(web.url("/a"))), client.fetch(request(web.url("/b")))
            )
        assert isinstance(first, Fetched)
        assert isinstance(second, Fetched)
        assert (first.body, second.body) == (b"hi", b"true")
        assert web.connections == 2
