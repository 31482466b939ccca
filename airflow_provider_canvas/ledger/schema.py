"""Tables are created if they are missing, also by several tasks at the same moment."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.ledger.patience import first_line, is_away
from airflow_provider_canvas.ledger.upgrade import column_names, upgrade_table

SUPPORTED = ("sqlite", "postgresql")
"""The databases that have the upserts which the ledger needs."""


def check_database(engine: sa.engine.Engine) -> None:
    """Check that a database is supported.

    :param engine: The engine of the database.
    :raises CanvasInputError: If it is neither SQLite nor PostgreSQL.
    """
    if engine.dialect.name not in SUPPORTED:
        raise CanvasInputError(
            f"The database of sql_conn_id is {engine.dialect.name}, and course copies can be recorded in SQLite or "
            "PostgreSQL: choose another connection."
        )


def lock_database(connection: sa.engine.Connection) -> None:
    """Let a transaction in SQLite wait for others before it reads, so that what it has read still holds when it writes.

    PostgreSQL locks the rows instead.

    :param connection: The connection, at the beginning of a transaction.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def create_tables(engine: sa.engine.Engine, tables: Sequence[sa.Table]) -> None:
    """Create the tables that are missing, and upgrade those of an earlier format. Several tasks may do so at once.

    :param engine: The engine of the database.
    :param tables: The tables.
    :raises CanvasInputError: If an existing table cannot be used, or the database refuses to create or to change one.
    """
    for table in tables:
        columns = _columns(engine, table)
        if columns is None:
            try:
                table.create(engine)
            except sa.exc.DBAPIError as error:  # another task may have created it at the same moment
                if (columns := _columns(engine, table)) is None:
                    if is_away(error) or not isinstance(error, sa.exc.ProgrammingError | sa.exc.OperationalError):
                        raise
                    raise CanvasInputError(
                        f"The table {table.fullname} cannot be created: {first_line(error)}. Create the schema if it "
                        "is missing, and give the user of the connection the right to create tables in it."
                    ) from error
        if columns is not None:
            upgrade_table(engine, table, columns)


def tables_exist(engine: sa.engine.Engine, tables: Sequence[sa.Table]) -> bool:
    """Return whether all tables exist. Those of an earlier format are upgraded.

    :param engine: The engine of the database.
    :param tables: The tables.
    :raises CanvasInputError: If an existing table cannot be used.
    """
    existing = [(table, columns) for table in tables if (columns := _columns(engine, table)) is not None]
    for table, columns in existing:
        upgrade_table(engine, table, columns)
    return len(existing) == len(tables)


def _columns(engine: sa.engine.Engine, table: sa.Table) -> set[str] | None:
    """Return the names of a table's columns, in one statement; ``None`` if the table does not exist."""
    try:
        return _read_columns(engine, table)
    except (sa.exc.ProgrammingError, sa.exc.OperationalError):
        if not _exists(engine, table):
            return None
        return _read_columns(engine, table)  # created meanwhile, or the error repeats


def _exists(engine: sa.engine.Engine, table: sa.Table) -> bool:
    try:
        return bool(sa.inspect(engine).has_table(table.name, schema=table.schema))
    except sa.exc.OperationalError as error:  # SQLAlchemy 1.4 reads a schema that SQLite does not have
        if is_away(error):
            raise
        return False


def _read_columns(engine: sa.engine.Engine, table: sa.Table) -> set[str]:
    with engine.connect() as connection:
        return column_names(connection, table)
