"""Kill -9 at random instants while the web grows: nothing is lost, nothing comes twice, no file is broken.

CI kills a few times; `make crash` kills hundreds of times (AGGREGATOR_KILLS, and AGGREGATOR_SEED for other
instants).
"""

import json
import os
import random
import sqlite3
import time
from xml.etree import ElementTree as ET

import psycopg
import pytest
from psycopg import sql

from tests.acceptance.conftest import QUICK, Scene
from tests.support.cluster import cluster
from tests.support.daemon import Daemon, eventually, fetch
from tests.support.showing import show

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("AGGREGATOR_KILLS", "20"))
SEED = int(os.environ.get("AGGREGATOR_SEED", "1"))
WINDOW = 10_000  # entries of the feed: all
SECONDS = 5.0  # of CPU time until a restarted daemon serves


class Ledger:
    """What readers have seen so far: an entry keeps its id, and no file is ever broken."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._ids: dict[str, str] = {}

    def check(self) -> int:
        """Read all files as they are now; return how many entries the topic's feed has."""
        folder = self._scene.house.state / "feeds"
        for path in folder.glob("*.*"):
            if path.suffix in (".atom", ".rss", ".opml") and not path.name.startswith("."):
                ET.parse(path)
            elif path.suffix == ".json":
                json.loads(path.read_bytes())
        entries = self._scene.house.feed("news")
        assert len({entry.id for entry in entries}) == len({entry.url for entry in entries}) == len(entries)
        assert self._ids.keys() <= {entry.url for entry in entries}
        for entry in entries:
            assert self._ids.setdefault(entry.url, entry.id) == entry.id
        return len(entries)


def is_whole(scene: Scene, url: str) -> bool:
    """Tell whether the database itself finds nothing wrong in it."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
        connection.close()
        return bool(verdict == "ok" and not dangling)
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        names = [sql.Identifier(name) for (name,) in connection.execute(tables).fetchall()]
        return all(
            connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone() for name in names
        )


def serving(scene: Scene, daemon: Daemon) -> float:
    """Wait until it serves; return the CPU time that this took."""
    daemon.until(lambda: fetch(f"{scene.house.base}/healthz")[0], "it serves")
    return daemon.cpu_seconds()


def test_killed_again_and_again_it_loses_and_repeats_nothing(
    scene: Scene, empty_database_url: str, pytestconfig: pytest.Config
) -> None:
    dice = random.Random(SEED)
    # Twenty in CI on the database that most have; fewer on the other, whose own crashes are below.
    kills = KILLS if empty_database_url.startswith("sqlite") or KILLS > 20 else KILLS // 4
    scene.house.write(
        "aggregator.toml",
        scene.house.settings(poll=QUICK, store=f'url = "{empty_database_url}"', publish="items = 5000"),
    )
    # Many lives are too short for a poll: what left the feed unseen would not be our loss.
    scene.outlet.window = WINDOW
    ledger = Ledger(scene)
    starts: list[float] = []
    for number in range(kills):
        with scene.house.daemon() as daemon:
            if dice.random() < 0.3:  # in the middle of the start
                scene.outlet.publish()
                time.sleep(dice.uniform(0.0, 1.5))
            else:
                starts.append(serving(scene, daemon))
                for _ in range(dice.randint(1, 3)):
                    scene.outlet.publish()
                    time.sleep(dice.uniform(0.0, 0.6))
            daemon.assert_alive()
            daemon.kill()
        ledger.check()
        if number % 10 == 9:
            assert is_whole(scene, empty_database_url)
    eventually(scene.is_complete_after_a_run, "all is published", within=300)
    assert ledger.check() == len(scene.outlet.wanted())
    assert is_whole(scene, empty_database_url)
    raw = sorted(int(item["raw_id"]) for item in scene.house.export())
    assert raw == [piece.number for piece in scene.outlet.pieces]
    assert not [path.name for path in (scene.house.state / "feeds").iterdir() if path.name.endswith(".tmp")]
    rows = [
        ("kills", "articles", "lost", "twice", "broken files", "CPU until it serves, most"),
        (kills, len(raw), 0, 0, 0, f"{max(starts):.1f} s"),
    ]
    show(pytestconfig, f"kill -9 on {empty_database_url.partition(':')[0]}", rows)
    assert max(starts) < SECONDS


def test_a_database_server_that_is_killed_again_and_again_loses_and_repeats_nothing(
    scene: Scene, pytestconfig: pytest.Config
) -> None:
    dice = random.Random(SEED)
    kills = max(2, KILLS // 10)
    with cluster() as server:
        if server is None:
            pytest.skip("no PostgreSQL server programs: it cannot be killed")
        store = f'url = "{server.url}"'
        scene.house.write(
            "aggregator.toml", scene.house.settings(poll=QUICK, store=store, publish="items = 5000")
        )
        ledger = Ledger(scene)
        ready, feed = f"{scene.house.base}/readyz", f"{scene.house.base}/feeds/news.atom"
        with scene.house.daemon() as daemon:
            daemon.until(
                lambda: scene.published() == scene.outlet.wanted(), "the first articles are published"
            )
            for _ in range(kills):
                scene.outlet.publish()
                time.sleep(dice.uniform(0.0, 1.0))
                server.kill()
                scene.outlet.publish()
                daemon.until(lambda: fetch(ready)[0] == 503, "it says that it is degraded")
                assert fetch(feed)[0] == 200  # the last good files
                server.start()
                daemon.until(lambda: fetch(ready)[0] == 200, "it goes on by itself", within=60)
                daemon.until(
                    lambda: scene.published() == scene.outlet.wanted(), "nothing was lost", within=120
                )
                ledger.check()
            assert "bug" not in daemon.log
            assert daemon.terminate() == 0
        raw = sorted(int(item["raw_id"]) for item in scene.house.export())
        assert raw == [piece.number for piece in scene.outlet.pieces]
        rows = [("kills of the server", "articles", "lost", "twice"), (kills, len(raw), 0, 0)]
        show(pytestconfig, "PostgreSQL shut down at once under the daemon", rows)
