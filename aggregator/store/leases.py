"""All leases at once: what was claimed by somebody who will not come back."""

from sqlalchemy import Connection

from aggregator.store import awaited, rereads, sources


def release(connection: Connection) -> None:
    """Free all sources, pages and second looks that are held; only the holder of the database may call this.

    What still runs in this process is claimed again and then left alone, since its lane knows it.
    """
    sources.release_leases(connection)
    awaited.release_leases(connection)
    rereads.release_leases(connection)
