"""Tables that tests show in the closing summary of a run, whether they passed or not."""

from collections.abc import Sequence

import pytest


class _Shown:
    """A plugin of one table."""

    def __init__(self, title: str, rows: Sequence[Sequence[object]]) -> None:
        self._title = title
        self._rows = [[str(cell) for cell in row] for row in rows]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the table, its columns aligned."""
        widths = [max(len(row[column]) for row in self._rows) for column in range(len(self._rows[0]))]
        terminalreporter.write_sep("-", self._title)
        for row in self._rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            terminalreporter.write_line(line.rstrip())


def show(config: pytest.Config, title: str, rows: Sequence[Sequence[object]]) -> None:
    """Show a table (rows of the same length) when all tests have run."""
    config.pluginmanager.register(_Shown(title, rows))
