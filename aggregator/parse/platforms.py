"""Feeds that platforms offer at addresses known beforehand.

A platform is recognised by the host of a page, or by what the page says of its generator; nothing is
guessed for pages that show neither. Sources: the platforms' own help pages.
"""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qs, urlsplit

from aggregator.parse.page import Page
from aggregator.urls import join

Found = list[tuple[str, str]]  # (address, title)

_NAME = re.compile(r"[\w.@~-]{1,100}\Z")
_YOUTUBE_ID = re.compile(r"UC[\w-]{22}\Z")
_YOUTUBE_IN_PAGE = re.compile(r'"(?:channelId|externalId)":"(UC[\w-]{22})"')
_REPOSITORY = re.compile(r"/([\w.-]{1,100})/([\w.-]{1,100})(?:/(releases|tags|commits))?(?:/|\Z)")
_GITHUB_OWN = frozenset(
    ("about", "apps", "collections", "explore", "features", "login", "marketplace", "orgs", "search",
     "settings", "sponsors", "topics", "trending", "users")
)  # fmt: skip
# Where a site made by each generator has its feed, relative to the site's root.
_GENERATORS = {
    "wordpress": ("feed/",),
    "ghost": ("rss/",),
    "blogger": ("feeds/posts/default",),
    "hugo": ("index.xml",),
    "jekyll": ("feed.xml",),
    "hexo": ("atom.xml",),
    "typecho": ("feed/",),
    "drupal": ("rss.xml",),
    "joomla": ("?format=feed&type=rss",),
    "spip": ("spip.php?page=backend",),
    "discourse": ("latest.rss",),
    "squarespace": ("?format=rss",),
    "substack": ("feed",),
    "pelican": ("feeds/all.atom.xml",),
    "eleventy": ("feed.xml", "feed/feed.xml"),
}
# What shows a generator where no meta element names it.
_TRACES = {
    "wordpress": ("/wp-content/", "/wp-includes/"),
    "ghost": ("/ghost/api/", "ghost-portal"),
    "substack": ("substackcdn.com",),
    "squarespace": ("static1.squarespace.com",),
}


def feeds(page: Page) -> Found:
    """Name the feeds that the platform of a page offers, as (address, title)."""
    parts = urlsplit(page.url)
    host = (parts.hostname or "").lower().removeprefix("www.").removeprefix("m.")
    by_host = next((rule for known, rule in _HOSTS if host == known or host.endswith(f".{known}")), None)
    found = by_host(parts, page) if by_host else []
    return found or _generated(page)


def _youtube(parts: SplitResult, page: Page) -> Found:
    base = "https://www.youtube.com/feeds/videos.xml"
    query = parse_qs(parts.query)
    if (lists := query.get("list")) and _NAME.match(lists[0]):
        return [(f"{base}?playlist_id={lists[0]}", page.title)]
    kind, _, rest = parts.path.strip("/").partition("/")
    name = rest.partition("/")[0]
    if kind == "channel" and _YOUTUBE_ID.match(name):
        return [(f"{base}?channel_id={name}", page.title)]
    if kind == "user" and _NAME.match(name):
        return [(f"{base}?user={name}", page.title)]
    match = _YOUTUBE_IN_PAGE.search(page.source)
    return [(f"{base}?channel_id={match.group(1)}", page.title)] if match else []


def _reddit(parts: SplitResult, page: Page) -> Found:
    path = parts.path.strip("/")
    return [(f"https://www.reddit.com/{path}/.rss" if path else "https://www.reddit.com/.rss", page.title)]


def _github(parts: SplitResult, _page: Page) -> Found:
    match = _REPOSITORY.match(parts.path)
    if match is None or match.group(1) in _GITHUB_OWN:
        return []
    owner, name, kind = match.groups()
    order = [kind] if kind else ["releases", "commits"]
    return [(f"https://github.com/{owner}/{name}/{what}.atom", f"{owner}/{name}: {what}") for what in order]


def _gitlab(parts: SplitResult, page: Page) -> Found:
    path = parts.path.partition("/-/")[0].strip("/")
    return [(f"https://gitlab.com/{path}/-/releases.atom", page.title)] if path.count("/") >= 1 else []


