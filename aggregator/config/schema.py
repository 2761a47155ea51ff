"""The records of a configuration: frozen, complete, checked in shape.

Names and defaults are those of the documentation; people and scripts lean on them. Nothing here
opens a file, and no record shows a secret in its `repr`. Topics hold their query as text: what it
means is for `match`.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from aggregator.config import hidden, proxies, values
from aggregator.config.record import Record
from aggregator.config.site import SiteConfig, choose
from aggregator.config.source import SourceConfig
from aggregator.config.values import wrong
from aggregator.errors import Problem
from aggregator.urls import Redactor, canonical_url

__all__ = [
    "SECTIONS",
    "ArticlesConfig",
    "Config",
    "EngineConfig",
    "FetchConfig",
    "PollConfig",
    "PublishConfig",
    "ServeConfig",
    "SiteConfig",
    "SourceConfig",
    "StoreConfig",
    "TermList",
    "TopicConfig",
    "TopicTest",
    "WorkersConfig",
]


class StoreConfig(Record):
    """[store]: where items are kept."""

    url: values.StoreUrl = Field(default="sqlite:///aggregator.db", repr=False)
    """Database; a relative SQLite path starts in the state directory."""
    keep_days: values.Count = 365
    """Days after which an item is pruned."""

    SECRETS: ClassVar[frozenset[str]] = frozenset({"url"})


class PublishConfig(Record):
    """[publish]: the topic feeds."""

    folder: values.Folder = Path("feeds")
    """Where the feeds are written; a relative path starts in the state directory."""
    base_url: values.BaseUrl = "http://127.0.0.1:8080"
    """Address under which readers reach /feeds/, without a final slash."""
    formats: values.Formats = ("atom", "rss", "json")
    """Which files each topic gets."""
    items: values.Count = 200
    """How many entries a feed holds."""
    matched: values.Flag = True
    """End each entry with the terms that matched; JSON Feed names them anyway."""
    ttl: values.PositiveDuration = timedelta(minutes=5)
    """How long a reader may keep a feed before it asks again."""
    hub: values.Hub = ""
    """WebSub hub that is told of each change, and tells the subscribers; "" for none."""


class ServeConfig(Record):
    """[serve]: the built-in web server."""

    listen: values.Listen = "127.0.0.1:8080"
    """host:port; "" serves nothing."""
    tokens: values.Secrets = Field(default=(), repr=False)
    """Secrets of subscribers; none: whoever reaches the port may read."""

    SECRETS: ClassVar[frozenset[str]] = frozenset({"tokens"})

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port to listen on; None serves nothing."""
        return values.host_port(self.listen) if self.listen else None


class PollConfig(Record):
    """[poll]: how often sources are asked."""

    interval: values.PositiveDuration = timedelta(hours=1)
    """Until the rhythm of a source is known."""
    min_interval: values.PositiveDuration = timedelta(minutes=5)
    """Never sooner than this."""
    max_interval: values.PositiveDuration = timedelta(hours=24)
    """Never later than this, unless the server asks for it."""
    first_items: values.Number = 20
    """How many items the first poll of a new source may publish."""
    first_age: values.Duration = timedelta(days=7)
    """How old an item may be that the first poll publishes."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        low, high = self.min_interval, self.max_interval
        if low > high:
            raise wrong("min_interval is longer than max_interval")
        if "interval" not in self.model_fields_set:
            self.__dict__["interval"] = min(max(self.interval, low), high)  # only the default gives way
        elif not low <= self.interval <= high:
            raise wrong("interval is not between min_interval and max_interval")
        return self


class FetchConfig(Record):
    """[fetch]: bounds of every request."""

    timeout: values.PositiveDuration = timedelta(seconds=30)
    """Wall time of one request, redirects included."""
    max_feed: values.Size = 16_000_000
    """Bytes of a feed after decompression."""
    max_page: values.Size = 5_000_000
    """Bytes of an article page after decompression."""
    per_host: values.Count = 2
    """Connections to one registrable domain at a time."""
    host_delay: values.Duration = timedelta(seconds=1)
    """Pause between two requests to one registrable domain."""
    allow_private: values.PrivateRanges = ()
    """Private addresses that may be dialled all the same: networks (CIDR), addresses or host:port."""
    contact: values.Contact = ""
    """Web or e-mail address for the User-Agent, so that publishers can reach you."""
    proxy: values.Proxy = Field(default="", repr=False)
    """HTTP proxy for all requests; "environment": those that http_proxy and its like name; "": none."""
    environment: proxies.Variables = Field(default=(), repr=False)
    """What http_proxy, https_proxy, all_proxy and no_proxy say."""

    PLACES: ClassVar[frozenset[str]] = frozenset({"environment"})
    SECRETS: ClassVar[frozenset[str]] = frozenset({"proxy"})


class ArticlesConfig(Record):
    """[articles]: the pages behind the entries."""

    full_text: values.Flag = True
    """Fetch the page of each new entry; a source may say otherwise."""
    robots: values.Flag = True
    """Obey robots.txt for pages."""
    wait: values.Duration = timedelta(minutes=10)
    """After this an item is matched on the feed's own text, provisionally."""
    reread: values.Duration = timedelta(hours=6)
    """After this each page is asked for once more; 0 asks once only."""


