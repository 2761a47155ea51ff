"""Boxes that the pages of a site repeat in the middle of their columns: learnt, then gone."""

import random
from datetime import timedelta

import pytest

from aggregator.pipeline import looking
from tests.integration.pipeline.conftest import Bench
from tests.integration.pipeline.test_articles import RSS, Rss

pytestmark = pytest.mark.slow

WORDS = (
    *("harbour", "council", "winter", "budget", "teacher", "railway", "festival", "orchard", "hospital"),
    *("ministry", "library", "engine", "valley", "merchant", "glacier", "theatre", "bakery", "lawyer"),
)
BOX = (
    "Lake ferry runs again after eleven months of repairs",
    "School dinners: parents ask for more vegetables and less noise",
    "Who pays for the new bridge, and who may cross it",
)
LEARNT = 3  # pages after which the box is known
COUNT = 30


def paragraphs(number: int) -> list[str]:
    chance = random.Random(number)
    return [
        f"Alibaba report {number}: {' '.join(chance.choices(WORDS, k=24))}, officials said on day {line}."
        for line in range(4)
    ]


def page(number: int) -> str:
    """Return an article round a box without a link, a heading or a name."""
    own = paragraphs(number)
    box = "".join(f"<p>{line}</p>" for line in BOX)
    text = "".join(f"<p>{line}</p>" for line in own[:2]) + box + "".join(f"<p>{line}</p>" for line in own[2:])
    return (
        f"<!DOCTYPE html><html lang=en><head><title>Report {number}</title></head><body>"
        f"<article><h1>Report {number}</h1>{text}</article></body></html>"
    )


async def test_a_box_in_the_column_is_gone_once_it_was_seen_often_enough(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    await bench.start()
    for number in range(1, COUNT + 1):
        bench.web.put(f"/{number}", page(number))
        bench.web.put("/feed.xml", rss((number, f"Report {number}", "Read on."), base=base), RSS)
        bench.clock.advance(timedelta(minutes=10))
        await bench.poll()
    found = {item["title"]: item for item in await bench.items()}
    assert len(found) == COUNT
    for number in range(1, COUNT + 1):
        item = found[f"Report {number}"]
        lines = item["text"].split("\n\n")
        assert [line for line in lines if line not in BOX] == paragraphs(number), "its own words stay"
        assert any(line in BOX for line in lines) is (number <= LEARNT), (number, lines)
        assert (BOX[0] in item["content_html"]) is (number <= LEARNT)
    looked = await looking.look(bench.running.parts, f"{base}/{COUNT}")
    assert isinstance(looked, looking.Look)
    others = COUNT - 1  # not the page itself
    expected = f"blocks left out that stand on up to {others} of {others} other pages of the site: 3"
    assert expected in looked.article.evidence
    reasons = {block.text: block.reason for block in looked.pages.parts[0].blocks}
    assert {reasons[line] for line in BOX} == {"recurring"}


async def test_a_wire_report_at_many_addresses_and_a_page_read_again_stay_whole(
    bench: Bench, rss: Rss
) -> None:
    base = bench.web.url("")
    await bench.start()
    for number in range(1, 9):
        text = page(77).replace("Report 77", f"Report {number}")
        bench.web.put(f"/{number}", text)
        bench.web.put("/feed.xml", rss((number, f"Report {number}", "Read on."), base=base), RSS)
        bench.clock.advance(timedelta(minutes=10))
        await bench.poll()
    for item in await bench.items():
        lines = item["text"].split("\n\n")
        assert all(line in lines for line in (*paragraphs(77), *BOX)), lines
