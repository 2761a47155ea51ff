"""Two hundred sources of every kind, as a day's polling meets them: scripts for `dayweb`.

What an answer asks of the client is written beside the headers that say it, never read back from them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.support.dayweb import Ask, DayWeb, Reply, Script
from tests.support.judge import HOUR, NO_WISH, WEEK, RobotRules, Wish

Headers = tuple[tuple[str, str], ...]
Style = Callable[[datetime, int], tuple[Headers, float]]  # (now, status) -> headers, the wait they ask for

ORIGIN = datetime(2026, 3, 1, 0, 10, tzinfo=UTC)  # of all feeds
RSS = ("Content-Type", "application/rss+xml; charset=utf-8")
ENTRIES = 4


@dataclass(frozen=True, slots=True)
class Source:
    """One source to configure."""

    url: str
    interval: str = ""
    full_text: bool = False

    def toml(self, name: str) -> str:
        """Return the lines of its configuration."""
        lines = ["[[source]]", f'url = "{self.url}"', f'id = "{name}"']
        lines += [f'interval = "{self.interval}"'] if self.interval else []
        lines += ["full_text = true"] if self.full_text else []
        return "\n".join(lines) + "\n\n"


@dataclass(frozen=True, slots=True)
class Validator:
    """How a server writes its validators; `{n}` is the version."""

    etag: str = ""
    has_date: bool = False
    zone: str = "GMT"

    def headers(self, version: int, changed_at: datetime) -> Headers:
        """Return the headers of one version."""
        made = [("ETag", self.etag.format(n=version))] if self.etag else []
        if self.has_date:
            date = format_datetime(changed_at, usegmt=True).replace("GMT", self.zone)
            made.append(("Last-Modified", date))
        return tuple(made)


VALIDATORS = (
    Validator('"v-{n}"'),
    Validator('W/"{n}"'),
    Validator("{n}-unquoted"),
    Validator(has_date=True),
    Validator('"both-{n}"', has_date=True),
    Validator(),
    Validator('"a,b;{n} \\o/"'),
    Validator(has_date=True, zone="+0000"),
)


def _date(instant: datetime) -> str:
    return format_datetime(instant, usegmt=True)


def plain(_now: datetime, _status: int) -> tuple[Headers, float]:
    """Ask for nothing."""
    return (), 0.0


def aged(_now: datetime, _status: int) -> tuple[Headers, float]:
    """Ask through a cache that has had the answer for a while."""
    return (("Cache-Control", "public, max-age=7200"), ("Age", "600")), 6600.0


def expiring(now: datetime, _status: int) -> tuple[Headers, float]:
    """Ask by a date."""
    return (("Date", _date(now)), ("Expires", _date(now + timedelta(hours=3)))), 3 * HOUR


def fast_clock(now: datetime, _status: int) -> tuple[Headers, float]:
    """Ask by a date on a clock that is two hours fast."""
    fast = now + timedelta(hours=2)
    return (("Date", _date(fast)), ("Expires", _date(fast + timedelta(hours=1)))), HOUR


def overridden(now: datetime, _status: int) -> tuple[Headers, float]:
    """Say two things, of which max-age counts."""
    return (("Cache-Control", "max-age=900"), ("Expires", _date(now + timedelta(hours=9)))), 900.0


def no_cache(_now: datetime, _status: int) -> tuple[Headers, float]:
    """Take a lifetime back in the same breath."""
    return (("Cache-Control", "no-cache, max-age=86400"),), 0.0


def absurd(_now: datetime, _status: int) -> tuple[Headers, float]:
    """Ask for millennia."""
    return (("Cache-Control", "max-age=99999999999"),), WEEK


def retry_later(_now: datetime, _status: int) -> tuple[Headers, float]:
    """Ask by Retry-After on a good answer."""
    return (("Retry-After", "5400"),), 5400.0


def used_up(_now: datetime, _status: int) -> tuple[Headers, float]:
    """Say that this was the last request of the limit."""
    return (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "4500")), 4500.0


def garbage(_now: datetime, _status: int) -> tuple[Headers, float]:
    """Say nothing that means anything."""
    return (("Cache-Control", "max-age=banana"), ("Expires", "0"), ("Retry-After", "soon")), 0.0


def longer_when_unchanged(_now: datetime, status: int) -> tuple[Headers, float]:
    """Ask for more on a 304 than on a document."""
    wait = 9000 if status == 304 else 60
    return (("Cache-Control", f"max-age={wait}"),), float(wait)


STYLES: tuple[Style, ...] = (
    *(plain, aged, plain, expiring, overridden, plain, no_cache, absurd, retry_later, used_up),
    *(garbage, longer_when_unchanged, fast_clock),
)

SY = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
CHANNELS: tuple[tuple[str, Wish], ...] = (
    ("", NO_WISH),
    ("<ttl>100</ttl>", Wish(document_wait=6000)),
    ("", NO_WISH),
    (
        f"<sy:updatePeriod {SY}>daily</sy:updatePeriod><sy:updateFrequency {SY}>8</sy:updateFrequency>",
        Wish(document_wait=3 * HOUR),
    ),
    (
        "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(11, 17)) + "</skipHours>",
        Wish(skip_hours=frozenset(range(11, 17))),
    ),
    ("", NO_WISH),
    ("<skipDays><day>Sunday</day></skipDays>", Wish(skip_days=frozenset((6,)))),
    ("<ttl>99999999</ttl>", Wish(document_wait=WEEK)),
    ("<ttl>soon</ttl>", NO_WISH),
)
RHYTHMS = (timedelta(hours=1), timedelta(days=1), timedelta(days=400), timedelta(hours=3))


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that grows by an entry each `every`; its links begin with `links`."""

    title: str
    links: str
    every: timedelta = timedelta(hours=1)
    validator: Validator = VALIDATORS[0]
    style: Style = plain
    channel: tuple[str, Wish] = CHANNELS[0]
    seconds: float = 0.0
    odd_links: str = ""  # where every other link leads, if elsewhere

    def __call__(self, ask: Ask) -> Reply:
        """Answer as a server that honours validators."""
        version = (ask.now - ORIGIN) // self.every
        given = self.validator.headers(version, self._date(version))
        is_known = _matches(ask, dict(given))
        status = 304 if is_known else 200
        headers, wait = self.style(ask.now, status)
        if is_known:
            return Reply(304, b"", (*given, *headers), Wish(wait=wait), seconds=self.seconds)
        extra, wish = self.channel
        told = Wish(wait, wish.document_wait, wish.skip_hours, wish.skip_days)
        cookie = ("Set-Cookie", "visitor=4711; Path=/")
        head = (RSS, cookie, *given, *headers)
        return Reply(200, self._body(version, extra), head, told, seconds=self.seconds)

    def _date(self, version: int) -> datetime:
        return ORIGIN + version * self.every

    def _body(self, version: int, extra: str) -> bytes:
        items = "".join(self._item(number) for number in range(version, max(version - ENTRIES, -1), -1))
        return (
            f"<?xml version='1.0'?><rss version='2.0'><channel><title>{self.title}</title>"
            f"<link>http://{self.title}/</link><description>d</description>{extra}{items}</channel></rss>"
        ).encode()

    def _item(self, number: int) -> str:
        links = self.odd_links if number % 2 and self.odd_links else self.links
        return (
            f"<item><title>{self.title} {number}</title><link>{links}/{number}</link>"
            f"<guid isPermaLink='false'>{self.title}-{number}</guid>"
            f"<pubDate>{_date(self._date(number))}</pubDate>"
            f"<description>What happened in hour {number}.</description></item>"
        )


