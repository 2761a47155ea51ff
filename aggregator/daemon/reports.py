"""What the log says of each poll: how a source is once, and again when that changes or a day has passed."""

from aggregator.logs import get_logger
from aggregator.model import Outcome
from aggregator.pipeline.source import PollReport

log = get_logger("daemon")


def log_poll(report: PollReport) -> None:
    """Log what a poll came to."""
    if report.failure is not None:
        say = log.warning if report.is_news else log.debug
        say(
            "poll failed",
            source=report.source_id,
            kind=report.failure.kind.value,
            error=report.failure.detail,
            next=report.next_poll_at.isoformat(timespec="seconds"),
        )
        return
    if report.is_news:
        log.info("works again", source=report.source_id)
    if report.outcome is Outcome.NEW:
        log.info("new items", source=report.source_id, count=report.new_items)
    else:
        log.debug("polled", source=report.source_id, outcome=report.outcome.value)
