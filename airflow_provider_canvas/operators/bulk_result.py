"""The result of a batch: counts, the rows that did not succeed, thresholds, asset events, messages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.bulk.ids import id_of
from airflow_provider_canvas.client.errors import CanvasBatchError
from airflow_provider_canvas.client.jobs.poll_schedule import format_duration
from airflow_provider_canvas.html.formats import format_count
from airflow_provider_canvas.ledger.batch_name import unknown_batch
from airflow_provider_canvas.ledger.states import IN_FLIGHT, SUCCEEDED, UNSUCCESSFUL, CopyState
from airflow_provider_canvas.operators.batch_lineage import note_batch, note_copy
from airflow_provider_canvas.rollover.summary import states_in_words, summarize_batch
from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.utils.parameters import parse_structure
from airflow_provider_canvas.utils.result_sentences import issues_in_words

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.bulk.settings import BatchSettings
    from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
    from airflow_provider_canvas.ledger.copy_row import CopyRow
    from airflow_provider_canvas.lineage.task_lineage import TaskLineage
    from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator

CANVAS_BATCH = "canvas_batch"
"""The key of the XCom with the result. It is pushed before the thresholds are checked, so also if the task fails."""

ROWS_IN_RESULT = 20
"""How many copies that did not succeed the result names."""

ROWS_IN_ERROR = 5
"""How many copies an error names."""

STRICT: Mapping[str, float] = {"failed": 0, "blocked": 0, "cancelled": 0, "lost": 0, "not_tried": 0}
"""The thresholds of a task that sets none."""


def thresholds_of(fail_if: Any) -> Mapping[str, Any]:
    """Return the thresholds of a task, checked.

    :raises CanvasInputError: When a name or a number is not valid.
    """
    from airflow_provider_canvas.rollover.thresholds import check_fail_if

    thresholds = parse_structure("fail_if", fail_if, such_as="{'failed': 0}")
    if thresholds is None:
        return STRICT
    check_fail_if(thresholds)
    return thresholds  # type: ignore[no-any-return]  # a mapping, as just checked


def unplanned(ledger: BatchLedger) -> CanvasInputError:
    """Return the error of a batch that nobody planned."""
    return CanvasInputError(
        f"{unknown_batch(ledger.batch_name, ledger.canvas_instance, ledger.batch_names())} Plan it first, with "
        "CanvasPlanCourseCopiesOperator and the same batch, sql_conn_id and tables, or name the copies in copies=[...]."
    )


def rows_lost(ledger: BatchLedger) -> CanvasInputError:
    """Return the error of a batch whose rows were removed from the ledger after copies were submitted."""
    return CanvasInputError(
        f"The ledger has no rows of the batch {ledger.batch_name!r} of {ledger.canvas_instance} any more, although "
        f"copies of it were submitted: they were removed from the table {ledger.tables[0].fullname}. "
        "The copies continue in Canvas. Restore the rows, or plan the batch again under the same name: the next "
        "run finds each copy in Canvas, and makes no second one."
    )


def summarize(ledger: BatchLedger, settings: BatchSettings, began_at: float, lineage: TaskLineage) -> dict[str, Any]:
    """Return the result of a task: small enough for an XCom, whatever the size of the batch.

    :param ledger: The ledger of the batch.
    :param settings: The settings of this run.
    :param began_at: When the attempt began, in seconds since the epoch.
    :param lineage: The lineage of the task; it gets the copies that this run made.
    """
    summary, since = summarize_batch(ledger, datetime.now(UTC)), datetime.fromtimestamp(began_at, UTC)
    copied = 0
    for row in _copied_by(ledger, settings):
        note_copy(lineage, ledger.canvas_instance, row)
        copied += row.ended_at is not None and row.ended_at >= since
    note_batch(lineage, ledger, summary)
    return {
        "canvas_instance": ledger.canvas_instance,
        "batch": ledger.batch_name,
        **summary.as_xcom(),
        "unsuccessful": [_short(row) for row in islice(ledger.rows(UNSUCCESSFUL), ROWS_IN_RESULT)],
        "copied": copied,
        "seconds": round(time.time() - began_at),
    }


def raise_if_exceeded(
    ledger: BatchLedger, result: Mapping[str, Any], task: CanvasBulkCourseCopyOperator, settings: BatchSettings
) -> None:
    """Raise an error if a threshold of the task is exceeded.

    :raises CanvasBatchError: If one is. A retry of the task submits failed copies again, so it is permanent only if no
        copy may be submitted again.
    """
    from airflow_provider_canvas.rollover.thresholds import exceeded_thresholds

    counts = {CopyState(state): count for state, count in result["states"].items()}
    exceeded = exceeded_thresholds(thresholds_of(task.fail_if), counts, result["issues"], ledger.rows())
    if not exceeded:
        return
    error = CanvasBatchError(
        f"The batch {ledger.batch_name!r} exceeds thresholds of fail_if. {' '.join(exceeded)} The ledger has all of "
        f"them: batch {ledger.batch_name!r} in the table {task.ledger_table}."
    )
    retries = settings.retry_failed and any(row.attempts < settings.max_attempts for row in ledger.rows(UNSUCCESSFUL))
    error.permanent = not retries
    raise error


def announce(
    context: Context, task: CanvasBulkCourseCopyOperator, ledger: BatchLedger, settings: BatchSettings
) -> None:
    """Record the asset events of the copies that succeeded in this run; none if there is no such copy.

    An attempt that failed recorded none, so the one that succeeds records those of all attempts. A task that is cleared
    after its success records them again.
    """
    from airflow_provider_canvas.assets import canvas

    outlets, host = task.outlets, ledger.canvas_instance
    copied = 0
    for row in _copied_by(ledger, settings) if outlets else ():
        copied += 1
        if task.events in ("course", "both"):
            extra = {
                "canvas_instance": host,
                "content_migration_id": id_of(row.content_migration_id or ""),
                "source_course_id": id_of(row.source_course_id),
                "destination_course_id": id_of(row.dest_course_id),
                "batch": ledger.batch_name,
                **{name: row.request[name] for name in ("select",) if row.request.get(name) is not None},
            }
            canvas.announce(context, outlets, canvas.course_uri(host, row.dest_course_id), extra)
    if copied and task.events in ("batch", "both"):
        extra = {"canvas_instance": host, "batch": ledger.batch_name, "copied": copied}
        canvas.announce(context, outlets, canvas.batch_uri(host, ledger.batch_name), extra)


def end_in_words(ledger: BatchLedger, result: Mapping[str, Any]) -> str:
    """Return how a batch ended, in a sentence.

    :param ledger: The ledger.
    :param result: The task's result.
    """
    counts = {CopyState(state): count for state, count in result["states"].items()}
    arrived = sum(counts.get(state, 0) for state in SUCCEEDED)
    report = f" Its report is {redact(result['report_uri'])}" if result["report_uri"] else ""
    return (
        f"The batch {ledger.batch_name!r} has ended after {format_duration(result['seconds'])}: the content is in "
        f"{arrived:,} of {format_count(sum(counts.values()), 'destination')} ({states_in_words(counts)}), with "
        f"{issues_in_words(result['issues'])}.{report}"
    )


def outstanding_in_words(ledger: BatchLedger) -> str | None:
    """Return what is outstanding in Canvas, for the message of an error; ``None`` if nothing is."""
    counts = ledger.counts()
    total = sum(counts.get(state, 0) for state in IN_FLIGHT)
    if not total:
        return None
    rows = list(islice(ledger.rows(IN_FLIGHT), ROWS_IN_ERROR))
    named = ", ".join(
        f"content_migration {row.content_migration_id or '(id not known yet)'} into course {row.dest_course_id}"
        for row in rows
    )
    more = f" and {total - len(rows)} more" if total > len(rows) else ""
    batch = f"of the batch {ledger.batch_name!r}"
    if total == 1:
        subject, rest = (
            f"1 copy {batch} is outstanding and continues",
            "waits for it, and submits no other in its place",
        )
    else:
        subject = f"{total} copies {batch} are outstanding and continue"
        rest = "waits for them, and submits no others in their place"
    return f"{subject} in Canvas: {named}{more}. The next attempt of this task, or the next run of the batch, {rest}."


def _copied_by(ledger: BatchLedger, settings: BatchSettings) -> Iterator[CopyRow]:
    """Return the rows of copies whose success an attempt of this run recorded."""
    this_run = _without_try(settings.run)
    return (
        row
        for row in ledger.rows(SUCCEEDED - {CopyState.ALREADY_PRESENT})
        if row.run is not None and _without_try(row.run) == this_run
    )


def _without_try(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what all attempts of a task instance have in common."""
    return {name: value for name, value in run.items() if name != "try_number"}


def _short(row: CopyRow) -> dict[str, Any]:
    """Return a row that did not succeed, small enough for an XCom."""
    return {
        "line": row.row_number,
        "destination_course_id": row.dest_course_id,
        "source_course_id": row.source_course_id,
        "state": str(row.state),
        "content_migration_id": row.content_migration_id,
        "message": (row.error_message or "")[:300] or None,
        "advice": row.state_detail,
        "url": row.page_url,
    }
