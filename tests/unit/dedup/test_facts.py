"""Figures to their value, days, names."""

import pytest

from aggregator.dedup.facts import read


@pytest.mark.parametrize(
    ("text", "lang", "numbers"),
    [
        ("une amende de 18,2 milliards de yuans", "fr", {(18.2e9, False)}),
        ("an 18.2 billion yuan fine", "en", {(18.2e9, False)}),
        ("罚款182亿元", "zh", {(18.2e9, False)}),
        ("Strafe von 1,5 Mrd. Euro für 20.000 Kunden", "de", {(1.5e9, False), (20_000.0, False)}),
        ("500 000 yuans", "fr", {(500_000.0, False)}),
        ("500\u202f000 euros", "fr", {(500_000.0, False)}),
        ("some 180,000 sellers", "en", {(180_000.0, False)}),
        ("4 % de ventes, 5 percent of sales", None, {(4.0, True), (5.0, True)}),
        ("两千三百万元，百分之五", "zh", {(23e6, False), (5.0, True)}),
        ("十五日内", "zh", {(15.0, False)}),
        ("two firms and douze personnes", None, {(2.0, False), (12.0, False)}),
        ("since 2021, under section 1260H", "en", set()),
        ("1.978 billion won", "en", {(1.978e9, False)}),
        ("deux millions d'euros, dix-huit mille clients", "fr", {(2e6, False), (18_000.0, False)}),
        ("two million, half a million", "en", {(2e6, False), (5e5, False)}),
        ("un demi-million, 3 M€", "fr", {(5e5, False), (3e6, False)}),
        ("$3m and US$500k", "en", {(3e6, False), (5e5, False)}),
        ("a wall of 3 m and a run of 5 k", "en", {(3.0, False), (5.0, False)}),
        ("1,5 Billionen Won", "de", {(1.5e12, False)}),
        ("5 lakh users, 12 crore rupees", "en", {(5e5, False), (12e7, False)}),
        ("百分之十二点五", "zh", {(12.5, True)}),
        ("34.5万人，1.2万亿元", "zh", {(345_000.0, False), (1.2e12, False)}),
    ],
)
def test_figures(text: str, lang: str | None, numbers: set[tuple[float, bool]]) -> None:
    assert read(text, lang).numbers == numbers


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("avant le 27 novembre", {(11, 27)}),
        ("applicable le 1er août 2025", {(8, 1)}),
        ("sent the letter on Oct. 7", {(10, 7)}),
        ("on 7 October", {(10, 7)}),
        ("am 3. März", {(3, 3)}),
        ("10月14日", {(10, 14)}),
        ("十月十四日", {(10, 14)}),
        ("it may 900 times", set()),
    ],
)
def test_days(text: str, days: set[tuple[int, int]]) -> None:
    found = read(text, None)
    assert found.days == days


def test_a_day_is_no_figure() -> None:
    assert read("10月14日", "zh").numbers == frozenset()
    assert read("le 27 novembre", "fr").numbers == frozenset()


@pytest.mark.parametrize(
    ("text", "lang", "names"),
    [
        ("The regulator fined Meta on Friday", "en", {"meta"}),
        ("OpenAI and iPadOS were named", "en", {"openai", "ipados"}),
        ("Le site Booking.com a gagné", "fr", {"booking.com"}),
        ("Die Behörde prüft den Markt von AliExpress", "de", {"aliexpress"}),
        ("the Chinese firm and its Belgian unit", "en", set()),
        ("Meta's unit paid. Google's did not, said Meta's board", "en", {"meta"}),
        ("依据《反垄断法》处罚", "zh", {"反垄断法"}),
    ],
)
def test_names(text: str, lang: str, names: set[str]) -> None:
    assert read(text, lang).names == names
