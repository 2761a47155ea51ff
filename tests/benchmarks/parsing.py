"""Parsing against plain feedparser: `python -m tests.benchmarks.parsing`.

Prints the CPU time per feed and per entry, and its ratio to feedparser alone (6.0.x as it comes, with
its own sanitiser), feed by feed in turn, best of several rounds; then a feed of 20,000 entries and a
sitemap of 50,000 addresses with the memory they take. Data: `$AGGREGATOR_SHARED` or `../shared`
beside the checkout; the large documents are made here.
"""

import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import feedparser

from aggregator import parse
from aggregator.model import ParsedFeed
from tests.support.shared import find_shared

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://example.com/feed.xml"
ROUNDS = 3
MAX_ENTRIES = 1000  # as the daemon keeps them


def ours(body: bytes, *, max_entries: int = MAX_ENTRIES) -> int:
    """Read a feed as the daemon does; return how many entries it gave."""
    found = parse.read(
        body,
        content_type="application/xml",
        charset=None,
        url=URL,
        kind="auto",
        listing=None,
        max_entries=max_entries,
        now=NOW,
    )
    return len(found.entries) if isinstance(found, ParsedFeed) else 0


def plain(body: bytes) -> int:
    """Read a feed with feedparser alone; return how many entries it gave."""
    headers = {"content-type": "application/xml", "content-location": URL}
    return len(feedparser.parse(BytesIO(body), response_headers=headers)["entries"])


def best_of(read: Callable[[bytes], int], body: bytes) -> tuple[float, int]:
    """Return the least CPU time in seconds, and the entries."""
    least, count = float("inf"), 0
    for _round in range(ROUNDS):
        begin = time.process_time()
        count = read(body)
        least = min(least, time.process_time() - begin)
    return least, count


def many_entries(count: int) -> bytes:
    """Make an RSS feed of so many entries, the oldest first, with a paragraph each."""
    items = (
        f"<item><title>Story {number}</title><link>https://example.com/{number}</link>"
        f"<guid isPermaLink='false'>{number}</guid><description>&lt;p&gt;{'Some words of news. ' * 20}"
        "&lt;/p&gt;</description>"
        f"<pubDate>{NOW - timedelta(minutes=count - number):%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for number in range(count)
    )
    return f"<rss version='2.0'><channel><title>Many</title>{''.join(items)}</channel></rss>".encode()


def many_addresses(count: int) -> bytes:
    """Make a news sitemap of so many addresses, the oldest first."""
    urls = (
        f"<url><loc>https://example.com/2026/a-story-with-a-long-name-{number}</loc><news:news><news:publication>"
        "<news:name>The Example Post</news:name><news:language>en</news:language></news:publication>"
        f"<news:publication_date>{(NOW - timedelta(minutes=count - number)).isoformat()}"
        f"</news:publication_date><news:title>Story number {number} &amp; what follows from it</news:title>"
        "</news:news></url>\n"
        for number in range(count)
    )
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    start = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='{news}'>"
    return f"{start}\n{''.join(urls)}</urlset>".encode()


def compare(shared: Path) -> None:
    """Print the figures over the feeds of the corpus that feedparser reads."""
    bodies = [path.read_bytes() for path in sorted((shared / "corpus" / "feeds").iterdir())]
    seconds, entries = {"ours": 0.0, "plain": 0.0}, {"ours": 0, "plain": 0}
    feeds = 0
    for body in bodies:
        plain_time, plain_count = best_of(plain, body)
        our_time, our_count = best_of(ours, body)
        if not plain_count:
            continue  # JSON Feeds, and what is no feed
        feeds += 1
        for name, spent, count in (("ours", our_time, our_count), ("plain", plain_time, plain_count)):
            seconds[name] += spent
            entries[name] += count
    for name in ("ours", "plain"):
        print(
            f"{name:6} {feeds} feeds, {entries[name]} entries: {seconds[name] / feeds * 1000:.1f} ms a feed, "
            f"{seconds[name] / entries[name] * 1000:.2f} ms an entry"
        )
    print(f"ratio to feedparser alone: {seconds['ours'] / seconds['plain']:.2f}")


def large(name: str, body: bytes) -> None:
    """Print time and peak memory of one large document."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    count = ours(body)
    spent = time.process_time() - begin
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"{name}, {len(body) / 1e6:.0f} MB: {count} kept in {spent:.2f} s, memory +{grown / 1000:.0f} MB")


def main() -> int:
    """Measure and print."""
    shared = find_shared()
    if shared is None:
        print("no corpus; set AGGREGATOR_SHARED", file=sys.stderr)
    else:
        compare(shared)
    large("feed of 20,000 entries", many_entries(20_000))
    large("sitemap of 50,000 addresses", many_addresses(50_000))
    return 0


if __name__ == "__main__":
    sys.exit(main())
