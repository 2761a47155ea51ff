"""The feed about the daemon: each kind of thing is told once, ends, and leaves every byte alone meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from aggregator.model import Configured, FailureKind, NoticeKind, SourceState
from aggregator.pipeline import ops, queries
from aggregator.store import Connection, notices, schema, sources
from aggregator.store.states import Change
from tests.integration.pipeline.conftest import Bench
from tests.support.daemon import read_atom

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def told(bench: Bench) -> list[tuple[NoticeKind, str, bool]]:
    """Return what was told, oldest first: kind, subject, and whether it is over."""
    found = await bench.running.parts.gate.read(notices.latest, 100)
    return [
        (each.condition.kind, each.condition.subject, each.closed_at is not None) for each in reversed(found)
    ]


async def change(bench: Bench, **values: Any) -> SourceState:
    """Give the only source another past."""
    before = await bench.state()
    after = replace(before, **values)
    await bench.running.parts.gate.write(sources.save, (Change(before, after, "127.0.0.1"),))
    return after


async def look(bench: Bench, *, hours: float = 0.1) -> tuple[str, ...]:
    bench.clock.advance(hours * HOUR)
    return await ops.look(bench.running.parts)


async def status(bench: Bench) -> dict[str, Any]:
    parts = bench.running.parts
    return await parts.gate.read(queries.status, parts.config, bench.clock.now())


def daily(last: datetime, count: int = 20) -> tuple[datetime, ...]:
    return tuple(last - number * DAY for number in range(count))


Past = Callable[[datetime], dict[str, Any]]
PASTS: dict[NoticeKind, Past] = {
    NoticeKind.DIED: lambda now: {
        "failures": 9,
        "last_success_at": now - 4 * DAY,
        "last_error": "connection refused",
        "last_error_kind": FailureKind.CONNECT,
        "last_error_at": now,
    },
    NoticeKind.QUIET: lambda now: {"last_success_at": now, "arrivals": daily(now - 9 * DAY)},
    NoticeKind.HOLE: lambda now: {"last_success_at": now, "holes": 1, "hole_at": now},
    NoticeKind.MOVED: lambda now: {"last_success_at": now, "moved_url": "https://new.example/feed"},
}
WELL = {"failures": 0, "arrivals": (), "hole_at": None, "moved_url": None}


@pytest.mark.parametrize("kind", PASTS)
async def test_what_happens_to_a_source_is_told_once(bench: Bench, kind: NoticeKind) -> None:
    await bench.start()
    assert set(await look(bench)) == {"ops.atom", "ops.rss", "ops.json"}
    await change(bench, **PASTS[kind](bench.clock.now()))
    assert "ops.atom" in await look(bench)
    assert await told(bench) == [(kind, "press", False)]
    before = bench.files()
    for _ in range(5):
        assert await look(bench, hours=4) == ()
    assert bench.files() == before
    (held,) = (await status(bench))["notices"]
    assert (held["kind"], held["subject"]) == (kind.value, "press")
    (entry,) = read_atom(before["ops.atom"])
    assert "Presse" in entry.title
    assert entry.id.startswith("tag:")

    await change(bench, **WELL, last_success_at=bench.clock.now())
    assert "ops.atom" in await look(bench)
    again = [(NoticeKind.RECOVERED, "press", True)] if kind is NoticeKind.DIED else []
    assert await told(bench) == [(kind, "press", True), *again]
    assert (await status(bench))["notices"] == []
    ids = [each.id for each in read_atom(bench.files()["ops.atom"])]
    assert ids[-1] == entry.id
    assert await look(bench) == ()


@pytest.mark.parametrize("edit", ["enabled = false", 'auth = "me:password9"'])
async def test_a_source_that_is_paused_or_edited_does_not_answer_again_for_that(
    bench: Bench, edit: str
) -> None:
    await bench.start()
    await change(bench, **PASTS[NoticeKind.DIED](bench.clock.now()))
    await look(bench)
    await bench.stop()
    bench.source += f"{edit}\n"
    await bench.start()
    await look(bench)
    assert await told(bench) == [(NoticeKind.DIED, "press", True)]


async def test_a_restart_tells_nothing_again(bench: Bench) -> None:
    await bench.start()
    await change(bench, **PASTS[NoticeKind.DIED](bench.clock.now()))
    await look(bench)
    before = bench.files()
    await bench.stop()
    await bench.start()
    assert await look(bench) == ()
    assert bench.files() == before


async def test_what_comes_and_goes_is_told_once_a_day(bench: Bench) -> None:
    await bench.start()
    for _ in range(8):
        await change(bench, **PASTS[NoticeKind.DIED](bench.clock.now()))
        await look(bench, hours=1)
        await change(bench, **WELL, last_success_at=bench.clock.now())
        await look(bench, hours=1)
    died = [each for each in await told(bench) if each[0] is NoticeKind.DIED]
    assert len(died) == 1
    await change(bench, **PASTS[NoticeKind.DIED](bench.clock.now()))
    await look(bench, hours=12)
    assert len([each for each in await told(bench) if each[0] is NoticeKind.DIED]) == 2


async def test_while_we_are_offline_no_source_is_blamed(bench: Bench) -> None:
    await bench.start()
    await change(bench, **PASTS[NoticeKind.DIED](bench.clock.now()))
    for number in range(6):
        bench.running.parts.connectivity.missed(f"{number}.example", "press", bench.clock.now())
    assert bench.running.parts.connectivity.is_offline
    await look(bench)
    assert await told(bench) == []


async def test_a_flood_is_told_once(bench: Bench, rss: Callable[..., str]) -> None:
    bench.settings = "[articles]\nfull_text = false\n"
    bench.web.put("/feed.xml", rss(*((number, f"Story {number}", "text") for number in range(3))))
    await bench.start()
    await bench.poll()
    bench.clock.advance(3 * DAY)
    bench.web.put("/feed.xml", rss(*((number, f"Story {number}", "text") for number in range(10, 260))))
    await bench.poll()
    await look(bench)
    floods = [each for each in await told(bench) if each[0] is NoticeKind.FLOOD]
    assert floods == [(NoticeKind.FLOOD, "press", False)]
    await look(bench)
    assert [each for each in await told(bench) if each[0] is NoticeKind.FLOOD] == floods
    await look(bench, hours=25)
    assert [each for each in await told(bench) if each[0] is NoticeKind.FLOOD] == [
        (NoticeKind.FLOOD, "press", True)
    ]


async def test_a_topic_that_falls_silent_is_told_once(bench: Bench, rss: Callable[..., str]) -> None:
    bench.settings = "[articles]\nfull_text = false\n"
    bench.web.put("/feed.xml", rss(*((number, f"Alibaba {number}", "Alibaba") for number in range(6))))
    bench.topic = 'title = "Alibaba"\nquery = "alibaba"\ncollapse = "none"\n[score]\nthreshold = 0\n'
    await bench.start()
    await bench.poll()
    await look(bench)

    def spread(connection: Connection, now: datetime) -> None:
        p = schema.publications
        for number in range(1, 7):
            at = now - (6 - number) * DAY
            connection.execute(update(p).where(p.c.seq == number).values(first_published_at=at))

    await bench.running.parts.gate.write(spread, bench.clock.now())
    await look(bench, hours=48)
    assert NoticeKind.TOPIC_SILENT not in {each[0] for each in await told(bench)}
    for _ in range(3):
        await look(bench, hours=24 * 4)
    silent = [each for each in await told(bench) if each[0] is NoticeKind.TOPIC_SILENT]
    assert silent == [(NoticeKind.TOPIC_SILENT, "alibaba", False)]


async def test_a_refused_configuration_is_told_and_so_is_its_end(bench: Bench) -> None:
    await bench.start()
    parts = bench.running.parts
    fine = Configured(bench.clock.now())
    first = replace(fine, refused_at=fine.loaded_at, problems=('news.toml:2: unknown key "quary"',))
    await ops.tell_refusal(parts, first)
    before = bench.files()
    await ops.tell_refusal(parts, first)
    assert bench.files() == before
    assert "quary" in before["ops.atom"].decode()
    await look(bench)  # which was told nothing of configurations, and leaves them alone
    assert await told(bench) == [(NoticeKind.CONFIG, "", False)]
    await ops.tell_refusal(parts, fine)
    assert await told(bench) == [(NoticeKind.CONFIG, "", True), (NoticeKind.RECOVERED, "", True)]
    await ops.tell_refusal(parts, fine)
    assert len(await told(bench)) == 2


async def test_who_is_at_work_on_a_configuration_is_not_told_of_each_save(bench: Bench) -> None:
    await bench.start()
    parts = bench.running.parts
    fine = Configured(bench.clock.now())
    for number in range(20):
        await ops.tell_refusal(
            parts, replace(fine, refused_at=fine.loaded_at, problems=(f"news.toml:{number}",))
        )
        bench.clock.advance(timedelta(seconds=10))
    assert await told(bench) == [(NoticeKind.CONFIG, "", True)]
    last = replace(fine, refused_at=fine.loaded_at, problems=("news.toml:19",))
    bench.clock.advance(timedelta(minutes=10))
    await ops.look(parts, last)
    assert await told(bench) == [(NoticeKind.CONFIG, "", True), (NoticeKind.CONFIG, "", False)]


async def test_no_secret_is_told(bench: Bench) -> None:
    bench.source = bench.source.replace("feed.xml", "feed.xml?token=sesame-street")
    await bench.start()
    await change(bench, **PASTS[NoticeKind.MOVED](bench.clock.now()))
    await change(bench, moved_url="https://new.example/feed?token=sesame-street")
    await look(bench)
    feed = bench.files()["ops.atom"].decode()
    assert "new.example" in feed
    assert "sesame" not in feed


async def test_old_notices_are_forgotten(bench: Bench) -> None:
    await bench.start()
    await change(bench, **PASTS[NoticeKind.DIED](bench.clock.now()))
    await look(bench)
    await change(bench, **WELL, last_success_at=bench.clock.now())
    await look(bench)
    assert len(await told(bench)) == 2
    await look(bench, hours=24 * 200)
    assert await told(bench) == []
