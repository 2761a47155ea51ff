"""`search`: the archive asked in the language of topics."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.names import topic_names
from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.pipeline.queries import Json

_LIMIT = 20


@application.command(rich_help_panel="The archive")
def search(
    context: typer.Context,
    query: Annotated[
        list[str], typer.Argument(help="As in a topic; in quotes where your shell reads signs.")
    ],
    since: Annotated[str | None, typer.Option(help="Only what was first seen so long ago: 12h, 30d.")] = None,
    topic: Annotated[
        str | None, typer.Option(help="Only what this topic matches.", autocompletion=topic_names)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many items.")] = _LIMIT,
    as_json: AsJson = False,
) -> None:
    """Find stored items by a query, newest first, with the words that made them match."""
    from aggregator.cli.progress import busy
    from aggregator.cli.stored import back, known_topic, opened, print_json
    from aggregator.pipeline.search import Bounds, compiled, described
    from aggregator.pipeline.search import search as ask

    places: Places = context.obj
    plan, _ = places.readable()
    wanted = compiled(" ".join(query), plan.config)
    topic_id = known_topic(plan, topic) if topic else None
    with opened(places, plan) as archive, busy("searching"):
        bounds = Bounds(limit, back(since, archive.now) if since else None, topic_id)
        result = ask(archive.connection, wanted, archive.sources, bounds, time.monotonic)
        found = described(archive.connection, wanted, result, archive.sources)
    if as_json:
        print_json(found, plan)
        return
    for item in found["items"]:
        _show(item, plan.config.redact)
    _conclude(found, limit)


def _show(item: "Json", redact: "Callable[[str], str]") -> None:
    from aggregator.cli.stored import says
    from aggregator.text.xmlchars import one_line

    topics = f"  [{', '.join(item['topics'])}]" if item["topics"] else ""
    print(one_line(redact(f"{item['published_at'][:10]}  {item['outlet']} — {item['title']}{topics}")))
    print(f"  {item['id']}  {one_line(redact(item['url'] or 'no address'))}")
    for line in says(item["found"]):
        print(f"  {one_line(redact(line))}")
    print()


def _conclude(found: "Json", limit: int) -> None:
    """Say on stderr how much was looked at, where that is not plain."""
    count = len(found["items"])
    print(f"{count} items{', the newest' if count == limit else ''}", file=sys.stderr)
    if not found["is_narrowed"]:
        print(
            "the index cannot help with this query (it asks for no word, or for too many):"
            f" {found['looked_at']} items were looked at one by one",
            file=sys.stderr,
        )
    if not found["is_complete"] and count < limit:
        print(f"given up: nothing first seen before {found['looked_back_to']} was looked at", file=sys.stderr)
