"""Inserts of many rows in one execution, which can become upserts.

SQLite runs in the process, so ``executemany`` is fast there. Drivers of PostgreSQL send each row of an ``executemany``
alone, which takes a minute for 15,000 rows if each takes 5 ms. So PostgreSQL gets a thousand rows as one JSON text. The
statement is the same for any number of rows, so it is compiled once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Record = dict[str, Any]

ROWS_PER_STATEMENT = 1_000
"""How many rows PostgreSQL gets in one statement."""

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_one(table: sa.Table, dialect: str) -> Any:
    """Return an insert of one row, which can become an upsert.

    :param table: The table.
    :param dialect: ``sqlite`` or ``postgresql``.
    """
    return _INSERTS[dialect](table)


def insert_many(table: sa.Table, dialect: str) -> Any:
    """Return an insert for :func:`execute_many`, which can become an upsert.

    :param table: The table.
    :param dialect: ``sqlite`` or ``postgresql``.
    """
    insert = insert_one(table, dialect)
    if dialect != "postgresql":
        return insert
    name = postgresql.dialect().identifier_preparer.format_table(table)  # type: ignore[no-untyped-call]
    rows = sa.cast(sa.bindparam("rows", type_=sa.Text), postgresql.JSON)
    source = sa.func.json_populate_recordset(sa.literal_column(f"NULL::{name}"), rows).table_valued(
        *(sa.column(column.name, column.type) for column in table.c)
    )
    columns = [column.name for column in table.c]
    return insert.from_select(columns, sa.select(*(source.c[column] for column in columns)))


def execute_many(connection: sa.engine.Connection, statement: Any, records: Sequence[Record]) -> None:
    """Execute a statement that :func:`insert_many` made.

    :param connection: The connection, within a transaction.
    :param statement: The statement.
    :param records: The rows.
    """
    if connection.dialect.name != "postgresql":
        if records:
            connection.execute(statement, list(records))
        return
    for start in range(0, len(records), ROWS_PER_STATEMENT):
        rows = json.dumps(records[start : start + ROWS_PER_STATEMENT], default=_time_text, separators=(",", ":"))
        connection.execute(statement, {"rows": rows})


def for_single_statements(engine: sa.engine.Engine) -> sa.engine.Engine:
    """Return an engine with the same connections for transactions of a single statement.

    Such a statement needs no BEGIN and no COMMIT in PostgreSQL, which would be two further round trips.

    :param engine: The engine.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT") if engine.dialect.name == "postgresql" else engine


def _time_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()
