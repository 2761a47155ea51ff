"""No connect() to a refused address, by any way that leads to one, as the interpreter itself sees it.

Each address of the table is tried on every way: as it stands in a URL, behind a name, as the second
answer of a name server, behind redirects, for robots.txt, in a POST, through a proxy. A canary listens where
this machine could be reached; every connect() of the process is collected beside it.
"""

import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from aggregator.clock import Clock
from aggregator.fetch.client import Client
from aggregator.fetch.guard import literal_address
from aggregator.fetch.robots import Robots
from aggregator.model import Failure, FailureKind, Fetched, Request
from tests.integration.fetch.support import Canary, TableResolver, a_client, every_connect, named, request
from tests.support.cases import NewCase
from tests.support.web import ScriptedWeb

# As it may stand in a URL. Those without a plain form of their own are also resolved to and dialled.
ADDRESSES = {
    "loopback": "127.0.0.2",
    "decimal": "2130706434",
    "octal": "0177.0.0.02",
    "hexadecimal": "0x7f000002",
    "hexadecimal parts": "0x7f.0x0.0x0.0x2",
    "short": "127.2",
    "zero": "0",
    "unspecified": "0.0.0.0",
    "private, class A": "10.0.0.1",
    "private, class B": "172.16.0.1",
    "private, class C": "192.168.0.1",
    "CGNAT": "100.64.0.1",
    "link-local": "169.254.1.1",
    "metadata of AWS, GCP, Azure": "169.254.169.254",
    "metadata of Alibaba": "100.100.100.200",
    "multicast": "224.0.0.251",
    "broadcast": "255.255.255.255",
    "loopback, version 6": "[::1]",
    "unspecified, version 6": "[::]",
    "mapped": "[::ffff:127.0.0.2]",
    "mapped, hexadecimal": "[::ffff:7f00:2]",
    "compatible": "[::127.0.0.2]",
    "NAT64": "[64:ff9b::7f00:2]",
    "6to4": "[2002:7f00:2::]",
    "unique local": "[fd00:ec2::254]",
    "link-local, version 6": "[fe80::1]",
    "multicast, version 6": "[ff02::1]",
}


class Setting:
    """One allowed server, which may be made to lead astray; and a client that may reach it only."""

    def __init__(self, web: ScriptedWeb, host: str, port: int, proxy: ScriptedWeb) -> None:
        self.web, self.host, self.port, self.proxy = web, host, port, proxy
        self.place = f"127.0.0.1:{web.port}"
        address = literal_address(host)
        assert address is not None
        self.resolver = TableResolver(
            {
                "inside.example.com": [[str(address)]],
                "rebinds.example.com": [["127.0.0.1"], [str(address)]],
            }
        )

    @asynccontextmanager
    async def client(self, **settings: str) -> AsyncIterator[Client]:
        async with a_client(allow=(self.place,), timeout=2, resolver=self.resolver, **settings) as client:
            yield client

    def url(self, host: str | None = None, path: str = "/x") -> str:
        return f"http://{host or self.host}:{self.port}{path}"


async def literally(at: Setting) -> object:
    async with at.client() as client:
        return await client.fetch(request(at.url()))


async def by_name(at: Setting) -> object:
    async with at.client() as client:
        return await client.fetch(request(at.url("inside.example.com")))


async def by_rebinding(at: Setting) -> object:
    """The first answer of the name server may be dialled, the second may not."""
    at.web.put("/", "fine")
    url = f"http://rebinds.example.com:{at.web.port}/"
    async with at.client() as client:
        assert isinstance(await client.fetch(request(url)), Fetched)
    async with at.client() as client:  # whose memory of names is empty
        return await client.fetch(request(url))


def redirected(host: str | None) -> Callable[[Setting], Awaitable[object]]:
    async def way(at: Setting) -> object:
        at.web.redirect("/feed", at.url(host))
        async with at.client() as client:
            return await client.fetch(request(at.web.url("/feed")))

    return way


async def for_robots(at: Setting) -> object:
    async with at.client() as client:
        return await Robots(client, Clock()).check(at.url("inside.example.com"))


async def robots_redirected(at: Setting) -> object:
    at.web.redirect("/robots.txt", at.url(path="/robots.txt"))
    async with at.client() as client:
        return await Robots(client, Clock()).check(at.web.url("/page"))


async def posted(at: Setting) -> object:
    async with at.client() as client:
        return await client.fetch(Request(at.url(), 1000, method="POST", data=b"ping"))


async def post_redirected(at: Setting) -> object:
    at.web.redirect("/hub", at.url(), 307)
    async with at.client() as client:
        return await client.fetch(Request(at.web.url("/hub"), 1000, method="POST", data=b"ping"))


async def through_a_proxy(at: Setting) -> object:
    async with at.client(proxy=at.proxy.url("")) as client:
        return await client.fetch(request(at.url()))


async def through_a_proxy_redirected(at: Setting) -> object:
    at.proxy.redirect("http://news.example.com/", at.url())
    async with at.client(proxy=at.proxy.url("")) as client:
        return await client.fetch(request("http://news.example.com/"))


