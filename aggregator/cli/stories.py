"""`stories`: which events the sources tell of, and who carries them; looks without touching."""

import json
import sys
from typing import Annotated, Any

import typer

from aggregator.cli.options import AsJson, Places, application


@application.command(rich_help_panel="The archive")
def stories(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="How far back, like 12h or 2d.")] = "2d",
    everything: Annotated[bool, typer.Option("--all", help="Also what only one item tells.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the stories with an item since then, and who carries them; `=` marks copies of one text."""
    from aggregator.cli.stored import back
    from aggregator.clock import Clock
    from aggregator.pipeline.stories import told
    from aggregator.store import database
    from aggregator.store.engine import reading

    first = back(since, Clock().now())
    places: Places = context.obj
    plan, _ = places.readable()
    config = plan.config
    engine = database.open_existing(config.store.url, places.state)
    with reading(engine) as connection:
        found = told(connection, config, first)
    if not everything:
        found = [story for story in found if len(story["items"]) > 1]
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for line in lines(found):
        print(line)
    print(f"{len(found)} stories since {since}", file=sys.stderr)


def lines(found: list[dict[str, Any]]) -> list[str]:
    """Return stories as text: a line each, then a line for each item, copies marked."""
    from aggregator.polling.words import times

    result = []
    for story in found:
        counts = ((len(story["items"]), "item"), (story["reports"], "report"), (story["outlets"], "outlet"))
        counted = ", ".join(times(count, what) for count, what in counts)
        result.append(f"{story['id']}  {counted}: {story['title']}")
        for item in story["items"]:
            mark = "=" if item["copy_of"] else " "
            when = item["first_seen_at"][:16].replace("T", " ")
            lang = item["lang"] or "?"
            told = f"{item['outlet']}: {item['title']}  {item['url'] or ''}"
            result.append(f"  {mark} {item['id']}  {when}  {lang:2}  {told}")
    return [" ".join(line.split("\n")) for line in result]
