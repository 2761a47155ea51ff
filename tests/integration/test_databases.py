"""The fixtures that the store's tests stand on."""

import psycopg

from tests.support import postgres


def test_each_postgresql_database_is_empty_and_gone_afterwards(postgres_server: str) -> None:
    with postgres.fresh_database(postgres_server) as url:
        plain = url.replace(postgres.DRIVER, "postgresql://", 1)
        with psycopg.connect(plain) as connection:
            tables = connection.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchone()
            connection.execute("CREATE TABLE left_behind (id int)")
    with psycopg.connect(postgres_server.replace(postgres.DRIVER, "postgresql://", 1)) as connection:
        name = url.rsplit("/", 1)[1]
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    assert tables == (0,)
    assert found is None
