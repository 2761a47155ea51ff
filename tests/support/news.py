"""An outlet on a scripted web that publishes article after article, each one unlike the others.

Every article is made from its number alone, so that a test can tell which must be in a feed: those
on the topic name Alibaba and a regulator, every fourth is about something else altogether.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from tests.support.web import ScriptedWeb

_BODIES = (
    "The market regulator",
    "The central bank",
    "The cyberspace office",
    "A court in Hangzhou",
    "Brussels",
)
_ACTS = ("fined", "summoned", "investigated", "warned", "ordered changes at", "opened a case against")
_ABOUT = (
    "forced exclusivity",
    "a late filing",
    "its loans",
    "its ranking of sellers",
    "data that left the country",
)
_THINGS = (
    *(
        "harbour",
        "orchestra",
        "ferry",
        "lantern",
        "quarry",
        "bakery",
        "viaduct",
        "orchard",
        "museum",
        "tramway",
    ),
    *("glacier", "foundry", "archive", "lighthouse", "meadow", "printer", "reservoir", "theatre", "vineyard"),
)
_DEEDS = (
    *("reopened", "vanished", "expanded", "faltered", "recovered", "merged", "stalled", "doubled", "shrank"),
    *("moved", "closed", "thrived", "collapsed", "appeared", "hesitated", "improved"),
)
_TIMES = (
    "in spring",
    "last winter",
    "on Tuesday",
    "before noon",
    "after the storm",
    "within weeks",
    "at last",
)


@dataclass(frozen=True, slots=True)
class Piece:
    """An article of the outlet."""

    number: int
    title: str
    paragraphs: tuple[str, ...]

    @property
    def is_on_topic(self) -> bool:
        """Tell whether the topic of these tests wants it."""
        return self.number % 4 != 0

    @property
    def path(self) -> str:
        """Return where its page is."""
        return f"/news/{self.number}.html"


def piece(number: int) -> Piece:
    """Write article `number`, the same one each time."""
    dice = random.Random(number)
    paragraphs = [" ".join(_sentence(dice) for _ in range(4)) for _ in range(3)]
    amount, day = dice.randint(20, 9000), dice.randint(1, 28)
    if number % 4:
        what = f"{dice.choice(_BODIES)} {dice.choice(_ACTS)} Alibaba over {dice.choice(_ABOUT)}"
        lead = f"{what}, in case {number} of the year, and asked for {amount} million yuan by the {day}th."
    else:
        what = f"A {dice.choice(_THINGS)} of {amount} square metres {dice.choice(_DEEDS)} near the coast"
        lead = f"{what}, visitors said on the {day}th."
    return Piece(number, f"{what} ({number})", (lead, *paragraphs))


def _sentence(dice: random.Random) -> str:
    one, two, three = dice.sample(_THINGS, 3)
    deed, other = dice.sample(_DEEDS, 2)
    when, count = dice.choice(_TIMES), dice.randint(11, 99)
    shapes = (
        f"The {one} near a {two} {deed} {when}, while {count} members of the {three} {other}.",
        f"{when.capitalize()} {count} visitors asked why no {one} {deed}; one {two} had, like its {three}.",
        f"Whoever {deed} with a {one} would not say whether {count} other {two} owners {other} {when}.",
        f"Although this {one} {deed}, {count} letters about its {two} reached every {three} {when}.",
        f"Not far away, {count} metres from an old {one}, some {two} {other} and then {deed} {when}.",
        f"Experts counted {count} cases in which {one} and {two} {deed} together {when}, the {three} said.",
    )
    return dice.choice(shapes)


class Outlet:
    """A feed and its pages on a scripted web; its feed keeps the newest `window` entries."""

    def __init__(self, web: ScriptedWeb, now: datetime, *, feed: str = "/feed.xml", window: int = 50) -> None:
        self.web = web
        self.url = web.url(feed)
        self.pieces: list[Piece] = []
        self._feed = feed
        self._start = now - timedelta(hours=12)
        self.window = window
        self._put_feed()

    def publish(self, count: int = 1) -> list[Piece]:
        """Publish the next articles: first their pages, then the feed that names them."""
        fresh = [piece(len(self.pieces) + n + 1) for n in range(count)]
        for each in fresh:
            self.web.put(each.path, _page(each), etag=f'"page-{each.number}"')
        self.pieces += fresh
        self._put_feed()
        return fresh

    def wanted(self) -> set[str]:
        """Return the addresses that the topic's feed must carry."""
        return {self.web.url(each.path) for each in self.pieces if each.is_on_topic}

    def _put_feed(self) -> None:
        newest = self.pieces[-self.window :][::-1]
        rows = "\n".join(
            f"<item><title>{escape(each.title)}</title><link>{self.web.url(each.path)}</link>"
            f"<guid isPermaLink='false'>{each.number}</guid><pubDate>{self._date(each.number)}</pubDate>"
            f"<description>{escape(each.paragraphs[0])}</description></item>"
            for each in newest
        )
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
            f"<title>The Daily Test</title><link>{self.web.url()}</link>"
            "<description>News</description><language>en</language>\n"
            f"{rows}</channel></rss>\n"
        )
        self.web.put(self._feed, body, "application/rss+xml", etag=f'"{len(self.pieces)}"')

    def _date(self, number: int) -> str:
        return format_datetime(self._start + timedelta(minutes=number))


def _page(each: Piece) -> str:
    text = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in each.paragraphs)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(each.title)}</title></head><body>"
        "<nav><ul><li><a href='/'>Home</a></li><li><a href='/business'>Business</a></li></ul></nav>"
        f"<main><article><h1>{escape(each.title)}</h1>\n{text}\n</article></main>"
        "<aside><h3>Most read</h3><a href='/top'>Alibaba's record fine: a timeline</a></aside>"
        "<footer><p>Terms of use · Privacy</p></footer></body></html>"
    )
