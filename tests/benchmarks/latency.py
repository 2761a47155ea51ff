"""Wall time of a poll of 5,000 feeds whose servers take 50 to 200 ms: is the waiting done at once?

The bound is 1.5 times feeds x mean latency / polls at a time. Each feed has a host of its own, since
what is to be seen is how full the places are, not politeness; the pause between requests to one host is
off. The feeds are empty and have not changed: parsing is not what is measured. Net of
start-up, which is what a poll of one feed takes on the same configuration.
"""

import tempfile
from pathlib import Path

from aggregator.dispatch import POLLS
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Verdict
from tests.benchmarks.web import NewsWeb

FEEDS = 5000
LOW, HIGH = 0.05, 0.2
FACTOR = 1.5


def main() -> Verdict:
    """Fill without latency, then poll everything with it."""
    with NewsWeb(FEEDS, entries=0) as web, tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), web.urls, articles="full_text = false")
        house.fill()
        assert web.counts().feeds >= FEEDS  # the first ones may have been due again
        mean = web.delay(LOW, HIGH)
        start_up = house.cost("poll", web.urls[0])
        assert web.counts().not_modified == 1
        taken = house.cost("poll", "--all").less(start_up)
        counts = web.counts()
        assert counts.not_modified == counts.feeds == FEEDS, counts
    ideal = FEEDS * mean / POLLS
    print(f"  {taken.cpu:.1f} s of CPU; {counts.seconds:.1f} s from the first request to the last answer")
    line = f"{FEEDS} feeds at {1000 * LOW:.0f} to {1000 * HIGH:.0f} ms, {POLLS} at a time: {taken.wall:.1f} s"
    bound = FACTOR * ideal
    return Verdict(taken.wall <= bound, f"{line} (bound {bound:.1f} s, {FACTOR} times {ideal:.1f} s)")