def _matches(ask: Ask, given: dict[str, str]) -> bool:
    sent = ask.headers.get("if-none-match")
    if sent is not None:
        return sent == given.get("ETag")
    since = ask.headers.get("if-modified-since")
    return since is not None and since == given.get("Last-Modified")


def always(status: int, *headers: tuple[str, str], wait: float = 0.0, body: bytes = b"no") -> Script:
    """Give one answer for ever."""
    reply = Reply(status, body, (("Content-Type", "text/html"), *headers), Wish(wait=wait))
    return lambda _ask: reply


def until_date(status: int, after: timedelta) -> Script:
    """Refuse with a date in Retry-After."""

    def script(ask: Ask) -> Reply:
        return Reply(status, b"", (("Retry-After", _date(ask.now + after)),), Wish(after.total_seconds() - 1))

    return script


def at_first(script: Script, times: int, after: Script, *, skip: int = 0) -> Script:
    """Answer by one script the first times (the first `skip` excepted), then by another."""
    return lambda ask: (script if skip <= ask.number < skip + times else after)(ask)


def moved(status: int, location: str) -> Script:
    """Send elsewhere."""
    return always(status, ("Location", location), ("Set-Cookie", "moved=1"))


def page(seconds: float = 0.0) -> Script:
    """Give an article."""
    text = "<p>" + "The ministry has said on Monday what it will do about the harbour. " * 12 + "</p>"
    body = f"<!DOCTYPE html><html><head><title>News</title></head><body><article><h1>News</h1>{text * 3}"
    reply = Reply(200, body.encode(), (("Content-Type", "text/html"), ("Set-Cookie", "p=1")), seconds=seconds)
    return lambda _ask: reply