def _medium(parts: SplitResult, page: Page) -> Found:
    first, _, rest = parts.path.strip("/").partition("/")
    if (parts.hostname or "").lower() not in ("medium.com", "www.medium.com"):
        return [(f"https://{parts.hostname}/feed", page.title)]
    if first == "tag" and _NAME.match(name := rest.partition("/")[0]):
        return [(f"https://medium.com/feed/tag/{name}", page.title)]
    return [(f"https://medium.com/feed/{first}", page.title)] if first and _NAME.match(first) else []


def _at_root(path: str) -> Callable[[SplitResult, Page], Found]:
    return lambda parts, page: [(f"https://{parts.hostname}/{path}", page.title)]


def _bluesky(parts: SplitResult, page: Page) -> Found:
    kind, _, name = parts.path.strip("/").partition("/")
    name = name.partition("/")[0]
    is_profile = kind == "profile" and _NAME.match(name)
    return [(f"https://bsky.app/profile/{name}/rss", page.title)] if is_profile else []


def _stackexchange(parts: SplitResult, page: Page) -> Found:
    kind, _, rest = parts.path.strip("/").partition("/")
    tag = rest.partition("tagged/")[2].partition("/")[0]
    if kind == "questions" and tag and _NAME.match(tag):
        return [(f"https://{parts.hostname}/feeds/tag/{tag}", page.title)]
    return [(f"https://{parts.hostname}/feeds", page.title)]


def _vimeo(parts: SplitResult, page: Page) -> Found:
    path = parts.path.strip("/")
    return [(f"https://vimeo.com/{path}/videos/rss", page.title)] if path and "/" not in path else []


def _google_news(parts: SplitResult, page: Page) -> Found:
    """Searches, topics and sections of Google News have a feed under /rss."""
    path = (
        parts.path if parts.path.startswith("/rss") else f"/rss{parts.path.removeprefix('/home').rstrip('/')}"
    )
    query = f"?{parts.query}" if parts.query else ""
    return [(f"https://news.google.com{path}{query}", page.title)]


def _bing(parts: SplitResult, page: Page) -> Found:
    words = parse_qs(parts.query).get("q")
    if not words or not parts.path.startswith("/news"):
        return []
    return [(f"https://www.bing.com/news/search?{parts.query}&format=rss", page.title)]


_HOSTS: tuple[tuple[str, Callable[[SplitResult, Page], Found]], ...] = (
    ("youtube.com", _youtube),
    ("reddit.com", _reddit),
    ("github.com", _github),
    ("gitlab.com", _gitlab),
    ("medium.com", _medium),
    ("substack.com", _at_root("feed")),
    ("blogspot.com", _at_root("feeds/posts/default")),
    ("wordpress.com", _at_root("feed/")),
    ("tumblr.com", _at_root("rss")),
    ("bsky.app", _bluesky),
    ("stackoverflow.com", _stackexchange),
    ("stackexchange.com", _stackexchange),
    ("vimeo.com", _vimeo),
    ("news.google.com", _google_news),
    ("bing.com", _bing),
)


def _generated(page: Page) -> Found:
    """Name the feeds of a site by its generator; of a Mastodon profile by its address."""
    if mastodon := _mastodon(page):
        return mastodon
    names = " ".join(
        str(meta.get("content", "")).lower()
        for meta in page.tree.iter("meta")
        if str(meta.get("name", "")).strip().lower() == "generator"
    )
    root = join(page.base_url, "/") or page.base_url
    for generator, paths in _GENERATORS.items():
        if generator in names or any(trace in page.source for trace in _TRACES.get(generator, ())):
            return [(address, page.title) for path in paths if (address := join(root, path))]
    return []


def _mastodon(page: Page) -> Found:
    """A profile (/@name) of a page that Mastodon made has its feed under the same address with .rss."""
    first, _, rest = urlsplit(page.url).path.strip("/").partition("/")
    is_profile = first.startswith("@") and _NAME.match(first) and not rest
    is_mastodon = 'id="mastodon"' in page.source or "id='mastodon'" in page.source
    address = join(page.url, f"/{first}.rss")
    return [(address, page.title)] if is_profile and is_mastodon and address else []
