"""What a command and its children cost, from the kernel's own books, and what a benchmark comes to."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took, its children that ended included."""

    cpu: float  # seconds, user and system
    wall: float  # seconds

    def less(self, start_up: "Cost") -> "Cost":
        """Return the cost net of what starting up takes."""
        return Cost(self.cpu - start_up.cpu, self.wall - start_up.wall)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a benchmark found, in a line; None where it promises nothing or could not run."""

    is_met: bool | None
    line: str

    def __str__(self) -> str:
        word = {True: "PASS", False: "FAIL", None: "    "}[self.is_met]
        return f"{word} {self.line}"


def run(words: Sequence[str], environment: Mapping[str, str], *, stdin: str = "") -> Cost:
    """Run a command to its end and return what it cost; anything but success fails."""
    with subprocess.Popen(
        list(words),
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        begin = time.monotonic()
        process.stdin.write(stdin)
        process.stdin.close()
        complaints = process.stderr.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, f"{' '.join(words)}: {process.returncode}\n{complaints[-2000:]}"
    return Cost(usage.ru_utime + usage.ru_stime, wall)
