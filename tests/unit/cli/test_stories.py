"""What `stories` prints: a line a story, a line an item, nothing that a headline could forge."""

from aggregator.cli.stories import lines


def test_copies_are_marked_and_no_headline_makes_a_line_of_its_own() -> None:
    item = {
        "id": "a1", "copy_of": None, "first_seen_at": "2026-03-03T06:12:00+00:00", "lang": "en",
        "outlet": "Courier", "title": "Fire\non ferry", "url": "https://courier.example/1",
    }  # fmt: skip
    copy = {**item, "id": "b2", "copy_of": "a1", "lang": None, "url": None}
    story = {"id": "s1", "title": "Fire\non ferry", "reports": 1, "outlets": 2, "items": [item, copy]}
    assert lines([story]) == [
        "s1  2 items, 1 report, 2 outlets: Fire on ferry",
        "    a1  2026-03-03 06:12  en  Courier: Fire on ferry  https://courier.example/1",
        "  = b2  2026-03-03 06:12  ?   Courier: Fire on ferry  ",
    ]