def robots_txt(text: str, rules: RobotRules) -> Script:
    """Give a robots.txt."""
    reply = Reply(200, text.encode(), (("Content-Type", "text/plain"),), rules=rules)
    return lambda _ask: reply


def astray(web: DayWeb) -> list[Source]:
    """Give sources whose pages lead to where a robots.txt does not want us."""
    host, other = "astray.example", "silent.example"
    rules = RobotRules(("/private/",))
    web.put(f"http://{host}/robots.txt", "robots", robots_txt("User-agent: *\nDisallow: /private/\n", rules))
    web.put(
        f"http://{other}/robots.txt", "robots", robots_txt("User-agent: *\nDisallow: /\n", RobotRules(("/",)))
    )
    links = web.url(f"http://{host}/a")
    for number in range(300, 400):
        leads_to = f"http://{host}/private/{number}" if number % 2 else f"http://{other}/{number}"
        web.put(f"http://{host}/a/{number}", "page", moved(301, web.url(leads_to)))
    return [Source(web.put(f"http://{host}/feed.xml", "feed", Feed("astray", links)), full_text=True)]


def settle(web: DayWeb) -> list[Source]:
    """Put all kinds of sources on a web; return what to configure."""
    found = [
        *_many_hosts(web, 65),
        *_busy_hosts(web),
        *_tight_host(web),
        *_failing(web),
        *_moving(web, "40m"),
    ]
    return [*found, *_with_pages(web)]


def patient(web: DayWeb) -> list[Source]:
    """Give sources of which a day shows nothing: moves, what is gone, wishes of days, old validators."""
    constant = Feed("constant", web.url("http://constant.example/a"), RHYTHMS[2], VALIDATORS[4])
    good = Feed("good", web.url("http://good.example/a"), RHYTHMS[1], VALIDATORS[1])
    gone = always(410)
    scripts: dict[str, Script] = {
        "constant": constant,
        "weak": Feed("weak", web.url("http://weak.example/a"), RHYTHMS[2], VALIDATORS[1]),
        "absurd": Feed("absurd", web.url("http://absurd.example/a"), RHYTHMS[1], style=absurd),
        "slow": Feed("slow", web.url("http://slow.example/a"), RHYTHMS[1], channel=CHANNELS[7]),
        "gone": gone,
        "back": at_first(gone, 2, good),
        "lost": always(404),
        "broken": always(500),
        "denied": always(401),
        "over": always(429, ("Retry-After", "99999999999"), wait=WEEK),
        "good": good,
    }
    found = [
        Source(web.put(f"http://{name}.example/{name}.xml", "feed", script))
        for name, script in scripts.items()
    ]
    return [*found, *_moving(web, "9h")]


def _feed(web: DayWeb, host: str, number: int, *, seconds: float = 0.0) -> Source:
    url = f"http://{host}/feed-{number}.xml"
    feed = Feed(
        f"{host}-{number}",
        web.url(f"http://{host}/a"),
        RHYTHMS[number % len(RHYTHMS)],
        VALIDATORS[number % len(VALIDATORS)],
        STYLES[number % len(STYLES)],
        CHANNELS[number % len(CHANNELS)],
        seconds,
    )
    return Source(web.put(url, "feed", feed), interval="20m" if number % 9 == 0 else "")


def _many_hosts(web: DayWeb, count: int) -> Iterator[Source]:
    for number in range(count):
        yield _feed(web, f"n{number}.example", number)


def _busy_hosts(web: DayWeb) -> Iterator[Source]:
    """Give hosts with several sources below one domain; some take their time."""
    for domain in range(10):
        for number in range(6):
            seconds = 9.0 if domain < 3 else 0.0
            yield _feed(web, f"www{number % 3}.group{domain}.example", 6 * domain + number, seconds=seconds)
    for domain in range(2):
        for number in range(10):
            yield _feed(web, f"large{domain}.example", 3 * number + domain, seconds=4.0)


def _tight_host(web: DayWeb) -> Iterator[Source]:
    """Give a host that turns several addresses away from their third request on, for a while."""
    refusal = always(429, ("Retry-After", "7200"), wait=7200.0)
    for number in range(8):
        url = f"http://tight.example/feed-{number}.xml"
        feed: Script = Feed(f"tight-{number}", web.url("http://tight.example/a"))
        if number in {1, 4, 6}:
            feed = at_first(refusal, 2, feed, skip=2)
        yield Source(web.put(url, "feed", feed), interval="10m")


