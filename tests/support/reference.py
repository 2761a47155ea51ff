"""The two reference documents, made from the code: `python -m tests.support.reference` writes them anew.

Nothing in them is written by hand but the sentences that introduce a part.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import typer

from aggregator.cli import application
from aggregator.cli.answers import ANSWERS
from aggregator.config import values
from aggregator.config.mistakes import keys
from aggregator.config.record import Record
from aggregator.config.schema import SECTIONS, SourceConfig, TermList, TopicConfig, TopicTest
from aggregator.config.showing import written
from aggregator.config.site import ElementSelectors, SiteConfig, TextSelectors
from aggregator.model import ListingRule
from tests.support.shared import REPOSITORY

CONFIGURATION = REPOSITORY / "config" / "REFERENCE.md"
COMMANDS = REPOSITORY / "aggregator" / "cli" / "REFERENCE.md"
_MADE = "<!-- Made from the code by `make reference`; a test compares. Edit the code, not this file. -->"
_PANEL = re.compile(r"\s+")

_KINDS: tuple[tuple[Any, str], ...] = (
    (values.Duration, "duration"),
    (values.PositiveDuration, "duration"),
    (values.Size, "size"),
    (values.Count, "number from 1"),
    (values.Number, "number from 0"),
    (values.Flag, "true or false"),
    (values.Points, "number"),
    (values.Folder, "path"),
    (values.StoreUrl, "address of a database"),
    (values.BaseUrl, "address"),
    (values.Listen, "host:port"),
    (values.Contact, "address"),
    (values.Proxy, "address of a proxy"),
    (values.SourceProxy, "address of a proxy"),
    (values.Secrets, "list of texts"),
    (values.PrivateRanges, "list of networks"),
    (values.SourceUrl, "address"),
    (values.Headers, "table"),
    (values.Cookies, "table"),
    (values.Auth, "user:password"),
    (values.UserAgent, "text"),
    (values.Line, "text"),
    (values.Lines, "list of texts"),
    (values.Slug, "name"),
    (values.SourceId, "name"),
    (values.Lang, "language"),
    (values.Langs, "list of languages"),
    (values.Selectors, "list of selectors"),
    (values.Content, "text"),
    (values.Formats, "list of formats"),
    (values.QueryText, "query"),
    (values.Prose, "text"),
    (values.Terms, "list of terms"),
    (values.Text, "text"),
    (ElementSelectors, "one or more selectors"),
    (TextSelectors, "one or more selectors"),
    (get_type_hints(SiteConfig, include_extras=True)["host"], "host"),
    (ListingRule, "table [source.listing]"),
    (Mapping[str, values.Points], "table [score]"),
    (tuple[TopicTest, ...], "tables [[test]]"),
    (str, "text"),
    (bool, "true or false"),
)

_HEAD = f"""{_MADE}

# Configuration

Every key that a file may hold. How files go together, with examples to start from: [README](../README.md) and
[following a subject](FOLLOWING.md). `aggregator check` names every mistake with file, line and column;
`aggregator config show --origin` tells which setting holds and where it comes from.

Durations are `30s`, `5m`, `2h`, `7d`; sizes are `500kB`, `16MB`, `1GB` (thousands) or `16MiB` (1024s).

## aggregator.toml

All keys are optional. A variable `AGGREGATOR_SECTION__KEY` wins over the file.
"""

_PARTS: tuple[tuple[str, str, type[Record]], ...] = (
    (
        "sources.d/*.toml: [[source]]",
        "Any number of files with any number of sources. Only `url` is needed; OPML files are read, too.",
        SourceConfig,
    ),
    (
        "topics.d/NAME.toml",
        "One topic a file; its name is the name of the feed. `title` and `query` are needed.",
        TopicConfig,
    ),
    (
        "topics.d/NAME.toml: [[test]]",
        "A text or a stored page that the topic must match, or must not.",
        TopicTest,
    ),
    ("lists.d/NAME.toml", "Terms that topics share as `@NAME`.", TermList),
    ("sites.d/*.toml: [[site]]", "How the article pages of a host are read.", SiteConfig),
)


def configuration() -> str:
    """Return the configuration reference."""
    parts = [_HEAD]
    for name, model in SECTIONS.items():
        parts.append(f"### [{name}]\n\n{_sentence(model)}\n\n{_table(model)}")
    for title, text, model in _PARTS:
        parts.append(f"## {title}\n\n{text}\n\n{_table(model)}")
        if model is SourceConfig:
            parts.append(f"### [source.listing]\n\n{_listing()}")
    return "\n".join(parts)


def _table(model: type[Record]) -> str:
    lines = ["| key | what it holds | default | |", "|---|---|---|---|"]
    hints = get_type_hints(model, include_extras=True)
    names = {"test": "tests"} if model is TopicConfig else {}
    for key in keys(model):
        field = model.model_fields[names.get(key, key)]
        default = "needed" if field.is_required() else _default(field.default, model, names.get(key, key))
        text = _cell(field.description or "")
        lines.append(f"| `{key}` | {_cell(_kind(hints[names.get(key, key)]))} | {default} | {text} |")
    return "\n".join(lines) + "\n"


def _default(default: object, model: type[Record], name: str) -> str:
    if default is None or default in ("", (), {}):
        return ""
    return f"`{written(default, model, name)}`"


def _kind(hint: Any) -> str:
    for known, name in _KINDS:
        if hint == known:
            return name
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(f'"{part}"' for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(_kind(part) for part in parts if part is not NoneType)
    base = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    return {int: "number", timedelta: "duration"}.get(base, "list" if get_origin(base) is tuple else "text")


def _listing() -> str:
    lines = ["| key | what it holds |", "|---|---|"]
    source = inspect.getsource(ListingRule)
    for name, comment in re.findall(r"^    (\w+): [^#\n]*(?:# (.*))?$", source, re.MULTILINE):
        lines.append(f"| `{name}` | {_cell(comment)} |")
    return "\n".join(lines) + "\n"


def _sentence(model: type[Record]) -> str:
    text = (model.__doc__ or "").partition(": ")[2]
    return text[:1].upper() + text[1:]


def _cell(text: str) -> str:
    return _PANEL.sub(" ", text).replace("|", "\\|").strip()


_COMMANDS_HEAD = f"""{_MADE}

