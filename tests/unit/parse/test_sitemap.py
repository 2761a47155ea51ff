"""Sitemaps: news first, the newest of many, and nothing that eats the worker."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import ChildSitemap, Failure, ParsedFeed, SitemapIndex
from tests.support.effort import at_most
from tests.unit.parse.reading import NOW, feed, read

SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*urls: str) -> str:
    return f"<urlset {SPACE}>{''.join(f'<url>{url}</url>' for url in urls)}</urlset>"


def index(*children: str) -> SitemapIndex:
    body = "".join(f"<sitemap>{child}</sitemap>" for child in children)
    found = read(f"<sitemapindex {SPACE}>{body}</sitemapindex>", kind="sitemap")
    assert isinstance(found, SitemapIndex), found
    return found


def test_the_newest_of_50_000_wherever_they_stand() -> None:
    count = 50_000
    urls = [
        f"<loc>https://example.com/{number}</loc><lastmod>"
        f"{(NOW - timedelta(hours=abs(number - 30_000))).isoformat()}</lastmod>"
        for number in range(count)
    ]
    with at_most(15):  # the CPU limit of a worker is 20 s
        found = feed(urlset(*urls), kind="sitemap", max_entries=3)
    urls_found = [entry.url for entry in found.entries]
    assert urls_found[0] == "https://example.com/30000"
    assert set(urls_found[1:]) == {"https://example.com/29999", "https://example.com/30001"}


def test_undated_pages_follow_in_the_order_of_the_document() -> None:
    found = feed(
        urlset(
            "<loc>/u1</loc>",
            "<loc>/d1</loc><lastmod>2025-01-01</lastmod>",
            "<loc>/u2</loc>",
            "<loc>/d2</loc><lastmod>2025-02-01</lastmod>",
            "<loc>/never</loc><lastmod>soon</lastmod>",
        ),
        kind="sitemap",
    )
    assert [(entry.url or "").rpartition("/")[2] for entry in found.entries] == [
        "d2",
        "d1",
        "u1",
        "u2",
        "never",
    ]


def test_lastmod_is_an_update_and_no_publication() -> None:
    entry = feed(urlset("<loc>/a</loc><lastmod>2025-01-01</lastmod>"), kind="sitemap").entries[0]
    assert (entry.published_at, entry.updated_at) == (None, datetime(2025, 1, 1, tzinfo=UTC))
    assert (entry.title, entry.raw_id) == ("", None)  # the page tells its title; the address is the identity


def test_a_sitemap_needs_no_kind() -> None:
    assert feed(urlset("<loc>/a</loc>")).format == "sitemap"


def test_an_empty_sitemap_says_so() -> None:
    found = feed(urlset(), kind="sitemap")
    assert (found.entries, found.note) == ((), "the sitemap names no pages")


def test_damaged_titles_are_mended_together() -> None:
    titles = ["PÃ©kin sanctionne lâ€™opÃ©rateur", "La premiÃ¨re dÃ©cision", "Un Ã©tÃ© Ã  lâ€™Ã©tranger"]
    urls = [
        f"<loc>/{place}</loc><n:news><n:title>{title}</n:title></n:news>"
        for place, title in enumerate(titles)
    ]
    found = feed(urlset(*urls), kind="sitemap")
    assert [entry.title for entry in found.entries] == [
        "Pékin sanctionne l’opérateur",
        "La première décision",
        "Un été à l’étranger",
    ]


def test_children_of_an_index() -> None:
    found = index(
        "<loc>/a.xml</loc><lastmod>2025-01-01</lastmod>",
        "<loc>/b.xml</loc><lastmod>2025-03-01</lastmod>",
        "<loc>/a.xml</loc>",
        "<loc></loc>",
        "<loc>javascript:x</loc>",
        "<loc>/post_tag-sitemap.xml</loc><lastmod>2026-01-01</lastmod>",
        "<loc>/actualites.xml</loc>",
    )
    assert found.children == (
        ChildSitemap("https://example.com/actualites.xml"),
        ChildSitemap("https://example.com/b.xml", datetime(2025, 3, 1, tzinfo=UTC)),
        ChildSitemap("https://example.com/a.xml", datetime(2025, 1, 1, tzinfo=UTC)),
        ChildSitemap("https://example.com/post_tag-sitemap.xml", datetime(2026, 1, 1, tzinfo=UTC)),
    )


def test_an_index_names_itself_in_vain_and_is_bounded() -> None:
    found = index(
        "<loc>https://example.com/news/feed.xml</loc>", *(f"<loc>/{n}.xml</loc>" for n in range(500))
    )
    assert len(found.children) == 100
    assert found.note == "the newest 100 of 500 sitemaps"
    assert all(child.url != "https://example.com/news/feed.xml" for child in found.children)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?>' + urlset(
        "<loc>/1</loc><news:news><news:title>Été à Paris</news:title></news:news>"
    )
    assert feed(body.encode(encoding), kind="sitemap").entries[0].title == "Été à Paris"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"just words", "text that begins"),
        (b"https://example.com/a\nnot an address", "text that begins"),
        (b"<html><body><url><loc>x</loc></url></body></html>", "an HTML page"),
        (b"<opml/>", "XML whose root element is <opml>"),
        (b"\x89PNG", "an image"),
        (b"", "the document is empty"),
        (b"{}", "JSON without a list of items"),
    ],
)
def test_what_is_no_sitemap_is_named(body: bytes, reason: str) -> None:
    found = read(body, kind="sitemap")
    assert isinstance(found, Failure)
    assert reason in found.detail


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset>" + b"<x/>" * 300_000 + b"<url><loc>/1</loc></url></urlset>",
        b"<urlset><url><loc>/1</loc>" + b"<x/>" * 300_000 + b"</url></urlset>",
        b"<urlset>" + b"<x>" * 100_000,
        b"<urlset><url><loc>" + b"a" * 11_000_000 + b"</loc></url><url><loc>/2</loc></url></urlset>",
        b"<urlset><url>" + b"<" * 300_000,
        b"<urlset>" + b"<url/>" * 300_000 + b"</urlset>",
        b"<urlset><url><loc>/&" + b"&a;" * 300_000 + b"</loc></url></urlset>",
        gzip.compress(b"<urlset>" + b" " * 80_000_000),
    ],
    ids=["wide", "wide url", "deep", "long text", "brackets", "empty urls", "entities", "bomb"],
)
def test_hostile_sitemaps_end_soon(body: bytes) -> None:
    with at_most(10):
        assert isinstance(read(body, kind="sitemap"), ParsedFeed | Failure)


@given(st.integers(0, 600))
def test_a_sitemap_cut_anywhere(length: int) -> None:
    whole = urlset(*(f"<loc>/é{n}</loc><lastmod>2025-01-0{n}</lastmod>" for n in range(1, 6)))
    assert isinstance(read(whole.encode()[:length], kind="sitemap"), ParsedFeed | Failure)
