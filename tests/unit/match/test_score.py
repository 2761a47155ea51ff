"""The score: what raises and lowers it, its parts, its reasons, its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.match.score import Weights
from tests.unit.match.documents import compiled, document, lists, only

KNOWN = lists(
    acme=["Acme", "Acme Pay"],
    companies=["@acme", "Globex", "Initech", "Umbrella"],
    measure=["fine", "fined", "probe", "ban"],
    measure_weak=["warning", "rules"],
    regulator=["regulator", "ministry"],
    business=["revenue", "store", "launch"],
    private_suit=["lawsuit", "plaintiff"],
    aside_before=["rival of", "such as"],
    aside_after=["'s rival"],
)
DEFAULTS = Weights()
QUERY = "@acme (@measure OR @measure-weak OR @regulator)"
TOPICS = compiled(QUERY, KNOWN)
PAD = "The weather stayed mild all week and the harbour was quiet."


def points(title: str, text: str = "") -> float:
    found = TOPICS.match(document(title, text, lang="en"))
    return only(found).score if found else 0.0


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        # place
        (
            ("Acme fined by regulator", PAD),
            ("Weather", f"{PAD} {PAD} {PAD} Acme was fined by the regulator."),
        ),
        (("Harbour", f"Acme fined. {PAD}"), ("Harbour", f"{PAD} {PAD} {PAD} Acme fined.")),
        # owner
        (("Acme fined", ""), ("Globex fined, Acme watches", "")),
        (("Fine", "Acme faces a fine over Globex."), ("Fine", "Globex faces a fine over Acme.")),
        (("Fine", "Acme and Globex fined."), ("Fine", "Acme, Globex, Initech and Umbrella fined.")),
        # amount: a measure says more than an authority or a weak sign
        (("Acme fined", ""), ("Acme warning", "")),
        (("Acme warning", ""), ("Acme flags", "The ministry wrote.")),
        # closeness
        (("News", "Acme fined."), ("News", f"Acme, {PAD[:-1].lower()}, was said to be fined.")),
        # share
        (("Acme fined", PAD), ("Acme fined", "Globex fined. Initech under probe. Umbrella: ban.")),
        # business and private suits
        (("Acme", "Acme fined."), ("Acme", "Acme fined. Revenue, store, launch, revenue, store.")),
        (("Acme", "Acme fined."), ("Acme", "Acme fined. A lawsuit by a plaintiff.")),
        (("Acme fined", PAD), ("Acme fined in lawsuit", PAD)),
        (("Acme on rules", "Acme fined."), ("Acme store on rules", "Acme fined.")),
        # a name that only describes others
        (("Acme fined", PAD), ("A rival of Acme fined", PAD)),
        (("Acme fined", PAD), ("Acme's rival fined", PAD)),
        (("Fine", "Acme was fined."), ("Fine", "Firms such as Acme were fined.")),
        # named again and again; in few sentences of many; nobody who could supervise
        (("Fine", "Acme fined. Acme objects. Acme waits."), ("Fine", "Acme fined. It objects. It waits.")),
        (
            ("News", "Acme fined. Acme objects."),
            ("News", f"{PAD} {PAD} Acme fined. Acme objects. {f'{PAD} ' * 9}"),
        ),
        (("Acme fined by regulator", PAD), ("Acme fined", PAD)),
        # weak signs alone
        (("Acme", "Acme fined by the regulator."), ("Acme", "Acme warned of rules by the regulator.")),
        # mentioned once and late
        (
            ("Harbour", f"{PAD} {PAD} {PAD} Acme has a probe. Acme objects."),
            ("Harbour", f"{PAD} {PAD} {PAD} A firm has a probe. Acme objects."),
        ),
    ],
)
def test_what_weighs_more(better: tuple[str, str], worse: tuple[str, str]) -> None:
    assert points(*better) > points(*worse)


def test_a_sentence_without_firms_belongs_to_the_one_before() -> None:
    ours = points(
        "Market news", "Acme answered the ministry. The regulator imposed a fine and a ban. Acme objects."
    )
    theirs = points(
        "Market news", "Globex answered the ministry. The regulator imposed a fine and a ban. Acme objects."
    )
    assert ours > 3 > theirs


def test_weak_signs_add_up_to_little() -> None:
    warned = "Acme heard of a warning on rules."
    assert points("News", f"{warned} {warned} {warned}") == pytest.approx(
        points("News", " ".join([warned] * 12)), abs=1.0
    )
    assert points("News", " ".join([warned] * 12)) < points("News", "Acme fined. Acme banned: a ban.")


def test_the_first_name_in_the_lead_answers_the_headline() -> None:
    told = "Record fine for online shop"
    assert points(told, f"Acme objects. {PAD}") > points(told, f"{PAD} {PAD} {PAD} Acme objects. {PAD}")


def test_a_term_of_both_kinds_counts_as_both() -> None:
    known = lists(acme=["Acme"], regulator=["antitrust office"], measure=["antitrust"])
    both, one = (
        only(compiled(f"@acme ({context})", known).match(document("Acme and the antitrust office"))).score
        for context in ("@regulator OR @measure", "@measure")
    )
    assert both > one


def test_only_the_best_section_of_a_digest_counts() -> None:
    section = "Peru. The regulator fined Acme over delays. The probe took a year."
    alone = points("Week", f"Chile. Rain fell on the coast.\n\n{section}\n\nCuba. A ferry was late.")
    assert alone > 3
    scattered = (
        "Peru. Globex was fined.\n\nChile. A probe into rain began.\n\nCuba. Acme opened a shop by the sea."
    )
    assert points("Week", scattered) < 1


def test_reasons_add_up_and_quote_the_text() -> None:
    match = only(
        TOPICS.match(
            document("Acme fined", "The regulator’s fine for Acme — a record — comes late. Acme objects.")
        )
    )
    assert match.score == pytest.approx(sum(reason.points for reason in match.reasons), abs=0.03)
    by_part = {reason.part: reason for reason in match.reasons}
    assert by_part["closeness"].snippet.startswith("Acme fined")
    assert by_part["amount"].term in ("fine", "fined")
    assert "title" in by_part


def test_points_are_overridable() -> None:
    strict = compiled(QUERY, KNOWN, score={"excess": 2.0, "title": 0.0, "title_subject": 0.0})
    found = document("Acme fined", "")
    assert only(strict.match(found)).score == pytest.approx(
        only(TOPICS.match(found)).score - 2.0 - DEFAULTS.title, abs=0.01
    )


def test_thresholds_decide_what_is_published_and_what_is_kept() -> None:
    found = document("Acme fined", PAD)
    base = only(TOPICS.match(found)).score
    above, below, gone = (
        compiled(QUERY, KNOWN, score={"threshold": threshold, "near_miss": near}).match(found)
        for threshold, near in ((base - 0.1, 1.0), (base + 0.1, 1.0), (base + 0.2, base + 0.1))
    )
    assert only(above).is_match
    assert not only(below).is_match
    assert only(below).reasons
    assert gone == ()


def test_a_plain_query_needs_no_lists() -> None:
    topics = compiled("régulation chauffage", {}, score={"threshold": 3.0, "near_miss": 1.0})
    about = document(
        "Régulation du chauffage : ce qui change", "Le décret sur la régulation du chauffage paraît."
    )
    passing = document("Fête du vélo", f"{PAD} " * 6 + "On y parla de chauffage, de régulation et de pluie.")
    assert only(topics.match(about)).is_match
    assert not any(match.is_match for match in topics.match(passing))


def test_the_best_of_several_routes_counts() -> None:
    topics = compiled("(globex @measure) OR (@acme @measure)", KNOWN)
    assert only(topics.match(document("Acme fined", "Globex looks on."))).score > 3


_PIECES = st.sampled_from(
    ["Acme", "Globex", "fine", "ban", "regulator", "warning", "revenue", "lawsuit", ". ", "\n\n", "Peru. "]
)


@given(st.lists(_PIECES, max_size=12), st.lists(_PIECES, max_size=60))
def test_every_score_lies_between_0_and_10(title: list[str], text: list[str]) -> None:
    for match in TOPICS.match(document(" ".join(title), " ".join(text))):
        assert 0 <= match.score <= 10
        assert all(reason.part for reason in match.reasons)


@pytest.mark.parametrize(
    ("title", "text", "is_enough"),
    [
        ("Rugby returns", PAD, True),
        ("Weekend", f"The town lives for rugby. {f'{PAD} ' * 12}", True),
        ("Weekend", f"{PAD} {PAD} A champion of rugby.", True),
        ("Weekend", f"{f'{PAD} ' * 12} He liked rugby.", False),
    ],
)
def test_a_title_and_a_word_are_enough(title: str, text: str, is_enough: bool) -> None:
    found = compiled("rugby", score={"threshold": 3.0}).match(document(title, text, lang="en"))
    assert any(match.is_match for match in found) is is_enough


def test_the_name_of_a_law_tells_of_no_measure() -> None:
    known = lists(law=["GDPR"], measure=["fine", "GDPR"])
    told, named = (
        only(compiled("@law @measure", known).match(document("GDPR", text))).score
        for text in ("A fine under the GDPR.", "A novel on the GDPR.")
    )
    assert told > 3 > named


def test_words_of_mere_users_count_against_a_topic_with_authorities() -> None:
    known = lists(robot=["robot"], rule=["rule"], regulator=["police"], means=["pilot", "scam"])
    topics = compiled("@robot (@rule OR @regulator)", known)
    plain, used, told = (
        only(topics.match(document(title, f"The police praise the robot and its rule. {text}"))).score
        for title, text in (
            ("News", ""),
            ("News", "A pilot, a scam, a pilot."),
            ("Pilot", "A pilot, a scam."),
        )
    )
    assert plain > used > told
