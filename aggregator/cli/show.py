"""`show`: one stored item with its text, as it is published."""

from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from aggregator.pipeline.queries import Json


@application.command(rich_help_panel="The archive")
def show(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(metavar="URL|ID", help="Address of an article, id of an item or of a feed's entry."),
    ],
    as_json: AsJson = False,
) -> None:
    """Show a stored item: where it comes from, who carries it, which topics publish it, and its text."""
    from aggregator.cli.stored import opened, print_json
    from aggregator.pipeline.explain import named_item
    from aggregator.pipeline.queries import show as ask

    places: Places = context.obj
    plan, _ = places.readable()
    with opened(places, plan) as archive:
        item, _others = named_item(archive.connection, name, with_html=True)
        found = ask(archive.connection, plan.config, item)
    if as_json:
        print_json(found, plan)
        return
    from rich.text import Text

    from aggregator.cli.stored import console

    screen = console()
    for line in lines(found):
        screen.print(Text(plan.config.redact(line)))


def lines(found: "Json") -> list[str]:
    """Return an item as lines of text: what it is, then its paragraphs, an empty line between them."""
    from aggregator.text.xmlchars import one_line

    when = (found["published_at"] or "")[:16].replace("T", " ")
    by = f", {', '.join(found['authors'])}" if found["authors"] else ""
    head = [
        found["title"] or "no title",
        f"{found['outlet']}{by}, {when} UTC ({found['published_from']})",
        f"{found['id']}  {found['url'] or 'no address'}",
        f"{found['quality'] or 'no text'}, {found['lang'] or 'unknown language'}, {found['stage']}",
    ]
    if found["copy_of"]:
        head.append(f"copies {found['copy_of']}")
    for match in found["matches"]:
        verdict = "matches" if match["matched"] else "nearly matches"
        head.append(f"{verdict} {match['topic']}, score {match['score']:.1f}")
    head += [f"published in {entry['topic']} as {entry['id']}" for entry in found["entries"]]
    paragraphs = [line for line in map(one_line, found["text"].split("\n")) if line]
    return [*map(one_line, head), *(part for paragraph in paragraphs for part in ("", paragraph))]
