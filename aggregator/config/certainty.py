"""Tells whether it is certain which database a configuration means, although there are mistakes in it.

Who copies, changes or judges a database must not take another one for it. Looks at [store] and at what a slip
of the pen may have kept from being there; says nothing about other mistakes.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from aggregator.config.files import Document, read
from aggregator.config.layers import from_environment, layered
from aggregator.config.mistakes import keys, record
from aggregator.config.references import References
from aggregator.config.schema import SECTIONS, StoreConfig
from aggregator.errors import Problem

# What an address of a database has in it, or becomes one: nothing else can have been meant as [store] url.
_SIGNS = ("sqlite", "postgres", "${")


def is_store_certain(folder: Path, environ: Mapping[str, str]) -> bool:
    """Tell whether [store] can be read whole, and nothing with an unknown name can be its url."""
    problems: list[Problem] = []
    path = folder / "aggregator.toml"
    document = read(path, problems) if os.path.lexists(path) else None
    if problems:
        return False
    table = layered(document, environ, {}, problems).tables.get("store", {})
    _, mistakes = record(table, StoreConfig, {}, References(environ, folder))
    if document and not isinstance(document.table.get("store", {}), dict):
        return False
    return not mistakes and not any(_may_name_one(value) for value in _strays(document, environ))


def _strays(document: Document | None, environ: Mapping[str, str]) -> Iterator[object]:
    """Give what stands under names that do not exist, in the file and in variables."""
    for name, table in document.table.items() if document else ():
        if name not in SECTIONS or not isinstance(table, dict):
            yield table
        else:
            yield from (value for key, value in table.items() if key not in keys(SECTIONS[name]))
    for _, section, key, value in from_environment(environ):
        if section not in SECTIONS or key not in keys(SECTIONS[section]):
            yield value


def _may_name_one(value: object) -> bool:
    text = str(value).lower()
    return any(sign in text for sign in _SIGNS)