class WorkersConfig(Record):
    """[workers]: the processes that parse and extract, with the limits under which they are killed."""

    processes: values.Count = 2
    """How many."""
    cpu: values.PositiveDuration = timedelta(seconds=20)
    """CPU time of one task."""
    page_cpu: values.PositiveDuration = timedelta(seconds=3)
    """CPU time of one article page, of which a long one takes a tenth of a second."""
    memory: values.Size = 256_000_000
    """Bytes one process may add to what it needs to start."""
    idle: values.PositiveDuration = timedelta(minutes=5)
    """An idle pool is closed after this."""


class EngineConfig(Record):
    """[engine]: who runs the work."""

    kind: Literal["embedded", "procrastinate"] = "embedded"
    """embedded: this process; procrastinate: a distributed queue in PostgreSQL."""


class TopicTest(Record):
    """A text or stored page that a topic must (not) match: one [[test]]."""

    text: str | None = None
    """Title, and after the first line the text."""
    url: values.SourceUrl | None = None
    """Instead of a text: a page that is stored."""
    match: values.Flag
    """Whether the topic must match it."""
    line: int = 0
    """Where it stands in the file."""

    PLACES: ClassVar[frozenset[str]] = frozenset({"line"})

    @model_validator(mode="after")
    def _check_subject(self) -> Self:
        if (self.text is None) == (self.url is None):
            raise wrong("needs either text or url", 'text = "…" and match = true or false')
        return self


