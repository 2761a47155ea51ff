"""`make benchmark`: all figures, or with `python -m tests.benchmarks NAME…` some of them.

They are ratios on a shared machine, not truths, and no test depends on them. PASS and FAIL stand beside
what the README or an issue promises; the exit code is 1 if a promise is broken.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable

from tests.benchmarks import (
    archive,
    bombs,
    extraction,
    latency,
    lookups,
    matching,
    memory,
    pages,
    polls,
    publishing,
    runs,
)
from tests.benchmarks.measuring import Verdict

BENCHMARKS: dict[str, Callable[[], Verdict]] = {
    "polls": polls.main,
    "latency": latency.main,
    "bombs": bombs.main,
    "runs": runs.main,
    "extraction": extraction.main,
    "memory": memory.main,
    "lookups": lookups.main,
    "matching": matching.main,
    "publishing": publishing.main,
    "pages": pages.main,
}
# Minutes each: only by name (make benchmark-scale).
AT_SCALE: dict[str, Callable[[], Verdict]] = {"archive": archive.main, "lookups-scale": lookups.at_scale}


def main() -> int:
    """Run what is asked for, then print the verdicts together."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS | AT_SCALE))
    names = parser.parse_args().names or list(BENCHMARKS)
    known = BENCHMARKS | AT_SCALE
    if strangers := [name for name in names if name not in known]:
        parser.error(f"no benchmark {', '.join(strangers)}; there are {', '.join(known)}")
    verdicts = []
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in names:
        print(f"== {name}", flush=True)
        begin = time.monotonic()
        verdicts.append(known[name]())
        print(f"({time.monotonic() - begin:.0f} s, load {os.getloadavg()[0]:.1f})\n")
    for verdict in verdicts:
        print(verdict)
    return int(any(verdict.is_met is False for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
