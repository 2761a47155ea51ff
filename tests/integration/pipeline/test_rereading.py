"""The second look at a page: what it brings, what it never takes away, and how politely it is done."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from aggregator.pipeline.publish import publish_all
from aggregator.store import items, rereads
from tests.integration.pipeline.conftest import Bench
from tests.integration.pipeline.test_articles import BODY, RSS, Rss, page, poll_alone
from tests.integration.pipeline.test_recurring import BOX
from tests.integration.pipeline.test_recurring import page as repeating
from tests.support.web import Answer

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
HTML = (("Content-Type", "text/html"),)
MORE = (
    "<p>The authority had asked for the minutes of the board in autumn, without giving a reason, and got "
    "them after two reminders and a fine of its own.</p><p>Lawyers in Shanghai said that the decision would "
    "bind the lower courts, since it explains for the first time what a platform owes to its sellers.</p>"
)
STUB = page(
    "Alibaba fined", "<p>The market regulator fined Alibaba on Monday, its office said. More soon.</p>"
)
FULL = page("Alibaba fined", BODY)
LONGER = page("Alibaba fined", BODY + MORE)
CONSENT = page(
    "Before you continue",
    "<p>We and our partners use cookies to store and access personal data. Accept all or reject all.</p>",
)


async def read(
    bench: Bench, rss: Rss, body: str, *, title: str = "Alibaba fined", **put: Any
) -> dict[str, Any]:
    """Have the page of the only entry read for the first time; return the item."""
    bench.web.put("/feed.xml", rss((1, title, "The fine is large."), base=bench.web.url("")), RSS)
    bench.web.put("/1", body, **put)
    await bench.start()
    await bench.poll()
    (item,) = await bench.items()
    return item


async def again(bench: Bench, span: timedelta = 6 * HOUR) -> dict[str, Any]:
    """Let time pass and do what is due; return the item."""
    bench.clock.advance(span)
    await bench.run()
    (item,) = await bench.items()
    return item


async def due(bench: Bench) -> int:
    return await bench.running.parts.gate.read(rereads.count)


async def test_a_stub_that_was_completed_is_read_once_more_and_its_readers_are_told(
    bench: Bench, rss: Rss
) -> None:
    before = await read(bench, rss, STUB)
    ((entry_id, _title, _carriers),) = await bench.feed()
    assert b"text grew" not in bench.files()["alibaba.atom"]
    bench.web.put("/1", FULL)
    item = await again(bench)
    assert "sell nowhere else" in item["text"]
    assert (item["quality"], item["stage"]) == ("full", "done")
    history = item["history"]
    assert history["change_note"].startswith("text grew from ")
    assert history["previous_text"] == before["text"]
    assert history["changed_at"] == bench.clock.now().isoformat(timespec="seconds")
    assert [entry for entry, _title, _carriers in await bench.feed()] == [entry_id]
    atom = bench.files()["alibaba.atom"]
    assert b"text grew from " in atom
    assert b"sell nowhere else" in atom
    assert atom.count(b"<entry ") == 1
    assert bench.web.hits("/1") == 2
    await again(bench, 24 * HOUR)
    assert bench.web.hits("/1") == 2, "there is no third look"
    assert bench.files()["alibaba.atom"] == atom


async def test_it_comes_after_the_configured_delay_or_never(bench: Bench, rss: Rss) -> None:
    bench.settings = '[articles]\nreread = "90m"\n'
    await read(bench, rss, FULL)
    await again(bench, timedelta(minutes=89))
    assert bench.web.hits("/1") == 1
    await again(bench, timedelta(minutes=1))
    assert bench.web.hits("/1") == 2


async def test_nothing_is_asked_twice_where_that_is_off(bench: Bench, rss: Rss) -> None:
    bench.settings = '[articles]\nreread = "0s"\n'
    await read(bench, rss, STUB)
    assert await due(bench) == 0
    await again(bench, 48 * HOUR)
    assert bench.web.hits("/1") == 1


async def test_a_page_that_has_not_changed_costs_nothing(bench: Bench, rss: Rss) -> None:
    await read(bench, rss, FULL, etag='"v1"', last_modified="Sat, 14 Mar 2026 08:00:00 GMT")
    files = bench.files()
    item = await again(bench)
    last = [seen for seen in bench.web.log if seen.path == "/1"][-1]
    assert (last.status, last.headers["if-none-match"]) == (304, '"v1"')
    assert last.headers["if-modified-since"] == "Sat, 14 Mar 2026 08:00:00 GMT"
    assert item["history"]["reread_note"] == "not modified"
    assert item["history"]["change_note"] is None
    assert bench.files() == files


async def test_a_page_read_anew_a_restart_an_edited_topic_and_a_day_of_polls_change_no_byte(
    bench: Bench, rss: Rss
) -> None:
    await read(bench, rss, FULL)
    folder = bench.running.parts.config.publish.folder
    await publish_all(bench.running.parts)
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    # Other markup, the same text: it is fetched, extracted and analysed once more.
    bench.web.put("/1", FULL.replace("<p>", '<p class="new">') + "<!-- moved to another server -->")
    item = await again(bench)
    assert bench.web.hits("/1") == 2
    assert item["history"]["reread_note"] == "unchanged"
    await bench.stop()
    bench.topic = bench.topic.replace('"alibaba"', '"alibaba OR taobao"')
    await bench.start()
    for _hour in range(24):
        bench.clock.advance(HOUR)
        await bench.poll()
        await publish_all(bench.running.parts)
    after = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    assert after == before


async def test_a_page_that_arrives_byte_for_byte_the_same_is_not_read_again(
    bench: Bench, rss: Rss, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read(bench, rss, FULL)
    workers = bench.running.parts.workers

    async def refuse(*_arguments: object) -> None:
        raise AssertionError("a worker was asked")

    monkeypatch.setattr(workers, "_run", refuse)
    bench.web.put("/feed.xml", b"", status=304)
    item = await again(bench, 6 * HOUR)
    assert bench.web.hits("/1") == 2
    assert item["history"]["reread_note"] == "unchanged"


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            lambda text: text.replace(
                "<p>The market", "<p>Updated 5 min ago</p><p>12 comments</p><p>The market"
            ),
            "unch",
        ),
        (lambda text: text.replace("inquiry", "enquiry"), "1 of "),
    ],
)
async def test_readers_are_not_told_of_noise_and_slips(
    bench: Bench, rss: Rss, change: Callable[[str], str], note: str
) -> None:
    await read(bench, rss, LONGER)
    before = bench.files()["alibaba.atom"]
    bench.web.put("/1", change(LONGER))
    item = await again(bench)
    assert item["history"]["reread_note"].startswith(note)
    assert item["history"]["changed_at"] is None
    after = bench.files()["alibaba.atom"]
    assert re.findall(b"<updated>[^<]*", after) == re.findall(b"<updated>[^<]*", before)
    assert ("enquiry" in item["text"]) == (b"enquiry" in after) == (note == "1 of ")


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        (Answer(200, HTML, CONSENT.encode()), "consent"),
        (Answer(200, HTML, STUB.encode()), "stands"),
        (Answer(200, HTML, page("404 Not Found", "<p>The page does not exist.</p>").encode()), "error-page"),
        (Answer(200, HTML, b"<html><body></body></html>"), "no article"),
        (Answer(200, (("Content-Type", "application/pdf"),), b"%PDF-1.7"), "application/pdf"),
        (Answer(404), "404"),
        (Answer(410), "410"),
        (Answer(403), "403"),
    ],
)
async def test_a_page_that_became_worse_takes_nothing_away(
    bench: Bench, rss: Rss, worse: Answer, why: str
) -> None:
    before = await read(bench, rss, LONGER)
    files = bench.files()
    bench.web.queue("/1", worse)
    item = await again(bench)
    assert (item["text"], item["quality"]) == (before["text"], before["quality"])
    note = item["history"]["reread_note"]
    assert why in note, note
    assert "stands" in note
    assert item["history"]["changed_at"] is None
    assert bench.files() == files
    assert await due(bench) == 0


async def test_a_server_in_trouble_is_asked_a_few_times(bench: Bench, rss: Rss) -> None:
    await read(bench, rss, STUB)
    bench.web.put("/1", b"", status=503)
    await again(bench)
    assert (bench.web.hits("/1"), await due(bench)) == (2, 1)
    for span in (1, 4, 60, 600):
        await again(bench, timedelta(minutes=span))
    assert (bench.web.hits("/1"), await due(bench)) == (4, 0)


async def test_a_failed_page_gets_its_second_chance(bench: Bench, rss: Rss) -> None:
    bench.web.queue("/1", Answer(404))
    item = await read(bench, rss, FULL)
    assert item["text"] == "The fine is large."
    item = await again(bench)
    assert "sell nowhere else" in item["text"]
    assert item["history"]["change_note"].startswith("text grew from 4 to ")


@pytest.mark.parametrize(
    ("answer", "robots"),
    [
        (Answer(200, (("Content-Type", "video/mp4"),), b"\0"), ""),
        (Answer(410), ""),
        (Answer(200), "User-agent: *\nDisallow: /1\n"),
    ],
)
async def test_what_can_never_be_read_is_not_asked_for_again(
    bench: Bench, rss: Rss, answer: Answer, robots: str
) -> None:
    bench.web.put("/robots.txt", robots, "text/plain")
    bench.web.queue("/1", answer)
    await read(bench, rss, FULL)
    assert await due(bench) == 0


async def test_backlog_and_entries_without_a_page_have_no_second_look(bench: Bench, rss: Rss) -> None:
    bench.settings = "[poll]\nfirst_items = 1\n"
    base = bench.web.url("")
    rows = rss((1, "Alibaba one", "x"), (2, "Alibaba two", "y"), (3, "Alibaba three", "z"), base=base)
    bench.web.put("/feed.xml", rows, RSS)
    for number in (1, 2, 3):
        bench.web.put(f"/{number}", FULL)
    await bench.start()
    await bench.poll()
    assert await due(bench) == 1


async def test_a_text_that_comes_to_its_topic_late_is_published_then(bench: Bench, rss: Rss) -> None:
    stub = page("A record fine", "<p>The market regulator fined a company on Monday, it said. More soon.</p>")
    bench.web.put("/feed.xml", rss((1, "A record fine", "A fine."), base=bench.web.url("")), RSS)
    bench.web.put("/1", stub)
    await bench.start()
    await bench.poll()
    assert await bench.feed() == []
    bench.web.put("/1", page("A record fine"))
    await again(bench)
    assert [title for _id, title, _carriers in await bench.feed()] == ["A record fine"]
    assert b"text grew" not in bench.files()["alibaba.atom"], "its readers never saw the stub"


async def test_a_text_that_leaves_its_topic_keeps_its_entry(bench: Bench, rss: Rss) -> None:
    await read(bench, rss, page("A record fine", BODY), title="A record fine")
    before = await bench.feed()
    bench.web.put("/1", page("A record fine", BODY.replace("Alibaba", "the company")))
    item = await again(bench)
    assert "Alibaba" not in item["text"]
    assert await bench.feed() == before


async def test_a_completed_stub_is_found_to_be_a_copy(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.source += f'[[source]]\nurl = "{base}/other.xml"\nid = "other"\ntitle = "Other"\n'
    bench.web.put("/feed.xml", rss((1, "Regulator fined Alibaba", "x"), base=base), RSS)
    bench.web.put("/1", page("Regulator fined Alibaba"))
    bench.web.put("/other.xml", rss((2, "Merchants told the regulator", "y"), base=base), RSS)
    bench.web.put(
        "/2",
        page("Merchants told the regulator", "<p>More soon, said the paper on its own account.</p>"),
    )
    await bench.start()
    await bench.run()
    assert [item["copy_of"] for item in await bench.items()] == [None, None]
    bench.web.put("/2", page("Merchants told the regulator"))
    bench.clock.advance(6 * HOUR)
    await bench.run()
    found = {item["title"]: item for item in await bench.items()}
    assert len({item["copy_of"] for item in found.values()} - {None}) == 1, "one copies the other"
    assert found["Merchants told the regulator"]["story"] == found["Regulator fined Alibaba"]["story"]
    ((_id, title, carriers),) = await bench.feed()
    assert (title, carriers) == ("Regulator fined Alibaba", ("Other",))


async def test_an_edit_of_the_entry_meanwhile_is_not_lost(bench: Bench, rss: Rss) -> None:
    """The second look waits until what was edited is decided."""
    await read(bench, rss, STUB)
    bench.web.put("/1", FULL)
    bench.web.put("/feed.xml", rss((1, "Alibaba fined again", "The fine."), base=bench.web.url("")), RSS)
    bench.clock.advance(6 * HOUR)
    await poll_alone(bench)
    assert sum((await bench.running.parts.gate.read(items.unfinished)).values()) == 1
    await bench.run()
    item = await again(bench, timedelta(minutes=2))
    assert "sell nowhere else" in item["text"]
    assert (item["title"], item["stage"]) == ("Alibaba fined again", "done")


async def test_what_a_killed_daemon_was_looking_at_is_looked_at_by_the_next(bench: Bench, rss: Rss) -> None:
    await read(bench, rss, STUB)
    bench.web.put("/1", FULL)
    bench.clock.advance(6 * HOUR)
    gate = bench.running.parts.gate
    assert await gate.write(rereads.claim, now=bench.clock.now(), lease=HOUR, limit=9)
    await bench.stop()
    await bench.start()
    await bench.run()
    (item,) = await bench.items()
    assert "sell nowhere else" in item["text"]
    assert bench.web.hits("/1") == 2


async def test_new_pages_go_first(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    old, new = range(1, 6), range(6, 11)
    bench.web.put("/feed.xml", rss(*((n, f"Alibaba {n}", "x") for n in old), base=base), RSS)
    for number in (*old, *new):
        bench.web.put(f"/{number}", page(f"Alibaba {number}", BODY.replace("Monday", f"day {number}")))
    await bench.start()
    await bench.run()
    bench.web.put("/feed.xml", rss(*((n, f"Alibaba {n}", "x") for n in new), base=base), RSS)
    bench.clock.advance(6 * HOUR)
    await poll_alone(bench)
    mark = len(bench.web.log)
    await bench.run()
    order = [int(seen.path[1:]) for seen in bench.web.log[mark:] if seen.path[1:].isdigit()]
    assert sorted(order) == sorted((*old, *new))
    assert set(order[:5]) == set(new), order


async def test_a_removed_source_has_no_second_look(bench: Bench, rss: Rss) -> None:
    await read(bench, rss, STUB)
    await bench.stop()
    bench.source = bench.source.replace('"press"', '"other"').replace("/feed.xml", "/other.xml")
    await bench.start()
    bench.clock.advance(6 * HOUR)
    await bench.run()
    assert bench.web.hits("/1") == 1
    assert await due(bench) == 0


async def test_what_was_learnt_of_a_site_meanwhile_is_no_news(bench: Bench, rss: Rss) -> None:
    """The first pages were stored with a box that all pages have: leaving it out is our own doing."""
    base = bench.web.url("")
    await bench.start()
    for number in range(1, 13):
        bench.web.put(f"/{number}", repeating(number))
        bench.web.put("/feed.xml", rss((number, f"Report {number}", "Read on."), base=base), RSS)
        bench.clock.advance(timedelta(minutes=1))
        await bench.poll()
    before = {item["title"]: item["text"] for item in await bench.items()}
    assert BOX[0] in before["Report 1"]
    for number in range(1, 13):
        bench.web.put(f"/{number}", repeating(number) + "<!-- served by another machine -->")
    bench.clock.advance(6 * HOUR)
    await bench.run()
    found = {item["title"]: item for item in await bench.items()}
    assert BOX[0] not in found["Report 1"]["text"]
    assert "left out" in found["Report 1"]["history"]["reread_note"]
    assert {item["history"]["changed_at"] for item in found.values()} == {None}
