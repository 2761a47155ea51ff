"""What the commands that write into the user's files share: tables put at an end, a source as it is told.

A change after which the configuration does not load is taken back.
"""

import shlex
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.cli.options import Places

if TYPE_CHECKING:
    from aggregator.config.edit import Edit
    from aggregator.config.schema import SourceConfig


@dataclass(frozen=True, slots=True)
class Written:
    """Where tables were written, and whether the file was made for nobody else to read."""

    file: str
    line: int
    is_closed: bool

    def __str__(self) -> str:
        closed = ", which only you can read since it holds a secret" if self.is_closed else ""
        return f"{self.file}:{self.line}{closed}"


def write(places: Places, path: Path, tables: str, *, is_private: bool) -> Written:
    """Put tables at the end of a file; taken back if the configuration no longer loads.

    Nobody else can read a file that is made for `is_private` tables; of one that others can read the
    user is warned.
    Raises ConfigError, OutputError.
    """
    from aggregator.config import edit
    from aggregator.config.files import shown

    done = edit.append(path, tables, is_private=is_private)
    keep_if_it_loads(places, done)
    if is_private and (mode := stat.S_IMODE(done.path.stat().st_mode)) & 0o077:
        print(
            f"warning: {shown(path)} holds a secret now, and its mode {mode:04o} is open to others:"
            f" chmod 600 {shlex.quote(shown(path))}",
            file=sys.stderr,
        )
    return Written(shown(path), done.line, is_closed=is_private and done.before is None)


def keep_if_it_loads(places: Places, done: "Edit") -> None:
    """Take an edit back if the configuration no longer loads with it. Raises ConfigError then."""
    from aggregator.config import edit
    from aggregator.errors import ConfigError

    try:
        places.plan(may_be_empty=True)
    except ConfigError:
        edit.take_back(done)
        print("taken back, since the configuration would have these mistakes:", file=sys.stderr)
        raise


def described(source: "SourceConfig") -> dict[str, object]:
    """Return a source as it is configured, for programs."""
    return {
        "id": source.id,
        "url": source.shown_url,
        "title": source.title,
        "kind": source.kind,
        "tags": list(source.tags),
        "lang": source.lang,
        "tier": source.tier,
        "enabled": source.enabled,
        "file": source.file,
    }
