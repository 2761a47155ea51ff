"""Every oddity of the golden pairs is read as written down beside it."""

import pytest

from tests.support.active import active_content
from tests.unit.parse import golden


@pytest.mark.parametrize("name", golden.names())
def test_golden_pair(name: str) -> None:
    expected = golden.expectation(name)
    assert expected["about"], "say what is odd"
    assert golden.result(name) == expected["result"]


def test_every_document_has_its_expectation() -> None:
    files = [path for path in golden.DATA.iterdir() if path.is_file() and path.name != "README.md"]
    documents = {path.name.partition(".")[0] for path in files}
    assert documents == set(golden.names())
    assert len(documents) >= 60


def test_expected_html_is_harmless() -> None:
    """The expectations themselves hold nothing active: they were not copied from a mistake."""
    for name in golden.names():
        result = golden.expectation(name)["result"]
        entries = result.get("entries", []) if isinstance(result, dict) else []
        for entry in entries:
            for html in (entry.get("summary_html", ""), entry.get("content_html", "")):
                assert active_content(html) == [], name
