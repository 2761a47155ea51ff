"""The configuration that ships: loads without a problem, says all keys, changes no default."""

import re
import shutil
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.config.mistakes import keys
from aggregator.config.schema import SECTIONS, Config, SiteConfig, SourceConfig
from tests.unit.config.conftest import TOPIC

SHIPPED = Path(__file__).resolve().parents[3] / "config"


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Copy the shipped folder and add a topic, so that nothing here depends on which topics ship."""
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    (tmp_path / "topics.d").mkdir(exist_ok=True)
    (tmp_path / "topics.d/x.toml").write_text(TOPIC, encoding="utf-8")
    return tmp_path


def test_it_loads_without_a_problem(shipped: Path) -> None:
    config = load(shipped, {}, {})
    assert [topic.title for topic in config.topics if topic.id == "x"] == ["A"]


def test_its_daemon_file_changes_no_default(shipped: Path) -> None:
    config = load(shipped, {}, {})
    defaults = Config()
    assert {name: getattr(config, name) for name in SECTIONS} == {
        name: getattr(defaults, name) for name in SECTIONS
    }


@pytest.mark.parametrize("section", SECTIONS)
def test_its_daemon_file_explains_each_key_where_it_stands(section: str) -> None:
    text = (SHIPPED / "aggregator.toml").read_text(encoding="utf-8")
    part = text.split(f"\n[{section}]\n", 1)[1].split("\n\n[", 1)[0]
    assert part.startswith("# ")
    assert re.findall(r"^(\w+) = ", part, re.MULTILINE) == list(keys(SECTIONS[section]))


def test_its_sources_explain_each_key() -> None:
    head = (SHIPPED / "sources.d/press-fr.toml").read_text(encoding="utf-8").split("\n\n")[0]
    explained = re.findall(r"^#   (\w+) +(?!=)\S", head, re.MULTILINE)
    assert set(keys(SourceConfig)) - {"listing"} <= set(explained)
    assert "[source.listing]" in head


def test_its_example_of_a_site_explains_each_key_and_does_nothing_until_edited(shipped: Path) -> None:
    path = shipped / "sites.d/example.toml"
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^#   (\w+) +\S", text, re.MULTILINE) == list(keys(SiteConfig))
    assert load(shipped, {}, {}).sites == ()
    head, rule = text.split("# [[site]]\n")
    path.write_text(head + re.sub("^# ", "", f"# [[site]]\n{rule}", flags=re.MULTILINE), encoding="utf-8")
    (site,) = load(shipped, {}, {}).sites
    assert site.host == "paper.example"
    assert (site.file, site.line) == (str(path), head.count("\n") + 1)


def test_its_sources_are_described(shipped: Path) -> None:
    sources = load(shipped, {}, {}).sources
    assert len(sources) >= 29
    for source in sources:
        assert source.title, source.url
        assert source.tags, source.url
        assert source.lang in ("fr", "en", "zh"), source.url
        assert source.tier in ("press", "regulator"), source.url
        assert source.url.startswith("https://"), source.url


def test_the_example_of_a_listing_is_right(shipped: Path) -> None:
    head = (SHIPPED / "sources.d/press-fr.toml").read_text(encoding="utf-8").split("\n\n")[0]
    example = head.split("#   [[source]]\n", 1)[1]
    lines = [line.removeprefix("#").strip() for line in example.splitlines()]
    (shipped / "sources.d/example.toml").write_text("\n".join(["[[source]]", *lines]), encoding="utf-8")
    added = load(shipped, {}, {}).sources[0]
    assert (added.kind, added.listing and added.listing.item) == ("listing", "article.news")
