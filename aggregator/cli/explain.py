"""`explain`: why an item is in a topic, or is not."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.names import topic_names
from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from aggregator.pipeline.queries import Json

_MANY = 20  # topics that reject an item are counted, from here, not named


@application.command(rich_help_panel="The archive")
def explain(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(metavar="URL|ID", help="Address of an article, id of an item or of a feed's entry."),
    ],
    topic: Annotated[
        str | None,
        typer.Option(help="This topic only, with every clause of its query.", autocompletion=topic_names),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say of every topic whether a stored item matches it and why, and what the item copies."""
    from aggregator.cli.stored import known_topic, opened, print_json
    from aggregator.pipeline.explain import explain as ask

    places: Places = context.obj
    plan, _ = places.readable()
    only = None if topic is None else (known_topic(plan, topic),)
    with opened(places, plan) as archive:
        found = ask(archive.connection, plan.config, plan.topics, name, only)
    if as_json:
        print_json(found, plan)
        return
    _Page(plan.config.redact).show(found, is_whole=topic is not None)


class _Page:
    """Prints an explanation, without secrets and without anything that moves a cursor."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def show(self, found: "Json", *, is_whole: bool) -> None:
        """Print all of it: topics that match first, those that reject it last."""
        item, copied = found["item"], found["copy_of"]
        self._line(f"{item['published_at'][:10]}  {item['outlet']} — {item['title']}")
        lang = item["lang"] or "unknown language"
        text = f"{item['characters']:,} characters, {item['quality'] or 'no text'}, {lang}"
        self._line(f"{item['id']} {item['url'] or 'no address'}", "  ")
        self._line(f"{text}{'; ' if item['note'] else ''}{item['note']}", "  ")
        if copied:
            self._line(f"copies {copied['outlet']} — {copied['title']} ({copied['because']})", "  ")
        for copy in found["copies"]:
            self._line(f"also carried by {copy['outlet']} ({copy['because']})", "  ")
        if found["story"] and found["story"]["like"]:
            like = found["story"]["like"]
            because = found["story"]["because"]
            self._line(f"tells of the same as {like['outlet']} — {like['title']} ({because})", "  ")
        for other in found["same_address"]:
            self._line(f"also stored from {other['source']}, as {other['id']}", "  ")
        order = {"matched": 0, "near miss": 1, "rejected": 2}
        topics = sorted(found["topics"], key=lambda each: order[each["verdict"]])
        rejected = [each for each in topics if each["verdict"] == "rejected"]
        for each in topics[: len(topics) - len(rejected)]:
            self._topic(each, is_whole=is_whole)
        if len(rejected) > _MANY:
            print(f"\n{len(rejected)} topics reject it; --topic ID says why")
            return
        for each in rejected:
            self._topic(each, is_whole=is_whole)

    def _topic(self, topic: "Json", *, is_whole: bool) -> None:
        print()
        kept = f", decided {topic['decided_at'][:16].replace('T', ' ')} UTC" if topic["is_kept"] else ""
        self._line(
            f"{topic['topic']}: {topic['verdict']}, {topic['why']}{kept}  (version {topic['version']})"
        )
        if topic["entry"]:
            self._line(f"published as {topic['entry']['id']}", "  ")
        for part in topic["reasons"]:
            place = f"  [{part['field']}]" if part["field"] else ""
            named = f"{part['term']}: " if part["term"] else ""
            self._line(f"{named}{part['snippet']}{place}", f"  {part['points']:+5.1f}  {part['part']:<14} ")
        if is_whole or topic["score"] is None:
            for clause in topic["query"]:
                self._clause(clause)

    def _clause(self, clause: "Json") -> None:
        sign = "yes" if clause["is_held"] else "no"
        note = f" ({clause['note']})" if clause["note"] else ""
        self._line(f"{clause['clause']}{note}", f"  {sign:<4} ")
        for place in clause["found"]:
            self._line(f"{place['term']}: {place['snippet']}", f"       {place['field']:<6} ")

    def _line(self, text: str, label: str = "") -> None:
        """Print a line; `label` is ours and stays as it is."""
        from aggregator.text.xmlchars import one_line

        print(label + one_line(self._redact(text)))
