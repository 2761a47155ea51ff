"""What systemd hears of the daemon, and what it thinks of the units."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import Scene
from tests.support.daemon import Daemon, fetch
from tests.support.manager import Listener
from tests.support.shared import REPOSITORY
from tests.support.showing import show

pytestmark = pytest.mark.slow

UNITS = ("aggregator.service", "aggregator-user.service")
EXPOSURE = 1.4
NO_SYSTEMD = "no systemd-analyze: nothing can be said about the units"


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Listener]:
    """Give a service manager that listens."""
    listener = Listener(tmp_path / "notify")
    yield listener
    listener.close()


def until(daemon: Daemon, manager: Listener, start: str) -> str:
    """Wait for a line that begins so."""
    return daemon.until(lambda: manager.heard(start), f"{start} is said")


def test_it_says_when_it_is_ready_alive_reloading_and_stopping(scene: Scene, manager: Listener) -> None:
    told = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1500000"}
    with scene.house.daemon(**told) as daemon:
        until(daemon, manager, "READY=1")
        assert fetch(f"{scene.house.base}/healthz")[0] == 200  # the port listens already
        until(daemon, manager, "STATUS=1 sources, 1 topics")
        for _ in range(3):
            until(daemon, manager, "WATCHDOG=1")

        before = time.monotonic()
        daemon.process.send_signal(signal.SIGHUP)
        until(daemon, manager, "RELOADING=1")
        began = until(daemon, manager, "MONOTONIC_USEC=")
        assert before <= int(began.partition("=")[2]) / 1e6 <= time.monotonic()
        until(daemon, manager, "READY=1")

        bad = scene.house.write("topics.d/torn.toml", 'title = "Torn"\nquery = "a AND ("\n')
        until(daemon, manager, "READY=1")  # a refused reload is over, too
        until(daemon, manager, "STATUS=configuration refused since")
        bad.unlink()
        until(daemon, manager, "STATUS=1 sources, 1 topics")

        daemon.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while not manager.heard("STOPPING=1"):
            assert time.monotonic() < deadline
        assert daemon.process.wait(30) == 0


def test_a_start_that_waits_for_a_locked_database_says_so_and_can_be_ended(
    scene: Scene, manager: Listener
) -> None:
    scene.house.once()
    other = sqlite3.connect(scene.house.state / "aggregator.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with scene.house.daemon(NOTIFY_SOCKET=manager.address) as daemon:
            until(daemon, manager, "EXTEND_TIMEOUT_USEC=")
            until(daemon, manager, "STATUS=opening the database")
            other.execute("ROLLBACK")
            until(daemon, manager, "READY=1")
            assert daemon.terminate() == 0
        other.execute("BEGIN IMMEDIATE")
        with scene.house.daemon(NOTIFY_SOCKET=manager.address) as daemon:
            until(daemon, manager, "STATUS=opening the database")
            assert daemon.terminate() == 0
    finally:
        other.close()


def test_a_stopped_daemon_gives_no_sign_of_life(scene: Scene, manager: Listener) -> None:
    with scene.house.daemon(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="900000") as daemon:
        until(daemon, manager, "WATCHDOG=1")
        daemon.process.send_signal(signal.SIGSTOP)
        manager.silent()
        time.sleep(1.0)
        assert manager.heard("WATCHDOG=1") is None
        daemon.process.send_signal(signal.SIGCONT)
        until(daemon, manager, "WATCHDOG=1")


@pytest.mark.parametrize("early", [0.0, 0.3, 0.8])
def test_ended_before_it_is_ready_it_ends_cleanly(scene: Scene, early: float) -> None:
    with scene.house.daemon() as daemon:
        # Until its own first line runs, the interpreter dies of the signal as any program does.
        daemon.until(
            lambda: b"aggregator" in Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes(), "it is"
        )
        time.sleep(early)
        code = daemon.terminate()
        assert code == 0 or (code == -signal.SIGTERM and daemon.log == "")
        assert "Traceback" not in daemon.log


@pytest.mark.parametrize(("words", "code"), [(("run", "--once"), 0), (("poll", "--all"), 1)])
def test_one_run_that_is_told_to_end_does_so_cleanly(scene: Scene, words: tuple[str, ...], code: int) -> None:
    scene.web.put("/feed.xml", "", delay=20.0)
    process = subprocess.Popen(
        scene.house.command(*words),
        env=scene.house.environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not scene.web.hits("/feed.xml"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code, said  # 1: no source that was asked for has answered
    assert b"leaked" not in said
    assert b"Traceback" not in said


# --- the units ------------------------------------------------------------------------------------


def _installed(folder: Path, mode: str) -> Path:
    """Install the service into a folder as packagers do; return the unit."""
    done = subprocess.run(
        ["make", "--silent", "install-service", f"DESTDIR={folder}", f"MODE={mode}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nowhere"},
    )
    assert done.returncode == 0, done.stderr
    (unit,) = folder.rglob("aggregator.service")
    return unit


@pytest.mark.parametrize(("mode", "unit"), [("system", UNITS[0]), ("user", UNITS[1])])
def test_the_service_is_installed_and_upgraded_without_touching_what_its_user_wrote(
    tmp_path: Path, mode: str, unit: str
) -> None:
    installed = _installed(tmp_path, mode)
    assert installed.read_text() == (REPOSITORY / "systemd" / unit).read_text()
    (settings,) = tmp_path.rglob("aggregator.toml")
    (topic,) = tmp_path.rglob("alibaba-regulation.toml")
    settings.write_text("# mine\n")
    topic.unlink()
    installed.write_text("old")
    _installed(tmp_path, mode)
    assert installed.read_text() == (REPOSITORY / "systemd" / unit).read_text()
    assert settings.read_text() == "# mine\n"
    assert not topic.exists()


def _analyze(*words: str, runtime: str = "/run") -> str:
    if shutil.which("systemd-analyze") is None:
        pytest.skip(NO_SYSTEMD)
    done = subprocess.run(
        ["systemd-analyze", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": runtime},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_wrong_with_a_unit(tmp_path: Path, unit: str) -> None:
    text = (REPOSITORY / "systemd" / unit).read_text(encoding="utf-8")
    program = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert program
    path = tmp_path / "aggregator.service"  # it wants the program to be there
    path.write_text(text.replace(program[1], "/bin/true"), encoding="utf-8")
    said = _analyze(
        *(("--user",) if "user" in unit else ()), "verify", "--man=no", str(path), runtime=str(tmp_path)
    )
    ours = [line for line in said.splitlines() if path.name in line]
    assert ours == []


def test_the_unit_is_hardly_exposed(pytestconfig: pytest.Config) -> None:
    said = _analyze("security", "--offline=true", str(REPOSITORY / "systemd" / UNITS[0]))
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found, said
    show(pytestconfig, "systemd-analyze security", [(UNITS[0], found[1], f"at most {EXPOSURE}")])
    assert float(found[1]) <= EXPOSURE


def test_each_directive_of_the_service_has_its_reason() -> None:
    """A comment stands above each block of directives, none of which is longer than four lines."""
    lines = (REPOSITORY / "systemd" / UNITS[0]).read_text(encoding="utf-8").splitlines()
    since = 0
    for number, line in enumerate(lines, 1):
        if not line or line.startswith(("#", "[")):
            since = 0
        else:
            since += 1
        assert since <= 6, f"line {number}: {line}: why?"
