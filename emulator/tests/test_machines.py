from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise
from typing import Any

import pytest

from canvas_emulator.machines import assignment, content_export, content_migration, progress, upload
from canvas_emulator.machines.content_migration import (
    BLUEPRINT_IMPORT,
    CONVERSION_FOR_SELECTION,
    COURSE_COPY,
    FETCH,
    IMPORT_OF_SELECTION,
    PACKAGE_IMPORT,
    PROGRESS_FAILS,
    WAIT_IN_QUEUE,
    WITHOUT_WORKER,
    ZIP_IMPORT,
    Reported,
    Stored,
    fails,
    hung_progress,
    reported,
    slow,
    stuck,
)
from canvas_emulator.machines.plans import Allowed, Plan, check_move
from canvas_emulator.machines.progress import ProgressState

MACHINES = [
    pytest.param(Stored, content_migration.ALLOWED, id="content_migration"),
    pytest.param(ProgressState, progress.ALLOWED, id="progress"),
    pytest.param(content_export.ExportState, content_export.ALLOWED, id="content_export"),
    pytest.param(assignment.AssignmentState, assignment.ALLOWED, id="assignment"),
]

EXPORT, EXPORT_STATE = content_export.EXPORT, content_export.ExportState
STAGES = range(len(COURSE_COPY))

PLANS: list[tuple[StrEnum, Plan, Allowed[Any]]] = [
    (Stored.EXPORTING, COURSE_COPY, content_migration.ALLOWED),
    (Stored.EXPORTING, slow(COURSE_COPY, 3), content_migration.ALLOWED),
    *((Stored.EXPORTING, fails(COURSE_COPY, stage), content_migration.ALLOWED) for stage in STAGES),
    *((Stored.EXPORTING, hung_progress(COURSE_COPY, stage), content_migration.ALLOWED) for stage in STAGES),
    *((Stored.EXPORTING, stuck(COURSE_COPY, stage), content_migration.ALLOWED) for stage in STAGES),
    (Stored.QUEUED, WAIT_IN_QUEUE, content_migration.ALLOWED),
    *(
        (Stored.EXPORTING, plan, content_migration.ALLOWED)
        for plan in (FETCH, PACKAGE_IMPORT, CONVERSION_FOR_SELECTION, ZIP_IMPORT, WITHOUT_WORKER)
    ),
    (Stored.IMPORTING, IMPORT_OF_SELECTION, content_migration.ALLOWED),
    (Stored.EXPORTED, BLUEPRINT_IMPORT, content_migration.ALLOWED),
    (Stored.FAILED, PROGRESS_FAILS, content_migration.ALLOWED),
    *((Stored.EXPORTING, fails(PACKAGE_IMPORT, stage), content_migration.ALLOWED) for stage in range(10)),
    (EXPORT_STATE.CREATED, EXPORT, content_export.ALLOWED),
    *((EXPORT_STATE.CREATED, content_export.fails(EXPORT, stage), content_export.ALLOWED) for stage in range(6)),
    *((EXPORT_STATE.CREATED, content_export.stuck(EXPORT, stage), content_export.ALLOWED) for stage in range(6)),
    (assignment.AssignmentState.MIGRATING, assignment.FAILING_MIGRATION, assignment.ALLOWED),
]


def walk(allowed: Allowed[StrEnum], start: StrEnum, states: Iterable[StrEnum]) -> None:
    for state in states:
        check_move(allowed, start, state)
        start = state


@pytest.mark.parametrize(("start", "plan", "allowed"), PLANS)
def test_every_plan_makes_only_allowed_moves(start: StrEnum, plan: Plan, allowed: Allowed[StrEnum]) -> None:
    """No plan, with or without a fault, makes a move that its machine does not allow."""
    walk(allowed, start, [stage.state for stage in plan])


@pytest.mark.parametrize(("start", "plan", "allowed"), PLANS)
def test_every_plan_moves_its_progress_as_allowed(start: StrEnum, plan: Plan, allowed: Allowed[StrEnum]) -> None:
    """No plan moves a Progress in a way that its machine does not allow."""
    walk(progress.ALLOWED, ProgressState.QUEUED, [stage.progress for stage in plan if stage.progress])


@pytest.mark.parametrize(("states", "allowed"), MACHINES)
def test_every_state_is_in_the_table_and_can_be_left(states: type[StrEnum], allowed: Allowed[StrEnum]) -> None:
    """Each state of each machine is in its table and can be left, except that of a deleted export."""
    assert set(allowed) == set(states)
    assert all(allowed[state] - {state} for state in states if state is not EXPORT_STATE.DELETED)


def test_ended_upload_cannot_restart() -> None:
    """A confirmed or failed upload cannot be left: unlike jobs, it is not run again."""
    assert set(upload.ALLOWED) == set(upload.UploadState)
    assert {state for state, ways in upload.ALLOWED.items() if not ways} == set(upload.FINAL)


def test_conversion_for_a_selection_completes_its_progress() -> None:
    """The Progress is completed while the migration waits, which misleads a client that polls only the Progress."""
    assert (CONVERSION_FOR_SELECTION[-1].state, CONVERSION_FOR_SELECTION[-1].progress) == (
        Stored.EXPORTED,
        ProgressState.COMPLETED,
    )


@pytest.mark.parametrize("state", Stored)
def test_every_stored_state_is_reported(state: Stored) -> None:
    """Each stored state has a reported state."""
    assert reported(state, imports_immediately=True) in Reported


def test_exported_is_reported_in_two_ways() -> None:
    """``exported`` is reported as ``running``, or as ``waiting_for_select`` if the import waits for a selection."""
    assert reported(Stored.EXPORTED, imports_immediately=True) is Reported.RUNNING
    assert reported(Stored.EXPORTED, imports_immediately=False) is Reported.WAITING_FOR_SELECT


def test_copy_ends_completed_at_100() -> None:
    """A copy's last stage completes its Progress at 100; the migration is imported one stage earlier."""
    *_, before, last = COURSE_COPY
    assert (last.state, last.progress, last.completion) == (Stored.IMPORTED, ProgressState.COMPLETED, 100.0)
    assert (before.state, before.progress, before.completion) == (Stored.IMPORTED, None, 99.5)


def test_percentage_of_a_copy_falls_twice() -> None:
    """The percentage falls during the export, and when the conversion starts."""
    completions = [stage.completion for stage in COURSE_COPY if stage.completion is not None]
    falls = [(a, b) for a, b in pairwise(completions) if b < a]
    assert falls == [(10.0, 7.5), (46.5, 2.5)]


def test_faults_keep_the_stages_before() -> None:
    """A failing plan keeps its earlier stages and then fails; a hung one leaves its Progress unchanged."""
    assert fails(COURSE_COPY, 4)[:4] == COURSE_COPY[:4]
    assert fails(COURSE_COPY, 4)[4].progress is ProgressState.FAILED
    assert hung_progress(COURSE_COPY, 4)[4].progress is None
    assert len(stuck(COURSE_COPY, 4)) == 4
