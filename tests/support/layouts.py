"""Pages in layouts of four schools, with the furniture in and round their columns in three languages.

The words and the markup are invented, and were so without a look at the rules that have to find them.
"""

# ruff: noqa: E501 - markup is easier to read unbroken

from dataclasses import dataclass
from html import escape

LAYOUTS = ("utility", "tables", "modules", "bare")


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on a page besides its article."""

    nav: tuple[str, ...]
    tools: tuple[str, ...]  # above or below the text: print, listen, save
    kicker: str  # above a box of related headlines
    headlines: tuple[str, ...]
    teasers: tuple[str, ...]  # a sentence under each headline
    letter: tuple[str, str, str, str]  # newsletter: heading, promise, placeholder, button
    consent: tuple[str, str]
    most: str
    foot: tuple[str, ...]

    def all(self) -> tuple[str, ...]:
        """Return every line that must not stand in an article."""
        boxes = (self.kicker, self.most, *self.letter, *self.consent)
        return (*self.nav, *self.tools, *self.headlines, *self.teasers, *boxes, *self.foot)


WORDS = {
    "en": Words(
        nav=("Today", "Money", "Science", "Courts", "Puzzles", "Obituaries"),
        tools=("Listen to this story, 4 min", "Save for later", "Print this page", "Text size", "14 replies"),
        kicker="Elsewhere on this subject",
        headlines=("Ferry operators ask for later harbour fees", "Why bread costs more in March"),
        teasers=(
            "Three captains explain what a delay means for them.",
            "A baker opens his books, page by page.",
        ),
        letter=(
            "The Monday briefing",
            "What the week will bring, before it begins.",
            "you@home.example",
            "Count me in",
        ),
        consent=("We would like to store small files on your device to learn what you read.", "That is fine"),
        most="What others are reading",
        foot=("House rules", "Complaints", "Work with us", "Company number 4711"),
    ),
    "fr": Words(
        nav=("Aujourd'hui", "Argent", "Sciences", "Tribunaux", "Jeux", "Carnet"),
        tools=(
            "Écouter l'article, 4 min",
            "Garder pour plus tard",
            "Imprimer la page",
            "Taille du texte",
            "Réagir (14)",
        ),
        kicker="Sur le même thème",
        headlines=(
            "Les armateurs demandent un report des droits de port",
            "Pourquoi le pain augmente en mars",
        ),
        teasers=(
            "Trois capitaines racontent ce qu'un retard leur coûte.",
            "Un boulanger ouvre ses comptes, page à page.",
        ),
        letter=(
            "Le point du lundi",
            "La semaine qui vient, avant qu'elle commence.",
            "vous@maison.example",
            "Je veux la recevoir",
        ),
        consent=(
            "Nous souhaitons déposer de petits fichiers sur votre appareil pour savoir ce que vous lisez.",
            "D'accord",
        ),
        most="Ce que lisent les autres",
        foot=("Charte", "Réclamations", "Travailler chez nous", "Siret 4711"),
    ),
    "zh": Words(
        nav=("今日", "理财", "科学", "法院", "谜题", "讣闻"),
        tools=("听新闻，约四分钟", "稍后再看", "打印此页", "文字大小", "十四条回应"),
        kicker="同一话题",
        headlines=("船运公司请求推迟港口收费", "三月面包为什么涨价"),
        teasers=("三位船长讲述延误的代价。", "一位面包师公开他的账本。"),
        letter=("周一简报", "一周大事，提前知道。", "you@home.example", "我要接收"),
        consent=("我们希望在您的设备上保存小文件，以了解您读了什么。", "好的"),
        most="其他人在读",
        foot=("守则", "投诉", "加入我们", "公司编号 4711"),
    ),
}


def render(layout: str, title: str, paragraphs: tuple[str, ...], words: Words) -> str:
    """Write an article into a layout; box and form stand in the middle of the column."""
    half = max(1, len(paragraphs) // 2)
    parts = {"utility": _utility, "tables": _tables, "modules": _modules, "bare": _bare}
    body = parts[layout](escape(title), _all(paragraphs[:half]), _all(paragraphs[half:]), words)
    return f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{escape(title)}</title></head><body>{body}</body></html>"


def _all(texts: tuple[str, ...]) -> list[str]:
    return [escape(text, quote=False) for text in texts]


def _links(texts: tuple[str, ...], pattern: str, between: str = "") -> str:
    return between.join(pattern.format(n=number, text=escape(text)) for number, text in enumerate(texts))


def _utility(title: str, first: list[str], rest: list[str], words: Words) -> str:
    """Divs all the way down, named after what they look like."""
    card = '<div class="flex gap-2 p-4"><a href="/s/{n}"><img src="/i/{n}.jpg" alt=""><span class="font-bold">{text}</span></a></div>'
    text = '<div class="mb-4 leading-7">{}</div>'
    tools = _links(words.tools, '<span class="px-2 text-sm">{text}</span>')
    heading, promise, hint, button = words.letter
    letter = (
        f'<div class="rounded bg-sky-50 p-6"><div class="text-lg">{heading}</div><div class="text-sm">{promise}</div>'
        f'<form class="flex"><input type="email" placeholder="{hint}"><button>{button}</button></form></div>'
    )
    box = f'<div class="border-l p-4"><div class="uppercase">{words.kicker}</div>{_links(words.headlines, card)}</div>'
    return (
        f'<div class="fixed inset-0 z-50"><div class="p-8">{words.consent[0]}</div><button>{words.consent[1]}</button></div>'
        f'<div class="sticky top-0 flex">{_links(words.nav, "<a class=px-3 href=/{n}>{text}</a>")}</div>'
        f'<div class="mx-auto max-w-3xl"><h1 class="text-4xl">{title}</h1><div class="flex">{tools}</div>'
        f"{''.join(map(text.format, first))}{box}{letter}{''.join(map(text.format, rest))}</div>"
        f'<div class="grid grid-cols-3"><div class="col-span-3">{words.most}</div>{_links(words.headlines, card)}</div>'
        f'<div class="bg-black text-white">{_links(words.foot, "<a class=px-3 href=/f/{n}>{text}</a>")}</div>'
    )


def _tables(title: str, first: list[str], rest: list[str], words: Words) -> str:
    """The web of 2003: a table for the page, breaks for paragraphs."""
    heading, promise, hint, button = words.letter
    side = _links(words.headlines, '<a href="s{n}.html">{text}</a>', "<br>")
    teasers = "<br>".join(words.teasers)
    tools = _links(words.tools, '<a href="t{n}.php">{text}</a>', " | ")
    box = f"<table width=200 align=right bgcolor=#eeeeee><tr><td><b>{words.kicker}</b></td></tr><tr><td>{side}</td></tr></table>"
    return (
        f"<table width=980><tr><td colspan=3 bgcolor=navy>{_links(words.nav, '<a href=n{n}.html><font color=white>{text}</font></a>', ' | ')}</td></tr>"
        f"<tr><td width=160 valign=top><b>{words.most}</b><br>{side}<br>{teasers}<br><b>{heading}</b><br>{promise}<br>"
        f'<form><input name=email value="{hint}"><input type=submit value="{button}"></form></td>'
        f"<td valign=top><font size=5>{title}</font><br>{tools}<br><br>{'<br><br>'.join(first)}<br><br>{box}{'<br><br>'.join(rest)}</td>"
        f'<td width=160 valign=top>{words.consent[0]}<br><a href="#">{words.consent[1]}</a></td></tr>'
        f"<tr><td colspan=3 align=center>{_links(words.foot, '<a href=f{n}.html>{text}</a>', ' · ')}</td></tr></table>"
    )


def _modules(title: str, first: list[str], rest: list[str], words: Words) -> str:
    """What a large content system makes: components with names that only its makers know."""
    heading, promise, hint, button = words.letter
    cards = "".join(
        f'<li class="c-list__entry"><h4 class="c-list__hed"><a href="/a/{n}">{head}</a></h4><p class="c-list__dek">{teaser}</p></li>'
        for n, (head, teaser) in enumerate(zip(words.headlines, words.teasers, strict=True))
    )
    tools = _links(words.tools, '<li><button data-action="{n}">{text}</button></li>')
    return (
        f'<div data-component="privacy-gate"><p>{words.consent[0]}</p><button>{words.consent[1]}</button></div>'
        f"<header><ul>{_links(words.nav, '<li><a href=/{n}>{text}</a></li>')}</ul></header><main><article>"
        f'<div class="c-hed"><h1>{title}</h1></div><ul class="c-actions">{tools}</ul><div class="c-body">'
        f"{''.join(f'<p class=c-body__graf>{text}</p>' for text in first)}"
        f'<section class="c-inset"><p class="c-inset__kicker">{words.kicker}</p><ul class="c-list">{cards}</ul></section>'
        f'<section class="c-inset"><h3>{heading}</h3><p>{promise}</p><form><input type="text" name="mail" placeholder="{hint}">'
        f"<button>{button}</button></form></section>"
        f"{''.join(f'<p class=c-body__graf>{text}</p>' for text in rest)}</div></article></main>"
        f'<section class="c-river"><h2>{words.most}</h2><ul class="c-list">{cards}</ul></section>'
        f"<footer>{_links(words.foot, '<a href=/f/{n}>{text}</a>')}</footer>"
    )


def _bare(title: str, first: list[str], rest: list[str], words: Words) -> str:
    """No names at all: paragraphs, lists, and links in a row."""
    heading, promise, hint, button = words.letter
    related = _links(words.headlines, '<li><a href="/r/{n}">{text}</a></li>')
    return (
        f"<p>{_links(words.nav, '<a href=/{n}>{text}</a>', ' ')}</p><h1>{title}</h1>"
        f"<p>{_links(words.tools, '<a href=/t/{n}>{text}</a>', ' ')}</p>"
        f"{''.join(f'<p>{text}</p>' for text in first)}"
        f"<p><b>{words.kicker}</b></p><ul>{related}</ul>"
        f"{''.join(f'<p>{text}</p>' for text in rest)}"
        f'<h3>{heading}</h3><p>{promise}</p><form><input type=email placeholder="{hint}"><button>{button}</button></form>'
        f"<h3>{words.most}</h3><ol>{related}</ol>"
        f"<p>{_links(words.foot, '<a href=/f/{n}>{text}</a>', ' ')}</p>"
    )
