"""The five seed texts as the web had them: full article pages behind a feed, and one listing page.

Each text keeps its own words, in their order. What it held of a page's furniture (menus, share lines,
related headlines, newsletters) becomes furniture again; the rest becomes the article. Around all of
them stands more furniture that tempts a careless reader: headlines about Alibaba's fines in a sidebar.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

from tests.support.web import ScriptedWeb

FEED = "/feed.xml"
LISTING = "/dossier/alibaba/"
SELECTORS = {"item": "li.teaser", "link": "h3 a", "title": "h3", "summary": "div.texte"}

_MENU = ("Accueil", "Économie", "Monde", "Numérique", "Vidéos")
_SIDEBAR = (
    "Alibaba : l'amende historique infligée par Pékin, un an après",
    "Ant Group, le régulateur chinois hausse encore le ton",
    "Immobilier : les villes où les prix reculent",
)
_BULLET = "  • "
_FEW_WORDS = 12  # a line as short as this, without a full stop, is a heading


@dataclass(frozen=True, slots=True)
class SeedPage:
    """An article page made from a seed text, or from one entry of the listing."""

    key: str  # "000" … "004"; entries of the listing: "001-1" …
    path: str
    title: str
    paragraphs: tuple[str, ...]  # the article's own, headings included
    html: str

    @property
    def summary(self) -> str:
        """Return what the feed tells of it: the first 25 words."""
        words = " ".join(self.paragraphs).split()
        return " ".join(words[:25]) + ("…" if len(words) > 25 else "")


def _text(folder: Path, number: str) -> str:
    (path,) = folder.glob(f"{number}_*.txt")
    return path.read_text(encoding="utf-8")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _is_heading(line: str) -> bool:
    return len(line.split()) <= _FEW_WORDS and line[-1] not in '.…»”"!'


def _article(lines: Sequence[str]) -> str:
    parts = []
    for line in lines:
        body = escape(line, quote=False)
        if "(Image :" in line or line.startswith("(Crédit photo"):
            parts.append(f"<figure><img src='/photo.jpg' alt=''><figcaption>{body}</figcaption></figure>")
        else:
            parts.append(f"<h2>{body}</h2>" if _is_heading(line) else f"<p>{body}</p>")
    return "\n".join(parts)


def _list(lines: Sequence[str], tag: str = "ul") -> str:
    rows = "".join(f"<li><a href='/r/{n}'>{escape(line)}</a></li>" for n, line in enumerate(lines))
    return f"<{tag}>{rows}</{tag}>"


def _page(title: str, inner: str, *, before: str = "", after: str = "") -> str:
    return f"""<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>{escape(title)} | Le Journal</title>
