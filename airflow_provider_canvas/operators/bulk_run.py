"""One process's share of the work on a batch: between two deferrals, or all of it in the worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_canvas.bulk.batch_copy import BatchCopy
from airflow_provider_canvas.bulk.cancelling import cancel_in_threads, cancelled_in_words
from airflow_provider_canvas.bulk.outstanding import Ends, Outstanding
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.bulk.waiting import MAX_WAIT, wait_for_ends
from airflow_provider_canvas.client.errors import CanvasBatchError, CanvasError, CanvasJobTimeoutError
from airflow_provider_canvas.client.jobs.poll_schedule import format_duration
from airflow_provider_canvas.client.jobs.poller import shared_poller
from airflow_provider_canvas.client.jobs.waiters import OtherVersionError
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators import bulk_result
from airflow_provider_canvas.operators.batch_lineage import note_files
from airflow_provider_canvas.rollover.summary import states_in_words, summarize_batch
from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.utils.batch_lease import BatchLease
from airflow_provider_canvas.utils.batch_report import REPORT_INTERVAL, report_uri, write_batch_report
from airflow_provider_canvas.utils.parameters import none_if_blank, optional_bool, parse_count
from airflow_provider_canvas.utils.sql_engine import sql_engine
from airflow_provider_canvas.utils.table_names import ledger_of

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator

CANCEL_SECONDS = 4.0
"""Seconds for cancelling in the worker. Airflow kills a task five seconds after it signals it to end."""


@dataclass
class BulkTimes:
    """What a run of a batch carries from one deferral to the next. Everything else is in the ledger.

    :param began_at: When the run began, in seconds since the epoch.
    :param deadline: When it gives up.
    :param by_record: Content migrations whose Progress does not tell when they end.
    :param hinted: Content migrations that were said to have ended, and had not.
    :param reported_at: When the report was last written, in seconds since the epoch.
    """

    began_at: float
    deadline: float
    by_record: list[str] = field(default_factory=list)
    hinted: list[str] = field(default_factory=list)
    reported_at: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        """Return what a deferral stored. Fields that this version does not know are ignored.

        :raises OtherVersionError: When a field is missing.
        """
        try:
            known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
            return cls(**known)
        except TypeError:
            raise OtherVersionError(f"The deferral of this task stored {stored!r}.") from None


class BulkRun:
    """The work of one process on a batch. Enter it first: that takes the lease.

    :param task: The operator, rendered.
    :param context: Its context.
    :param times: What earlier processes of the same run left.
    """

    def __init__(self, task: CanvasBulkCourseCopyOperator, context: Context, times: BulkTimes) -> None:
        self.task = task
        self.context = context
        self.times = times
        self.outstanding_in_words: str | None = None
        """What is outstanding in Canvas when the work ended with an error."""
        self._stack = ExitStack()
        self._logged_counts: Mapping[CopyState, int] = {}
        self._progress_ids: list[int] = []

    def __enter__(self) -> Self:
        task, ti = self.task, self.context["ti"]
        with ExitStack() as stack:
            engine = stack.enter_context(sql_engine(task.sql_conn_id))
            settings = task.hook.settings
            self.ledger = ledger_of(task, engine, settings.host)
            self._base_url = settings.base_url
            self._report_uri = report_uri(task.report_path, settings.host, self.ledger.batch_name)
            limiter = task.hook.client.caller.rate_limiter
            self._used = (limiter.requests, limiter.cost)
            self.ledger.create_tables()
            self.lease = BatchLease(self.ledger, ti)
            self.lease.acquire()
            self.batch = BatchCopy(
                task.hook,
                self.ledger,
                BatchSettings(
                    canvas_instance=settings.host,
                    base_url=settings.base_url,
                    batch=self.ledger.batch_name,
                    run={
                        "dag_id": ti.dag_id,
                        "run_id": ti.run_id,
                        "task_id": ti.task_id,
                        "map_index": ti.map_index,
                        "try_number": ti.try_number,
                    },
                    max_in_flight=task.copies_in_flight,
                    retry_failed=optional_bool("retry_failed", task.retry_failed) is not False,
                    max_attempts=parse_count("max_attempts", task.max_attempts),
                    if_running=task.if_running,
                ),
                keep=self.lease.renew,
                by_record=set(self.times.by_record),
                hinted=set(self.times.hinted),
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if error is None or not isinstance(error, Exception):
                self._note_use()
            if error is None:
                self.lease.release()
            elif isinstance(error, Exception):  # a deferral is none: the lease stays
                with suppress(Exception):
                    self._stop_with(error)

    def _stop_with(self, error: Exception) -> None:
        """Leave the batch to the next run, unless another run has it already."""
        self.outstanding_in_words = bulk_result.outstanding_in_words(self.ledger)
        self.lease.renew()
        if isinstance(error, CanvasError) and not isinstance(error, CanvasBatchError | CanvasJobTimeoutError):
            self.batch.give_up("The run stopped before it submitted the copy.")
        self._log_report(self._push_result()["report_uri"])  # for the notifiers: what became of the batch until here
        self.lease.release()

    def _note_use(self) -> None:
        """Add the requests of this process, and their cost, to those of the batch."""
        limiter = self.task.hook.client.caller.rate_limiter
        used = {"used_requests": limiter.requests - self._used[0], "used_cost": limiter.cost - self._used[1]}
        self._used = (limiter.requests, limiter.cost)
        self.ledger.note(**used, **self.batch.times())

    def _write_report(self) -> str | None:
        """Write the report with what was used so far, and return its address."""
        self._note_use()
        self.times.reported_at = time.time()
        return write_batch_report(self.ledger, self._report_uri, self._base_url, self.task.log)

    def _log_report(self, uri: str | None) -> None:
        if uri is not None:
            self.task.log.info("The report as of now: %s", redact(uri))

    def begin(self) -> None:
        """Plan the copies that the task names.

        :raises CanvasInputError: When there is no plan, or the ledger has lost the rows of the batch.
        """
        if none_if_blank(self.task.copies) is not None:
            self._plan()
        elif not self.ledger.counts():
            row = self.ledger.batch()
            if row is not None and row.first_submitted_at is not None:  # no task removes rows that were submitted
                raise bulk_result.rows_lost(self.ledger)
            if row is None or row.planned_requests is None:
                raise bulk_result.unplanned(self.ledger)

    def record(self, ends: Ends) -> None:
        """Write what became of copies that may have ended.

        :raises CanvasInputError: When the ledger has lost the rows of the batch.
        """
        if not self.ledger.counts():
            raise bulk_result.rows_lost(self.ledger)
        if ends.used_requests:
            self.ledger.note(used_requests=ends.used_requests, used_cost=ends.used_cost)
        self.batch.record(ends)

    def submit(self) -> Outstanding | None:
        """Submit until enough is outstanding, and return it; ``None`` if the batch is complete.

        What a process was interrupted in comes first, also one that died in the middle of this half of the task.

        :raises CanvasBusyError: When another run has the batch, before anything is submitted.
        :raises CanvasJobTimeoutError: When the time of the task is over.
        """
        self.lease.renew()
        self.batch.continue_interrupted()
        if time.time() < self.times.deadline:
            self.batch.submit_more()
        outstanding = self.batch.outstanding()
        self._progress_ids = outstanding.own_progress_ids()
        self.batch.forget_submitted()
        self.times.by_record, self.times.hinted = sorted(self.batch.by_record), sorted(self.batch.hinted)
        self._log_progress()
        if time.time() >= self.times.deadline and (len(outstanding) or self.batch.has_more()):
            self._end_at_deadline()
        if len(outstanding) and time.time() >= self.times.reported_at + REPORT_INTERVAL:
            self._log_report(self._write_report())
        return outstanding if len(outstanding) else None

    def wanted(self, outstanding: Outstanding) -> int:
        """Return how many copies must end before there is something to do: half of them if more are to be submitted."""
        return max(1, len(outstanding) // 2) if self.batch.has_more() else len(outstanding)

    def until(self) -> float:
        """Return when to continue in any case, in seconds since the epoch."""
        return min(time.time() + MAX_WAIT, self.times.deadline)

    def wait(self, outstanding: Outstanding) -> Ends:
        """Wait in the worker until some copies may have ended."""
        from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook

        async def poll() -> Ends:
            async with CanvasAsyncHook(self.task.canvas_conn_id) as hook, shared_poller(hook) as poller:
                return await wait_for_ends(
                    hook,
                    poller,
                    outstanding,
                    wanted=self.wanted(outstanding),
                    interval=self.task.seconds_between_polls,
                    until=self.until(),
                )

        return asyncio.run(poll())

    def finish(self) -> dict[str, Any]:
        """Return the task's result, after the thresholds and the asset events.

        :raises CanvasBatchError: When a threshold is exceeded.
        """
        result = self._push_result()
        self.task.log.info("%s", bulk_result.end_in_words(self.ledger, result))
        bulk_result.raise_if_exceeded(self.ledger, result, self.task, self.batch.settings)
        bulk_result.announce(self.context, self.task, self.ledger, self.batch.settings)
        return result

    def _push_result(self) -> dict[str, Any]:
        """Return the task's result, and push it for later tasks, also if this one fails."""
        result = bulk_result.summarize(self.ledger, self.batch.settings, self.times.began_at, self.task.lineage)
        result["report_uri"] = report = self._write_report()
        note_files(self.task.lineage, reads=self.task.copies, writes=report)
        self.context["ti"].xcom_push(key=bulk_result.CANVAS_BATCH, value=result)
        if page := next((row["url"] for row in result["unsuccessful"] if row["url"]), None):
            self.task.show_page(self.context, CanvasPageLink, page)
        return result

    def stop(self) -> None:
        """Submit nothing more."""
        if "batch" in self.__dict__:
            self.batch.stop.set()

    def cancel(self) -> None:
        """Ask Canvas to cancel what is outstanding, for a few seconds."""
        from airflow_provider_canvas.client.protocol.retry import RetryPolicy
        from airflow_provider_canvas.client.transports.requests_client import CanvasClient

        if "batch" not in self.__dict__:
            return
        progress_ids = list({*self._progress_ids, *self.batch.submitted_progress_ids()})
        with CanvasClient(self.task.hook.settings, RetryPolicy(retry_for=1.0)) as client:
            cancelled = cancel_in_threads(client, progress_ids, CANCEL_SECONDS)
        self.task.log.info("%s", cancelled_in_words(self.ledger.batch_name, cancelled, len(progress_ids)))

    def _plan(self) -> None:
        from airflow_provider_canvas.operators.copy_planning import plan_copies
        from airflow_provider_canvas.rollover.verdicts import PlanOptions
        from airflow_provider_canvas.utils.copies_source import read_copies

        task = self.task
        options = PlanOptions.parse({"if_not_empty": task.if_not_empty})
        copies_conn_id = none_if_blank(task.copies_conn_id) or task.sql_conn_id
        requests = read_copies(task.copies, sql_conn_id=copies_conn_id)
        if not requests:
            task.log.info("copies names no copies: there is nothing to plan.")
        plan_copies(task.hook, self.ledger, requests, options, task.log, run=self.batch.settings.run)

    def _log_progress(self) -> None:
        summary = summarize_batch(self.ledger, datetime.now(UTC))
        if summary.counts != self._logged_counts:
            self.task.log.info("%s", summary.line())
            self._logged_counts = summary.counts

    def _end_at_deadline(self) -> None:
        not_tried = self.batch.give_up("The task reached its timeout.")
        report = self._push_result()["report_uri"]
        spent = format_duration(self.times.deadline - self.times.began_at)
        states = states_in_words(self.ledger.counts())
        were = "copy was" if not_tried == 1 else "copies were"
        sentences = (
            f"The batch {self.ledger.batch_name!r} is not complete after {spent}: {states}.",
            f"{not_tried} {were} not submitted: the next run of the batch submits the rest." if not_tried else None,
            bulk_result.outstanding_in_words(self.ledger),
            "If a run needs more time, raise the task's timeout (and execution_timeout).",
            f"Report: {redact(report)}" if report else None,
        )
        raise CanvasJobTimeoutError(" ".join(filter(None, sentences)))
