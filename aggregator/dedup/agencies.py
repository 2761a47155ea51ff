"""Which news agency a text comes from, by its byline, dateline or credit.

An agency that is only quoted (`told Reuters`, `a déclaré à l'AFP`) is not its origin, so the middle of a
text is never looked at. Agencies are named as they sign; no other outlet is known here.
"""

import re
from collections.abc import Sequence

_SIGNS = {  # how each signs; what is all capitals or all small must be written so
    "AFP": "AFP|Agence France-Presse|法新社",
    "AP": "AP|The Associated Press|Associated Press|美联社",
    "ANSA": "ANSA",
    "ATS": "ATS|Keystone-ATS|Keystone-SDA",
    "Belga": "Belga",
    "Bloomberg": "Bloomberg|Bloomberg News|彭博社|彭博",
    "CNA": "中央社",
    "CNS": "中新社|中新网",
    "dpa": "dpa|DPA|dpa-AFX|德新社",
    "EFE": "EFE|Agencia EFE|埃菲社",
    "Kyodo": "Kyodo|Kyodo News|共同社",
    "PTI": "PTI|Press Trust of India",
    "Reuters": "Reuters|REUTERS|Thomson Reuters|路透社|路透",
    "TASS": "TASS|塔斯社",
    "Xinhua": "Xinhua|Agence Xinhua|Xinhua News Agency|新华社|新華社",
    "Yonhap": "Yonhap|Yonhap News|韩联社|韓聯社",
}
_NAMES = {form: name for name, forms in _SIGNS.items() for form in forms.split("|")}
# The longest first: `Bloomberg News` is not `Bloomberg` with something behind it.
_SIGNED = "(" + "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True)) + ")"
_HEAD, _TAIL, _NAME = 140, 200, 80  # characters in which an agency signs
_HEADS = re.compile(
    # `PARIS (AFP) —`, `Madrid, 3 mar (EFE).-`, `新华社北京3月4日电`, `(法新社巴黎5日电)`
    rf"\A[^()（）\n]{{0,70}}[(（]{_SIGNED}[^()（）\n]{{0,20}}[)）]|\A[（(]?{_SIGNED}[^，。\n]{{0,24}}电"
)
_TAILS = re.compile(
    r"(?:[(（©]|avec|with|mit|con|Source ?:|Quelle ?:|Fuente ?:|来源[:：]|來源[:：]) ?(?:l'|the )?"
    rf"{_SIGNED}(?!\w)"
    rf"|(?:\A|\n){_SIGNED}\W*\Z|[—–] ?{_SIGNED}\W*\Z"
)
_BYLINE = re.compile(rf"(?<!\w){_SIGNED}(?!\w)")


def origin(text: str, authors: Sequence[str]) -> str | None:
    """Return the short name of the agency that a text comes from; None if none signs it."""
    places = ((_BYLINE, author[:_NAME]) for author in authors)
    for pattern, where in (*places, (_HEADS, text[:_HEAD]), (_TAILS, text[-_TAIL:])):
        if found := pattern.search(where):
            return next(_NAMES[form] for form in found.groups() if form)
    return None
