"""A migrated database of either kind."""

from tests.integration.store.conftest import engine

__all__ = ["engine"]
