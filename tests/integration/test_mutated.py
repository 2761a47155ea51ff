"""Two hundred mangled configurations under a running daemon: it never stops and says what is wrong where."""

import random
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from aggregator import app
from aggregator.config.watch import snapshot
from aggregator.daemon.reload import Live
from aggregator.dispatch import Dispatcher
from tests.support.clock import FakeClock
from tests.support.showing import show

MUTATIONS = 200
SETTINGS = '[serve]\nlisten = ""\n[poll]\ninterval = "2h"\n[articles]\nwait = "5m"\n'
SOURCES = (
    '[[source]]\nurl = "https://one.example/feed.xml"\nid = "one"\ntags = ["china", "sport"]\n'
    'interval = "1h"\n\n'
    '[[source]]\nurl = "https://two.example/feed.xml"\nheaders = { X-Token = "${env:TOKEN}" }\n'
)
TOPIC = (
    'title = "News"\nquery = "(alibaba OR @firm) NEAR/8 \\"record fine\\" -title:/spo[rt]+/"\n'
    'sources = ["-tag:sport"]\nmax_age = "30d"\n[score]\nthreshold = 2\n'
    '[[test]]\ntext = "Alibaba got a record fine"\nmatch = true\n'
)
WORDS = (
    "[",
    "]",
    '"',
    "=",
    "(",
    ")",
    "\\",
    "${",
    "}",
    "{",
    "\0",
    "é",
    "\ud7ff",
    "NEAR/",
    "@",
    "tag:",
    "= 1e999",
    "'''",
    "*",
)

Mutation = Callable[[random.Random, Path], None]


def _flip(dice: random.Random, path: Path) -> None:
    body = bytearray(path.read_bytes())
    for _ in range(dice.randint(1, 4)):
        body[dice.randrange(len(body))] = dice.randrange(256)
    path.write_bytes(body)


def _cut(dice: random.Random, path: Path) -> None:
    body = path.read_bytes()
    path.write_bytes(body[: dice.randrange(len(body))])


def _swap_lines(dice: random.Random, path: Path) -> None:
    lines = path.read_text().splitlines()
    dice.shuffle(lines)
    path.write_text("\n".join(lines))


def _twice(_dice: random.Random, path: Path) -> None:
    path.write_text(path.read_text() * 2)


def _insert(dice: random.Random, path: Path) -> None:
    text = path.read_text()
    at = dice.randrange(len(text))
    path.write_text(text[:at] + dice.choice(WORDS) + text[at:])


def _drop_line(dice: random.Random, path: Path) -> None:
    lines = path.read_text().splitlines()
    del lines[dice.randrange(len(lines))]
    path.write_text("\n".join(lines))


def _remove(_dice: random.Random, path: Path) -> None:
    path.unlink()


def _folder_instead(_dice: random.Random, path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link_to_nowhere(_dice: random.Random, path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


def _rename(_dice: random.Random, path: Path) -> None:
    path.rename(path.with_name(f"No id at all {path.name}"))


MUTATIONS_OF = (_flip, _cut, _swap_lines, _twice, _insert, _drop_line) * 3 + (
    _remove,
    _folder_instead,
    _link_to_nowhere,
    _rename,
)


def _write(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("sources.d", "topics.d", "lists.d"):
        (folder / name).mkdir(parents=True)
    (folder / "lists.d/firm.toml").write_text('terms = ["Alibaba", "Ant Group", "阿里巴巴"]\n')
    (folder / "aggregator.toml").write_text(SETTINGS)
    (folder / "sources.d/press.toml").write_text(SOURCES)
    (folder / "topics.d/news.toml").write_text(TOPIC)


async def test_no_configuration_stops_it(
    tmp_path: Path, clock: FakeClock, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, state = tmp_path / "config", tmp_path / "state"
    _write(folder)
    read = partial(app.prepare, folder, state, {"TOKEN": "abcdefgh"}, {})
    running = await app.start(read(), state, clock)
    came = Counter[str]()
    try:
        dispatcher = Dispatcher(running.parts)
        live = Live(running, dispatcher, read, folder, snapshot(folder))
        for number in range(MUTATIONS):
            dice = random.Random(number)
            _write(folder)
            files = sorted(folder.rglob("*.toml"))
            for path in dice.sample(files, dice.randint(1, 2)):
                dice.choice(MUTATIONS_OF)(dice, path)
            await live.reload(snapshot(folder), is_asked=True)
            if live.state.refused_at is None:
                came["taken"] += 1
                continue
            came["refused"] += 1
            assert live.state.problems, number
            for problem in live.state.problems:
                assert "a bug in aggregator" not in problem, (number, problem)
                assert problem.startswith(str(folder)), (number, problem)  # file:line:column: what
                assert "abcdefgh" not in problem
        _write(folder)
        await live.reload(snapshot(folder), is_asked=True)
        assert live.state.refused_at is None
        assert sorted(running.parts.sources) == ["one", "two-example-feed-xml"]
        assert list(running.parts.topic_configs) == ["news"]
    finally:
        await running.close()
    show(pytestconfig, "mangled configurations", [tuple(came), tuple(came.values())])
    assert came["refused"] > MUTATIONS / 3
    assert came["taken"] > 0