def _failing(web: DayWeb) -> Iterator[Source]:
    retry = "Retry-After"
    html = b"<!DOCTYPE html><html><body><p>We are down for maintenance, back soon.</p></body></html>"
    good = Feed("failing", web.url("http://failing.example/a"), validator=VALIDATORS[4])
    nonsense = Reply(200, html, (("Content-Type", "text/html"), ("ETag", '"error"')), is_readable=False)
    scripts: list[Script] = [
        *(always(status) for status in (400, 401, 403, 404, 406, 410, 451, 500, 502, 503, 504, 429)),
        always(503, (retry, "9000"), wait=9000.0),
        always(503, (retry, "99999999999999"), wait=WEEK),
        always(503, (retry, "-5")),
        always(503, (retry, "soon")),
        until_date(503, timedelta(hours=3)),
        until_date(429, timedelta(hours=5)),
        always(429, (retry, "8000"), wait=8000.0),
        at_first(always(500), 3, good, skip=2),
        at_first(always(404), 2, good, skip=3),
        at_first(always(410), 1, good, skip=4),
        at_first(lambda _ask: nonsense, 2, good, skip=2),
        lambda ask: nonsense if ask.number % 3 == 2 else good(ask),
        lambda _ask: nonsense,
    ]
    for number, script in enumerate(scripts):
        yield Source(web.put(f"http://failing{number}.example/feed.xml", "feed", script), interval="20m")


def _moving(web: DayWeb, interval: str) -> Iterator[Source]:
    for number, statuses in enumerate(
        ((301,), (302,), (307,), (308,), (301, 302), (301, 301), (302, 301), (308,), (303,))
    ):
        host = f"old{number}.example" if number % 2 else f"new{number}.example"  # some stay on their host
        end = Feed(
            f"moved-{number}", web.url(f"http://new{number}.example/a"), validator=VALIDATORS[number % 6]
        )
        target = web.put(f"http://new{number}.example/feed.xml", "feed", end)
        for hop, status in reversed(tuple(enumerate(statuses))):
            target = web.put(f"http://{host}/hop-{hop}.xml", "feed", moved(status, target))
        yield Source(target, interval)
    circle = web.put(
        "http://circle.example/a.xml", "feed", moved(302, web.url("http://circle.example/b.xml"))
    )
    web.put("http://circle.example/b.xml", "feed", moved(302, circle))
    yield Source(circle)


def _with_pages(web: DayWeb) -> Iterator[Source]:
    """Give sources whose pages are fetched, each host with something of its own."""
    everything = (*range(20), *range(300, 400))  # the days and the hours since the origin
    private = RobotRules(("/private/",))
    slow_down = RobotRules(crawl_delay=5.0)
    kinds: list[tuple[str, Script | None, Callable[[int], Script]]] = [
        ("plain", None, lambda _n: page()),
        ("missing", None, lambda _n: always(404)),
        ("private", robots_txt("User-agent: *\nDisallow: /private/\n", private), lambda _n: page()),
        ("calm", robots_txt("User-agent: *\nCrawl-delay: 5\n", slow_down), lambda _n: page()),
        (
            "silent",
            robots_txt("User-agent: aggregator\nDisallow: /\n", RobotRules(("/",))),
            lambda _n: page(),
        ),
        ("broken", always(503, ("Retry-After", "7200"), wait=7200.0), lambda _n: page()),
        ("busy", always(429), lambda _n: page()),
        ("slow", None, lambda _n: page(8.0)),
        ("overloaded", None, lambda n: at_first(always(503), 1 + n % 4, page())),
        (
            "waiting",
            None,
            lambda n: (
                at_first(always(503, ("Retry-After", "28800"), wait=28800.0), 1, page())
                if n % 12 == 0
                else page()
            ),
        ),
        (
            "tired",
            None,
            lambda n: (
                at_first(always(429, ("Retry-After", "1800"), wait=1800.0), 1, page())
                if n % 12 == 0
                else page()
            ),
        ),
        (
            "leading",
            robots_txt("User-agent: *\nCrawl-delay: 60\n", RobotRules(crawl_delay=60.0)),
            lambda n: moved(302, web.url(f"http://leading.example/story/{n}")),
        ),
    ]
    for number, (name, robots, make) in enumerate(kinds):
        host = f"{name}.example"
        if robots is not None:
            web.put(f"http://{host}/robots.txt", "robots", robots)
        links, odd = web.url(f"http://{host}/a"), web.url(f"http://{host}/private")
        feed = Feed(name, links, RHYTHMS[number % 2], odd_links=odd if name == "private" else "")
        for item in everything:
            web.put(f"http://{host}/a/{item}", "page", make(item))
            web.put(f"http://{host}/story/{item}", "page", page())
        yield Source(web.put(f"http://{host}/feed.xml", "feed", feed), full_text=True)
