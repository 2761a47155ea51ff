"""What queries find: words, phrases, nearness, zones, fields, lists, other topics."""

from datetime import UTC, datetime

import pytest

from aggregator.match import compile_topics
from aggregator.model import Quality
from tests.support.effort import at_most
from tests.unit.match.documents import admits, compiled, document, lists, only, problems, topic

TEXT = (
    "L’Autorité a infligé des amendes à la filiale. Le groupe, lui, conteste.\n\n"
    "阿里巴巴集團被罰款182億元。Ant Group n'a pas commenté; les fourmis (ants) non plus."
)
DOC = document("Pékin sanctionne Alibaba", TEXT)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("alibaba", True),
        ("ALIBABA pekin", True),
        ("ali", False),
        ("ali*", True),
        ("autorité amende", False),
        ("autorite ~amende", True),
        ("amende*", True),
        ('"infligé des amendes"', True),
        ('"infligé amendes"', False),
        ('"inflige des amen*"', True),
        ("=Ant", True),
        ("=ant", False),
        ('="Ant Group"', True),
        ("=ALIBABA", False),
        ("阿里巴巴", True),
        ("罚款", True),
        ("罰款", True),
        ("款罚", False),
        ('"罚款182亿元"', True),
        ("alibaba -conteste", False),
        ("alibaba -dément", True),
        ("(dément OR conteste) alibaba", True),
        ("/infligé\\s+des/", True),
        ("/inflig[^é]/", False),
        ("l'autorité", True),
    ],
)
def test_words(query: str, holds: bool) -> None:
    assert admits(query, DOC) is holds


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("autorité NEAR/1 a", True),
        ("autorité NEAR/4 amendes", True),
        ("autorité NEAR/3 amendes", False),
        ("amendes NEAR/4 autorité", True),
        ("filiale NEAR/s amendes", True),
        ("filiale NEAR/s conteste", False),
        ("filiale NEAR/p conteste", True),
        ("conteste NEAR/p 罚款", False),
        ("pékin NEAR/10000 autorité", False),  # the title is apart
        ("阿里巴巴 NEAR/3 罚款", True),  # 集团被: three characters, one word and a half
        ("阿里巴巴 NEAR/2 罚款", False),
        ("(autorité NEAR/8 amendes) NEAR/4 filiale", True),
        ("(régulateur OR autorité) NEAR/4 (~amende OR sanction)", True),
        ("amendes NEAR amendes", False),
        ("/inflig./ NEAR/3 amendes", True),
    ],
)
def test_nearness(query: str, holds: bool) -> None:
    assert admits(query, DOC) is holds


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("title:alibaba", True),
        ("title:autorité", False),
        ("text:alibaba", False),
        ("text:autorité", True),
        ("lead:autorité", True),
        ("lead:罚款", False),
        ("title:(pékin alibaba)", True),
        ("title:(pékin -alibaba)", False),
        ("title:(pékin NEAR/3 alibaba)", True),
        ("title:/p.kin/", True),
        ("text:/p.kin/", False),
        ("alibaba lang:fr", True),
        ("alibaba lang:fr-FR", True),
        ("alibaba lang:(en OR zh)", False),
        ("alibaba -lang:en", True),
        ("site:press.example", True),
        ("site:www.press.example", True),
        ("site:example", True),
        ("site:ress.example", False),
        ("url:2026/article", True),
        ("author:martin", True),
        ('author:"jeanne martin"', True),
        ("author:mart", False),
        ("author:mart*", True),
        ("tag:economie", True),
        ("tag:chin", False),
        ("tag:chin*", True),
        ("source:press", True),
        ("tier:blog", False),
        ("date:2026-03-14", True),
        ("date:2026-03", True),
        ("date:>=2026-03-15", False),
        ("date:<2026-03-15", True),
        ("date:>2026-03-13", True),
        ("date:2026-01..2026-02", False),
        ("date:2026-01..", True),
        ("date:..2026", True),
        ("quality:full", False),
    ],
)
def test_zones_and_fields(query: str, holds: bool) -> None:
    assert admits(query, DOC) is holds


def test_quality_field() -> None:
    assert admits("quality:paywall", document("x", quality=Quality.PAYWALL))


