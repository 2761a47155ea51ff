"""Search feeds of Google News, Google Alerts and Bing News: the outlet behind them.

Such a feed lists other people's articles under its own addresses. Redirects that carry the real
address are unwrapped; Google News hides it, so its links are marked and never fetched. Titles lose
the outlet that the search engine appended, and only where it is known to be that. This module
decodes no tokens and asks no server.
"""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from aggregator.model import Entry
from aggregator.urls import is_http, registrable_domain

_GOOGLE = re.compile(r"(?:www\.)?google\.(?:com|[a-z]{2,3}|com?\.[a-z]{2})\Z")
_BING = re.compile(r"(?:[a-z]{1,10}\.)?bing\.com\Z")
_NEWS_PATH = re.compile(r"/(?:__i/)?(?:rss/)?(?:rd/)?(?:articles|read|stories)/")
_SEPARATOR = re.compile(r"\A(.{4,})\s[-–—|]\s([^|]{2,80})\Z", re.DOTALL)
_LETTERS = re.compile(r"[\W_]+")


def settle(entry: Entry) -> Entry:
    """Give the entry as the outlet would have written it, where a search engine listed it."""
    if entry.url is None or ("google." not in entry.url and "bing." not in entry.url):
        return entry
    parts = urlsplit(entry.url)
    host = (parts.hostname or "").lower()
    if host == "news.google.com":
        return _opaque(entry) if _NEWS_PATH.match(parts.path) else entry
    target = _target(entry.url, host)
    if target == "":
        return replace(entry, is_link_opaque=True)
    return _unwrapped(entry, target) if target else entry


def _opaque(entry: Entry) -> Entry:
    """Mark an entry of Google News, which appends the outlet to every title."""
    if not entry.outlet:
        title, suffix = _split(entry.title)
        return replace(entry, title=title, outlet=suffix or None, is_link_opaque=True)
    title = entry.title.removesuffix(entry.outlet)
    is_appended = title != entry.title and title.rstrip().endswith(("-", "–", "—"))
    title = title.rstrip(" -–—\xa0") if is_appended else entry.title
    return replace(entry, title=title or entry.title, is_link_opaque=True)


def _target(url: str, host: str) -> str | None:
    """Give the address inside a redirect of Google or Bing; "" if it holds none, None if it is none."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if _GOOGLE.match(host) and parts.path == "/url":
        values = query.get("url") or query.get("q")
    elif _BING.match(host) and parts.path.lower().endswith("/apiclick.aspx"):
        values = query.get("url")
    else:
        return None
    return values[0] if values and is_http(values[0]) else ""


def _unwrapped(entry: Entry, target: str) -> Entry:
    parts = urlsplit(target)
    host = (parts.hostname or "").removeprefix("www.")
    title, suffix = _split(entry.title)
    known = {
        _bare(name)
        for name in (
            entry.outlet or "",
            host,
            registrable_domain(target),
            registrable_domain(target).partition(".")[0],
        )
        if name
    }
    if not suffix or _bare(suffix) not in known:
        title, suffix = entry.title, ""
    return replace(
        entry,
        url=target,
        title=title,
        outlet=entry.outlet or suffix or host,
        outlet_url=entry.outlet_url or f"{parts.scheme}://{parts.netloc}/",
    )


def _split(title: str) -> tuple[str, str]:
    """Part a title from what stands behind its last dash."""
    match = _SEPARATOR.match(title)
    return (match.group(1).rstrip(), match.group(2).strip()) if match else (title, "")


def _bare(name: str) -> str:
    return _LETTERS.sub("", name).casefold()
