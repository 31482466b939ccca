"""The table of changes: what each run plans, makes and takes back, written as it happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.ledger.many_rows import insert_one
from airflow_provider_canvas.ledger.patience import Patience
from airflow_provider_canvas.ledger.schema import check_database, create_tables
from airflow_provider_canvas.ledger.tables import FORMAT_VERSION
from airflow_provider_canvas.repair.places import Link, Place, Selection
from airflow_provider_canvas.repair.states import RepairState
from airflow_provider_canvas.repair.tables import PLACE_KEY, REPAIR_KEY, link_repair
from airflow_provider_canvas.security.redaction import redact, strip_url_secrets

_KEPT = frozenset({*REPAIR_KEY, "first_seen_at"})
MADE = (RepairState.REPAIRING, RepairState.REPAIRED)
"""The states of changes that Canvas may have. Only the outcome of a change replaces them."""


class RepairLog:
    """Writes and reads the rows of one Canvas. Threads may share it.

    :param engine: The engine of the database: SQLite or PostgreSQL.
    :param canvas_instance: The host of the Canvas.
    :param run_id: The run whose changes are written.
    :param table: Name of the table.
    :param schema: Schema of the table, if it has one.
    :param patience: How long a database that is away is retried.
    """

    def __init__(
        self,
        engine: sa.engine.Engine,
        *,
        canvas_instance: str,
        run_id: str,
        table: str = "canvas_link_repair",
        schema: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.engine, self.canvas_instance, self.run_id = engine, canvas_instance, run_id
        self.table = link_repair(table, schema)
        self._patience = patience or Patience()

    def create_table(self) -> None:
        """Create the table if it is missing.

        :raises CanvasInputError: If the database is not supported, or the table was made by another version.
        """
        check_database(self.engine)
        create_tables(self.engine, [self.table])

    def write(
        self,
        place: Place,
        links: Sequence[Link],
        state: RepairState,
        detail: str,
        backup_uri: str | None = None,
    ) -> None:
        """Write the state of changes of a place, in one transaction.

        :param place: The place.
        :param links: The links that the changes are about.
        :param state: The state.
        :param detail: What happened, as a sentence.
        :param backup_uri: Where the texts before the change are. Without one no change was tried, and the rows of an
            earlier attempt that tried it stay.
        """
        if not links:
            return
        rows = [self._row(place, link, state, detail, backup_uri) for link in links]
        table = self.table
        insert = insert_one(table, self.engine.dialect.name)
        values = {name: insert.excluded[name] for name in rows[0] if name not in _KEPT}
        keep = sa.and_(*(table.c.state != made.value for made in MADE)) if backup_uri is None else None
        upsert = insert.on_conflict_do_update(index_elements=list(REPAIR_KEY), set_=values, where=keep)
        other_plans = sa.delete(table).where(
            table.c.canvas_instance == self.canvas_instance,
            table.c.dest_course_id == place.course_id,
            table.c.place_type == place.place_type,
            table.c.place_id == place.place_id,
            table.c.state == RepairState.PLANNED.value,
            table.c.run_id != self.run_id,
        )

        def work() -> None:
            with self.engine.begin() as connection:
                connection.execute(other_plans)
                connection.execute(upsert, rows)

        self._patience.run(work)

    def change_state(
        self, run_id: str, place: Place, state: RepairState, detail: str, *, undo_run_id: str | None = None
    ) -> None:
        """Change the state of changes that a run made in a place.

        :param run_id: The run that made them.
        :param place: The place with the links that were changed. Other changes of the run in it stay.
        :param state: The new state.
        :param detail: What happened, as a sentence.
        :param undo_run_id: The run that took them back.
        """
        table = self.table
        key = (self.canvas_instance, run_id, *place.key)
        update = (
            sa.update(table)
            .where(*(table.c[name] == value for name, value in zip(PLACE_KEY, key, strict=True)))
            .where(table.c.state.in_([made.value for made in MADE]))
            .where(sa.tuple_(table.c.field, table.c.ordinal).in_([(link.field, link.ordinal) for link in place.links]))
            .values(state=state.value, detail=_clean(detail), changed_at=datetime.now(UTC))
        )
        if undo_run_id is not None:
            update = update.values(undo_run_id=undo_run_id)

        def work() -> None:
            with self.engine.begin() as connection:
                connection.execute(update)

        self._patience.run(work)

    def rows(self, selection: Selection, run_id: str | None = None) -> list[dict[str, Any]]:
        """Return the rows of a run, by course and place.

        :param selection: Which of them.
        :param run_id: The run; by default that which writes.
        """
        table = self.table
        query = (
            sa.select(table)
            .where(table.c.canvas_instance == self.canvas_instance, table.c.run_id == (run_id or self.run_id))
            .where(*selection.conditions(table))
            .order_by(*(table.c[name] for name in REPAIR_KEY[2:]))
        )
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def interrupted(self, selection: Selection) -> list[str]:
        """Return the URIs of the backups of changes in which any run was interrupted.

        :param selection: Which places.
        """
        return self._backups(selection, self.table.c.state == RepairState.REPAIRING.value)

    def undoable(self, selection: Selection, run_id: str) -> list[str]:
        """Return the URIs of the backups of changes that can be taken back, or that this run took back already.

        :param selection: Which places.
        :param run_id: The run that made the changes.
        """
        table = self.table
        is_made = table.c.state.in_([made.value for made in MADE])
        return self._backups(selection, table.c.run_id == run_id, sa.or_(is_made, table.c.undo_run_id == self.run_id))

    def _backups(self, selection: Selection, *conditions: sa.ColumnElement[bool]) -> list[str]:
        table = self.table
        query = (
            sa.select(table.c.backup_uri)
            .where(table.c.canvas_instance == self.canvas_instance, table.c.backup_uri.is_not(None))
            .where(*conditions, *selection.conditions(table))
            .order_by(*(table.c[name] for name in PLACE_KEY))
        )
        with self.engine.connect() as connection:
            return list(dict.fromkeys(connection.scalars(query)))

    def _row(self, place: Place, link: Link, state: RepairState, detail: str, backup_uri: str | None) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "canvas_instance": self.canvas_instance,
            "run_id": self.run_id,
            "dest_course_id": place.course_id,
            "place_type": place.place_type,
            "place_id": place.place_id,
            "field": link.field,
            "ordinal": link.ordinal,
            "source_course_id": place.source_course_id,
            "batch": place.batch,
            "place_title": _clean(place.title),
            "place_url": _clean(place.url),
            "attribute": link.attribute,
            "link_text": _clean(link.link_text),
            "problem": link.problem,
            "before": strip_url_secrets(storable_text(link.url)),
            "after": strip_url_secrets(storable_text(link.right_url)),
            "state": state.value,
            "detail": _clean(detail),
            "backup_uri": backup_uri,
            "undo_run_id": None,
            "first_seen_at": now,
            "changed_at": now,
            "format_version": FORMAT_VERSION,
        }


def _clean(text: str) -> str:
    return redact(storable_text(text))
