"""What `doctor` looks at: everything around the daemon that can stand in its way, and what to do about it.

Looks and never mends. Each check stands alone, so that one that fails hides no other.
"""

import platform
import shutil
import sqlite3
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from aggregator import __version__
from aggregator.config.schema import Config, SourceConfig
from aggregator.errors import AggregatorError, ConfigError
from aggregator.model import SourceState
from aggregator.polling.words import spell, times
from aggregator.store import database, lock, sources
from aggregator.store.engine import describe, reading
from aggregator.urls import registrable_domain

UNIT = "aggregator.service"
_LOW = 1_000_000_000  # bytes of a disk that are left
_TOO_LOW = 100_000_000
_SKEW = timedelta(minutes=5)
_LIBRARIES = ("feedparser", "trafilatura", "aiohttp", "sqlalchemy", "lxml")
_ASKED = 3  # sources that show whether the network works


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"  # works, but somebody should look
    BAD = "bad"  # keeps the daemon from its work


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was found, and what to do unless all is well."""

    check: str
    verdict: Verdict
    found: str
    advice: str = ""


def versions() -> Finding:
    """Say what runs here."""
    found = [f"aggregator {__version__}", f"Python {platform.python_version()}"]
    found.append(f"SQLite {sqlite3.sqlite_version}")
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            return Finding("versions", Verdict.BAD, f"{name} is missing", "install aggregator again with pip")
    return Finding("versions", Verdict.OK, ", ".join(found))


def configuration(folder: Path, config: Config | ConfigError, *, is_store_certain: bool = True) -> Finding:
    """Say whether the configuration can be used, and if not, whether its database can."""
    if isinstance(config, ConfigError):
        count = times(len(config.problems), "mistake")
        first = str(config.problems[0]).partition("\n")[0]
        meanwhile = "work all the same" if is_store_certain else "wait until they are mended"
        advice = f"aggregator check names them all; db commands {meanwhile}"
        return Finding("configuration", Verdict.BAD, f"{count}: {first}", advice)
    found = f"{folder}: {len(config.sources)} sources, {len(config.topics)} topics"
    if config.warnings:
        warned = times(len(config.warnings), "warning")
        return Finding("configuration", Verdict.WARNING, f"{found}, {warned}", "aggregator check names them")
    if not config.sources or not config.topics:
        return Finding(
            "configuration", Verdict.WARNING, found, "add a source and a topic: nothing is published without"
        )
    return Finding("configuration", Verdict.OK, found)


def secrets(configured: Sequence[SourceConfig]) -> Finding:
    """Say whether files with secrets can be read by others."""
    named = {source.file for source in configured if any(source.secrets)}
    found = sorted(name for name in named if _mode(Path(name)) & 0o077)
    if not found:
        return Finding("secrets", Verdict.OK, "no file with a secret is open to others")
    return Finding("secrets", Verdict.WARNING, f"open to others: {', '.join(found)}", f"chmod 600 {found[0]}")


def folders(state: Path, config: Config) -> Iterator[Finding]:
    """Say whether what has to be written can be, and whether there is room."""
    feeds = config.publish.folder
    for name, folder in (("state folder", state), ("feeds folder", feeds)):
        there = _nearest(folder)
        if _can_write(there):
            yield Finding(name, Verdict.OK, f"{folder} can be written")
        else:
            yield Finding(
                name, Verdict.BAD, f"{folder} cannot be written by this user", f"chown or chmod {there}"
            )
    if not config.serve.listen and feeds.is_dir() and _mode(feeds) & 0o005 != 0o005:
        yield Finding(
            "feeds folder",
            Verdict.WARNING,
            f"[serve] is off and others cannot read {feeds}",
            f"let your web server read it: chmod o+rx {feeds}",
        )
    free = shutil.disk_usage(_nearest(state)).free
    found = f"{free / 1e9:.1f} GB are left beside {state}"
    if free >= _LOW:
        yield Finding("disk space", Verdict.OK, found)
    else:
        verdict = Verdict.BAD if free < _TOO_LOW else Verdict.WARNING
        yield Finding("disk space", verdict, found, "make room, or set [store] keep_days lower")


def address(config: Config) -> Finding:
    """Say whether the address that feeds name themselves by leads to the port that is listened on."""
    base, listen = config.publish.base_url, config.serve.listen
    there = urlsplit(base)
    host, _, port = listen.rpartition(":")
    if not listen or not _is_here(there.hostname or ""):
        return Finding("address", Verdict.OK, f"feeds are at {base}/feeds/, where your web server has them")
    if int(port) != (there.port or (443 if there.scheme == "https" else 80)):
        found = f"feeds say that they are at {base}/feeds/, but the daemon listens on {listen}"
        return Finding("address", Verdict.WARNING, found, f"give [publish] base_url the port {port}")
    if not _is_here(host.strip("[]")):
        found = f"{listen} answers other machines, but feeds name {base}, which each takes for itself"
        advice = "give [publish] base_url the address by which the others reach this machine"
        return Finding("address", Verdict.WARNING, found, advice)
    return Finding("address", Verdict.OK, f"feeds are at {base}/feeds/")


def stored(url: str | None, state: Path, now: datetime) -> Iterator[Finding]:
    """Say whether the database answers, who holds it, and whether the clock agrees with it.

    None: the configuration leaves open which database is meant.
    """
    if url is None:
        found = "not looked at: the mistakes in the settings leave open which one is meant"
        yield Finding("database", Verdict.WARNING, found, "mend them first")
        return
    try:
        engine = database.open_existing(url, state)
    except AggregatorError as error:
        yield Finding("database", Verdict.WARNING, str(error), "a first start of the daemon makes it")
        return
    try:
        with reading(engine) as connection:
            states = sources.all_states(connection)
        yield Finding("database", Verdict.OK, f"{describe(engine.url)} answers")
        holder = lock.holder(engine)
        if holder:
            yield Finding("daemon", Verdict.OK, f"runs ({holder})")
        else:
            yield Finding("daemon", Verdict.WARNING, "does not run", "start it: aggregator run")
        yield clock(states, now)
    except AggregatorError as error:
        yield Finding("database", Verdict.BAD, str(error), "aggregator db check says more")
    finally:
        engine.dispose()


def clock(states: Sequence[SourceState], now: datetime) -> Finding:
    """Say whether the clock stands before something that has happened already."""
    newest = max((state.last_success_at for state in states if state.last_success_at), default=None)
    if newest is not None and newest > now + _SKEW:
        found = f"{now:%Y-%m-%d %H:%M} UTC, {spell(newest - now)} before the last poll that succeeded"
        return Finding("clock", Verdict.BAD, found, "set the clock: timedatectl set-ntp true")
    return Finding("clock", Verdict.OK, f"{now:%Y-%m-%d %H:%M} UTC")


def unit(environ: Mapping[str, str], home: Path) -> Finding:
    """Say whether systemd knows the daemon."""
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"
    places = [Path(root) / "systemd" / "system" for root in ("/etc", "/usr/lib", "/lib", "/usr/local/lib")]
    found = [folder / UNIT for folder in (*places, user) if (folder / UNIT).is_file()]
    if found:
        return Finding("service", Verdict.OK, f"{found[0]} is present")
    return Finding(
        "service",
        Verdict.WARNING,
        f"systemd has no {UNIT}",
        "make install sets it up; nothing to do where something else starts the daemon",
    )


def chosen(configured: Sequence[SourceConfig]) -> tuple[SourceConfig, ...]:
    """Return a few sources of different hosts, by which the network is tried."""
    by_host = {registrable_domain(source.url): source for source in reversed(configured) if source.enabled}
    return tuple(reversed(by_host.values()))[:_ASKED]


def network(outcomes: Mapping[str, str]) -> Finding:
    """Say what became of the sources that were asked; "" is an answer that could be read."""
    if not outcomes:
        return Finding(
            "network", Verdict.WARNING, "there is no source to ask", "add one: aggregator source add"
        )
    failed = {name: outcome for name, outcome in outcomes.items() if outcome}
    answered = f"{len(outcomes) - len(failed)} of {len(outcomes)} sources answer"
    if not failed:
        return Finding("network", Verdict.OK, answered)
    said = "; ".join(f"{name}: {outcome}" for name, outcome in failed.items())
    verdict = Verdict.BAD if len(failed) == len(outcomes) else Verdict.WARNING
    return Finding(
        "network", verdict, f"{answered}; {said}", f"aggregator poll --dry-run {next(iter(failed))}"
    )


def _is_here(host: str) -> bool:
    """Tell whether a host is the machine that asks for it."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def _can_write(folder: Path) -> bool:
    """Try it: what rights say is not all (read-only disks, root, access lists)."""
    try:
        with TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _nearest(folder: Path) -> Path:
    """Return the folder itself, or the one in which it would be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
