"""Log lines: one an event, clean of secrets whatever type they hide in."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from aggregator import logs
from aggregator.urls import Redactor

SECRET = "hunter2-hunter2"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before, was_configured = structlog.get_config(), structlog.is_configured()
    handlers = list(logging.root.handlers)
    yield
    logging.root.handlers[:] = handlers
    structlog.configure(**before) if was_configured else structlog.reset_defaults()


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        f"x{SECRET}x",
        [SECRET],
        {"a": (SECRET,)},
        {SECRET: 1},
        Path("a") / SECRET,
        ValueError(SECRET),
        SECRET.encode(),
    ],
)
def test_a_secret_is_hidden_in_any_value(capsys: pytest.CaptureFixture[str], value: object) -> None:
    logs.set_up("info", Redactor.of([SECRET]))
    logs.get_logger("room").info("event", value=value, count=3)
    line = capsys.readouterr().err
    assert "hunter" not in line
    assert "***" in line
    assert " event room='room' " in line
    assert line.endswith(" count=3\n")


def test_other_secrets_can_be_told_later(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", Redactor.of([]))
    log = logs.get_logger("room")
    log.info("event", value=SECRET)
    logs.hide(Redactor.of([SECRET]))
    log.info("event", value=SECRET)
    log.debug("event")
    first, second = capsys.readouterr().err.splitlines()
    assert SECRET in first
    assert "value='***'" in second


def test_nothing_is_configured_behind_the_back_of_a_program_that_logs_nothing() -> None:
    structlog.reset_defaults()
    logs.hide(Redactor.of([SECRET]))
    assert not structlog.is_configured()


def test_what_libraries_log_is_cleaned_too(capsys: pytest.CaptureFixture[str]) -> None:
    logging.root.handlers.clear()
    logs.set_up("info", Redactor.of([SECRET]))
    library = logging.getLogger("some.library")
    library.info("not of interest")
    library.warning("cannot\nopen %s", SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        library.exception("broken")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith(r" warning library room='some.library' message='cannot\nopen ***'")
    assert lines[1].endswith(" error   library room='some.library' message='broken'")
    assert lines[-1] == "ValueError: ***"


def test_programs_get_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", Redactor.of([]), as_json=True)
    logs.hide(Redactor.of([SECRET]))
    log = logs.get_logger("room")
    log.info("event", value=SECRET, count=3, path=Path("a"), text="one\ntwo")
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        log.error("bug", exc_info=error)
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert list(first)[:3] == ["timestamp", "level", "event"]
    assert (first["room"], first["value"], first["count"], first["text"]) == ("room", "***", 3, "one\ntwo")
    assert "ValueError: ***" in second["exception"]
