"""What polls teach about hosts and about our own network: moves, refusals, offline times, old validators."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from datetime import timedelta

import pytest

from aggregator.dispatch import Dispatcher
from aggregator.model import FailureKind, Outcome, SourceState
from aggregator.store import sources
from tests.integration.pipeline.conftest import Bench
from tests.support.web import Answer, ScriptedWeb

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
DAY = timedelta(days=1)
Rss = Callable[..., str]


@pytest.fixture(autouse=True)
def feed_only(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = false\n"


@pytest.fixture
async def webs(bench: Bench, rss: Rss) -> AsyncIterator[list[ScriptedWeb]]:
    """Four hosts with one feed each, and the bench configured with them."""
    with ExitStack() as stack:
        more = [stack.enter_context(ScriptedWeb(f"127.0.0.{number}")) for number in (2, 3, 4)]
        hosts = [bench.web, *more]
        bench.source = ""
        for number, web in enumerate(hosts):
            web.put("/feed.xml", rss((number, f"Alibaba {number}", "x")), RSS, etag=f'"{number}"')
            bench.source += f'[[source]]\nurl = "{web.url("/feed.xml")}"\nid = "s{number}"\n'
        yield hosts


async def states(bench: Bench) -> dict[str, SourceState]:
    return {state.id: state for state in await bench.running.parts.gate.read(sources.all_states)}


async def test_validators_are_not_trusted_for_more_than_eight_days(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS, etag='"1"')
    await bench.start()
    outcomes = []
    for _poll in range(11):
        outcomes.append((await bench.poll()).outcome)
        bench.clock.advance(DAY)
    asked = ["if-none-match" in request.headers for request in bench.web.log]
    assert asked == [False, *[True] * 7, False, True, True]
    assert outcomes[8] is Outcome.UNCHANGED


async def test_a_permanent_move_is_adopted_after_a_day_of_good_answers(bench: Bench, rss: Rss) -> None:
    bench.web.put("/new.xml", rss((1, "Alibaba one", "x")), RSS, etag='"1"')
    bench.web.redirect("/feed.xml", bench.web.url("/new.xml"), 301)
    await bench.start()
    for _poll in range(3):
        await bench.poll()
        bench.clock.advance(DAY / 2)
    before = bench.web.hits("/feed.xml")
    await bench.poll()
    state = await bench.state()
    assert (before, bench.web.hits("/feed.xml")) == (3, 3)
    assert (state.moved_url, state.url) == (bench.web.url("/new.xml"), bench.web.url("/feed.xml"))
    assert len(await bench.feed()) == 1
    bench.web.put("/new.xml", b"", status=404)
    bench.web.put("/feed.xml", rss((2, "Alibaba two", "y"), (1, "Alibaba one", "x")), RSS)
    await bench.poll()
    assert (await bench.poll()).new_items == 1
    assert (await bench.state()).moved_url is None


async def test_a_move_survives_a_restart(bench: Bench, rss: Rss) -> None:
    bench.web.put("/new.xml", rss((1, "Alibaba one", "x")), RSS, etag='"1"')
    bench.web.redirect("/feed.xml", bench.web.url("/new.xml"), 308)
    await bench.start()
    for _poll in range(3):
        await bench.poll()
        bench.clock.advance(DAY / 2)
    await bench.stop()
    await bench.start()
    await bench.poll()
    assert bench.web.hits("/feed.xml") == 3
    assert bench.web.log[-1].headers["if-none-match"] == '"1"'


async def test_two_addresses_that_are_refused_make_their_host_rest(bench: Bench, rss: Rss) -> None:
    slow = Answer(429, (("Retry-After", "7200"),))
    bench.source = "".join(
        f'[[source]]\nurl = "{bench.web.url(f"/{name}.xml")}"\nid = "{name}"\n' for name in "abc"
    )
    bench.web.put("/c.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    for name in "ab":
        bench.web.queue(f"/{name}.xml", slow)
    gate = bench.running.parts.gate
    await gate.write(sources.make_due, ["c"], bench.clock.now() + timedelta(hours=1))
    await bench.run()
    held = (await states(bench))["c"]
    assert bench.web.hits("/c.xml") == 0
    assert held.next_poll_at >= bench.clock.now() + timedelta(hours=2)
    assert "asks for less" in held.reason


async def test_an_anti_bot_page_that_says_too_many_requests_counts_as_that(bench: Bench, rss: Rss) -> None:
    page = b'<html><div id="cf-error-details">Error 1015: you are being rate limited</div></html>'
    bench.source = "".join(
        f'[[source]]\nurl = "{bench.web.url(f"/{name}.xml")}"\nid = "{name}"\n' for name in "abc"
    )
    headers = (("Content-Type", "text/html"), ("Retry-After", "7200"))
    for name in "ab":
        bench.web.queue(f"/{name}.xml", Answer(429, headers, page))
    await bench.start()
    await bench.running.parts.gate.write(sources.make_due, ["c"], bench.clock.now() + timedelta(hours=1))
    await bench.run()
    found = await states(bench)
    assert {found[name].last_error_kind for name in "ab"} == {FailureKind.WALL}
    assert "asks for less" in found["c"].reason


async def test_one_refusal_leaves_the_rest_of_the_host_alone(bench: Bench, rss: Rss) -> None:
    bench.source = "".join(
        f'[[source]]\nurl = "{bench.web.url(f"/{name}.xml")}"\nid = "{name}"\n' for name in "ab"
    )
    bench.web.queue("/a.xml", Answer(429, (("Retry-After", "7200"),)))
    bench.web.put("/b.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.run()
    assert (await states(bench))["b"].next_poll_at < bench.clock.now() + timedelta(hours=1.2)


async def test_when_all_hosts_fail_at_once_nobody_is_blamed(
    bench: Bench, webs: list[ScriptedWeb], rss: Rss
) -> None:
    await bench.start()
    await bench.run()
    for web in webs:
        web.stop()
    bench.clock.advance(DAY)
    await bench.run()
    down = await states(bench)
    assert bench.running.parts.connectivity.is_offline
    assert {state.failures for state in down.values()} == {0}
    assert all(state.next_poll_at < bench.clock.now() + timedelta(minutes=5) for state in down.values())
    assert all("internet" in state.reason for state in down.values())
    # While it lasts only a few polls look whether it is over.
    bench.clock.advance(timedelta(hours=1))
    assert len(await bench.run()) <= 3
    with ScriptedWeb(webs[2].host, port=webs[2].port), ScriptedWeb(webs[3].host, port=webs[3].port):
        for _try in range(3):
            bench.clock.advance(timedelta(minutes=30))
            await bench.run()
    assert not bench.running.parts.connectivity.is_offline
    back = await states(bench)
    assert [back[f"s{number}"].last_error_kind for number in (2, 3)] == [FailureKind.NOT_FOUND] * 2
    assert min(back[f"s{number}"].failures for number in range(4)) >= 1


async def test_one_host_that_fails_among_others_is_blamed(bench: Bench, webs: list[ScriptedWeb]) -> None:
    await bench.start()
    await bench.run()
    webs[1].stop()
    bench.clock.advance(DAY)
    await bench.run()
    found = await states(bench)
    assert [found[f"s{number}"].failures for number in range(4)] == [0, 1, 0, 0]
    assert found["s1"].last_error_kind is FailureKind.CONNECT


async def test_pages_wait_while_we_are_offline(bench: Bench, webs: list[ScriptedWeb], rss: Rss) -> None:
    bench.settings = '[articles]\nwait = "2h"\nrobots = false\n'
    base = webs[1].url("")
    webs[1].put("/feed.xml", rss((7, "Alibaba seven", "x"), base=base.rstrip("/")), RSS)
    await bench.start()
    parts = bench.running.parts
    for host in ("x", "y", "z"):
        parts.connectivity.missed(host, host, bench.clock.now())
    await Dispatcher(parts)._start_pages(bench.clock.now())
    assert webs[1].hits("/7") == 0
