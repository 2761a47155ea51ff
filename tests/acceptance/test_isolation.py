"""A source can only hurt itself: those that hang, bomb or lie leave the polls of others in time."""

import gzip
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import monotonic

import pytest

from tests.support.daemon import Installation
from tests.support.showing import show
from tests.support.web import Answer, ScriptedWeb

pytestmark = [pytest.mark.slow, pytest.mark.alone]

RSS = "application/rss+xml"
GOOD = 50
CADENCE = 4  # seconds between two polls of a source, as configured; jitter and the tick come on top
WARM_UP = 9.0  # seconds for the start and the first polls
WATCHED = 18.0
SETTINGS = {
    "poll": 'interval = "2s"\nmin_interval = "2s"',
    "workers": 'processes = 2\ncpu = "2s"\nmemory = "150MB"',
    "articles": "full_text = false\nrobots = false",
}


def rss(inner: str) -> bytes:
    """Return a feed of these items."""
    head = "<?xml version='1.0'?><rss version='2.0'><channel><title>T</title><link>http://t.example/</link>"
    return f"{head}<description>d</description>{inner}</channel></rss>".encode()


def xml(body: bytes, *headers: tuple[str, str]) -> Answer:
    """Return a document."""
    return Answer(200, (("Content-Type", RSS), *headers), body)


def item(inner: str) -> bytes:
    """Return a feed of one item."""
    return rss(f"<item><guid>1</guid><title>t</title>{inner}</item>")


def hostile() -> dict[str, Answer]:
    """Return what each hostile address answers, again and again."""
    zeros = gzip.compress(bytes(200_000_000), 1)
    return {
        "silent": Answer(hang=True),
        "drop-by-drop": Answer(200, (("Content-Type", RSS),), rss("<item/>" * 100), drip=1.0),
        "head-without-end": Answer(raw=b"HTTP/1.1 200 OK\r\nX-Wait: ", hang=True),
        "gzip-bomb": xml(zeros, ("Content-Encoding", "gzip")),
        "nested": xml(b"<?xml version='1.0'?>" + b"<a>" * 5_000_000),
        "authors": xml(item(f"<author>{'a.b' * 300_000}</author>")),
        "text": xml(item(f"<description>{'&lt;div&gt;' * 1_000_000}</description>")),
        "longer-than-said": xml(rss(""), ("Content-Length", "9")),
        "shorter-than-said": Answer(
            200, (("Content-Type", RSS), ("Content-Length", "9999")), rss(""), close=True
        ),
        "error-as-200": Answer(200, (("Content-Type", "text/html"),), b"<html><body>Error</body></html>"),
        "not-modified-at-all": Answer(304),
        "endless-head": Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"X-Much: more\r\n" * 20_000),
        "no-http": Answer(raw=b"\x16\x03\x01" + bytes(500), close=True),
        "broken-chunks": Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nno\r\n"),
    }


def configured(name: str, url: str, *more: str) -> str:
    """Return the configuration of one source."""
    lines = ["[[source]]", f'url = "{url}"', f'id = "{name}"', f'interval = "{CADENCE}s"', *more]
    return "\n".join(lines) + "\n\n"


def gaps(
    folder: Path, web: ScriptedWeb, bad: str, names: set[str], is_shown: Callable[[], bool]
) -> list[float]:
    """Run a daemon on 50 good sources and some bad ones; return the good ones' mean gaps between polls.

    The daemon goes on until the bad ones have done their worst.
    """
    house = Installation(folder, measured=False)
    house.write("aggregator.toml", house.settings(**SETTINGS))
    # Each on an address, and so on a host, of its own.
    good = "".join(
        configured(f"good-{number}", f"http://127.0.1.{number + 1}:{web.port}/good-{number}.xml")
        for number in range(GOOD)
    )
    house.write("sources.d/all.toml", good + bad)
    house.write("topics.d/news.toml", 'title = "News"\nquery = "news"\n')
    with house.daemon() as daemon:
        daemon.until(lambda: web.hits("/good-0.xml") >= 1, "the first poll", within=60)
        begin = monotonic() + WARM_UP
        daemon.until(
            lambda: monotonic() >= begin + WATCHED, "the watch is over", within=WARM_UP + WATCHED + 5
        )
        end = monotonic()
        daemon.until(is_shown, "the hostile sources were all asked", within=60)
        daemon.assert_alive()
        states = {source["id"]: source for source in house.status()["sources"]}
    assert {name for name in names if not states[name]["last_error"]} == set()
    assert {name for name in states if name.startswith("good") and states[name]["state"] != "ok"} == set()
    watched = [seen for seen in web.log if begin < seen.at < end]
    return [_mean_gap([seen.at for seen in watched if seen.path == f"/good-{n}.xml"]) for n in range(GOOD)]


