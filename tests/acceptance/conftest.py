"""The scene of the acceptance tests: one outlet on loopback, one installation that follows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, Installation
from tests.support.news import Outlet
from tests.support.web import ScriptedWeb

TOPIC = 'title = "Alibaba and its regulators"\nquery = "alibaba"\n'
QUICK = 'interval = "1s"\nmin_interval = "1s"\nmax_interval = "2s"\nfirst_items = 1000'


@dataclass(frozen=True, slots=True)
class Scene:
    """An outlet and an installation that follows it, with one topic, `news`."""

    web: ScriptedWeb
    outlet: Outlet
    house: Installation

    def follow(self, *urls: str) -> None:
        """Follow these feeds beside the outlet's, named other-1, other-2 …"""
        named = [("daily", self.outlet.url), *((f"other-{n}", url) for n, url in enumerate(urls, 1))]
        text = "\n".join(f'[[source]]\nurl = "{url}"\nid = "{name}"\n' for name, url in named)
        self.house.write("sources.d/sources.toml", text)

    def published(self) -> set[str]:
        """Return the addresses of the articles that the topic's feed carries."""
        return {entry.url for entry in self.house.feed("news")}

    def await_requests(self, daemon: Daemon, count: int) -> None:
        """Wait until the outlet has been asked `count` times in all."""
        daemon.until(lambda: self.web.hits() >= count, f"{count} requests have come")

    def await_change(self, daemon: Daemon, before: tuple[bytes, int] | None) -> None:
        """Wait until the topic's file is another one than `before`."""
        daemon.until(lambda: self.house.files().get("news.atom") != before, "the feed has changed")

    def is_complete_after_a_run(self) -> bool:
        """Run once and tell whether the feed now carries exactly what it must."""
        self.house.once()
        return self.published() == self.outlet.wanted()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Give an outlet with eight articles and an installation that has not run yet."""
    with ScriptedWeb() as web:
        outlet = Outlet(web, datetime.now(UTC))
        outlet.publish(8)
        house = Installation(tmp_path)
        house.write("aggregator.toml", house.settings(poll=QUICK))
        house.write("topics.d/news.toml", TOPIC)
        scene = Scene(web, outlet, house)
        scene.follow()
        yield scene
