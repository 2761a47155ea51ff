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


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_newsboat_shows_the_entries_and_sees_nothing_new_the_second_time(
    scene: Scene, tmp_path: Path, form: str
) -> None:
    reader = tmp_path / "reader"
    reader.mkdir()
    (reader / "urls").write_text(f"{scene.house.base}/feeds/news.{form}\n", encoding="utf-8")
    (reader / "config").write_text("", encoding="utf-8")
    with scene.house.daemon() as daemon:
        daemon.until(lambda: scene.published() == scene.outlet.wanted(), "the daemon has published")
        _newsboat(reader, "-x", "reload")
        shown = _rows(reader, "SELECT url, title FROM rss_item WHERE deleted = 0 ORDER BY id")
        titles = {piece.title for piece in scene.outlet.pieces if piece.is_on_topic}
        assert {url for url, _ in shown} == scene.outlet.wanted()
        assert {title for _, title in shown} == titles
        assert _newsboat(reader, "-x", "print-unread").startswith(f"{len(titles)} unread")
        _rows(reader, "UPDATE rss_item SET unread = 0")
        _newsboat(reader, "-x", "reload")
        assert _newsboat(reader, "-x", "print-unread").startswith("0 unread")
        assert _rows(reader, "SELECT url, title FROM rss_item WHERE deleted = 0 ORDER BY id") == shown
        assert daemon.terminate() == 0
