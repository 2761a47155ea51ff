"""Who hangs, who is only slow, and who has nothing to do."""

from aggregator.daemon.watchdog import Organ, Pulse


class Body:
    """An organ by hand."""

    def __init__(self) -> None:
        self.count: int | None = 0
        self.pulse = Pulse((Organ("the writer", lambda: self.count, 60.0, 10.0),))


def test_one_that_moves_is_well_however_long() -> None:
    body = Body()
    for now in range(0, 600, 5):
        assert body.pulse.look(float(now))
        body.count = now
    assert body.pulse.slow == ""


def test_one_that_has_nothing_to_do_may_rest() -> None:
    body = Body()
    body.count = None
    assert all(body.pulse.look(float(now)) for now in range(0, 600, 5))


def test_one_that_stands_still_is_slow_first_and_hangs_then() -> None:
    body = Body()
    assert body.pulse.look(0.0)
    assert body.pulse.look(11.0)
    assert body.pulse.slow == "the writer for 11 s"
    assert not body.pulse.look(61.0)
    assert body.pulse.hanging == "the writer"
    body.count = 1
    assert body.pulse.look(62.0)
    assert body.pulse.hanging == body.pulse.slow == ""


def test_work_that_comes_after_a_rest_gets_its_whole_time() -> None:
    body = Body()
    body.count = None
    assert body.pulse.look(0.0)
    assert body.pulse.look(500.0)
    body.count = 0
    assert body.pulse.look(505.0)
    assert body.pulse.look(560.0)
    assert not body.pulse.look(570.0)
