"""What is left out before matching: related headlines and teasers; and what a digest looks like."""

import pytest

from aggregator.match import clean
from aggregator.text.tokens import tokenise

BODY = "Le maire a inauguré la place après deux ans de travaux. Les riverains ont applaudi."


def left_out(*paragraphs: str) -> set[int]:
    text = "\n\n".join(paragraphs)
    tokens = tokenise(text)
    return set(clean.foreign(text, tokens, clean.paragraphs(tokens)))


@pytest.mark.parametrize(
    "line",
    [
        "À lire aussi : Alibaba condamné à une amende record",
        "Lire également : Ant Group, la sanction · AliExpress visé par une enquête",
        "Sur le même sujet : la 5G en Bretagne",
        "RELATED: Beijing regulators order overhaul | Antitrust fine explained | Ten walks",
        "Read more: a fine for Alibaba",
        "Siehe auch: Kartellamt prüft Amazon",
        "Lea también: multa récord a AliExpress",
        "相关阅读：阿里巴巴被立案调查始末|蚂蚁集团整改完成|秋天去哪儿看银杏",
        "延伸閱讀：阿里巴巴遭罰",
        "Amende pour Alibaba | Le vélo en ville | Trois idées de sortie",
    ],
)
def test_related_lines(line: str) -> None:
    assert left_out(BODY, line, BODY) == {1}
    assert left_out(BODY, BODY, line) == {2}


@pytest.mark.parametrize(
    "line",
    [
        "Il a reconnu avoir lu le rapport : Alibaba y est cité.",
        "Alibaba : une amende de 18 milliards.",
        "Le groupe a vu ses ventes monter (lire ci-contre), puis baisser.",
        "« Voir Naples et mourir », disait-il. Puis il ajouta : demain.",
        BODY,
    ],
)
def test_lines_of_the_article_stay(line: str) -> None:
    assert left_out(BODY, line, BODY) == set()


def test_teasers_at_the_end() -> None:
    assert left_out(
        BODY, BODY, "Deux offres de sécurité, et mais…", "Trop tôt pour acheter un PC ? Les feuilles…"
    ) == {2, 3}
    assert left_out(BODY, "Et la suite, demain…") == set()


def test_a_text_of_headlines_only_is_kept() -> None:
    assert left_out("Lire aussi : Alibaba") == set()


def is_digest(*paragraphs: str) -> bool:
    text = "\n\n".join(paragraphs)
    tokens = tokenise(text)
    return clean.sections(text, tokens, clean.paragraphs(tokens))


def test_digests() -> None:
    assert is_digest(
        "Inde. Le parlement vote une loi sur les colis.",
        "Chine : la bourse monte de deux pour cent.",
        "Japon — Un robot livre des repas à Osaka.",
    )
    assert is_digest("印度。议会通过一项法律。", "日本。机器人送餐。", "韩国。股市上涨。")
    assert not is_digest(BODY, BODY, BODY)
    assert not is_digest("Inde. Le parlement vote.", BODY, BODY)
