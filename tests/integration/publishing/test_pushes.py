"""Hubs and webhooks are told once, in a form that they can check, and again until they have it."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from structlog.testing import capture_logs

from aggregator.pipeline.pushing import WAITS, push
from aggregator.store import pushes
from tests.support.archive import Piece
from tests.support.clock import FakeClock
from tests.support.publishing import TOPIC, House, a_house
from tests.support.web import Answer, ScriptedWeb, Seen

KEY = "whsec_" + base64.b64encode(b"a key of twenty-four by!").decode()
PIECES = [Piece(f"Alibaba fined ({number})", "The regulator fined Alibaba.") for number in range(3)]


def with_webhook(web: ScriptedWeb) -> str:
    return TOPIC + f'webhook = "{web.url("/hook")}"\nwebhook_key = "{KEY}"\n'


def is_signed(seen: Seen) -> bool:
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    digest = hmac.digest(b"a key of twenty-four by!", signed, hashlib.sha256)
    return seen.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


async def sent(house: House) -> int:
    await house.publish()
    return await push(house.parts)


async def test_a_hub_is_told_of_each_change_and_of_nothing_else(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    with ScriptedWeb() as web:
        web.put("/hub", status=202)
        settings = f'[publish]\nbase_url = "https://news.example"\nhub = "{web.url("/hub")}"\n'
        async with a_house(tmp_path, clock, database_url, {"a": TOPIC}, settings) as house:
            assert await sent(house) == 1
            await house.store(PIECES)
            await house.carry("a", [1])
            await house.publish("a")
            await house.carry("a", [2])
            await house.publish("a")
            assert await push(house.parts) == 1  # one ping for both
            assert await sent(house) == 0
            feed = house.files()["a.atom"].decode()
        ping = parse_qs(web.log[-1].body.decode())
        assert ping == {
            "hub.mode": ["publish"],
            "hub.url": ["https://news.example/feeds/a.atom", "https://news.example/feeds/a.rss"],
        }
        assert web.log[-1].headers["content-type"] == "application/x-www-form-urlencoded"
        assert f'href="{web.url("/hub")}" rel="hub"' in feed
        assert web.hits("/hub") == 2


async def test_a_webhook_is_told_of_new_entries_and_can_check_who_says_so(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    with ScriptedWeb() as web:
        web.put("/hook", status=204)
        async with a_house(tmp_path, clock, database_url, {"a": TOPIC}) as house:
            await house.store(PIECES)
            await house.carry("a", [1])
            assert await sent(house) == 0
        # What was there before the topic had a webhook is no news.
        async with a_house(tmp_path, clock, database_url, {"a": with_webhook(web)}) as house:
            assert await sent(house) == 0
            await house.carry("a", [2, 3])
            assert await sent(house) == 1
            assert await sent(house) == 0
    (seen,) = web.log
    assert is_signed(seen)
    assert seen.headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    told = json.loads(seen.body)
    assert told["type"] == "topic.published"
    assert told["data"]["topic"]["id"] == "a"
    assert sorted(entry["title"] for entry in told["data"]["entries"]) == [
        "Alibaba fined (1)",
        "Alibaba fined (2)",
    ]


async def test_what_is_not_taken_is_sent_again_after_a_restart_with_the_same_id(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    with ScriptedWeb() as web:
        web.queue("/hook", Answer(500))
        web.put("/hook", status=200)
        topics = {"a": with_webhook(web)}
        async with a_house(tmp_path, clock, database_url, topics) as house:
            await house.publish()
            await house.store(PIECES)
            await house.carry("a", [1])
            assert await sent(house) == 0
            assert await push(house.parts) == 0
            assert web.hits() == 1
        async with a_house(tmp_path, clock, database_url, topics) as house:
            assert await push(house.parts) == 0
            clock.advance(WAITS[0])
            house.parts.pushes.next_at = clock.now()
            assert await push(house.parts) == 1
    first, second = web.log
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.body == second.body
    assert is_signed(first)
    assert is_signed(second)


@pytest.mark.parametrize("status", [410, 404])
async def test_who_never_takes_it_is_given_up(
    tmp_path: Path, clock: FakeClock, database_url: str, status: int
) -> None:
    with ScriptedWeb() as web:
        web.put("/hook", status=status)
        async with a_house(tmp_path, clock, database_url, {"a": with_webhook(web)}) as house:
            await house.publish()
            await house.store(PIECES)
            await house.carry("a", [1])
            await house.publish()
            for _day in range(30):
                await push(house.parts)
                clock.advance(timedelta(days=1))
            assert house.parts.pushes.next_at is None
    assert web.hits() == (1 if status == 410 else len(WAITS))


async def test_a_private_address_is_told_nothing(tmp_path: Path, clock: FakeClock, database_url: str) -> None:
    settings = '[publish]\nhub = "http://10.255.255.1/hub"\n'
    async with a_house(tmp_path, clock, database_url, {"a": TOPIC}, settings) as house:
        with capture_logs() as logs:
            assert await sent(house) == 0
        assert house.parts.pushes.next_at is not None
    assert any("10.255.255.1" in str(line) and "private" in str(line) for line in logs)


async def test_a_webhook_is_told_of_every_entry_beyond_the_feed_and_beyond_one_message(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    many = [Piece(f"Alibaba fined ({number})", "The regulator fined Alibaba.") for number in range(250)]
    with ScriptedWeb() as web:
        web.put("/hook", status=204)
        settings = "[publish]\nitems = 10\n"
        async with a_house(tmp_path, clock, database_url, {"a": with_webhook(web)}, settings) as house:
            await house.publish()
            await house.store(many)
            await house.carry("a", range(1, 251))
            # Two at once tell no more than one.
            await asyncio.gather(*(house.publish("a") for _ in range(3)))
            assert await push(house.parts) == 3
            assert await sent(house) == 0
            assert web.hits("/hook") == 3
    told = [entry["title"] for seen in web.log for entry in json.loads(seen.body)["data"]["entries"]]
    assert told == [piece.title for piece in many]


async def test_what_a_full_queue_does_not_take_is_told_later(
    tmp_path: Path, clock: FakeClock, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "_MOST", 1)
    with ScriptedWeb() as web:
        web.put("/hook", status=204)
        async with a_house(tmp_path, clock, database_url, {"a": with_webhook(web)}) as house:
            await house.publish()
            await house.store(PIECES)
            for number in (1, 2, 3):
                await house.carry("a", [number])
                await house.publish("a")
            assert await push(house.parts) == 1
            assert await sent(house) == 1
    told = [entry["title"] for seen in web.log for entry in json.loads(seen.body)["data"]["entries"]]
    assert told == [piece.title for piece in PIECES]


async def test_a_receiver_that_hangs_holds_up_no_other(
    tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    """Thirty pings wait for a hub that never answers; a webhook is told all the same, again and again."""
    with ScriptedWeb() as hub, ScriptedWeb() as web:
        hub.put("/hub", status=202, delay=60)
        web.put("/hook", status=204)
        topics = {f"t{number}": TOPIC for number in range(30)} | {"told": with_webhook(web)}
        settings = f'[publish]\nhub = "{hub.url("/hub")}"\n'
        async with a_house(tmp_path, clock, database_url, topics, settings) as house:
            await house.publish()
            await house.store(PIECES)
            hanging = []
            try:
                for number in (1, 2, 3):
                    await house.carry("told", [number])
                    await house.publish("told")
                    house.parts.pushes.next_at = clock.now()
                    hanging.append(asyncio.create_task(push(house.parts)))
                    async with asyncio.timeout(20):
                        while web.hits("/hook") < number:
                            await asyncio.sleep(0.05)
                assert not hanging[0].done()
                assert hub.hits("/hub") <= 1
            finally:
                for task in hanging:
                    task.cancel()
                await asyncio.gather(*hanging, return_exceptions=True)
            assert house.parts.pushes.busy == set()
