"""What the stages work with, put together once by `app`."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aggregator.clock import Clock
from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.fetch.client import Client
from aggregator.fetch.robots import Robots
from aggregator.match import Topics
from aggregator.metrics import Metrics
from aggregator.model import Analysis
from aggregator.pipeline.connectivity import Connectivity
from aggregator.pipeline.throttling import Throttling
from aggregator.store.gate import Gate
from aggregator.workers import Workers

LEASE = timedelta(minutes=30)  # longer than any one poll or page can take
_REMEMBERED = 500
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Analyses:
    """The analyses that wait for their decision, the newest few: a lost one is computed again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Analysis] = OrderedDict()

    def put(self, item_id: int, analysis: Analysis) -> None:
        """Keep an analysis until it is taken or crowded out."""
        self._kept[item_id] = analysis
        if len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)

    def take(self, item_id: int) -> Analysis | None:
        """Give back and forget an analysis."""
        return self._kept.pop(item_id, None)


@dataclass(slots=True)
class Pushes:
    """What is known of messages to hubs and webhooks without asking the store."""

    next_at: datetime | None = _LONG_AGO  # when the next is due; None: none waits; at a start one may
    busy: set[str] = field(default_factory=set)  # hosts that are being sent to


@dataclass(frozen=True, slots=True)
class Parts:
    """The rooms that a stage may enter."""

    config: Config
    sources: Mapping[str, SourceConfig]
    topic_configs: Mapping[str, TopicConfig]
    topics: Topics
    gate: Gate
    client: Client
    robots: Robots
    workers: Workers
    clock: Clock
    new_uid: Callable[[], str]  # 16 random hexadecimal digits
    chance: Callable[[], float]  # 0…1
    analyses: Analyses = field(default_factory=Analyses)
    connectivity: Connectivity = field(default_factory=Connectivity)
    throttling: Throttling = field(default_factory=Throttling)
    pushes: Pushes = field(default_factory=Pushes)
    metrics: Metrics = field(default_factory=Metrics)
