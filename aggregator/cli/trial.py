"""One source asked as a poll would ask it, for `source add` and `source try`; nothing of it is kept."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.cli.options import Places

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.config.schema import Config, SourceConfig
    from aggregator.errors import UsageError
    from aggregator.model import Entry, Failure, SourceState
    from aggregator.pipeline.outcomes import Decided
    from aggregator.urls import Redactor

_NAME = "source-on-trial"  # of no source: what is stored of others hides no entry


@dataclass(frozen=True, slots=True)
class Trial:
    """What asking a source came to, and what is known of all others."""

    source: "SourceConfig"
    decided: "Decided"
    states: tuple["SourceState", ...]
    redact: "Redactor"

    @property
    def failure(self) -> "Failure | None":
        """Why nothing could be read."""
        return self.decided.failure


def configured(config: "Config", name: str) -> "SourceConfig | None":
    """Return the configured source of that id or address.

    Raises UsageError for an address with credentials that are not the source's: they would go unused.
    """
    from aggregator.errors import UsageError
    from aggregator.urls import credentials

    source = config.find(name)
    given = credentials(name)
    if source is not None and given and given[0] not in source.secrets:
        raise UsageError(
            f"source {source.id} has that address and is asked with its own credentials, not with these: "
            f"leave them out, or write them into {source.file}"
        )
    return source


def neither(name: str) -> "UsageError":
    """Return the error that a name which is no id of a source is no address either."""
    from aggregator.errors import UsageError
    from aggregator.urls import redact

    return UsageError(
        f"no source {redact(name)!r} in the configuration, and it is no http or https address; "
        "aggregator source list shows the ids"
    )


def make_source(places: Places, table: Mapping[str, object]) -> "SourceConfig":
    """Make the source that a [[source]] of these keys would be.

    Raises UsageError with everything that is wrong.
    """
    from aggregator.config.mistakes import record
    from aggregator.config.references import References
    from aggregator.config.schema import SourceConfig
    from aggregator.errors import UsageError

    source, mistakes = record(table, SourceConfig, {}, References(os.environ, places.config))
    if source is None or mistakes:
        lines = (f"{each.message} ({each.hint})" if each.hint else each.message for each in mistakes)
        raise UsageError("; ".join(lines))
    return source


def ask(places: Places, plan: "Plan", source: "SourceConfig") -> Trial:
    """Ask a source that is new to us."""
    from aggregator import loop

    return loop.run(_ask(places, plan, source))


async def _ask(places: Places, plan: "Plan", source: "SourceConfig") -> Trial:
    from aggregator import app
    from aggregator.clock import Clock
    from aggregator.model import SourceState
    from aggregator.pipeline.source import rehearse
    from aggregator.store import sources

    clock = Clock()
    asked = source.model_copy(update={"id": _NAME})
    config = plan.config.model_copy(update={"sources": (*plan.config.sources, asked)})
    async with app.looking(app.Plan(config, plan.topics), places.state, clock) as parts:
        states = await parts.gate.read(sources.all_states)
        fresh = SourceState(asked.id, asked.url, clock.now(), config_digest=asked.digest)
        decided = await rehearse(parts, fresh)
    return Trial(source, decided, tuple(states), config.redact)


def follower(
    sources: Iterable["SourceConfig"], states: Iterable["SourceState"] = ()
) -> Callable[[str], "SourceConfig | None"]:
    """Return what finds the source that follows an address: as configured, found behind it, or moved to."""
    from aggregator.urls import canonical_url

    known = {state.id: (state.feed_url, state.moved_url, state.moving_url) for state in states}
    found: dict[str, SourceConfig] = {}
    for source in sources:
        also = (canonical_url(url) for url in known.get(source.id, ()) if url)
        for key in (source.canonical_url, *also):
            found.setdefault(key, source)
    found.pop("", None)
    return lambda url: found.get(canonical_url(url))


def show(trial: Trial, most: int) -> None:
    """Print what a source is and its newest entries."""
    state, new = trial.decided.state, trial.decided.new
    _line(trial, "source", trial.source.shown_url)
    if trial.failure is not None:
        _line(trial, "failed", trial.failure.detail)
        return
    if state.feed_url:
        _line(trial, "feed", state.feed_url)
    if state.moving_url:
        _line(trial, "moved for good to", state.moving_url)
    _line(trial, "title", state.title or "none")
    dated = sum(item.entry.published_at is not None for item in new)
    linked = sum(item.entry.url is not None for item in new)
    changed = sum(item.entry.updated_at is not None and item.entry.published_at is None for item in new)
    also = f", {changed} with the date of a change only" if changed else ""
    _line(trial, "entries", f"{len(new)}; {linked} with a link, {dated} with a date{also}")
    if state.note:
        _line(trial, "note", state.note)
    for item in tuple(reversed(new))[:most]:
        print()
        _line(trial, when(item.entry), item.entry.title or "no title")
        _line(trial, "", item.entry.url or "no link")


def described(trial: Trial, most: int) -> dict[str, object]:
    """Return what a source is and its newest entries, for programs."""
    from aggregator.pipeline.queries import iso

    state, new, failure = trial.decided.state, trial.decided.new, trial.failure
    return {
        "url": trial.source.shown_url,
        "error": trial.redact(failure.detail) if failure else None,
        "error_kind": failure.kind.value if failure else None,
        "feed_url": state.feed_url,
        "moving_url": state.moving_url,
        "title": state.title,
        "note": state.note,
        "count": len(new),
        "entries": [
            {
                "title": item.entry.title,
                "url": item.entry.url,
                "published_at": iso(item.entry.published_at),
                "updated_at": iso(item.entry.updated_at),
                "summary_html": item.entry.summary_html,
            }
            for item in tuple(reversed(new))[:most]
        ],
    }


def advise(trial: Trial) -> str:
    """Say what to do about a source in which no entry was found."""
    from aggregator.model import FailureKind
    from aggregator.urls import site_root

    url = trial.source.shown_url
    if trial.source.listing is not None:
        return (
            "Nothing was read by these selectors. Look at the page with the inspector of a browser: --item\n"
            "is the element around one entry; all others are looked for inside of it."
        )
    if trial.failure is None or trial.failure.kind is not FailureKind.NOT_A_FEED:
        return ""
    if trial.source.kind == "sitemap":
        if urlsplit(url).path == "/robots.txt":
            return ""  # all that could be advised has just been tried
        return (
            "A sitemap is an XML document with <urlset>, or <sitemapindex> naming others, or a text with an\n"
            "address a line. Most sites name theirs in robots.txt, whose address can be followed itself:\n\n"
            f"  aggregator source try '{site_root(url)}robots.txt' --kind sitemap\n\n"
            "A feed, or a page that has one, is followed without --kind."
        )
    return (
        "No feed was found there. If the page lists articles, it can be followed all the same, with CSS\n"
        'selectors (kind = "listing"). Try them until the entries look right:\n\n'
        f"  aggregator source try '{url}' --item article --link 'h2 a' --date time\n\n"
        "Then write source add for source try. A sitemap is followed with --kind sitemap."
    )


def when(entry: "Entry") -> str:
    """Say when an entry was published, by its own word: never when we saw it."""
    if entry.published_at is not None:
        return f"{entry.published_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"changed {entry.updated_at.astimezone(UTC):%Y-%m-%d}" if entry.updated_at else "no date"


def _line(trial: Trial, label: str, text: str) -> None:
    from aggregator.text.xmlchars import one_line

    print(f"{label:<20}  {one_line(trial.redact(text))}".rstrip())
