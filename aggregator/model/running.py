"""What a daemon says of the configuration that it runs on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Configured:
    """Which configuration is live, and what of the files in its folder is not."""

    loaded_at: datetime  # when what is live was read
    refused_at: datetime | None = None  # since when the files have mistakes; what was live before goes on
    problems: tuple[str, ...] = ()  # the mistakes, each with its place
    at_next_start: tuple[str, ...] = ()  # keys that were changed and wait for it: "serve.listen"

    @property
    def remark(self) -> str:
        """What the user has to do something about, on one line; "" if there is nothing."""
        said = []
        if self.refused_at is not None:
            count = f"{len(self.problems)} mistakes" if len(self.problems) != 1 else "1 mistake"
            since = self.refused_at.isoformat(timespec="seconds")
            first = self.problems[0].partition("\n")[0] if self.problems else ""
            said.append(f"configuration refused since {since}, {count}, the last good one is live: {first}")
        if self.at_next_start:
            said.append(f"changed, and live from the next start on: {', '.join(self.at_next_start)}")
        return "; ".join(said)
