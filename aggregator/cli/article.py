"""`article`: a page as the daemon would read it, what of it is kept, what is dropped, and why."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from aggregator.cli.options import AsJson, Places, application
from aggregator.cli.sources import completed

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from aggregator.app import Plan
    from aggregator.config.site import SiteConfig
    from aggregator.model import Block, Failure
    from aggregator.pipeline.looking import Look, Stored

_LABEL = 14  # columns
_WIDE = 120  # columns from which what is kept and what is dropped stand side by side
_MOST = 300  # characters that are shown of what was dropped


@dataclass(frozen=True, slots=True)
class _Piece:
    """Blocks of one fate that follow one another on a page."""

    reason: str | None
    where: str
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        """What is shown of them."""
        if self.reason is None:
            return self.texts[0]
        text = " · ".join(self.texts)
        more = f" … ({len(text):,} characters)" if len(text) > _MOST else ""
        return f"{text[:_MOST].rstrip()}{more}  [{self.where}]"


class _Screen:
    """Prints rows of label and text: folded for eyes, or whole for pipes."""

    def __init__(self, width: int | None, redact: Callable[[str], str]) -> None:
        from rich.console import Console

        self._redact = redact
        self._is_folded = width is not None or sys.stdout.isatty()
        self._console = Console(width=width, highlight=False, markup=False)

    def gap(self) -> None:
        """Leave a line empty."""
        print()

    def row(self, label: str, text: str, *, is_faint: bool = False) -> None:
        """Print a label and its text; what follows its first line is indented."""
        from rich.table import Table

        if not self._is_folded:
            print(f"{label:<{_LABEL}}{self._redact(text)}".rstrip())
            return
        grid = Table.grid()
        grid.add_column(width=_LABEL, no_wrap=True, style="dim" if is_faint else "bold")
        grid.add_column(overflow="fold", style="dim" if is_faint else "")
        grid.add_row(self._text(label), self._text(text))
        self._print(grid)

    def pieces(self, pieces: Sequence[_Piece]) -> None:
        """Print what is kept and what is dropped: side by side where there is room, else in turn."""
        if self._is_folded and self._console.width >= _WIDE:
            self._side_by_side(pieces)
            return
        for piece in pieces:
            label = "kept" if piece.reason is None else f"- {piece.reason}"
            self.row(label, piece.text, is_faint=piece.reason is not None)

    def _side_by_side(self, pieces: Sequence[_Piece]) -> None:
        """Put what is kept left, and right of it what was dropped just before it."""
        from rich import box
        from rich.table import Table

        table = Table(box=box.MINIMAL, show_edge=False, pad_edge=False, expand=True)
        table.add_column("kept", ratio=1, overflow="fold")
        table.add_column("dropped", ratio=1, overflow="fold", style="dim")
        for dropped, kept in _rows(pieces):
            left = "\n\n".join(piece.text for piece in kept)
            right = "\n\n".join(f"{piece.reason}: {piece.text}" for piece in dropped)
            table.add_row(self._text(left), self._text(right))
            table.add_section()
        self._print(table)

    def _text(self, text: str) -> "Text":
        from rich.text import Text

        return Text(self._redact(text))

    def _print(self, table: "Table") -> None:
        with self._console.capture() as capture:
            self._console.print(table)
        for line in capture.get().splitlines():
            print(line.rstrip())


@application.command(rich_help_panel="Look")
def article(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Address of a page.")],
    as_json: AsJson = False,
    width: Annotated[
        int | None,
        typer.Option(min=40, help="Columns to fit into.", show_default="those of the terminal"),
    ] = None,
) -> None:
    """Show what is read of a page and what is dropped and why, with the rule of its site; keep nothing."""
    from aggregator import loop
    from aggregator.errors import UsageError
    from aggregator.model import Failure
    from aggregator.urls import is_http, redact

    places: Places = context.obj
    url = completed(url)
    if not is_http(url):
        raise UsageError(f"{redact(url)!r} is no http or https address")
    plan = places.plan(may_be_empty=True)
    found = loop.run(_look(places, plan, url))
    if isinstance(found, Failure):
        _fail(plan, url, found, as_json=as_json)
    site = next((each for each in plan.config.sites if each.rule == found.rule), None)
    if as_json:
        described = json.dumps(_described(found, site), ensure_ascii=False, indent=2)
        print(plan.config.redact(described))
        return
    screen = _Screen(width, plan.config.redact)
    for label, text in _head(found, site):
        screen.row(label, text)
    for url, part in zip(found.pages.urls, found.pages.parts, strict=True):
        screen.gap()
        if len(found.pages.urls) > 1:
            screen.row("page", url)
        screen.pieces(list(_pieces(part.blocks, plan.config.redact)))
    screen.gap()
    for name, why in _reasons(found).items():
        screen.row(name, why)


async def _look(places: Places, plan: "Plan", url: str) -> "Look | Failure":
    from aggregator import app
    from aggregator.clock import Clock
    from aggregator.pipeline.looking import look

    async with app.looking(plan, places.state, Clock()) as parts:
        return await look(parts, url)


def _fail(plan: "Plan", url: str, failure: "Failure", *, as_json: bool) -> NoReturn:
    shown, detail = plan.config.redact(url), plan.config.redact(failure.detail)
    if as_json:
        answer = {"url": shown, "failure": {"kind": failure.kind, "detail": detail, "status": failure.status}}
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print(f"no article: {detail}", file=sys.stderr)
    raise typer.Exit(1)


def _head(found: "Look", site: "SiteConfig | None") -> Iterator[tuple[str, str]]:
    """Say what was asked and answered, and what the article is worth, a label and a line each."""
    answer, read = found.answer, found.article
    yield "page", answer.url
    for hop in answer.redirects:
        yield "", f"{hop.status}, to {hop.url}"
    yield "", f"{answer.status}, {answer.content_type or 'no type'}, {found.size:,} bytes"
    for url in found.pages.urls[1:]:
        yield "next page", url
    yield "rule", f"{site.host}, {site.file}:{site.line}" if site else "none"
    if site and site.prefer_feed:
        yield "", "prefers the feed: the daemon asks for this page only where an entry has no text"
    yield "source", f"{found.source.id}: asked for as it asks" if found.source else "none"
    yield from _known(found.stored)
    yield "verdict", read.quality.value
    for line in read.evidence:
        yield "", line
    if not found.kept.is_from_page:
        yield "stored is", found.kept.evidence[0]
    date = _minute(read.published_at) if read.published_at else ""
    for label, name, value in (
        ("title", "title", read.title),
        ("authors", "authors", ", ".join(read.authors)),
        ("date", "published_at", date),
    ):
        yield label, f"{value}  (from the {_origin(found, name)})" if value else "none"
    if read.canonical_url and read.canonical_url != found.pages.urls[0]:
        yield "canonical", read.canonical_url
    blocks = [block for part in found.pages.parts for block in part.blocks]
    kept = sum(block.reason is None for block in blocks)
    yield "text", f"{len(read.text):,} characters; {kept} blocks kept, {len(blocks) - kept} dropped"


def _known(stored: "Stored | None") -> Iterator[tuple[str, str]]:
    """Say what is stored of a page, and what its verdict can lean on."""
    if stored is None:
        weaker = "there is no title or summary to compare the page with, and the verdict is weaker"
        yield "entry", f"none is stored with this address: {weaker}"
        return
    item, history = stored.item, stored.history
    yield "entry", f"{item.title or 'no title'} ({item.source_id}, {item.uid})"
    if item.article is not None:
        yield "stored", f"{item.article.quality}, {len(item.article.text):,} characters"
    if history is not None and history.changed_at is not None:
        yield "", f"{_minute(history.changed_at)}: {history.change_note}"
    if history is not None and history.reread_at is not None:
        yield "", f"looked at again {_minute(history.reread_at)}: {history.reread_note}"
    if stored.reread_at is not None:
        yield "", f"is looked at again {_minute(stored.reread_at)}"


def _minute(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _pieces(blocks: Iterable["Block"], redact: Callable[[str], str]) -> Iterator[_Piece]:
    shown = (replace(block, text=redact(block.text)) for block in blocks)  # before anything is shortened
    for (reason, _), group in groupby(shown, _fate):
        if reason is None:
            yield from (_Piece(None, each.where, (each.text,)) for each in group)
        else:
            first, *rest = group
            yield _Piece(reason, first.where, (first.text, *(each.text for each in rest)))


def _fate(block: "Block") -> tuple[str | None, str]:
    """Group what one cut took; what no cut took is one group for each run of it."""
    return block.reason, "" if block.reason in (None, "outside", "other") else block.where


def _rows(pieces: Iterable[_Piece]) -> Iterator[tuple[list[_Piece], list[_Piece]]]:
    """Pair what was dropped with what is kept after it."""
    dropped: list[_Piece] = []
    kept: list[_Piece] = []
    for piece in pieces:
        if piece.reason is not None and kept:
            yield dropped, kept
            dropped, kept = [], []
        (dropped if piece.reason is not None else kept).append(piece)
    yield dropped, kept


def _reasons(found: "Look") -> dict[str, str]:
    return {name: why for part in found.pages.parts for name, why in part.reasons.items()}


def _origin(found: "Look", name: str) -> str:
    return found.pages.parts[0].origins.get(name, "page")


def _stored(stored: "Stored | None") -> dict[str, object] | None:
    if stored is None:
        return None
    item, history = stored.item, stored.history
    return {
        "id": item.uid,
        "title": item.title,
        "source": item.source_id,
        "quality": item.article.quality if item.article else None,
        "text": item.article.text if item.article else None,
        "change_note": history.change_note if history else None,
        "previous_text": history.previous_text if history else None,
        "reread_note": history.reread_note if history else None,
        "reread_due_at": stored.reread_at.isoformat(timespec="seconds") if stored.reread_at else None,
    }


def _described(found: "Look", site: "SiteConfig | None") -> dict[str, object]:
    read = found.article
    date = read.published_at.isoformat(timespec="seconds") if read.published_at else None

    def told(name: str, value: object) -> dict[str, object]:
        return {"value": value or None, "origin": _origin(found, name) if value else None}

    return {
        "url": found.answer.url,
        "pages": list(found.pages.urls),
        "rule": {"host": site.host, "file": site.file, "line": site.line} if site else None,
        "source": found.source.id if found.source else None,
        "stored": _stored(found.stored),
        "is_from_page": found.kept.is_from_page,
        "quality": read.quality,
        "evidence": list(read.evidence),
        "title": told("title", read.title),
        "authors": told("authors", list(read.authors)),
        "published_at": told("published_at", date),
        "site_name": read.site_name,
        "image_url": read.image_url,
        "canonical_url": read.canonical_url,
        "text": read.text,
        "html": read.html,
        "blocks": [
            {"page": number, **asdict(block)}
            for number, part in enumerate(found.pages.parts, 1)
            for block in part.blocks
        ],
        "reasons": _reasons(found),
    }
