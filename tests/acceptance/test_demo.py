"""`aggregator demo`: the program's own small news web, without any configuration or internet."""

import re
import signal
import subprocess
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest

from aggregator.demo.library import articles
from tests.support.daemon import COMMAND, Published, eventually, fetch, read_atom

pytestmark = pytest.mark.slow

TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}


def test_the_demo_publishes_serves_and_grows(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    command = [str(COMMAND), "demo", "--port", "0", "--folder", str(tmp_path / "demo"), "--feeds", str(feeds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        limit = threading.Timer(150, process.kill)  # a demo that hangs ends the test, not the day
        limit.start()
        try:
            assert process.stdout is not None
            base = _address(process.stdout)
            for form, media in TYPES.items():
                address = f"{base}/feeds/alibaba-regulation.{form}"
                status, headers, body = eventually(partial(_served, address), f"{form} is served", within=60)
                assert (status, headers["content-type"].partition(";")[0]) == (200, media)
                assert fetch(address, {"If-None-Match": headers["etag"]})[0] == 304
                assert fetch(address, {"If-Modified-Since": headers["last-modified"]})[0] == 304
                assert body == (feeds / f"alibaba-regulation.{form}").read_bytes()
            entries = eventually(partial(_entries, base), "entries are published", within=60)
            assert len({entry.id for entry in entries}) == len(entries)
            eventually(lambda: len(_entries(base)) > max(5, len(entries)), "new articles appear", within=60)
            assert {entry.id for entry in entries} <= {entry.id for entry in _entries(base)}
            for topic in ("alibaba-regulation", "china-tech-antitrust", "eu-digital-regulation"):
                wanted = _labelled(topic)
                eventually(partial(_carries, base, topic, wanted), f"{topic} carries {wanted}", within=90)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            limit.cancel()
            process.kill()


def _address(lines: Iterable[str]) -> str:
    """Return the address that the demo prints for the subscriber, without the feed's own path."""
    for line in lines:
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/feeds/alibaba-regulation\.atom", line):
            return found[1]
    pytest.fail("the demo printed no address")


def _served(address: str) -> tuple[int, dict[str, str], bytes] | None:
    answer = fetch(address)
    return answer if answer[0] == 200 else None


def _labelled(topic: str) -> list[str]:
    """Return the originals that belong to a topic, each once: its copies are no entries of their own."""
    return sorted({article.copy_of or article.id for article in articles() if topic in article.topics})


def _carries(base: str, topic: str, wanted: list[str]) -> bool:
    """Tell whether a topic's feed carries an entry for each of these and nothing else."""
    named = {article.title: article.copy_of or article.id for article in articles()}
    entries = read_atom(fetch(f"{base}/feeds/{topic}.atom")[2])
    return sorted(named[entry.title] for entry in entries) == wanted


def _entries(base: str) -> tuple[Published, ...]:
    return read_atom(fetch(f"{base}/feeds/alibaba-regulation.atom")[2])
