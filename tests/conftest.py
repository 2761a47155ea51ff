"""What all tests may ask for: shared input, a database of either kind, a clock, a row of the table."""

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, settings

from aggregator.store import database
from aggregator.store.migrate import migrate
from tests.support import postgres
from tests.support.cases import Case, NewCase, Table
from tests.support.clock import FakeClock
from tests.support.shared import find_shared
from tests.support.showing import SHOWN, lines

NO_POSTGRES = f"no PostgreSQL at {postgres.VARIABLE}"
TABLE = pytest.StashKey[Table]()

# How long an example takes says more of the machine and of cold caches than of the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Iterator[NewCase]:
    """Return what opens a row in the table of cases that ends the run; its outcome must close it."""
    table = request.config.stash.setdefault(TABLE, Table())
    opened: list[Case] = []
    failed = request.session.testsfailed

    def open_row(name: str, does: str) -> Case:
        opened.append(Case(name, does))
        table.rows.append(opened[-1])
        return opened[-1]

    yield open_row
    if request.session.testsfailed == failed:
        assert opened, "the test asked for a row and opened none"
        assert all(row.outcome for row in opened), "the test left a row without an outcome"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real input beside the checkout, or skip where it is absent."""
    folder = find_shared()
    if folder is None:
        pytest.skip("no shared input: set AGGREGATOR_SHARED or put it at ../shared")
    return folder


@pytest.fixture
def now() -> datetime:
    """Return an instant to build a test on."""
    return datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture
def clock(now: datetime) -> FakeClock:
    """Return a clock that stands at `now` until the test moves it."""
    return FakeClock(now)


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Return the URL of a PostgreSQL server for tests, or skip where none answers."""
    url = os.environ.get(postgres.VARIABLE, "")
    if not url or not postgres.answers(url):
        pytest.skip(NO_POSTGRES)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database of one's own: each test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: str = request.getfixturevalue("postgres_server")
    with postgres.fresh_database(server) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite database that has the schema and nothing else."""
    path = tmp_path_factory.mktemp("migrated") / "test.db"
    _migrate(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def migrated_name(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the name of a PostgreSQL database that has the schema and nothing else."""
    with postgres.fresh_database(postgres_server) as url:
        _migrate(url, tmp_path_factory.mktemp("migrated"))
        yield url.rpartition("/")[2]


def _migrate(url: str, folder: Path) -> None:
    engine = database.open_for_writing(url, folder)
    migrate(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database of one's own that has the schema already: its migrations take longer
    than most tests. Each test runs on SQLite and on PostgreSQL.
    """
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: str = request.getfixturevalue("postgres_server")
    with postgres.fresh_database(server, request.getfixturevalue("migrated_name")) as url:
        yield url


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run asynchronous tests on the event loop that the daemon runs on, but for those that look into it."""
    if item.get_closest_marker("simulated"):
        return {"asyncio": asyncio.new_event_loop}
    return {"uvloop": uvloop.new_event_loop}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the tables of a process of pytest-xdist to the one that prints them."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["cases"] = session.config.stash.get(TABLE, Table()).closed()
        output["shown"] = session.config.stash.get(SHOWN, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the tables of a process of pytest-xdist that has ended; one that died brings none."""
    output = getattr(node, "workeroutput", {})
    if rows := output.get("cases"):
        node.config.stash.setdefault(TABLE, Table()).rows += [Case(*row) for row in rows]
    node.config.stash.setdefault(SHOWN, []).extend(output.get("shown", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests show, then for each reason how much was not tested, PostgreSQL's absence first."""
    for title, rows in sorted(terminalreporter.config.stash.get(SHOWN, [])):
        terminalreporter.write_sep("-", title)
        for line in lines(rows):
            terminalreporter.write_line(line)
    if table := terminalreporter.config.stash.get(TABLE, None):
        terminalreporter.section("what servers do, and what we do")
        for line in table.lines():
            terminalreporter.write_line(line)
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    if without := reasons.pop(NO_POSTGRES, 0):
        terminalreporter.write_line(
            f"PostgreSQL: {_tests(without)} skipped, no server at {postgres.VARIABLE}"
        )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{_tests(count)} skipped: {reason}")


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"
