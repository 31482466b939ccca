"""The tables of the ledger are created if they are missing, and refused if an earlier version made them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from airflow_provider_canvas.api.errors import CanvasInputError

SUPPORTED = ("sqlite", "postgresql")
"""The databases that have the upserts which the ledger needs."""


def check_database(engine: sa.engine.Engine) -> None:
    """Check that a database is supported.

    :param engine: The engine of the database.
    :raises CanvasInputError: If it is neither SQLite nor PostgreSQL.
    """
    if engine.dialect.name not in SUPPORTED:
        raise CanvasInputError(
            f"course copies can be recorded in SQLite or PostgreSQL, not in {engine.dialect.name}: "
            "choose another connection for sql_conn_id"
        )


def create_tables(engine: sa.engine.Engine, tables: Sequence[sa.Table]) -> None:
    """Create the tables that are missing. Several tasks may create them at the same time.

    :param engine: The engine of the database.
    :param tables: The tables.
    :raises CanvasInputError: If an existing table lacks columns.
    """
    for table in tables:
        try:
            table.create(engine, checkfirst=True)
        except sa.exc.DBAPIError:
            if not sa.inspect(engine).has_table(table.name, schema=table.schema):
                raise
        _check_columns(engine, table)


def _check_columns(engine: sa.engine.Engine, table: sa.Table) -> None:
    existing = {column["name"] for column in sa.inspect(engine).get_columns(table.name, schema=table.schema)}
    if missing := [column.name for column in table.columns if column.name not in existing]:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise CanvasInputError(
            f"The table {table.fullname} was made by another version of this provider, or is another table: it has no "
            f"column {shown}. Rename or drop it, or choose another name; then run the task again, which creates it."
        )
