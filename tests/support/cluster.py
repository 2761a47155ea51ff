"""A PostgreSQL server of one's own, to be shut down as a power cut would, and started again."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.daemon import free_port

_SETTINGS = "-c fsync=off -c full_page_writes=off -c max_connections=20 -c shared_buffers=16MB"


def programs() -> Path | None:
    """Return the folder of the newest server programs on this machine, None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Cluster:
    """A server on loopback; its data lie in a folder of their own."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._folder = folder
        self._binaries = binaries
        self.port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the data folder."""
        flags = [
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
        ]
        self._run("initdb", "--pgdata", str(self._folder / "data"), *flags)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories="
        log = str(self._folder / "log")
        self._control("--log", log, "--wait", "--options", f"{options} {_SETTINGS}", "start")

    def kill(self) -> None:
        """Shut it down at once, without a checkpoint: the next start recovers."""
        self._control("--mode", "immediate", "stop")

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "--pgdata", str(self._folder / "data"), "--silent", *words)

    def _run(self, program: str, *words: str) -> None:
        # The server refuses root; Debian's package brings the user `postgres`.
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*user, str(self._binaries / program), *words],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server would keep a pipe open
            stderr=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{program} {' '.join(words)} ended with {done.returncode}"


@contextmanager
def cluster() -> Iterator[Cluster | None]:
    """Give a server that runs, or None where there is no PostgreSQL."""
    binaries = programs()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="aggregator-postgres-"))
    try:
        folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        made = Cluster(folder, binaries)
        made.create()
        made.start()
        try:
            yield made
        finally:
            made.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
