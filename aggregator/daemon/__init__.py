"""The life of the process, from the first file that is opened to the last signal: as a service, or once."""

from aggregator.daemon.ending import Ending
from aggregator.daemon.life import Daemon, run
from aggregator.daemon.once import run_once
from aggregator.daemon.reload import say_warnings

__all__ = ["Daemon", "Ending", "run", "run_once", "say_warnings"]
