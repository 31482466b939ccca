"""The copies of a batch that are to be reconciled, and those that cannot be. The ledger is the only memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.course_pairs.store import Store
from airflow_provider_canvas.ledger.records import MAX_SENTENCE
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.ledger.tables import RECONCILIATION_COLUMNS, copy_ledger
from airflow_provider_canvas.security.redaction import redact

UNREADABLE = "unreadable"
"""The verdict on a copy that could not be reconciled, because something of it could not be read."""

COMPLETED = (CopyState.COMPLETED, CopyState.COMPLETED_WITH_ISSUES)
"""The states of copies that can be reconciled."""


@dataclass(frozen=True, kw_only=True)
class BatchCopy:
    """A completed copy of a batch.

    :param dest_course_id: The course that was copied into.
    :param source_course_id: The course that was copied.
    :param content_migration_id: The content migration.
    :param select: What the copy selected; ``None`` for everything.
    :param importer_skips: What the copy left out, such as ``all_course_settings``.
    """

    dest_course_id: str
    source_course_id: str
    content_migration_id: str
    select: Mapping[str, Any] | None = None
    importer_skips: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UnreadableCopy:
    """A copy that could not be reconciled.

    :param copy: The copy.
    :param reason: What could not be read, and what to do, as sentences.
    :param tried_at: When it was tried.
    """

    copy: BatchCopy
    reason: str
    tried_at: datetime


@dataclass(frozen=True)
class BatchRows:
    """The rows of a batch in the ledger, as a reconciliation sees them.

    :param store: The tables.
    :param canvas_instance: The host of the Canvas.
    :param batch: The name of the batch.
    """

    store: Store
    canvas_instance: str
    batch: str

    @property
    def table(self) -> sa.Table:
        """The table of copies."""
        return copy_ledger(self.store.ledger_table, self.store.schema)

    @property
    def of_the_batch(self) -> list[Any]:
        """The conditions that select the rows of the batch."""
        return [self.table.c.canvas_instance == self.canvas_instance, self.table.c.batch == self.batch]

    @property
    def completed(self) -> list[Any]:
        """The conditions that select the rows of copies that can be reconciled."""
        row = self.table.c
        states = [str(state) for state in COMPLETED]
        return [*self.of_the_batch, row.state.in_(states), row.content_migration_id.is_not(None)]

    @property
    def tried(self) -> list[Any]:
        """The conditions that select the rows whose copy was reconciled, or could not be read."""
        return [*self.completed, self.table.c.reconciled_content_migration_id == self.table.c.content_migration_id]

    def to_reconcile(self, *, again_by: tuple[str, str] | None = None) -> list[BatchCopy]:
        """Return the copies that are to be reconciled, those of the same source together.

        A copy that could not be read before is among them.

        :param again_by: The DAG run and its task that reconcile all copies again, also those that others reconciled.
        """
        row = self.table.c
        is_done = sa.and_(row.reconciled_content_migration_id == row.content_migration_id, row.verdict != UNREADABLE)
        if again_by is not None:
            is_done = sa.and_(is_done, row.run_id == again_by[0], row.reconciled_by == again_by[1])
        query = sa.select(row.dest_course_id, row.source_course_id, row.content_migration_id, row.request)
        query = query.where(*self.completed, sa.not_(sa.func.coalesce(is_done, sa.false())))
        query = query.order_by(row.source_course_id, row.row_number, row.dest_course_id)
        return [
            BatchCopy(
                dest_course_id=record["dest_course_id"],
                source_course_id=record["source_course_id"],
                content_migration_id=record["content_migration_id"],
                select=(record["request"] or {}).get("select"),
                importer_skips=tuple((record["request"] or {}).get("importer_skips") or ()),
            )
            for record in self.read(query)
        ]

    def count_completed(self) -> int:
        """Return the number of copies that can be reconciled."""
        query = sa.select(sa.func.count().label("copies")).select_from(self.table).where(*self.completed)
        return int(self.read(query)[0]["copies"])

    def any_reconciled(self) -> bool:
        """Return whether any copy of the batch was reconciled, by whatever run."""
        row = self.table.c
        return bool(self.read(sa.select(row.dest_course_id).where(*self.tried, row.verdict != UNREADABLE).limit(1)))

    def write_unreadable(self, copies: Sequence[UnreadableCopy], run_id: str, task: str) -> None:
        """Write that copies could not be read, and forget what an earlier reconciliation of them found.

        :param copies: The copies.
        :param run_id: The id of the DAG run.
        :param task: The task of the run.
        """
        row = self.table.c

        def write() -> None:
            with self.store.engine.begin() as connection:
                for each in copies:
                    values: dict[str, Any] = dict.fromkeys(RECONCILIATION_COLUMNS)
                    values |= {
                        "reconciled_content_migration_id": each.copy.content_migration_id,
                        "verdict": UNREADABLE,
                        "unreadable": storable_text(redact(each.reason), MAX_SENTENCE),
                        "run_id": run_id,
                        "reconciled_by": task or None,
                        "first_reconciled_at": sa.func.coalesce(row.first_reconciled_at, each.tried_at),
                        "reconciled_at": each.tried_at,
                    }
                    of_the_copy = [
                        row.dest_course_id == each.copy.dest_course_id,
                        row.content_migration_id == each.copy.content_migration_id,
                    ]
                    connection.execute(sa.update(self.table).where(*self.of_the_batch, *of_the_copy).values(**values))

        self.store.patience.run(write)

    def read(self, query: Any) -> list[Any]:
        """Return the records of a query."""

        def read() -> list[Any]:
            with self.store.engine.connect() as connection:
                return list(connection.execute(query).mappings())

        return self.store.patience.run(read)
