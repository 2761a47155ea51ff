"""A table of what servers did to us and what we made of it, printed at the end of a run.

A test opens a row with the fixture `case` and closes it with what really came out:

    async def test_something(case: NewCase) -> None:
        row = case("rude: no length", "says nothing about its length and closes")
        ...
        row.came_to(outcome(result))

A row that a passing test leaves open is an error. Nothing here judges an outcome; that is for the test.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aggregator.model import Failure, Fetched, FetchResult
from tests.support.web import Answer

COLUMNS = (("case", 44), ("what the server does", 58), ("what we do", 84))


@dataclass(slots=True)
class Case:
    """One row: a name, what the server does, and what came of it."""

    name: str
    does: str
    outcome: str = ""

    def came_to(self, outcome: str) -> None:
        """Close the row with what really happened."""
        self.outcome = outcome


NewCase = Callable[[str, str], Case]


@dataclass(slots=True)
class Table:
    """The rows of one run."""

    rows: list[Case] = field(default_factory=list)

    def closed(self) -> list[tuple[str, ...]]:
        """Return the rows that have an outcome as text that any channel carries."""
        return [
            tuple(_printable(cell) for cell in (row.name, row.does, row.outcome))
            for row in self.rows
            if row.outcome
        ]

    def lines(self) -> list[str]:
        """Return the table as text: sorted, each column cut to its width."""
        rows = sorted(self.closed())
        titles = tuple(title for title, _ in COLUMNS)
        return [_line(cells) for cells in (titles, tuple("-" * width for _, width in COLUMNS), *rows)]


def _line(cells: Iterable[str]) -> str:
    return "  ".join(_cut(cell, width) for cell, (_, width) in zip(cells, COLUMNS, strict=True)).rstrip()


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "·" for char in text)


def _cut(text: str, width: int) -> str:
    return (text if len(text) <= width else f"{text[: width - 1]}…").ljust(width)


def outcome(result: FetchResult) -> str:
    """Say in one line what a fetch came to."""
    if isinstance(result, Failure):
        wait = f", back in {result.retry_after.total_seconds():.0f} s" if result.retry_after else ""
        return f"{result.kind}: {result.detail}{wait}"
    hops = f", {len(result.redirects)} redirects" if result.redirects else ""
    hints = "".join(f", {hint.source} {hint.wait.total_seconds():.0f} s" for hint in result.hints)
    if isinstance(result, Fetched):
        return f"document of {len(result.body):,} bytes{hops}{hints}"
    return f"not modified{hops}{hints}"


def doing(answer: Answer) -> str:
    """Say in one line what a scripted server does, from its script."""
    if answer.raw is not None:
        shown = answer.raw[:200].decode("latin-1").replace("\r\n", "⏎").replace("\n", "↓")
        text = f"sends {shown}" + (" …" if len(answer.raw) > 200 else "") if answer.raw else "sends nothing"
    elif answer.hang:
        return "takes the request and never answers"
    else:
        headers = "".join(f"⏎{name}: {value}" for name, value in answer.headers)
        text = f"{answer.status}{headers}, {len(answer.body):,} bytes"
    text += f", after {answer.delay} s" if answer.delay else ""
    text += f", a byte each {answer.drip} s" if answer.drip else ""
    return text + (", hangs" if answer.hang else ", closes" if answer.close else "")
