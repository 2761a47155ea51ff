"""The judge finds each kind of bad manners, and finds nothing where there are good ones."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.judge import DAY, HOUR, RULES, WEEK, Law, RobotRules, Seen, Wish, judge

AGENT = "aggregator/1"
HOSTS = ("a.example", "x.a.example")
LAW = Law(AGENT, frozenset(f"http://{host}/{path}" for host in HOSTS for path in ("feed.xml", "1", "2", "3")))
MONDAY = 1_773_619_200.0  # 2026-03-16, midnight
HEADERS = {"user-agent": AGENT}
_SPAN = 0.5  # seconds that an exchange takes here


def seen(
    at: float,
    path: str = "/feed.xml",
    status: int = 200,
    *,
    host: str = "a.example",
    role: str = "feed",
    sent: dict[str, str] | None = None,
    **more: object,
) -> Seen:
    """Return one exchange; those of a log are put in order by `log`."""
    blank = Seen(0, 0, MONDAY + at, MONDAY + at + _SPAN, "a.example", host, path, role, status)
    return replace(blank, request={**HEADERS, **(sent or {})}, **more)  # type: ignore[arg-type]


def log(*rows: Seen) -> list[Seen]:
    """Number the beginnings and ends of exchanges in the order of time."""
    events = [(row.started, 1, place) for place, row in enumerate(rows)]
    events += [(row.ended, 0, place) for place, row in enumerate(rows)]
    order = {(place, is_start): number for number, (_at, is_start, place) in enumerate(sorted(events))}
    return [replace(row, opened=order[place, 1], closed=order[place, 0]) for place, row in enumerate(rows)]


def page(at: float, path: str = "/a/1", status: int = 200, **more: object) -> Seen:
    return seen(at, path, status, role="page", **more)  # type: ignore[arg-type]


def robots(at: float, status: int = 200, **rules: object) -> Seen:
    return seen(at, "/robots.txt", status, role="robots", rules=RobotRules(**rules))  # type: ignore[arg-type]


ETAG = {"if-none-match": 'W/"1"'}
DATE = {"if-modified-since": "Mon, 16 Mar 2026 00:00:00 +0000"}
OLD = {"if-none-match": '"0"'}
GIVEN = {"etag": 'W/"1"'}
MOVED = "http://b.example/feed.xml"


def by_way(at: float, status: int = 301, good: int = 200) -> tuple[Seen, Seen]:
    """Return a redirect and the exchange it leads to."""
    return (
        seen(at, status=status, location=MOVED),
        seen(at + 2, status=good, host="b.example"),
    )


def direct(at: float) -> Seen:
    return seen(at, host="b.example")


BAD: list[tuple[str, str, Sequence[Seen]]] = [
    ("hints of the answer and the document", "sooner than the answer allowed",
     [seen(0, wish=Wish(7200)), seen(7000)]),
    ("hints of the answer and the document", "sooner than a 304 allowed",
     [seen(0), seen(4000, status=304, wish=Wish(7200)), seen(9000)]),
    ("hints of the answer and the document", "sooner than the document allows, after a 304",
     [seen(0, wish=Wish(document_wait=7200)), seen(8000, status=304), seen(12000)]),
    ("hints of the answer and the document", "sooner than a week",
     [seen(0, wish=Wish(1e9)), seen(WEEK - 60)]),
    ("skipHours and skipDays", "in an hour to skip",
     [seen(0, wish=Wish(skip_hours=frozenset((5,)))), seen(5 * HOUR + 60)]),
    ("skipHours and skipDays", "on a day to skip",
     [seen(0, wish=Wish(skip_days=frozenset((1,)))), seen(DAY + 60)]),
    ("validators verbatim, to their address", "an ETag without its W/",
     [seen(0, **GIVEN), seen(4000, sent={"if-none-match": '"1"'})]),
    ("validators verbatim, to their address", "a date rewritten",
     [seen(0, last_modified=DATE["if-modified-since"]),
      seen(4000, sent={"if-modified-since": "Mon, 16 Mar 2026 00:00:00 GMT"})]),
    ("validators verbatim, to their address", "one of two",
     [seen(0, last_modified=DATE["if-modified-since"], **GIVEN), seen(4000, sent=ETAG)]),
    ("validators verbatim, to their address", "those of another address",
     [seen(0, **GIVEN), seen(4000, host="x.a.example", sent=ETAG)]),
    ("validators verbatim, to their address", "those of a document that could not be read",
     [seen(0, is_readable=False, **GIVEN), seen(4000, sent=ETAG)]),
    ("validators verbatim, to their address", "old ones",
     [seen(0, etag='"0"'), seen(4000, sent=OLD, **GIVEN), seen(8000, sent=OLD)]),
    ("whole only when due", "validators forgotten", [seen(0, **GIVEN), seen(4000)]),
    ("whole only when due", "still conditional after eight days",
     [seen(0, **GIVEN), seen(8 * DAY + 60, status=304, sent=ETAG)]),
    ("requests at once", "three of one domain",
     [seen(0, ended=MONDAY + 60), seen(2, "/2", ended=MONDAY + 60), seen(4, "/3", host="x.a.example")]),
    ("pause between starts, Crawl-delay", "two in a second", [seen(0), seen(0.7, "/2", host="x.a.example")]),
    ("pause between starts, Crawl-delay", "sooner than Crawl-delay",
     [robots(0, crawl_delay=10.0), page(11), page(15, "/a/2")]),
    ("pause between starts, Crawl-delay", "sooner than the longest pause that counts",
     [robots(0, crawl_delay=1e6), page(59)]),
    ("min_interval", "too often", [seen(0), seen(290)]),
    ("robots.txt", "not read", [page(0)]),
    ("robots.txt", "read too late", [page(0), robots(2)]),
    ("robots.txt", "out of reach", [robots(0, 503), page(4)]),
    ("robots.txt", "too old", [robots(0), page(3 * DAY)]),
    ("robots.txt", "a page it forbids", [robots(0, disallow=("/a/",)), page(4)]),
    ("robots.txt", "asked for again and again", [robots(0, 503), robots(60, 503)]),
    ("robots.txt", "that of another host",
     [robots(0), page(4, host="x.a.example")]),
    ("moves adopted after a day", "at once", [*by_way(0), direct(4000)]),
    ("moves adopted after a day", "after two good answers",
     [*by_way(0), *by_way(2 * DAY), direct(3 * DAY)]),
    ("moves adopted after a day", "after three within a day",
     [*by_way(0), *by_way(HOUR), *by_way(2 * HOUR), direct(3 * DAY)]),
    ("moves adopted after a day", "a temporary one",
     [*by_way(0, 302), *by_way(DAY, 302), *by_way(2 * DAY, 302), direct(3 * DAY)]),
    ("moves adopted after a day", "one that led nowhere meanwhile",
     [*by_way(0), *by_way(DAY), *by_way(2 * DAY, good=404), direct(3 * DAY)]),
    ("410 probed", "before half a day", [seen(0, status=410), seen(4 * HOUR, status=410)]),
    ("410 probed", "before a week",
     [seen(0, status=410), seen(DAY, status=410), seen(3 * DAY, status=410)]),
    ("waits grow with failures", "always the same wait",
     [seen(at * HOUR, status=500) for at in range(3)]),
    ("waits grow with failures", "shorter waits after 404",
     [seen(0, status=404), seen(2 * DAY, status=404), seen(3 * DAY, status=404)]),
    ("waits grow with failures", "the same wait after 429", [seen(at * HOUR, status=429) for at in range(3)]),
    ("hosts that ask for less rest", "a third address of a host",
     [seen(0, "/1", 429, wish=Wish(7200)), seen(2, "/2", 429, wish=Wish(3600)), seen(600, "/3")]),
    ("hosts that ask for less rest", "robots.txt of the host",
     [seen(0, "/1", 503, wish=Wish(7200)), seen(2, "/2", 429, wish=Wish(3600)), robots(600)]),
    ("pages asked twice, guesses thrice", "twice", [robots(0), page(4), page(4000)]),
    ("pages asked twice, guesses thrice", "a third time", [robots(0), page(4), page(22_000), page(44_000)]),
    ("pages asked twice, guesses thrice", "again after 404", [robots(0), page(4, status=404), page(4000)]),
    ("pages asked twice, guesses thrice", "four times",
     [robots(0), *(page(at * 400.0, status=503) for at in range(1, 5))]),
    ("pages asked twice, guesses thrice", "again at once", [robots(0), page(4, status=503), page(30)]),
    ("pages asked twice, guesses thrice", "a guess again and again",
     [seen(at * HOUR, "/feed", role="guess") for at in range(4)]),
    ("User-Agent", "a browser", [seen(0, sent={"user-agent": "Mozilla/5.0"})]),
    ("no cookies", "a cookie", [seen(0, sent={"cookie": "a=1"})]),
    ("no Referer", "a Referer", [seen(0, sent={"referer": "http://a.example/"})]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "rows"), [(rule, rows) for rule, _what, rows in BAD],
                         ids=[f"{rule}: {what}" for rule, what, _rows in BAD])  # fmt: skip
def test_each_kind_of_bad_manners_is_found_and_no_other(rule: str, rows: Sequence[Seen]) -> None:
    violated = {verdict.rule for verdict in judge(log(*rows), LAW) if verdict.violations}
    assert violated - _SIDE.get(rule, set()) == {rule}


# What cannot be done without doing something else, too.
_SIDE = {
    "410 probed": {"waits grow with failures"},
    "robots.txt": {"pause between starts, Crawl-delay"},
}


def test_every_rule_has_been_broken() -> None:
    assert {rule for rule, _what, _rows in BAD} == set(RULES)


GOOD: list[tuple[str, Sequence[Seen]]] = [
    ("hints kept to the second",
     [seen(0, wish=Wish(7200, 3600)), seen(7200 + _SPAN, status=304), seen(7200 + 3602)]),
    ("a week is enough", [seen(0, wish=Wish(1e9)), seen(WEEK + 1)]),
    ("a document without wishes takes the old ones back",
     [seen(0, wish=Wish(document_wait=WEEK)), seen(WEEK + 1), seen(WEEK + 400)]),
    ("echoed, refreshed by a 304, and whole after eight days",
     [seen(0, **GIVEN), seen(4000, status=304, etag='W/"2"', sent=ETAG),
      seen(8 * DAY + 60, sent={})]),
    ("validators of the last good document after one that cannot be read",
     [seen(0, **GIVEN), seen(4000, is_readable=False, etag='"no"', sent=ETAG), seen(8000, sent=ETAG)]),
    ("whole after one that cannot be read",
     [seen(0, **GIVEN), seen(4000, is_readable=False, sent=ETAG), seen(8000)]),
    ("two at once, a second apart", [seen(0, ended=MONDAY + 60), seen(1, "/2"), seen(2, "/3")]),
    ("an allowed page after robots.txt", [robots(0, disallow=("/b/",), crawl_delay=5.0), page(5)]),
    ("no robots.txt", [robots(0, 404), page(5)]),
    ("a move adopted", [*by_way(0), *by_way(HOUR), *by_way(DAY), direct(2 * DAY), direct(3 * DAY)]),
    ("gone, retired, back", [seen(0, status=410), seen(DAY, status=410), seen(8 * DAY + 2), seen(9 * DAY)]),
    ("waits that double", [seen(at * HOUR, status=500) for at in (0, 1, 3, 7, 15, 40, 65)]),
    ("waits that the server chose",
     [seen(0, status=503, wish=Wish(9000)), seen(9001, status=503), seen(14000, status=503)]),
    ("one address turned away", [seen(0, "/1", 429, wish=Wish(7200)), seen(60, "/2"), seen(120, "/3")]),
    ("under way when the host asked for less",
     [seen(0, "/1", 429, wish=Wish(7200)), seen(1, "/2", 429, ended=MONDAY + 5, wish=Wish(7200)),
      seen(4, "/3"), seen(7206, "/1"), seen(7210, "/3")]),
    ("a page tried thrice",
     [robots(0), page(4, status=503), page(70, status=503), page(400)]),
]  # fmt: skip


@pytest.mark.parametrize("rows", [rows for _what, rows in GOOD], ids=[what for what, _rows in GOOD])
def test_good_manners_are_left_in_peace(rows: Sequence[Seen]) -> None:
    assert [line for verdict in judge(log(*rows), LAW) for line in verdict.violations] == []
