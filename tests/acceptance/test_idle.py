"""What a daemon takes while nothing succeeds: two thousand sources whose server is gone."""

import random
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.acceptance.conftest import Scene
from tests.support.daemon import free_port
from tests.support.showing import show

pytestmark = [pytest.mark.slow, pytest.mark.alone]

SOURCES = 2000
WATCHED = 15.0  # seconds
MOST = 0.02  # of a processor


def test_two_thousand_failing_sources_cost_next_to_nothing(scene: Scene, pytestconfig: pytest.Config) -> None:
    port = free_port()
    lines = [
        f'[[source]]\nurl = "http://127.0.0.1:{port}/{number}.xml"\nid = "gone-{number}"\n'
        for number in range(SOURCES)
    ]
    scene.house.write("aggregator.toml", scene.house.settings())
    scene.house.write("sources.d/gone.toml", "".join(lines))
    with scene.house.daemon() as daemon:
        daemon.until(lambda: "ready" in daemon.log, "the sources are stored", within=60)
        daemon.kill()
    # As it is after days of failures: each is tried once a day, at any time of it.
    dice, now = random.Random(1), datetime.now(UTC)
    rows = [
        (
            (now + timedelta(seconds=dice.uniform(0, 86_400))).strftime("%Y-%m-%d %H:%M:%S.%f"),
            f"gone-{number}",
        )
        for number in range(SOURCES)
    ]
    with sqlite3.connect(scene.house.state / "aggregator.db") as connection:
        connection.executemany(
            "UPDATE sources SET failures = 9, polls = 9, last_error_kind = 'connect', last_error = 'refused',"
            " next_poll_at = ? WHERE id = ?",
            rows,
        )
    connection.close()
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "it has done what is due", within=60)
        begin, begin_cpu = time.monotonic(), daemon.cpu_seconds()
        time.sleep(WATCHED)
        taken = daemon.cpu_seconds() - begin_cpu
        share = taken / (time.monotonic() - begin)
        daemon.assert_alive()
    show(pytestconfig, f"idle with {SOURCES} failing sources", [("share of a processor", f"{share:.2%}")])
    assert share < MOST
