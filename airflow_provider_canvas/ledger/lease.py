"""The lease of a batch: two runs never work on the same batch.

One atomic statement takes it. Times come from the clock of the database, because workers have different clocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.ledger.columns import UtcDateTime
from airflow_provider_canvas.ledger.many_rows import insert_one
from airflow_provider_canvas.ledger.statements import new_batch
from airflow_provider_canvas.ledger.tables import BATCH_KEY


@lru_cache(maxsize=64)
def acquire_statement(table: sa.Table, dialect: str) -> Any:
    """Return the statement that takes a lease that is free, expired, or the owner's own.

    :param table: The table of batches.
    :param dialect: ``sqlite`` or ``postgresql``.
    """
    old = table.c
    return _take(table, dialect, old.lease_until.is_(None), old.lease_until <= _now(dialect))


@lru_cache(maxsize=64)
def renew_statement(table: sa.Table, dialect: str) -> Any:
    """Return the statement that extends the owner's own lease, and takes one that no run has.

    :param table: The table of batches.
    :param dialect: ``sqlite`` or ``postgresql``.
    """
    return _take(table, dialect)


def take(connection: sa.engine.Connection, statement: Any, values: Mapping[str, Any], table: sa.Table) -> Any:
    """Execute one of these statements; return the owner and the end of the lease after it.

    :param connection: The connection, within a transaction, so that the row stays locked until it is read.
    :param statement: The statement.
    :param values: The key of the batch, and the ``owner``, ``seconds`` and ``now`` of the statement.
    :param table: The table of batches.
    """
    connection.execute(statement, values)
    of_the_batch = [table.c[name] == values[name] for name in BATCH_KEY]
    return connection.execute(sa.select(table.c.lease_owner, table.c.lease_until).where(*of_the_batch)).mappings().one()


def _take(table: sa.Table, dialect: str, *or_if: Any) -> Any:
    owner = sa.bindparam("owner", type_=sa.Text)
    constants = {name: value for name, value in new_batch().items() if name != "created_at"}
    insert = insert_one(table, dialect).values(
        canvas_instance=sa.bindparam("canvas_instance"),
        batch=sa.bindparam("batch"),
        created_at=sa.bindparam("now", type_=UtcDateTime),
        lease_owner=owner,
        lease_until=_now(dialect, sa.bindparam("seconds", type_=sa.Float)),
        **constants,
    )
    free = sa.or_(table.c.lease_owner.is_(None), table.c.lease_owner == insert.excluded.lease_owner, *or_if)
    return insert.on_conflict_do_update(
        index_elements=list(BATCH_KEY),
        set_={"lease_owner": insert.excluded.lease_owner, "lease_until": insert.excluded.lease_until},
        where=free,
    )


def _now(dialect: str, seconds: Any = None) -> Any:
    """Return the time of the database's clock, plus seconds, as its columns store times."""
    if dialect == "postgresql":
        now = sa.func.clock_timestamp(type_=UtcDateTime)
        return now if seconds is None else now + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    shift = [] if seconds is None else [sa.cast(seconds, sa.Text).op("||")(" seconds")]
    return sa.func.strftime("%Y-%m-%d %H:%M:%f000", "now", *shift, type_=UtcDateTime)
