"""The lineage of the repair of links: from the table of stale links into courses and the table of changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_provider_canvas.lineage.datasets import course_dataset, table_dataset
from airflow_provider_canvas.lineage.run_facets import RepairFacet
from airflow_provider_canvas.lineage.without_failing import without_failing
from airflow_provider_canvas.reconciliation.report.tables import stale_link
from airflow_provider_canvas.repair.states import RepairState
from airflow_provider_canvas.repair.tables import RepairTables, link_repair

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from airflow_provider_canvas.operators.repair_links import CanvasRepairLinksOperator
    from airflow_provider_canvas.repair.lines import ChangeLine

_CHANGED = (RepairState.REPAIRED, RepairState.UNDONE)
"""The states of changes that were made in a course."""


@without_failing
def note_repair(
    task: CanvasRepairLinksOperator,
    engine: Engine,
    tables: RepairTables,
    lines: Sequence[ChangeLine],
    undo: str | None,
    *,
    dry_run: bool,
) -> None:
    """Note a repair, or the way back.

    :param task: The operator, rendered.
    :param engine: The engine of the database.
    :param tables: The names of the tables.
    :param lines: The changes that were planned or made.
    :param undo: The run whose changes were taken back.
    :param dry_run: Whether nothing was changed in Canvas.
    """
    host, lineage = task.hook.settings.host, task.lineage
    if undo is None:
        lineage.read(table_dataset(engine, stale_link(tables.links, tables.schema)))
    lineage.write(table_dataset(engine, link_repair(tables.repairs, tables.schema)))
    for course_id in dict.fromkeys(line.course_id for line in lines if line.state in _CHANGED):
        lineage.write(course_dataset(host, course_id, None, None))
    states = {str(state): count for state, count in Counter(line.state for line in lines).items()}
    lineage.describe(RepairFacet(canvas_instance=host, dry_run=dry_run, changes=len(lines), states=states, undo=undo))
