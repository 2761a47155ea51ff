"""Through a proxy: what it sees, what the target sees, and that nobody else learns its password."""

import pytest

from aggregator.config.values import ENVIRONMENT, NO_PROXY
from aggregator.model import Access, Failure, FailureKind, Fetched, Request, Step
from tests.integration.fetch.support import TableResolver, a_client, every_connect, request
from tests.support.cases import NewCase, outcome
from tests.support.web import Answer, ScriptedWeb

PASSWORD = "hunter2-proxy"


def with_password(web: ScriptedWeb) -> str:
    return web.url("").replace("//", f"//me:{PASSWORD}@")


async def test_the_environment_counts_when_the_config_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only as it is handed in: the client itself looks at no variable."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with ScriptedWeb() as proxy, ScriptedWeb() as web:
        proxy.put("http://news.example.com/", "by proxy")
        web.put("/", "direct")
        environ = {"http_proxy": with_password(proxy), "no_proxy": "127.0.0.1"}
        async with a_client(proxy=ENVIRONMENT, environ=environ) as client:
            far = await client.fetch(request("http://news.example.com/"))
            near = await client.fetch(request(web.url("/")))
        async with a_client(proxy=ENVIRONMENT) as client:
            without = await client.fetch(request(web.url("/")))
    assert isinstance(far, Fetched)
    assert far.body == b"by proxy"
    assert isinstance(near, Fetched)
    assert isinstance(without, Fetched)
    assert [seen.path for seen in proxy.log] == ["http://news.example.com/"]
    assert PASSWORD not in str(web.log)
    assert all("proxy-authorization" not in seen.headers for seen in web.log)


async def test_a_source_may_have_its_own() -> None:
    with ScriptedWeb() as common, ScriptedWeb() as own:
        for proxy in (common, own):
            proxy.put("http://news.example.com/", "x")
        async with a_client(proxy=common.url("")) as client:
            await client.fetch(request("http://news.example.com/"))
            await client.fetch(Request("http://news.example.com/", 1000, access=Access(proxy=own.url(""))))
    assert (common.hits(), own.hits()) == (1, 1)


async def test_a_source_may_have_none() -> None:
    with ScriptedWeb() as proxy, ScriptedWeb() as web:
        web.put("/", "direct")
        async with a_client(proxy=proxy.url("")) as client:
            result = await client.fetch(Request(web.url("/"), 1000, access=Access(proxy=NO_PROXY)))
    assert isinstance(result, Fetched)
    assert proxy.connections == 0


async def test_a_redirect_to_where_no_proxy_is_used_is_guarded_again(case: NewCase) -> None:
    row = case("proxy: redirect to where none is used", "the proxy's answer leads to this machine")
    with ScriptedWeb() as proxy, every_connect() as connects:
        proxy.redirect("http://news.example.com/", "http://inside.example.com:8080/")
        resolver = TableResolver({"inside.example.com": [["127.0.0.2"]]})
        environ = {"http_proxy": with_password(proxy), "no_proxy": "inside.example.com"}
        async with a_client(proxy=ENVIRONMENT, environ=environ, resolver=resolver, allow=()) as client:
            result = await client.fetch(request("http://news.example.com/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.FORBIDDEN_ADDRESS
    assert set(connects) == {("127.0.0.1", proxy.port)}


async def test_a_proxy_of_another_kind_stops_the_request(case: NewCase) -> None:
    row = case("proxy: not an HTTP one", "the environment names a SOCKS proxy")
    with ScriptedWeb() as web:
        async with a_client(proxy=ENVIRONMENT, environ={"http_proxy": f"socks5://me:{PASSWORD}@p"}) as client:
            result = await client.fetch(request(web.url("/")))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.CONNECT
    assert PASSWORD not in result.detail
    assert web.connections == 0


TROUBLE = {
    "refuses the password": Answer(407, (("Proxy-Authenticate", 'Basic realm="hunter2-proxy"'),)),
    "is broken": Answer(502),
    "closes": Answer(raw=b"", close=True),
    "talks nonsense": Answer(raw=b"\x00\x01", close=True),
    "sends interim answers for ever": Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 50_000, close=True),
    "hangs": Answer(hang=True),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", TROUBLE)
async def test_its_password_is_in_no_failure_and_no_step(name: str, scheme: str, case: NewCase) -> None:
    row = case(f"proxy: {name}, {scheme}", "trouble of a proxy with a password")
    steps: list[Step] = []
    with ScriptedWeb() as proxy:
        path = "http://news.example.com/" if scheme == "http" else "news.example.com:443"
        proxy.queue(path, TROUBLE[name])
        async with a_client(proxy=with_password(proxy), timeout=0.5) as client:
            result = await client.fetch(request(f"{scheme}://news.example.com/"), watch=steps.append)
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert PASSWORD not in result.detail
    assert PASSWORD not in str(steps)
    assert "me:" not in str(steps)
    assert any(step.what == "proxy" and "***@" in step.detail for step in steps)
    assert proxy.log[0].headers["proxy-authorization"].startswith("Basic ")


async def test_a_proxy_whose_name_has_no_address(case: NewCase) -> None:
    row = case("proxy: its name has no address", "no server")
    proxy = f"http://me:{PASSWORD}@proxy.example.com:3128"
    async with a_client(proxy=proxy, resolver=TableResolver({})) as client:
        result = await client.fetch(request("http://news.example.com/"))
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert "proxy.example.com" in result.detail
    assert PASSWORD not in result.detail
