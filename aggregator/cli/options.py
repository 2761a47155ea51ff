"""The options that every command shares, and where configuration and state are when nobody says."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator import __version__

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.errors import Problem

AsJson = Annotated[bool, typer.Option("--json", help="For programs; the keys are stable.")]

application = typer.Typer(
    help="Follow many news sources, publish one clean feed per topic.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Places:
    """Where this command reads its configuration and keeps its state."""

    config: Path
    state: Path

    def plan(
        self,
        overrides: Mapping[str, object] | None = None,
        *,
        may_be_empty: bool = False,
        is_tested: bool = True,
    ) -> "Plan":
        """Read and check the configuration.

        Raises ConfigError with all mistakes; having no source or no topic is none if it `may_be_empty`, and
        the topics' own tests are run if it `is_tested`.
        """
        from aggregator.app import prepare

        how = {"may_be_empty": may_be_empty, "is_tested": is_tested}
        return prepare(self.config, self.state, os.environ, overrides or {}, **how)

    def readable(self, *, needs_store: bool = False) -> "tuple[Plan, tuple[Problem, ...]]":
        """Read what can be read of the configuration, for looking, and say on stderr what cannot.

        Who copies or changes a database `needs_store`: ConfigError where mistakes leave open which it is.
        """
        from aggregator.app import prepare_in_part
        from aggregator.config.certainty import is_store_certain
        from aggregator.errors import ConfigError

        try:
            return self.plan(may_be_empty=True, is_tested=False), ()
        except ConfigError as error:
            if needs_store and not is_store_certain(self.config, os.environ):
                print("the mistakes leave open which database is meant: mend them first", file=sys.stderr)
                raise
            plan = prepare_in_part(self.config, self.state, os.environ)
            print(error, file=sys.stderr)
            print("the configuration has mistakes; this goes by the rest of it", file=sys.stderr)
            return plan, error.problems


def default_config(environ: Mapping[str, str]) -> Path:
    """Return the configuration folder: the service manager's, else the user's (XDG)."""
    if "CONFIGURATION_DIRECTORY" in environ:
        return Path(environ["CONFIGURATION_DIRECTORY"].split(":")[0])
    return Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "aggregator"


def default_state(environ: Mapping[str, str]) -> Path:
    """Return the state folder: the service manager's, else the user's (XDG)."""
    if "STATE_DIRECTORY" in environ:
        return Path(environ["STATE_DIRECTORY"].split(":")[0])
    return Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "aggregator"


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        print(f"aggregator {__version__}")
        raise typer.Exit


@application.callback()
def _options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(envvar="AGGREGATOR_CONFIG", help="Folder of the configuration.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(envvar="AGGREGATOR_STATE", help="Folder of the database and the feeds.")
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option(envvar="AGGREGATOR_LOG_LEVEL", help="What is logged: this and above.")
    ] = LogLevel.INFO,
    log_format: Annotated[
        LogFormat,
        typer.Option(envvar="AGGREGATOR_LOG_FORMAT", help="text for people, json for programs; to stderr."),
    ] = LogFormat.TEXT,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, help="Show the version.", is_eager=True)
    ] = False,
) -> None:
    from aggregator.logs import set_up
    from aggregator.urls import redact

    set_up(log_level.value, redact, as_json=log_format is LogFormat.JSON)
    context.obj = Places(
        config=(config or default_config(os.environ)).absolute(),
        state=(state or default_state(os.environ)).absolute(),
    )