WAYS: dict[str, Callable[[Setting], Awaitable[object]]] = {
    "in the URL": literally,
    "behind a name": by_name,
    "rebinding": by_rebinding,
    "redirect": redirected(None),
    "redirect to a name": redirected("inside.example.com"),
    "robots.txt": for_robots,
    "redirect of robots.txt": robots_redirected,
    "POST": posted,
    "redirect of a POST": post_redirected,
    "proxy": through_a_proxy,
    "redirect behind a proxy": through_a_proxy_redirected,
}


@pytest.mark.parametrize(("name", "host"), named(ADDRESSES))
async def test_a_refused_address_is_never_dialled(name: str, host: str, case: NewCase) -> None:
    row = case(f"guard: {name}", f"{host}, {len(WAYS)} ways")
    kinds: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        canaries = [stack.enter_context(Canary("127.0.0.2"))]
        port = canaries[0].port
        for place in ("127.0.0.3", "::1"):
            with contextlib.suppress(OSError):  # a machine without IPv6, or a port that is taken
                canaries.append(stack.enter_context(Canary(place, port)))
        proxy = stack.enter_context(ScriptedWeb())
        for way, go in WAYS.items():
            with ScriptedWeb() as web, every_connect() as connects:
                result = await go(Setting(web, host, port, proxy))
            allowed = {("127.0.0.1", web.port), ("127.0.0.1", proxy.port)}
            assert set(connects) <= allowed, way
            assert isinstance(result, Failure), way
            assert result.kind is FailureKind.FORBIDDEN_ADDRESS, way
            assert re.search(r"not public; fetch\.allow_private", result.detail), way
            kinds[result.kind] += 1
        assert all(canary.is_untouched for canary in canaries)
        asked_of_proxy = [seen.path for seen in proxy.log]
        assert asked_of_proxy == ["http://news.example.com/"]
    row.came_to(", ".join(f"{kind} {count} times" for kind, count in kinds.items()) + ", no connect()")


async def test_the_watch_sees_what_is_dialled() -> None:
    """Else the test above would pass on a blind watch."""
    with ScriptedWeb() as web, Canary("127.0.0.2") as canary, every_connect() as connects:
        async with a_client(timeout=0.2) as client:
            await client.fetch(request(web.url("/")))
            await client.fetch(request(f"http://127.0.0.2:{canary.port}/"))
        assert set(connects) == {("127.0.0.1", web.port), ("127.0.0.2", canary.port)}
        assert not canary.is_untouched


LOCAL_NAMES = {
    "this machine": "localhost",
    "below this machine": "db.localhost",
    "the root's dot": "localhost.",
    "mDNS": "printer.local",
    "cloud metadata": "metadata.google.internal",
    "home": "nas.home.arpa",
    "a router's": "fritz.lan",
    "capitals": "Wiki.CORP",
    "a single label": "intranet",
}


@pytest.mark.parametrize(("name", "host"), named(LOCAL_NAMES))
async def test_behind_a_proxy_local_names_are_refused_unless_named(
    name: str, host: str, case: NewCase
) -> None:
    row = case(f"guard: behind a proxy, {name}", host)
    with ScriptedWeb() as proxy:
        proxy.put(f"http://{host.lower()}:8080/", "inside", "text/plain")
        proxy.redirect("http://news.example.com/", f"http://{host}:8080/")
        async with a_client(allow=(), proxy=proxy.url("")) as client:
            asked = await client.fetch(request(f"http://{host}:8080/"))
            led = await client.fetch(request("http://news.example.com/"))
        async with a_client(allow=(f"{host}:8080",), proxy=proxy.url("")) as client:
            allowed = await client.fetch(request(f"http://{host}:8080/"))
    for result in (asked, led):
        assert isinstance(result, Failure)
        assert result.kind is FailureKind.FORBIDDEN_ADDRESS
        assert "name of the local network" in result.detail
    assert not isinstance(allowed, Failure)
    assert len(proxy.log) == 2
    assert isinstance(asked, Failure)
    row.came_to(f"{asked.kind}: {asked.detail}")


@pytest.mark.parametrize("port", [22, 25, 6000, 6667])
async def test_a_port_of_another_protocol_is_asked_only_if_named(port: int, case: NewCase) -> None:
    row = case(f"guard: port {port}", f"listens at port {port}")
    with every_connect() as connects:
        async with a_client(timeout=1) as client:
            result = await client.fetch(request(f"http://127.0.0.1:{port}/"))
        row.came_to(f"{result.kind}: {result.detail}" if isinstance(result, Failure) else "asked it")
        assert connects == []
        assert isinstance(result, Failure)
        assert result.kind is FailureKind.FORBIDDEN_ADDRESS
        async with a_client(timeout=1, allow=(f"127.0.0.1:{port}",)) as client:
            await client.fetch(request(f"http://127.0.0.1:{port}/"))
        assert set(connects) == {("127.0.0.1", port)}