@pytest.mark.parametrize(
    ("query", "changes", "holds"),
    [
        ("lang:zh-TW", {"lang": "zh-CN"}, False),
        ("lang:zh-TW", {"lang": "zh-Hant-TW"}, True),
        ("lang:zh-TW", {"lang": "zh"}, True),
        ("lang:zh", {"lang": "zh-CN"}, True),
        ("lang:fr-FR", {"lang": "fr_FR"}, True),
        ("site:müller.de", {"site": "xn--mller-kva.de", "url": "https://xn--mller-kva.de/a"}, True),
        ("site:müller.de", {"site": "xn--mller-kva.de", "url": "https://www.xn--mller-kva.de/a"}, True),
        ("url:https://www.press.example/2026/article.html", {}, True),
        ("site:https://www.press.example/elsewhere", {}, True),
    ],
)
def test_fields_read_what_is_pasted(query: str, changes: dict[str, str], holds: bool) -> None:
    assert admits(f"x {query}", document("x", **changes)) is holds


def test_stems_follow_the_language_of_the_text() -> None:
    english = document("Rules", "Regulators are investigating several companies.", lang="en")
    assert admits("~investigate ~company", english)
    assert not admits("~investigative", document("x", "investir", lang="fr"))
    assert admits("~company", document("x", "companies", lang=None))


class TestLists:
    """Lists: inclusion, ambiguous names, homonyms."""

    known = lists(
        ant=[
            "Alipay",
            "蚂蚁集团",
            "?=Ant",
            "?=Ant Hill group",
            "?蚂蚁",
            "-fire ant",
            "-ant colony",
            "@ant-described",
        ],
        ant_described=["Hangzhou group"],
        firm=["group", "IPO", "公司"],
        both=["@ant", "Tencent"],
        companies=["@ant", "Globex"],
    )

    @pytest.mark.parametrize(
        ("text", "holds"),
        [
            ("Alipay grows", True),
            ("Ant and its sisters crawl", False),
            ("Ant plans an IPO", True),
            ("Ant again. Many sentences later: Alipay", True),
            ("Fire Ant spreads; the group is alarmed", False),
            ("An Ant colony. Fees are paid by card. Ant nests", False),
            ("蚂蚁搬家", False),
            ("蚂蚁公司", True),
            ("Tencent", True),
            # neither vouches for itself or another that is in doubt
            ("The Ant Hill group", False),
            ("蚂蚁 and Ant", False),
            # a description is of whoever is named
            ("The Hangzhou group plans an IPO", True),
            ("The Hangzhou group grows", False),
            ("Globex, the Hangzhou group, plans an IPO", False),
            ("Globex, unlike Alipay, plans an IPO; the Hangzhou group waits", True),
        ],
    )
    def test_names_in_company(self, text: str, holds: bool) -> None:
        assert admits("@both", document("x", text), self.known) is holds

    def test_mistakes_stand_at_their_place(self) -> None:
        wrong = lists(a=["@b", "ok", "mo*t"], b=["@a", "@c", "…"])
        found = problems("@a", wrong)
        assert {(one.file, one.line) for one in found} == {
            ("lists.d/a.toml", 4),
            ("lists.d/b.toml", 2),
            ("lists.d/b.toml", 3),
            ("lists.d/b.toml", 4),
        }
        assert any("@a → @b → @a" in one.message for one in found)

    def test_weights_replace_those_of_the_list(self) -> None:
        known = lists(regulator=["SAMR"], measure_weak=["warning"])
        heavy, light = (
            only(compiled(q, known).match(document("SAMR"))).score for q in ("@regulator^1", "@regulator^0.1")
        )
        assert heavy > light


class TestProblems:
    """Mistakes come with the place in the file, the line and a caret."""

    def test_place_and_caret(self) -> None:
        (found,) = problems("alibaba\nOR @alibabba", lists(alibaba=["Alibaba"]))
        assert (found.file, found.line, found.column) == ("topics.d/t.toml", 3, 4)
        assert found.hint == "did you mean @alibaba"
        assert found.context == "  OR @alibabba\n     ^"

    def test_first_line_starts_behind_the_quote(self) -> None:
        (found,) = problems("alibaba tittle:x")
        assert (found.line, found.column) == (2, 18)

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("-alibaba", "only excludes"),
            ("-a -b", "only excludes"),
            ("a OR -b", "only excludes"),
            ("-lang:fr", "only excludes"),
            ("topic:nowhere", "there is no topic"),
            ("@nowhere", "there is no list"),
            ("date:soon", "is no date"),
            ("date:2026-13", "is no date"),
            ("date:2026..2025", "empty stretch"),
            ("quality:good", "unknown quality"),
            ("lang:français", "no language code"),
            ("/(a/", "regular expression"),
            ("/a*/", "matches nothing"),
            (f"/{'a' * 1001}/", "1,000 characters"),
            ("a NEAR/8 (b c)", "NEAR takes terms"),
            ("a NEAR/8 lang:fr", "NEAR takes terms"),
            ("a NEAR/8 -b", "cannot stand here"),
            ("a NEAR/8 (-b)", "cannot be combined"),
            ("title:(a text:b)", "can never match"),
        ],
    )
    def test_refused(self, query: str, message: str) -> None:
        (found,) = problems(query)
        assert message in found.message

    def test_unknown_part_of_the_score(self) -> None:
        _, found = compile_topics([topic("a", score={"treshold": 3.0})], {})
        assert found[0].hint == "did you mean threshold"

    def test_a_wrong_topic_leaves_the_others_standing(self) -> None:
        topics, found = compile_topics([topic("a OR", "bad"), topic("alibaba", "good")], {})
        assert topics.ids == ("good",)
        assert len(found) == 1


