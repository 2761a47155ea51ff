"""Databases of one's own on a PostgreSQL server that runs for the tests.

A database, not a schema, for each test: what a server keeps per database (advisory locks,
extensions, the search path) is then apart too, and nothing has to be cleaned but by dropping it.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

VARIABLE = "AGGREGATOR_TEST_POSTGRES"
DRIVER = "postgresql+psycopg://"


def _plain(url: str) -> str:
    """Turn SQLAlchemy's form of the URL into the one that PostgreSQL's own library reads."""
    return url.replace(DRIVER, "postgresql://", 1)


def answers(url: str) -> bool:
    """Tell whether a server answers at `url` within three seconds."""
    try:
        psycopg.connect(_plain(url), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def fresh_database(server: str, template: str = "template0") -> Iterator[str]:
    """Create a database on `server` as a copy of another, to which nobody may be connected meanwhile;
    give its URL in SQLAlchemy's form, drop it afterwards.
    """
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        names = (sql.Identifier(name), sql.Identifier(template))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        try:
            base = server.partition("?")[0].rsplit("/", 1)[0]
            yield f"{base}/{name}"
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
