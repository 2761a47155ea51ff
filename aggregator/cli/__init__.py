"""The command line: what users type. Prints and sets exit codes; the work is done elsewhere.

Nothing heavy is imported until a command runs, so that `--help` and completion answer at once.
"""

from aggregator.cli import (
    article,
    changing,
    configuration,
    database,
    demo,
    doctor,
    explain,
    importing,
    look,
    opml,
    run,
    search,
    show,
    sources,
    stories,
    topics,
)
from aggregator.cli.options import application

__all__ = [
    "application",
    "article",
    "changing",
    "configuration",
    "database",
    "demo",
    "doctor",
    "explain",
    "importing",
    "look",
    "opml",
    "run",
    "search",
    "show",
    "sources",
    "stories",
    "topics",
]
