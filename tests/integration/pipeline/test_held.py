"""Polls and pages that are not asked for, since it is not the time: no request, no failure."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aggregator.cli.options import Places
from aggregator.cli.rehearse import rehearse
from aggregator.clock import Clock
from aggregator.dispatch import Dispatcher
from aggregator.model import Outcome, SourceState
from aggregator.store import items, resting, sources
from tests.integration.pipeline.conftest import Bench
from tests.support.web import Answer, ScriptedWeb

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
HOUR = timedelta(hours=1)
Rss = Callable[..., str]
SLOW_DOWN = Answer(429, (("Retry-After", "7200"),))


@pytest.fixture(autouse=True)
def feed_only(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = false\n"


def many(bench: Bench, web: ScriptedWeb, names: str) -> str:
    return "".join(f'[[source]]\nurl = "{web.url(f"/{name}.xml")}"\nid = "{name}"\n' for name in names)


async def states(bench: Bench) -> dict[str, SourceState]:
    return {state.id: state for state in await bench.running.parts.gate.read(sources.all_states)}


def skipping(rss: str, bench: Bench, hours: range) -> str:
    first = bench.clock.now().hour
    marks = "".join(f"<hour>{(first + hour) % 24}</hour>" for hour in hours)
    return rss.replace("<item>", f"<skipHours>{marks}</skipHours><item>", 1)


async def test_the_log_says_until_when_a_host_is_left_alone(bench: Bench) -> None:
    bench.source = many(bench, bench.web, "abc")
    for name in "ab":
        bench.web.queue(f"/{name}.xml", SLOW_DOWN)
    await bench.start()
    await bench.running.parts.gate.write(sources.make_due, ["c"], bench.clock.now() + HOUR)
    with capture_logs() as lines:
        await bench.run()
    (line,) = [each for each in lines if each["event"].startswith("a host asks for less")]
    assert line["until"] == (bench.clock.now() + 2 * HOUR).isoformat(timespec="seconds")


async def test_a_poll_that_comes_late_in_a_skipped_hour_is_put_off(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", skipping(rss((1, "Alibaba one", "x")), bench, range(3, 8)), RSS)
    await bench.start()
    await bench.run()
    await bench.stop()
    bench.clock.advance(4 * HOUR)  # we were not there when it was due
    await bench.start()
    (report,) = await bench.run()
    state = await bench.state()
    assert (bench.web.hits("/feed.xml"), report.outcome, state.polls) == (1, Outcome.HELD, 1)
    assert bench.clock.now() + 3 * HOUR < state.next_poll_at <= bench.clock.now() + 5 * HOUR
    assert "skipHours" in state.reason
    assert (await bench.poll()).outcome is Outcome.UNCHANGED  # wanted by the user
    bench.clock.advance(5 * HOUR)
    await bench.run()
    assert bench.web.hits("/feed.xml") == 3


async def test_another_document_is_not_bound_by_what_the_old_one_skipped(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", skipping(rss((1, "Alibaba one", "x")), bench, range(23)), RSS)
    bench.web.put("/other.xml", rss((2, "Alibaba two", "x")), RSS)
    await bench.start()
    await bench.run()
    await bench.stop()
    bench.source = bench.source.replace("/feed.xml", "/other.xml")
    await bench.start()
    await bench.run()
    assert bench.web.hits("/other.xml") == 1


async def test_what_waits_for_its_turn_gives_way_when_its_host_asks_for_less(bench: Bench) -> None:
    names = "abcdefgh"
    bench.source = many(bench, bench.web, names)
    for name in names:
        bench.web.queue(f"/{name}.xml", SLOW_DOWN)
    await bench.start()
    reports = await bench.run()
    found = await states(bench)
    # Two were refused; at most one more was on its way to each of the two connections.
    assert 2 <= bench.web.hits() <= 4
    asked = {name for name in names if bench.web.hits(f"/{name}.xml")}
    held = [state for name, state in found.items() if name not in asked]
    assert len(held) >= 4
    assert {(state.failures, state.polls, state.last_error) for state in held} == {(0, 0, None)}
    assert all("asks for less" in state.reason for state in held)
    assert all(state.next_poll_at > bench.clock.now() + HOUR for state in found.values())
    assert all(report.failure is None for report in reports if report.source_id not in asked)


async def test_a_restart_does_not_wake_a_host_that_rests(bench: Bench) -> None:
    bench.source = many(bench, bench.web, "ab")
    for name in "ab":
        bench.web.queue(f"/{name}.xml", SLOW_DOWN)
    await bench.start()
    await bench.run()
    await bench.stop()
    bench.source = many(bench, bench.web, "abc")
    await bench.start()
    (report,) = await bench.run()
    assert (report.source_id, report.outcome, bench.web.hits("/c.xml")) == ("c", Outcome.HELD, 0)
    assert report.next_poll_at == bench.clock.now() + 2 * HOUR
    bench.clock.advance(2 * HOUR)
    await bench.run()
    assert bench.web.hits("/c.xml") == 1


async def test_a_redirect_to_a_host_that_rests_is_not_followed(bench: Bench) -> None:
    with ScriptedWeb("127.0.0.2") as end:
        bench.source = many(bench, end, "ab")
        for name in "ab":
            end.queue(f"/{name}.xml", SLOW_DOWN)
        await bench.start()
        await bench.run()
        await bench.stop()
        bench.source += many(bench, bench.web, "c")
        bench.web.redirect("/c.xml", end.url("/c.xml"))
        await bench.start()
        await bench.run()
        assert (bench.web.hits("/c.xml"), end.hits("/c.xml")) == (1, 0)
        state = (await states(bench))["c"]
        assert (state.failures, state.next_poll_at) == (0, bench.clock.now() + 2 * HOUR)


async def test_a_page_that_leads_to_a_host_that_rests_loses_no_try(bench: Bench, rss: Rss) -> None:
    bench.settings = '[articles]\nrobots = false\nwait = "9h"\n'
    with ScriptedWeb("127.0.0.2") as end:
        bench.web.put("/feed.xml", rss((1, "Alibaba one", "x"), base=bench.web.url("").rstrip("/")), RSS)
        bench.web.redirect("/1", end.url("/page"))
        bench.source += many(bench, end, "ab")
        for name in "ab":
            end.queue(f"/{name}.xml", SLOW_DOWN)
        await bench.start()
        parts = bench.running.parts
        await parts.gate.write(sources.make_due, ["press"], bench.clock.now() + HOUR / 4)
        await bench.run()
        bench.clock.advance(HOUR / 2)
        dispatcher = Dispatcher(parts)
        await dispatcher._start_polls(bench.clock.now(), None)
        await dispatcher.drain(5)
        dispatcher = Dispatcher(parts)
        await dispatcher._start_pages(bench.clock.now())
        await dispatcher.drain(5)
        (item,) = await parts.gate.read(lambda connection: list(items.every(connection)))
        assert (bench.web.hits("/1"), end.hits("/page"), item.tries) == (1, 0, 0)
        end.put("/page", "<p>Alibaba", "text/html")
        bench.clock.advance(2 * HOUR)
        await bench.run()
        assert (bench.web.hits("/1"), end.hits("/page")) == (2, 1)


async def test_a_rehearsal_says_that_a_poll_would_wait_and_goes_on(
    bench: Bench, rss: Rss, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await bench.start()
    now = Clock().now()
    host = f"127.0.0.1:{bench.web.port}"
    await bench.running.parts.gate.write(resting.note, host, now + 2 * HOUR, now)
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS)
    places = Places(tmp_path / "config", tmp_path)
    assert await asyncio.to_thread(rehearse, places, places.plan(), "press")
    assert f"{host} asks for less until {now + 2 * HOUR:%Y-%m-%d %H:%M} UTC: a poll would wait" in (
        capsys.readouterr().out
    )
    assert bench.web.hits("/feed.xml") == 1
