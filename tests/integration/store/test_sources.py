"""What is remembered of sources, and which are due, on both databases."""

import base64
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aggregator.model import Child, FailureKind, Hint, Rhythm, SourceState, Validators
from aggregator.store import Connection, Engine, items, sources
from aggregator.store.engine import reading, writing
from aggregator.store.states import Change, dump, is_brief, load
from tests.support.records import new_item, source_state

LEASE = timedelta(minutes=10)


def save(connection: Connection, state: SourceState, host: str = "press.example") -> None:
    """Store a state of which everything may have changed."""
    never = replace(state, title="never", rhythm=Rhythm((9.0,) * 168))
    sources.save(connection, (Change(never, state, host),))


def sync(connection: Connection, states: list[SourceState], now: datetime) -> None:
    sources.sync(
        connection, [sources.Wanted(state, state.url, f"{state.id}.example") for state in states], now
    )


def claim(connection: Connection, now: datetime, *, limit: int = 9, **options: Any) -> list[str]:
    claimed = sources.claim(connection, now=now, lease=LEASE, limit=limit, **options)
    return [each.state.id for each in claimed]


def test_a_poll_that_brought_nothing_stores_the_little_that_it_changed(engine: Engine, now: datetime) -> None:
    before = source_state("press", now, title="Presse", rhythm=Rhythm((0.5,) * 168, 1.0, now, 0.5))
    after = replace(
        before,
        polls=8,
        empty_polls=3,
        next_poll_at=now + timedelta(hours=1),
        last_success_at=now,
        rhythm=replace(before.rhythm, weeks=1.5),
    )
    assert is_brief(Change(before, after, "press.example"))
    assert not is_brief(Change(before, replace(after, title="Other"), "press.example"))
    with writing(engine) as connection:
        sync(connection, [before], now)
        save(connection, before)
        sources.save(connection, (Change(before, after, "moved.example"),))
    with reading(engine) as connection:
        assert sources.all_states(connection) == (after,)
        assert not sources.overdue(connection, now)


def test_states_saved_together_are_each_their_own(engine: Engine, now: datetime) -> None:
    states = [source_state(f"s{number}", now) for number in range(9)]
    with writing(engine) as connection:
        sync(connection, states, now)
        claim(connection, now)
        edited = replace(states[3], config_digest="edited meanwhile")
        after = [replace(state, polls=number + 1) for number, state in enumerate([*states[:3], edited])]
        full = [replace(state, note="odd", polls=7) for state in states[4:]]
        changes = [Change(state, new, "h") for state, new in zip(states, [*after, *full], strict=True)]
        sources.save(connection, changes)
        assert claim(connection, now) == [state.id for state in states]  # no lease is left
    with reading(engine) as connection:
        found = sources.all_states(connection)
    assert [(state.polls, state.note) for state in found] == [
        (1, None),
        (2, None),
        (3, None),
        (0, None),
        *[(7, "odd")] * 5,
    ]


