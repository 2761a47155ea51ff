"""Rules for hosts: which one an address gets."""

import pytest

from aggregator.config.load import load
from aggregator.config.schema import Config
from aggregator.config.site import SiteConfig
from aggregator.model import SiteRule
from tests.unit.config.conftest import MakeFolder


def _config(*hosts: str) -> Config:
    return Config(sites=tuple(SiteConfig(host=host, body=("p",)) for host in hosts))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("paper.example", "https://paper.example/a"),
        ("paper.example", "http://www.PAPER.example.:8080/a"),
        ("paper.example", "https://de.edition.paper.example/"),
        ("Paper.Example", "https://paper.example/"),
        ("*.paper.example", "https://www.paper.example/"),
        ("blog-*.example", "https://blog-news.example/"),
        ("blog-*.example", "https://blog-news.old.example/"),
        ("paper.example:8080", "https://paper.example:8080/"),
        ("zeitung-köln.example", "https://xn--zeitung-kln-zfb.example/"),
        ("xn--zeitung-kln-zfb.example", "https://www.Zeitung-Köln.example/"),
        ("*", "https://paper.example/"),
        ("127.0.0.1", "http://127.0.0.1:4000/"),
    ],
)
def test_a_pattern_fits(host: str, url: str) -> None:
    assert _config(host).site(url) is not None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("paper.example", "https://newspaper.example/"),
        ("paper.example", "https://paper.example.net/"),
        ("paper.example", "https://net/paper.example"),
        ("*.paper.example", "https://paper.example/"),
        ("blog-*.example", "https://www.blog-news.example/"),
        ("paper.example:8080", "https://paper.example/"),
        ("paper.example", "https://paper.example:port/"),
        ("paper.example", ""),
        ("p.per.example", "https://paper.example/"),
        ("127.0.0.1", "http://[::1]/"),
    ],
)
def test_a_pattern_does_not_fit(host: str, url: str) -> None:
    assert _config(host).site(url) is None


def test_the_pattern_that_says_most_counts() -> None:
    config = _config("*", "paper.example", "*.paper.example", "sport.paper.example")
    for url, host in (
        ("https://other.example/", "*"),
        ("https://paper.example/", "paper.example"),
        ("https://www.paper.example/", "*.paper.example"),
        ("https://sport.paper.example/", "sport.paper.example"),
    ):
        site = config.site(url)
        assert site is not None
        assert site.host == host


def test_a_rule_is_read_whole(make_folder: MakeFolder) -> None:
    text = (
        '[[site]]\nhost = "paper.example"\nbody = "div.a, div.b"\nstrip = ["aside", "//p[@id]"]\n'
        'title = "h1"\nauthor = ["string(//b)"]\ndate = "time"\nnext_page = "//a/@href"\n'
        'prefer_feed = true\nuser_agent = "R/1"\n'
    )
    (site,) = load(make_folder({"sites.d/x.toml": text}), {}, {}).sites
    assert site.rule == SiteRule(
        host="paper.example",
        body=("div.a, div.b",),
        strip=("aside", "//p[@id]"),
        title=("h1",),
        author=("string(//b)",),
        date=("time",),
        next_page=("//a/@href",),
        prefer_feed=True,
        user_agent="R/1",
    )
