"""How a source's document is found: behind a page, at a usual path, in the sitemaps of an index."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.model import FailureKind, Outcome
from tests.integration.pipeline.conftest import Bench
from tests.support.web import Answer

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
XML = "application/xml"
PAGE = "<!DOCTYPE html><html><head><title>Home</title>{}</head><body><p>Hello</p></body></html>"
LINK = '<link rel="alternate" type="application/rss+xml" href="{}" title="{}">'
Rss = Callable[..., str]


@pytest.fixture(autouse=True)
def feed_only(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = false\n"
    bench.source = f'[[source]]\nurl = "{bench.web.url("/")}"\nid = "press"\n'


def sitemap(bench: Bench, *names: str) -> str:
    day = bench.clock.now().strftime("%Y-%m-%d")
    urls = "".join(
        f"<url><loc>{bench.web.url(f'/{name}')}</loc><news:news><news:publication><news:name>Presse</news:name>"
        f"<news:language>fr</news:language></news:publication><news:publication_date>{day}</news:publication_date>"
        f"<news:title>Alibaba {name}</news:title></news:news></url>"
        for name in names
    )
    return (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    )


def index(bench: Bench, *names: str) -> str:
    parts = "".join(f"<sitemap><loc>{bench.web.url(name)}</loc></sitemap>" for name in names)
    return (
        '<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"{parts}</sitemapindex>"
    )


async def test_a_page_without_link_elements_is_found_at_a_usual_path(bench: Bench, rss: Rss) -> None:
    bench.web.put("/", PAGE.format(""))
    bench.web.put("/feed", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    report = await bench.poll()
    assert (report.new_items, (await bench.state()).feed_url) == (1, bench.web.url("/feed"))


async def test_usual_paths_are_not_asked_for_ever(bench: Bench) -> None:
    bench.web.put("/", PAGE.format(""))
    await bench.start()
    counts = []
    for _poll in range(6):
        report = await bench.poll()
        assert report.failure is not None
        assert report.failure.kind is FailureKind.NOT_A_FEED
        counts.append(bench.web.hits())
        bench.clock.advance(timedelta(days=8))
    asked = [later - earlier for earlier, later in zip([0, *counts], counts, strict=False)]
    assert asked[0] > 3
    assert asked[-1] == 1


async def test_of_several_feeds_the_others_are_named(bench: Bench, rss: Rss) -> None:
    links = LINK.format("/a.xml", "Main") + LINK.format("/b.xml", "Sport")
    bench.web.put("/", PAGE.format(links))
    bench.web.put("/a.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    state = await bench.state()
    assert state.feed_url == bench.web.url("/a.xml")
    assert bench.web.url("/b.xml") in (state.note or "")


async def test_a_named_feed_that_is_no_feed_gives_way_to_the_next(bench: Bench, rss: Rss) -> None:
    bench.web.put("/", PAGE.format(LINK.format("/gone.xml", "") + LINK.format("/b.xml", "")))
    bench.web.put("/b.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    assert (await bench.state()).feed_url == bench.web.url("/b.xml")


async def test_a_named_feed_in_trouble_gives_way_to_none(bench: Bench, rss: Rss) -> None:
    bench.web.put("/", PAGE.format(LINK.format("/a.xml", "") + LINK.format("/comments.xml", "Comments")))
    bench.web.put("/a.xml", rss((1, "Alibaba one", "x")), RSS)
    bench.web.queue("/a.xml", Answer(503))
    bench.web.put("/comments.xml", rss((2, "A comment", "x")), RSS)
    await bench.start()
    first = await bench.poll()
    assert first.failure is not None
    assert first.failure.kind is FailureKind.SERVER_ERROR
    assert (await bench.poll()).new_items == 1
    assert (await bench.state()).feed_url == bench.web.url("/a.xml")


async def test_a_meta_refresh_leads_on(bench: Bench, rss: Rss) -> None:
    bench.web.put("/", PAGE.format('<meta http-equiv="refresh" content="0; url=/fr/">'))
    bench.web.put("/fr/", PAGE.format(LINK.format("/fr.xml", "")))
    bench.web.put("/fr.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    assert (await bench.state()).feed_url == bench.web.url("/fr.xml")


async def test_a_page_in_place_of_a_feed_leads_to_no_other_feed(bench: Bench, rss: Rss) -> None:
    """An error page of a blog names the feed of its comments: one bad minute must not move us there."""
    bench.web.put("/", rss((1, "Alibaba one", "x")), RSS)
    bench.web.put("/comments.xml", rss((7, "Alibaba: a comment", "x")), RSS)
    await bench.start()
    await bench.poll()
    bench.web.put("/", PAGE.format(LINK.format("/comments.xml", "Comments")))
    bench.clock.advance(timedelta(hours=2))
    report = await bench.poll()
    assert report.failure is not None
    assert "/comments.xml" in report.failure.detail
    bench.web.put("/", rss((2, "Alibaba two", "x"), (1, "Alibaba one", "x")), RSS)
    bench.clock.advance(timedelta(hours=2))
    assert (await bench.poll()).new_items == 1
    assert bench.web.hits("/comments.xml") == 0


async def test_a_list_page_that_was_built_anew_is_a_failure(bench: Bench) -> None:
    bench.source = (
        f'[[source]]\nurl = "{bench.web.url("/news")}"\nid = "press"\nkind = "listing"\n'
        '[source.listing]\nitem = "article"\n'
    )
    bench.web.put("/news", "<html><body><article><a href='/1'>Alibaba one</a></article></body></html>")
    await bench.start()
    assert (await bench.poll()).new_items == 1
    bench.web.put("/news", "<html><body><div><a href='/2'>Alibaba two</a></div></body></html>")
    bench.clock.advance(timedelta(hours=2))
    report = await bench.poll()
    assert report.failure is not None
    assert "no item matches the selector 'article'" in report.failure.detail
    assert (await bench.state()).failures == 1


async def test_a_feed_that_turns_into_a_page_keeps_its_items_and_says_so(bench: Bench, rss: Rss) -> None:
    bench.web.put("/", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    bench.web.put("/", PAGE.format(""))
    report = await bench.poll()
    assert report.failure is not None
    assert "Home" in report.failure.detail
    assert len(await bench.feed()) == 1
    assert bench.web.hits("/feed") == 0


async def test_a_news_sitemap_is_a_source(bench: Bench) -> None:
    bench.source = f'[[source]]\nurl = "{bench.web.url("/news.xml")}"\nid = "press"\nkind = "sitemap"\n'
    bench.web.put("/news.xml", sitemap(bench, "one", "two"), XML, etag='"1"')
    await bench.start()
    assert (await bench.poll()).new_items == 2
    assert (await bench.poll()).outcome is Outcome.NOT_MODIFIED
    bench.web.put("/news.xml", sitemap(bench, "three", "one", "two"), XML, etag='"2"')
    assert (await bench.poll()).new_items == 1
    assert {title for _id, title, _carriers in await bench.feed()} == {
        "Alibaba one",
        "Alibaba two",
        "Alibaba three",
    }


async def test_the_sitemaps_of_an_index_are_polled_with_validators_of_their_own(bench: Bench) -> None:
    bench.source = f'[[source]]\nurl = "{bench.web.url("/index.xml")}"\nid = "press"\nkind = "sitemap"\n'
    bench.web.put("/index.xml", index(bench, "/a.xml", "/b.xml"), XML, etag='"i"')
    bench.web.put("/a.xml", sitemap(bench, "one"), XML, etag='"a"')
    bench.web.put("/b.xml", sitemap(bench, "two"), XML, etag='"b"')
    await bench.start()
    assert (await bench.poll()).new_items == 2
    assert (await bench.poll()).outcome is Outcome.NOT_MODIFIED
    sent = {seen.path: seen.headers.get("if-none-match") for seen in bench.web.log[-3:]}
    assert sent == {"/index.xml": '"i"', "/a.xml": '"a"', "/b.xml": '"b"'}
    bench.web.put("/b.xml", sitemap(bench, "three", "two"), XML, etag='"b2"')
    assert (await bench.poll()).new_items == 1


async def test_the_sitemaps_of_an_index_are_asked_for_whole_after_eight_days(bench: Bench) -> None:
    bench.source = f'[[source]]\nurl = "{bench.web.url("/index.xml")}"\nid = "press"\nkind = "sitemap"\n'
    bench.web.put("/index.xml", index(bench, "/a.xml"), XML)
    bench.web.put("/a.xml", sitemap(bench, "one"), XML, etag='"a"')
    await bench.start()
    for _day in range(10):
        await bench.poll()
        bench.clock.advance(timedelta(days=1))
    sent = [seen.headers.get("if-none-match") for seen in bench.web.log if seen.path == "/a.xml"]
    assert sent == [None, *['"a"'] * 7, None, '"a"']


async def test_a_broken_part_of_an_index_harms_no_other(bench: Bench) -> None:
    bench.source = f'[[source]]\nurl = "{bench.web.url("/index.xml")}"\nid = "press"\nkind = "sitemap"\n'
    bench.web.put("/index.xml", index(bench, "/a.xml", "/b.xml"), XML)
    bench.web.put("/a.xml", sitemap(bench, "one"), XML)
    await bench.start()
    assert (await bench.poll()).new_items == 1
    assert "404" in ((await bench.state()).note or "")


async def test_a_sitemap_page_tells_its_title_and_the_match_knows_it(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = true\nrobots = false\n"
    bench.source = f'[[source]]\nurl = "{bench.web.url("/map.xml")}"\nid = "press"\nkind = "sitemap"\n'
    plain = (
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{bench.web.url("/one")}</loc>'
    )
    day = bench.clock.now().strftime("%Y-%m-%d")
    bench.web.put("/map.xml", f"<?xml version='1.0'?>{plain}<lastmod>{day}</lastmod></url></urlset>", XML)
    text = "The authority has opened an inquiry into the company after months of complaints. " * 12
    bench.web.put(
        "/one",
        f"<html><head><title>Alibaba fined</title></head><body><article><h1>Alibaba fined</h1><p>{text}</p>"
        "</article></body></html>",
    )
    await bench.start()
    await bench.poll()
    assert [title for _id, title, _carriers in await bench.feed()] == ["Alibaba fined"]


async def test_a_feed_found_behind_a_page_that_has_moved_for_good_is_noted(bench: Bench, rss: Rss) -> None:
    bench.web.put("/", PAGE.format(LINK.format("/old.xml", "")))
    bench.web.redirect("/old.xml", bench.web.url("/new.xml"), 301)
    bench.web.put("/new.xml", rss((1, "Alibaba one", "x")), RSS)
    await bench.start()
    await bench.poll()
    state = await bench.state()
    assert (state.feed_url, state.moving_url) == (bench.web.url("/old.xml"), bench.web.url("/new.xml"))


@pytest.mark.parametrize(
    ("names", "child", "message"),
    [
        (["/"], [], "names no other"),
        ([], [], "names no other"),
        (["/b.xml"], ["/"], "name only one another"),
        (["/b.xml"], ["/", "/c.xml"], "/b.xml into url, or one of those that it names: http"),
    ],
)
async def test_sitemaps_of_sitemaps_without_end_are_a_failure(
    bench: Bench, names: list[str], child: list[str], message: str
) -> None:
    bench.web.put("/", index(bench, *names), XML)
    bench.web.put("/b.xml", index(bench, *child), XML)
    await bench.start()
    for _poll in range(2):
        failure = (await bench.poll()).failure
        assert failure is not None
        assert failure.kind is FailureKind.NOT_A_FEED
        assert message in failure.detail
    assert bench.web.hits("/c.xml") == 0


async def test_a_page_that_should_be_a_sitemap_is_called_a_page(bench: Bench) -> None:
    bench.source += 'kind = "sitemap"\n'
    bench.web.put("/", PAGE.format(LINK.format("/a.xml", "")))
    await bench.start()
    failure = (await bench.poll()).failure
    assert failure is not None
    assert failure.detail == f"not a sitemap: {bench.web.url('/')} is an HTML page titled “Home”"
    bench.web.put("/", "<opml/>")
    failure = (await bench.poll()).failure
    assert failure is not None
    assert failure.detail == "not a sitemap: XML whose root element is <opml>"
