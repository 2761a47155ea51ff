"""The program as it is but for its patience, and for a writer that hangs while a file is there.

Run as `python -P impatient.py PATIENCE BUSY FILE WORDS…`: seconds without progress after which a part of the
daemon hangs, seconds that a write waits for another process, the file. With the program's own figures, a test
would have to wait for minutes.
"""

import sys
from pathlib import Path
from threading import Event
from typing import Any


def main() -> None:
    """Change what the first words say, and run the command line on the others."""
    from aggregator import __main__, workers
    from aggregator.daemon import life
    from aggregator.store import engine, sources

    file = Path(sys.argv[3])
    life._PATIENCE = float(sys.argv[1])
    engine.BUSY_SECONDS = int(sys.argv[2])
    workers._WARMING = 5
    claim = sources.claim

    def hang(*args: Any, **kwargs: Any) -> Any:
        if file.exists():
            Event().wait()
        return claim(*args, **kwargs)

    sources.claim = hang
    sys.argv[1:4] = []
    __main__.main()


if __name__ == "__main__":  # workers read this file, too
    main()