def test_a_host_that_rests_puts_its_sources_off_and_no_other(engine: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with writing(engine) as connection:
        sync(connection, [source_state("press", now), source_state("other", now)], now)
        assert sources.hold_host(connection, "press.example", later, "asked for less") == 1
        assert sources.hold_host(connection, "press.example", now, "sooner is no rest") == 0
        assert claim(connection, now) == ["other"]
    with reading(engine) as connection:
        assert {state.id: state.reason for state in sources.all_states(connection)}[
            "press"
        ] == "asked for less"


def test_what_is_forgiven_leaves_no_failure(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        sync(connection, [source_state(name, now) for name in ("press", "other")], now)
        save(connection, source_state("press", now + timedelta(days=1), failures=1), "press.example")
        sources.forgive(connection, ["press", "other"], now + timedelta(minutes=1), "we were offline")
    with reading(engine) as connection:
        found = {state.id: state for state in sources.all_states(connection)}
    assert (found["press"].failures, found["press"].next_poll_at) == (0, now + timedelta(minutes=1))
    assert found["other"].next_poll_at == now


def test_overdue_sources_can_be_put_off_one_by_one(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        sync(connection, [source_state(name, now) for name in ("a", "b", "c")], now)
        sources.put_off(connection, {"b": now + timedelta(seconds=5)})
        assert [each[0] for each in sources.overdue(connection, now)] == ["a", "c"]


def test_a_new_source_at_the_address_to_which_another_moved_is_that_one(
    engine: Engine, now: datetime
) -> None:
    with writing(engine) as connection:
        sync(connection, [source_state("press", now)], now)
        moved = source_state("press", now, moved_url="https://new.example/feed", polls=9)
        save(connection, moved, "new.example")
        sync(connection, [source_state("new", now)], now)
    with reading(engine) as connection:
        assert [(state.id, state.polls) for state in sources.all_states(connection)] == [("new", 9)]


def test_a_state_comes_back_as_it_was_saved(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        sync(connection, [source_state("press", now)], now)
    state = source_state(
        "press",
        now + timedelta(hours=1),
        feed_url="https://press.example/rss",
        title="Presse",
        site_url="https://press.example/",
        moved_url="https://new.example/feed",
        moving_url="https://newer.example/feed",
        moving_polls=2,
        moving_since=now,
        validators=Validators('W/"x"', "Sat, 14 Mar 2026 09:00:00 GMT", "https://new.example/feed"),
        validated_at=now,
        rhythm=Rhythm((0.5,) * 168, 2.25, now.replace(microsecond=0), 0.75),
        holes=1,
        hole_at=now,
        body_digest="b",
        children=(Child("https://press.example/news.xml", Validators("e", None, "u"), "d"),),
        reason="every 1 h",
        interval=timedelta(minutes=50),
        arrivals=(now.replace(microsecond=0), now.replace(microsecond=0) - timedelta(hours=2)),
        empty_polls=2,
        failures=1,
        polls=7,
        polls_not_modified=3,
        first_polled_at=now,
        last_success_at=now,
        last_error="no route",
        last_error_kind=FailureKind.CONNECT,
        last_error_at=now,
        note="odd",
        hints=(Hint("ttl", timedelta(hours=2)),),
        skip_hours=(1, 2),
        skip_days=(6,),
        is_retired=True,
    )
    with writing(engine) as connection:
        save(connection, state, "press.example")
    with reading(engine) as connection:
        assert sources.all_states(connection) == (state,)


def test_an_address_of_any_length_is_stored(engine: Engine, now: datetime) -> None:
    # Nothing that compresses: an index of PostgreSQL takes 2,704 bytes.
    tail = base64.urlsafe_b64encode(random.Random(9).randbytes(6000)).decode()
    state = source_state("press", now, url=f"https://press.example/{tail}")
    with writing(engine) as connection:
        sync(connection, [state], now)
        assert claim(connection, now) == ["press"]


def test_claim_takes_the_longest_due_first_and_nobody_twice(engine: Engine, now: datetime) -> None:
    states = [source_state(f"s{number}", now - timedelta(minutes=number)) for number in range(5)]
    states.append(source_state("later", now + timedelta(minutes=1)))
    with writing(engine) as connection:
        sync(connection, states, now)
    claimed = []
    for _turn in range(3):
        with writing(engine) as connection:
            claimed.append(claim(connection, now, limit=3))
    assert claimed == [["s4", "s3", "s2"], ["s1", "s0"], []]


def test_a_lease_ends_with_its_time_or_with_the_next_daemon(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        sync(connection, [source_state("press", now)], now)
        assert sources.claim(connection, now=now, lease=LEASE, limit=9)
        assert not sources.claim(connection, now=now, lease=LEASE, limit=9)
        assert sources.claim(connection, now=now + LEASE, lease=LEASE, limit=9)
        sources.release_leases(connection)
        assert sources.claim(connection, now=now, lease=LEASE, limit=9)


def test_claim_only_takes_what_is_asked_for(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        sync(connection, [source_state("a", now), source_state("b", now)], now)
        assert claim(connection, now, only=["b"]) == ["b"]


def test_a_source_that_left_the_configuration_stops_and_returns_with_its_history(
    engine: Engine, now: datetime
) -> None:
    press = source_state("press", now, last_success_at=now, polls=4, title="Presse")
    with writing(engine) as connection:
        sync(connection, [press], now)
        save(connection, press, "press.example")
        sync(connection, [], now)
        assert sources.all_states(connection) == ()
        assert not sources.claim(connection, now=now, lease=LEASE, limit=9)
        sync(connection, [source_state("press", now)], now)
        (state,) = sources.all_states(connection)
    assert (state.polls, state.title, state.last_success_at) == (4, "Presse", now)


def test_a_changed_url_keeps_the_source_and_drops_its_validators(engine: Engine, now: datetime) -> None:
    press = source_state(
        "press", now, validators=Validators("x", "y"), body_digest="b", feed_url="https://f/"
    )
    with writing(engine) as connection:
        sync(connection, [press], now)
        save(connection, replace(press, next_poll_at=now + timedelta(days=1), failures=3))
        moved = replace(source_state("press", now), url="https://new.example/feed", config_digest="c2")
        sync(connection, [moved], now)
        (state,) = sources.all_states(connection)
    assert state.url == "https://new.example/feed"
    assert (state.validators, state.body_digest, state.feed_url) == (Validators(), "", None)
    assert (state.next_poll_at, state.failures) == (now, 0)


def test_a_poll_that_ends_after_its_source_was_edited_does_not_undo_the_edit(
    engine: Engine, now: datetime
) -> None:
    old = source_state("press", now)
    with writing(engine) as connection:
        sync(connection, [old], now)
        sync(connection, [replace(old, url="https://new.example/feed", config_digest="c2")], now)
        save(connection, replace(old, validators=Validators("old"), polls=1), "press.example")
        (state,) = sources.all_states(connection)
        assert sources.claim(connection, now=now, lease=LEASE, limit=9), "the lease is given back"
    assert (state.url, state.validators, state.polls) == ("https://new.example/feed", Validators(), 0)


def test_asked_for_sources_are_due_at_once(engine: Engine, now: datetime) -> None:
    states = [source_state("a", now + timedelta(days=1)), source_state("b", now + timedelta(days=1))]
    with writing(engine) as connection:
        sync(connection, states, now)
        assert sources.make_due(connection, ["b"], now) == 1
        assert claim(connection, now) == ["b"]
        assert sources.make_due(connection, None, now) == 2


def test_sources_of_a_busy_host_are_left_for_later(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        sync(connection, [source_state("a", now), source_state("b", now)], now)
        assert claim(connection, now, full_hosts=["a.example"]) == ["b"]
        assert claim(connection, now) == ["a"]
        sources.release(connection, ["a"])
        assert claim(connection, now) == ["a"]


def test_a_renamed_source_keeps_its_history_and_its_items(engine: Engine, now: datetime) -> None:
    old = source_state("old", now, polls=4, validators=Validators("e"))
    renamed = replace(old, id="new", polls=0, validators=Validators())
    with writing(engine) as connection:
        sync(connection, [old], now)
        save(connection, old, "press.example")
        items.add(connection, [new_item(1, now, "old")])
        sources.sync(connection, [sources.Wanted(renamed, old.url, "old.example")], now)
        (state,) = sources.all_states(connection)
        assert set(items.known(connection, "new", ["id-1"])) == {"id-1"}
    assert (state.id, state.polls, state.validators) == ("new", 4, Validators("e"))


def test_two_stopped_sources_of_one_address_both_stop(engine: Engine, now: datetime) -> None:
    one, two = source_state("one", now), replace(source_state("two", now), url="https://one.example/feed")
    with writing(engine) as connection:
        sync(connection, [one, two], now)
        sync(connection, [], now)
        assert sources.all_states(connection) == ()


def test_the_hours_of_a_source_are_stored_sparse_and_read_in_both_forms(now: datetime) -> None:
    hours = (0.0,) * 160 + (0.957, 0.0, 2.5) + (0.0,) * 5
    full = dump(SourceState("s", "http://s.example/", now, rhythm=Rhythm(hours, 2.0, now, 0.5)))
    assert full["rhythm"] == {"160": 957, "162": 2500}
    assert load(tuple(full.values())).rhythm.hours == hours
    assert load(tuple((full | {"rhythm": list(hours)}).values())).rhythm.hours == hours
    assert load(tuple((full | {"rhythm": []}).values())).rhythm.hours == ()
