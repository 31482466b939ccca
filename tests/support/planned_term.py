"""A term with a section in each situation of a plan, and the plan of copies into it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from canvas_emulator.model.world import World
from canvas_emulator.seeds.term import FIRST_TEMPLATE
from canvas_emulator.seeds.term_situations import BY_NAME

from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.operators.copy_planning import plan_copies
from airflow_provider_canvas.rollover.input_rows import parse_copies
from airflow_provider_canvas.rollover.plan_result import PlanResult
from airflow_provider_canvas.rollover.verdicts import PlanOptions

log = logging.getLogger(__name__)

TEMPLATE = FIRST_TEMPLATE
"""The template that is copied."""


def section(name: str) -> int:
    """Return the number of the section in a situation."""
    course_id = BY_NAME[name].course_id
    assert course_id is not None
    return course_id


def row(destination: int | str, source: int | str = TEMPLATE, **columns: Any) -> dict[str, Any]:
    """Return a row of the input."""
    return {"source_course_id": source, "destination_course_id": destination, **columns}


@dataclass
class PlannedTerm:
    """The plans of one batch.

    :param directory: Where the database is.
    :param connection: The Airflow connection to the emulator.
    :param world: The emulator's world.
    :param batch: The name of the batch.
    """

    directory: Path
    connection: str
    world: World
    batch: str = "fall"

    @property
    def ledger(self) -> BatchLedger:
        """The ledger of the batch."""
        engine = sa.create_engine(f"sqlite:///{self.directory}/ledger.db")
        return BatchLedger(engine, canvas_instance=CanvasHook(self.connection).settings.host, batch=self.batch)

    def plan(self, rows: Sequence[Mapping[str, Any]], *, dry_run: bool = False, **options: str) -> PlanResult:
        """Plan copies."""
        return plan_copies(
            CanvasHook(self.connection),
            self.ledger,
            parse_copies(enumerate(rows, 1)),
            PlanOptions.parse(options),
            log,
            dry_run=dry_run,
        )

    def verdict(self, destination: int | str, source: int | str = TEMPLATE, **options: str) -> CopyRow:
        """Return the planned row of one copy."""
        (planned,) = self.plan([row(destination, source)], **options).rows
        return planned

    def migrations(self, course_id: int) -> list[Any]:
        """Return the content migrations into a course, the oldest first."""
        return self.world.migrations_of(course_id)
