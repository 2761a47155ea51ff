"""When the daemon gives no sign of life any more, so that systemd starts it again: if it hangs, only then."""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import QUICK, Scene
from tests.support import impatient
from tests.support.daemon import Daemon, eventually, fetch
from tests.support.manager import Listener

pytestmark = pytest.mark.slow

PATIENCE = 5  # seconds; a busy database takes 2
LONGEST = 8  # of a task in a worker
SIGN = 1.0  # seconds between two signs of life
WORKERS = 'cpu = "1s"\npage_cpu = "1s"'


class Patient:
    """A running daemon whose signs of life are listened to."""

    def __init__(self, scene: Scene, daemon: Daemon, manager: Listener, hang: Path) -> None:
        self.scene = scene
        self.daemon = daemon
        self.manager = manager
        self.hang = hang  # while this is there, the writer hangs

    def beats(self, within: float) -> bool:
        """Tell whether it gives a sign of life from now on."""
        self.daemon.assert_alive()
        self.manager.silent()
        time.sleep(within)
        return self.manager.heard("WATCHDOG=1") is not None

    def works(self) -> None:
        """Publish an article and wait until the topic carries it."""
        self.scene.outlet.publish()
        self.daemon.until(lambda: self.scene.published() == self.scene.outlet.wanted(), "it is published")

    def assert_silent(self, what: str, within: float) -> None:
        """Wait for it to be silent, and for the reason in the log; it is alive all the same, and says so."""
        eventually(lambda: not self.beats(4 * SIGN), f"{what}: silence", within=within)
        assert f"nothing moves any more room='daemon' what='{what}" in self.daemon.log
        assert not self.beats(4 * SIGN)
        assert fetch(f"{self.scene.house.base}/feeds/news.atom")[0] == 200


@pytest.fixture
def patient(scene: Scene, tmp_path: Path) -> Iterator[Patient]:
    """Give a daemon at work that has published what there is."""
    hang = tmp_path / "hang"
    scene.house.program = [sys.executable, "-P", impatient.__file__, str(PATIENCE), "2", str(hang)]
    scene.house.write("aggregator.toml", scene.house.settings(poll=QUICK, workers=WORKERS))
    with closing(Listener(tmp_path / "notify")) as manager:
        told = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": str(int(3 * SIGN * 1e6))}
        with scene.house.daemon(**told) as daemon:
            patient = Patient(scene, daemon, manager, hang)
            daemon.until(lambda: manager.heard("READY=1"), "it is ready")
            patient.works()
            assert patient.beats(4 * SIGN)
            yield patient


def test_at_work_and_with_a_database_that_another_locks_it_goes_on(patient: Patient) -> None:
    path = patient.scene.house.state / "aggregator.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        end = time.monotonic() + 3 * PATIENCE
        while time.monotonic() < end:
            assert patient.beats(3 * SIGN), patient.daemon.log
        other.execute("ROLLBACK")
    patient.works()
    end = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < end:
        assert patient.beats(3 * SIGN), patient.daemon.log
    assert "nothing moves" not in patient.daemon.log


def test_a_writer_that_hangs_silences_it(patient: Patient) -> None:
    patient.hang.touch()
    patient.assert_silent("the database", within=4 * PATIENCE)


def test_workers_that_hang_silence_it(patient: Patient) -> None:
    for worker in patient.daemon.family():
        if worker != patient.daemon.process.pid:
            os.kill(worker, signal.SIGSTOP)
    patient.scene.outlet.publish()
    patient.assert_silent("the worker processes", within=3 * (PATIENCE + LONGEST))
