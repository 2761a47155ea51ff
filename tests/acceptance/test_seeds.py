"""The five seed texts as pages: which of them the shipped topic on Alibaba's regulation takes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import seedweb
from tests.support.daemon import Installation, read_atom
from tests.support.web import ScriptedWeb

pytestmark = pytest.mark.slow

WANTED = {"000", "002", "003", "001-4", "001-5", "001-6", "001-7", "001-9"}
TOPIC = "alibaba-regulation"


def test_the_shipped_topic_takes_the_seeds_on_regulation_and_no_other(shared: Path, tmp_path: Path) -> None:
    house = Installation(tmp_path)
    house.adopt("topics.d", "lists.d")
    with ScriptedWeb() as web:
        pages = {web.url(page.path): page for page in seedweb.install(web, shared, datetime.now(UTC))}
        house.write("sources.d/seeds.toml", seedweb.sources(web))
        house.once()
    body = (house.state / "feeds" / f"{TOPIC}.atom").read_bytes()
    entries = read_atom(body)
    assert len(house.export()) == len(pages)
    assert sorted(pages[entry.url].key for entry in entries) == sorted(WANTED)
    text = body.decode()
    assert "envisage désormais de nationaliser le géant du numérique" in text  # 000: its article
    assert "Pourquoi utiliser un VPN" not in text  # 000: its menus
    assert "Ant Group, le régulateur chinois hausse encore le ton" not in text  # the sidebar of all pages
    assert "Rejoignez gratuitement la communauté" not in text  # 003: its newsletter


def test_the_broken_accents_of_the_listing_are_mended(shared: Path, tmp_path: Path) -> None:
    house = Installation(tmp_path)
    house.adopt("topics.d", "lists.d")
    with ScriptedWeb() as web:
        seedweb.install(web, shared, datetime.now(UTC))
        house.write("sources.d/seeds.toml", seedweb.sources(web))
        house.once()
    titles = {entry.title for entry in house.feed(TOPIC)}
    assert {"Antitrust : Pékin sanctionne lourdement Alibaba", "L'étrange silence de Jack Ma"} <= titles
    assert "première apparition publique" in (house.state / "feeds" / f"{TOPIC}.atom").read_text(
        encoding="utf-8"
    )