class TestOtherTopics:
    """topic:other, in whatever order they are written; circles are reported."""

    def test_decisions_of_others(self) -> None:
        topics, found = compile_topics(
            [
                topic("topic:b amendes", "a"),
                topic("topic:c -topic:d", "b"),
                topic("alibaba", "c"),
                topic("dément", "d"),
            ],
            {},
        )
        assert not found
        assert [match.topic_id for match in topics.match(DOC) if match.is_match] == ["b", "c"] or [
            match.topic_id for match in topics.match(DOC) if match.is_match
        ] == ["a", "b", "c"]

    def test_circles(self) -> None:
        wanted = [
            topic("x topic:b", "a"),
            topic("x topic:c", "b"),
            topic("x topic:a", "c"),
            topic("alibaba", "d"),
        ]
        topics, found = compile_topics(wanted, {})
        assert topics.ids == ("d",)
        assert len(found) == 1
        assert "in a circle" in found[0].message

    def test_a_long_chain(self) -> None:
        chain = [topic(f"topic:t{number + 1}", f"t{number}") for number in range(3_000)]
        topics, found = compile_topics([*chain, topic("alibaba", "t3000")], {})
        assert not found
        assert len(topics.ids) == 3_001

    def test_versions_follow_what_decides(self) -> None:
        def versions(inner: str, words: list[str], threshold: float) -> dict[str, str]:
            wanted = [
                topic("topic:b x", "a"),
                topic(inner, "b"),
                topic("z", "c", score={"threshold": threshold}),
            ]
            topics, _ = compile_topics(wanted, lists(l=words))
            return {one: topics.version(one) for one in topics.ids}

        first = versions("alibaba", ["x"], 3.0)
        assert versions("alibaba", ["x"], 3.0) == first
        edited = versions("alipay", ["x"], 3.0)
        assert (edited["a"] != first["a"], edited["b"] != first["b"], edited["c"] == first["c"]) == (
            True,
        ) * 3
        assert versions("alibaba", ["x"], 4.0)["c"] != first["c"]
        assert versions("alibaba", ["y"], 3.0)["b"] != first["b"]


class TestSelection:
    """langs and sources of a topic."""

    @pytest.mark.parametrize(
        ("fields", "holds"),
        [
            ({"langs": ("fr", "en")}, True),
            ({"langs": ("zh",)}, False),
            ({"sources": ("tag:china",)}, True),
            ({"sources": ("tag:us", "press")}, True),
            ({"sources": ("other",)}, False),
            ({"sources": ("-tag:china",)}, False),
            ({"sources": ("-tier:blog",)}, True),
        ],
    )
    def test_admitted(self, fields: dict[str, tuple[str, ...]], holds: bool) -> None:
        assert bool(compiled("alibaba", **fields).match(DOC)) is holds

    def test_an_unknown_language_is_looked_at(self) -> None:
        assert compiled("alibaba", langs=("zh",)).match(document("Alibaba", lang=None))


def test_a_catastrophic_regex_costs_its_time_out() -> None:
    topics = compiled("/(a|aa)+$/ OR alibaba")
    hostile = document("alibaba", "a" * 20_000 + "!")
    with at_most(2):
        assert topics.match(hostile)


def test_conditions_alone_are_a_topic() -> None:
    match = only(compile_topics([topic("tag:china")], {})[0].match(DOC))
    assert match.is_match
    assert match.reasons[0].part == "conditions"


def test_future_dates_compare_as_instants() -> None:
    late = document("x", published_at=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert admits("date:2026-12-31", late)
    assert not admits("date:2027", late)


def test_a_word_that_folds_to_several_is_one_word_all_the_same() -> None:
    assert not admits("الله", document("", "x صلى ﷺ y"))
    assert admits("صلى", document("", "x صلى ﷺ y"))
