"""Rules of the house that no tool checks: size, names, clocks, places, pins."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "aggregator"
MODULES = sorted(PACKAGE.rglob("*.py"))
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
SERVER_ONLY = ("serve", "demo")  # rooms that may speak HTTP as a server, never as a client
# A folder of one machine or one person: homes, scratch places, Windows drives.
MACHINE_PATH = re.compile(r"(?<![\w.\-:/])/(?:home|root|Users|work|tmp|mnt|opt|srv)/\w|\b[A-Z]:\\\\?\w")
POSSESSIVE = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+|\(\?>")
# They come with a dependency that declares them: aiohttp[speedups], pydantic.
COMPANIONS = {"brotli", "backports-zstd", "multidict", "yarl", "pydantic-core"}
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.]*")


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _clock_reads(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = _dotted(node)
            if any(dotted == clock or dotted.endswith(f".{clock}") for clock in CLOCKS):
                yield node.lineno
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and {alias.name for alias in node.names} & {"time", "time_ns"}
        ):
            yield node.lineno


def _tracked() -> list[Path]:
    git = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False)
    if git.returncode:
        pytest.skip("not a git checkout")
    paths = (REPOSITORY / name for name in git.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def test_no_module_is_longer_than_400_lines() -> None:
    sizes = {_name(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {name: lines for name, lines in sizes.items() if lines > 400} == {}


def test_every_name_says_something() -> None:
    empty = [_name(path) for path in PACKAGE.rglob("*") if path.stem in EMPTY_NAMES]
    assert empty == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [_name(path) for path in MODULES if (tree := _tree(path)).body and not ast.get_docstring(tree)]
    assert silent == []


def test_only_clock_reads_the_wall_clock() -> None:
    reads = [
        f"{_name(path)}:{line}"
        for path in MODULES
        if path != PACKAGE / "clock.py"
        for line in _clock_reads(_tree(path))
    ]
    assert reads == []


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "time.time()",
        "from time import time",
    ],
)
def test_a_read_of_the_wall_clock_is_noticed(source: str) -> None:
    assert list(_clock_reads(ast.parse(source)))


def test_no_group_is_possessive() -> None:
    # Before 3.11.5 (Debian 12 has 3.11.2) `re` matches them wrongly: github.com/python/cpython/issues/106052
    found = [
        f"{_name(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and POSSESSIVE.search(node.value)
    ]
    assert found == []


def test_the_server_rooms_hold_no_http_client() -> None:
    clients = [
        f"{_name(path)}:{node.lineno}"
        for room in SERVER_ONLY
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"ClientSession", "TCPConnector"})
        or (isinstance(node, ast.alias) and node.name in {"ClientSession", "TCPConnector"})
    ]
    assert clients == []


def test_the_fetching_room_is_no_server() -> None:
    servers = [
        f"{_name(path)}:{node.lineno}"
        for path in sorted((PACKAGE / "fetch").rglob("*.py"))
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aiohttp.web"))
        or (isinstance(node, ast.Attribute) and _dotted(node).startswith("aiohttp.web"))
    ]
    assert servers == []


def test_no_file_names_a_place_of_one_machine() -> None:
    found = []
    for path in _tracked():
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line):
                found.append(f"{_name(path)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_constraints_are_names_and_versions_only() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not PIN.fullmatch(pin)] == []
    assert pins == sorted(pins, key=str.upper)


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    pins = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
    pinned = {_normal(line.partition("==")[0]) for line in pins.splitlines() if "==" in line}
    names = {_normal(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in wanted}
    assert names - pinned == set()


def test_every_import_of_the_program_is_a_declared_dependency() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {
        _normal(re.split(r"[\[<>=!~; ]", wanted)[0]) for wanted in project["dependencies"]
    } | COMPANIONS
    owners = packages_distributions()
    strangers = {
        f"{_name(path)}: {name}"
        for path in MODULES
        for name in _imported(_tree(path))
        if name in owners
        and name != "aggregator"
        and not {_normal(owner) for owner in owners[name]} & declared
    }
    assert strangers == set()


def _imported(tree: ast.Module) -> Iterator[str]:
    """Give the top-level names of everything that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_pins_suit_the_python_of_debian_12() -> None:
    pins = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
    pinned = {_normal(line.partition("==")[0]) for line in pins.splitlines() if "==" in line}
    refusing = {
        package.name: wanted
        for package in distributions()
        if _normal(package.name) in pinned
        and (wanted := package.metadata.json.get("requires_python"))
        and "3.11.2" not in SpecifierSet(str(wanted))
    }
    assert refusing == {}


def _normal(name: str) -> str:
    """Spell a package's name as PEP 503 does."""
    return re.sub(r"[-_.]+", "-", name).lower()
