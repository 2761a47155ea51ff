"""What can go wrong in a way the user can mend, as exceptions that carry an exit code.

Expected failures of a source are values (`model.Failure`), never exceptions. Anything that is
not in this file and is raised all the same is a bug and must be loud.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the configuration, with the place where it stands."""

    message: str
    file: str
    line: int | None = None
    column: int | None = None
    hint: str | None = None  # the nearest valid key, or what to write instead
    context: str | None = None  # a few lines to show below: the query and its caret

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        text = f"{place}: {self.message}"
        if self.hint:
            text += f" ({self.hint})"
        return f"{text}\n{self.context}" if self.context else text


class AggregatorError(Exception):
    """Base of all errors that end a command with a message and no traceback."""

    exit_code: ClassVar[int] = 1


class UsageError(AggregatorError):
    """The command line cannot be understood or names something that is not there."""

    exit_code = 2


class ServiceDownError(AggregatorError):
    """A service that we need (the database) does not answer."""

    exit_code = 69


class OutputError(AggregatorError):
    """A file or folder cannot be created."""

    exit_code = 73


class BusyError(AggregatorError):
    """Another process holds what we need; trying later may work."""

    exit_code = 75


class ConfigError(AggregatorError):
    """The configuration has mistakes; all of them are listed at once."""

    exit_code = 78

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
