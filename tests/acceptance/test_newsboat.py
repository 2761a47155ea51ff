"""A feed reader from Debian subscribes to what the daemon serves."""

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import Scene

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("newsboat") is None, reason="newsboat is not installed"),
]


def _newsboat(folder: Path, *words: str) -> str:
    files = ["-u", folder / "urls", "-c", folder / "cache.db", "-C", folder / "config"]
    done = subprocess.run(
        ["newsboat", *map(str, files), *words],
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout + done.stderr


def _rows(folder: Path, query: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(folder / "cache.db")
    try:
        rows = connection.execute(query).fetchall()
        connection.commit()
    finally:
        connection.close()
    return rows


def test_newsboat_shows_the_entries_and_sees_nothing_new_the_second_time(
    scene: Scene, tmp_path: Path
) -> None:
    reader = tmp_path / "reader"
    reader.mkdir()
    addresses = [f"{scene.house.base}/feeds/news.{form}" for form in ("atom", "rss")]
    (reader / "urls").write_text("\n".join(addresses) + "\n", encoding="utf-8")
    (reader / "config").write_text("", encoding="utf-8")
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the daemon has published")
        _newsboat(reader, "-x", "reload")
        shown = _rows(reader, "SELECT feedurl, url, title FROM rss_item WHERE deleted = 0 ORDER BY id")
        titles = {piece.title for piece in scene.outlet.pieces if piece.is_on_topic}
        for address in addresses:
            assert {row[1] for row in shown if row[0] == address} == scene.outlet.wanted()
            assert {row[2] for row in shown if row[0] == address} == titles
        assert _newsboat(reader, "-x", "print-unread").startswith(f"{2 * len(titles)} unread")
        _rows(reader, "UPDATE rss_item SET unread = 0")
        _newsboat(reader, "-x", "reload")
        assert _newsboat(reader, "-x", "print-unread").startswith("0 unread")
        again = _rows(reader, "SELECT feedurl, url, title FROM rss_item WHERE deleted = 0 ORDER BY id")
        assert again == shown
        assert daemon.terminate() == 0
