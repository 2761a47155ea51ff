"""The user's own names for the shell to complete: sources, topics.

Reads the TOML files as they are, without checking them, and loads no other room: the shell waits. What
cannot be read has no names; a file with a mistake is for `check`.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import typer

from aggregator.cli.options import default_config

_MOST_BYTES = 4 << 20  # of all files together: a shell that waits for more is no help


def source_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the ids of the sources that begin so; of a source without one, that made of its address."""
    return sorted(name for name in _sources(_folder(context)) if name.startswith(incomplete))


def topic_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the topics that begin so."""
    names = {path.stem for path in _files(_folder(context) / "topics.d")}
    return sorted(name for name in names if name.startswith(incomplete))


def _folder(context: typer.Context) -> Path:
    given = context.find_root().params.get("config") or os.environ.get("AGGREGATOR_CONFIG")
    return Path(given) if given else default_config(os.environ)


def _sources(folder: Path) -> Iterator[str]:
    for table in _tables(_files(folder / "sources.d")):
        name, url = table.get("id"), table.get("url")
        if isinstance(name, str):
            yield name
        elif isinstance(url, str) and "${" not in url:
            from aggregator.urls import canonical_url, redact, slug

            if redact(url) == url:  # else a part of it is secret, and its id is made without that
                yield slug(canonical_url(url) or url)


def _tables(files: Iterable[Path]) -> Iterator[dict[str, object]]:
    left = _MOST_BYTES
    for path in files:
        with suppress(OSError, ValueError):
            left -= path.stat().st_size
            if left < 0:
                return
            tables = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("source")
            yield from (table for table in tables or () if isinstance(table, dict))


def _files(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(
            path for path in folder.iterdir() if path.suffix == ".toml" and path.name[0] not in ".#"
        )
    return []
