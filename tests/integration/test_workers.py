"""Tasks in processes that can be killed: results, limits, and rest."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import workers as workers_module
from aggregator.config.schema import WorkersConfig
from aggregator.model import Failure, FailureKind
from aggregator.workers import Workers
from tests.support.clock import FakeClock

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def pid() -> int:
    return os.getpid()


def burn() -> None:
    while True:
        pass


def doze() -> None:
    time.sleep(60)


def swallow() -> int:
    return len(bytearray(300_000_000))


_kept: list[bytearray] = []


def keep() -> int:
    _kept.append(bytearray(60_000_000))
    return os.getpid()


def keep_once() -> None:
    if not _kept:
        _kept.append(bytearray(150_000_000))


def take() -> int:
    return os.getpid() if bytearray(60_000_000) else 0


def parse_much() -> bool:
    from aggregator.extract import page

    return page.parse("<p>x</p>" * 1_000_000, "https://paper.example/1") is None


def fail() -> None:
    raise ValueError("a bug")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
async def workers(clock: FakeClock) -> AsyncIterator[Workers]:
    settings = WorkersConfig(processes=1, cpu=timedelta(seconds=1), memory=100_000_000)
    workers = Workers(settings, clock, preload=())
    yield workers
    await workers.close()


async def test_a_task_runs_in_another_process(workers: Workers) -> None:
    first, second = await workers.run(pid), await workers.run(pid)
    assert first == second != os.getpid()


@pytest.mark.parametrize(("task", "why"), [(burn, "CPU time"), (doze, "stopped after 3 s"), (die, "died")])
async def test_a_task_beyond_its_limits_costs_one_worker(workers: Workers, task: object, why: str) -> None:
    before = await workers.run(pid)
    result = await workers.run(task)  # type: ignore[arg-type]
    after = await workers.run(pid)
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.LIMIT
    assert why in result.detail
    assert isinstance(after, int)
    assert before != after


async def test_a_task_that_needs_too_much_memory_is_a_failure(workers: Workers) -> None:
    result = await workers.run(swallow)
    assert isinstance(result, Failure)
    assert "workers.memory" in result.detail


async def test_what_earlier_tasks_left_in_memory_costs_no_later_one(workers: Workers) -> None:
    pids = [await workers.run(keep) for _task in range(3)]
    assert all(isinstance(pid, int) for pid in pids), pids
    assert len(set(pids)) == 3


async def test_what_a_page_needs_to_load_is_not_taken_from_its_memory(clock: FakeClock) -> None:
    settings = WorkersConfig(processes=1, memory=100_000_000)
    workers = Workers(settings, clock, preload=(), warm=keep_once)
    pids = [await workers.run_page(take) for _task in range(3)]
    await workers.close()
    assert len(set(pids)) == 1, pids
    assert isinstance(pids[0], int)


async def test_a_page_too_large_for_the_memory_is_no_page_without_html(clock: FakeClock) -> None:
    settings = WorkersConfig(processes=1, cpu=timedelta(seconds=20), memory=100_000_000)
    workers = Workers(settings, clock, preload=("aggregator.extract",))
    try:
        result = await workers.run(parse_much)
    finally:
        await workers.close()
    assert isinstance(result, Failure), result
    assert "workers.memory" in result.detail


async def test_a_bug_in_a_task_is_raised_here(workers: Workers) -> None:
    with pytest.raises(ValueError, match="a bug"):
        await workers.run(fail)
    assert isinstance(await workers.run(pid), int)


async def test_an_idle_pool_is_closed_and_opens_again(workers: Workers, clock: FakeClock) -> None:
    first = await workers.run(pid)
    assert isinstance(first, int)
    await workers.rest()
    os.kill(first, 0)  # still there: it has not been idle long enough
    clock.advance(timedelta(minutes=5))
    await workers.rest()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert await workers.run(pid) != first


async def test_tasks_that_come_while_an_idle_pool_closes_are_done(workers: Workers, clock: FakeClock) -> None:
    for _time in range(3):
        await workers.run(pid)
        clock.advance(timedelta(minutes=5))
        async with asyncio.timeout(30):
            _, *pids = await asyncio.gather(workers.rest(), *(workers.run(pid) for _task in range(4)))
            resting = asyncio.create_task(workers.close())
            await asyncio.sleep(0)
            pids.append(await workers.run(pid))
            await resting
        assert all(isinstance(each, int) for each in pids)


async def test_many_first_tasks_share_one_pool(clock: FakeClock) -> None:
    workers = Workers(WorkersConfig(processes=2), clock, preload=())
    pids = await asyncio.gather(*(workers.run(pid) for _task in range(12)))
    await workers.close()
    assert len(set(pids)) <= 2


async def test_a_pool_whose_workers_cannot_work_gives_failures_each_time(clock: FakeClock) -> None:
    workers = Workers(WorkersConfig(processes=1, memory=1000), clock, preload=())
    results = [await workers.run(pid), await workers.run(pid)]
    await workers.close()
    assert [type(result) for result in results] == [Failure, Failure]


@dataclass(frozen=True)
class SlowToStart:
    """An initializer that the second worker takes a second to read, deaf to a request to end."""

    folder: Path

    def __reduce__(self) -> tuple[Callable[[Path], object], tuple[Path]]:
        return _read_slowly, (self.folder,)


def _read_slowly(folder: Path) -> object:
    try:
        (folder / "first").touch(exist_ok=False)
    except FileExistsError:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / "second").touch()
        time.sleep(1)
    return workers_module._start


def until(path: Path) -> bool:
    while not path.exists():
        time.sleep(0.01)
    return True


async def test_a_pool_that_closes_while_a_worker_starts_is_silent(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers_module, "_start", SlowToStart(tmp_path))
    workers = Workers(WorkersConfig(processes=2), clock, preload=())
    assert await workers.run(until, tmp_path / "second") is True
    await workers.close()
    assert capfd.readouterr().err == ""


async def test_a_worker_that_dies_idle_is_replaced(workers: Workers) -> None:
    first = await workers.run(pid)
    assert isinstance(first, int)
    os.kill(first, signal.SIGKILL)
    while not isinstance(second := await workers.run(pid), int):
        assert second.kind is FailureKind.LIMIT  # the pool may notice while the task is on its way
    assert second != first


def test_no_task_may_take_longer_than_is_told(clock: FakeClock) -> None:
    """A page has its worker's warming beside its own time."""
    short = WorkersConfig(cpu=timedelta(seconds=1), page_cpu=timedelta(seconds=1))
    assert Workers(short, clock, preload=()).longest == 23.0
    assert Workers(WorkersConfig(), clock, preload=()).longest == 60.0
