"""Work that must not grow out of hand: CPU time against a reference that was measured in the same moment.

Where the machine is busy or slow, the reference is slow too, and the bound is wider by as much.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

_USUAL = 0.036  # seconds that the reference takes on an idle machine of 2024
_MARGIN = 2


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail if the block needs more CPU time than so many seconds of an idle machine, and as much again."""
    before = _reference()
    begin = time.process_time()
    yield
    taken = time.process_time() - begin
    bound = _MARGIN * seconds * max(1.0, before / _USUAL, _reference() / _USUAL)
    assert taken <= bound, f"{taken:.2f} s of CPU, more than {bound:.2f}"


def _reference() -> float:
    begin = time.process_time()
    assert sum(number * number % 7 for number in range(300_000)) > 0
    return time.process_time() - begin
