"""Lines that are not the article although they stand in its column.

At the top: the title again, bylines, dates, share rows. Anywhere: short lines that speak to the
reader (subscribe, share, read also). A line that runs on is never touched.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml.etree import _Element

from aggregator.extract.consent import asking, is_told
from aggregator.extract.phrases import MEMBER, OFFER, QUOTE, WALL, is_behind, weight
from aggregator.model import Asking

_MAX_SPEECH = 260
_MAX_TOP = 140
_TOP_LINES = 8  # how deep the furniture above an article may reach
_RUNNING, _RUNNING_HAN = 80, 32
_HAN = re.compile(r"[぀-ヿ㐀-鿿가-힯]")
_LETTERS = re.compile(r"[\W_]+")

_SPEECH = (
    # English
    r"subscribe\b|sign up (?:for|to|now|here)|sign in to|get our newsletter|follow us\b",
    r"follow .{2,60} on (?:facebook|twitter|instagram|x)\b",
    r"read (?:also|more|next)\b|also read\b|see also\W*$|related (?:articles?|stories|coverage|roundup)\b",
    r"share (?:this|on)\b|advertisement\W*$|click here to (?:subscribe|sign|read|join)",
    r"support our journalism|like this\W*$|(?:\d+ )?comments?\W*$|comments? \(\d+\)",
    r"(?:(?:show|see|view|load) )?(?:more|less)\W*$",
    r"(?:was|is|did you find) this (?:article|page|story|content) \w+\?",
    r"copyright\W{0,3}(?:[©ⓒ]|\(c\)|\d|by\b|notice|all\b|$)|©|all rights reserved\b",
    # French
    r"abonnez-vous|inscrivez-vous|s'abonner|suivez-nous|voir aussi\W",
    r"(?:à )?lire (?:aussi|également)\b|à lire\W",
    r"partager\b.{0,60}(?:facebook|twitter|linkedin)|publicité\W*$|soutenez\W|tous droits réservés",
    r"(?:voir|lire|afficher) (?:plus|moins)\W*$",
    r"(?:cet|l'|l’) ?article vous a(?:-t-il)? (?:plu|aidé|été utile)\W*$",
    r"recevez (?:chaque|notre|nos|toute)\b|\d* ?commentaires?\W*(?:$|—|-)",
    # German, Spanish, Portuguese, Italian
    r"abonnieren sie|jetzt abonnieren|mehr zum thema\W|lesen sie (?:auch|mehr|hier)\b|anzeige\W*$|teilen\W*$",
    r"(?:mehr|weniger) (?:anzeigen|lesen)\W*$|war (?:dieser|der) (?:artikel|beitrag) (?:\w+ )?\w+\?",
    r"(?:ver|leer|mostrar) (?:más|menos)\W*$",
    r"¿?te ha (?:gustado|sido útil|resultado útil|parecido)\b.{0,40}\?",
    r"newsletter\b|suscríb|síguenos|lea también|lee también|te puede interesar|publicidad\W*$|compartir\W*$",
    r"assine\W|leia (?:também|mais)|siga-nos|publicidade\W*$|compartilhe",
    r"iscriviti|leggi anche|seguici|pubblicità\W*$|condividi\W*$",
    # Chinese
    r"(?:展开|收起|查看|显示)(?:全文|更多|全部)?\W*$|(?:您|你)(?:认为|觉得|对)(?:这篇|本|此)(?:文章?|内容).{0,60}[?？]",
    r"广告\W*$|相关(?:阅读|新闻|专题)|延伸阅读|阅读(?:全文|更多)|分享(?:到|至)|转播到|评论\W*\d|扫码|扫描.{0,6}二维码|长按",
    r"责任?编辑?\s*[:：]|.{0,16}许可证(?:编?号)?\s*[:：]|(?:本文)?(?:编辑|审核|校对|监制|来源|原标题|作者|记者)\s*[:：]|打开\s?app|(?:欢迎)?关注我们|点击(?:阅读|查看)",
    r"(?:特别|免责|版权|郑重)声明|声明\s*[:：]|(?:版权|著作权)(?:所有|归|属)|未经.{0,16}(?:转载|使用)|本文(?:来源|来自|转自|系)",
)
_TO_THE_READER = re.compile(r"\W*(?:" + "|".join(_SPEECH) + ")", re.IGNORECASE)
_BYLINE = re.compile(
    r"\W*(?:(?:by|par|von|por|di|de la rédaction|published|updated|posted|publié|mis à jour|veröffentlicht"
    r"|publicado|actualizado|pubblicato|aktualisiert|stand|share|partager|teilen)\b"
    r"|本报记者|记者|作者|来源|发布时间|责编|编辑|分享|기사입력)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[.:/]\d{2}\b")
_ADDRESS = re.compile(r"https?://\S+$")


_WALLED = 4000  # characters of a text that no wall cuts off
_END = 5  # elements at the end of a text among which a wall is looked for

Told = Callable[[str, str], None]
"""Is told the name of what a line is, and its text: "top", "speech", "consent", "wall" or "heading"."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What went out of a text, as evidence for what the page is."""

    lines: tuple[str, ...]
    last: str  # the first line that went below all that stayed
    asking: Asking


