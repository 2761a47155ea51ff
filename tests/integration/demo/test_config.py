"""The configuration folder that the demo writes for itself."""

import socket
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession

from aggregator.config.load import load
from aggregator.demo import running_web
from aggregator.demo.config import free_listen, shipped_config, write_config
from aggregator.errors import OutputError
from tests.support.clock import FakeClock


async def test_the_daemon_can_read_the_folder(tmp_path: Path, clock: FakeClock) -> None:
    async with running_web(tmp_path, clock.now) as web:
        (tmp_path / "topics.d" / "own.toml").write_text(
            'title = "Own"\nquery = "Alibaba"\n', encoding="utf-8"
        )
        config = load(tmp_path, {}, {})
        assert [
            (source.id, source.url, source.title, source.lang, source.tags, source.tier, source.listing)
            for source in config.sources
        ] == [
            (source.id, source.url, source.title, source.lang, source.tags, source.tier, source.listing)
            for source in web.sources
        ]
    assert config.fetch.host_delay == timedelta(0)
    assert config.poll.max_interval <= timedelta(seconds=10)
    assert config.serve.address is not None
    assert "own" in {topic.id for topic in config.topics}


async def test_the_folder_describes_the_running_web(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "config"
    async with running_web(folder, clock.now) as web, ClientSession() as session:
        settings = tomllib.loads((folder / "aggregator.toml").read_text(encoding="utf-8"))
        sources = tomllib.loads((folder / "sources.d" / "demo.toml").read_text(encoding="utf-8"))["source"]
        assert [source["url"] for source in sources] == [source.url for source in web.sources]
        assert settings["fetch"]["allow_private"] == [source.authority for source in web.sources]
        assert settings["publish"]["base_url"] == "http://" + settings["serve"]["listen"]
        assert [source["id"] for source in sources if source.get("kind") == "listing"] == ["maple-trade"]
        for source in sources:
            async with session.get(source["url"]) as response:
                assert response.status == 200


def test_the_shipped_topics_come_along(tmp_path: Path) -> None:
    write_config(tmp_path, (), "127.0.0.1:9")
    for name in ("topics.d", "lists.d"):
        shipped = {path.name: path.read_bytes() for path in (shipped_config() / name).iterdir()}
        assert {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} == shipped


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        write_config(tmp_path / "file", (), "127.0.0.1:9")


def test_a_port_that_is_taken_is_avoided() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listen = free_listen(port=port)
    assert listen.startswith("127.0.0.1:")
    assert listen != f"127.0.0.1:{port}"
    assert free_listen(port=port) == f"127.0.0.1:{port}"
