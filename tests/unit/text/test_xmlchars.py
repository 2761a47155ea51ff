"""Characters that may go into XML."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.xmlchars import one_line, xml_legal

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)  # surrogates included


@given(ANY_TEXT)
def test_result_always_fits_in_xml(text: str) -> None:
    escaped = xml_legal(text).replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "]]&gt;")
    assert ET.fromstring(f"<a>{escaped}</a>".encode()).tag == "a"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xD7FF), max_size=60))
def test_right_text_stays(text: str) -> None:
    assert xml_legal(text) == text


def test_surrogate_pairs_are_joined_and_lone_ones_dropped() -> None:
    assert xml_legal("a\ud83d\ude00b\ud800c") == "a😀bc"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" a\n\tb\u2028c ", "a b c"),
        ("a\u202eb\x00", "ab"),
        ("régu\u00adlation", "régulation"),
        ("\u200b中\u3000文", "中 文"),
        ("", ""),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


@given(ANY_TEXT)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line
