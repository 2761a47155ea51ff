"""An installation whose commands are measured, and that follows the feeds of a benchmark's web."""

import sqlite3
from pathlib import Path

from tests.benchmarks.measuring import Cost, run
from tests.support.daemon import Installation

_SETTINGS = {
    "fetch": 'allow_private = ["127.0.0.0/8"]\nhost_delay = "0s"',
    "serve": 'listen = ""',
    "poll": 'interval = "5s"\nmin_interval = "5s"',  # a start spreads what is due over the interval
}


class House(Installation):
    """An installation without coverage and web server, whose topic nothing matches.

    Requests to one host follow at once; `tables` adds keys to the tables of its settings.
    """

    def __init__(self, folder: Path, urls: tuple[str, ...], **tables: str) -> None:
        super().__init__(folder, measured=False)
        names = dict.fromkeys([*_SETTINGS, *tables])
        settings = (f"[{name}]\n{_SETTINGS.get(name, '')}\n{tables.get(name, '')}\n" for name in names)
        self.write("aggregator.toml", "".join(settings))
        self.write("topics.d/none.toml", 'title = "None"\nquery = "aardvark"\n')
        self.write("sources.d/sources.toml", "".join(f'[[source]]\nurl = "{url}"\n\n' for url in urls))

    def cost(self, *words: str) -> Cost:
        """Run a command to its end and return what it and its workers cost."""
        return run(self.command(*words), self.environment)

    def fill(self, within: float = 300.0) -> None:
        """Poll every source once and leave nothing to do.

        Reading and deciding tens of thousands of texts is not what is measured here, and takes minutes: the
        entries are stored as they came, then marked as done.
        """
        with self.daemon() as daemon:
            daemon.until(self._has_polled_all, "every source is polled", within=within)
            daemon.terminate()
        with sqlite3.connect(self.state / "aggregator.db") as database:
            database.execute("UPDATE items SET stage = 'done', lease_until = NULL")
        database.close()

    def _has_polled_all(self) -> bool:
        try:
            with sqlite3.connect(f"file:{self.state / 'aggregator.db'}?mode=ro", uri=True) as database:
                ((sources, polled),) = database.execute("SELECT count(*), sum(polls > 0) FROM sources")
        except sqlite3.OperationalError:
            return False  # not there yet
        return bool(sources) and sources == polled
