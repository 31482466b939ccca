"""The upserts of the ledger. Each is built once per table and database, and many rows share one execution."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.ledger.many_rows import insert_many, insert_one
from airflow_provider_canvas.ledger.records import clean_value
from airflow_provider_canvas.ledger.states import IN_FLIGHT, SUCCEEDED, UNSUCCESSFUL, CopyState
from airflow_provider_canvas.ledger.tables import (
    BATCH_KEY,
    COPY_COLUMNS,
    FORMAT_VERSION,
    ISSUE_KEY,
    LEDGER_KEY,
    RECONCILIATION_COLUMNS,
)

_OF_THE_PLAN = {
    "row_number", "source_course_id", "source_sis_course_id", "source_course_name", "dest_sis_course_id",
    "dest_course_name", "dest_as_written", "request", "labels", "plan_verdict", "plan_detail", "lane", "planned_at",
}  # fmt: skip
"""Columns that each plan writes."""
_OF_THE_STATE = {"state", "state_detail", "state_changed_at", "run"}
"""Columns that a plan writes unless the row was tried without success."""
_NOT_NULL = {"attempts", "started_by_other", "issues_todo", "issues_warning", "issues_error"}
"""Columns of the copy that are never NULL, so NULL cannot stand for what a plan does not know."""


@lru_cache(maxsize=64)
def update_upsert(table: sa.Table, dialect: str) -> Any:
    """Return the statement that writes all columns of copies.

    :param table: The table of copies.
    :param dialect: ``sqlite`` or ``postgresql``.
    """
    insert = insert_many(table, dialect)
    new, old = insert.excluded, table.c
    values: dict[str, Any] = {name: new[name] for name in (*COPY_COLUMNS, "format_version")}
    reconciled = old.reconciled_content_migration_id
    same_copy = sa.or_(new.content_migration_id.is_(None), new.content_migration_id == reconciled)
    for name in RECONCILIATION_COLUMNS:
        values[name] = sa.case((same_copy, old[name]), else_=None)
    return insert.on_conflict_do_update(index_elements=list(LEDGER_KEY), set_=values)


@lru_cache(maxsize=64)
def verdict_upsert(table: sa.Table, dialect: str) -> Any:
    """Return the statement that writes only the verdict of the plan, and the line and the labels of the input.

    :param table: The table of copies.
    :param dialect: ``sqlite`` or ``postgresql``.
    """
    insert = insert_many(table, dialect)
    values = {name: insert.excluded[name] for name in ("plan_verdict", "plan_detail", "row_number", "labels")}
    return insert.on_conflict_do_update(index_elements=list(LEDGER_KEY), set_=values)


@lru_cache(maxsize=64)
def plan_upsert(table: sa.Table, dialect: str) -> Any:
    """Return the statement that writes what a plan found; see :meth:`.BatchLedger.plan`.

    :param table: The table of copies.
    :param dialect: ``sqlite`` or ``postgresql``.
    """
    insert = insert_many(table, dialect)
    new, old = insert.excluded, table.c
    same_request = sa.and_(
        old.source_course_id == new.source_course_id,
        sa.cast(old.request, sa.Text) == sa.cast(new.request, sa.Text),
    )
    keeps_state = sa.and_(same_request, _in(old.state, UNSUCCESSFUL), _in(new.state, {CopyState.PLANNED}))
    values: dict[str, Any] = {"format_version": new.format_version}
    for name in COPY_COLUMNS:
        if name in _OF_THE_PLAN:
            values[name] = new[name]
        elif name == "submission":
            # Also of another request: what is submitted next is newer than the content migration that this one made.
            values[name] = sa.func.coalesce(new[name], old[name])
        elif name in _OF_THE_STATE:
            values[name] = sa.case((keeps_state, old[name]), else_=new[name])
        else:
            kept = old[name] if name in _NOT_NULL else sa.func.coalesce(new[name], old[name])
            values[name] = sa.case((same_request, kept), else_=new[name])
    protected = sa.or_(_in(old.state, IN_FLIGHT), sa.and_(_in(old.state, SUCCEEDED), same_request))
    return insert.on_conflict_do_update(index_elements=list(LEDGER_KEY), set_=values, where=sa.not_(protected))


@lru_cache(maxsize=64)
def issue_upsert(table: sa.Table, dialect: str) -> Any:
    """Return the statement that writes issues.

    :param table: The table of issues.
    :param dialect: ``sqlite`` or ``postgresql``.
    """
    insert = insert_many(table, dialect)
    values = {column.name: insert.excluded[column.name] for column in table.c if column.name not in ISSUE_KEY}
    return insert.on_conflict_do_update(index_elements=list(ISSUE_KEY), set_=values)


def issues_query(issues: sa.Table, copies: sa.Table, key: Mapping[str, str]) -> tuple[Any, list[Any]]:
    """Return the query of a batch's issues, and the columns of its order, which identify an issue.

    :param issues: The table of issues.
    :param copies: The table of copies.
    :param key: The Canvas and the batch.
    """
    severity = sa.case({"error": 0, "warning": 1, "todo": 2}, value=issues.c.issue_type, else_=3).label("severity")
    order = [severity, issues.c.dest_course_id, issues.c.content_migration_id, issues.c.issue_id]
    of_the_copy = [
        copies.c.canvas_instance == issues.c.canvas_instance,
        copies.c.batch == issues.c.batch,
        copies.c.dest_course_id == issues.c.dest_course_id,
        copies.c.content_migration_id == issues.c.content_migration_id,
    ]
    query = sa.select(issues, severity).join(copies, sa.and_(*of_the_copy))
    return query.where(*(issues.c[name] == value for name, value in key.items())).order_by(*order), order


_NOTED = {
    "options", "planned_requests", "planned_cost", "planned_seconds", "used_requests", "used_cost",
    "first_submitted_at", "last_ended_at",
}  # fmt: skip


def note_upsert(table: sa.Table, dialect: str, fields: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the statement that writes columns of a batch, and the record for it.

    :param table: The table of batches.
    :param dialect: ``sqlite`` or ``postgresql``.
    :param fields: The columns and their values.
    :raises TypeError: If a column does not exist, or only a lease may change it.
    """
    if unknown := set(fields) - _NOTED:
        raise TypeError(f"A note about a batch cannot have {sorted(unknown)}, only {sorted(_NOTED)}.")
    record = new_batch() | {name: clean_value(name, value) for name, value in fields.items()}
    insert = insert_one(table, dialect)
    new, old = insert.excluded, table.c
    values: dict[str, Any] = {"format_version": new.format_version}
    for name in fields:
        if name in ("used_requests", "used_cost"):
            values[name] = old[name] + new[name]
        elif name == "first_submitted_at":
            values[name] = sa.case((old[name] <= new[name], old[name]), else_=sa.func.coalesce(new[name], old[name]))
        elif name == "last_ended_at":
            values[name] = sa.case((old[name] >= new[name], old[name]), else_=sa.func.coalesce(new[name], old[name]))
        else:
            values[name] = new[name]
    return insert.on_conflict_do_update(index_elements=list(BATCH_KEY), set_=values), record


def new_batch() -> dict[str, Any]:
    """Return the columns of a batch about which nothing is known yet."""
    return {
        "created_at": datetime.now(UTC),
        "options": {},
        "used_requests": 0,
        "used_cost": 0.0,
        "format_version": FORMAT_VERSION,
    }


def _in(column: Any, states: frozenset[CopyState] | set[CopyState]) -> Any:
    """Return the condition that a state is one of several. They are literals: ``executemany`` binds only rows."""
    return column.in_([sa.literal_column(f"'{state}'") for state in sorted(states)])
