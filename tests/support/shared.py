"""Where the real input lies that is used for tests but is no part of this repository."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def find_shared() -> Path | None:
    """Return the folder named by AGGREGATOR_SHARED, or the one beside the checkout, or None."""
    named = os.environ.get("AGGREGATOR_SHARED")
    folder = Path(named) if named else REPOSITORY.parent / "shared"
    return folder if (folder / "corpus" / "feeds.jsonl").is_file() else None
