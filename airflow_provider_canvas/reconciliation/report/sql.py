"""Write a reconciliation into SQLite or PostgreSQL: created if missing, upserted by natural key, in one transaction.

A second run over the same facts changes nothing but the stamps: who looked, when, after which copy. What a course
pair no longer has, and its mapping no longer names, is removed from ``canvas_asset_map``: the table tells how
things stand now. The ledger keeps the counts of every copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.records import Record, asset_records, ledger_record
from airflow_provider_canvas.reconciliation.report.tables import (
    ASSET_KEY,
    LEDGER_KEY,
    asset_map,
    copy_ledger,
)
from airflow_provider_canvas.reconciliation.rows import RememberedAsset

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ROWS_A_STATEMENT = {"sqlite": 25, "postgresql": 500}  # an old SQLite takes 999 parameters, PostgreSQL 65,535
_KEYS_A_STATEMENT = 900

_STAMPS = {
    "content_migration_id",
    "migration_type",
    "source_updated_at",  # a copy touches what it writes, and that alone is no change
    "dest_updated_at",
    "run_id",
    "first_seen_at",
    "last_seen_at",
}


@dataclass(frozen=True)
class WriteResult:
    """What writing did to the asset rows of the course pair; each row counts once.

    :param unchanged: Rows that were only stamped.
    :param removed: Rows of what neither the courses nor the mapping have any more.
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
    """Upsert the asset rows of the course pair and the ledger row of the copy, in one transaction.

    :param schema: Of both tables; it has to exist.
    :raises ValueError: If the database is neither SQLite nor PostgreSQL.
    """
    _insert_of(engine)
    assets, ledger = asset_map(asset_table, schema), copy_ledger(ledger_table, schema)
    for table in (assets, ledger):
        _create_if_missing(engine, table)
    rows = {_key_of(row): row for row in asset_records(reconciliation)}
    with engine.begin() as connection:
        before = {_key_of(row): row for row in _current_rows(connection, assets, reconciliation)}
        _upsert(connection, assets, ASSET_KEY, "first_seen_at", list(rows.values()))
        _remove(connection, assets, reconciliation, before.keys() - rows.keys())
        _upsert(connection, ledger, LEDGER_KEY, "first_reconciled_at", [ledger_record(reconciliation)])
    kept = rows.keys() & before.keys()
    unchanged = sum(_content(rows[key]) == _content(before[key]) for key in kept)
    return WriteResult(
        inserted=len(rows) - len(kept),
        updated=len(kept) - unchanged,
        unchanged=unchanged,
        removed=len(before) - len(kept),
    )


def remembered_assets(
    engine: sa.engine.Engine,
    canvas_instance: str,
    source_course_id: str,
    dest_course_id: str,
    *,
    asset_table: str = "canvas_asset_map",
    schema: str | None = None,
) -> list[RememberedAsset]:
    """Return the pairs that the last reconciliation of the two courses saw; none if there was no such thing."""
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
        found = connection.execute(query).mappings().all()
    return [RememberedAsset(**{column: row[column] for column in columns}) for row in found]


def _insert_of(engine: sa.engine.Engine) -> Any:
    try:
        return _INSERTS[engine.dialect.name]
    except KeyError:
        raise ValueError(
            f"a reconciliation can be written to SQLite and PostgreSQL, not to {engine.dialect.name}"
        ) from None


def _create_if_missing(engine: sa.engine.Engine, table: sa.Table) -> None:
    """Create the table. Mapped tasks do so at the same moment; who comes second finds it there."""
    try:
        table.create(engine, checkfirst=True)
    except sa.exc.DBAPIError:
        if not sa.inspect(engine).has_table(table.name, schema=table.schema):
            raise


def _current_rows(connection: sa.engine.Connection, table: sa.Table, reconciliation: Reconciliation) -> list[Record]:
    query = sa.select(table).where(*_scope(table, reconciliation))
    return [dict(row) for row in connection.execute(query).mappings()]


def _scope(table: sa.Table, reconciliation: Reconciliation) -> list[Any]:
    """Only the rows of this course pair are this reconciliation's to judge."""
    return [
        table.c.canvas_instance == reconciliation.canvas_instance,
        table.c.dest_course_id == reconciliation.destination.course_id,
        table.c.source_course_id == reconciliation.source.course_id,
    ]


def _upsert(
    connection: sa.engine.Connection, table: sa.Table, key: Sequence[str], kept: str, records: Sequence[Record]
) -> None:
    """Insert, or overwrite everything but the key and the column that is kept from the first time.

    Many rows go in one statement: drivers send what they call ``executemany`` row by row, and a warehouse may be far.
    """
    dialect = connection.dialect.name
    at_once = _ROWS_A_STATEMENT[dialect]
    for start in range(0, len(records), at_once):
        insert = _INSERTS[dialect](table).values(list(records[start : start + at_once]))
        values = {name: insert.excluded[name] for name in records[0] if name not in key and name != kept}
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
        for start in range(0, len(asset_keys), _KEYS_A_STATEMENT):
            some = asset_keys[start : start + _KEYS_A_STATEMENT]
            connection.execute(sa.delete(table).where(*of_type, table.c.asset_key.in_(some)))


def _key_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ASSET_KEY)


def _content(row: Mapping[str, Any]) -> Record:
    return {name: value for name, value in row.items() if name not in _STAMPS}
