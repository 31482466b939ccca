"""The ledger of one batch: planned, updated and read in few statements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from copy import copy
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Self, TypeVar

import sqlalchemy as sa

from airflow_provider_canvas.ledger.batch_name import check_batch_name
from airflow_provider_canvas.ledger.copy_row import BatchRow, CopyRow, IssueRow
from airflow_provider_canvas.ledger.errors import BatchBusyError
from airflow_provider_canvas.ledger.lease import acquire_statement, renew_statement, take
from airflow_provider_canvas.ledger.many_rows import ROWS_PER_STATEMENT, execute_many, for_single_statements
from airflow_provider_canvas.ledger.patience import PATIENCE, Patience
from airflow_provider_canvas.ledger.records import batch_row, copy_record, copy_row, id_text, issue_record, issue_row
from airflow_provider_canvas.ledger.schema import check_database, create_tables, tables_exist
from airflow_provider_canvas.ledger.statements import (
    issue_upsert,
    issues_query,
    note_upsert,
    plan_upsert,
    update_upsert,
    verdict_upsert,
)
from airflow_provider_canvas.ledger.states import IN_FLIGHT, CopyState
from airflow_provider_canvas.ledger.tables import copy_batch, copy_issue, copy_ledger

T = TypeVar("T")

ROWS_PER_TRANSACTION = 1_000
"""How many rows one transaction plans, and how many one query reads."""
ISSUES_PER_PAGE = 5_000
"""How many issues one query reads."""
_KEYS_PER_STATEMENT = 900


class BatchLedger:
    """The rows of one batch in the ledger.

    Each method is one short transaction, or one per thousand rows, so other processes never wait long. A database that
    is away is retried for ``patience`` seconds. All methods may be called from several threads at once.

    :param engine: The engine of a SQLite or PostgreSQL database.
    :param canvas_instance: The host of the Canvas.
    :param batch: The name of the batch.
    :param ledger_table: The table of copies.
    :param batch_table: The table of batches.
    :param issue_table: The table of issues.
    :param schema: The schema of the tables; it must exist.
    :param patience: How many seconds a database that is away is retried.
    :raises CanvasInputError: If the database is neither SQLite nor PostgreSQL, or the name of the batch is not valid.
    """

    def __init__(
        self,
        engine: sa.engine.Engine,
        *,
        canvas_instance: str,
        batch: str,
        ledger_table: str = "canvas_copy_ledger",
        batch_table: str = "canvas_copy_batch",
        issue_table: str = "canvas_copy_issue",
        schema: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        check_database(engine)
        self.engine = engine
        self._single = for_single_statements(engine)
        self.canvas_instance = canvas_instance
        self.batch_name = check_batch_name(batch)
        self._key = {"canvas_instance": canvas_instance, "batch": self.batch_name}
        self._copies = copy_ledger(ledger_table, schema)
        self._batches = copy_batch(batch_table, schema)
        self._issues = copy_issue(issue_table, schema)
        self.tables = (self._copies, self._batches, self._issues)
        self.patience = Patience(patience)

    def with_patience(self, seconds: float) -> Self:
        """Return the same ledger with another patience.

        :param seconds: How many seconds a database that is away is retried.
        """
        other = copy(self)
        other.patience = Patience(seconds)
        return other

    def create_tables(self) -> None:
        """Create the tables that are missing. Several tasks may do so at the same time.

        :raises CanvasInputError: If a table has the columns of an earlier version of this package.
        """
        self.patience.run(lambda: create_tables(self.engine, self.tables))

    def exists(self) -> bool:
        """Return whether all tables exist.

        :raises CanvasInputError: If a table has the columns of an earlier version of this package.
        """
        return self.patience.run(lambda: tables_exist(self.engine, self.tables))

    def rows(
        self, states: Collection[CopyState] | None = None, dest_course_ids: Collection[str] | None = None
    ) -> Iterator[CopyRow]:
        """Yield the rows in the order of the input, read a thousand at a time.

        No transaction stays open between the pages, so the rows may be updated meanwhile.

        :param states: Only rows in one of these states; all without it.
        :param dest_course_ids: Only rows of these destinations, at most some hundreds; all without it.
        """
        table = self._copies
        query = sa.select(*self._row_columns).where(*self._scope(table)).limit(ROWS_PER_TRANSACTION)
        query = query.order_by(table.c.row_number, table.c.dest_course_id)
        if states is not None:
            query = query.where(table.c.state.in_([str(state) for state in states]))
        if dest_course_ids is not None:
            query = query.where(table.c.dest_course_id.in_([id_text(each) for each in dest_course_ids]))
        page = self._read(query)
        while page:
            yield from map(copy_row, page)
            if len(page) < ROWS_PER_TRANSACTION:
                return
            number, course_id = page[-1]["row_number"], page[-1]["dest_course_id"]
            same_number = sa.and_(table.c.row_number == number, table.c.dest_course_id > course_id)
            page = self._read(query.where(sa.or_(table.c.row_number > number, same_number)))

    def row(self, dest_course_id: str) -> CopyRow | None:
        """Return the row of a destination, or ``None``.

        :param dest_course_id: The destination as the row has it.
        """
        table = self._copies
        query = sa.select(*self._row_columns).where(
            *self._scope(table), table.c.dest_course_id == id_text(dest_course_id)
        )
        return next(map(copy_row, self._read(query)), None)

    def counts(self) -> dict[CopyState, int]:
        """Return the number of rows in each state that has any."""
        state = self._copies.c.state
        query = sa.select(state, sa.func.count().label("rows")).where(*self._scope(self._copies)).group_by(state)
        found = {record["state"]: record["rows"] for record in self._read(query)}
        return {each: found[each] for each in CopyState if each in found}

    def batch_names(self) -> list[str]:
        """Return the names of all batches that the ledger has of this Canvas, those planned last first."""
        last = sa.func.max(self._copies.c.planned_at)
        query = sa.select(self._copies.c.batch).where(self._copies.c.canvas_instance == self.canvas_instance)
        return [record["batch"] for record in self._read(query.group_by(self._copies.c.batch).order_by(last.desc()))]

    def counts_by_source(self) -> dict[str, dict[CopyState, int]]:
        """Return the number of rows in each state, by the source's id."""
        source, state = self._copies.c.source_course_id, self._copies.c.state
        query = sa.select(source, state, sa.func.count().label("rows")).where(*self._scope(self._copies))
        counts: dict[str, dict[CopyState, int]] = {}
        for record in self._read(query.group_by(source, state).order_by(source, state)):
            counts.setdefault(record["source_course_id"], {})[CopyState(record["state"])] = record["rows"]
        return counts

    def issue_counts(self) -> dict[str, int]:
        """Return the number of unresolved issues of all copies by type: ``error``, ``warning``, ``todo``."""
        table = self._copies
        sums = [
            sa.func.coalesce(sa.func.sum(table.c[f"issues_{kind}"]), 0).label(kind)
            for kind in ("error", "warning", "todo")
        ]
        return {kind: int(count) for kind, count in self._read(sa.select(*sums).where(*self._scope(table)))[0].items()}

    def last_submitted(self, limit: int) -> list[tuple[str, datetime, datetime | None]]:
        """Return the source, the submission and the end of the copies that were submitted last, in this order.

        Canvas numbers content migrations in the order of their POSTs. Copies that another task or user started are left
        out.

        :param limit: How many copies to return at most.
        """
        table = self._copies.c
        query = sa.select(table.source_course_id, table.submitted_at, table.ended_at).where(
            *self._scope(self._copies),
            table.content_migration_id.is_not(None),
            table.submitted_at.is_not(None),
            table.started_by_other.is_(False),
        )
        migration_id = table.content_migration_id
        query = query.order_by(sa.func.length(migration_id).desc(), migration_id.desc()).limit(limit)
        return [tuple(record.values()) for record in reversed(self._read(query))]

    def edited_copies(self) -> dict[str, int]:
        """Return, by content migration, how many assets were edited after the copy, as its reconciliation found.

        Copies of all batches of this Canvas count; those of which no edit is known are left out.
        """
        table = self._copies
        query = sa.select(table.c.reconciled_content_migration_id, table.c.changed_since_copy).where(
            table.c.canvas_instance == self.canvas_instance, table.c.changed_since_copy > 0
        )
        return {row["reconciled_content_migration_id"]: row["changed_since_copy"] for row in self._read(query)}

    def plan(self, rows: Iterable[CopyRow]) -> None:
        """Write what the plan found, a thousand rows per transaction.

        A row in flight stays as it is, and so does one that succeeded with the same source and request. A row that was
        tried without success keeps its state and attempts if it is planned again with the same source and request: it
        depends on the task that copies whether it is tried again.

        :param rows: Rows that are planned, refused, or already present.
        :raises RuntimeError: If two rows have the same destination.
        """
        statement, seen = plan_upsert(self._copies, self._dialect), set[str]()
        pending = iter(rows)
        while chunk := [self._record(copy_record(row)) for row in islice(pending, ROWS_PER_TRANSACTION)]:
            for record in chunk:
                if record["dest_course_id"] in seen:
                    raise RuntimeError(
                        f"Two rows of the batch {self.batch_name!r} have the destination {record['dest_course_id']!r}. "
                        "Plan one row per destination."
                    )
                seen.add(record["dest_course_id"])
            self._write(statement, chunk)

    def update(self, rows: Sequence[CopyRow]) -> None:
        """Write all columns of the copies, in one transaction; of two rows with the same destination the later counts.

        What a reconciliation filled stays, unless the row now has another content migration.

        :param rows: The rows.
        """
        records = {record["dest_course_id"]: self._record(record) for record in map(copy_record, rows)}
        self._write(update_upsert(self._copies, self._dialect), list(records.values()))

    def annotate(self, rows: Sequence[CopyRow]) -> None:
        """Write only ``plan_verdict``, ``plan_detail``, ``row_number`` and ``labels`` of rows.

        So a run may change the same rows at the same time.

        :param rows: The rows.
        """
        self._write(verdict_upsert(self._copies, self._dialect), [self._record(copy_record(row)) for row in rows])

    def remove(self, dest_course_ids: Sequence[str]) -> int:
        """Remove rows that were only planned; return how many were. Rows of copies that were tried stay.

        :param dest_course_ids: The destinations of the rows.
        """
        old, ids, removed = self._copies.c, sorted({id_text(each) for each in dest_course_ids}), 0
        never_tried = [
            old.attempts == 0,
            old.content_migration_id.is_(None),
            old.reconciled_at.is_(None),
            old.state.not_in([str(state) for state in IN_FLIGHT]),
        ]
        statement = sa.delete(self._copies).where(*self._scope(self._copies), *never_tried)
        for start in range(0, len(ids), _KEYS_PER_STATEMENT):
            delete = statement.where(old.dest_course_id.in_(ids[start : start + _KEYS_PER_STATEMENT]))
            removed += self._execute(delete)
        return removed

    def add_issues(self, issues: Sequence[IssueRow]) -> None:
        """Write issues, in one transaction. An issue that is stored already is updated.

        :param issues: The issues.
        """
        records = {
            (record["content_migration_id"], record["issue_id"]): self._record(record)
            for record in map(issue_record, issues)
        }
        self._write(issue_upsert(self._issues, self._dialect), list(records.values()))

    def issues(self, limit: int | None = None) -> Iterator[IssueRow]:
        """Yield the issues of the copies that the rows have now: errors, then warnings, then todos.

        :param limit: How many issues to yield at most; all without it.
        """
        query, order = issues_query(self._issues, self._copies, self._key)
        left, after = limit, None
        while left is None or left > 0:
            size = ISSUES_PER_PAGE if left is None else min(left, ISSUES_PER_PAGE)
            following = query if after is None else query.where(sa.tuple_(*order) > sa.tuple_(*after))
            page = self._read(following.limit(size))
            yield from map(issue_row, page)
            if len(page) < size:
                return
            after = [page[-1][column.name] for column in order]
            left = None if left is None else left - size

    def batch(self) -> BatchRow | None:
        """Return the row of the batch, or ``None`` if nothing was written about it."""
        return next(map(batch_row, self._read(sa.select(self._batches).where(*self._scope(self._batches)))), None)

    def note(self, **fields: Any) -> None:
        """Write columns of the batch: ``used_requests`` and ``used_cost`` are added to what is there.

        ``first_submitted_at`` keeps the earliest time, ``last_ended_at`` the latest.

        :param fields: The columns and their values.
        """
        statement, record = note_upsert(self._batches, self._dialect, fields)
        self._execute(statement, self._record(record))

    def acquire(self, owner: str, seconds: float) -> None:
        """Take the lease of the batch, in one atomic statement: two runs never work on the same batch.

        The clock of the database decides whether a lease has expired, because the clocks of two workers may differ.

        :param owner: The run. The same owner acquires its lease again.
        :param seconds: How long the lease holds, unless it is renewed.
        :raises BatchBusyError: If another run has the lease.
        """
        self._lease(acquire_statement(self._batches, self._dialect), owner, seconds)

    def renew(self, owner: str, seconds: float) -> None:
        """Extend the lease of the batch from now on.

        A lease that expired meanwhile is renewed too, as long as no other run took it.

        :param owner: The run that has the lease.
        :param seconds: How long the lease holds from now on.
        :raises BatchBusyError: If another run has the lease.
        """
        self._lease(renew_statement(self._batches, self._dialect), owner, seconds)

    def release(self, owner: str) -> None:
        """Give the lease back, if the owner has it.

        :param owner: The run that has the lease.
        """
        table = self._batches
        statement = sa.update(table).where(*self._scope(table), table.c.lease_owner == id_text(owner))
        self._execute(statement.values(lease_owner=None, lease_until=None))

    @property
    def _dialect(self) -> str:
        return self.engine.dialect.name

    @property
    def _row_columns(self) -> list[sa.Column[Any]]:
        return [self._copies.c[name] for name in CopyRow.__dataclass_fields__]

    def _scope(self, table: sa.Table) -> list[Any]:
        """Return the conditions that select the rows of this batch."""
        return [table.c[name] == value for name, value in self._key.items()]

    def _record(self, record: dict[str, Any]) -> dict[str, Any]:
        return self._key | record

    def _lease(self, statement: Any, owner: str, seconds: float) -> None:
        values = self._key | {"owner": id_text(owner), "seconds": seconds, "now": datetime.now(UTC)}
        found = self._transact(lambda connection: take(connection, statement, values, self._batches))
        if found["lease_owner"] != values["owner"]:
            raise BatchBusyError(self.batch_name, found["lease_owner"], found["lease_until"])

    def _read(self, query: Any) -> list[Any]:
        return self._transact(lambda connection: list(connection.execute(query).mappings()), single=True)

    def _execute(self, statement: Any, values: dict[str, Any] | None = None) -> int:
        """Execute a single statement; return how many rows it changed."""
        return self._transact(lambda connection: connection.execute(statement, values or {}).rowcount, single=True)

    def _write(self, statement: Any, records: list[dict[str, Any]]) -> None:
        if records:
            # All transactions lock rows in the same order, so that two of them never wait for each other.
            records.sort(key=lambda record: record["dest_course_id"])
            single = len(records) <= ROWS_PER_STATEMENT
            self._transact(lambda connection: execute_many(connection, statement, records), single=single)

    def _transact(self, work: Callable[[sa.engine.Connection], T], *, single: bool = False) -> T:
        """Return the result of work within a transaction, which is repeated as a whole while the database is away."""
        engine = self._single if single else self.engine

        def attempt() -> T:
            with engine.begin() as connection:
                return work(connection)

        return self.patience.run(attempt)
