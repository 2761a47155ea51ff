"""Offline is when most hosts fail at once; then nobody is blamed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from aggregator.pipeline.connectivity import LAST_PROBE, Connectivity

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_three_hosts_at_once_mean_that_we_are_offline_and_forgive() -> None:
    network = Connectivity()
    assert network.missed("a.example", "a", at(0)) == ()
    assert network.missed("b.example", "b", at(1)) == ()
    assert network.missed("c.example", "c", at(2)) == ("a", "b", "c")
    assert network.is_offline


def test_one_host_with_many_sources_is_that_hosts_trouble() -> None:
    network = Connectivity()
    for number in range(50):
        network.missed("a.example", f"a{number}", at(number))
    assert not network.is_offline


def test_among_hosts_that_answer_three_that_fail_are_to_blame() -> None:
    network = Connectivity()
    for number in range(10):
        network.reached(f"ok{number}.example", at(number))
    for number in range(3):
        assert network.missed(f"bad{number}.example", "x", at(20 + number)) == ()
    assert not network.is_offline


def test_what_is_long_past_says_nothing() -> None:
    network = Connectivity()
    network.missed("a.example", "a", at(0))
    network.missed("b.example", "b", at(400))
    network.missed("c.example", "c", at(800))
    assert not network.is_offline


def test_any_answer_ends_it() -> None:
    network = Connectivity()
    for host in "abc":
        network.missed(host, host, at(0))
    assert network.reached("d", at(60))
    assert not network.is_offline
    assert not network.reached("d", at(61))


def test_probes_come_more_and_more_seldom_and_are_bounded() -> None:
    network = Connectivity()
    for host in "abc":
        network.missed(host, host, at(0))
    probes = []
    for second in range(7200):
        if network.probe(at(second)):
            probes.append(second)
            network.probed(at(second))
    gaps = [later - earlier for earlier, later in pairwise(probes)]
    assert probes[0] == 30
    assert gaps == sorted(gaps)
    assert max(gaps) == LAST_PROBE.total_seconds()


def test_later_misses_do_not_forgive_twice() -> None:
    network = Connectivity()
    for host in "abc":
        network.missed(host, host, at(0))
    assert network.missed("d", "d", at(1)) == ()
