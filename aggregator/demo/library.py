"""Read the articles and outlets that were written for the demo from `articles/*.toml`.

It checks what the other modules lean on (known outlets, copies with an original, one text each) and
refuses to render or serve anything. A mistake in these files is a bug of the package, hence loud.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "articles"
_LANGUAGES = ("en", "fr", "zh")


class Format(StrEnum):
    """How an outlet announces its articles."""

    RSS20 = "rss20"
    ATOM10 = "atom10"
    RSS10 = "rss10"
    JSON11 = "json11"
    LISTING = "listing"  # a page of links, no feed


class Layout(StrEnum):
    """How the pages of an outlet are built."""

    ARTICLE = "article"  # semantic elements
    DIVS = "divs"  # meaningless class names
    BREAKS = "breaks"  # <br> in place of paragraphs


class CopyKind(StrEnum):
    """What became of a wire text on its way to another outlet."""

    TRACKING = "tracking"  # the same page under tracking parameters
    FOOTER = "footer"  # a paragraph appended
    HEADLINE = "headline"  # another headline
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"  # lightly


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented outlet; it gets a host of its own."""

    id: str
    title: str
    lang: str
    format: Format
    layout: Layout
    path: str  # of an article, with {id}
    tags: tuple[str, ...]
    tier: str
    charset: str = "utf-8"
    announced: str = "both"  # where pages name their charset: "header", "meta" or "both"

    @property
    def domain(self) -> str:
        """Return the invented domain, used in entry ids, so that these do not change with the port."""
        return f"{self.id}.example"


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """An article of the demo web with its labels."""

    id: str
    outlet: Outlet
    title: str
    paragraphs: tuple[str, ...]
    author: str
    age: timedelta  # how long before the start it appeared
    after: timedelta  # how long after the start it appears; zero: it is there from the start
    topics: frozenset[str]  # the topics that must publish it
    note: str  # why it is here; never shown on the web
    copy_of: str | None = None
    copy_kind: CopyKind | None = None
    query: str = ""  # tracking parameters of its link

    @property
    def text(self) -> str:
        """Return the text as plain paragraphs, parted by empty lines."""
        return "\n\n".join(self.paragraphs)

    def published_at(self, started_at: datetime) -> datetime:
        """Return when it appeared or will appear, given the start of the web."""
        return started_at + self.after if self.after else started_at - self.age


@cache
def articles() -> tuple[DemoArticle, ...]:
    """Return all articles, in the order of the files; raise ValueError where a file contradicts itself."""
    known = {outlet.id: outlet for outlet in outlets()}
    originals: dict[str, DemoArticle] = {}
    found: dict[str, DemoArticle] = {}
    for lang in _LANGUAGES:
        for table in _tables(f"{lang}.toml", "article"):
            article = _article(table, known[str(table["outlet"])], originals)
            if article.id in found or article.outlet.lang != lang:
                raise ValueError(
                    f"demo article {article.id}: named twice, or in the file of another language"
                )
            found[article.id] = article
            if article.copy_of is None:
                originals[article.id] = article
    return tuple(found.values())


def page_of(article: DemoArticle) -> DemoArticle:
    """Return the article whose page an entry leads to: of a tracking copy, the original."""
    if article.copy_kind is not CopyKind.TRACKING:
        return article
    return next(other for other in articles() if other.id == article.copy_of)


@cache
def outlets() -> tuple[Outlet, ...]:
    """Return all outlets, in the order of the file."""
    return tuple(
        Outlet(
            id=str(table["id"]),
            title=str(table["title"]),
            lang=str(table["lang"]),
            format=Format(str(table["format"])),
            layout=Layout(str(table["layout"])),
            path=str(table["path"]),
            tags=_strings(table["tags"]),
            tier=str(table["tier"]),
            charset=str(table.get("charset", "utf-8")),
            announced=str(table.get("announced", "both")),
        )
        for table in _tables("outlets.toml", "outlet")
    )


def _article(
    table: Mapping[str, object], outlet: Outlet, originals: Mapping[str, DemoArticle]
) -> DemoArticle:
    copy_of = str(table["copy_of"]) if "copy_of" in table else None
    paragraphs = tuple(part.strip() for part in str(table.get("text", "")).split("\n\n") if part.strip())
    if copy_of is not None:
        paragraphs = paragraphs or originals[copy_of].paragraphs
    if not paragraphs:
        raise ValueError(f"demo article {table['id']}: has neither a text nor an original")
    return DemoArticle(
        id=str(table["id"]),
        outlet=outlet,
        title=str(table["title"]),
        paragraphs=(*paragraphs, str(table["append"])) if "append" in table else paragraphs,
        author=str(table.get("author", "")),
        age=timedelta(hours=_number(table.get("hours", 0))),
        after=timedelta(seconds=_number(table.get("after", 0))),
        topics=frozenset(_strings(table["topics"])),
        note=str(table["note"]),
        copy_of=copy_of,
        copy_kind=CopyKind(str(table["copy"])) if copy_of is not None else None,
        query=str(table.get("query", "")),
    )


def _tables(name: str, key: str) -> Iterator[Mapping[str, object]]:
    yield from tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))[key]


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list of strings belongs here")
    return tuple(str(item) for item in value)


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError("a number belongs here")
    return float(value)
