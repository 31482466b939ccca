"""Copy many courses with one task."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.base_migration import IF_NOT_EMPTY, IF_RUNNING
from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    check_choice,
    check_count,
    check_seconds,
    check_type,
    count_or_option,
    optional_bool,
    seconds_or_option,
)
from airflow_provider_canvas.utils.task_instance import continues
from airflow_provider_canvas.utils.waiting import (
    DEFER_SLACK,
    SAFE_DELAY,
    fail_without_retry,
    is_deferrable,
    seconds_allowed,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperatorLink, Context

    from airflow_provider_canvas.bulk.outstanding import Outstanding
    from airflow_provider_canvas.operators.bulk_run import BulkRun, BulkTimes

EVENTS = ("batch", "course", "both", "none")


class CanvasBulkCourseCopyOperator(CanvasTask):
    """Copy all courses of a batch, and wait until all copies have ended.

    The batch is that which ``CanvasPlanCourseCopiesOperator`` planned, or ``copies``, which are planned first. Copies
    are submitted in waves, each once: whatever process dies, a later run of the batch finds and continues them. The
    ledger (three tables in SQLite or PostgreSQL) has one row per copy, with what became of it. A copy that Canvas
    refuses or fails does not stop the others. A second run submits only what is new or failed, and two runs never work
    on the same batch at the same time.

    The result is a dict: ``canvas_instance``, ``batch``, ``states`` (the number of copies by state), ``sources`` (the
    same by source course, the first 50), ``unsuccessful`` (the first 20 copies that did not succeed, with the reason
    and what to do), ``issues`` (counts), ``copied`` (the number of copies that this attempt made), ``copies_per_hour``,
    ``seconds_per_copy`` and ``lane_width`` (``None`` if too few copies have ended), ``seconds`` and ``report_uri``. The
    XCom ``canvas_batch`` has the same, also if the task fails. The link ``Canvas`` leads to the imports of the first
    copy that did not succeed.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param batch: The name of the batch. A batch is copied once: another name makes other copies. (templated)
    :param copies: The copies, if no task planned the batch: a list of dicts with ``source_course_id``,
        ``destination_course_id`` and parameters of ``CanvasCourseCopyOperator``, the path of a CSV or JSON file on any
        object storage, or an SQL query. (templated)
    :param copies_conn_id: The connection for a query in ``copies``; by default ``sql_conn_id``. (templated)
    :param if_not_empty: What the plan of ``copies`` does with a destination that has content (modules, pages or
        assignments): ``"warn"`` (the default) and ``"proceed"`` copy into it, ``"skip"`` counts it as already present,
        ``"fail"`` refuses it.
    :param sql_conn_id: The connection to the database of the ledger: SQLite or PostgreSQL. (templated)
    :param max_in_flight: How many copies are outstanding in Canvas at most. By default ``[canvas] max_in_flight``, 200.
        Canvas drops jobs that wait for 48 hours.
    :param retry_failed: Submit copies again that failed in an earlier run.
    :param max_attempts: How often a copy is submitted at most, over all runs of the batch.
    :param if_running: What to do while a destination runs a migration that another task or user started: ``"wait"``
        (the default) submits, and Canvas queues the new one behind it; ``"adopt"`` takes it, if it has the same source;
        ``"fail"`` does not copy into it, and continues with the others.
    :param fail_if: Thresholds above which the task fails, after everything is recorded: states (``failed``,
        ``blocked``, ``lost``, ``cancelled``, ``refused``, ``not_tried``, ...), ``unsuccessful`` for the first four
        together, and issues (``issues_error``, ``issues_warning``, ``issues_todo``, ``issues``). A value is a number,
        or a percentage such as ``"2 %"``. By default any copy that was tried without success, or not tried, fails the
        task; ``{}`` never does. (templated)
    :param events: Which asset events are recorded if the task succeeds: ``"batch"`` (the default), ``"course"`` for one
        per destination that was copied, ``"both"`` or ``"none"``. They are about the copies of all attempts of the task
        in its DAG run.
    :param report_path: Where the HTML report of the batch is written, at the end and every five minutes: a file
        ``....html`` or a folder on any object storage that Airflow knows. None without a path. (templated)
    :param ledger_table: The table of copies, created if missing. (templated)
    :param batch_table: The table of batches, created if missing. (templated)
    :param issue_table: The table of issues, created if missing. (templated)
    :param schema: The schema of the tables; it must exist. (templated)
    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poll_interval: Seconds, or a timedelta, between two polls of a young copy. An older one is polled less often,
        and more often when copies are about to end, if one request reads many. By default ``[canvas] poll_interval``,
        15 seconds.
    :param timeout: Seconds, or a timedelta, after which the task submits no more and fails. By default ``[canvas]
        batch_timeout``, 7 days. What is outstanding continues in Canvas, and the next run waits for it. A shorter
        ``execution_timeout`` counts instead.
    :param cancel_on_kill: Ask Canvas to cancel what is outstanding when a user ends the task. Canvas usually carries it
        out all the same, and the next run waits for it.
    """

    result_key = "canvas_batch"

    template_fields: Sequence[str] = (
        *CanvasTask.template_fields,
        "batch",
        "copies",
        "copies_conn_id",
        "sql_conn_id",
        "fail_if",
        "report_path",
        "ledger_table",
        "batch_table",
        "issue_table",
        "schema",
    )
    operator_extra_links: Collection[BaseOperatorLink] = (CanvasPageLink(),)
    refused_if_blank = frozenset({"batch", "sql_conn_id"})

    def __init__(
        self,
        *,
        batch: str,
        copies: Sequence[Mapping[str, Any]] | str | None = None,
        copies_conn_id: str | None = None,
        if_not_empty: Literal["warn", "proceed", "skip", "fail"] = "warn",
        sql_conn_id: str = "sqlite_default",
        max_in_flight: int | None = None,
        retry_failed: bool = True,
        max_attempts: int = 3,
        if_running: Literal["wait", "adopt", "fail"] = "wait",
        fail_if: Mapping[str, float | str] | None = None,
        events: Literal["batch", "course", "both", "none"] = "batch",
        report_path: str | None = None,
        ledger_table: str = "canvas_copy_ledger",
        batch_table: str = "canvas_copy_batch",
        issue_table: str = "canvas_copy_issue",
        schema: str | None = None,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        poll_interval: float | timedelta | None = None,
        timeout: float | timedelta | None = None,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)
        self.batch = batch
        self.copies = check_type("copies", copies, (Sequence, PathLike), such_as="[{'source': 42, 'destination': 77}]")
        self.copies_conn_id = copies_conn_id
        self.if_not_empty = check_choice("if_not_empty", if_not_empty, IF_NOT_EMPTY)
        self.sql_conn_id = sql_conn_id
        self.max_in_flight = check_count("max_in_flight", max_in_flight, optional=True)
        self.retry_failed = check_bool("retry_failed", retry_failed)
        self.max_attempts = check_count("max_attempts", max_attempts)
        self.if_running = check_choice("if_running", if_running, IF_RUNNING)
        self.fail_if = check_type("fail_if", fail_if, Mapping, such_as="{'failed': 0}")
        self.events = check_choice("events", events, EVENTS)
        self.report_path = report_path
        self.ledger_table = ledger_table
        self.batch_table = batch_table
        self.issue_table = issue_table
        self.schema = schema
        self.deferrable = check_bool("deferrable", deferrable)
        self.poll_interval = check_seconds("poll_interval", poll_interval, optional=True)
        self.timeout = check_seconds("timeout", timeout, optional=True)
        self.cancel_on_kill = check_bool("cancel_on_kill", cancel_on_kill)
        self._bulk_run: BulkRun | None = None
        self._task_context: Context | None = None

    def execute(self, context: Context) -> Any:
        """Plan ``copies`` if there are any, submit the first wave, then defer or wait in the worker."""
        from airflow_provider_canvas.operators.bulk_run import BulkTimes

        self._log_blank_parameters()
        with fail_without_retry(self._describe_outstanding):
            now = time.time()
            times = BulkTimes(began_at=now, deadline=now + self._check())
            return self._run(context, times, None)

    def execute_complete(self, context: Context, event: Any) -> Any:
        """Continue after the trigger's event: record what has ended, submit more, and wait again."""
        from airflow_provider_canvas.operators.bulk_run import BulkTimes
        from airflow_provider_canvas.triggers.event import status_of_event

        with fail_without_retry(self._describe_outstanding):
            if not isinstance(event, Mapping) or not event.get("resume"):
                status_of_event(event)  # raises the error that the trigger reports
            return self._run(context, BulkTimes.from_json(event["resume"]), event)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Continue after a deferral, also after one that Airflow itself ended because no trigger reported."""
        from airflow_provider_canvas.client.errors import CanvasError

        reason = str((next_kwargs or {}).get("error")).lower()
        if next_method == "__fail__" and ("timeout" in reason or "trigger failure" in reason):
            happened = (
                "The triggerer did not report in time: check that one is running"
                if "timeout" in reason
                else "The trigger failed: its log says why"
            )
            raise CanvasError(
                f"{happened}. What is outstanding continues in Canvas: a retry of this task, and the next run of the "
                "batch, wait for the same copies."
            )
        return super().resume_execution(next_method, next_kwargs, context)

    def on_kill(self) -> None:
        """Submit nothing more. If a user ended the task, ask Canvas to cancel what is outstanding."""
        run = self._bulk_run
        if run is None:
            return
        run.stop()
        if continues(self._task_context["ti"] if self._task_context else None):
            self.log.info("No user ended this task. What is outstanding continues, and the next attempt waits for it.")
        elif optional_bool("cancel_on_kill", self.cancel_on_kill) is not False:
            run.cancel()

    def _run(self, context: Context, times: BulkTimes, event: Mapping[str, Any] | None) -> Any:
        """Work on the batch as long as this process can, and return the task's result or defer."""
        from airflow_provider_canvas.bulk.outstanding import Ends
        from airflow_provider_canvas.operators.bulk_run import BulkRun
        from airflow_provider_canvas.triggers.event import status_of_event
        from airflow_provider_canvas.utils.sql_engine import named_database

        self._task_context = context
        self.canvas_page = ""  # a batch has no page, except that of its first unsuccessful copy
        self._bulk_run = run = BulkRun(self, context, times)
        with named_database(self.sql_conn_id), run:
            if event is None:
                run.begin()
            elif event.get("status") == "changed":
                run.record(Ends.from_json(event))
            else:
                status_of_event(event)  # raises the error that the trigger reports
            while (outstanding := run.submit()) is not None:
                if is_deferrable(self.deferrable):
                    self._defer(run, outstanding)
                run.record(run.wait(outstanding))
            return run.finish()

    def _defer(self, run: BulkRun, outstanding: Outstanding) -> NoReturn:
        from airflow_provider_canvas.triggers.bulk import CanvasBulkTrigger

        now = time.time()
        until = run.until()
        self.defer(
            trigger=CanvasBulkTrigger(
                canvas_conn_id=self.canvas_conn_id,
                batch=self.batch,
                outstanding=outstanding.to_json(),
                wanted=run.wanted(outstanding),
                until=until,
                not_before=min(now + SAFE_DELAY, until),
                deadline=run.times.deadline,
                poll_interval=self.seconds_between_polls,
                cancel_on_kill=optional_bool("cancel_on_kill", self.cancel_on_kill) is not False,
                resume=run.times.to_json(),
            ),
            method_name="execute_complete",
            # Not until the next continuation: a triggerer that is away for hours delays the batch, and fails nothing.
            timeout=timedelta(seconds=max(until, run.times.deadline) - now + DEFER_SLACK),
        )
        raise AssertionError  # defer() does not return

    @property
    def seconds_between_polls(self) -> float:
        """Seconds between two polls of a young copy, by default as Airflow's configuration says.

        :raises CanvasInputError: When ``poll_interval`` is not a duration.
        """
        return seconds_or_option("poll_interval", self.poll_interval, "poll_interval")

    @property
    def copies_in_flight(self) -> int:
        """How many copies are outstanding at most, by default as Airflow's configuration says.

        :raises CanvasInputError: When ``max_in_flight`` is not a whole number.
        """
        return count_or_option("max_in_flight", self.max_in_flight, "max_in_flight")

    def _check(self) -> float:
        """Return for how many seconds the task may run.

        :raises CanvasInputError: When a parameter is wrong: before anything is planned or sent.
        """
        from airflow_provider_canvas.operators.bulk_result import thresholds_of

        thresholds_of(self.fail_if)
        _ = self.seconds_between_polls, self.copies_in_flight
        optional_bool("cancel_on_kill", self.cancel_on_kill)
        is_deferrable(self.deferrable)
        return seconds_allowed(seconds_or_option("timeout", self.timeout, "batch_timeout"), self.execution_timeout)

    def _describe_outstanding(self) -> str | None:
        """Return what is outstanding in Canvas, for the message of an error."""
        return None if self._bulk_run is None else self._bulk_run.outstanding_in_words
