"""What each command answers with `--json`: the names and types that scripts may lean on.

New keys may be added, none renamed or taken away. Instants are ISO 8601 with a time zone. Nothing here
runs: the command reference is made from it, and a test holds what the commands print against it.
"""

from collections.abc import Mapping
from typing import Any

from aggregator.cli.answers.archive import Article, Explanation, Item, Search, ShownItem, Story
from aggregator.cli.answers.changes import (
    Backup,
    Restoration,
    SourceAddition,
    SourceChange,
    SourceImport,
    Upgrade,
)
from aggregator.cli.answers.running import (
    Check,
    DatabaseCheck,
    Finding,
    Import,
    Poll,
    Settings,
    Source,
    Status,
    Trial,
)
from aggregator.cli.answers.topics import Misses, Topic, TopicTest, TopicTrial

ANSWERS: Mapping[str, Any] = {
    "article": Article,
    "check": Check,
    "config show": Settings,
    "db backup": Backup,
    "db check": DatabaseCheck,
    "db restore": Restoration,
    "db upgrade": Upgrade,
    "doctor": list[Finding],
    "explain": Explanation,
    "export": Item,
    "import": Import,
    "poll": Poll,
    "search": Search,
    "show": ShownItem,
    "source add": SourceAddition,
    "source import": SourceImport,
    "source list": list[Source],
    "source pause": SourceChange,
    "source remove": SourceChange,
    "source resume": SourceChange,
    "source try": Trial,
    "status": Status,
    "stories": list[Story],
    "topic list": list[Topic],
    "topic misses": Misses,
    "topic test": list[TopicTest],
    "topic try": TopicTrial,
}
"""The shape of each command's answer; `export` and `poll` write one such object a line."""
