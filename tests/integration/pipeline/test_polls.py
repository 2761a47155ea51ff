"""A source from poll to poll: what is kept, what is said, when it is asked again."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.model import FailureKind, Outcome
from tests.integration.pipeline.conftest import Bench
from tests.support.web import Answer

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
Rss = Callable[..., str]


@pytest.fixture(autouse=True)
def feed_only(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = false\n"


async def test_new_then_not_modified_then_grown(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS, etag='"1"')
    await bench.start()
    first = await bench.poll()
    again = await bench.poll()
    bench.clock.advance(timedelta(hours=1))
    bench.web.put("/feed.xml", rss((2, "Alibaba two", "y"), (1, "Alibaba one", "x")), RSS, etag='"2"')
    grown = await bench.poll()
    assert [report.outcome for report in (first, again, grown)] == [
        Outcome.NEW,
        Outcome.NOT_MODIFIED,
        Outcome.NEW,
    ]
    assert [report.new_items for report in (first, again, grown)] == [1, 0, 1]
    assert [title for _id, title, _carriers in await bench.feed()] == ["Alibaba two", "Alibaba one"]
    state = await bench.state()
    assert (state.polls, state.polls_not_modified, state.failures) == (3, 1, 0)
    assert bench.web.log[1].headers["if-none-match"] == '"1"'


async def test_the_same_bytes_without_validators_are_not_parsed_again(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    assert (await bench.poll()).outcome is Outcome.UNCHANGED


async def test_an_edited_entry_keeps_its_id_and_shows_its_new_title(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    ((before, _title, _carriers),) = await bench.feed()
    bench.web.put("/feed.xml", rss((1, "Alibaba one, corrected", "x")), RSS)
    report = await bench.poll()
    ((after, title, _),) = await bench.feed()
    assert report.outcome is Outcome.EDITED
    assert report.topics == {"alibaba"}
    assert (after, title) == (before, "Alibaba one, corrected")
    assert b"corrected" in bench.files()["alibaba.atom"]


async def test_entries_without_anything_to_read_are_stored_counted_and_not_published(
    bench: Bench, rss: Rss
) -> None:
    blank = "<item><guid isPermaLink='false'>{}</guid><description>&lt;p&gt; &lt;/p&gt;</description></item>"
    sound = "<item><guid isPermaLink='false'>s</guid><enclosure url='https://press.example/a.mp3'/></item>"
    items = blank.format("a") + blank.format("b") + sound
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")).replace("</channel>", f"{items}</channel>"), RSS)
    bench.topic = 'title = "Everything"\nquery = "source:press"\n'
    await bench.start()
    report = await bench.poll()
    assert report.new_items == 4
    assert sorted(item["raw_id"] for item in await bench.items()) == ["a", "b", "id-1", "s"]
    note = (await bench.state()).note
    assert note == "2 of 4 entries have no title, link or text: they are not published"
    await bench.run()
    assert len(await bench.feed()) == 2


async def test_an_entry_that_becomes_blank_stays_as_it_was(bench: Bench, rss: Rss) -> None:
    item = "<item><guid isPermaLink='false'>a</guid>{}</item></channel>"
    bench.web.put("/feed.xml", rss().replace("</channel>", item.format("<title>Alibaba</title>")), RSS)
    await bench.start()
    await bench.poll()
    bench.web.put("/feed.xml", rss().replace("</channel>", item.format("")), RSS)
    assert (await bench.poll()).outcome is Outcome.NOTHING
    assert [item["title"] for item in await bench.items()] == ["Alibaba"]


async def test_an_entry_that_leaves_and_returns_is_not_new(bench: Bench, rss: Rss) -> None:
    await bench.start()
    for rows in ([(1, "Alibaba one", "x")], [(2, "Alibaba two", "y")], [(1, "Alibaba one", "x")]):
        bench.web.put("/feed.xml", rss(*rows), RSS)
        await bench.poll()
    assert len(await bench.feed()) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(404), FailureKind.NOT_FOUND),
        (Answer(503), FailureKind.SERVER_ERROR),
        (Answer(403), FailureKind.DENIED),
        (Answer(200, (("Content-Type", RSS),), b"\x89PNG\r\n\x1a\n" + b"\0" * 99), FailureKind.NOT_A_FEED),
        (Answer(200, (("Content-Type", RSS),), b""), FailureKind.NOT_A_FEED),
    ],
)
async def test_a_failure_keeps_the_items_and_is_explained(
    bench: Bench, rss: Rss, answer: Answer, kind: FailureKind
) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS, etag='"1"')
    await bench.start()
    await bench.poll()
    bench.web.queue("/feed.xml", answer)
    report = await bench.poll()
    failed = await bench.state()
    recovered = await bench.poll()
    assert report.failure is not None
    assert (report.failure.kind, failed.last_error_kind, failed.failures) == (kind, kind, 1)
    assert failed.last_error
    assert failed.next_poll_at > bench.clock.now() + timedelta(minutes=59)
    assert (recovered.outcome, (await bench.state()).failures) == (Outcome.NOT_MODIFIED, 0)
    assert len(await bench.feed()) == 1


async def test_a_source_that_is_gone_twice_a_day_apart_is_retired_and_can_return(
    bench: Bench, rss: Rss
) -> None:
    bench.web.put("/feed.xml", b"", status=410)
    await bench.start()
    await bench.poll()
    assert not (await bench.state()).is_retired
    bench.clock.advance(timedelta(hours=24))
    await bench.poll()
    assert (await bench.state()).is_retired
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.poll()
    assert not (await bench.state()).is_retired


async def test_a_page_that_names_its_feed_is_followed_and_remembered(bench: Bench, rss: Rss) -> None:
    page = '<!DOCTYPE html><html><head><link rel="alternate" type="application/rss+xml" href="/real.xml">'
    bench.source = f'[[source]]\nurl = "{bench.web.url("/")}"\nid = "press"\n'
    bench.web.put("/", page + "</head><body><p>Hello</p></body></html>")
    bench.web.put("/real.xml", rss((1, "Alibaba one", "x")), RSS, etag='"1"')
    await bench.start()
    first, second = await bench.poll(), await bench.poll()
    assert (first.outcome, second.outcome) == (Outcome.NEW, Outcome.NOT_MODIFIED)
    assert (await bench.state()).feed_url == bench.web.url("/real.xml")
    assert bench.web.hits("/") == 1


async def test_a_listing_page_is_read_by_its_selectors(bench: Bench) -> None:
    bench.source += 'kind = "listing"\n[source.listing]\nitem = "li"\ntitle = "b"\n'
    bench.web.put(
        "/feed.xml",
        "<html><body><ul><li><b>Alibaba fined</b><p>The regulator fined Alibaba.</p></li>"
        "<li><b>Weather</b><p>It rains.</p></li></ul></body></html>",
    )
    await bench.start()
    await bench.poll()
    again = await bench.poll()
    assert [title for _id, title, _carriers in await bench.feed()] == ["Alibaba fined"]
    assert again.new_items == 0


async def test_the_first_poll_publishes_a_bounded_number_and_stores_all(bench: Bench, rss: Rss) -> None:
    bench.settings += "[poll]\nfirst_items = 3\n"
    bench.web.put("/feed.xml", rss(*((n, f"Alibaba {n}", "x") for n in range(10))), RSS)
    await bench.start()
    await bench.poll()
    assert len(await bench.feed()) == 3
    assert len(await bench.items()) == 10
    bench.web.put(
        "/feed.xml", rss((10, "Alibaba 10", "x"), *((n, f"Alibaba {n}", "x") for n in range(9))), RSS
    )
    await bench.poll()
    assert len(await bench.feed()) == 4


async def test_a_second_start_changes_no_byte(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    before = bench.files()
    await bench.stop()
    bench.clock.advance(timedelta(days=2))
    await bench.start()
    assert await bench.run() != []
    assert bench.files() == before


async def test_an_edited_topic_looks_again_at_recent_items(bench: Bench, rss: Rss) -> None:
    bench.topic = bench.topic.replace('"alibaba"', '"tencent"')
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    assert await bench.feed() == []
    await bench.stop()
    bench.topic = bench.topic.replace('"tencent"', '"alibaba"')
    await bench.start()
    await bench.run()
    assert len(await bench.feed()) == 1
    assert bench.web.hits() == 1, "no extra poll"


async def test_an_entry_whose_id_changes_is_not_new(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    bench.web.put("/feed.xml", rss((1, "Alibaba one", "x")).replace("id-1", "session-77"), RSS)
    report = await bench.poll()
    assert (report.new_items, len(await bench.items())) == (0, 1)


async def test_a_daily_bulletin_under_one_link_and_title_is_new_each_day(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", rss((1, "Alibaba today", "x")), RSS)
    await bench.start()
    await bench.poll()
    bench.clock.advance(timedelta(days=1))
    bench.web.put("/feed.xml", rss((1, "Alibaba today", "y")).replace("id-1", "id-2"), RSS)
    assert (await bench.poll()).new_items == 1


async def test_characters_that_no_database_takes_harm_nobody(bench: Bench) -> None:
    bad = "\\u0000x\\ud800"
    item = (
        f'{{"id": "{bad}", "url": "https://press.example/{bad}", "title": "Alibaba {bad}", "tags": ["{bad}"],'
        f' "content_text": "Alibaba {bad}", "authors": [{{"name": "{bad}"}}], "external_url": "https://{bad}/",'
        f' "attachments": [{{"url": "https://a.example/{bad}", "mime_type": "{bad}"}}]}}'
    )
    feed = (
        f'{{"version": "https://jsonfeed.org/version/1.1", "title": "{bad}", "items": [{item},'
        '{"id": "2", "title": "Alibaba two"}]}'
    )
    bench.web.put("/feed.xml", feed, "application/feed+json")
    await bench.start()
    report = await bench.poll()
    assert (report.failure, report.new_items) == (None, 2)
    assert len(await bench.feed()) == 2


async def test_what_the_document_asks_for_holds_after_a_304(bench: Bench, rss: Rss) -> None:
    feed = rss((1, "Alibaba", "x")).replace("<description>d<", "<ttl>1440</ttl><description>d<")
    bench.web.put("/feed.xml", feed, RSS, etag='"1"')
    await bench.start()
    first, second = await bench.poll(), await bench.poll()
    assert second.outcome is Outcome.NOT_MODIFIED
    for report in (first, second):
        assert report.next_poll_at >= bench.clock.now() + timedelta(hours=24)
        assert "ttl" in report.reason


async def test_a_feed_that_moved_is_found_again_behind_its_page(bench: Bench, rss: Rss) -> None:
    page = '<!DOCTYPE html><html><head><link rel="alternate" type="application/rss+xml" href="/{}.xml">'
    bench.source = f'[[source]]\nurl = "{bench.web.url("/")}"\nid = "press"\n'
    bench.web.put("/", page.format("a") + "</head><body><p>Hello</p></body></html>")
    bench.web.put("/a.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    bench.web.put("/a.xml", b"", status=404)
    bench.web.put("/b.xml", rss((2, "Alibaba two", "x")), RSS)
    bench.web.put("/", page.format("b") + "</head><body><p>Hello</p></body></html>")
    await bench.poll()
    assert (await bench.poll()).new_items == 1
