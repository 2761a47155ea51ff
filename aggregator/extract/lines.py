"""Lines that are not the article although they stand in its column.

At the top: the title again, bylines, dates, share rows. Anywhere: short lines that speak to the
reader (subscribe, share, read also). A line that runs on is never touched.
"""

import re
from collections.abc import Callable

from lxml.etree import _Element

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
    r"copyright\b|©|all rights reserved\b",
    # French
    r"abonnez-vous|inscrivez-vous|s'abonner|suivez-nous|voir aussi\W",
    r"(?:à )?lire (?:aussi|également)\b|à lire\W",
    r"partager\b.{0,60}(?:facebook|twitter|linkedin)|publicité\W*$|soutenez\W|tous droits réservés",
    r"recevez (?:chaque|notre|nos|toute)\b|\d* ?commentaires?\W*(?:$|—|-)",
    # German, Spanish, Portuguese, Italian
    r"abonnieren sie|jetzt abonnieren|mehr zum thema\W|lesen sie (?:auch|mehr|hier)\b|anzeige\W*$|teilen\W*$",
    r"newsletter\b|suscríb|síguenos|lea también|lee también|te puede interesar|publicidad\W*$|compartir\W*$",
    r"assine\W|leia (?:também|mais)|siga-nos|publicidade\W*$|compartilhe",
    r"iscriviti|leggi anche|seguici|pubblicità\W*$|condividi\W*$",
    # Chinese
    r"广告\W*$|相关(?:阅读|新闻|专题)|延伸阅读|阅读(?:全文|更多)|分享(?:到|至)|转播到|评论\W*\d|扫码|责任编辑",
    r"版权|著作权",
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


def drop_furniture(
    body: _Element, titles: tuple[str, ...], told: Callable[[str, str], None] | None = None
) -> int:
    """Remove such lines from a body in HTML vocabulary; return how many went.

    `told` hears of each by the name of what it is: "top", "speech" or "heading".
    """

    def remove(element: _Element, name: str) -> None:
        if told:
            told(name, "".join(element.itertext()))
        body.remove(element)

    keys = [key for title in titles if (key := _key(title))]
    gone = 0
    is_top = True
    for number, element in enumerate(list(body)):
        text = " ".join("".join(element.itertext()).split())
        if not text:
            continue
        least = _RUNNING_HAN if len(_HAN.findall(text)) * 4 > len(text) else _RUNNING
        if is_top and number < _TOP_LINES and len(text) <= _MAX_TOP and _is_top_line(text, keys):
            remove(element, "top")
            gone += 1
            continue
        if len(text) >= least:
            is_top = False
        is_prose = element.tag not in ("ul", "ol", "table", "blockquote")
        if is_prose and len(text) <= _MAX_SPEECH and _TO_THE_READER.match(text):
            remove(element, "speech")
            gone += 1
    while len(body) and body[-1].tag in ("h2", "h3", "h4", "h5", "h6"):
        remove(body[-1], "heading")  # a heading with nothing under it
        gone += 1
    return gone


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
