"""Identity of entries within one source."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.identity import content_digest, identities, identity, likeness
from aggregator.model import Entry

DAY = datetime(2025, 3, 1, tzinfo=UTC)
LINK = "https://paper.example/2025/fine"


def entry(
    raw_id: str | None = None, url: str | None = None, title: str = "", text: str = "", day: int = 0
) -> Entry:
    return Entry(raw_id, url, title, summary_html=text, published_at=DAY.replace(day=day) if day else None)


@pytest.mark.parametrize(
    ("given_entry", "start"),
    [
        (entry("  tag:a,2025:1 ", LINK, "T"), "id:tag:a,2025:1"),
        (entry("", LINK, "T"), "url:https://paper.example/2025/fine"),
        (entry("   ", LINK + "?utm_source=x", "T"), "url:https://paper.example/2025/fine"),
        (entry(None, None, "T", "text"), "text:"),
        (entry(), "text:"),
        (entry("x" * 5000), "id#"),
    ],
)
def test_identity_alone(given_entry: Entry, start: str) -> None:
    found = identity(given_entry)
    assert found.startswith(start)
    assert len(found) <= 300


def test_an_id_shared_by_different_entries_names_neither() -> None:
    first = entry("same", "https://paper.example/1", "One")
    second = entry("same", "https://paper.example/2", "Two")
    assert identities([first, second]) == ("url:https://paper.example/1", "url:https://paper.example/2")


def test_id_and_link_shared_fall_back_on_the_title() -> None:
    ticker = [entry("same", LINK, title) for title in ("One", "Two", "Three")]
    found = identities(ticker)
    assert len(set(found)) == 3
    assert all(name.startswith("title:") for name in found)


def test_without_link_the_text_decides() -> None:
    first, second = entry("same", None, "Note", "a"), entry("same", None, "Note", "b")
    assert len(set(identities([first, second]))) == 2


def test_changing_ids_with_the_same_link_and_title_are_one_entry() -> None:
    first = entry("n-1", LINK + "?utm_medium=rss", "Fine")
    second = entry("n-2", LINK, " Fine ")
    assert len(set(identities([first, second]))) == 1


def test_bulletins_dated_apart_are_several_entries() -> None:
    days = [entry(f"b{day}", LINK, "Avalanche warning", day=day) for day in (1, 2, 3)]
    assert identities(days) == ("id:b1", "id:b2", "id:b3")


def test_entries_that_link_the_home_page_are_not_alike() -> None:
    status = [entry(f"s{n}", "https://paper.example/", "Update", str(n)) for n in range(3)]
    assert identities(status) == ("id:s0", "id:s1", "id:s2")
    assert likeness(status[0]) is None


def test_a_changed_id_keeps_the_known_identity() -> None:
    old, new = entry("g-17", LINK, "Fine"), entry("g-99", LINK, "Fine")
    like = likeness(old)
    assert like is not None
    assert identities([new], {like: identity(old)}) == ("id:g-17",)


def test_a_known_identity_that_another_entry_bears_is_left_to_it() -> None:
    other, new = entry("g-17", LINK + "/b", "Other"), entry("g-99", LINK, "Fine")
    like = likeness(new)
    assert like is not None
    assert identities([other, new], {like: "id:g-17"}) == ("id:g-17", "id:g-99")


def test_a_collision_that_ends_does_not_rename_what_is_stored() -> None:
    first, second = entry("same", LINK + "/1", "One"), entry("same", LINK + "/2", "Two")
    names = identities([first, second])
    known = {like: name for like, name in zip(map(likeness, (first, second)), names, strict=True) if like}
    assert identities([first], known) == names[:1]
    assert identities([second], known) == names[1:]


def test_content_digest_sees_edits_and_nothing_else() -> None:
    first = entry("a", LINK, "Fine", "<p>Text of the  piece</p>")
    assert content_digest(first) == content_digest(
        entry("b", LINK + "?utm_source=x", "Fine ", "Text of the piece")
    )
    assert content_digest(first) != content_digest(replace(first, title="Fines"))
    assert content_digest(first) != content_digest(replace(first, summary_html="<p>Other</p>"))
    assert content_digest(first) != content_digest(replace(first, url=LINK + "/2"))


def test_hostile_text_does_not_raise() -> None:
    hostile = entry("\ud800", "http://[::1", "\udfff\x00", "<" * 200_000)
    assert identity(hostile).startswith("id:")
    assert content_digest(hostile)
    assert identities([hostile, hostile])[0] == identity(hostile)


entries = st.lists(
    st.builds(
        entry,
        st.sampled_from([None, "", "a", "b", LINK]),
        st.sampled_from([None, "", LINK, LINK + "?utm_source=x", LINK + "?id=2", "https://paper.example/"]),
        st.sampled_from(["", "One", "Two"]),
        st.sampled_from(["", "x", "y"]),
        st.integers(0, 2),
    ),
    max_size=12,
)


def same(first: Entry, second: Entry) -> bool:
    return first == second or (likeness(first) is not None and likeness(first) == likeness(second))


@given(entries, st.randoms(use_true_random=False))
def test_reordering_changes_nothing(document: list[Entry], random: object) -> None:
    order = list(range(len(document)))
    random.shuffle(order)  # type: ignore[attr-defined]
    names = identities(document)
    assert identities([document[n] for n in order]) == tuple(names[n] for n in order)


@given(entries)
def test_identities_are_shared_by_the_same_entry_only(document: list[Entry]) -> None:
    names = identities(document)
    for first, name in zip(document, names, strict=True):
        for second, other in zip(document, names, strict=True):
            assert name != other or same(first, second)
            assert name == other or first != second


@given(entries)
def test_a_second_poll_of_the_same_document_brings_nothing_new(document: list[Entry]) -> None:
    names = identities(document)
    known = {like: name for like, name in zip(map(likeness, document), names, strict=True) if like}
    assert set(identities(document, known)) == set(names)
