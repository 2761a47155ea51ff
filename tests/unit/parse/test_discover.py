"""Where the feed of a page is looked for, and in which order."""

import pytest

from aggregator.model import FeedLinks, LinkOrigin
from aggregator.parse.discover import usual_paths
from tests.unit.parse.reading import failure, read

PAGE = "<!DOCTYPE html><html><head><title>Home</title>{head}</head><body>{body}</body></html>"
NO_FEED = "not a feed: an HTML page titled “Home”"


def candidates(
    head: str = "", body: str = "", url: str = "https://example.com/", **options: bool
) -> FeedLinks:
    found = read(PAGE.format(head=head, body=body), url=url, **options)  # type: ignore[arg-type]
    assert isinstance(found, FeedLinks), found
    return found


def urls(head: str = "", body: str = "", url: str = "https://example.com/", **options: bool) -> list[str]:
    return [link.url for link in candidates(head, body, url, **options).candidates]


def test_the_surest_come_first_and_comments_last() -> None:
    found = candidates(
        '<meta name="generator" content="WordPress 6.4">'
        '<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">'
        '<link rel="alternate" type="application/atom+xml" title="News" href="/atom">'
        '<meta http-equiv="refresh" content="0;url=/home">',
        '<a href="/rss.xml">RSS</a>',
        is_guessing=True,
    )
    assert [(link.url.removeprefix("https://example.com"), link.origin) for link in found.candidates[:4]] == [
        ("/atom", LinkOrigin.LINK_ELEMENT),
        ("/home", LinkOrigin.REFRESH),
        ("/rss.xml", LinkOrigin.PAGE_LINK),
        ("/feed/", LinkOrigin.PLATFORM),
    ]
    assert found.candidates[-1].url == "https://example.com/comments/feed/"
    assert {link.origin for link in found.candidates[4:-1]} == {LinkOrigin.USUAL_PATH}
    assert len({link.url for link in found.candidates}) == len(found.candidates)


@pytest.mark.parametrize(
    ("url", "first", "count"),
    [
        ("https://example.com", "https://example.com/feed", 7),
        ("https://example.com/?x=1#y", "https://example.com/feed", 7),
        ("https://example.com/tech", "https://example.com/tech/feed", 13),
        ("https://example.com/tech/", "https://example.com/tech/feed", 13),
        ("https://example.com/tech/page.html", "https://example.com/tech/feed", 13),
        ("http://127.0.0.1:8080/index.php", "http://127.0.0.1:8080/feed", 7),
    ],
)
def test_usual_paths(url: str, first: str, count: int) -> None:
    found = usual_paths(url)
    assert found[0] == first
    assert len(set(found)) == len(found) == count
    assert all(
        path.startswith(url.split("/tech")[0].split("?")[0].removesuffix("index.php")) for path in found
    )


def test_nothing_is_guessed_unasked() -> None:
    assert failure(PAGE.format(head="", body="")) == NO_FEED


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=/x", "https://example.com/x"),
        ("0;URL='https://www.example.com/'", "https://www.example.com/"),
        ("5, /x", "https://example.com/x"),
        ("0.5;url=x", "https://example.com/x"),
    ],
)
def test_refresh(content: str, target: str) -> None:
    assert urls(f'<meta http-equiv="Refresh" content="{content}">') == [target]


