"""On whose behalf an address is asked that somebody looks at."""

import pytest

from aggregator.config.schema import SourceConfig
from aggregator.pipeline.looking import host_of

SOURCES = tuple(
    SourceConfig(id=name, url=url)
    for name, url in (
        ("world", "https://www.paper.example/world/feed.xml"),
        ("tech", "https://www.paper.example/tech/feed.xml"),
        ("blog", "https://blog.paper.example/feed.xml"),
        ("other", "https://other.example/tech/feed.xml"),
        ("bridge", "http://127.0.0.1:8001/feed"),
        ("mail", "http://127.0.0.1:8002/feed"),
    )
)


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://www.paper.example/tech/a-story", "tech"),
        ("https://www.paper.example/world/2026/a-story", "world"),
        ("https://www.paper.example/sports/a-story", "world"),
        ("https://blog.paper.example/tech/a-story", "blog"),
        ("https://shop.paper.example/tech/x", "world"),
        ("https://elsewhere.example/tech/feed.xml", None),
        ("http://127.0.0.1:8002/x", "mail"),
        ("http://127.0.0.1:8003/x", None),
        ("mailto:nobody@paper.example", None),
    ],
)
def test_a_page_belongs_to_the_source_on_its_host(url: str, owner: str | None) -> None:
    found = host_of(SOURCES, url)
    assert (found.id if found else None) == owner
