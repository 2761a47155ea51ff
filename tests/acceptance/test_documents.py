"""The documents cannot rot: what they say to type works, what they show is valid, what they name is there.

`www.example.org` of the documents is an outlet on loopback here; everything else is taken at its word.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from aggregator.cli import application
from aggregator.config.schema import SourceConfig
from tests.support.daemon import COMMAND, Installation
from tests.support.shared import REPOSITORY
from tests.support.web import ScriptedWeb

pytestmark = pytest.mark.slow
README = REPOSITORY / "README.md"
GUIDE = REPOSITORY / "config" / "FOLLOWING.md"
SERVICE = REPOSITORY / "systemd" / "README.md"
DOCUMENTS = [README, GUIDE, SERVICE, REPOSITORY / "ARCHITECTURE.md", REPOSITORY / "CHANGELOG.md"]
REFERENCES = [REPOSITORY / "config" / "REFERENCE.md", REPOSITORY / "aggregator" / "cli" / "REFERENCE.md"]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`aggregator(?: --[a-z-]+ [\w.]+)* ([a-z]+)(?: ([a-z]+))?")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
OUTLET = "www.example.org"


@dataclass(frozen=True, slots=True)
class Place:
    """An installation as a reader of the documents has it, and the outlet that the documents name."""

    web: ScriptedWeb
    house: Installation
    folder: Path

    def told(self, text: str) -> str:
        """Put the outlet on loopback in the place of the one in the documents."""
        here = self.web.url("").rstrip("/")
        source = SourceConfig(url=f"{here}/feed.xml")
        named = SourceConfig(url=f"https://{OUTLET}/feed.xml")
        return text.replace(f"https://{OUTLET}", here).replace(OUTLET, here).replace(named.id, source.id)

    def type(self, line: str) -> "subprocess.CompletedProcess[str]":
        """Run a line as a shell does."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR_")}
        environ |= {"AGGREGATOR_CONFIG": str(self.house.config), "AGGREGATOR_STATE": str(self.house.state)}
        environ |= {"PATH": f"{COMMAND.parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
        return subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=environ, capture_output=True, text=True, check=False
        )


def blocks(document: Path, language: str) -> list[str]:
    text = document.read_text(encoding="utf-8")
    return [body for found, body in BLOCK.findall(text) if found == language]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ScriptedWeb() as web:
        here = web.url("").rstrip("/")
        now = format_datetime(datetime.now(UTC), usegmt=True)
        title = "Chinese regulator fines Alibaba over courier fees"
        text = f"<p>{title}. The market regulator said so on Tuesday in Hangzhou.</p>" * 3
        web.put(
            "/",
            "<html><head><title>Example</title><link rel='alternate' type='application/rss+xml'"
            f" href='{here}/feed.xml'></head><body><p>Home.</p></body></html>",
        )
        web.put(
            "/feed.xml",
            f"<?xml version='1.0'?><rss version='2.0'><channel><title>Example</title><link>{here}/</link>"
            f"<description>d</description><item><title>{title}</title><link>{here}/article.html</link>"
            f"<pubDate>{now}</pubDate><description>{title}.</description></item></channel></rss>",
            "application/rss+xml",
        )
        page = (
            f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body>"
        )
        web.put("/article.html", page)
        web.put(
            "/news/",
            "<html><body><article><h2><a href='/article.html'>One</a></h2>"
            "<time datetime='2026-01-05'>5</time></article></body></html>",
        )
        house = Installation(tmp_path)
        house.adopt("lists.d", "topics.d")
        shipped = house.config / "topics.d" / "alibaba-regulation.toml"
        for name in ("alibaba-regulation.toml", "alibaba.toml"):
            shutil.copy(shipped, tmp_path / name)
        yield Place(web, house, tmp_path)


@pytest.mark.parametrize("document", [README, GUIDE], ids=["readme", "guide"])
def test_every_command_in_a_document_works(place: Place, document: Path) -> None:
    """Each line in turn, on what those before it have done; after the first source the daemon runs once."""
    lines = [line for block in blocks(document, "sh") for line in block.splitlines()]
    typed = [line for line in lines if line.startswith("aggregator ")]
    assert typed, document
    has_run = False
    for line in typed:
        ended = place.type(place.told(line))
        assert ended.returncode == 0, f"{line}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
        if "source add" in line and not has_run:
            has_run = True
            place.house.once()
    assert has_run


@pytest.mark.parametrize("document", [README, GUIDE], ids=["readme", "guide"])
def test_every_file_in_a_document_is_valid(place: Place, document: Path) -> None:
    """Each stands where its first line says, else where what it holds belongs; `check` runs its tests."""
    for number, block in enumerate(blocks(document, "toml")):
        found = re.match(r"# (\S+\.toml)\n", block)
        if found:
            name = found[1]
        elif block.startswith(("[[source]]", "[[site]]")):
            name = f"{block[2:].partition(']')[0]}s.d/{number}.toml"
        else:
            name = f"topics.d/example-{number}.toml"
        place.house.write(name, place.told(block))
    if not (place.house.config / "sources.d").exists():
        place.house.write(
            "sources.d/one.toml", place.told(f'[[source]]\nurl = "https://{OUTLET}/feed.xml"\n')
        )
    ended = place.house.run("check")
    assert ended.code == 0, ended.err


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))


@pytest.mark.parametrize("document", [*DOCUMENTS, *REFERENCES], ids=lambda path: path.name)
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    known = set(_commands(typer.main.get_command(application)))
    groups = {path[0] for path in known if len(path) > 1}
    for first, second in NAMED.findall(text):
        assert (first,) in known, f"aggregator {first}"
        assert first not in groups or not second or (first, second) in known, f"aggregator {first} {second}"
    for target in LINK.findall(text):
        assert (document.parent / target).exists(), target


def test_the_makefile_has_every_verb_that_is_named() -> None:
    verbs = set(
        re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        named = set(re.findall(r"^make ([a-z-]+)$|`make ([a-z-]+)`", text, re.MULTILINE))
        assert {one or other for one, other in named} <= verbs, document
