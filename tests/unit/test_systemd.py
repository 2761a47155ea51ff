"""What the service manager is told, and that nobody is told anything where there is none."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.systemd import Manager


@pytest.fixture(params=["path", "abstract"])
def heard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """Give the address of a socket, as the environment names it, and the socket."""
    name = f"@aggregator-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name.replace("@", "\0", 1))
        sock.settimeout(5)
        yield name, sock


def test_each_message_arrives_whole(heard: tuple[str, socket.socket]) -> None:
    name, sock = heard
    manager = Manager.of({"NOTIFY_SOCKET": name})
    manager.ready("12 sources\nand a line")
    manager.reloading(12.5)
    manager.stopping("drain")
    manager.status("x" * 1000)
    manager.alive()
    manager.wait(2.0)
    messages = [sock.recv(4096).decode() for _ in range(6)]
    assert messages == [
        "READY=1\nSTATUS=12 sources and a line",
        "RELOADING=1\nMONOTONIC_USEC=12500000",
        "STOPPING=1\nSTATUS=drain",
        f"STATUS={'x' * 200}",
        "WATCHDOG=1",
        "EXTEND_TIMEOUT_USEC=2000000",
    ]


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "relative"}])
def test_without_a_manager_nothing_is_sent(environ: dict[str, str]) -> None:
    manager = Manager.of({**environ, "WATCHDOG_USEC": "1000000"})
    assert manager == Manager(None, None)
    manager.ready("")


def test_a_manager_that_is_gone_harms_nobody(tmp_path: Path) -> None:
    Manager.of({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).alive()


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_a_watchdog_is_ours_only_if_it_says_so(more: dict[str, str], seconds: float | None) -> None:
    assert Manager.of({"NOTIFY_SOCKET": "/run/notify", **more}).watchdog == seconds
