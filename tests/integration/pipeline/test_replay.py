"""Twenty versions of one feed, as real ones change: every entry is stored once, none overwrites another."""

import random
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.integration.pipeline.conftest import Bench

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
VERSIONS = 20
WINDOW = 12  # entries of a document
FRESH = 4  # of them new in each version


def element(number: int, version: int, start: datetime, chance: random.Random) -> str:
    """Write one entry as this version of the feed shows it."""
    kind = number % 6
    link = f"https://press.example/a/{number}"
    guid = f"<guid isPermaLink='false'>urn:press:{number}</guid>"
    title = f"Alibaba report {number}"
    if kind == 1:  # links with a session and a campaign that differ each time
        link += f"?utm_source=rss&amp;PHPSESSID={chance.getrandbits(64):x}"
    elif kind == 2:  # ids that differ each time, the same link and title
        guid = f"<guid isPermaLink='false'>{chance.getrandbits(64):x}</guid>"
    elif kind == 3:  # no id
        guid = ""
    elif kind == 4:  # an empty id
        guid = "<guid></guid>"
    elif kind == 5 and version % 3 == 0:  # corrected now and then
        title += " (corrected)"
    date = format_datetime(start + timedelta(minutes=number), usegmt=True)
    return (
        f"<item><title>{title}</title><link>{link}</link>{guid}<pubDate>{date}</pubDate>"
        f"<description>Text {number}</description></item>"
    )


def document(version: int, start: datetime, chance: random.Random) -> tuple[str, range]:
    """Write a version: a window that slides, sometimes back, in any order, with one entry twice."""
    newest = WINDOW + FRESH * (version - 2 if version % 7 == 6 else version)
    numbers = range(newest - WINDOW, newest)
    shown = [*numbers, numbers[3]]
    if version % 2:
        chance.shuffle(shown)
    items = "".join(element(number, version, start, chance) for number in shown)
    body = (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>Presse</title>"
        f"<link>https://press.example/</link><description>d</description>{items}</channel></rss>"
    )
    return body, numbers


async def test_twenty_versions_store_every_entry_once(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = false\n"
    chance = random.Random(7)
    start = bench.clock.now() - timedelta(days=1)
    seen: set[int] = set()
    await bench.start()
    for version in range(VERSIONS):
        body, numbers = document(version, start, chance)
        seen |= set(numbers)
        bench.web.put("/feed.xml", body, RSS)
        await bench.poll()
        bench.clock.advance(timedelta(hours=1))
    stored = sorted(item["title"].split()[2] for item in await bench.items())
    twice = {number for number in stored if stored.count(number) > 1}
    assert not twice
    assert stored == sorted(map(str, seen))
    assert len(stored) == WINDOW + FRESH * (VERSIONS - 1)


async def test_two_sources_with_the_same_ids_keep_their_own_items(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = false\n"
    bench.source = "".join(
        f'[[source]]\nurl = "{bench.web.url(f"/{name}.xml")}"\nid = "{name}"\n' for name in ("good", "evil")
    )
    for name in ("good", "evil"):
        bench.web.put(
            f"/{name}.xml",
            "<rss version='2.0'><channel><title>t</title><item><guid>1</guid><link>https://good.example/1</link>"
            f"<title>Alibaba by {name}</title></item></channel></rss>",
            RSS,
        )
    await bench.start()
    await bench.run()
    titles = {item["source"]: item["title"] for item in await bench.items()}
    assert titles == {"good": "Alibaba by good", "evil": "Alibaba by evil"}
