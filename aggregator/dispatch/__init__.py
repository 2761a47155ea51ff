"""What runs now: due work is claimed from the database and worked on, a bounded amount at a time."""

from aggregator.dispatch.dispatcher import PAGES, POLLS, Dispatcher

__all__ = ["PAGES", "POLLS", "Dispatcher"]