def _mean_gap(instants: list[float]) -> float:
    return (instants[-1] - instants[0]) / (len(instants) - 1) if len(instants) > 1 else WATCHED


def serve(web: ScriptedWeb) -> None:
    """Let the good sources be good: most have nothing new, every fifth a new entry each time."""
    for number in range(GOOD):
        path = f"/good-{number}.xml"
        web.put(path, item("<description>news</description>"), RSS, etag='"1"')
        if number % 5 == 0:
            web.queue(
                path,
                *(xml(item(f"<guid>{version}</guid><description>news {version}</description>"))
                  for version in range(200)),
            )  # fmt: skip


def test_fifty_sources_keep_their_cadence_beside_hostile_ones(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    with ScriptedWeb("0.0.0.0") as web:
        serve(web)
        alone = gaps(tmp_path / "alone", web, "", set(), lambda: True)
    with ScriptedWeb("0.0.0.0") as web, ScriptedWeb("0.0.0.0") as rude:
        serve(web)
        answers = hostile()
        bad = ""
        for number, (name, answer) in enumerate(answers.items()):
            for copy in range(2):  # two hosts of each kind
                rude.queue(f"/{name}-{copy}.xml", *[answer] * 50)
                url = f"http://127.0.{2 + copy}.{number + 1}:{rude.port}/{name}-{copy}.xml"
                bad += configured(f"{name}-{copy}", url)
        pages = "".join(
            f"<item><guid>{n}</guid><title>{n}</title><link>http://127.0.4.2:{rude.port}/page-{n}</link></item>"
            for n in range(20)
        )
        rude.put("/pages.xml", rss(pages), RSS)
        for number in range(20):
            rude.put(f"/page-{number}", b"<html><body>" + b"<div><p>a<b>" * 150_000)
        bad += configured("pages", f"http://127.0.4.2:{rude.port}/pages.xml", "full_text = true")
        for hop in range(30):
            rude.redirect(f"/hop-{hop}", f"/hop-{hop + 1}")
        bad += configured("redirects", f"http://127.0.4.1:{rude.port}/hop-0")
        names = {f"{name}-{copy}" for name in answers for copy in range(2)} | {"redirects"}
        beside = gaps(
            tmp_path / "beside",
            web,
            bad,
            names,
            lambda: sum(seen.path.startswith("/page-") for seen in rude.log) >= 3,
        )
        asked = rude.hits()
    ratios = [with_them / median(alone) for with_them in beside]
    rows: list[tuple[object, ...]] = [
        (f"{GOOD} sources every {CADENCE} s", "median of mean gaps", "longest"),
        ("alone", f"{median(alone):.2f} s", f"{max(alone):.2f} s"),
        (
            f"beside {len(names)} hostile ones, {asked} requests",
            f"{median(beside):.2f} s",
            f"{max(beside):.2f} s",
        ),
        ("ratio", f"{median(ratios):.3f}", f"{max(ratios):.3f}"),
    ]
    show(pytestconfig, "polls beside sources that hang, bomb and lie", rows)
    assert asked >= len(names)
    assert median(ratios) <= 1.10
    # None pays for the others; one may have bad luck with a tick of a second on a busy machine.
    assert sorted(ratios)[-3] <= 1.35
