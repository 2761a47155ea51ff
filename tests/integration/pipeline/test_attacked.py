"""What attackers tried: one source must not harm another, and nothing may be lost or kept silent."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.dispatch import publishing as dispatching
from aggregator.dispatch.publishing import Publishing
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.publish import Published
from aggregator.store import sources
from tests.integration.pipeline.conftest import Bench
from tests.integration.pipeline.test_found import PAGE, index, sitemap
from tests.support.web import Answer, ScriptedWeb

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
XML = "application/xml"
DAY = timedelta(days=1)
Rss = Callable[..., str]


@pytest.fixture(autouse=True)
def feed_only(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = false\n"


def page_source(bench: Bench) -> None:
    bench.source = f'[[source]]\nurl = "{bench.web.url("/")}"\nid = "press"\n'
    bench.web.put("/", PAGE.format(""))


@pytest.mark.parametrize(
    "answer",
    [Answer(404), Answer(200, (("Content-Type", "text/html"),), PAGE.format("").encode())],
    ids=["404", "maintenance"],
)
async def test_a_guessed_feed_that_fails_once_is_found_again(bench: Bench, rss: Rss, answer: Answer) -> None:
    page_source(bench)
    bench.web.put("/feed", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    bench.web.queue("/feed", answer)
    for _poll in range(4):
        bench.clock.advance(2 * DAY)
        report = await bench.poll()
    assert report.failure is None
    assert (await bench.state()).feed_url == bench.web.url("/feed")


async def test_a_first_poll_that_fails_does_not_end_the_search_for_the_feed(bench: Bench, rss: Rss) -> None:
    page_source(bench)
    bench.web.put("/feed", rss((1, "Alibaba one", "x")), RSS)
    bench.web.queue("/", Answer(503))
    await bench.start()
    await bench.poll()
    assert (await bench.poll()).new_items == 1


async def test_a_host_that_asks_for_less_is_not_asked_for_what_was_claimed_before(bench: Bench) -> None:
    bench.source = ""
    for number in range(60):
        url = bench.web.url(f"/{number}.xml")
        bench.source += f'[[source]]\nurl = "{url}"\nid = "s{number}"\n'
        bench.web.queue(f"/{number}.xml", Answer(429, (("Retry-After", "7200"),)))
    await bench.start()
    await bench.run()
    assert bench.web.hits() <= 10
    held = await bench.running.parts.gate.read(sources.all_states)
    assert all(state.next_poll_at > bench.clock.now() + timedelta(hours=1) for state in held)


async def test_who_refuses_behind_a_redirect_rests_not_who_redirected(bench: Bench) -> None:
    with ScriptedWeb("127.0.0.2") as end:
        places = {"a": bench.web, "b": bench.web, "innocent": bench.web, "refusing": end}
        bench.source = "".join(
            f'[[source]]\nurl = "{web.url(f"/{name}.xml")}"\nid = "{name}"\n' for name, web in places.items()
        )
        for name in ("a", "b"):
            bench.web.redirect(f"/{name}.xml", end.url(f"/{name}.xml"))
            end.queue(f"/{name}.xml", Answer(429, (("Retry-After", "7200"),)))
        await bench.start()
        gate = bench.running.parts.gate
        await gate.write(sources.make_due, ["innocent", "refusing"], bench.clock.now() + timedelta(hours=1))
        await bench.run()
        reasons = {state.id: state.reason for state in await gate.read(sources.all_states)}
    assert "asks for less" in reasons["refusing"]
    assert "asks for less" not in reasons["innocent"]


async def test_dead_links_of_one_feed_say_nothing_of_our_network(bench: Bench) -> None:
    bench.settings = '[articles]\nwait = "2h"\nrobots = false\n'
    links = "".join(
        f"<item><title>Alibaba {number}</title><link>http://127.0.1.{number}:8099/x</link></item>"
        for number in range(10, 30)
    )
    document = f"<rss version='2.0'><channel><title>P</title>{links}</channel></rss>"
    bench.web.put("/feed.xml", document, RSS)
    await bench.start()
    for _minute in range(5):
        await bench.run()
        assert not bench.running.parts.connectivity.is_offline
        bench.clock.advance(timedelta(minutes=1))


async def test_a_host_name_longer_than_names_can_be_costs_no_other_entry(bench: Bench, rss: Rss) -> None:
    good, bad = (1, "Alibaba one", "x"), (2, "Alibaba two", "x")
    body = rss(good, bad).replace("https://press.example/2", f"https://{'a' * 300}.com/2")
    bench.web.put("/feed.xml", body, RSS)
    await bench.start()
    assert (await bench.poll()).new_items == 2


async def test_one_410_long_after_another_retires_nobody(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS)
    bench.web.queue("/feed.xml", Answer(410))
    await bench.start()
    await bench.poll()
    for _poll in range(3):
        bench.clock.advance(20 * DAY)
        await bench.poll()
    bench.web.queue("/feed.xml", Answer(410))
    bench.clock.advance(DAY)
    await bench.poll()
    assert not (await bench.state()).is_retired


async def test_a_part_of_an_index_that_fails_is_named_and_its_wish_kept(bench: Bench) -> None:
    bench.source = f'[[source]]\nurl = "{bench.web.url("/index.xml")}"\nid = "press"\nkind = "sitemap"\n'
    bench.web.put("/index.xml", index(bench, "/a.xml", "/b.xml"), XML, etag='"i"')
    bench.web.put("/a.xml", sitemap(bench, "one"), XML, etag='"a"')
    bench.web.put("/b.xml", sitemap(bench, "two"), XML, etag='"b"')
    await bench.start()
    await bench.poll()
    bench.web.queue("/b.xml", Answer(429, (("Retry-After", "86400"),)))
    bench.clock.advance(timedelta(hours=2))
    await bench.poll()
    state = await bench.state()
    assert state.next_poll_at >= bench.clock.now() + DAY
    assert bench.web.url("/b.xml") in (state.note or "")
    bench.clock.advance(2 * DAY)
    await bench.poll()
    assert (await bench.state()).note is None


async def test_what_changes_while_its_topic_is_published_is_published_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.start()
    parts = bench.running.parts
    publishing = Publishing()
    topic = frozenset({"alibaba"})
    asked: list[object] = []

    async def publish(parts: Parts, topics: object) -> Published:
        asked.append(topics)
        if len(asked) == 1:
            publishing.touch(topic, parts.clock.now())  # what a poll does meanwhile
        return Published((), frozenset(), {})

    monkeypatch.setattr(dispatching, "publish", publish)
    publishing.touch(topic, parts.clock.now())
    await publishing.publish(parts, is_final=True)
    await publishing.publish(parts, is_final=True)
    assert asked == [["alibaba"], ["alibaba"]]
