"""What `doctor` makes of what it finds: the verdict, and what to do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config.schema import Config, PublishConfig, ServeConfig, SourceConfig
from aggregator.model import SourceState
from aggregator.pipeline import diagnosis
from aggregator.pipeline.diagnosis import Verdict

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
STATE = SourceState("a", "https://a.example/", NOW)


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [(timedelta(0), Verdict.OK), (timedelta(minutes=4), Verdict.OK), (timedelta(hours=1), Verdict.BAD)],
)
def test_a_clock_that_was_set_back_is_noticed(ahead: timedelta, verdict: Verdict) -> None:
    found = diagnosis.clock((STATE, replace(STATE, last_success_at=NOW + ahead)), NOW)
    assert found.verdict is verdict
    assert bool(found.advice) is (verdict is not Verdict.OK)


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ({}, Verdict.WARNING),
        ({"a": "", "b": ""}, Verdict.OK),
        ({"a": "", "b": "timed out"}, Verdict.WARNING),
        ({"a": "no address", "b": "timed out"}, Verdict.BAD),
    ],
)
def test_the_network_is_judged_by_all_that_were_asked(outcomes: dict[str, str], verdict: Verdict) -> None:
    found = diagnosis.network(outcomes)
    assert found.verdict is verdict
    assert all(said in found.found for said in outcomes.values())


def test_a_few_hosts_are_asked_each_once_and_none_that_is_paused() -> None:
    urls = ["https://a.example/1", "https://a.example/2", "https://b.example/", "https://c.example/"]
    configured = [SourceConfig(url=url) for url in [*urls, "https://d.example/", "https://e.example/"]]
    paused = SourceConfig(url="https://off.example/", enabled=False)
    chosen = diagnosis.chosen([paused, *configured])
    assert [source.url for source in chosen] == [urls[0], urls[2], urls[3]]


def test_the_unit_is_looked_for_where_the_user_has_it(tmp_path: Path) -> None:
    assert diagnosis.unit({"XDG_CONFIG_HOME": str(tmp_path)}, tmp_path).verdict is Verdict.WARNING
    place = tmp_path / "systemd" / "user" / diagnosis.UNIT
    place.parent.mkdir(parents=True)
    place.write_text("")
    assert diagnosis.unit({"XDG_CONFIG_HOME": str(tmp_path)}, tmp_path).verdict is Verdict.OK
    assert diagnosis.unit({}, tmp_path).verdict is Verdict.WARNING


def test_feeds_that_another_server_cannot_read_are_noticed(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir(mode=0o700)
    config = Config(publish=PublishConfig(folder=feeds), serve=ServeConfig(listen=""))
    found = [each for each in diagnosis.folders(tmp_path, config) if each.verdict is Verdict.WARNING]
    assert [(each.check, each.advice) for each in found if each.check == "feeds folder"] == [
        ("feeds folder", f"let your web server read it: chmod o+rx {feeds}")
    ]
    served = config.model_copy(update={"serve": ServeConfig()})
    assert [
        each for each in diagnosis.folders(tmp_path, served) if each.check == "feeds folder" and each.advice
    ] == []


@pytest.mark.parametrize(
    ("base_url", "listen", "verdict", "advice"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", Verdict.OK, ""),
        ("http://localhost:8080", "[::1]:8080", Verdict.OK, ""),
        ("https://news.example.org", "127.0.0.1:8080", Verdict.OK, ""),  # a proxy stands before it
        ("https://news.example.org", "", Verdict.OK, ""),
        ("http://127.0.0.1:8080", "", Verdict.OK, ""),  # another server may well have that port
        ("http://127.0.0.1:8080", "127.0.0.1:9090", Verdict.WARNING, "port 9090"),
        ("http://localhost", "127.0.0.1:8080", Verdict.WARNING, "port 8080"),
        ("http://127.0.0.1:8080", "0.0.0.0:8080", Verdict.WARNING, "the others reach this machine"),
        ("http://[::1]:8080", "[::]:8080", Verdict.WARNING, "the others reach this machine"),
    ],
)
def test_feeds_that_lead_elsewhere_are_noticed(
    base_url: str, listen: str, verdict: Verdict, advice: str
) -> None:
    config = Config(publish=PublishConfig(base_url=base_url), serve=ServeConfig(listen=listen))
    found = diagnosis.address(config)
    assert found.verdict is verdict
    assert advice in found.advice
    assert bool(found.advice) is (verdict is not Verdict.OK)


def test_a_configuration_without_sources_is_worth_a_word(tmp_path: Path) -> None:
    assert diagnosis.configuration(tmp_path, Config()).verdict is Verdict.WARNING
    assert diagnosis.versions().verdict is Verdict.OK
