"""Agencies sign in the byline, the dateline or the credit; whoever is only quoted is no origin."""

import pytest

from aggregator.dedup.agencies import origin

BODY = (
    "Le conseil a tranché lundi.\n\nUne porte-parole l'a dit à l'AFP et à Reuters. La suite est connue.\n\n"
    * 4
)


@pytest.mark.parametrize(
    ("text", "authors", "agency"),
    [
        (f"PARIS (AFP) — {BODY}", (), "AFP"),
        (f"OTTAWA, March 4 (Reuters) - {BODY}", (), "Reuters"),
        (f"BEIJING, March 4 (Xinhua) -- {BODY}", (), "Xinhua"),
        (f"Madrid, 3 mar (EFE).- {BODY}", (), "EFE"),
        (f"Berlin (dpa/lby) - {BODY}", (), "dpa"),
        ("新华社北京3月4日电(记者王明)国务院日前印发意见。" + "各地要抓好落实。" * 30, (), "Xinhua"),
        ("(法新社巴黎5日电)法国政府宣布新措施。" + "各地要抓好落实。" * 30, (), "AFP"),
        (f"{BODY}(avec AFP)", (), "AFP"),
        (f"{BODY}© Bloomberg", (), "Bloomberg"),
        (f"{BODY}\n\nSource : Xinhua", (), "Xinhua"),
        ("各地要抓好落实。" * 40 + "\n来源:新华社", (), "Xinhua"),
        (BODY, ("Le Matin avec AFP",), "AFP"),
        (BODY, ("The Associated Press",), "AP"),
        (BODY, ("Anna Roy",), None),
        ("AFP a été cité par un témoin. " + BODY, (), None),
        (f"{BODY} He spoke to the AP", (), None),
        (BODY, ("Rapha Apel", "EFESO"), None),
        ("", (), None),
    ],
)
def test_the_origin_is_who_signs(text: str, authors: tuple[str, ...], agency: str | None) -> None:
    assert origin(text, authors) == agency
