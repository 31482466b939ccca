"""The tables of reconciliations: what is stored of a pair of courses, and what a run adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from airflow_provider_canvas.ledger.patience import Patience
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.sql import (
    Written,
    load_previous_assets,
    prepare_tables,
    write_tables,
)
from airflow_provider_canvas.reconciliation.rows import PreviousAsset


@dataclass(frozen=True)
class Store:
    """The tables of reconciliations in one database.

    A database that is away is retried for two minutes; each call is one transaction.

    :param engine: The engine of a SQLite or PostgreSQL database.
    :param asset_table: The table of assets.
    :param ledger_table: The table of copies.
    :param link_table: The table of stale links.
    :param schema: The schema of the tables; it must exist.
    """

    engine: sa.engine.Engine
    asset_table: str = "canvas_asset_map"
    ledger_table: str = "canvas_copy_ledger"
    link_table: str = "canvas_stale_link"
    schema: str | None = None
    patience: Patience = field(default_factory=Patience)
    """Retries a database that is away."""

    def prepare(self) -> None:
        """Create the tables that are missing, and upgrade those of an earlier format. Call it before the first request.

        :raises CanvasInputError: If a table cannot be used.
        """
        self.patience.run(
            lambda: prepare_tables(
                self.engine,
                asset_table=self.asset_table,
                ledger_table=self.ledger_table,
                link_table=self.link_table,
                schema=self.schema,
            )
        )

    def previous(self, canvas_instance: str, source_course_id: str, dest_course_id: str) -> list[PreviousAsset]:
        """Return the pairs that the previous reconciliation of two courses stored.

        :param canvas_instance: The host of the Canvas.
        :param source_course_id: The course that was copied.
        :param dest_course_id: The course that was copied into.
        """
        return self.patience.run(
            lambda: load_previous_assets(
                self.engine,
                canvas_instance,
                source_course_id,
                dest_course_id,
                asset_table=self.asset_table,
                schema=self.schema,
            )
        )

    def write(self, reconciliations: Sequence[Reconciliation]) -> Written:
        """Write reconciliations in one transaction, with the rows of their copies in the ledger.

        :param reconciliations: The reconciliations.
        """
        return self.patience.run(
            lambda: write_tables(
                self.engine,
                reconciliations,
                asset_table=self.asset_table,
                ledger_table=self.ledger_table,
                link_table=self.link_table,
                schema=self.schema,
            )
        )
