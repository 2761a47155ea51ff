"""Chinese people by the sound of their names: what `刘家琨` and `Liu Jiakun` have in common.

A surname and one or two characters more may be a name in Han text, or may not: it proves nothing before
a text in Latin letters has the same. Knows no person.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from aggregator.text.romanise import romanise

# Frequent surnames, by common knowledge, less those that are everyday words first of all (于, 方, 高, 常).
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔"
)
_MOST = 12  # people of a text


@lru_cache(maxsize=1)
def _latin_surnames() -> frozenset[str]:
    return frozenset("zeng" if char == "曾" else romanise(char) for char in _SURNAMES)


def in_han(words: Sequence[str]) -> tuple[str, ...]:
    """Return what may be names of people among single characters."""
    found: dict[str, None] = {}
    for at, word in enumerate(words):
        if word not in _SURNAMES:
            continue
        for size in (3, 2):
            if _is_free(part := words[at : at + size], size):
                sound = "".join(romanise(char) for char in part)
                found["zeng" + sound[4:] if word == "曾" else sound] = None
        if len(found) >= _MOST:
            break
    return tuple(found)[:_MOST]


def _is_free(part: Sequence[str], size: int) -> bool:
    return len(part) == size and all(len(char) == 1 and char > "\u2fff" for char in part)


def in_latin(names: Sequence[str]) -> tuple[str, ...]:
    """Return Chinese names written surname first (`xi`, `jinping`) or last, among words in their order."""
    surnames = _latin_surnames()
    found: dict[str, None] = {}
    for one, other in pairwise(names):
        if one in surnames:
            found[one + other] = None
        if other in surnames:
            found[other + one] = None
    return tuple(found)[:_MOST]
