"""Language: script, text, hint, in the order in which they can be trusted."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.language import detect

FRENCH = (
    "Le régulateur chinois inflige une amende record au géant du commerce pour abus de position dominante."
)
ENGLISH = (
    "The Chinese regulator fined the e-commerce giant a record sum for abusing its dominant market position."
)
GERMAN = (
    "Die chinesische Aufsicht verhängt eine Rekordstrafe gegen den Konzern wegen Missbrauchs seiner Stellung."
)


@pytest.mark.parametrize(
    ("text", "hint", "lang"),
    [
        (FRENCH, None, "fr"),
        (ENGLISH, None, "en"),
        (GERMAN, None, "de"),
        (FRENCH * 3, "en", "fr"),  # feeds lie about their language
        (ENGLISH * 3, "zh-CN", "en"),
        ("市场监管总局对阿里巴巴处以罚款", None, "zh"),
        ("市場監管總局對阿里巴巴處以罰款", "en", "zh"),
        ("阿里", None, "zh"),
        ("アリババに罰金", None, "ja"),
        ("中国の規制当局、アリババ集団に罰金", "zh", "ja"),
        ("알리바바에 벌금 부과", None, "ko"),
        (f"{FRENCH} (阿里巴巴)", "fr", "fr"),
        ("Alibaba 阿里巴巴集团发布财报", None, "zh"),
        ("Alibaba", "fr", "fr"),
        ("Alibaba", "fr-FR", "fr"),
        ("Jack Ma", None, None),
        ("", None, None),
        ("", "fr", "fr"),
        ("12 345 %", "en_GB", "en"),
        ("Hello", "und", None),
        ("Hello", "not a code", None),
        ("https://example.com/les-articles-de-la-semaine", None, None),
    ],
)
def test_detect(text: str, hint: str | None, lang: str | None) -> None:
    assert detect(text, hint) == lang


@given(st.text(max_size=60), st.none() | st.text(max_size=6))
def test_any_text_is_taken(text: str, hint: str | None) -> None:
    lang = detect(text, hint)
    assert lang is None or (lang.isascii() and lang.islower() and 2 <= len(lang) <= 3)


def test_heavy_library_is_not_loaded_on_import() -> None:
    code = "import sys, aggregator.text.language, aggregator.text.dates; print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'re'" in modules
    assert "'py3langid" not in modules
    assert "'dateparser" not in modules
    assert "'numpy" not in modules
