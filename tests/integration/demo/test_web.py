"""The demo web as a client on loopback sees it, with a clock moved by hand."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from aiohttp import ClientConnectorError, ClientSession
from lxml import html

from aggregator.demo.library import articles, page_of
from aggregator.demo.web import DemoSource, DemoWeb
from aggregator.urls import canonical_url
from tests.support.clock import FakeClock

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def web(clock: FakeClock) -> AsyncIterator[DemoWeb]:
    async with DemoWeb(clock.now) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as opened:
        yield opened


async def links(session: ClientSession, source: DemoSource) -> list[str]:
    """Read a source as what it says it is, and return the links of its entries."""
    async with session.get(source.url) as response:
        assert response.status == 200
        body, media = await response.read(), response.content_type
    if source.listing is not None:
        items = html.fromstring(body).cssselect(source.listing.item)
        return [item.cssselect(source.listing.link)[0].get("href") for item in items]
    if media == "application/feed+json":
        document = json.loads(body)
        assert document["version"] == "https://jsonfeed.org/version/1.1"
        return [item["url"] for item in document["items"]]
    read = feedparser.parse(body)
    assert not read.bozo
    assert (read.version, media) in {
        ("rss20", "application/rss+xml"),
        ("atom10", "application/atom+xml"),
        ("rss10", "application/rdf+xml"),
    }
    assert read.feed.title == source.title
    return [entry.link for entry in read.entries]


async def announced(session: ClientSession, web: DemoWeb) -> Counter[str]:
    return Counter([link for source in web.sources for link in await links(session, source)])


def expected(web: DemoWeb, after: timedelta) -> Counter[str]:
    return Counter(web.link(article) for article in articles() if article.after <= after)


async def test_feeds_announce_what_has_appeared(
    web: DemoWeb, session: ClientSession, clock: FakeClock
) -> None:
    assert await announced(session, web) == expected(web, timedelta(0))
    assert (len(web.online()), len(web.upcoming())) == (34, 11)
    clock.advance(timedelta(seconds=20))
    assert await announced(session, web) == expected(web, timedelta(seconds=20))
    assert len(web.online()) == 37
    assert web.upcoming()[0][0] == timedelta(seconds=6)
    clock.advance(MINUTE)
    assert await announced(session, web) == Counter(web.link(article) for article in articles())
    assert web.upcoming() == ()


async def test_every_link_leads_to_its_text(web: DemoWeb, session: ClientSession, clock: FakeClock) -> None:
    clock.advance(MINUTE)
    for article in web.online():
        async with session.get(web.link(article)) as response:
            assert (response.status, response.content_type) == (200, "text/html")
            body = await response.read()
        page = page_of(article)
        text = "".join(html.fromstring(body.decode(page.outlet.charset)).itertext())
        assert all(paragraph in text for paragraph in page.paragraphs)
        assert article.title in text


async def test_an_article_is_not_there_before_its_time(
    web: DemoWeb, session: ClientSession, clock: FakeClock
) -> None:
    wait, article = web.upcoming()[0]
    clock.advance(wait - timedelta(milliseconds=1))
    async with session.get(web.link(article)) as response:
        assert response.status == 404
    clock.advance(timedelta(milliseconds=1))
    async with session.get(web.link(article)) as response:
        assert response.status == 200
    assert web.published_at(article) == clock.now()


async def test_answers_can_be_asked_for_again_cheaply(
    web: DemoWeb, session: ClientSession, clock: FakeClock
) -> None:
    urls = [*(source.url for source in web.sources), *(web.link(article) for article in web.online())]
    seen = {}
    for url in urls:
        async with session.get(url) as response:
            assert response.headers["Cache-Control"] == "max-age=0, must-revalidate"
            seen[url] = response.headers["ETag"], response.headers["Last-Modified"]
    clock.advance(timedelta(seconds=7))  # nothing new before the eighth second
    for url, (etag, modified) in seen.items():
        for headers in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
            async with session.get(url, headers=headers) as response:
                assert (response.status, await response.read()) == (304, b"")
                assert (response.headers["ETag"], response.headers["Last-Modified"]) == (etag, modified)
        async with session.get(
            url, headers={"If-None-Match": '"x"', "If-Modified-Since": modified}
        ) as response:
            assert response.status == 200
    assert web.answers == {200: 2 * len(urls), 304: 2 * len(urls)}


async def test_only_the_outlet_with_news_has_changed(
    web: DemoWeb, session: ClientSession, clock: FakeClock
) -> None:
    async def etags() -> dict[str, str]:
        found = {}
        for source in web.sources:
            async with session.head(source.url) as response:
                found[source.id] = response.headers["ETag"]
        return found

    before = await etags()
    wait, article = web.upcoming()[0]
    clock.advance(wait)
    after = await etags()
    assert {name for name in before if before[name] != after[name]} == {article.outlet.id}


async def test_dates_follow_the_start(web: DemoWeb, session: ClientSession, now: datetime) -> None:
    source = web.sources[0]
    async with session.get(source.url) as response:
        read = feedparser.parse(await response.read())
    dates = [datetime(*entry.published_parsed[:6], tzinfo=UTC) for entry in read.entries]
    assert dates == sorted(dates, reverse=True)
    assert all(now - timedelta(days=7) < date < now for date in dates)


async def test_hosts_are_apart_and_polite(web: DemoWeb, session: ClientSession) -> None:
    assert len({source.authority for source in web.sources}) == len(web.sources) == 12
    for source in web.sources:
        async with session.get(f"http://{source.authority}/robots.txt") as response:
            assert (response.status, response.content_type) == (200, "text/plain")
            assert "User-agent: *" in await response.text()
        async with session.get(f"http://{source.authority}/nowhere") as response:
            assert response.status == 404
        async with session.get(f"http://{source.authority}/") as response:
            tree = html.fromstring((await response.read()).decode("utf-8", "replace"))
        feeds = [
            f"http://{source.authority}{link.get('href')}"
            for link in tree.findall(".//link[@rel='alternate']")
        ]
        assert feeds == ([] if source.listing else [source.url])


async def test_it_stops_listening(clock: FakeClock, session: ClientSession) -> None:
    async with DemoWeb(clock.now) as web:
        url = web.sources[0].url
    with pytest.raises(ClientConnectorError):
        await session.get(url)


async def test_a_link_with_tracking_parameters_names_the_same_page(web: DemoWeb) -> None:
    pages: dict[str, set[str]] = {}
    for article in articles():
        pages.setdefault(page_of(article).id, set()).add(canonical_url(web.link(article)))
    assert len(pages) == 43
    assert all(len(addresses) == 1 for addresses in pages.values())
    assert len(set().union(*pages.values())) == 43
