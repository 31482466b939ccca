"""The columns of a reconciliation in the ledger: in the rows of the batches that have a copy, or in an own row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.ledger.batch_name import single_copy_batch
from airflow_provider_canvas.ledger.many_rows import execute_many, insert_many
from airflow_provider_canvas.ledger.tables import LEDGER_KEY, RECONCILIATION_COLUMNS
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.records import Record, copy_record, reconciliation_record

_COPIES_PER_QUERY = 300
"""How many copies one query names: an old SQLite accepts 999 parameters."""

Copy = tuple[str, str, str]
"""A copy: the Canvas, the destination and the content migration."""
Key = tuple[str, str, str]
"""A row of the ledger: the columns of ``LEDGER_KEY``."""


@dataclass(frozen=True)
class Ledger:
    """What was written to the ledger.

    :param rows: The number of rows.
    :param batches: The batch of each reconciliation.
    """

    rows: int
    batches: list[str]


def write_ledger(
    connection: sa.engine.Connection, table: sa.Table, reconciliations: Sequence[Reconciliation]
) -> Ledger:
    """Fill the columns of the reconciliation in the rows that batches have of the copies; without one, write a new row.

    :param connection: The connection, within a transaction.
    :param table: The ledger.
    :param reconciliations: The reconciliations. Of the same copy, the last one counts.
    """
    copies = [_copy(reconciliation) for reconciliation in reconciliations]
    stored = _stored_batches(connection, table, copies)
    of_batches: dict[Key, Record] = {}
    of_single_copies: dict[Key, Record] = {}
    names = []
    for reconciliation, copy in zip(reconciliations, copies, strict=True):
        instance, course_id, migration_id = copy
        single = single_copy_batch(migration_id)
        batches = sorted(stored[copy] - {single})
        names.append(batches[0] if batches else single)
        rows = of_batches if batches else of_single_copies
        record = copy_record(reconciliation) | reconciliation_record(reconciliation)
        for batch in batches or [single]:
            rows[instance, batch, course_id] = {"canvas_instance": instance, "batch": batch, **record}
        if batches and single in stored[copy]:  # the copy was reconciled before a batch knew it
            key = dict(zip(LEDGER_KEY, (instance, single, course_id), strict=True))
            connection.execute(sa.delete(table).where(*(table.c[name] == value for name, value in key.items())))
    dialect = connection.dialect.name
    execute_many(connection, _batch_upsert(table, dialect), [of_batches[key] for key in sorted(of_batches)])
    execute_many(connection, _upsert(table, dialect), [of_single_copies[key] for key in sorted(of_single_copies)])
    return Ledger(len(of_batches) + len(of_single_copies), names)


def _copy(reconciliation: Reconciliation) -> Copy:
    migration_id = reconciliation.migration.content_migration_id
    return reconciliation.canvas_instance, reconciliation.destination.course_id, migration_id


def _stored_batches(
    connection: sa.engine.Connection, table: sa.Table, copies: Sequence[Copy]
) -> Mapping[Copy, set[str]]:
    """Return the batches that have a row of each copy; the rows are locked until the transaction ends."""
    columns = [table.c[name] for name in ("canvas_instance", "dest_course_id", "content_migration_id")]
    stored: dict[Copy, set[str]] = {copy: set() for copy in copies}
    ordered = sorted(stored)
    for start in range(0, len(ordered), _COPIES_PER_QUERY):
        named = sa.tuple_(*columns).in_(ordered[start : start + _COPIES_PER_QUERY])
        query = sa.select(*columns, table.c.batch).where(named).order_by(table.c.dest_course_id).with_for_update()
        for row in connection.execute(query):
            stored[row.canvas_instance, row.dest_course_id, row.content_migration_id].add(row.batch)
    return stored


@lru_cache(maxsize=64)
def _batch_upsert(table: sa.Table, dialect: str) -> Any:
    """Return the statement that writes the columns of the reconciliation, and the issues that Canvas has now."""
    return _on_conflict(table, dialect, [*RECONCILIATION_COLUMNS, "issues_todo", "issues_warning", "issues_error"])


@lru_cache(maxsize=64)
def _upsert(table: sa.Table, dialect: str) -> Any:
    """Return the statement that writes all columns."""
    return _on_conflict(table, dialect, [column.name for column in table.c if column.name not in LEDGER_KEY])


def _on_conflict(table: sa.Table, dialect: str, columns: Collection[str]) -> Any:
    insert = insert_many(table, dialect)
    values = {name: insert.excluded[name] for name in (*columns, "format_version")}
    first = "first_reconciled_at"
    values[first] = sa.func.coalesce(table.c[first], insert.excluded[first])
    return insert.on_conflict_do_update(index_elements=list(LEDGER_KEY), set_=values)
