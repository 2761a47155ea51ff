"""The pages of tests/data/articles: what a server sends for an article link, and what must come of it.

A page is written once as text; its frame gives it the navigation, related headlines, offers to
subscribe and footer that every outlet puts round its articles, in the language of the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from aggregator.extract import article, choose
from aggregator.model import Article, Entry, Quality

DATA = Path(__file__).resolve().parents[1] / "data" / "articles"
_TEXT = re.compile(r"^@(\w+) (\d+)(?:-(\d+))?$", re.MULTILINE)
_MANY = ("has", "lacks")

# What stands on every page of an outlet, subscriptions included: none of it says a thing of the article.
_WORDS = {
    "en": (
        "Home|News|Business|Sport|Culture|Opinion",
        "Subscribe|Already a subscriber? Sign in|Most read|Related stories",
        "Council delays vote on harbour tunnel|Ferry fares rise for third year|Old cinema reopens its doors",
        "Sign up for our newsletter and get the day's stories in your inbox every morning, free of charge.",
        "About us|Privacy policy|Cookie settings|Terms|© 2025 The Paper. All rights reserved.",
    ),
    "fr": (
        "Accueil|Actualités|Économie|Sport|Culture|Opinions",
        "S'abonner|Déjà abonné ? Se connecter|Les plus lus|À lire aussi",
        "Le tunnel du port attendra l'an prochain|Le prix du bac augmente encore|Le vieux cinéma rouvre",
        "Recevez chaque matin notre lettre : l'essentiel de l'actualité, choisi par la rédaction.",
        "Qui sommes-nous|Mentions légales|Gestion des cookies|CGV|© 2025 Le Journal. Tous droits réservés.",
    ),
    "de": (
        "Start|Nachrichten|Wirtschaft|Sport|Kultur|Meinung",
        "Abo testen|Bereits Abonnent? Anmelden|Meistgelesen|Mehr zum Thema",
        "Hafentunnel kommt später als geplant|Fähre wird wieder teurer|Altes Kino öffnet nach Umbau",
        "Unser Newsletter bringt Ihnen jeden Morgen das Wichtigste des Tages kostenlos in Ihr Postfach.",
        "Über uns|Datenschutz|Cookie-Einstellungen|Impressum|© 2025 Das Blatt. Alle Rechte vorbehalten.",
    ),
    "zh": (
        "首页|新闻|财经|体育|文化|评论",
        "订阅|登录|热门文章|相关阅读",
        "港口隧道项目推迟表决|轮渡票价连续第三年上涨|老电影院重新开门迎客",
        "订阅我们的电子报，每天早上把重要新闻送到您的邮箱。",
        "关于我们|隐私政策|使用条款|联系方式|版权所有 © 2025 青溪新闻网 京ICP备00000000号",
    ),
}
_SITES = {"en": "The Paper", "fr": "Le Journal", "de": "Das Blatt", "zh": "青溪新闻网"}


@dataclass(frozen=True, slots=True)
class Case:
    """A page as served for an entry, with the verdict that is right for it."""

    name: str
    lang: str
    verdict: Quality
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    entry: Entry
    url: str
    body: bytes
    charset: str | None

    def result(self) -> Article:
        """Judge the page as the worker does."""
        found = article(self.body, charset=self.charset, url=self.url, with_metadata=False, entry=self.entry)
        return choose(found, self.entry)

    def wrong(self) -> list[str]:
        """Return what is not as it must be, with the evidence."""
        found = self.result()
        faults = [] if found.quality is self.verdict else [f"{found.quality}, not {self.verdict}"]
        faults += [f"lacks: {words}" for words in self.has if words not in found.text]
        faults += [f"holds: {words}" for words in self.lacks if words in found.text]
        faults += [] if found.evidence else ["no evidence"]
        return [f"{self.name}: {'; '.join(faults)} {found.evidence}"] if faults else []


def cases(*names: str) -> list[Case]:
    """Read the pages of the files with these names, of all files if none is given."""
    paths = [DATA / f"{name}.pages" for name in names] or sorted(DATA.glob("*.pages"))
    texts = {name: text.splitlines() for name, text in _parts(DATA / "texts.txt")}
    return [_case(name, part, texts) for path in paths for name, part in _parts(path)]


def _parts(path: Path) -> Iterator[tuple[str, str]]:
    for part in path.read_text("utf-8").split("\n=== "):
        name, _, rest = part.removeprefix("=== ").partition("\n")
        yield name.strip(), rest.strip("\n")


def _case(name: str, part: str, texts: dict[str, list[str]]) -> Case:
    head, _, page = part.partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.splitlines():
        key, found, value = line.partition(": ")
        if not found:
            raise ValueError(f"{name}: no field and value: {line!r}")
        fields.setdefault(key, []).append(value)
    doubled = [key for key, values in fields.items() if len(values) > 1 and key not in _MANY]
    if doubled:
        raise ValueError(f"{name}: given twice: {doubled}")
    one = {key: values[0] for key, values in fields.items()}

    def paragraphs(match: re.Match[str]) -> str:
        first, last = int(match[2]), int(match[3] or match[2])
        return "\n".join(f"<p>{line}</p>" for line in texts[match[1]][first - 1 : last])

    page = _TEXT.sub(paragraphs, page)
    above, mark, below = page.rpartition("[body]\n")
    lang = one["lang"]
    url = one.get("url", f"https://news.example/2025/03/01/{name}")
    asked = one.get("asked", url)
    title = one.get("title", "")
    frame = one.get("frame", "paper")
    if frame != "none":
        page_title = one.get("page-title", f"{title} - {_SITES.get(lang, 'The Paper')}")
        page = _framed(frame, lang, page_title, above if mark else "", below)
    entry = Entry(
        "1", asked, title, summary_html=f"<p>{escape(one['summary'])}</p>" if "summary" in one else ""
    )
    encoding = one.get("encoding", "utf-8")
    return Case(
        name=name,
        lang=lang,
        verdict=Quality(one["verdict"]),
        has=tuple(fields.get("has", ())),
        lacks=tuple(fields.get("lacks", ())),
        entry=entry,
        url=url,
        body=page.encode(encoding),
        charset=one.get("charset"),
    )


def _framed(frame: str, lang: str, title: str, head: str, body: str) -> str:
    sections, labels, headlines, letter, foot = _WORDS.get(lang, _WORDS["en"])
    offer, account, popular, related = labels.split("|")
    nav = "".join(f'<li><a href="/s/{n}">{name}</a></li>' for n, name in enumerate(sections.split("|")))
    heads = "".join(
        f'<li><a href="/2025/02/2{n}/story">{text}</a></li>' for n, text in enumerate(headlines.split("|"))
    )
    feet = " | ".join(f'<a href="/p/{n}">{text}</a>' for n, text in enumerate(foot.split("|")[:-1]))
    rights = foot.split("|")[-1]
    start = (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"{head}</head><body>\n"
    )
    if frame == "soup":
        return (
            f'{start}<div class="a1"><div><a href="/">Logo</a></div><ul>{nav}</ul>'
            f'<div><a href="/abo">{offer}</a> <a href="/login">{account}</a></div></div>'
            f'<div class="a2"><div class="a3">{body}</div><div class="a4"><div>{popular}</div>'
            f"<ul>{heads}</ul>"
            f'<div>{letter}</div><div><form><input name="email"><button>OK</button></form></div></div></div>'
            f'<div class="a5">{feet}<div>{rights}</div></div></body></html>'
        )
    return (
        f'{start}<header class="site-header"><a href="/">Logo</a> <a class="btn" href="/abo">{offer}</a> '
        f'<a href="/login">{account}</a></header><nav><ul>{nav}</ul></nav><main>{body}</main>'
        f'<aside class="sidebar"><h3>{popular}</h3><ol>{heads}</ol></aside>'
        f'<section class="related"><h3>{related}</h3><ul>{heads}</ul></section>'
        f'<section class="newsletter"><p>{letter}</p><form><input type="email"><button>OK</button></form>'
        f"</section><footer>{feet}<p>{rights}</p></footer></body></html>"
    )
