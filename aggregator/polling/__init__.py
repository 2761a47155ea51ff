"""When to poll next: pure arithmetic over a source's history and what its server asks for.

Nothing here reads a clock or decides whether a source is worth keeping. Chance comes in as a number.
`observe` learns from a poll that succeeded, `plan` decides on the next one; `first` and `resume` spread a
start.
"""

from aggregator.polling.failing import GONE_PROBE, GONE_RECHECK
from aggregator.polling.interval import usual, usual_gap
from aggregator.polling.observing import observe
from aggregator.polling.planning import allowed, offline, plan
from aggregator.polling.records import History, Plan, Wishes
from aggregator.polling.silence import overdue
from aggregator.polling.starting import first, resume
from aggregator.polling.words import spell

__all__ = [
    "GONE_PROBE",
    "GONE_RECHECK",
    "History",
    "Plan",
    "Wishes",
    "allowed",
    "first",
    "observe",
    "offline",
    "overdue",
    "plan",
    "resume",
    "spell",
    "usual",
    "usual_gap",
]
