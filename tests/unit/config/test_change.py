"""One [[source]] of a user's file is paused, resumed, removed; nothing else in the file changes."""

import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import change, edit
from aggregator.config.load import load
from aggregator.errors import UsageError
from tests.support.shared import REPOSITORY
from tests.unit.config.conftest import MakeFolder

FILE = """\
# The press.

# Mine.
[[source]]
url = "https://a.example/feed"  # daily
tags = [
  "one",
]

# The second one.
# It is slow.
[[source]]
url = "https://b.example/feed"
[source.listing]
item = "article"
# date = "time"

# Of the third.
[[source]]
url = "https://c.example/feed"
enabled = false  # until May

# The end.
"""


def test_a_source_is_paused_and_resumed_in_its_place() -> None:
    paused = change.pause(FILE, 0)
    assert paused == FILE.replace("[[source]]\n", "[[source]]\nenabled = false\n", 1)
    assert change.resume(paused, 0) == FILE
    assert change.pause(FILE, 2) == FILE
    assert change.resume(FILE, 2) == FILE.replace("enabled = false  #", "enabled = true  #")
    assert change.resume(FILE, 0) == FILE


def test_a_source_goes_with_its_comments_and_leaves_those_of_others() -> None:
    assert change.remove(FILE, 0) == FILE.replace(
        FILE[FILE.index("# Mine.") : FILE.index("# The second")], ""
    )
    assert change.remove(FILE, 1) == FILE.replace(
        FILE[FILE.index("# The second") : FILE.index("# Of the third")], ""
    )
    assert change.remove(FILE, 2).endswith('# date = "time"\n\n# The end.\n')
    assert change.remove('# About this file\n[[source]]\nurl = "https://a.example/"\n', 0) == (
        "# About this file\n"
    )


@pytest.mark.parametrize("number", range(3))
def test_line_endings_and_the_byte_order_mark_stay(number: int) -> None:
    text = "\ufeff" + FILE.replace("\n", "\r\n")
    for after in (change.pause(text, number), change.remove(text, number)):
        assert after.startswith("\ufeff#")
        assert after.count("\n") == after.count("\r\n")


def test_what_cannot_be_changed_safely_is_left_to_its_author() -> None:
    for edit_it in (change.pause, change.remove):
        with pytest.raises(UsageError, match="by hand"):
            edit_it('source = [{ url = "https://a.example/" }]\n', 0)


@given(number=st.integers(0, 12), what=st.sampled_from([change.pause, change.remove]))
def test_the_shipped_sources_stay_what_they_are(number: int, what: Callable[[str, int], str]) -> None:
    text = (REPOSITORY / "config/sources.d/press-fr.toml").read_text(encoding="utf-8")
    before = tomllib.loads(text)["source"]
    after = tomllib.loads(what(text, number))["source"]
    assert [each for each in before if each not in after] == [before[number]]
    kept = what(text, number).splitlines()
    assert [line for line in text.splitlines() if line not in kept and line.startswith("# The home")] == []


def test_a_source_is_found_by_the_name_it_goes_by(make_folder: MakeFolder) -> None:
    second = '[[source]]\nurl = "https://b.example/feed"\n[[source]]\nid = "c"\nurl = "https://${env:OTHER}/feed"\n'
    place = make_folder({"sources.d/more.toml": second})
    environ = {"OTHER": "c.example"}
    config = load(place, environ, {})
    found = {each.shown_url: change.find(place, each, environ) for each in config.sources}
    more = place / "sources.d" / "more.toml"
    assert list(found.values()) == [(place / "sources.d" / "good.toml", 0), (more, 0), (more, 1)]
    done = edit.rewrite(more, lambda text: change.pause(text, 1))
    assert done is not None
    assert [source.enabled for source in load(place, environ, {}).sources] == [True, True, False]
    assert edit.rewrite(more, lambda text: change.pause(text, 1)) is None
    edit.take_back(done)
    assert [source.enabled for source in load(place, environ, {}).sources] == [True, True, True]
