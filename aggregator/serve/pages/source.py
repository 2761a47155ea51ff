"""Sources: how they are, when each is asked next and why, and what one of them brings when."""

from datetime import datetime, timedelta

from aggregator.model import SourceState
from aggregator.pipeline import health
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.queries import Json
from aggregator.polling.words import day_of, hour_of_day
from aggregator.serve.pages.charts import bars, week
from aggregator.serve.pages.dress import apart
from aggregator.serve.pages.page import Page, lost, number

_SOURCES = 100  # on a page
_DAYS = 30


async def listed(parts: Parts, only: str | None, asked: str | None) -> Page:
    """Return a page of the sources, those that need a look first; `only` those in one condition."""
    wanted = 1 if asked is None else number(asked)
    if wanted is None or wanted < 1 or (only is not None and only not in health.CONDITIONS):
        return lost("No such page", "The list of all sources is at Sources, above.")
    now = parts.clock.now()
    first = (wanted - 1) * _SOURCES
    found = await parts.gate.look(health.sources, parts.config, now, only=only, first=first, limit=_SOURCES)
    if first and not found.shown:
        return lost("No such page", "There are fewer sources than that.")
    return Page(
        "sources.html",
        {
            "here": "sources",
            "counts": [(word, found.counts[word]) for word in health.CONDITIONS if found.counts.get(word)],
            "sources": [{**each, **_times(each, now)} for each in found.shown],
            "total": len(parts.config.sources),
            "only": only,
            "page": wanted,
            "last": max(1, -(-found.total // _SOURCES)),
        },
    )


async def page(parts: Parts, source_id: str) -> Page:
    """Return one source."""
    wanted = next((each for each in parts.config.sources if each.id == source_id), None)
    if wanted is None:
        return lost("No such source", "It may have been renamed or taken out of the configuration.")
    now = parts.clock.now()
    found = await parts.gate.look(health.source, parts.config, wanted, now)
    return Page(
        "source.html",
        {
            "here": "sources",
            "source": {**found.status, **_times(found.status, now)},
            "tags": wanted.tags,
            "lang": wanted.lang,
            "tier": wanted.tier,
            "newest": found.newest,
            **_habits(found.state, now),
        },
    )


def _times(status: Json, now: datetime) -> dict[str, str | None]:
    """Say how far off what happened last and what comes next are."""

    def away(key: str) -> str | None:
        return apart(datetime.fromisoformat(status[key]), now) if status[key] else None

    is_due = status["next_poll_at"] and datetime.fromisoformat(status["next_poll_at"]) <= now
    return {
        "next_in": "due" if is_due else away("next_poll_at"),
        "success_ago": away("last_success_at"),
        "error_ago": away("last_error_at"),
        "interval": apart(now, now + timedelta(seconds=status["interval_seconds"]))
        if status["interval_seconds"]
        else None,
    }


def _habits(state: SourceState | None, now: datetime) -> dict[str, object]:
    """Draw when it brings something: hours of the week once a week is known, until then the last days."""
    hours = state.rhythm.hours if state else ()
    if state and state.rhythm.weeks >= 1 and any(hours):
        drawn = week(hours)
        busiest = f"{day_of(drawn.busiest)} from {hour_of_day(drawn.busiest)}"
        return {"week": drawn, "busiest": busiest, "bars": None}
    counts = [0] * _DAYS
    for arrival in state.arrivals if state else ():
        age = (now.date() - arrival.date()).days
        if 0 <= age < _DAYS:
            counts[_DAYS - 1 - age] += 1
    drawn_days = bars(counts)
    busiest_day = now - timedelta(days=_DAYS - 1 - drawn_days.most_at)
    return {"week": None, "bars": drawn_days if any(counts) else None, "busiest": busiest_day}
