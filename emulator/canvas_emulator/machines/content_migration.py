"""ContentMigration: its stored states, what the API reports for each, and the plans of copies and imports.

The states that Canvas stores are finer than those that it documents, and the reported one goes back and forth:
a course copy is ``running`` until a job works on it, then ``pre_processing``, then ``running`` again. Its percentage
falls, too: the export of the source fills the first half, and the conversion of the package fills the first half once
more. ``pre_processed`` is so short that no poll sees it.

The import of a package is converted, then imported. With a selection to come, each of the two fills the whole of the
percentage, and the Progress is ``completed`` after the first: nothing has been imported then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from canvas_emulator.machines.plans import Allowed, Plan, Stage
from canvas_emulator.machines.progress import ProgressState


class Stored(StrEnum):
    """The state that Canvas stores."""

    CREATED = "created"
    QUEUED = "queued"
    PRE_PROCESSING = "pre_processing"
    PRE_PROCESSED = "pre_processed"
    PRE_PROCESS_ERROR = "pre_process_error"
    EXPORTING = "exporting"
    EXPORTED = "exported"
    IMPORTING = "importing"
    IMPORTED = "imported"
    FAILED = "failed"


class Reported(StrEnum):
    """The state that the API reports."""

    PRE_PROCESSING = "pre_processing"
    PRE_PROCESSED = "pre_processed"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING_FOR_SELECT = "waiting_for_select"
    COMPLETED = "completed"
    FAILED = "failed"


class Effect(StrEnum):
    """What a stage of a migration does to the world."""

    BEGIN = "begin"
    CONVERT = "convert"
    COPY_FILES = "copy_files"
    IMPORT_CONTENT = "import_content"
    FETCH_FILE = "fetch_file"
    READ_PACKAGE = "read_package"
    IMPORT_PACKAGE = "import_package"
    TRY_AGAIN = "try_again"
    RECORD_ERROR = "record_error"


REPORTED: Mapping[Stored, Reported] = {
    Stored.CREATED: Reported.PRE_PROCESSING,
    Stored.QUEUED: Reported.QUEUED,
    Stored.PRE_PROCESSING: Reported.PRE_PROCESSING,
    Stored.PRE_PROCESSED: Reported.PRE_PROCESSED,
    Stored.PRE_PROCESS_ERROR: Reported.FAILED,
    Stored.EXPORTING: Reported.RUNNING,
    Stored.EXPORTED: Reported.RUNNING,
    Stored.IMPORTING: Reported.RUNNING,
    Stored.IMPORTED: Reported.COMPLETED,
    Stored.FAILED: Reported.FAILED,
}


def reported(state: Stored, *, imports_immediately: bool) -> Reported:
    """Return the state that the API reports.

    :param state: The stored one.
    :param imports_immediately: Whether the migration continues by itself after the conversion.
    """
    if state is Stored.EXPORTED and not imports_immediately:
        return Reported.WAITING_FOR_SELECT
    return REPORTED[state]


REQUESTED = frozenset(
    {Stored.EXPORTING, Stored.QUEUED, Stored.EXPORTED, Stored.PRE_PROCESSING, Stored.PRE_PROCESS_ERROR}
)
"""Where a request sends a migration, from whatever state: any PUT runs it once more, holds it, or lets it wait for a
file, which may be refused."""

ALLOWED: Allowed[Stored] = {
    Stored.CREATED: REQUESTED,
    Stored.QUEUED: REQUESTED | {Stored.FAILED},
    Stored.PRE_PROCESSING: REQUESTED | {Stored.PRE_PROCESSED, Stored.FAILED},
    Stored.PRE_PROCESSED: REQUESTED | {Stored.IMPORTING, Stored.FAILED},
    Stored.PRE_PROCESS_ERROR: REQUESTED,
    Stored.EXPORTING: REQUESTED | {Stored.IMPORTING, Stored.FAILED},
    Stored.EXPORTED: REQUESTED | {Stored.PRE_PROCESSED, Stored.IMPORTING, Stored.FAILED},
    Stored.IMPORTING: REQUESTED | {Stored.IMPORTED, Stored.FAILED},
    Stored.IMPORTED: REQUESTED | {Stored.FAILED},
    Stored.FAILED: REQUESTED,
}

FINAL = frozenset({Stored.IMPORTED, Stored.FAILED, Stored.PRE_PROCESS_ERROR})

STARTS = frozenset({Stored.PRE_PROCESSING, Stored.EXPORTING, Stored.IMPORTING})
"""The first of these that a migration enters sets ``started_at``."""

FINISHES = frozenset({Stored.IMPORTED, Stored.FAILED})
"""The first of these that a migration enters sets ``finished_at``."""

FINISHES_HALFWAY = FINISHES | {Stored.EXPORTED}
"""The same for servers of 2023: there, most of the work is still to come."""

BLOCKS = frozenset(
    {
        Stored.CREATED,
        Stored.QUEUED,
        Stored.PRE_PROCESSING,
        Stored.PRE_PROCESSED,
        Stored.EXPORTING,
        Stored.IMPORTING,
    }
)
"""An older migration in one of these, started not long ago, lets a newer one of the same course wait."""

RELEASES = FINAL | {Stored.EXPORTED}
"""A migration that enters one of these wakes the oldest that waits in its course."""

BLOCKED_FOR_SECONDS = 4 * 3600.0
"""A blocker that started longer ago than this blocks no more."""

UPLOAD_SECONDS = 3600.0
"""A migration that has waited longer than this for its file fails: when a user looks, not before."""

RETRIES = 5
"""How often a waiting migration is put back into the queue before it fails."""

# ``after`` counts hundredths of the whole copy here: see ``plans.lasting``.
_S, _P = Stored, ProgressState
COURSE_COPY: Plan = (
    Stage(4, _S.PRE_PROCESSING, _P.RUNNING, 0.0, Effect.BEGIN),
    Stage(2, _S.PRE_PROCESSING, None, 10.0),
    Stage(8, _S.PRE_PROCESSING, None, 7.5),
    Stage(8, _S.PRE_PROCESSING, None, 20.0),
    Stage(8, _S.PRE_PROCESSING, None, 46.5),
    Stage(2, _S.PRE_PROCESSING, None, 2.5, Effect.CONVERT),
    Stage(2, _S.PRE_PROCESSING, None, 10.0),
    Stage(6, _S.PRE_PROCESSING, None, 36.0),
    Stage(4, _S.PRE_PROCESSING, None, 45.0),
    Stage(6, _S.EXPORTED, None, 50.0),
    Stage(8, _S.IMPORTING, None, 54.5, Effect.COPY_FILES),
    Stage(8, _S.IMPORTING, None, 74.0),
    Stage(10, _S.IMPORTING, None, 85.0),
    Stage(12, _S.IMPORTING, None, 97.5, Effect.IMPORT_CONTENT),
    Stage(8, _S.IMPORTED, None, 99.5),
    Stage(4, _S.IMPORTED, _P.COMPLETED, 100.0),
)
BLUEPRINT_IMPORT: Plan = (
    Stage(4, _S.IMPORTING, _P.RUNNING, 0.5, Effect.BEGIN),
    Stage(16, _S.IMPORTING, None, 54.5, Effect.COPY_FILES),
    Stage(16, _S.IMPORTING, None, 85.0),
    Stage(12, _S.IMPORTING, None, 97.5, Effect.IMPORT_CONTENT),
    Stage(8, _S.IMPORTED, None, 99.5),
    Stage(4, _S.IMPORTED, _P.COMPLETED, 100.0),
)
"""What a sync of a blueprint does in one course, once the blueprint is exported."""

PACKAGE_IMPORT: Plan = (
    Stage(6, _S.EXPORTING, _P.RUNNING, 0.5, Effect.READ_PACKAGE),
    Stage(12, _S.EXPORTING, None, 5.0),
    Stage(12, _S.EXPORTING, None, 36.0),
    Stage(4, _S.EXPORTED, None, 50.0),
    Stage(2, _S.IMPORTING, None, 50.5),
    Stage(16, _S.IMPORTING, None, 59.0),
    Stage(16, _S.IMPORTING, None, 80.5),
    Stage(16, _S.IMPORTING, None, 95.0, Effect.IMPORT_PACKAGE),
    Stage(8, _S.IMPORTED, None, 99.5),
    Stage(8, _S.IMPORTED, _P.COMPLETED, 100.0),
)
CONVERSION_FOR_SELECTION: Plan = (
    Stage(6, _S.EXPORTING, _P.RUNNING, 1.0, Effect.READ_PACKAGE),
    Stage(12, _S.EXPORTING, None, 5.0),
    Stage(12, _S.EXPORTING, None, 72.0),
    Stage(10, _S.EXPORTED, _P.COMPLETED, 100.0),
)
IMPORT_OF_SELECTION: Plan = (
    Stage(8, _S.IMPORTING, _P.RUNNING, 1.0, Effect.BEGIN),
    Stage(16, _S.IMPORTING, None, 35.0),
    Stage(16, _S.IMPORTING, None, 65.0),
    Stage(24, _S.IMPORTING, None, 90.0, Effect.IMPORT_PACKAGE),
    Stage(8, _S.IMPORTED, None, 99.0),
    Stage(8, _S.IMPORTED, _P.COMPLETED, 100.0),
)
ZIP_IMPORT: Plan = (
    Stage(10, _S.IMPORTING, _P.RUNNING, 0.0, Effect.BEGIN),
    Stage(15, _S.IMPORTING, None, 50.0, Effect.IMPORT_PACKAGE),
    Stage(15, _S.IMPORTED, None, 99.5),
    Stage(10, _S.IMPORTED, _P.COMPLETED, 100.0),
)
WITHOUT_WORKER: Plan = (Stage(1, _S.FAILED),)
"""No plugin knows the type: the migration fails, and its Progress stays ``queued``."""

# From here on ``after`` counts seconds.
PROGRESS_FAILS: Plan = (Stage(0.3, _S.FAILED, _P.FAILED),)
"""The Progress of a migration fails a moment after the migration."""

FETCH: Plan = (Stage(1, _S.EXPORTING, _P.RUNNING, 0.0, Effect.FETCH_FILE),)
WAIT_IN_QUEUE: Plan = (Stage(3600, _S.QUEUED, None, None, Effect.TRY_AGAIN),)


class Fault(StrEnum):
    """What can go wrong with a migration."""

    FAILS = "fails"
    HUNG_PROGRESS = "hung_progress"
    STUCK = "stuck"
    SLOW = "slow"


def fails(plan: Plan, stage: int) -> Plan:
    """Fail as usual: migration and Progress ``failed``, an issue, and whatever came before stays."""
    failure = Stage(plan[stage].after, _S.FAILED, _P.FAILED, None, Effect.RECORD_ERROR)
    return (*plan[:stage], failure)


def hung_progress(plan: Plan, stage: int) -> Plan:
    """Fail, and leave the Progress as it was."""
    return (*plan[:stage], replace(fails(plan, stage)[-1], progress=None))


def stuck(plan: Plan, stage: int) -> Plan:
    """End the plan before a stage, so that the job is stuck."""
    return plan[:stage]


def slow(plan: Plan, factor: float) -> Plan:
    """Let every stage take ``factor`` times as long."""
    return tuple(replace(stage, after=stage.after * factor) for stage in plan)
