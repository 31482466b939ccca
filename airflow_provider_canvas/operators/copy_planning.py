"""The plan of a batch of course copies: facts of Canvas and of the ledger become verdicts, and rows of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.html.formats import format_count
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import IN_FLIGHT, CopyState
from airflow_provider_canvas.rollover.copy_request import same_parameters
from airflow_provider_canvas.rollover.facts import CourseFacts, DestinationFacts
from airflow_provider_canvas.rollover.forecast import forecast_copies
from airflow_provider_canvas.rollover.plan import COPIED, CopyFacts, PlannedCopy, plan_copy
from airflow_provider_canvas.rollover.plan_result import PlanResult
from airflow_provider_canvas.rollover.summary import lane_history
from airflow_provider_canvas.rollover.verdicts import PlanOptions, Verdict

if TYPE_CHECKING:
    from airflow_provider_canvas.client.courses.preflight import Preflight
    from airflow_provider_canvas.hooks.canvas import CanvasHook
    from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
    from airflow_provider_canvas.rollover.copy_request import CopyRequest

NEVER_TRIED = (CopyState.PLANNED, CopyState.REFUSED, CopyState.ALREADY_PRESENT, CopyState.NOT_TRIED)
"""The states of rows for which no request was sent."""


def plan_copies(
    hook: CanvasHook,
    ledger: BatchLedger,
    requests: Sequence[CopyRequest],
    options: PlanOptions,
    log: Any,
    *,
    dry_run: bool = False,
    run: Mapping[str, Any] | None = None,
) -> PlanResult:
    """Plan a batch of copies, and write the plan to the ledger.

    A row that the batch has copied, or is copying, stays as it is. A row of an earlier plan that was never tried, and
    that the input has no longer, is removed.

    :param hook: The hook for Canvas.
    :param ledger: The ledger of the batch.
    :param requests: The rows of the input.
    :param options: What to do with rows that can be copied, but perhaps should not.
    :param log: The log of the task.
    :param dry_run: Write nothing.
    :param run: The task instance, for the ledger.
    :raises CanvasError: When Canvas does not respond.
    """
    from airflow_provider_canvas.client.courses.preflight import preflight
    from airflow_provider_canvas.client.protocol.rate_limit import rate_limiter_for
    from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client

    if not dry_run:
        ledger.create_tables()
    has_ledger = not dry_run or ledger.exists()
    earlier = {row.dest_course_id: row for row in ledger.rows()} if has_ledger else {}
    edited = ledger.edited_copies() if has_ledger else {}
    names = [(str(each.source_course_id), str(each.destination_course_id)) for each in requests]
    limiter = rate_limiter_for(hook.settings)
    sent_before = limiter.requests
    known = run_with_client(
        hook.settings,
        lambda canvas: preflight(canvas, names, settled=_settled(requests, earlier.values()), edited=edited),
    )
    log.info(
        "Checked %s against Canvas with %s.",
        format_count(len(requests), "row"),
        format_count(limiter.requests - sent_before, "request"),
    )
    planning = _Planning(hook, known, earlier, options, run)
    rows = [planning.plan(request) for request in requests]
    keys = {row.dest_course_id for row in rows}
    missing = [row for key, row in earlier.items() if key not in keys]
    result = PlanResult(
        batch=ledger.batch_name,
        canvas_instance=ledger.canvas_instance,
        rows=rows,
        removed=[row for row in missing if _was_never_tried(row)],
        left_out=[planning.left_out(row) for row in missing if not _was_never_tried(row)],
        forecast=forecast_copies(
            (row.source_course_id for row in rows if row.state is CopyState.PLANNED),
            history=lane_history(ledger, datetime.now(UTC)) if earlier else None,
        ).as_dict(),
        dry_run=dry_run,
    )
    if not dry_run:
        _write(ledger, result, earlier)
        _note(ledger, result, options)
    for line in result.lines():
        log.info("%s", line)
    return result


def _settled(requests: Sequence[CopyRequest], earlier: Any) -> list[str]:
    """Return the destinations that the batch has copied, or is copying, as the input names them."""
    by_name = {row.dest_as_written: row for row in earlier if row.state in (*COPIED, *IN_FLIGHT)}
    return [
        name
        for request in requests
        if (row := by_name.get(name := str(request.destination_course_id))) is not None
        and same_parameters(row.request, request.parameters)
    ]


def _write(ledger: BatchLedger, result: PlanResult, earlier: Mapping[str, CopyRow]) -> None:
    planned, kept = [], list(result.left_out)
    for row in result.rows:
        before = earlier.get(row.dest_course_id)
        if before is not None and row.plan_verdict in (Verdict.ALREADY_COPIED, Verdict.IN_PROGRESS):
            if (updated := _with_input(before, row)) != before:
                kept.append(updated)
        elif before is not None and before.state in COPIED and row.state is not CopyState.PLANNED:
            # The copy that was made stays what the ledger knows of this destination.
            kept.append(replace(before, plan_verdict=row.plan_verdict, plan_detail=row.plan_detail))
        else:
            planned.append(row)
    ledger.plan(planned)
    ledger.annotate(kept)  # a run may be changing these rows
    ledger.remove([row.dest_course_id for row in result.removed])


def _with_input(before: CopyRow, row: CopyRow) -> CopyRow:
    """Return the row of a copy that was made or is under way, with what the input says of it now.

    While it is under way, a run reads the rows by their lines: these change when it has ended.

    :param before: The row of the ledger.
    :param row: The row of this plan.
    """
    if before.plan_verdict == Verdict.NOT_IN_INPUT:  # it is there again
        before = replace(before, plan_verdict=row.plan_verdict, plan_detail=row.plan_detail)
    if row.plan_verdict is Verdict.ALREADY_COPIED:
        before = replace(before, row_number=row.row_number, labels=row.labels)
    return before


def _note(ledger: BatchLedger, result: PlanResult, options: PlanOptions) -> None:
    """Write to the batch what it is expected to take in all: what it has used, and what the planned copies will.

    A plan without copies keeps what the plan of the copies expected.
    """
    batch, forecast = ledger.batch(), result.forecast
    noted: dict[str, Any] = {"options": {name: str(value) for name, value in asdict(options).items()}}
    if result.copies or batch is None or batch.planned_requests is None:
        noted["planned_requests"] = forecast["requests"] + (batch.used_requests if batch else 0)
        noted["planned_cost"] = forecast["cost"] + (batch.used_cost if batch else 0.0)
    if result.copies:
        noted["planned_seconds"] = float(forecast["seconds"])
    ledger.note(**noted)


def _was_never_tried(row: CopyRow) -> bool:
    return row.state in NEVER_TRIED and not row.attempts and row.content_migration_id is None


@dataclass
class _Planning:
    """The plan of one input: it remembers which destinations it has had.

    :param hook: The hook, for addresses of pages.
    :param known: What Canvas shows of the courses.
    :param earlier: The rows of the batch, by their key.
    :param options: The options of the plan.
    :param run: The task instance.
    """

    hook: CanvasHook
    known: Preflight
    earlier: Mapping[str, CopyRow]
    options: PlanOptions
    run: Mapping[str, Any] | None

    def __post_init__(self) -> None:
        self._now = datetime.now(UTC)
        self._lines: dict[str, int] = {}

    def plan(self, request: CopyRequest) -> CopyRow:
        """Return the row of the ledger for a row of the input."""
        source, destination = self._course(request.source_course_id), self._course(request.destination_course_id)
        key = str(destination.course_id or destination.reference)
        first_line: int | None = self._lines.get(key)
        if first_line is None:
            self._lines[key] = request.line
        else:  # a row of its own, so that the ledger explains each row of the input
            key = f"{key} (line {request.line})"
        before = self.earlier.get(key)
        source_id = str(source.course_id or source.reference)
        planned = plan_copy(
            CopyFacts(
                line=request.line,
                source=source,
                destination=destination,
                facts=self._facts(destination.course_id),
                first_line=first_line,
                earlier=before,
                is_unchanged=before is not None
                and before.source_course_id == source_id
                and same_parameters(before.request, request.parameters),
            ),
            self.options,
        )
        return self._row(request, planned, source, destination, key)

    def left_out(self, row: CopyRow) -> CopyRow:
        """Return a row that was tried, and that the input has no longer."""
        detail = f"The input of the plan of {self._now:%Y-%m-%d %H:%M} UTC has no row with this destination."
        return replace(row, plan_verdict=Verdict.NOT_IN_INPUT, plan_detail=detail)

    def _row(
        self, request: CopyRequest, planned: PlannedCopy, source: CourseFacts, destination: CourseFacts, key: str
    ) -> CopyRow:
        course_id = destination.course_id
        return CopyRow(
            dest_course_id=key,
            source_course_id=str(source.course_id or source.reference),
            row_number=request.line,
            source_sis_course_id=source.sis_course_id,
            source_course_name=source.name,
            dest_sis_course_id=destination.sis_course_id,
            dest_course_name=destination.name,
            dest_as_written=destination.reference,
            request=dict(request.parameters),
            labels=dict(request.labels),
            plan_verdict=planned.verdict,
            plan_detail=planned.detail,
            lane=planned.lane,
            state=planned.state,
            state_detail=planned.detail,
            planned_at=self._now,
            state_changed_at=self._now,
            page_url=f"{self.hook.settings.base_url}/courses/{course_id}/content_migrations" if course_id else None,
            run=self.run,
        )

    def _course(self, name: int | str) -> CourseFacts:
        found = self.known.courses[str(name)]
        course = found.course
        return CourseFacts.parse(
            found.reference,
            course,
            now=self._now,
            problem=found.problem,
            message=found.message,
            namesake=found.namesake,
            may_read=None if course is None else self.known.may_read.get(course["id"]),
        )

    def _facts(self, course_id: int | None) -> DestinationFacts | None:
        found = None if course_id is None else self.known.destinations.get(course_id)
        if found is None:
            return None
        return DestinationFacts.parse(
            migrations=found.migrations,
            may_import=found.may_import,
            blueprint=found.blueprint,
            kinds=found.kinds,
            counts=found.counts,
            changed_at=found.changes,
            last_copy_ended_at=found.last_copy_ended_at,
            known_edits=found.known_edits,
        )
