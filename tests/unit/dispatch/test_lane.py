"""What of the claimed work may run now, what waits, and how much is asked for."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aggregator.dispatch.lane import Job, Lane, Leave


async def nothing(_leave: Leave) -> None: ...


def one(_host: str) -> int:
    return 1


def four(_host: str) -> int:
    return 4


def job(key: int, host: str = "", owner: str = "") -> Job:
    return Job(key, host, nothing, owner)


def test_a_reserve_is_claimed_ahead_and_fills_a_place_at_once() -> None:
    lane = Lane(4, four, reserve=2)
    assert lane.room == 6
    for key in range(6):
        lane.put(job(key, f"host{key}"))
    running = list(lane.take())
    assert [each.key for each in running] == [0, 1, 2, 3]
    assert (lane.room, lane.wants_more) == (0, False)
    assert lane.leave(running[0])
    assert [each.key for each in lane.take()] == [4]
    assert (lane.room, lane.wants_more) == (1, True)


def test_a_host_that_is_full_waits_and_keeps_nobody_else_from_a_place() -> None:
    lane = Lane(4, one)
    for key, host in enumerate(("a", "a", "a", "b")):
        lane.put(job(key, host))
    running = list(lane.take())
    assert [each.key for each in running] == [0, 3]
    assert lane.full_hosts() == ["a", "b"]
    assert lane.room == 2, "what waits for its host takes no place"
    lane.done(running[0])
    assert [each.key for each in lane.take()] == [1]


def test_work_without_a_host_is_bounded_by_places_alone() -> None:
    lane = Lane(3, one)
    for key in range(4):
        lane.put(job(key))
    assert [each.key for each in lane.take()] == [0, 1, 2]
    assert lane.full_hosts() == []


def test_a_place_is_given_free_once_and_the_key_kept_until_the_work_is_done() -> None:
    lane = Lane(1, one)
    first = lane.start(job(1, "a", "source"))
    assert lane.owners["source"] == 1
    assert lane.leave(first)
    assert not lane.leave(first)
    assert (lane.hosts["a"], lane.owners["source"], lane.busy, lane.keys) == (0, 0, 1, {1})
    lane.done(first)
    assert (lane.busy, lane.keys, lane.room) == (0, set(), 1)


def test_a_host_that_wants_long_pauses_holds_one_place_the_others_what_they_may() -> None:
    lane = Lane(9, lambda host: 1 if host == "slow" else 3)
    for key, host in enumerate(("slow", "slow", "fast", "fast", "slow", "fast", "fast")):
        lane.put(job(key, host))
    assert [each.host for each in lane.take()] == ["slow", "fast", "fast", "fast"]
    assert lane.full_hosts() == ["fast", "slow"]


def test_what_waits_of_an_unwanted_host_is_given_up() -> None:
    lane = Lane(1, one, reserve=9)
    for key, host in enumerate(("a", "a", "b", "b")):
        lane.put(job(key, host))
    (running,) = lane.take()
    assert sorted(map(str, lane.drop(lambda host: host == "b"))) == ["2", "3"]
    assert lane.keys == {0, 1}
    lane.done(running)
    assert [each.key for each in lane.take()] == [1]


@given(
    st.integers(1, 5),
    st.integers(1, 3),
    st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=30),
    st.randoms(use_true_random=False),
)
def test_all_that_is_claimed_runs_once_and_never_too_much_at_a_time(
    places: int, most: int, hosts: list[str], chance: Random
) -> None:
    lane = Lane(places, lambda _host: most, reserve=3)
    waiting = [job(key, host) for key, host in enumerate(hosts)]
    running: list[Job] = []
    ran: list[str | int] = []
    while waiting or lane.keys:
        room = max(lane.room, 0)
        for each in waiting[:room]:
            lane.put(each)
        del waiting[:room]
        for each in lane.take():
            running.append(each)
            ran.append(each.key)
        assert len(running) <= places
        assert all(count <= most for host, count in lane.hosts.items() if host)
        assert running, "something always goes on"
        lane.done(running.pop(chance.randrange(len(running))))
    assert sorted(map(int, ran)) == list(range(len(hosts)))
