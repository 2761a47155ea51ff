"""The daemon's own settings: command line over environment over aggregator.toml over defaults.

It knows sections and keys only by the records in `schema`, and remembers for each key which layer
it came from, so that a mistake is reported where it was made.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from aggregator.config import proxies
from aggregator.config.files import Document, Mistake
from aggregator.config.mistakes import keys, nearest, record, unknown
from aggregator.config.record import Record
from aggregator.config.references import References
from aggregator.config.schema import SECTIONS
from aggregator.errors import Problem

PREFIX = "AGGREGATOR_"
_ELSEWHERE = {  # what people look for in aggregator.toml
    "source": "sources stand in sources.d/*.toml",
    "sources": "sources stand in sources.d/*.toml, each below a line [[source]]",
    "topic": "topics stand in topics.d/*.toml, one a file",
    "topics": "topics stand in topics.d/*.toml, one a file",
}


@dataclass
class Layers:
    """All values that were set, and the origin of each that is not in the file."""

    tables: dict[str, dict[str, object]] = field(default_factory=dict)
    origins: dict[tuple[str, str], str] = field(default_factory=dict)

    def put(self, section: str, key: str, value: object, origin: str) -> None:
        """Let a value win over what is there."""
        if isinstance(value, str):
            value = _from_text(SECTIONS[section], key, value)
        self.tables.setdefault(section, {})[key] = value
        self.origins[section, key] = origin


def settings(
    document: Document | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    references: References,
    problems: list[Problem],
) -> dict[str, Record]:
    """Read all sections; `document` is aggregator.toml, None where it is absent or broken."""
    layers = layered(document, environ, overrides, problems)
    found: dict[str, Record] = {}
    places = {"fetch": {"environment": proxies.variables(environ)}}
    for name, model in SECTIONS.items():
        result, mistakes = record(layers.tables.get(name, {}), model, places.get(name, {}), references)
        problems += [_locate(mistake, name, document, layers) for mistake in mistakes]
        if result:
            found[name] = result
    return found


def origins(
    document: Document | None, environ: Mapping[str, str], overrides: Mapping[str, object]
) -> dict[tuple[str, str], str]:
    """Say for each section and key that is set where: file and line, variable or option."""
    layers = layered(document, environ, overrides, [])
    found = {}
    for section, table in layers.tables.items():
        for key in table:
            origin = layers.origins.get((section, key))
            if origin is None and document is not None:
                origin = f"{document.file}:{document.positions.key((section, key))[0]}"
            found[section, key] = origin or ""
    return found


def layered(
    document: Document | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    problems: list[Problem],
) -> Layers:
    """Lay what was set over each other, the command line on top, before it is read as what it should be."""
    layers = Layers()
    if document:
        for name, table in document.table.items():
            if name not in SECTIONS:
                problems.append(_problem(document, _unknown_section(name)))
            elif isinstance(table, dict):
                layers.tables[name] = dict(table)
            else:
                mistake = Mistake((name,), f"{name} must be a table", f"write [{name}] on a line of its own")
                problems.append(_problem(document, mistake))
    for origin, section, key, value in (*from_environment(environ), *_from_command_line(overrides)):
        if section in SECTIONS:
            layers.put(section, key, value, origin)
        else:
            problems.append(_problem(None, _unknown_section(section), origin))
    return layers


def from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str, object]]:
    """Give variable, section, key and value of each setting that stands in the environment."""
    for name, value in sorted(environ.items()):
        section, mark, key = name.removeprefix(PREFIX).partition("__")
        if name.startswith(PREFIX) and mark:  # AGGREGATOR_CONFIG and AGGREGATOR_STATE are no settings
            yield name, section.lower(), key.lower(), value


def _from_command_line(overrides: Mapping[str, object]) -> Iterator[tuple[str, str, str, object]]:
    for name, value in overrides.items():
        section, _, key = name.partition(".")
        yield f"option {name}", section, key, value


def _from_text(model: type[Record], key: str, text: str) -> object:
    """Read the text of a variable or option as what the key holds; text that does not fit stays text."""
    default = model.model_fields[key].default if key in model.model_fields else None
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(default, int):
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else text
    if isinstance(default, tuple):
        return _list_from_text(text)
    return text


def _list_from_text(text: str) -> object:
    """Read `["a", "b"]` or `a, b`."""
    if text.lstrip().startswith("["):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):
            return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _unknown_section(name: str) -> Mistake:
    mistake = unknown((name,), SECTIONS, what="section")
    return replace(mistake, hint=_ELSEWHERE.get(name) or _owner(name) or mistake.hint)


def _owner(key: str) -> str | None:
    """Tell where a key belongs that stands in the wrong section; None if that is not certain."""
    owners = [section for section, model in SECTIONS.items() if key in keys(model)]
    return f"it belongs below [{owners[0]}]" if len(owners) == 1 else None


def _locate(mistake: Mistake, section: str, document: Document | None, layers: Layers) -> Problem:
    """Give a mistake the place of the layer that made it."""
    key = str(mistake.path[0]) if mistake.path else None
    if mistake.is_about_key and key and not nearest(key, keys(SECTIONS[section])):
        mistake = replace(mistake, hint=_owner(key) or mistake.hint)
    if key is not None:
        origin = layers.origins.get((section, key))
    else:  # values that do not go together: the last layer that touched the section made it so
        known = [(section, name) for name in keys(SECTIONS[section])]
        origin = next((layers.origins[each] for each in reversed(layers.origins) if each in known), None)
    return _problem(document, mistake.below((section,)), origin)


def _problem(document: Document | None, mistake: Mistake, origin: str | None = None) -> Problem:
    if origin or document is None:
        return Problem(mistake.message, origin or "settings", hint=mistake.hint)
    return document.problem(mistake)
