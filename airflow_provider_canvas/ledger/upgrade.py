"""Tables that an earlier version of this package made get the columns that they lack; those of a later one are refused.

A new format adds columns that may be NULL, or renames one. Existing rows keep their format and are NULL in a new column
until they are written again. Columns, views and indexes that others added stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateColumn

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.ledger.patience import first_line, is_away
from airflow_provider_canvas.ledger.tables import FORMAT_VERSION

EARLIER_NAMES: Mapping[str, str] = {"changed_at": "last_seen_at"}
"""The names of columns in an earlier format, by their names now."""
SECONDS_TO_WAIT = 30
"""How long PostgreSQL waits for others that use a table which is to be changed."""


def upgrade_table(engine: sa.engine.Engine, table: sa.Table, existing: set[str]) -> None:
    """Add the columns that a table of an earlier format lacks. Several tasks may do so at the same time.

    :param engine: The engine of the database.
    :param table: The table as this version has it.
    :param existing: The names of the columns that the table has.
    :raises CanvasInputError: If a later version of this package made the table, it is another table, or the database
        refuses the change.
    """
    _refuse_later_format(engine, table, existing)
    if not _missing(table, existing):
        return
    _refuse_other_table(table, existing)
    try:
        with engine.begin() as connection:
            _lock(connection, table)
            for statement in _changes(connection, table, column_names(connection, table)):
                _run(connection, statement)
    except (sa.exc.ProgrammingError, sa.exc.OperationalError) as error:
        if is_away(error):
            raise
        with engine.connect() as connection:
            statements = "; ".join(_changes(connection, table, existing))
        raise CanvasInputError(
            f"The table {table.fullname} was made by an earlier version of this provider, and cannot be changed: "
            f"{first_line(error)}. Let the owner of the table run: {statements}; then run the task again."
        ) from error


def column_names(connection: sa.engine.Connection, table: sa.Table) -> set[str]:
    """Return the names of the columns that a table has in the database.

    :param connection: The connection.
    :param table: The table.
    """
    query = sa.select(sa.text("*")).select_from(table).limit(0)
    return set(connection.execute(query).keys())


def _missing(table: sa.Table, existing: set[str]) -> list[str]:
    return [column.name for column in table.columns if column.name not in existing]


def _changes(connection: sa.engine.Connection, table: sa.Table, existing: set[str]) -> list[str]:
    """Return the statements that bring a table to the present format."""
    quoted = _quoted(connection)
    alter = f"ALTER TABLE {quoted.format_table(table)}"
    statements = []
    for name in _missing(table, existing):
        if (earlier := EARLIER_NAMES.get(name)) in existing:
            statements.append(f"{alter} RENAME COLUMN {quoted.quote(str(earlier))} TO {quoted.quote(name)}")
        else:
            column = CreateColumn(table.columns[name]).compile(dialect=connection.dialect)
            statements.append(f"{alter} ADD COLUMN {column}")
    return statements


def _lock(connection: sa.engine.Connection, table: sa.Table) -> None:
    """Let other tasks that would change the table wait until this transaction has ended."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    name = _quoted(connection).format_table(table)
    _run(connection, f"SET LOCAL lock_timeout = '{SECONDS_TO_WAIT}s'")
    _run(connection, f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")


def _quoted(connection: sa.engine.Connection) -> Any:
    """Return what quotes names; that of the connection's own dialect would also double each percent sign."""
    dialects: Mapping[str, Any] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}
    return dialects[connection.dialect.name](paramstyle="named").identifier_preparer


def _run(connection: sa.engine.Connection, statement: str) -> None:
    connection.execute(sa.text(statement.replace(":", r"\:")))  # a name of a table may have a colon


def _refuse_other_table(table: sa.Table, existing: set[str]) -> None:
    """Refuse a table that no version of this package made, or a format that has no columns for what every row needs."""
    needed = [
        column.name
        for column in table.columns
        if not column.nullable and column.name not in existing and EARLIER_NAMES.get(column.name) not in existing
    ]
    if needed:
        shown = ", ".join(needed[:5]) + (f" and {len(needed) - 5} more" if len(needed) > 5 else "")
        raise CanvasInputError(
            f"The table {table.fullname} was made by another version of this provider, or is another table: it has no "
            f"column {shown}. Rename or drop it, or choose another name; then run the task again, which creates it."
        )


def _refuse_later_format(engine: sa.engine.Engine, table: sa.Table, existing: set[str]) -> None:
    """Refuse a table with rows of a later format. It has columns that this version does not know, as all of them do."""
    version = table.columns.get("format_version")
    if version is None or version.name not in existing or existing <= {column.name for column in table.columns}:
        return
    with engine.connect() as connection:
        later = connection.execute(sa.select(version).where(version > FORMAT_VERSION).limit(1)).scalar()
    if later is not None:
        raise CanvasInputError(
            f"The table {table.fullname} has rows of format {later}, and this version of the provider writes format "
            f"{FORMAT_VERSION}: a later version changed the table. Install that version here too, or choose another "
            "table."
        )
