"""Tables that tests show in the closing summary of a run, whether they passed or not."""

from collections.abc import Sequence

import pytest

SHOWN = pytest.StashKey[list[tuple[str, list[list[str]]]]]()


def show(config: pytest.Config, title: str, rows: Sequence[Sequence[object]]) -> None:
    """Show a table (rows of the same length) when all tests have run."""
    config.stash.setdefault(SHOWN, []).append((title, [[str(cell) for cell in row] for row in rows]))


def lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as text, its columns aligned."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