# Commands

`aggregator [OPTIONS] COMMAND …`. Data goes to standard output, messages to standard error. What a command
answers with `--json` is described below it: keys may be added, none is renamed or taken away. Instants are
ISO 8601 in UTC; `?` marks what may be null. What cannot be done at all is said on standard error only; the
exit codes are the same with and without `--json`. Colours and bars appear on a terminal only, colours not
where `NO_COLOR` is set.

`aggregator --install-completion` lets your shell (bash, zsh, fish) complete commands and the names of your
own sources and topics.

Exit codes: 0 done, 1 failed, 2 wrong usage, 69 the database does not answer, 73 a file cannot be written, 75
busy, try later, 78 mistakes in the configuration.
"""


def commands() -> str:
    """Return the command reference."""
    root: Any = typer.main.get_command(application)
    parts = [_COMMANDS_HEAD, f"Options before the command:\n\n{_options(root)}"]
    for path, command in _commands(root, ()):
        name = " ".join(path)
        parts.append(f"## aggregator {name}\n\n```\n{_synopsis(name, command)}\n```\n\n{_help(command)}\n")
        if table := _options(command):
            parts.append(table)
        if name in ANSWERS:
            parts.append(_answer(name))
    return "\n".join(parts)


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _synopsis(name: str, command: Any) -> str:
    words = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            word = parameter.metavar or parameter.name.upper()
            word = f"{word}…" if parameter.nargs == -1 or parameter.multiple else word
            words.append(word if parameter.required else f"[{word}]")
    return " ".join(["aggregator", name, *words])


def _help(command: Any) -> str:
    return inspect.cleandoc(command.help or "").strip()


def _options(command: Any) -> str:
    lines = []
    for parameter in command.params:
        if parameter.name in ("help", "install_completion", "show_completion"):
            continue
        if parameter.param_type_name == "argument":
            name = parameter.metavar or parameter.name.upper()
        else:
            name = ", ".join(parameter.opts)
        default = parameter.show_default if isinstance(parameter.show_default, str) else parameter.default
        shown = (
            "" if default in (None, False, "", ()) else f" (default: {getattr(default, 'value', default)})"
        )
        lines.append(f"| `{name}` | {_cell(parameter.help or '')}{shown} |")
    return "\n".join(["| | |", "|---|---|", *lines]) + "\n" if lines else ""


def _answer(name: str) -> str:
    shape = ANSWERS[name]
    each = ", one object a line" if name in ("export", "poll") else ""
    return f"Answer{each}:\n\n```\n{_shape(shape, 0)}\n```\n"


def _shape(shape: Any, depth: int) -> str:
    origin, parts = get_origin(shape), get_args(shape)
    if is_typeddict(shape):
        pad = "  " * (depth + 1)
        hints = get_type_hints(shape)
        rows = [f"{pad}{key}: {_shape(hint, depth + 1)}" for key, hint in hints.items()]
        return "\n".join(["{", *rows, "  " * depth + "}"])
    if origin is list:
        return f"[{_shape(parts[0], depth)}, …]"
    if origin is Mapping:
        return f"{{name: {_shape(parts[1], depth)}, …}}"
    if origin is Literal:
        return " | ".join(f'"{part}"' for part in parts)
    if origin in (Union, UnionType):
        return f"{' | '.join(_shape(part, depth) for part in parts if part is not NoneType)}?"
    return {str: "text", int: "integer", float: "number", bool: "true | false"}[shape]


def documents() -> dict[Path, str]:
    """Return both documents by the file they stand in."""
    return {CONFIGURATION: configuration(), COMMANDS: commands()}


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
