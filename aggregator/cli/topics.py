"""`topic list`, `misses`, `try` and `test`: what topics take and nearly took, what an edit would change."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.names import topic_names
from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.app import Plan
    from aggregator.config.schema import TopicConfig
    from aggregator.match import Topics
    from aggregator.pipeline.queries import Json

_SHOWN = 3  # parts of a score in a list of items

topics = typer.Typer(no_args_is_help=True, help="List, try and test topics; see what they nearly took.")
application.add_typer(topics, name="topic", rich_help_panel="Manage")

_Since = Annotated[str, typer.Option(help="Look at what was first seen so long ago: 12h, 30d.")]
_Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many items are shown.")]


@topics.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the topics: what each carries, matches and nearly takes, and its query as it was understood."""
    from aggregator.cli.stored import opened_if_there, print_json, rows
    from aggregator.pipeline.topics import listed

    places: Places = context.obj
    plan, _ = places.readable()
    with opened_if_there(places, plan) as archive:
        found = listed(archive.connection if archive else None, plan.topics, plan.config.topics)
    if as_json:
        print_json(found, plan)
        return
    names = ("topic", "entries", "matches", "near misses", "from", "query")
    lines = [
        (
            topic["id"],
            _count(topic["entries"]),
            f"{_count(topic['matches'])}{' …' if topic['is_under_review'] else ''}",
            _count(topic["near_misses"]),
            f"{topic['threshold']:g}",
            topic["query"],
        )
        for topic in found
    ]
    rows(names, lines, folded=-1)
    if any(topic["is_under_review"] for topic in found):
        print("…: still being held against the archive", file=sys.stderr)


@topics.command()
def misses(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="Name of the topic.", autocompletion=topic_names)],
    since: _Since = "30d",
    limit: _Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Show what a topic nearly took, the nearest first, and what was missing."""
    from aggregator.cli.stored import back, known_topic, opened, print_json
    from aggregator.pipeline.topics import misses as ask

    places: Places = context.obj
    plan, _ = places.readable()
    topic = known_topic(plan, topic)
    with opened(places, plan) as archive:
        cutoff = back(since, archive.now)
        found = ask(archive.connection, plan.topics, archive.sources, topic, cutoff, limit)
    if as_json:
        print_json(found, plan)
        return
    page = _Page(plan.config.redact)
    for item in found["items"]:
        old = "" if item["is_current"] else ", by an earlier version of the topic"
        page.item(f"{item['score']:.1f}", item, old)
    print(f"{len(found['items'])} near misses; published from {found['threshold']:g}", file=sys.stderr)


@topics.command("try")
def try_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The topic as you have edited it; its name says which it is.")],
    since: _Since = "30d",
    limit: _Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Show what an edited or new topic would add and remove before it goes live; change nothing."""
    from aggregator.cli.progress import busy
    from aggregator.cli.stored import back, opened, print_json
    from aggregator.errors import ConfigError
    from aggregator.match import run_tests
    from aggregator.pipeline.topics import Window, trial

    places: Places = context.obj
    plan, _ = places.readable()
    config, edited = _edited(plan, file)
    with opened(places, plan) as archive, busy("looking through the archive"):
        window = Window(back(since, archive.now), archive.now - plan.config.poll.first_age)
        found = trial(archive.connection, edited, archive.sources, config.id, window)
    if as_json:
        print_json(found, plan)
    else:
        _show_trial(found, limit, plan)
    if failing := run_tests(edited.only([config.id])):
        raise ConfigError(failing)


def _edited(plan: "Plan", file: Path) -> "tuple[TopicConfig, Topics]":
    """Compile the configured topics with one of them, or a new one, as a file has it. Raises ConfigError."""
    from aggregator.config.load import read_topic
    from aggregator.errors import ConfigError
    from aggregator.match import compile_topics

    config = read_topic(file.absolute(), plan.config.sources)
    rest = (topic for topic in plan.config.topics if topic.id != config.id)
    edited, mistakes = compile_topics((*rest, config), plan.config.lists)
    if mistakes:
        raise ConfigError(mistakes)
    return config, edited


def _show_trial(found: "Json", limit: int, plan: "Plan") -> None:
    page = _Page(plan.config.redact)
    for item in found["added"][:limit]:
        note = "" if item["is_announced"] else ", too old for a new entry"
        page.item(f"+ {item['score']:.1f}", item, note)
    for item in found["removed"][:limit]:
        page.item(f"- {item['score_was']:.1f}", item, f", {item['why']}")
    rest = "" if found["is_complete"] else f", back to {found['looked_back_to']}"
    print(
        f"{found['topic']}: {len(found['added'])} would be added, {len(found['removed'])} removed,"
        f" {found['kept']} stay; {found['looked_at']} items looked at{rest}",
        file=sys.stderr,
    )


@topics.command("test")
def run_cases(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(help="Name of the topic.", show_default="all", autocompletion=topic_names),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the tests in a topic's file, or in all; exit 1 if one fails."""
    from aggregator.cli.stored import known_topic, opened_if_there, print_json
    from aggregator.pipeline.topics import cases

    places: Places = context.obj
    plan = places.plan(may_be_empty=True, is_tested=False)
    chosen = [known_topic(plan, topic)] if topic else plan.topics.ids
    with opened_if_there(places, plan) as archive:
        sources = archive.sources if archive else {}
        found = cases(archive.connection if archive else None, plan.topics, sources, chosen)
    if as_json:
        print_json(found, plan)
    else:
        _show_tests(found, plan)
    if any(case["has_passed"] is False for case in found):
        raise typer.Exit(1)


def _show_tests(found: "Sequence[Json]", plan: "Plan") -> None:
    from aggregator.text.xmlchars import one_line

    words = {True: "pass", False: "FAIL", None: "skip"}
    for case in found:
        wanted = "matches" if case["expected"] else "does not match"
        got = "not stored" if case["matched"] is None else "the query does not hold"
        if case["score"] is not None:
            got = f"score {case['score']:.1f}"
        what = one_line(plan.config.redact(case["text"] or case["url"]))[:80]
        print(f"{words[case['has_passed']]}  {case['file']}:{case['line']}  {wanted}: {what}  ({got})")
    passed = [case["has_passed"] for case in found]
    skipped = f", {passed.count(None)} on pages that are not stored" if None in passed else ""
    print(f"{passed.count(True)} of {len(passed)} tests pass{skipped}", file=sys.stderr)


class _Page:
    """Prints items of a list, without secrets and without anything that moves a cursor."""

    def __init__(self, redact: "Callable[[str], str]") -> None:
        self._redact = redact

    def item(self, sign: str, item: "Json", note: str) -> None:
        """Print one: score, date, outlet and title, then its id and the weightiest parts of its score."""
        self._line(f"{sign:<6}", f"{item['published_at'][:10]} {item['outlet']} — {item['title']}{note}")
        self._line("      ", f"{item['id']} {item['url'] or 'no address'}")
        for part in item["reasons"][:_SHOWN]:
            named = f"{part['term']}: " if part["term"] else ""
            self._line(f"      {part['points']:+5.1f}  {part['part']:<14} ", f"{named}{part['snippet']}")
        print()

    def _line(self, label: str, text: str) -> None:
        from aggregator.text.xmlchars import one_line

        print(label + one_line(self._redact(text)))


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)