def drop_furniture(body: _Element, titles: tuple[str, ...], told: Told | None = None) -> Dropped:
    """Remove such lines from a body in HTML vocabulary; `told` hears of each.

    A text that does nothing but ask for consent stays as it is, so that it can be named.
    """
    lines: list[str] = []

    def remove(element: _Element, name: str) -> None:
        text = "".join(element.itertext())
        if told:
            told(name, text)
        lines.append(" ".join(text.split()))
        body.remove(element)

    keys = [key for title in titles if (key := _key(title))]
    elements = list(body)
    texts = [" ".join("".join(element.itertext()).split()) for element in elements]
    asks = asking(texts)
    if asks.is_wall:
        return Dropped((), "", asks)
    last = ""
    is_top = True
    for number, (element, text) in enumerate(zip(elements, texts, strict=True)):
        if not text:
            continue
        least = _RUNNING_HAN if len(_HAN.findall(text)) * 4 > len(text) else _RUNNING
        if is_top and number < _TOP_LINES and len(text) <= _MAX_TOP and _is_top_line(text, keys):
            remove(element, "top")
            continue
        if len(text) >= least:
            is_top = False
        is_prose = element.tag not in ("ul", "ol", "table", "blockquote")
        if number in asks.blocks:
            remove(element, "consent")
            last = last or text
        elif is_prose and len(text) <= _MAX_SPEECH and _TO_THE_READER.match(text):
            remove(element, "speech")
            last = last or text
        else:
            last = ""
    for element in _wall(body):
        remove(element, "wall")
    while len(body) and body[-1].tag in ("h2", "h3", "h4", "h5", "h6"):
        remove(body[-1], "heading")  # a heading with nothing under it
    return Dropped(tuple(lines), last, asks)


def _wall(body: _Element) -> list[_Element]:
    """Find the line by which a wall begins near the end of a text, and the offers below it."""
    found: list[_Element] = []
    is_below = False  # below a paragraph of the text
    if sum(len(text) for text in body.itertext()) > _WALLED:
        return found
    first = next(iter(body), None)
    for element in list(body)[-_END:]:
        text = " ".join("".join(element.itertext()).split())
        if (
            not text
            or len(text) > _MAX_SPEECH
            or QUOTE.search(text)
            or element.tag in ("table", "blockquote")
        ):
            is_below |= weight(text) >= _RUNNING
            continue
        words = WALL.search(text)
        is_wall = words is not None and (words.start() < 40 or weight(text) < 120)
        is_offer = is_wall or (found and OFFER.search(text))
        if is_offer or (is_below and (is_behind(text) or MEMBER.match(text))):
            start = words.start() if words else _MAX_TOP
            if is_told(text, start, is_first=element is first):
                is_below = True
            else:
                found.append(element)
        elif weight(text) >= _RUNNING:
            is_below = True
    return found


def _is_top_line(text: str, titles: list[str]) -> bool:
    key = _key(text)
    if not key or _ADDRESS.match(text):
        return True
    if any(
        (key in title and len(key) * 3 > len(title)) or (title in key and len(key) < 1.3 * len(title))
        for title in titles
    ):
        return True
    if text.endswith((".", "!", "?", "。", "！", "？", "…")):
        return False
    return _BYLINE.match(text) is not None or (len(text) < 80 and _DATE.search(text) is not None)


def _key(text: str) -> str:
    return _LETTERS.sub("", text).casefold()
