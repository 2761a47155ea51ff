"""Stored items as the matcher looks at them, for whoever decides, searches or explains."""

from collections.abc import Mapping
from dataclasses import replace

from aggregator.analysis import ANALYSED
from aggregator.config.schema import SourceConfig
from aggregator.model import Document, Item, Tokens
from aggregator.text.tokens import tokenise
from aggregator.urls import registrable_domain

_UNREAD = Tokens((), (), (), (), ())


def document(
    item: Item, title: Tokens, text: Tokens, lang: str | None, source: SourceConfig | None
) -> Document:
    """Show an item with its words to the matcher."""
    article = item.article
    authors = tuple(author.name for author in item.entry.authors) or (article.authors if article else ())
    return Document(
        title=item.title,
        text=article.text if article else "",
        title_tokens=title,
        text_tokens=text,
        url=item.entry.url or "",
        site=registrable_domain(item.entry.url) if item.entry.url else "",
        source_id=item.source_id,
        tags=(*(source.tags if source else ()), *item.entry.tags),
        tier=source.tier if source else None,
        lang=lang,
        authors=authors,
        published_at=item.published_at,
        quality=article.quality if article else None,
    )


def unread(item: Item, sources: Mapping[str, SourceConfig]) -> Document:
    """Show a decided item to the matcher without its words, which take most of the time to find."""
    return document(item, _UNREAD, _UNREAD, item.lang, sources.get(item.source_id))


def read(shown: Document) -> Document:
    """Add the words, as they were when the item was decided."""
    return replace(shown, title_tokens=tokenise(shown.title), text_tokens=tokenise(shown.text[:ANALYSED]))
