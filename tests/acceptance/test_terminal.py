"""What the commands draw: colours and bars on a terminal, plain text everywhere else and with NO_COLOR."""

import os
import pty
import select
import subprocess
import time

import pytest

from tests.acceptance.conftest import Scene
from tests.support.daemon import COMMAND

pytestmark = pytest.mark.slow


def on_a_terminal(scene: Scene, *words: str, **environ: str) -> tuple[int, str]:
    """Run a command with a terminal as its three files; return exit code and everything it wrote."""
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [str(COMMAND), "--config", str(scene.house.config), "--state", str(scene.house.state), *words]
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**inherited, "TERM": "xterm-256color", **environ},
        start_new_session=True,
    )
    os.close(theirs)
    written, end = b"", time.monotonic() + 120
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                piece = os.read(ours, 65_536)
            except OSError:
                break  # the terminal has nobody on its other side any more
            written += piece
        elif process.poll() is not None:
            break
    os.close(ours)
    return process.wait(10), written.decode(errors="replace")


def test_colours_are_for_a_terminal_and_for_who_wants_them(scene: Scene) -> None:
    scene.house.once()
    code, shown = on_a_terminal(scene, "status")
    assert code == 0
    assert "\x1b[32m" in shown  # green: it is well
    code, shown = on_a_terminal(scene, "status", NO_COLOR="1")
    assert code == 0
    assert "\x1b[32m" not in shown
    assert "daily" in shown


def test_a_bar_is_drawn_on_a_terminal_only(scene: Scene) -> None:
    scene.house.once()
    code, shown = on_a_terminal(scene, "db", "backup", str(scene.house.state / "one.db"))
    assert code == 0
    assert "copying" in shown
    ended = scene.house.run("db", "backup", str(scene.house.state / "two.db"))
    assert (ended.code, ended.err) == (0, "")
