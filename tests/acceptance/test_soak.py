"""Days of three hundred sources in simulated time: memory and open files stay, and nobody is forgotten.

CI passes a few hours; `make soak` a week (AGGREGATOR_SOAK_HOURS).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import linear_regression

import pytest

from tests.support import soak
from tests.support.shared import REPOSITORY
from tests.support.showing import show

pytestmark = pytest.mark.slow

HOURS = int(os.environ.get("AGGREGATOR_SOAK_HOURS", "4"))


def test_days_pass_and_nothing_grows(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.soak", str(tmp_path), str(HOURS)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-5000:]
    assert "bug" not in ended.stderr, ended.stderr[-5000:]
    hours = [json.loads(line) for line in ended.stdout.splitlines()]
    memory = [hour["memory"] for hour in hours]
    files = [hour["files"] for hour in hours]
    settled = memory[min(soak.A_DAY, HOURS // 2) :]
    slope = linear_regression(range(len(settled)), settled).slope * soak.A_DAY if len(settled) > 1 else 0.0
    rows: list[tuple[object, ...]] = [
        ("simulated", "polls", "memory", "its slope a day", "open files"),
        (
            f"{HOURS} h of {soak.SOURCES} sources",
            sum(hour["polls"] for hour in hours),
            f"{memory[-1] / 1e6:.0f} MB",
            f"{slope / 1e6:+.2f} MB" if HOURS > 2 * soak.A_DAY else "(too short to tell)",
            f"{min(files)} to {max(files)}",
        ),
    ]
    show(pytestconfig, "soak", rows)
    assert files[-1] <= files[len(files) // 2] + 3
    if HOURS > 2 * soak.A_DAY:
        assert slope < 1e6
    else:
        assert memory[-1] - memory[HOURS // 2] < 16e6
