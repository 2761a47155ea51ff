"""Articles on several pages, followed by the rule of their site: bounded, polite, honest."""

from pathlib import Path
from typing import Any

import pytest

from aggregator.pipeline import pages
from tests.integration.pipeline.conftest import Bench
from tests.integration.pipeline.test_articles import RSS, Rss
from tests.support.web import Answer, ScriptedWeb

pytestmark = pytest.mark.slow

RULE = '[[site]]\nhost = "127.0.0.1"\nbody = "article"\nnext_page = "a.next"\n'
HTML = (("Content-Type", "text/html"),)
_FILLER = "and the authority said again that Alibaba would have to answer its questions before the summer, "


def part(number: int, following: str | None, words: str = "") -> str:
    """Return a page whose only paragraph names its number."""
    text = f"Part {number} begins here, {_FILLER * 3}as part {number} ends.{words}"
    link = f'<a class="next" href="{following}">on</a>' if following else ""
    return (
        f"<html><head><title>A case</title></head><body><article><p>{text}</p></article>{link}</body></html>"
    )


async def read(
    bench: Bench, rss: Rss, tmp_path: Path, rule: str = RULE, title: str = "A case"
) -> dict[str, Any]:
    """Poll a feed whose only entry leads to /1; return the item."""
    (tmp_path / "config/sites.d").mkdir(parents=True)
    (tmp_path / "config/sites.d/x.toml").write_text(rule)
    bench.web.put("/feed.xml", rss((1, title, "Read on."), base=bench.web.url("")), RSS)
    await bench.start()
    await bench.poll()
    (item,) = await bench.items()
    return item


def numbers(item: dict[str, Any]) -> list[int]:
    """Return which pages the text was made of."""
    return [int(text.split()[1]) for text in str(item["text"]).split("\n\n")]


async def test_pages_are_joined_in_order(bench: Bench, rss: Rss, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        bench.web.put(f"/{number}", part(number, f"/{number + 1}#text" if number < 3 else None))
    item = await read(bench, rss, tmp_path)
    assert numbers(item) == [1, 2, 3]
    assert item["quality"] == "full"
    assert "3 pages were joined" in item["evidence"]
    assert bench.web.hits("/robots.txt") == 1


async def test_nothing_is_followed_from_a_page_that_is_no_article(
    bench: Bench, rss: Rss, tmp_path: Path
) -> None:
    bench.web.put("/1", part(1, "/2"))
    bench.web.put("/2", part(2, None))
    item = await read(bench, rss, tmp_path, title="Baker wins prize")
    assert item["quality"] == "error-page", item["evidence"]
    assert bench.web.hits("/2") == 0


async def test_the_first_of_two_pages_is_whole_with_the_second(
    bench: Bench, rss: Rss, tmp_path: Path
) -> None:
    bench.web.put("/1", part(1, "/2").replace("<article>", "<div>Page 1 of 2</div><article>"))
    bench.web.put("/2", part(2, None).replace("A case", "Something else"))
    item = await read(bench, rss, tmp_path, title="A case before court")
    assert numbers(item) == [1, 2]
    assert item["quality"] == "full", item["evidence"]


async def test_ten_pages_are_enough(bench: Bench, rss: Rss, tmp_path: Path) -> None:
    for number in range(1, 14):
        bench.web.put(f"/{number}", part(number, f"/{number + 1}"))
    item = await read(bench, rss, tmp_path)
    assert numbers(item) == list(range(1, pages.MAX_PAGES + 1))
    assert item["quality"] == "partial"
    assert bench.web.hits("/11") == 0


@pytest.mark.parametrize("back", ["/1", "/2", "/1#again", "/again"])
async def test_pages_that_go_round_end(bench: Bench, rss: Rss, tmp_path: Path, back: str) -> None:
    bench.web.put("/1", part(1, "/2"))
    bench.web.put("/2", part(2, back))
    bench.web.redirect("/again", bench.web.url("/1"))
    item = await read(bench, rss, tmp_path)
    assert numbers(item) == [1, 2]
    assert item["quality"] == "full"
    # A redirect is followed before it can be known.
    assert (bench.web.hits("/1"), bench.web.hits("/2")) == (2 if back == "/again" else 1, 1)


async def test_a_server_that_gives_one_page_for_all_is_noticed(
    bench: Bench, rss: Rss, tmp_path: Path
) -> None:
    bench.web.put("/1", part(1, "/1?page=2"))
    bench.web.put("/1?page=2", part(1, "/1?page=3"))
    item = await read(bench, rss, tmp_path)
    assert numbers(item) == [1]
    assert item["quality"] == "full"
    assert bench.web.hits("/1") == 2


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(503), "503"),
        (Answer(200, (("Content-Type", "application/pdf"),), b"%PDF-1.7"), "application/pdf"),
        (Answer(200, HTML, b"<html><body></body></html>"), "no text"),
        (Answer(200, HTML, part(4, None).replace("A case", "404 Not Found").encode()), "error-page"),
        (Answer(close=True, raw=b"nonsense"), "page 3"),
    ],
)
async def test_a_page_that_fails_leaves_what_was_read(
    bench: Bench, rss: Rss, tmp_path: Path, answer: Answer, why: str
) -> None:
    bench.web.put("/1", part(1, "/2"))
    bench.web.put("/2", part(2, "/3"))
    bench.web.queue("/3", answer, answer)
    item = await read(bench, rss, tmp_path)
    assert numbers(item) == [1, 2]
    assert item["quality"] == "partial"
    assert any("page 3" in line and why in line for line in item["evidence"]), item["evidence"]


