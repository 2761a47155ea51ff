"""Telling hubs and webhooks what was published: noted with the change, sent until it is taken.

What waits lies in the store, so that a restart loses nothing; what is sent twice carries the same
id. It goes through the one guarded client, with its limits for addresses and hosts.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator.config.schema import TopicConfig
from aggregator.logs import get_logger
from aggregator.model import Access, Failure, FailureKind, Request, TopicFeed
from aggregator.pipeline.feeds import compose_feed, without_secrets
from aggregator.pipeline.parts import Parts
from aggregator.publish import notices
from aggregator.store import Connection, publications, pushes
from aggregator.store.pushes import Due, Push

# What Standard Webhooks recommends; whoever has not taken a message after three days never does.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (0.1, 5, 30, 120, 300, 600, 840, 1200, 1440))
_ENTRIES = 100  # of one message
_AT_ONCE = 20  # receivers
_IN_A_ROW = 20  # messages to one receiver, before others are looked for
_ANSWER = 64_000  # bytes

log = get_logger("push")


async def announce(parts: Parts, topic: TopicConfig, feed: TopicFeed, *, is_changed: bool) -> None:
    """Note what is to be said of a topic that was just published."""
    now = parts.clock.now()
    if is_changed and parts.config.publish.hub:
        ping = notices.ping(feed, parts.config.publish.formats)
        await parts.gate.write(_note_ping, topic.id, parts.new_uid(), ping, now)
        parts.pushes.next_at = now
    known = await parts.gate.read(pushes.told, topic.id)
    if topic.webhook is None:
        if known is not None:
            await parts.gate.write(pushes.tell, topic.id, known, None)
    elif known is None:
        # What was there before it had a webhook is no news.
        state = await parts.gate.read(publications.state, topic.id)
        await parts.gate.write(pushes.tell, topic.id, None, state.next_seq)
    else:
        await _tell(parts, topic, known, now)


async def _tell(parts: Parts, topic: TopicConfig, known: int, now: datetime) -> None:
    """Note messages for a webhook, until it has been told of every entry from the place `known` on."""
    while True:
        feed, told = await parts.gate.read(_news, parts, topic, known)
        if not feed.entries:
            return
        feed = await without_secrets(parts, feed)
        body = notices.message(feed, now)
        if not await parts.gate.write(_note_news, topic.id, parts.new_uid(), body, known, told, now):
            return
        parts.pushes.next_at = now
        known = told


def _news(connection: Connection, parts: Parts, topic: TopicConfig, known: int) -> tuple[TopicFeed, int]:
    found = publications.from_place(connection, topic.id, known, _ENTRIES)
    feed = compose_feed(connection, parts.config, topic, parts.sources, found)
    return feed, found[-1].seq + 1 if found else known


def _note_ping(connection: Connection, topic_id: str, uid: str, body: str, now: datetime) -> None:
    pushes.add(connection, topic_id=topic_id, kind="hub", uid=uid, body=body, now=now)


def _note_news(
    connection: Connection, topic_id: str, uid: str, body: str, known: int, told: int, now: datetime
) -> bool:
    """Note a message with the place up to which it tells, both or neither.

    False: somebody else told meanwhile, or too many wait, and the place stays for the next time.
    """
    if pushes.is_full(connection, topic_id) or not pushes.tell(connection, topic_id, known, told):
        return False
    pushes.add(connection, topic_id=topic_id, kind="webhook", uid=uid, body=body, now=now)
    return True


async def push(parts: Parts) -> int:
    """Send what is due; return how many messages were taken.

    Each receiver has its own turn, one message after the other. It may run again while a receiver
    lets it wait: only that one has to wait then.
    """
    now = parts.clock.now()
    waiting = parts.pushes
    if waiting.next_at is None or waiting.next_at > now:
        return 0
    waiting.next_at = None  # first: what is noted meanwhile is due at once
    queues: dict[str, list[Due]] = {}
    for each in await parts.gate.read(pushes.due, now, _IN_A_ROW):
        queues.setdefault(_receiver(parts, each), []).append(each)
    free = [receiver for receiver in queues if receiver not in waiting.busy]
    free = free[: max(_AT_ONCE - len(waiting.busy), 0)]
    waiting.busy.update(free)
    if not free:
        await _look_again(parts)
    taken = await asyncio.gather(*(_send_in_turn(parts, each, queues[each]) for each in free))
    return sum(taken)


def _receiver(parts: Parts, each: Due) -> str:
    """Name the host that a message goes to; "" for one whose receiver is configured no more."""
    topic = parts.topic_configs.get(each.topic_id)
    url = parts.config.publish.hub if each.kind == "hub" else topic.webhook if topic else None
    return urlsplit(url or "").netloc


async def _send_in_turn(parts: Parts, receiver: str, queue: Sequence[Due]) -> int:
    """Send to one receiver until it does not take a message; the rest waits for its next turn."""
    taken = 0
    try:  # each receiver for itself: the others go on without it
        for each in queue[:_IN_A_ROW]:
            message = await parts.gate.read(pushes.load, each.id)
            if message is None:
                continue
            if not await _send(parts, message):
                break
            taken += 1
    finally:
        parts.pushes.busy.discard(receiver)
    await _look_again(parts)
    return taken


async def _look_again(parts: Parts) -> None:
    waiting = parts.pushes
    again = await parts.gate.read(pushes.next_at)
    if again is not None and (waiting.next_at is None or again < waiting.next_at):
        waiting.next_at = again


async def _send(parts: Parts, each: Push) -> bool:
    """Send one message; what is not taken is tried again later, and given up in the end."""
    request = _request(parts, each)
    if request is None:  # it was taken out of the configuration
        await parts.gate.write(pushes.done, each.id)
        return False
    answer = await parts.client.fetch(request)
    if not isinstance(answer, Failure):
        await parts.gate.write(pushes.done, each.id)
        return True
    is_over = answer.kind is FailureKind.GONE or each.tries + 1 >= len(WAITS)
    wait = max(WAITS[min(each.tries, len(WAITS) - 1)], answer.retry_after or timedelta(0))
    log.warning(
        "given up" if is_over else "not taken",
        kind=each.kind,
        topic=each.topic_id,
        error=answer.detail,
        **({} if is_over else {"again_in": str(wait)}),
    )
    if is_over:
        await parts.gate.write(pushes.done, each.id)
    else:
        await parts.gate.write(pushes.put_off, each.id, parts.clock.now() + wait)
    return False


def _request(parts: Parts, each: Push) -> Request | None:
    body = each.body.encode()
    if each.kind == "hub":
        hub = parts.config.publish.hub
        if not hub:
            return None
        return Request(hub, _ANSWER, method="POST", data=body, data_type=notices.PING_TYPE)
    topic = parts.topic_configs.get(each.topic_id)
    if topic is None or topic.webhook is None or topic.webhook_key is None:
        return None
    headers = notices.signed(each.uid, body, topic.webhook_key, parts.clock.now())
    return Request(
        topic.webhook,
        _ANSWER,
        access=Access(url=topic.webhook, headers=headers),
        method="POST",
        data=body,
        data_type=notices.MESSAGE_TYPE,
    )
