"""`config show`: the settings that hold, and which file, variable or option each comes from."""

import os
from typing import Annotated

import typer

from aggregator.cli.options import AsJson, Places, application

config = typer.Typer(no_args_is_help=True, help="Show the settings that hold.")
application.add_typer(config, name="config", rich_help_panel="Manage")


@config.callback()
def _group() -> None:
    """Show the settings that hold."""


@config.command()
def show(
    context: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each comes from.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every setting as aggregator.toml would have it, secrets hidden."""
    from dataclasses import asdict

    from aggregator.cli.stored import print_json
    from aggregator.config.showing import shown

    places: Places = context.obj
    plan, _ = places.readable()
    found = shown(plan.config, os.environ, {})
    if as_json:
        settings = [asdict(each) for each in found]
        print_json({"config": str(places.config), "state": str(places.state), "settings": settings}, plan)
        return
    print(f"# configuration: {places.config}\n# state: {places.state}")
    section = ""
    for each in found:
        if each.section != section:
            section = each.section
            print(f"\n[{section}]")
        line = f"{each.key} = {each.value}"
        print(f"{line:<42} # {each.origin}" if origin else line)
