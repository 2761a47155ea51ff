"""The reference documents say what the code says."""

from pathlib import Path

import pytest

from aggregator.config.mistakes import keys
from aggregator.config.schema import SECTIONS
from tests.support import reference


@pytest.mark.parametrize(
    "path", [reference.CONFIGURATION, reference.COMMANDS], ids=["configuration", "commands"]
)
def test_the_reference_is_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == reference.documents()[path], "run: make reference"


def test_every_key_and_every_answer_is_in_it() -> None:
    configuration, commands = reference.configuration(), reference.commands()
    for name, model in SECTIONS.items():
        part = configuration.split(f"### [{name}]\n")[1].split("\n### ")[0]
        assert all(f"| `{key}` |" in part for key in keys(model))
    for command in reference.ANSWERS:
        part = commands.split(f"## aggregator {command}\n")[1].split("\n## ")[0]
        assert "Answer" in part


def test_nothing_in_it_is_left_without_a_word() -> None:
    for text in reference.documents().values():
        assert [line for line in text.splitlines() if line.startswith("| `") and line.endswith("|  |")] == []


def test_every_command_that_ends_by_itself_answers_programs() -> None:
    """`run` and `demo` go on and write a log; the two exports write a format of their own."""
    parts = [part.split("\n", 1) for part in reference.commands().split("\n## aggregator ")[1:]]
    without = {name for name, text in parts if "| `--json` |" not in text}
    assert without == {"demo", "export", "run", "source export"}
    assert {name for name, _ in parts} - without == reference.ANSWERS.keys() - {"export"}
