"""Broken text is mended, right text stays byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.repair import repair

FRENCH = (
    "Pékin inflige une amende record au géant de l’e-commerce à l’égard de ses clients, très lourdement. "
    "Où est passé Jack Ma ? La première enquête a été annoncée, « dès maintenant », au cœur de la crise. "
    "La tâche paraît légère ; le contrôle sera renforcé – “collecter tout” – déjà là-bas, voilà."
)
OTHERS = {
    "de": "Die Behörde verhängt eine Strafe über 2,3 Milliarden – „größer als üblich“, heißt es für Händler.",
    "es": "La autoridad impuso una multa récord al gigante; ¿cuál será la reacción? El señor Muñoz no habló.",
    "pt": "A autoridade não aplicou a punição máxima às empresas; a função do órgão é até maior.",
    "pl": "Chiński regulator nałożył rekordową karę na giganta, źródła mówią o żądaniach spółki.",
    "cs": "Čínský regulátor uložil rekordní pokutu, zdroj řekl, že příští týden začne řízení.",
    "ro": "Autoritatea a aplicat o amendă și firma a făcut apel în fața instanței, țară și oraș.",
    "sv": "Myndigheten åtalar företaget för missbruk, säger källor på måndagen.",
    "tr": "Çinli düzenleyici şirkete rekor ceza verdi, ağustos ayında soruşturma başlamıştı.",
    "zh": "市场监管总局对阿里巴巴处以罚款,规模创下纪录。中国最大的电子商务公司“阿里巴巴”",
    "ja": "中国の規制当局、アリババ集団に過去最大の罰金を科した。",
    "ru": "Китайский регулятор оштрафовал компанию «Алибаба» на рекордную сумму – 2,3 млрд.",
    "el": "Η αρχή επέβαλε πρόστιμο στην εταιρεία για κατάχρηση.",
    "ar": "فرضت السلطات غرامة قياسية على الشركة بسبب الاحتكار",
    "he": "הרשות הטילה קנס שיא על החברה בשל ניצול לרעה",
    "th": "หน่วยงานกำกับดูแลปรับบริษัทเป็นเงินสูงสุด",
    "vi": "Cơ quan quản lý phạt công ty vì lạm dụng vị trí thống lĩnh, ông Mã nói.",
}
CODECS = ["cp1252", "cp1250", "iso8859-15", "iso8859-16", "mac_roman"]


def damage(text: str, codec: str) -> str:
    """Read the UTF-8 bytes of a text with a wrong codec, as browsers do (C1 is windows-1252)."""
    read = ""
    for byte in text.encode():
        char = bytes([byte]).decode(codec, "ignore")
        if not char or 0x80 <= ord(char) < 0xA0:
            char = bytes([byte]).decode("cp1252", "ignore") or chr(byte)
        read += char
    return read


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_is_undone(codec: str) -> None:
    assert repair(damage(FRENCH, codec), "fr") == FRENCH
    assert repair(damage(FRENCH, codec), None) == FRENCH


@pytest.mark.parametrize("lang", ["de", "es", "pt", "pl", "zh", "ja", "ar", "he", "th"])
@pytest.mark.parametrize("codec", ["cp1252", "cp1250"])
def test_other_languages(lang: str, codec: str) -> None:
    assert repair(damage(OTHERS[lang], codec), lang) == OTHERS[lang]


@pytest.mark.parametrize("title", ["Pékin", "sécurité", "l’État", "cœur", "À côté", "Größe"])
def test_a_title_alone(title: str) -> None:
    assert repair(damage(title, "cp1252"), None) == title


def test_broken_twice() -> None:
    assert repair(damage(damage(FRENCH, "cp1252"), "cp1252"), "fr") == FRENCH


def test_lost_byte_of_the_closing_quote() -> None:
    assert repair(damage("“déjà réglé”", "cp1252").replace("\x9d", ""), "fr") == "“déjà réglé”"


def test_no_break_space_that_became_a_space() -> None:
    broken = damage("Il a déjà été à Pékin, à Paris", "iso8859-16").replace("\xa0", " ")
    assert repair(broken, "fr") == "Il a déjà été à Pékin, à Paris"
    assert repair(broken.replace("  ", " "), "fr") == "Il a déjà été à Pékin, à Paris"  # two became one


def test_repaired_once_more_with_another_codec() -> None:
    broken = (
        damage(FRENCH, "iso8859-16")
        + " C’est la premiÚre fois, d’un autre cÎté, au cƓur de l’Ɠuvre, tout est réglé."
    )
    assert repair(broken, "fr").endswith(
        "C’est la première fois, d’un autre côté, au cœur de l’œuvre, tout est réglé."
    )


@pytest.mark.parametrize("codec", ["iso8859-15", "iso8859-16"])
def test_dots_whose_bytes_were_read_in_two_ways(codec: str) -> None:
    text = "Les géants chinois… Où est passé Jack Ma (Alibaba…), déjà réglé…"
    assert repair(damage(text, codec), "fr") == text


def test_damaged_and_right_text_in_one_document() -> None:
    mixed = f"<p>Réglé, déjà.</p><p>{damage(FRENCH, 'cp1252')}</p><p>Élève à l’école</p>"
    assert repair(mixed, "fr") == f"<p>Réglé, déjà.</p><p>{FRENCH}</p><p>Élève à l’école</p>"


def test_one_damaged_entry_in_a_sound_feed() -> None:
    sound = "".join(f"<item>{FRENCH} {number}</item>\n\n" for number in range(30))
    broken = damage(FRENCH, "cp1252")
    assert repair(f"{sound}<item>{broken}</item>{sound}", "fr") == f"{sound}<item>{FRENCH}</item>{sound}"


@pytest.mark.parametrize(
    "text",
    [
        FRENCH,
        *OTHERS.values(),
        "CASĂ MARE, TĂŞ, FĂŞIE ŞI ORAŞ",
        "NÃO À VIOLÊNCIA, IRMÃ »",
        "CAFÉ » ENTRÉE – Île d’Orléans",
        "Spaß“ sagte er, „Ä“ und „Ö“",
        "20 °C, 5 € et 3 £ – © Reuters™ ® 2026",
        "«É», “É”, É…",
        f"{FRENCH} Un exemple de texte abîmé : « dÃ©jÃ  vu ».",
        "<item><title>Martine Ã©crit en UTF-8</title><p>It’s “a” joke…</p></item><item>é ’ “ ”</item>",
        f"<p>{FRENCH}</p><p>Martine Ã©crit en UTF-8</p>",
        "naïve café ½ × ²",
    ],
)
def test_right_text_stays(text: str) -> None:
    assert repair(text, None) == text
    assert repair(text, "fr") == text


WORDS = st.sampled_from(" ".join([FRENCH, *OTHERS.values()]).split())


@given(st.lists(WORDS, max_size=40), st.sampled_from([" ", "\n\n", "»", "</p>"]))
def test_right_words_stay_in_any_order(words: list[str], between: str) -> None:
    text = between.join(words)
    assert repair(text, None) == text


@given(st.text(max_size=80))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(repair(text, None), str)
    assert (
        repair("a" + text.encode("ascii", "ignore").decode(), None)
        == "a" + text.encode("ascii", "ignore").decode()
    )
