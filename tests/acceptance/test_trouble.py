"""Disks that are full, databases that are locked or damaged: it serves on, says so, and heals by itself."""

import os
import resource
import sqlite3
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import Scene
from tests.support.daemon import Daemon, fetch

pytestmark = pytest.mark.slow

LOCKED = float(os.environ.get("AGGREGATOR_LOCKED", "0"))  # seconds more than it takes to be noticed


def degraded(scene: Scene, daemon: Daemon) -> str:
    """Wait until it says that it is degraded, while the feeds are served on; return what it says."""
    text = daemon.until(lambda: _says(scene), "it says that it is degraded", within=60)
    status, _, body = fetch(f"{scene.house.base}/feeds/news.atom")
    assert status == 200
    assert b"<entry" in body
    return text


def _says(scene: Scene) -> str:
    status, _, body = fetch(f"{scene.house.base}/readyz")
    return body.decode() if status == 503 else ""


def healed(scene: Scene, daemon: Daemon) -> None:
    """Wait until all is well again and what came meanwhile is published."""
    daemon.until(lambda: fetch(f"{scene.house.base}/readyz")[0] == 200, "all is well again", within=60)
    daemon.until(
        lambda: scene.published() == scene.outlet.wanted(), "what came meanwhile is published", within=60
    )
    assert "Traceback" not in daemon.log


def running(scene: Scene, daemon: Daemon) -> None:
    """Wait until the first articles are published."""
    daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the first articles are published")


def test_a_full_disk(scene: Scene) -> None:
    with scene.house.daemon() as daemon:
        running(scene, daemon)
        # No file may be longer than one byte: what a full disk answers, for whoever is not root, too.
        before = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        scene.outlet.publish(3)
        degraded(scene, daemon)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, before)
        healed(scene, daemon)
        assert daemon.terminate() == 0
    raw = sorted(int(item["raw_id"]) for item in scene.house.export())
    assert raw == [piece.number for piece in scene.outlet.pieces]


def test_a_database_that_another_program_has_locked(scene: Scene) -> None:
    other = sqlite3.connect(
        scene.house.state / "aggregator.db", isolation_level=None, check_same_thread=False
    )
    with scene.house.daemon() as daemon:
        running(scene, daemon)
        other.execute("BEGIN IMMEDIATE")
        scene.outlet.publish(2)
        text = degraded(scene, daemon)
        assert "database" in text
        if LOCKED:
            time.sleep(LOCKED)
        assert scene.house.run("status").code == 0  # reading goes on
        other.execute("ROLLBACK")
        healed(scene, daemon)
    other.close()


def test_a_folder_of_feeds_that_cannot_be_written(scene: Scene) -> None:
    folder = scene.house.state / "feeds"
    with scene.house.daemon() as daemon:
        running(scene, daemon)
        folder.rename(folder.with_name("away"))
        folder.write_text("in the way")
        scene.outlet.publish(1)
        daemon.until(lambda: _says(scene), "it says that it is degraded", within=60)
        folder.unlink()
        folder.with_name("away").rename(folder)
        healed(scene, daemon)


@pytest.mark.parametrize("where", [0, 100, 4096])
def test_a_damaged_database_is_refused_and_kept(scene: Scene, where: int) -> None:
    scene.house.once()
    path = scene.house.state / "aggregator.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    damaged = bytearray(path.read_bytes())
    damaged[where : where + 3000] = b"\xff" * 3000
    path.write_bytes(damaged)
    ended = scene.house.run("run")
    assert ended.code == 69, ended.err
    assert str(path) in ended.err
    assert "Traceback" not in ended.err
    assert _first_pages(path) == bytes(damaged[:8192])


def _first_pages(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8192)
