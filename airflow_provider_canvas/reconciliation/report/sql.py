"""Write reconciliations to SQLite or PostgreSQL: rows by natural key, in one transaction.

Missing tables are created, and tables of an earlier format are upgraded. A second run over the same data writes only
the ledger: a row that is as it should be is not written. Rows of assets that neither the two courses nor the mapping
have any more, and of links that are no longer stale, are removed. The ledger keeps the counts of every copy: in the
rows of the batches that have the copy, or in a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa

from airflow_provider_canvas.ledger.schema import check_database, create_tables, lock_database
from airflow_provider_canvas.ledger.tables import copy_ledger
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.ledger_rows import write_ledger
from airflow_provider_canvas.reconciliation.report.records import (
    ASSET_COLUMNS,
    LINK_COLUMNS,
    are_links_checked,
    asset_rows,
    link_rows,
)
from airflow_provider_canvas.reconciliation.report.staged_rows import StagedTable, WriteResult, write_rows
from airflow_provider_canvas.reconciliation.report.tables import asset_map, stale_link
from airflow_provider_canvas.reconciliation.rows import PreviousAsset

ROWS_PER_BATCH = 10_000
"""How many rows are staged at once, in whole courses: so memory is bounded, also for a term."""


@dataclass(frozen=True)
class Written:
    """What became of the rows of the tables.

    :param assets: The rows of assets.
    :param links: The rows of stale links.
    :param copies: The number of rows of the ledger that were written.
    """

    assets: WriteResult = field(default_factory=WriteResult)
    links: WriteResult = field(default_factory=WriteResult)
    copies: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the numbers for a result of a task: of assets, and of links if there are any."""
        links = {f"links_{change}": count for change, count in asdict(self.links).items() if count}
        return asdict(self.assets) | links


def write_tables(
    engine: sa.engine.Engine,
    reconciliations: Reconciliation | Iterable[Reconciliation],
    *,
    asset_table: str = "canvas_asset_map",
    ledger_table: str = "canvas_copy_ledger",
    link_table: str = "canvas_stale_link",
    schema: str | None = None,
) -> Written:
    """Write the assets, stale links and ledger rows of one or many reconciliations, in one transaction.

    :param engine: The engine of a SQLite or PostgreSQL database.
    :param reconciliations: One reconciliation or several. Of the same two courses, the last one counts. An iterator is
        read as it is written, so not all of them are in memory at once.
    :param asset_table: Name of the asset table, created if missing.
    :param ledger_table: Name of the ledger, created if missing.
    :param link_table: Name of the table of stale links, created if missing.
    :param schema: Schema of the tables; it must exist.
    :raises CanvasInputError: If the database is neither SQLite nor PostgreSQL, or a table cannot be used.
    """
    ledger = copy_ledger(ledger_table, schema)
    scope = ("canvas_instance", "dest_course_id", "source_course_id")
    assets = StagedTable(asset_map(asset_table, schema), scope, "asset_type", ASSET_COLUMNS)
    links = StagedTable(stale_link(link_table, schema), scope, "place_type", LINK_COLUMNS)
    prepare_tables(engine, asset_table=asset_table, ledger_table=ledger_table, link_table=link_table, schema=schema)
    written = Written()
    with engine.begin() as connection:
        lock_database(connection)
        for batch in _batches(reconciliations):
            names = write_ledger(connection, ledger, batch)
            of_pairs = {
                (each.canvas_instance, each.destination.course_id, each.source.course_id): each for each in batch
            }
            checked = {
                (each.canvas_instance, each.destination.course_id, each.source.course_id): link_rows(each, name)
                for each, name in zip(batch, names.batches, strict=True)
                if are_links_checked(each)
            }
            written = Written(
                written.assets + write_rows(connection, assets, [asset_rows(each) for each in of_pairs.values()]),
                written.links + write_rows(connection, links, list(checked.values())) if checked else written.links,
                written.copies + names.rows,
            )
    return written


def prepare_tables(
    engine: sa.engine.Engine,
    *,
    asset_table: str = "canvas_asset_map",
    ledger_table: str = "canvas_copy_ledger",
    link_table: str = "canvas_stale_link",
    schema: str | None = None,
) -> None:
    """Create the tables that are missing, and upgrade those of an earlier format.

    :param engine: The engine of a database.
    :param asset_table: Name of the asset table.
    :param ledger_table: Name of the ledger.
    :param link_table: Name of the table of stale links.
    :param schema: Schema of the tables; it must exist.
    :raises CanvasInputError: If the database is neither SQLite nor PostgreSQL, or a table cannot be used.
    """
    check_database(engine)
    tables = (asset_map(asset_table, schema), stale_link(link_table, schema), copy_ledger(ledger_table, schema))
    create_tables(engine, tables)


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
    query = sa.select(*(table.c[column] for column in columns)).where(
        table.c.canvas_instance == canvas_instance,
        table.c.source_course_id == source_course_id,
        table.c.dest_course_id == dest_course_id,
    )
    with engine.connect() as connection:
        return [PreviousAsset(**row) for row in connection.execute(query).mappings()]


def _batches(reconciliations: Reconciliation | Iterable[Reconciliation]) -> Iterator[list[Reconciliation]]:
    """Yield the reconciliations in groups of about ``ROWS_PER_BATCH`` rows.

    Those of a list are in the order of the courses, so that two tasks never wait for each other.
    """
    if isinstance(reconciliations, Reconciliation):
        reconciliations = [reconciliations]
    if isinstance(reconciliations, list | tuple):
        reconciliations = sorted(reconciliations, key=lambda each: (each.canvas_instance, each.destination.course_id))
    batch: list[Reconciliation] = []
    rows = 0
    for reconciliation in reconciliations:
        batch.append(reconciliation)
        rows += len(reconciliation.rows) + len(reconciliation.stale_links) + 1
        if rows >= ROWS_PER_BATCH:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch
