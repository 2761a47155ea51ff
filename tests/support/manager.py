"""The service manager's side of sd_notify: a socket that hears what the daemon says."""

import socket
from pathlib import Path


class Listener:
    """A service manager that only listens."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self.lines: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()

    def heard(self, start: str) -> str | None:
        """Return the first line that begins so and was not asked for before."""
        while True:
            try:
                self.lines += self._socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                break
        for index, line in enumerate(self.lines):
            if line.startswith(start):
                del self.lines[: index + 1]
                return line
        return None

    def silent(self) -> None:
        """Forget what was said so far."""
        self.heard("nothing begins so")
        self.lines.clear()
