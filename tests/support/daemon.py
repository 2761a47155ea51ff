"""One installation of the program as its user has it: a config, a state folder, the installed command.

Everything goes through the command line, files and HTTP, as it would from a shell; nothing here
imports the program. Waiting is for something to become true, with a limit, never for time to pass.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar
from xml.etree import ElementTree as ET

from tests.support.shared import REPOSITORY

COMMAND = Path(sysconfig.get_path("scripts")) / "aggregator"
ATOM = "{http://www.w3.org/2005/Atom}"
T = TypeVar("T")
_COVERAGE = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Published:
    """An entry of a published Atom feed, as a reader sees it."""

    id: str
    title: str
    url: str
    updated: str


def eventually(ask: Callable[[], T | None], what: str, *, within: float = 30.0) -> T:
    """Return the first answer of `ask` that is true; fail if none comes in time."""
    end = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"after {within:g} s still not: {what}"
        time.sleep(0.02)


def free_port() -> int:
    """Return a port of loopback on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetch(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """Get a URL from loopback: status (0: nobody answers), headers in lower case, body."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, _lower(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _lower(error.headers), error.read()
    except OSError:
        return 0, {}, b""


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def read_atom(body: bytes) -> tuple[Published, ...]:
    """Read the entries of an Atom feed."""
    entries = []
    for entry in ET.fromstring(body).findall(f"{ATOM}entry"):
        links = [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        texts = [entry.findtext(f"{ATOM}{name}", "") for name in ("id", "title", "updated")]
        entries.append(Published(texts[0], texts[1], links[0].get("href", "") if links else "", texts[2]))
    return tuple(entries)


class Daemon:
    """A running `aggregator run`, in a session of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        """Return what it has written to standard error."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def assert_alive(self) -> None:
        """Fail with the log if it has ended."""
        assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.log}"

    def until(self, ask: Callable[[], T | None], what: str, *, within: float = 30.0) -> T:
        """Wait for the first answer of `ask` that is true while the daemon runs; fail with its log."""

        def answer() -> T | None:
            self.assert_alive()
            return ask()

        try:
            return eventually(answer, what, within=within)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log[-4000:]}") from error

    def terminate(self, within: float = 30.0) -> int:
        """Ask it to finish (SIGTERM); return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def kill(self) -> None:
        """Kill the main process alone, as a crash does, and wait until its workers have noticed."""
        self.process.kill()
        self.process.wait()
        eventually(lambda: not self.family(), "the workers of a killed daemon have ended")

    def family(self) -> list[int]:
        """Return the ids of all processes of its session that still run, itself included."""
        members = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            if int(fields[3]) == self.process.pid and fields[0] != "Z":
                members.append(int(stat.parent.name))
        return members

    def cpu_seconds(self) -> float:
        """Return the CPU time of its main process so far, user and system."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Return the proportional share of memory (PSS) of all its processes, in bytes."""
        total = 0
        for member in self.family():
            try:
                rollup = Path(f"/proc/{member}/smaps_rollup").read_text(encoding="ascii")
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        return total * 1024


class Installation:
    """A config folder and a state folder below `folder`, and the command that works on them."""

    def __init__(self, folder: Path, *, measured: bool = True) -> None:
        self.config = folder / "config"
        self.state = folder / "state"
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.program = [str(COMMAND)]
        self._logs = 0
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR_")}
        self.environment = {**inherited, "NO_COLOR": "1"}
        if not measured:  # coverage costs time: not where time is measured
            for name in _COVERAGE:
                self.environment.pop(name, None)
        self.state.mkdir(parents=True)
        self.write("aggregator.toml", self.settings())

    def settings(self, **tables: str) -> str:
        """Return a daemon's settings for loopback, with more keys for the tables that are named."""
        known = {
            "publish": f'base_url = "{self.base}"',
            "serve": f'listen = "127.0.0.1:{self.port}"',
            "fetch": 'allow_private = ["127.0.0.0/8"]\nhost_delay = "0s"\ntimeout = "5s"',
        }
        names = dict.fromkeys([*known, *tables])
        return "".join(f"[{name}]\n{known.get(name, '')}\n{tables.get(name, '')}\n\n" for name in names)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the config."""
        path = self.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def adopt(self, *names: str) -> None:
        """Take these parts of the configuration that ships with the program: topics.d, lists.d …"""
        for name in names:
            shutil.copytree(REPOSITORY / "config" / name, self.config / name, dirs_exist_ok=True)

    def run(self, *words: str, within: float = 300.0) -> Ended:
        """Run a command to its end."""
        done = subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, timeout=within, check=False
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def run_in_shell(self, *words: str, redirected: str, within: float = 300.0) -> Ended:
        """Run a command as a shell does, with its files redirected: `<&-`, `| head -1`."""
        line = f"{shlex.join(self.command(*words))} {redirected}"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            env=self.environment,
            capture_output=True,
            timeout=within,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def once(self) -> Ended:
        """Do what is due and come back; anything but success fails."""
        ended = self.run("run", "--once")
        assert ended.code == 0, ended.err
        return ended

    @contextmanager
    def daemon(self, **environment: str) -> Iterator[Daemon]:
        """Start the daemon, with more in its environment; whatever of it is left at the end is killed."""
        self._logs += 1
        log = self.state / f"stderr-{self._logs}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                self.command("run"),
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                start_new_session=True,
            )
        daemon = Daemon(process, log)
        try:
            yield daemon
        finally:
            for member in daemon.family():
                with suppress(ProcessLookupError):  # ended while the others were looked up
                    os.kill(member, signal.SIGKILL)
            process.wait()

    def feed(self, topic: str) -> tuple[Published, ...]:
        """Return the entries of a topic's Atom file; none where there is no file yet."""
        path = self.state / "feeds" / f"{topic}.atom"
        return read_atom(path.read_bytes()) if path.exists() else ()

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Return bytes and time of change (nanoseconds) of everything in feeds/."""
        folder = self.state / "feeds"
        return {
            str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in folder.rglob("*")
            if path.is_file()
        }

    def status(self) -> dict[str, Any]:
        """Return `status --json`."""
        ended = self.run("status", "--json")
        assert ended.code == 0, ended.err
        answer: dict[str, Any] = json.loads(ended.out)
        return answer

    def source(self, source_id: str) -> dict[str, Any]:
        """Return what `status --json` says of one source."""
        (found,) = (source for source in self.status()["sources"] if source["id"] == source_id)
        answer: dict[str, Any] = found
        return answer

    def export(self) -> list[dict[str, Any]]:
        """Return `export --format jsonl`, one record an item."""
        ended = self.run("export", "--format", "jsonl")
        assert ended.code == 0, ended.err
        return [json.loads(line) for line in ended.out.splitlines()]

    def command(self, *words: str) -> list[str]:
        """Return the command line of a command."""
        return [*self.program, "--config", str(self.config), "--state", str(self.state), *words]
