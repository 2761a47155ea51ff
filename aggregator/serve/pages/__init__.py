"""Pages for people: topics, items, sources and search, rendered by the server and readable without scripts.

They only read. Nothing of them runs on the event loop but the exchange itself: the database is asked on
threads of its own, templates are rendered and compressed on others.
"""

from aggregator.serve.pages.routes import add

__all__ = ["add"]
