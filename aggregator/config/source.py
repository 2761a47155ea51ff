"""One [[source]]: how it is asked, by which name it goes, and what of it may be shown."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from aggregator.config import hidden, values
from aggregator.config.record import Record
from aggregator.config.references import HIDDEN
from aggregator.config.values import wrong
from aggregator.model import Access, ListingRule
from aggregator.urls import Redactor, canonical_url, credentials, slug


class SourceConfig(Record):
    """A feed or page to follow: one [[source]]."""

    url: values.SourceUrl
    """Address of the feed, or of a page that names its feed."""
    id: values.SourceId = ""
    """Permanent name; default: slug of the canonical URL, without credentials."""
    title: values.Line | None = None
    """Name of the outlet; default: what the document calls itself."""
    kind: Literal["auto", "feed", "listing", "sitemap"] = "auto"
    """How the document is read."""
    listing: ListingRule | None = None
    """CSS selectors for kind = "listing"."""
    tags: values.Lines = ()
    """Words by which topics select sources."""
    lang: values.Lang | None = None
    """Language of the outlet, where detection needs help."""
    tier: values.Line | None = None
    """Class of the outlet: press, regulator, blog …"""
    full_text: values.Flag | None = None
    """Fetch article pages; default: articles.full_text."""
    content: values.Content | None = None
    """"full", or "excerpt:600": how much of its texts is published at most; default: as the topic says."""
    interval: values.PositiveDuration | None = None
    """Fixed interval instead of the adaptive one."""
    headers: values.Headers = Field(default=(), repr=False)
    """Extra request headers; a table in the file."""
    auth: values.Auth | None = Field(default=None, repr=False)
    """user:password for the origin of `url`, sent as Basic credentials."""
    cookies: values.Cookies = Field(default=(), repr=False)
    """Cookies for the origin of `url`; a table in the file."""
    user_agent: values.UserAgent | None = None
    """User-Agent for this source; default: our own name, version and fetch.contact."""
    proxy: values.SourceProxy = Field(default="", repr=False)
    """Instead of fetch.proxy: address of an HTTP proxy, "environment", or "none"."""
    robots: values.Flag | None = None
    """Obey robots.txt for the pages of this source; default: articles.robots."""
    enabled: values.Flag = True
    """false: not polled, its items stay."""
    file: str = ""
    """Where it is configured."""

    PLACES: ClassVar[frozenset[str]] = frozenset({"file"})
    SECRETS: ClassVar[frozenset[str]] = frozenset({"url", "headers", "auth", "cookies", "proxy"})

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.kind == "listing") != (self.listing is not None):
            raise wrong(
                'kind = "listing" and [source.listing] need one another',
                "[source.listing] says which elements are entries: item, link, title, date, summary",
            )
        self._check_twice()
        if not self.id:
            # An id shows up in logs, status and feeds: no part of it may come from a secret.
            shown = self.shown_url
            public = canonical_url(shown.replace(HIDDEN, ""))
            if not public:
                raise wrong("needs an id, because all of its address is secret", 'like id = "my-paper"')
            self.__dict__["id"] = slug(self.canonical_url if shown == self.url else public)
        return self

    def _check_twice(self) -> None:
        """Refuse two values for one header; which of them goes out would be a guess."""
        names = {name.lower() for name, _ in self.headers}
        for key, header in (("auth", "Authorization"), ("cookies", "Cookie"), ("user_agent", "User-Agent")):
            if getattr(self, key) and header.lower() in names:
                raise wrong(f"{key} and headers both set {header}", "remove one of the two")
        if credentials(self.url) and (self.auth or "authorization" in names):
            other = "auth" if self.auth else "headers"
            raise wrong(f"url and {other} both hold credentials", "remove one of the two")

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        for name, value in super().__repr_args__():
            if name == "url":
                yield name, self.shown_url
            else:
                yield name, self.redact(value) if isinstance(value, str) else value

    @cached_property
    def canonical_url(self) -> str:
        """The address by which the source is recognised when its id changes."""
        return canonical_url(self.url)

    @property
    def shown_url(self) -> str:
        """The address without secrets, for whoever looks."""
        return self.redact(self._templates.get("url", self.url))

    @property
    def stored_key(self) -> str:
        """What the store may recognise the source by when its id changes: the address without secrets.

        Never empty; sources whose addresses differ in secrets only share it.
        """
        return canonical_url(self.shown_url) or self.id

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """All secrets of this source, in the order of its keys; empty ones and doubles are possible."""
        return (
            *self.referenced,
            *hidden.in_url(self.url),
            *hidden.in_headers(self.headers),
            *hidden.in_auth(self.auth or ""),
            *hidden.in_cookies(self.cookies),
            *hidden.in_url(self.proxy),
        )

    @cached_property
    def redact(self) -> Redactor:
        """What hides the secrets of this source in any text."""
        return Redactor.of(self.secrets)

    @property
    def excerpt(self) -> int | None:
        """Characters of an excerpt of its texts; None: as the topic says."""
        return values.excerpt(self.content) if self.content else None

    @property
    def access(self) -> Access:
        """How this source wants to be asked."""
        return Access(
            url=self.url,
            headers=self.headers,
            auth=self.auth or "",
            cookies=self.cookies,
            user_agent=self.user_agent or "",
            proxy=self.proxy,
        )

    @cached_property
    def digest(self) -> str:
        """Digest of what decides the content of the document; another one makes validators worthless.

        It is stored, so it must not help to guess a password: all secrets together enter as one byte of
        their hash. One change of a secret in 256 goes unnoticed (validators are renewed anyway), and
        one wrong guess in 256 looks right.
        """
        listing = asdict(self.listing) if self.listing else None
        public = [self.shown_url, self.kind, listing, self.user_agent, bool(self.auth)]
        headers = [(name, value if hidden.is_public(name) else None) for name, value in self.headers]
        cookies = [name for name, _ in self.cookies]
        private = json.dumps([self.url, self.headers, self.auth, self.cookies]).encode()
        trace = hashlib.sha256(private).digest()[0]
        return hashlib.sha256(json.dumps([*public, headers, cookies, trace]).encode()).hexdigest()[:32]
