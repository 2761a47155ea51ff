"""Search feeds: the outlet behind them, and links that are never fetched."""

import pytest

from aggregator.model import Entry
from aggregator.parse.searches import settle

GOOGLE = "https://news.google.com/rss/articles/CBMiX?oc=5"


@pytest.mark.parametrize(
    ("title", "outlet", "expected"),
    [
        ("Fine - Reuters", "Reuters", ("Fine", "Reuters")),
        ("Fine - now - Reuters", "Reuters", ("Fine - now", "Reuters")),
        ("Fine - Le Monde - Afrique", "Le Monde - Afrique", ("Fine", "Le Monde - Afrique")),
        ("Fine – Reuters", "Reuters", ("Fine", "Reuters")),
        ("All about Reuters", "Reuters", ("All about Reuters", "Reuters")),
        ("Fine - again", "Reuters", ("Fine - again", "Reuters")),
        ("Fine - Reuters", None, ("Fine", "Reuters")),
        ("No dash here", None, ("No dash here", None)),
        ("- Reuters", "Reuters", ("- Reuters", "Reuters")),
        ("", None, ("", None)),
    ],
)
def test_google_news_titles(title: str, outlet: str | None, expected: tuple[str, str | None]) -> None:
    found = settle(Entry(None, GOOGLE, title, outlet=outlet))
    assert (found.title, found.outlet) == expected
    assert found.is_link_opaque
    assert found.url == GOOGLE


@pytest.mark.parametrize(
    "path", ["articles/X", "rss/articles/X", "__i/rss/rd/articles/X", "read/X", "stories/X", "rss/stories/X"]
)
def test_opaque_paths(path: str) -> None:
    assert settle(Entry(None, f"https://news.google.com/{path}", "a")).is_link_opaque


@pytest.mark.parametrize(
    "url",
    [
        None,
        "https://news.google.com/",
        "https://news.google.com.evil.example/articles/x",
        "https://google.example/url",
    ],
)
def test_other_links_stay(url: str | None) -> None:
    entry = Entry("1", url, "A title - Reuters")
    assert settle(entry) is entry


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://www.google.com/url?rct=j&url=https://a.example/x%3Fa%3D1&ct=ga", "https://a.example/x?a=1"),
        ("https://www.google.co.uk/url?q=https%3A%2F%2Fa.example%2F", "https://a.example/"),
        (
            "http://www.bing.com/news/apiclick.aspx?ref=x&url=https%3a%2f%2fa.example%2fb&c=1",
            "https://a.example/b",
        ),
        ("https://cn.bing.com/news/ApiClick.aspx?url=http%3a%2f%2fa.example%2fb", "http://a.example/b"),
    ],
)
def test_redirects_are_unwrapped(url: str, target: str) -> None:
    found = settle(Entry("raw", url, "t"))
    assert (found.url, found.raw_id, found.is_link_opaque) == (target, "raw", False)
    assert (found.outlet, found.outlet_url) == (
        "a.example",
        target.partition("/a.example")[0] + "/a.example/",
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?url=javascript:alert(1)",
        "https://www.google.com/url",
        "https://www.bing.com/news/apiclick.aspx?url=file%3A%2F%2F%2Fetc",
    ],
)
def test_redirects_to_nowhere_are_never_fetched(url: str) -> None:
    found = settle(Entry(None, url, "t"))
    assert (found.url, found.is_link_opaque) == (url, True)


@pytest.mark.parametrize(
    ("title", "url", "outlet", "expected"),
    [
        ("Fine - Example Post", "https://www.examplepost.com/a", None, ("Fine", "Example Post")),
        ("Fine | Reuters", "https://www.reuters.com/a", "Reuters", ("Fine", "Reuters")),
        ("Fine - and more", "https://www.reuters.com/a", None, ("Fine - and more", "reuters.com")),
        ("Fine - Reuters", "https://other.example/a", "Other", ("Fine - Reuters", "Other")),
    ],
)
def test_a_suffix_goes_only_where_it_is_the_outlet(
    title: str, url: str, outlet: str | None, expected: tuple[str, str]
) -> None:
    found = settle(Entry(None, f"https://www.google.com/url?url={url}", title, outlet=outlet))
    assert (found.title, found.outlet) == expected
