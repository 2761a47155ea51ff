"""When a page is asked for: the newest first, again after a while, never more often than its server likes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from aggregator.dispatch import Dispatcher
from aggregator.model import Item
from aggregator.pipeline import article
from aggregator.pipeline.parts import Parts
from aggregator.store import items
from tests.integration.pipeline.conftest import Bench
from tests.integration.pipeline.test_articles import BODY, RSS, Rss, page
from tests.support.records import new_item
from tests.support.web import Answer, ScriptedWeb

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DOWN = Answer(503)


def dated(rows: Sequence[tuple[str, datetime]]) -> str:
    """Return a feed of addresses and dates, in that order."""
    entries = "".join(
        f"<item><title>Alibaba {number}</title><link>{url}</link><guid>{number}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate><description>x</description></item>"
        for number, (url, at) in enumerate(rows)
    )
    return f"<rss version='2.0'><channel><title>Presse</title>{entries}</channel></rss>"


async def start(bench: Bench, rss: Rss, *answers: Answer) -> None:
    """Poll a feed of one entry whose page answers so before it is read."""
    bench.web.put("/feed.xml", rss((1, "Alibaba fined", "The fine."), base=bench.web.url("")), RSS)
    bench.web.put("/1", page("Alibaba fined"))
    bench.web.queue("/1", *answers)
    await bench.start()
    await bench.poll()


async def after(bench: Bench, span: timedelta) -> int:
    """Let time pass, do what is due, and return how often the page was asked for by then."""
    bench.clock.advance(span)
    await bench.run()
    return bench.web.hits("/1")


async def text(bench: Bench) -> tuple[str, str]:
    (item,) = await bench.items()
    return item["stage"], item["text"][:9]


async def test_of_each_host_the_newest_pages_come_first(bench: Bench) -> None:
    bench.settings = "[poll]\nfirst_items = 100\n"
    with ScriptedWeb("127.0.0.2") as other:
        rows = []
        for number in range(24):
            web = (bench.web, other)[number % 2]
            web.put(f"/{number}", page(f"Alibaba {number}", BODY.replace("Monday", f"day {number}")))
            # Neither the feed's order nor that of the numbers.
            rows.append((web.url(f"/{number}"), bench.clock.now() - MINUTE * (number * 7 % 24)))
        bench.web.put("/feed.xml", dated(rows), RSS)
        await bench.start()
        await bench.poll()
        for web in (bench.web, other):
            ages = [int(seen.path[1:]) * 7 % 24 for seen in web.log if seen.path[1:].isdigit()]
            assert len(ages) == 12
            # Two connections may overtake each other, by a place or two.
            assert all(abs(place - sorted(ages).index(age)) <= 2 for place, age in enumerate(ages)), ages


async def test_waits_grow_and_end(bench: Bench, rss: Rss) -> None:
    await start(bench, rss, DOWN, DOWN, DOWN, DOWN)
    seconds = timedelta(seconds=1)
    assert await after(bench, MINUTE - seconds) == 1
    assert await after(bench, seconds) == 2
    assert await after(bench, 4 * MINUTE - seconds) == 2
    assert await after(bench, seconds) == 3
    assert await text(bench) == ("done", "The fine.")
    assert await after(bench, 5 * HOUR) == 3


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_names_a_time_is_not_asked_before(bench: Bench, rss: Rss, status: int) -> None:
    await start(bench, rss, Answer(status, (("Retry-After", "1800"),)))
    assert await after(bench, 30 * MINUTE - timedelta(seconds=1)) == 1
    assert await text(bench) == ("new", "The fine."), "it is decided on the feed's text meanwhile"
    assert await after(bench, timedelta(seconds=1)) == 2
    assert await text(bench) == ("done", "The marke")


async def test_who_wants_more_than_we_have_patience_for_is_not_asked_before_that_either(
    bench: Bench, rss: Rss
) -> None:
    await start(bench, rss, Answer(503, (("Retry-After", str(8 * 3600)),)))
    assert await text(bench) == ("done", "The fine.")
    assert await after(bench, 7 * HOUR) == 1, "the second look waits, too"
    assert await after(bench, HOUR) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
async def test_a_refusal_is_taken_for_an_answer(bench: Bench, rss: Rss, status: int) -> None:
    await start(bench, rss, Answer(status), Answer(status))
    assert await text(bench) == ("done", "The fine.")
    assert await after(bench, 5 * HOUR) == 1
    (item,) = await bench.items()
    assert str(status) in item["evidence"][0]


@pytest.mark.parametrize(
    "answer", [Answer(hang=True), Answer(raw=b"", close=True), Answer(raw=b"\0\0\r\n\r\n")]
)
async def test_silence_and_nonsense_are_tried_again(bench: Bench, rss: Rss, answer: Answer) -> None:
    await start(bench, rss, answer)
    assert (await text(bench))[0] == "new"
    before = bench.web.hits("/1")
    assert await after(bench, MINUTE) == before + 1
    assert await text(bench) == ("done", "The marke")


async def test_a_restart_goes_on_counting(bench: Bench, rss: Rss) -> None:
    await start(bench, rss, *[DOWN] * 9)
    for span in (MINUTE, 4 * MINUTE, HOUR):
        await bench.stop()
        await bench.start()
        hits = await after(bench, span)
    assert hits == 3
    assert await text(bench) == ("done", "The fine.")


async def test_two_refusals_make_all_pages_of_their_host_wait(bench: Bench) -> None:
    bench.settings = "[poll]\nfirst_items = 100\n"
    base, now = bench.web.url(""), bench.clock.now()
    with ScriptedWeb("127.0.0.2") as feeds:
        bench.source = bench.source.replace(base, feeds.url(""))
        feeds.put("/feed.xml", dated([(f"{base}/{n}", now - n * MINUTE) for n in range(20)]), RSS)
        for number in range(20):
            bench.web.queue(f"/{number}", Answer(429, (("Retry-After", "7200"),)))
            bench.web.put(f"/{number}", page(f"Alibaba {number}", BODY.replace("Monday", f"day {number}")))
        await bench.start()
        await bench.poll()
        asked = [seen.path for seen in bench.web.log if seen.path[1:].isdigit()]
        assert 2 <= len(asked) <= 4, "no more than were on their way"
        bench.clock.advance(2 * HOUR - timedelta(seconds=1))
        await bench.run()
        assert bench.web.hits() == len(asked) + 1  # robots.txt


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_five_thousand_pages_keep_their_order(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """On fifty hosts: of each the newest come first, to the end."""
    running = await bench.start()
    now = bench.clock.now()
    many = [
        new_item(
            number,
            now,
            published_at=now - timedelta(seconds=number * 7919 % 5000),
            host=f"h{number % 50}.example",
            canonical_url=f"https://h{number % 50}.example/{number}",
        )
        for number in range(1, 5001)
    ]
    await running.parts.gate.write(items.add, many)
    order: dict[str, list[datetime]] = {}

    async def settle(parts: Parts, item: Item) -> None:
        order.setdefault(item.canonical_url.split("/")[2], []).append(item.published_at)
        assert await parts.gate.write(items.settle, item, is_provisional=False)
        await parts.gate.write(items.decided, item)

    monkeypatch.setattr(article, "settle", settle)
    dispatcher = Dispatcher(running.parts)
    await dispatcher.run_once(only=[])
    assert sum(map(len, order.values())) == 5000
    for dates in order.values():
        assert dates == sorted(dates, reverse=True)