class TopicConfig(Record):
    """A named query, published as one feed: one file in topics.d, whose name is the id."""

    id: values.Slug
    """Name of the file without .toml."""
    title: values.Line
    """Title of the feed."""
    query: values.QueryText
    """What the feed carries, in the query language."""
    description: values.Prose = ""
    """Shown by feed readers."""
    langs: values.Langs = ()
    """Only items in these languages; none: all."""
    sources: values.Selectors = ()
    """Only items of these sources: "tag:china", "-tier:blog", an id; none: all."""
    collapse: Literal["copies", "stories", "none"] = "copies"
    """What is shown as one entry."""
    items: values.Count | None = None
    """How many entries the feed holds; default: publish.items."""
    max_age: values.PositiveDuration | None = None
    """Older items are not published."""
    content: values.Content = "full"
    """"full", or "excerpt:600" for that many characters."""
    webhook: values.Webhook | None = Field(default=None, repr=False)
    """Address that is told of new entries."""
    webhook_key: values.WebhookKey | None = Field(default=None, repr=False)
    """What the messages to it are signed with."""
    score: Mapping[str, values.Points] = {}
    """Points that differ from the defaults, by part; `threshold` is the least score published."""
    tests: tuple[TopicTest, ...] = ()
    """[[test]] in the file; checked before the topic goes live."""
    file: str = ""
    """Where it is configured."""
    query_line: int = 1
    """Line of the first character of the query."""
    query_column: int = 1
    """Column of the first character of the query, after the quote."""
    query_escapes: tuple[tuple[int, int, int], ...] = ()
    """Where the query goes on after each escape of the file: characters before, line, column."""
    score_places: Mapping[str, tuple[int, int]] = {}
    """Line and column of each key below [score]."""

    PLACES: ClassVar[frozenset[str]] = frozenset(
        {"id", "file", "query_line", "query_column", "query_escapes", "score_places"}
    )
    SECRETS: ClassVar[frozenset[str]] = frozenset({"webhook", "webhook_key"})

    @model_validator(mode="after")
    def _check_webhook(self) -> Self:
        if self.webhook and not self.webhook_key:
            raise wrong(
                "webhook needs webhook_key",
                'its messages are signed: webhook_key = "${file:keys/webhook}"',
            )
        return self

    @property
    def excerpt(self) -> int | None:
        """Characters of an excerpt; None publishes the full text."""
        return values.excerpt(self.content)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of this topic must show up nowhere else."""
        return (*self.referenced, *hidden.in_url(self.webhook or ""), self.webhook_key or "")


class TermList(Record):
    """Terms shared by topics as @name: one file in lists.d, whose name is the name of the list."""

    name: values.Slug
    """Name of the file without .toml."""
    terms: values.Terms
    """Words and phrases, each as a query would write it between quotes."""
    description: values.Prose = ""
    """What the list is for."""
    file: str = ""
    """Where it stands."""
    places: tuple[tuple[int, int], ...] = ()
    """Line and column of the first character of each term."""

    PLACES: ClassVar[frozenset[str]] = frozenset({"name", "file", "places"})


SECTIONS: Mapping[str, type[Record]] = {
    "store": StoreConfig,
    "publish": PublishConfig,
    "serve": ServeConfig,
    "poll": PollConfig,
    "fetch": FetchConfig,
    "articles": ArticlesConfig,
    "workers": WorkersConfig,
    "engine": EngineConfig,
}
"""The tables of aggregator.toml."""


class Config(Record):
    """A whole configuration."""

    store: StoreConfig = StoreConfig()
    publish: PublishConfig = PublishConfig()
    serve: ServeConfig = ServeConfig()
    poll: PollConfig = PollConfig()
    fetch: FetchConfig = FetchConfig()
    articles: ArticlesConfig = ArticlesConfig()
    workers: WorkersConfig = WorkersConfig()
    engine: EngineConfig = EngineConfig()
    sources: tuple[SourceConfig, ...] = ()
    topics: tuple[TopicConfig, ...] = ()
    lists: Mapping[str, TermList] = {}
    sites: tuple[SiteConfig, ...] = ()
    folder: Path = Path("config")
    """Where it was read from."""
    warnings: tuple[Problem, ...] = ()
    """What was passed over in files that other programs write; it stops nobody."""

    def find(self, name: str) -> SourceConfig | None:
        """Return the source of that id or of that address, whose credentials and spelling do not count."""
        by_id = (source for source in self.sources if source.id == name)
        key = canonical_url(name)
        by_url = (source for source in self.sources if key and source.canonical_url == key)
        return next(by_id, None) or next(by_url, None)

    def site(self, url: str) -> SiteConfig | None:
        """Return the rule for the page at an address."""
        return choose(self.sites, url) if self.sites else None

    def __repr__(self) -> str:
        return self.redact(super().__repr__())

    def __str__(self) -> str:
        return self.redact(super().__str__())

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Every secret of at least 6 characters that any key holds, longest first."""
        return self.redact.secrets

    @cached_property
    def redact(self) -> Redactor:
        """What hides all secrets of this configuration in any text."""
        tables = (self.store, self.serve, self.fetch)
        return Redactor.of(
            (
                *(secret for table in tables for secret in table.referenced),
                *hidden.in_database_url(self.store.url),
                *self.serve.tokens,
                *hidden.in_url(self.fetch.proxy),
                *(secret for _, value in self.fetch.environment for secret in hidden.in_url(value)),
                *(secret for source in self.sources for secret in source.secrets),
                *(secret for topic in self.topics for secret in topic.secrets),
            )
        )
