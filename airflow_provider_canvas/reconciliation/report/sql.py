"""Write a reconciliation to SQLite or PostgreSQL: upserts by natural key, in one transaction.

Missing tables are created. A second run over the same data changes only the stamps: the run, its time, and the copy.
Rows of assets that neither the two courses nor the mapping have any more are removed from ``canvas_asset_map``, which
has the current state. The ledger keeps the counts of every copy: in the row of the batch that made the copy, or in a
row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from airflow_provider_canvas.ledger.batch_name import single_copy_batch
from airflow_provider_canvas.ledger.schema import check_database, create_tables
from airflow_provider_canvas.ledger.tables import LEDGER_KEY, copy_ledger
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.records import (
    Record,
    asset_records,
    copy_record,
    reconciliation_record,
)
from airflow_provider_canvas.reconciliation.report.tables import ASSET_KEY, asset_map
from airflow_provider_canvas.reconciliation.rows import PreviousAsset

_INSERT_FUNCTIONS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ROWS_PER_STATEMENT = {"sqlite": 25, "postgresql": 500}  # an old SQLite accepts 999 parameters, PostgreSQL 65,535
_KEYS_PER_STATEMENT = 900

_STAMPS = {
    "content_migration_id",
    "migration_type",
    "source_updated_at",  # a copy updates it, which is no change by itself
    "dest_updated_at",
    "run_id",
    "first_seen_at",
    "changed_at",
}


@dataclass(frozen=True)
class WriteResult:
    """The numbers of asset rows written for a course pair; each row counts once.

    :param inserted: New rows.
    :param updated: Rows with a change.
    :param unchanged: Rows in which only the stamps changed.
    :param removed: Rows of assets that neither the courses nor the mapping have any more.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0


def write_tables(
    engine: sa.engine.Engine,
    reconciliation: Reconciliation,
    *,
    asset_table: str = "canvas_asset_map",
    ledger_table: str = "canvas_copy_ledger",
    schema: str | None = None,
) -> WriteResult:
    """Upsert the asset rows of the course pair and the ledger's row of the copy, in one transaction.

    :param engine: The engine of a SQLite or PostgreSQL database.
    :param reconciliation: The reconciliation to write.
    :param asset_table: Name of the asset table, created if missing.
    :param ledger_table: Name of the ledger, created if missing.
    :param schema: Schema of both tables; it must exist.
    :raises CanvasInputError: If the database is neither SQLite nor PostgreSQL, or a table has other columns.
    """
    check_database(engine)
    assets, ledger = asset_map(asset_table, schema), copy_ledger(ledger_table, schema)
    create_tables(engine, (assets, ledger))
    rows = {_key(row): row for row in asset_records(reconciliation)}
    with engine.begin() as connection:
        before = {_key(row): row for row in _current_rows(connection, assets, reconciliation)}
        _upsert(connection, assets, ASSET_KEY, "first_seen_at", list(rows.values()))
        _remove(connection, assets, reconciliation, before.keys() - rows.keys())
        _write_ledger(connection, ledger, reconciliation)
    kept = rows.keys() & before.keys()
    unchanged = sum(_content(rows[key]) == _content(before[key]) for key in kept)
    return WriteResult(
        inserted=len(rows) - len(kept),
        updated=len(kept) - unchanged,
        unchanged=unchanged,
        removed=len(before) - len(kept),
    )


def load_previous_assets(
    engine: sa.engine.Engine,
    canvas_instance: str,
    source_course_id: str,
    dest_course_id: str,
    *,
    asset_table: str = "canvas_asset_map",
    schema: str | None = None,
) -> list[PreviousAsset]:
    """Return the pairs that the previous reconciliation of two courses stored; empty if the table does not exist."""
    table = asset_map(asset_table, schema)
    columns = ("asset_type", "source_asset_id", "dest_asset_id", "source_title", "dest_title")
    if not sa.inspect(engine).has_table(asset_table, schema=schema):
        return []
    query = sa.select(table).where(
        table.c.canvas_instance == canvas_instance,
        table.c.source_course_id == source_course_id,
        table.c.dest_course_id == dest_course_id,
    )
    with engine.connect() as connection:
        records = connection.execute(query).mappings().all()
    return [PreviousAsset(**{column: row[column] for column in columns}) for row in records]


def _write_ledger(connection: sa.engine.Connection, table: sa.Table, reconciliation: Reconciliation) -> None:
    """Fill the columns of the reconciliation in the row that a batch has of the copy; without it, write a new row."""
    migration_id = reconciliation.migration.content_migration_id
    single_copy, record = single_copy_batch(migration_id), reconciliation_record(reconciliation)
    of_this_copy = [
        table.c.canvas_instance == reconciliation.canvas_instance,
        table.c.dest_course_id == reconciliation.destination.course_id,
        table.c.content_migration_id == migration_id,
    ]
    first = sa.func.coalesce(table.c.first_reconciled_at, record["first_reconciled_at"])
    of_a_batch = sa.update(table).where(*of_this_copy, table.c.batch != single_copy)
    if connection.execute(of_a_batch.values(**{**record, "first_reconciled_at": first})).rowcount:
        connection.execute(sa.delete(table).where(*of_this_copy, table.c.batch == single_copy))
        return
    key = {"canvas_instance": reconciliation.canvas_instance, "batch": single_copy}
    _upsert(connection, table, LEDGER_KEY, "first_reconciled_at", [key | copy_record(reconciliation) | record])


def _current_rows(connection: sa.engine.Connection, table: sa.Table, reconciliation: Reconciliation) -> list[Record]:
    query = sa.select(table).where(*_scope(table, reconciliation))
    return [dict(row) for row in connection.execute(query).mappings()]


def _scope(table: sa.Table, reconciliation: Reconciliation) -> list[Any]:
    """Return the conditions that select the rows of this course pair."""
    return [
        table.c.canvas_instance == reconciliation.canvas_instance,
        table.c.dest_course_id == reconciliation.destination.course_id,
        table.c.source_course_id == reconciliation.source.course_id,
    ]


def _upsert(
    connection: sa.engine.Connection, table: sa.Table, key: Sequence[str], first_seen: str, records: Sequence[Record]
) -> None:
    """Insert records, or update everything but the key and the column with the time of the first reconciliation.

    Each statement has many rows: with ``executemany``, drivers would send each row alone, which is slow over a network.
    """
    dialect = connection.dialect.name
    size = _ROWS_PER_STATEMENT[dialect]
    for start in range(0, len(records), size):
        insert = _INSERT_FUNCTIONS[dialect](table).values(list(records[start : start + size]))
        values = {name: insert.excluded[name] for name in records[0] if name not in key and name != first_seen}
        connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=values))


def _remove(
    connection: sa.engine.Connection,
    table: sa.Table,
    reconciliation: Reconciliation,
    keys: Iterable[tuple[str, ...]],
) -> None:
    gone: dict[str, list[str]] = {}
    for *_, asset_type, asset_key in keys:
        gone.setdefault(asset_type, []).append(asset_key)
    for asset_type, asset_keys in gone.items():
        of_type = [*_scope(table, reconciliation), table.c.asset_type == asset_type]
        for start in range(0, len(asset_keys), _KEYS_PER_STATEMENT):
            chunk = asset_keys[start : start + _KEYS_PER_STATEMENT]
            connection.execute(sa.delete(table).where(*of_type, table.c.asset_key.in_(chunk)))


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ASSET_KEY)


def _content(row: Mapping[str, Any]) -> Record:
    return {name: value for name, value in row.items() if name not in _STAMPS}