<meta name="viewport" content="width=device-width"><style>.col{{float:right}}</style>
<script>window.dataLayer=[];</script></head><body>
<div id="cmp" role="dialog"><p>Nos partenaires utilisent des traceurs.</p><button>Accepter</button></div>
<header><a class="logo" href="/">Le Journal</a><nav>{_list(_MENU)}</nav>{before}</header>
<main>{inner}</main>
<aside class="col"><h3>Les plus lus</h3>{_list(_SIDEBAR, "ol")}<div class="ad">Publicité</div></aside>
{after}
<div class="newsletter"><h3>La lettre du matin</h3><p>Recevez chaque jour notre sélection.</p>
<form><input type="email"><button>S'inscrire</button></form></div>
<footer><p>© Le Journal — <a href="/legal">Mentions légales</a> · <a href="/cookies">Cookies</a></p></footer>
</body></html>
"""


def _single(
    key: str, title: str, lines: Sequence[str], *, byline: str = "", before: str = "", after: str = ""
) -> SeedPage:
    meta = f"<div class='meta'>{escape(byline)}</div>" if byline else ""
    inner = f"<article><h1>{escape(title, quote=False)}</h1>{meta}\n{_article(lines)}\n</article>"
    return SeedPage(
        key, f"/article/{key}.html", title, tuple(lines), _page(title, inner, before=before, after=after)
    )


def _chute(folder: Path) -> SeedPage:
    """Seed 000: 260 lines of menus, then the article between the share line and the rating, then more."""
    lines = _lines(_text(folder, "000"))
    title = next(line for line in lines if line.startswith("Vers la chute"))
    at = lines.index(title)
    last = next(n for n, line in enumerate(lines) if line.startswith("Ça vous a plu"))
    first = max(n for n in range(at, last) if lines[n].endswith("Copier le lien")) + 1
    menu, share, rest = lines[:at], lines[at + 1 : first], lines[last:]
    return _single(
        "000",
        title,
        lines[first:last],
        byline=" ".join(share),
        before=f"<nav class='mega'>{_list([line.removeprefix('• ') for line in menu])}</nav>",
        after=f"<section class='related'>{_list([line.removeprefix('• ') for line in rest])}</section>",
    )


def _pression(folder: Path) -> SeedPage:
    """Seed 002: skip link, title, breadcrumb, article with two photographs, author, appeal for gifts."""
    skip, title, crumb, *body = _lines(_text(folder, "002"))
    *article, author, appeal = body
    return _single(
        "002",
        title,
        article,
        byline=author,
        before=f"<a class='skip' href='#c'>{escape(skip)}</a><p class='crumb'>{escape(crumb)}</p>",
        after=f"<div class='gift'>{escape(appeal)}</div>",
    )


def _tencent(folder: Path) -> SeedPage:
    """Seed 003: everything on one line: breadcrumb and title, title, lead, date, article, newsletter."""
    text = _text(folder, "003").strip()
    found = re.fullmatch(
        r"(Home/International/)(.+?) \2 (.+?) ([\d-]{10})Comment (.+?) (Newsletter .+)", text
    )
    assert found is not None, "seed 003 has another shape than it had"
    crumb, title, lead, date, body, newsletter = found.groups()
    sentences = re.split(r"(?<=[.»]) (?=[A-ZÉ])", body)
    paragraphs = [lead, *(" ".join(sentences[n : n + 2]) for n in range(0, len(sentences), 2))]
    return _single(
        "003",
        title,
        paragraphs,
        byline=f"{date} · Comment",
        before=f"<p class='crumb'>{escape(crumb)}</p>",
        after=f"<div class='nl'>{escape(newsletter)}</div>",
    )


def _visite(folder: Path) -> SeedPage:
    """Seed 004: an article without a title, then teasers of other articles."""
    lines = _lines(_text(folder, "004"))
    end = next(n for n, line in enumerate(lines) if line.startswith("(Crédit photo")) + 1
    related = f"<section class='related'><h3>À lire aussi</h3>{_list(lines[end:])}</section>"
    return _single("004", "Jack Ma en étape en France avant le CeBIT", lines[:end], after=related)


def single_pages(shared: Path) -> tuple[SeedPage, ...]:
    """Return the four seeds that are articles: 000, 002, 003, 004."""
    folder = shared / "seeds"
    return _chute(folder), _pression(folder), _tencent(folder), _visite(folder)


def listing_pages(shared: Path) -> tuple[SeedPage, ...]:
    """Return the entries of seed 001, its broken accents as they are."""
    pages: list[SeedPage] = []
    for number, block in enumerate(f"\n{_text(shared / 'seeds', '001')}".split(f"\n{_BULLET}")[1:], 1):
        title, *lines = _lines(block)
        pages.append(_single(f"001-{number}", title, lines))
    return tuple(pages)


def _feed(web: ScriptedWeb, pages: Sequence[SeedPage], now: datetime) -> str:
    rows = "\n".join(
        f"<item><title>{escape(page.title, quote=False)}</title><link>{web.url(page.path)}</link>"
        f"<guid isPermaLink='false'>seed-{page.key}</guid>"
        f"<pubDate>{format_datetime(now - timedelta(hours=n + 1))}</pubDate>"
        f"<description>{escape(page.summary, quote=False)}</description></item>"
        for n, page in enumerate(pages)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Le Journal</title>'
        f"<link>{web.url()}</link><description>Le Journal</description><language>fr</language>\n"
        f"{rows}</channel></rss>\n"
    )


def _listing(pages: Sequence[SeedPage]) -> str:
    rows = "\n".join(
        f"<li class='teaser'><h3><a href='{page.path}'>{escape(page.title, quote=False)}</a></h3>"
        f"<div class='texte'>{_article(page.paragraphs)}</div></li>"
        for page in pages
    )
    return _page("Alibaba", f"<h1>Alibaba</h1><ul class='dossier'>{rows}</ul>")


def install(web: ScriptedWeb, shared: Path, now: datetime) -> tuple[SeedPage, ...]:
    """Put feed, listing and all pages on `web`, the newest entry an hour before `now`; return the pages."""
    singles, entries = single_pages(shared), listing_pages(shared)
    modified = format_datetime(now - timedelta(hours=1), usegmt=True)
    for page in (*singles, *entries):
        web.put(page.path, page.html, etag=f'"{page.key}"', last_modified=modified)
    web.put(FEED, _feed(web, singles, now), "application/rss+xml", etag='"feed"', last_modified=modified)
    web.put(LISTING, _listing(entries), etag='"listing"', last_modified=modified)
    return (*singles, *entries)


def sources(web: ScriptedWeb) -> str:
    """Return the sources that read the feed and the listing, as a configuration file."""
    selectors = "\n".join(f'{name} = "{value}"' for name, value in SELECTORS.items())
    return (
        f'[[source]]\nurl = "{web.url(FEED)}"\nid = "journal"\nlang = "fr"\n\n'
        f'[[source]]\nurl = "{web.url(LISTING)}"\nid = "dossier"\nkind = "listing"\nlang = "fr"\n\n'
        f"[source.listing]\n{selectors}\n"
    )
