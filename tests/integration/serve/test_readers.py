"""Feed readers from Debian subscribe to published feeds over HTTP: newsboat and sfeed."""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from aggregator import serve
from aggregator.publish import Format, files, render_all
from tests.support.topicfeeds import a_feed, an_entry

XML_FORMATS: tuple[Format, ...] = ("atom", "rss")
TITLES = [
    "Pékin & l'amende <record>",
    "中国市场监管总局对阿里巴巴作出行政处罚",
    "Third ]]> &lt;b&gt;entry&lt;/b&gt;",
]
SHOWN = ["Pékin & l'amende <record>", "中国市场监管总局对阿里巴巴作出行政处罚", "Third ]]> entry"]

CLAIMED = {"atom": 1767603600, "rss": 1767603600}  # 2026-01-05 09:00 UTC, as published

needs_newsboat = pytest.mark.skipif(shutil.which("newsboat") is None, reason="newsboat is not installed")
needs_sfeed = pytest.mark.skipif(shutil.which("sfeed") is None, reason="sfeed is not installed")


def publish(folder: Path, base_url: str, count: int) -> list[bool]:
    entries = [an_entry(seq, title=TITLES[seq]) for seq in reversed(range(count))]
    bodies = render_all(a_feed(*entries, base_url=base_url), XML_FORMATS)
    return [files.write(folder, f"alibaba.{fmt}", body) for fmt, body in bodies.items()]


class Newsboat:
    """A newsboat with a home of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self._home = home
        home.mkdir()
        (home / "urls").write_text(f"{url}\n")
        (home / "config").write_text("")

    async def run(self, command: str) -> str:
        """Execute one command as `newsboat -x` does."""
        arguments = ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", command]
        process = await asyncio.create_subprocess_exec(
            *arguments,
            cwd=self._home,
            env={**os.environ, "HOME": str(self._home), "LC_ALL": "C.UTF-8"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, output
        return output.decode()

    def rows(self) -> list[tuple[str, str, str, int, str]]:
        """Read what it has stored: title, author, link, date, text."""
        connection = sqlite3.connect(self._home / "cache.db")
        try:
            query = "SELECT title, author, url, pubDate, content FROM rss_item ORDER BY id"
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@pytest.mark.slow
@needs_newsboat
@pytest.mark.parametrize("fmt", XML_FORMATS)
async def test_newsboat_shows_the_entries_and_sees_nothing_new_the_second_time(
    tmp_path: Path, fmt: Format
) -> None:
    folder = tmp_path / "feeds"
    server = await serve.start(serve.create(folder), "127.0.0.1:0")
    try:
        assert publish(folder, server.url, 2) == [True, True]
        # One cache a format: newsboat knows an entry by its id alone, whichever feed it came from.
        newsboat = Newsboat(tmp_path / "home", f"{server.url}/feeds/alibaba.{fmt}")
        await newsboat.run("reload")
        first = newsboat.rows()
        assert sorted(row[0] for row in first) == sorted(SHOWN[:2])
        assert {row[1] for row in first} == {"Jane Doe, Le Monde"}
        assert sorted(row[2] for row in first) == [
            f"https://www.lemonde.example/economie/article/{seq}.html" for seq in (0, 1)
        ]
        assert {row[3] for row in first} == {CLAIMED[fmt]}
        assert all("Also carried by" in row[4] for row in first)
        assert "2 unread" in await newsboat.run("print-unread")
        await newsboat.run("reload")
        assert publish(folder, server.url, 2) == [False, False]
        await newsboat.run("reload")
        assert newsboat.rows() == first
        assert publish(folder, server.url, 3) == [True, True]
        await newsboat.run("reload")
        assert "3 unread" in await newsboat.run("print-unread")
        assert [row[0] for row in newsboat.rows() if row not in first] == [SHOWN[2]]
    finally:
        await server.close()


@needs_sfeed
@pytest.mark.parametrize("fmt", XML_FORMATS)
def test_sfeed_reads_every_field(tmp_path: Path, fmt: Format) -> None:
    publish(tmp_path, "http://127.0.0.1:8080", 3)
    body = (tmp_path / f"alibaba.{fmt}").read_bytes()
    done = subprocess.run(["sfeed"], input=body, capture_output=True, check=True)
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert [row[1] for row in rows] == SHOWN[::-1]
    for row, seq in zip(rows, (2, 1, 0), strict=True):
        timestamp, _, link, content, content_type, identifier, author, enclosure = row[:8]
        assert timestamp == "1767603600"
        assert link == f"https://www.lemonde.example/economie/article/{seq}.html"
        assert re.match(r"<p><img src=", content)
        assert content_type == "html"
        assert identifier == f"tag:localhost,2026:entry/{seq:016x}"
        assert author == "Jane Doe, Le Monde"
        assert enclosure == "https://cdn.lemonde.example/son.mp3"
