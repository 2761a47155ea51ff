"""Entries as readers see them, composed from what is stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.config.schema import SourceConfig
from aggregator.model import (
    Article,
    DateOrigin,
    Entry,
    Failure,
    FailureKind,
    Item,
    Match,
    Quality,
    Reason,
    Stage,
)
from aggregator.pipeline.article import retry_after
from aggregator.pipeline.feeds import Outlet, carriers, compose
from aggregator.pipeline.queries import condition
from aggregator.store.publications import Publication
from tests.support.records import article, source_state

NOW = datetime(2026, 3, 14, tzinfo=UTC)
NAMED = {
    "press": Outlet("La Presse", "https://press.example/"),
    "other": Outlet("The Other", "https://other.example/"),
}
LEDGER = Publication("t", 7, "tag:x:1", 1, (), NOW, NOW, None)


def item(number: int, source_id: str = "press", text: str = "The text.", **changes: object) -> Item:
    made = Item(
        id=number,
        uid=f"{number:016x}",
        source_id=source_id,
        identity=f"id:{number}",
        entry=Entry(raw_id=None, url=f"https://{source_id}.example/{number}", title=f"Title {number}"),
        canonical_url=f"https://{source_id}.example/{number}",
        content_digest="d",
        published_at=NOW - timedelta(hours=number),
        published_from=DateOrigin.FEED,
        first_seen_at=NOW + timedelta(minutes=number),
        updated_at=None,
        stage=Stage.DONE,
        tries=0,
        is_backlog=False,
        is_provisional=False,
        root_id=1,
        lang="fr",
        article=article(text),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_an_entry_keeps_the_ledgers_id_and_dates() -> None:
    made = compose(LEDGER, item(1), [], None, NAMED, None)
    assert (made.entry_id, made.seq, made.updated_at) == ("tag:x:1", 7, NOW)
    assert (made.title, made.url, made.outlet) == ("Title 1", "https://press.example/1", "La Presse")
    assert (made.html, made.summary) == ("<p>The text.</p>", "The text.")


def test_an_excerpt_is_cut_at_a_word_and_carries_no_html() -> None:
    made = compose(LEDGER, item(1, text="one two three four five"), [], None, NAMED, 14)
    assert (made.html, made.summary) == ("", "one two three…")


def test_chinese_is_cut_where_the_length_ends() -> None:
    made = compose(LEDGER, item(1, text="监管部门对阿里巴巴处以罚款"), [], None, NAMED, 6)
    assert made.summary == "监管部门对…"


def test_an_entry_without_a_title_shows_the_articles_or_the_first_words() -> None:
    bare = replace(item(1), entry=Entry(raw_id=None, url=None, title=""))
    assert compose(LEDGER, bare, [], None, NAMED, None).title == "The text."
    titled = replace(bare, article=Article("<p>x</p>", "x", Quality.FULL, title="From the page"))
    assert compose(LEDGER, titled, [], None, NAMED, None).title == "From the page"


def test_an_entry_without_a_link_leads_to_its_outlet() -> None:
    bare = replace(item(1), entry=Entry(raw_id=None, url=None, title="T"))
    assert compose(LEDGER, bare, [], None, NAMED, None).url == "https://press.example/"


def test_the_real_outlet_of_an_entry_wins() -> None:
    quoted = Entry(raw_id=None, url="https://x/", title="T", outlet="Le Canard", outlet_url="https://c/")
    made = compose(LEDGER, replace(item(1), entry=quoted), [], None, NAMED, None)
    assert (made.outlet, made.outlet_url) == ("Le Canard", "https://c/")


def test_matched_names_terms_that_earned_points() -> None:
    reasons = (
        Reason("amount", "amende*", "…", 3.0),
        Reason("share", "", "100%", 2.0),
        Reason("passing", "Tencent", "…", -1.0),
        Reason("title", "amende*", "…", 1.0),
    )
    made = compose(LEDGER, item(1), [], Match("t", "v", True, 7.5, reasons), NAMED, None)
    assert (made.score, made.matched) == (7.5, ("amende*",))


def test_carriers_are_named_once_in_the_order_of_first_sight() -> None:
    lead = item(1)
    twin = replace(item(2), canonical_url=lead.canonical_url)
    again = replace(item(5, "other"), canonical_url="https://other.example/3")
    found = carriers(lead, [item(4, "press"), again, item(3, "other"), twin], NAMED)
    assert [(carrier.outlet, carrier.url) for carrier in found] == [
        ("The Other", "https://other.example/3"),
        ("La Presse", "https://press.example/4"),
    ]


def test_an_outlet_that_carries_a_text_many_times_is_named_once() -> None:
    found = carriers(item(1), [*(item(n, "press") for n in range(2, 50)), item(50, "other")], NAMED)
    assert sorted(carrier.url for carrier in found) == ["https://other.example/50", "https://press.example/2"]


@pytest.mark.parametrize(
    ("tries", "asked", "minutes"), [(0, None, 1), (1, None, 4), (0, 10, 10), (1, 1, 4), (0, 10_000, 10_000)]
)
def test_a_page_is_tried_again_after_a_while_or_when_the_server_says(
    tries: int, asked: int | None, minutes: int
) -> None:
    wish = timedelta(minutes=asked) if asked is not None else None
    failure = Failure(FailureKind.SERVER_ERROR, "503", retry_after=wish)
    assert retry_after(tries, failure) == timedelta(minutes=minutes)


def test_each_condition_of_a_source_has_its_word() -> None:
    source = SourceConfig(url="https://press.example/")
    state = source_state("press", NOW)
    assert condition(source, state) == "waiting"
    assert condition(source, replace(state, last_success_at=NOW)) == "ok"
    assert condition(source, replace(state, last_success_at=NOW, failures=1)) == "failing"
    assert condition(source, replace(state, failures=2, is_retired=True)) == "retired"
    assert condition(source.model_copy(update={"enabled": False}), state) == "paused"
