"""What the shell asks of the command: quick answers, the user's own names, nothing heavy loaded for them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.daemon import COMMAND

pytestmark = pytest.mark.slow
# pydantic is not among them: typer itself reads the words before the one to complete with it.
HEAVY = (
    *(
        "aiohttp",
        "alembic",
        "apscheduler",
        "babel",
        "dateparser",
        "feedgen",
        "feedparser",
        "lark",
        "lxml",
        "nh3",
    ),
    *(
        "pebble",
        "prometheus_client",
        "py3langid",
        "rensa",
        "sqlalchemy",
        "structlog",
        "tomlkit",
        "trafilatura",
    ),
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration of two sources and two topics, one of them in a file with a mistake."""
    files = {
        "sources.d/press.toml": '[[source]]\nurl = "https://a.example/feed"\n[[source]]\n'
        'url = "https://b.example/feed"\nid = "bee"\n[[source]]\nurl = "https://me:secret@c.example/"\n',
        "sources.d/broken.toml": "[[source\n",
        "topics.d/alpha.toml": 'title = "A"\nquery = "a"\n',
        "topics.d/beta.toml": "title =\n",
    }
    for name, text in files.items():
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "config"


def ask(shell: str, line: str, environ: dict[str, str]) -> str:
    """Ask as the script does that the command has installed in a shell."""
    variables = {
        "_AGGREGATOR_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) if line.endswith(" ") else len(line.split()) - 1),
    }
    done = subprocess.run(
        [COMMAND], env={**os.environ, **environ, **variables}, capture_output=True, check=False, text=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_users_own_names_complete_in_every_shell(config: Path, shell: str) -> None:
    found = ask(shell, f"aggregator --config {config} source pause ", {})
    assert "a-example-feed" in found
    assert "bee" in found
    assert "secret" not in found
    assert "bee" in ask(shell, "aggregator poll b", {"AGGREGATOR_CONFIG": str(config)})
    assert "a-example" not in ask(shell, "aggregator poll b", {"AGGREGATOR_CONFIG": str(config)})
    topics = ask(shell, f"aggregator --config {config} topic misses ", {})
    assert "alpha" in topics
    assert "beta" in topics
    assert "pause" in ask(shell, "aggregator source pa", {})


def test_a_folder_that_is_not_there_has_no_names(tmp_path: Path) -> None:
    assert ask("bash", f"aggregator --config {tmp_path / 'none'} poll ", {}).strip() == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_each_shell_can_be_had(shell: str) -> None:
    """As `--show-completion` prints it, which asks what shell it was typed in: here nothing was."""
    environ = {**os.environ, "_AGGREGATOR_COMPLETE": f"source_{shell}"}
    done = subprocess.run([COMMAND], capture_output=True, check=False, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    assert "_AGGREGATOR_COMPLETE" in done.stdout


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"_AGGREGATOR_COMPLETE": "complete_bash", "COMP_WORDS": "aggregator topic test ", "COMP_CWORD": "3"},
    ],
    ids=["help", "completion"],
)
def test_nothing_heavy_is_loaded_for_it(config: Path, variables: dict[str, str]) -> None:
    """What the shell waits for loads the command line and no library of the daemon."""
    words = ["aggregator"] if variables else ["aggregator", "--help"]
    script = f"""
import sys
from aggregator.__main__ import main
sys.argv[:] = {words!r}
try:
    main()
except SystemExit:
    pass
print("\\nloaded:", *sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""
    environ = {**os.environ, "AGGREGATOR_CONFIG": str(config), **variables}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.rpartition("loaded:")[2].split())
    assert "typer" in loaded
    assert loaded & set(HEAVY) == set()
    assert "pydantic" not in loaded or variables
