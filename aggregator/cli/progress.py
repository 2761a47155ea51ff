"""A bar or a word on standard error for work that takes long: on a terminal only, never in a pipe or log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int], None]  # steps done, steps in all


@contextmanager
def bar(what: str) -> Iterator[Advance]:
    """Give what is told how far the work is."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def busy(what: str) -> Iterator[None]:
    """Say what is being waited for, where nobody can tell how long; nothing may be printed meanwhile."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
