"""The 16-outlet news web of the shared development set, run by its own script on a free port."""

import json
import re
import runpy
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.support import storyset
from tests.support.storyset import Figures, Pair, Told

TOPICS = ("alibaba-regulation", "china-tech-antitrust", "eu-digital-regulation", "ai-regulation")


@dataclass(frozen=True, slots=True)
class NewsWeb:
    """A running news web."""

    base: str  # http://127.0.0.1:PORT
    feeds: tuple[tuple[str, str, str], ...]  # address, title, language

    @property
    def sources(self) -> str:
        """Return its outlets as a configuration file."""
        return "\n".join(
            f"[[source]]\nurl = {json.dumps(url)}\ntitle = {json.dumps(title, ensure_ascii=False)}\n"
            f"lang = {json.dumps(lang)}\n"
            for url, title, lang in self.feeds
        )


@contextmanager
def serving(shared: Path, *, recent: int = 7) -> Iterator[NewsWeb]:
    """Serve the development set with its dates moved into the last `recent` days."""
    script = shared / "topics-dev" / "serve.py"
    command = [sys.executable, str(script), "--recent", str(recent), "--port", "0", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base = ""
            for line in process.stdout:
                if found := re.match(r"(http://127\.0\.0\.1:\d+)/feeds\.opml", line):
                    base = found[1]
                    break
            assert base, "serve.py ended without naming its address"
            yield NewsWeb(base, _outlets(base))
        finally:
            process.terminate()


def _outlets(base: str) -> tuple[tuple[str, str, str], ...]:
    with urllib.request.urlopen(f"{base}/feeds.opml", timeout=10) as answer:
        tree = ET.fromstring(answer.read())
    return tuple(
        (row.attrib["xmlUrl"], row.attrib["title"], row.attrib["language"])
        for row in tree.iter("outline")
        if "xmlUrl" in row.attrib
    )


def score(shared: Path, predictions: Path, clusters: Path, report: Path) -> str:
    """Score predictions and clusters (JSON lines) and return the text; `report` gets the figures."""
    script = shared / "topics-dev" / "score.py"
    command = [sys.executable, str(script), "--predictions", str(predictions), "--clusters", str(clusters)]
    done = subprocess.run(
        [*command, "--propagate", "--json", str(report)], capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr


def labelled(shared: Path, *, recent: int = 7) -> tuple[list[Told], set[Pair]]:
    """Return the items in order, dates moved as by `serving`, and the pairs never to be joined."""
    folder = shared / "topics-dev"
    rows = [json.loads(line) for line in (folder / "items.jsonl").read_text("utf-8").splitlines()]
    runpy.run_path(str(folder / "serve.py"), run_name="topicsdev_serve")["recent"](rows, recent)
    items = [
        Told(
            row["id"],
            row["story"],
            row["dup_of"] or row["id"],
            row["lang"],
            row["title"],
            row["body"],
            datetime.fromisoformat(row["published"]),
        )
        for row in rows
    ]
    near = [json.loads(line) for line in (folder / "near_miss.jsonl").read_text("utf-8").splitlines()]
    return sorted(items, key=lambda item: (item.at, item.name)), {
        frozenset((row["a"], row["b"])) for row in near
    }


def judge_stories(shared: Path, stories: Mapping[str, str]) -> dict[str, Figures]:
    """Hold the stories of served addresses against the labels, across and within languages; print B-cubed."""
    lines = (shared / "topics-dev" / "items.jsonl").read_text("utf-8").splitlines()
    rows = {_place(row["url"]): row for row in map(json.loads, lines)}
    mine = {_place(url): story for url, story in stories.items() if _place(url) in rows}
    groups = storyset.grouped(mine)
    wanted = storyset.grouped({place: rows[place]["story"] for place in mine})
    kinds = storyset.kinds({place: rows[place]["lang"] for place in mine})
    found, right = storyset.pairs(groups), storyset.pairs(wanted)
    precision, recall, f1 = storyset.b_cubed(groups, wanted)
    print(f"stories of {len(mine)} items: B-cubed P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")
    return {kind: storyset.compare(found, right, kinds[kind]) for kind in ("across", "within")}


def _place(url: str) -> str:
    """Return outlet and path, which are the same on the page and where the set is served."""
    return url.partition("?")[0].partition(".example/")[2]