@pytest.mark.parametrize("is_redirected", [False, True])
async def test_another_site_is_not_asked(
    bench: Bench, rss: Rss, tmp_path: Path, *, is_redirected: bool
) -> None:
    with ScriptedWeb("127.0.0.2") as other:
        other.put("/2", part(2, None))
        bench.web.put("/1", part(1, "/go" if is_redirected else other.url("/2")))
        bench.web.redirect("/go", other.url("/2"))
        item = await read(bench, rss, tmp_path)
        assert other.hits() == 0
    assert numbers(item) == [1]
    assert item["quality"] == "partial"
    assert "page 2 is missing: it is on another site" in item["evidence"]


async def test_robots_are_asked_for_each_page(bench: Bench, rss: Rss, tmp_path: Path) -> None:
    bench.web.put("/robots.txt", "User-agent: *\nDisallow: /2\n", "text/plain")
    bench.web.put("/1", part(1, "/2"))
    bench.web.put("/2", part(2, None))
    item = await read(bench, rss, tmp_path)
    assert bench.web.hits("/2") == 0
    assert numbers(item) == [1]
    assert any("robots.txt" in line for line in item["evidence"])


async def test_a_rule_that_burns_all_its_time_costs_one_page(bench: Bench, rss: Rss, tmp_path: Path) -> None:
    bench.settings = 'page_cpu = "1s"\n'
    bench.web.put("/1", part(1, None, "<b>x</b>" * 3000))
    item = await read(bench, rss, tmp_path, f'{RULE}strip = "//*[count(//*[count(//*) > 9]) > 9]"\n')
    assert item["text"] == "Read on."
    assert item["quality"] == "failed"
    assert any("CPU" in line or "stopped" in line for line in item["evidence"]), item["evidence"]


async def test_the_rule_is_the_one_of_the_site_where_a_redirect_leads(
    bench: Bench, rss: Rss, tmp_path: Path
) -> None:
    with ScriptedWeb("127.0.0.2") as other:
        other.put("/real", part(1, "/two", " <b>Stripped.</b>"))
        other.put("/two", part(2, None))
        bench.web.redirect("/1", other.url("/real"))
        rule = f'{RULE.replace("127.0.0.1", "127.0.0.2")}strip = "b"\nuser_agent = "There/1"\n'
        here = '[[site]]\nhost = "127.0.0.1"\nuser_agent = "Here/1"\nbody = "nothing"\n'
        item = await read(bench, rss, tmp_path, rule + here)
        agents = {seen.path: seen.headers["user-agent"] for seen in (*bench.web.log, *other.log)}
    assert numbers(item) == [1, 2]
    assert "Stripped" not in str(item["text"])
    assert (agents["/1"], agents["/two"]) == ("Here/1", "There/1")
