"""A day of two hundred sources, and weeks of a few, judged by the log of the servers."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator import __version__, app
from tests.support import population
from tests.support.dayweb import DayWeb, EverybodyHere
from tests.support.judge import Law, Seen, Verdict, judge
from tests.support.population import Source
from tests.support.showing import show
from tests.support.simulation import SimulatedTime, Simulation

pytestmark = [pytest.mark.slow, pytest.mark.simulated]

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)  # a Saturday
AGENT = f"aggregator/{__version__} (+https://example.org/bot)"
SETTINGS = """
[serve]
listen = ""
[fetch]
allow_private = ["127.0.0.0/8"]
contact = "https://example.org/bot"
[articles]
full_text = false
[workers]
processes = 1
"""
TOPIC = 'title = "Harbour"\nquery = "harbour"\n'


def plan(folder: Path, sources: Sequence[Source]) -> app.Plan:
    """Write a configuration and read it."""
    config = folder / "config"
    for name, text in {
        "aggregator.toml": SETTINGS,
        "sources.d/all.toml": "".join(source.toml(f"s{number}") for number, source in enumerate(sources)),
        "topics.d/harbour.toml": TOPIC,
    }.items():
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(text)
    return app.prepare(config, folder, {}, {})


def summary(log: Sequence[Seen], verdicts: Sequence[Verdict]) -> list[tuple[object, ...]]:
    """Return the rows of what was seen and what became of each rule."""
    polls = [seen for seen in log if seen.role == "feed"]
    unchanged = sum(seen.status == 304 for seen in polls)
    asked = f"{len(log)} requests: {len(polls)} of feeds ({unchanged / len(polls):.0%} answered 304)"
    pages, robots = (sum(seen.role == role for seen in log) for role in ("page", "robots"))
    others = f"{pages} pages, {robots} robots.txt"
    return [
        (f"{asked}, {others}", "checks", "violations"),
        *((verdict.rule, verdict.checks, len(verdict.violations)) for verdict in verdicts),
    ]


async def live(
    folder: Path, settle: Callable[[DayWeb], list[Source]], span: timedelta, step: float
) -> tuple[list[Source], list[Seen]]:
    """Let simulated time pass over sources; return them and what their servers have seen."""
    time = SimulatedTime(START)
    async with DayWeb(time) as web:
        sources = settle(web)
        ready = plan(folder, sources)
        async with Simulation(
            ready, folder, time, resolver=EverybodyHere(), held=lambda: web.held
        ) as running:
            await running.run(span, step=step)
        return sources, web.log


def judged(sources: Sequence[Source], log: Sequence[Seen]) -> tuple[Verdict, ...]:
    """Return the verdicts on a log."""
    return judge(log, Law(AGENT, frozenset(source.url for source in sources)))


def violations(verdicts: Sequence[Verdict]) -> list[str]:
    """Return all violations, each with its rule."""
    return [f"{verdict.rule}: {line}" for verdict in verdicts for line in verdict.violations]


async def test_a_day_of_two_hundred_sources(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    sources, log = await live(tmp_path, population.settle, timedelta(days=1), step=60)
    verdicts = judged(sources, log)
    show(pytestconfig, "24 simulated hours of 200 sources", summary(log, verdicts))
    assert len(sources) == 200
    assert violations(verdicts) == []
    unused = {verdict.rule for verdict in verdicts if not verdict.checks}
    assert unused == {"moves adopted after a day", "410 probed"}  # a day is too short for them


async def test_three_weeks_of_what_takes_weeks(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    sources, log = await live(tmp_path, population.patient, timedelta(days=21), step=3600)
    verdicts = judged(sources, log)
    show(pytestconfig, f"21 simulated days of {len(sources)} sources", summary(log, verdicts))
    assert violations(verdicts) == []
    checks = {verdict.rule: verdict.checks for verdict in verdicts}
    assert checks["moves adopted after a day"] > 10
    assert checks["410 probed"] >= 3
    assert checks["waits grow with failures"] >= 5
    whole = [seen for seen in log if seen.path == "/constant.xml" and seen.status == 200]
    assert len(whole) == 3  # at first and every eight days


async def test_a_page_that_leads_where_robots_txt_forbids(tmp_path: Path) -> None:
    sources, log = await live(tmp_path, population.astray, timedelta(minutes=10), step=60)
    assert violations(judged(sources, log)) == []
    assert {seen.path.split("/")[1] for seen in log} == {"a", "feed.xml", "robots.txt"}
