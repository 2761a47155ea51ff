"""The database: schema, migrations, and one module for each aggregate; all SQL stands here.

Functions take a `Connection` inside a transaction that the caller opened (`store.gate` from the event
loop, `store.engine` elsewhere). Nothing here decides anything about news.
"""

from sqlalchemy import Connection, Engine

__all__ = ["Connection", "Engine"]
