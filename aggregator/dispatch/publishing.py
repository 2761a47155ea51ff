"""Which topics' files are to be written again, and when: changes gather for a moment first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.errors import AggregatorError, OutputError
from aggregator.logs import get_logger
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.publish import publish

SETTLE = timedelta(seconds=1)  # a topic is published at most this long after its first change

log = get_logger("dispatch")


class Publishing:
    """The topics that have changed since their files were written."""

    def __init__(self) -> None:
        self._touched: set[str] = set()
        self._touched_at: datetime | None = None
        self._is_all = False  # every feed, and the list of them

    def touch(self, topics: frozenset[str], now: datetime) -> None:
        """Note that these topics have changed."""
        if topics and not self._touched:
            self._touched_at = now
        self._touched |= topics

    def touch_all(self) -> None:
        """Note that the configuration has changed: every feed may look otherwise, and there may be others."""
        self._is_all = True

    async def publish(self, parts: Parts, *, is_final: bool = False) -> None:
        """Publish what has changed and had its moment, or not if `is_final`.

        Raises OutputError, ServiceDownError.
        """
        if self._is_all:
            self._is_all, touched, self._touched = False, self._touched, set()
            try:
                await _publish(parts, None)
            except AggregatorError:
                self._is_all, self._touched = True, self._touched | touched
                raise
        if not self._touched or self._touched_at is None:
            return
        if not is_final and parts.clock.now() - self._touched_at < SETTLE:
            return
        failure: OutputError | None = None
        for topic in sorted(self._touched):
            self._touched.discard(topic)  # first: what touches it meanwhile is published next
            try:
                await _publish(parts, [topic])
            except OutputError as error:
                self._touched.add(topic)  # tried again, and the others do not wait for it
                failure = failure or error
            except AggregatorError:
                self._touched.add(topic)
                raise
        if failure is not None:
            raise failure


async def _publish(parts: Parts, topics: Sequence[str] | None) -> None:
    for name in await publish(parts, topics):
        log.info("published", file=name)
