"""One [[site]]: how the article pages of some hosts are read, and which hosts those are."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, model_validator

from aggregator.config import values
from aggregator.config.record import Record
from aggregator.config.values import wrong
from aggregator.model import SiteRule
from aggregator.urls import ascii_host

_HOST = re.compile(r"[\w*-]+(?:\.[\w*-]+)*(?::\d{1,5})?\Z")
_LONGEST = 253  # characters (RFC 1035)
_STARS = 2
_SELECTOR = 2_000  # characters


def _host(value: str) -> str:
    value = value.strip().lower().removesuffix(".")
    if "/" in value:
        host = value.partition("://")[2] or value
        host = host.partition("/")[0]
        raise wrong("is an address, not a host", f'write "{host}"' if _HOST.match(host) else None)
    if len(value) > _LONGEST or not _HOST.match(value) or value.count("*") > _STARS:
        raise wrong("is not the name of a host", 'like "paper.example", or "blog-*.example" with a * or two')
    return value if value.isascii() else ".".join(map(ascii_host, value.split(".")))


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _checked(value: str, *, is_text_enough: bool) -> str:
    # Loaded here: most configurations have no rule, and no use for a parser in this process.
    from aggregator.text.selectors import SelectorMistakeError, check

    if not value.strip() or len(value) > _SELECTOR:
        raise wrong(f"must be a selector of 1 to {_SELECTOR} characters", 'like "div.story" or "//article"')
    try:
        check(value, is_text_enough=is_text_enough)
    except SelectorMistakeError as error:
        raise wrong(str(error)) from None
    return value


def _elements(value: str) -> str:
    return _checked(value, is_text_enough=False)


def _words(value: str) -> str:
    return _checked(value, is_text_enough=True)


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise wrong("must not be empty", "leave the key out")
    return value


ElementSelectors = Annotated[
    tuple[Annotated[str, AfterValidator(_elements)], ...], AfterValidator(_some), BeforeValidator(_listed)
]
TextSelectors = Annotated[
    tuple[Annotated[str, AfterValidator(_words)], ...], AfterValidator(_some), BeforeValidator(_listed)
]


class SiteConfig(Record):
    """How the article pages of some hosts are read: one [[site]]."""

    host: Annotated[str, AfterValidator(_host)]
    """The host and all below it: "paper.example"; with a `*`, exactly what matches: "blog-*.example"."""
    body: ElementSelectors = ()
    """What is the article; nothing else is guessed then."""
    strip: ElementSelectors = ()
    """What is never part of it; all of these."""
    title: TextSelectors = ()
    """Its title, where the feed has none."""
    author: TextSelectors = ()
    """Its authors, where the feed has none."""
    date: TextSelectors = ()
    """Its date, where the feed has none."""
    next_page: TextSelectors = ()
    """The link to the next page of the same article."""
    prefer_feed: values.Flag = False
    """Take the feed's own text wherever there is one, and ask for no page."""
    user_agent: values.UserAgent | None = None
    """User-Agent for these pages; default: as the source says."""
    file: str = ""
    """Where it is configured."""
    line: int = 0
    """Line at which it begins."""

    PLACES: ClassVar[frozenset[str]] = frozenset({"file", "line"})

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.rule == SiteRule(self.host):
            raise wrong("says nothing about its host", "its keys are body, strip, next_page …")
        return self

    @cached_property
    def rule(self) -> SiteRule:
        """What a worker needs of it."""
        return SiteRule(
            host=self.host,
            body=self.body,
            strip=self.strip,
            title=self.title,
            author=self.author,
            date=self.date,
            next_page=self.next_page,
            prefer_feed=self.prefer_feed,
            user_agent=self.user_agent or "",
        )

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        host, mark, port = self.host.partition(":")
        below = "" if "*" in host else r"(?:[^:]*\.)?"
        name = r"[^:]*".join(map(re.escape, host.split("*")))
        return re.compile(below + name + (f":{port}" if mark else r"(?::\d+)?") + r"\Z")

    def matches(self, authority: str) -> bool:
        """Tell whether the rule is for this `host` or `host:port`, in small letters."""
        return self._pattern.match(authority) is not None


def choose(sites: Sequence[SiteConfig], url: str) -> SiteConfig | None:
    """Return the rule for an address: of those that match, the one whose pattern says most."""
    try:
        parts = urlsplit(url)
        host, port = ascii_host((parts.hostname or "").rstrip(".")), parts.port
    except ValueError:
        return None
    authority = host if port is None else f"{host}:{port}"
    fitting = [site for site in sites if site.matches(authority)]
    return max(fitting, key=lambda site: len(site.host.replace("*", "")), default=None)
