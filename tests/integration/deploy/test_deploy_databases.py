import psycopg


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row == (0,)


def test_a_copy_of_a_template_is_its_own(database_server) -> None:
    with database_server.database() as template:
        with psycopg.connect(database_server.url_of(template)) as connection:
            connection.execute("CREATE TABLE t (x int)")
        with database_server.database(template) as copy:
            with psycopg.connect(database_server.url_of(copy)) as connection:
                connection.execute("INSERT INTO t VALUES (1)")
            with psycopg.connect(database_server.url_of(template)) as connection:
                assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_fresh_database_has_the_tables_and_no_records(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        tables = {row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        assert {"transaction", "match", "consumer_offset"} <= tables
        assert connection.execute('SELECT count(*) FROM "transaction"').fetchone() == (0,)