@pytest.mark.parametrize(
    "content", ["600;url=/x", "0", "0;url=", "0;url=https://example.com/", "x;url=/x", ""]
)
def test_what_refreshes_nowhere(content: str) -> None:
    page = PAGE.format(head=f'<meta http-equiv="refresh" content="{content}">', body="")
    assert failure(page, url="https://example.com/") == NO_FEED


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/feed">Feed</a>',
        '<a href="/news.rss">x</a>',
        '<a href="/a/rss2.xml">x</a>',
        '<a href="/?feed=rss2">x</a>',
        '<a href="/list?format=atom">x</a>',
        '<a type="application/rss+xml" href="/whatever">x</a>',
        '<a href="https://feeds.feedburner.example/site.rss">RSS feed</a>',
        '<a href="feed:https://example.com/x.atom">x</a>',
    ],
)
def test_links_that_are_feeds(link: str) -> None:
    assert len(urls(body=link)) == 1


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/about-rss">RSS</a>',
        '<a href="/feeding">feed</a>',
        '<a href="https://friend.example/feed/">a friend</a>',
        '<a href="https://feedly.com/i/subscription/feed/https%3A%2F%2Fexample.com%2Frss.xml">RSS</a>',
        '<a href="https://en.wikipedia.org/wiki/RSS">RSS</a>',
        '<a href="javascript:feed()">RSS</a>',
        '<a href="/sitemap.xml">map</a>',
    ],
)
def test_links_that_are_none(link: str) -> None:
    assert failure(PAGE.format(head="", body=link), url="https://example.com/") == NO_FEED


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        (
            "https://www.youtube.com/channel/UC0123456789abcdefghijKL",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789abcdefghijKL",
        ),
        ("https://m.youtube.com/user/ann/videos", "https://www.youtube.com/feeds/videos.xml?user=ann"),
        (
            "https://www.youtube.com/playlist?list=PL01",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PL01",
        ),
        ("https://www.reddit.com/r/news/", "https://www.reddit.com/r/news/.rss"),
        ("https://github.com/o/n", "https://github.com/o/n/releases.atom"),
        ("https://github.com/o/n/tags", "https://github.com/o/n/tags.atom"),
        ("https://gitlab.com/g/p/-/releases", "https://gitlab.com/g/p/-/releases.atom"),
        ("https://medium.com/@ann", "https://medium.com/feed/@ann"),
        ("https://medium.com/tag/law", "https://medium.com/feed/tag/law"),
        ("https://ann.medium.com/", "https://ann.medium.com/feed"),
        ("https://ann.substack.com/p/x", "https://ann.substack.com/feed"),
        ("https://ann.blogspot.com/2026/", "https://ann.blogspot.com/feeds/posts/default"),
        ("https://ann.wordpress.com/about", "https://ann.wordpress.com/feed/"),
        ("https://ann.tumblr.com/", "https://ann.tumblr.com/rss"),
        ("https://bsky.app/profile/ann.example", "https://bsky.app/profile/ann.example/rss"),
        ("https://stackoverflow.com/questions/tagged/rss", "https://stackoverflow.com/feeds/tag/rss"),
        ("https://vimeo.com/ann", "https://vimeo.com/ann/videos/rss"),
        ("https://news.google.com/search?q=a&hl=fr", "https://news.google.com/rss/search?q=a&hl=fr"),
        ("https://www.bing.com/news/search?q=a", "https://www.bing.com/news/search?q=a&format=rss"),
    ],
)
def test_platforms_by_their_host(url: str, feed: str) -> None:
    assert urls(url=url)[0] == feed


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/features/actions",
        "https://notyoutube.com/channel/UC0123456789abcdefghijKL",
        "https://www.youtube.com/channel/x",
        "https://vimeo.com/a/b",
        "https://www.bing.com/search?q=a",
    ],
)
def test_hosts_that_offer_nothing_there(url: str) -> None:
    assert failure(PAGE.format(head="", body=""), url=url) == NO_FEED


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ('<meta name="generator" content="Ghost 5.8">', "/rss/"),
        ('<meta name="Generator" content="Hugo 0.1">', "/index.xml"),
        ('<meta name="generator" content="Jekyll v4">', "/feed.xml"),
        ('<meta name="generator" content="SPIP 4.2">', "/spip.php?page=backend"),
        ('<meta name="generator" content="Discourse 3">', "/latest.rss"),
        ('<link rel="stylesheet" href="/wp-content/themes/x.css">', "/feed/"),
        ('<script src="https://substackcdn.com/x.js"></script>', "/feed"),
    ],
)
def test_platforms_by_what_the_page_says(head: str, path: str) -> None:
    assert urls(head, url="https://example.com/a/b") == [f"https://example.com{path}"]
