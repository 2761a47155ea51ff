"""The language of a text: script first, then py3langid among the languages of the news we read.

py3langid costs 55 MB and is therefore imported at the first call that needs it: only workers may
call `detect`. This module refuses to overrule a hint on the strength of a few words.
"""

import re
from functools import lru_cache
from typing import Any

_SAMPLE = 1_200  # characters; more does not change the verdict
_SHORT = 25  # letters under which a hint is believed unseen
_ENOUGH = 200  # letters from which the text itself is believed
_SURE = 0.9
_FAIR = 0.5

_LANGUAGES = """
    ar bg cs da de el en es et fa fi fr he hi hr hu id it lt lv nl no pl pt ro ru sk sl sr sv th tr uk vi
"""
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_ADDRESS = re.compile(r"https?://\S+|\S{1,64}@\S+")
_TWINS = {"nb": "no", "nn": "no", "cmn": "zh", "yue": "zh", "iw": "he", "in": "id"}


def detect(text: str, hint: str | None) -> str | None:
    """Give the ISO 639-1 code of a plain text; None if neither the text nor the hint tells.

    `hint` is what the feed or the configuration claims (`fr`, `en-US`); it decides short texts.
    """
    claimed = _base(hint)
    sample = text[:_SAMPLE]
    if "@" in sample or "://" in sample:
        sample = _ADDRESS.sub(" ", sample)
    letters = len(_LETTER.findall(sample))
    if (script := by_script(sample)) is not None:
        return script
    if letters < _SHORT and claimed:
        return claimed
    if not letters:
        return None
    found, probability = _identifier().classify(sample)
    found = _TWINS.get(found, found)
    if claimed and found != claimed and not (probability >= _SURE or letters >= _ENOUGH):
        return claimed
    if not claimed and (probability < _FAIR or letters < _SHORT // 2):
        return None
    return str(found)


def _base(hint: str | None) -> str | None:
    """Reduce `en-US`, `zh_Hant_TW` to the language; None for anything that is no code."""
    code = (hint or "").strip().lower().replace("_", "-").partition("-")[0]
    return _TWINS.get(code, code) if re.fullmatch("[a-z]{2,3}", code) and code not in ("und", "mul") else None


def by_script(sample: str) -> str | None:
    """Decide Chinese, Japanese and Korean by their letters; a name quoted in a Latin text does not count.

    Unlike `detect` this loads nothing.
    """
    if sample.isascii():
        return None
    letters = len(_LETTER.findall(sample))
    kana, hangul, han = (len(script.findall(sample)) for script in (_KANA, _HANGUL, _HAN))
    # One Han or Hangul letter says as much as three Latin ones.
    if (kana + hangul + han) * 3 < (letters - kana - hangul - han):
        return None
    if kana + hangul + han == 0:
        return None
    if hangul > kana and hangul * 2 > han:
        return "ko"
    return "ja" if kana * 10 > han else "zh"


@lru_cache(maxsize=1)
def _identifier() -> Any:  # py3langid has no types
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES.split())
    # It keeps the table of all 140 languages (20 MB) to be able to go back; we never do.
    identifier.nb_ptc = identifier.nb_ptc.copy()  # row by row, as it is read
    identifier._full_model = (identifier.nb_ptc, identifier.nb_pc, identifier.nb_classes)
    return identifier
