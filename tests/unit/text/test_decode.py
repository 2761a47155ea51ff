"""Encodings: what the bytes say counts more than what is said about them."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.decode import decode

FRENCH = "<p>Régulation d’Alibaba : une amende de 2,3 milliards d’euros à l’œuvre élevée</p>"
CHINESE = "<p>市场监管总局对阿里巴巴处以罚款,规模创下纪录。中国最大的电子商务公司</p>" * 3
JAPANESE = "<p>中国の規制当局、アリババ集団に過去最大の罰金を科した。電子商取引</p>" * 3
RUSSIAN = "<p>Китайский регулятор оштрафовал компанию на рекордную сумму</p>" * 3
KOREAN = "<p>중국 규제당국이 알리바바에 사상 최대 벌금을 부과했다</p>" * 3

ENCODINGS = [
    (FRENCH, "utf-8"),
    (FRENCH, "cp1252"),
    (FRENCH, "utf-16"),
    (FRENCH, "utf-16-le"),
    (FRENCH, "utf-16-be"),
    (FRENCH, "utf-32"),
    (CHINESE, "gb18030"),
    (CHINESE, "gb2312"),
    (CHINESE.replace("处", "處"), "utf-16-be"),
    (JAPANESE, "shift_jis"),
    (JAPANESE, "euc_jp"),
    (JAPANESE, "iso2022_jp"),
    (RUSSIAN, "windows-1251"),
    (RUSSIAN * 3, "koi8-r"),
    (KOREAN, "euc-kr"),
]


@pytest.mark.parametrize(("text", "encoding"), ENCODINGS)
@pytest.mark.parametrize("header", ["right", "utf-8", "iso-8859-1", None, "no-such-charset", "rot13"])
def test_with_true_lying_and_missing_headers(text: str, encoding: str, header: str | None) -> None:
    charset = encoding if header == "right" else header
    assert decode(text.encode(encoding), charset, markup="html").lstrip("\ufeff") == text


@pytest.mark.parametrize(("text", "encoding"), [pair for pair in ENCODINGS if not pair[1].startswith("utf")])
@pytest.mark.parametrize("header", [None, "utf-8", "iso-8859-1", "us-ascii"])
def test_declaration_wins_over_a_default_header(text: str, encoding: str, header: str | None) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{text}'
    assert decode(xml.encode(encoding), header, markup="xml") == xml
    page = f"<html><head><meta http-equiv=content-type content='text/html; charset={encoding}'>{text}"
    assert decode(page.encode(encoding), header, markup="html") == page


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("L’État sévit : “amende” à 5 €", "cp1252"),
        ("Ça où", "cp1252"),
        ("Größe über Äpfel", "cp1252"),
        ("¿Qué pasó mañana? ¡El niño!", "cp1252"),
        ("perché è così, città, più", "cp1252"),
        ("Rødgrød på øen, æble", "cp1252"),
        ("A autoridade não aplicou a punição máxima às empresas", "cp1252"),
        ("La première décision de l’été, à l’hôtel", "mac_roman"),
        ("Chiński regulator nałożył rekordową karę", "cp1250"),
        ("Čínský regulátor uložil rekordní pokutu, zdroj řekl", "cp1250"),
        ("Az őszi időjárás hűvös és esős", "cp1250"),
        ("Çinli düzenleyici şirkete ağustos ayında", "cp1254"),
    ],
)
def test_short_texts_that_nobody_declares(text: str, encoding: str) -> None:
    page = f"<html><body><p>{text}</p></body></html>"
    assert decode(page.encode(encoding), None, markup="html") == page


def test_utf8_wins_over_header_and_declaration() -> None:
    xml = f'<?xml version="1.0" encoding="iso-8859-1"?>{FRENCH}'
    assert decode(xml.encode(), "windows-1252", markup="xml") == xml


def test_iso_8859_1_means_windows_1252() -> None:
    assert decode(b"\x93caf\xe9\x94 \x80", "ISO-8859-1", markup="html") == "“café” €"


def test_a_meta_element_far_down_is_found() -> None:
    page = "<html>" + "<!-- filler -->" * 1000 + f"<meta charset=windows-1251>{RUSSIAN}"
    assert decode(page.encode("cp1251"), None, markup="html") == page


def test_utf8_cut_inside_a_letter() -> None:
    assert decode(FRENCH.encode()[:5], None, markup="xml") == "<p>R"
    assert decode((FRENCH + "é").encode()[:-1], "utf-8", markup="xml") == FRENCH


def test_utf8_with_a_foreign_byte() -> None:
    assert decode(FRENCH.encode() + b" caf\xe9 fin", "utf-8", markup="xml") == FRENCH + " café fin"


def test_bom_wins() -> None:
    assert decode(b"\xef\xbb\xbf{}", "utf-16", markup="json") == "{}"
    assert decode(b"\xff\xfe{\0}\0", "utf-8", markup="json") == "{}"


@given(
    st.binary(max_size=300),
    st.none() | st.text(max_size=12) | st.sampled_from(["utf-8", "gbk", "utf-7", "idna"]),
)
def test_any_bytes_are_taken(body: bytes, charset: str | None) -> None:
    assert isinstance(decode(body, charset, markup="html"), str)
    assert isinstance(decode(body, charset, markup="xml"), str)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\x1b\ufeff"), max_size=60))
def test_utf8_is_always_read_back(text: str) -> None:
    assert decode(text.encode(), "iso-8859-1", markup="html") == text


def test_a_large_document_is_told_without_a_list_of_its_letters() -> None:
    body = "Régulation à l’étude, où l’été ".encode("cp1252") * 50_000
    tracemalloc.start()
    try:
        text = decode(body, None, markup="xml")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert text.startswith("Régulation à l’étude")
    assert peak < 12 * len(body)
