"""Tells the service manager how we are (sd_notify), if there is one that wants to know.

One datagram for each message to the socket that the manager names in the environment; without it nothing is
sent. Knows the protocol (systemd's sd_notify(3), sd_watchdog_enabled(3)) and nothing of what is reported.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

_LONGEST = 200  # characters of a status: it is one line of `systemctl status`


@dataclass(frozen=True, slots=True)
class Manager:
    """The service manager that started us."""

    address: str | None = None  # of its socket; None: nobody wants to know
    watchdog: float | None = None  # seconds within which it wants a sign of life

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Manager":
        """Read what the manager says about itself; a watchdog for another process is none of ours."""
        address = environ.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls()
        span = environ.get("WATCHDOG_USEC", "")
        is_ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        is_span = span.isascii() and span.isdigit() and int(span) > 0
        return cls(address, int(span) / 1_000_000 if is_ours and is_span else None)

    def ready(self, status: str) -> None:
        """Say that the service is up, or that a reload is over, whatever came of it."""
        self._send("READY=1", _status(status))

    def reloading(self, monotonic: float) -> None:
        """Say that the configuration is being read again, since that moment (seconds of CLOCK_MONOTONIC)."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={int(monotonic * 1_000_000)}")

    def stopping(self, status: str) -> None:
        """Say that the service is ending."""
        self._send("STOPPING=1", _status(status))

    def status(self, text: str) -> None:
        """Say in one line, for people, how the service is."""
        self._send(_status(text))

    def alive(self) -> None:
        """Give the sign of life that the watchdog waits for."""
        self._send("WATCHDOG=1")

    def wait(self, seconds: float) -> None:
        """Ask for so much more time for the start or the end."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1_000_000)}")

    def _send(self, *lines: str) -> None:
        if self.address is None:
            return
        # "@" stands for the zero byte that begins the name of an abstract socket.
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        # A manager that does not listen must not end the service, nor one that is slow hold it up.
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock,
        ):
            sock.setblocking(False)
            sock.sendto("\n".join(lines).encode(), address)


def _status(text: str) -> str:
    line = " ".join(text.split())
    return f"STATUS={line[:_LONGEST]}"
