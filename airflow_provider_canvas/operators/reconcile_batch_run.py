"""One attempt of the task that reconciles a batch: the lease, the work, and the result."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.fail_if import parse_limits
from airflow_provider_canvas.client.errors import CanvasReconciliationError
from airflow_provider_canvas.client.jobs.poll_schedule import format_duration
from airflow_provider_canvas.course_pairs.batch_rows import BatchCopy, BatchRows
from airflow_provider_canvas.course_pairs.batch_totals import VERDICTS, batch_totals, counts_of
from airflow_provider_canvas.course_pairs.reconcile_batch import BatchReconciliation
from airflow_provider_canvas.ledger.batch_name import unknown_batch
from airflow_provider_canvas.operators.reconcile_lineage import note_batch_reconciliation
from airflow_provider_canvas.operators.reconcile_parameters import (
    comparison_of,
    course_report_uri,
    store_of,
    write_course_report,
)
from airflow_provider_canvas.reconciliation import thresholds
from airflow_provider_canvas.reconciliation.statuses import Verdict
from airflow_provider_canvas.reconciliation.thresholds import FAIL_IF_KEYS, exceeded_by
from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.utils.batch_lease import BatchLease
from airflow_provider_canvas.utils.batch_report import report_uri, write_report
from airflow_provider_canvas.utils.parameters import none_if_blank, optional_bool, parse_structure
from airflow_provider_canvas.utils.sql_engine import sql_engine
from airflow_provider_canvas.utils.table_names import ledger_of

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator

log = logging.getLogger(__name__)

CANVAS_RECONCILIATION = "canvas_reconciliation"
"""The key of the XCom with the result. It is pushed before the thresholds are checked, so also if the task fails."""

VERDICT_KEYS = tuple(verdict for verdict in VERDICTS if verdict != Verdict.PASS)
"""The thresholds that limit the number of copies with a verdict."""


class ReconcileBatchRun:
    """The work of one attempt. Enter it first: that checks the parameters and takes the lease.

    :param task: The operator, rendered.
    :param context: Its context.
    """

    def __init__(self, task: CanvasReconcileBatchOperator, context: Context) -> None:
        self.task = task
        self.context = context
        self._began_at = time.time()
        self._stack = ExitStack()
        self._done = 0
        self._written: dict[str, int] = {}
        self._copies: Sequence[BatchCopy] = ()

    def __enter__(self) -> Self:
        task = self.task
        with ExitStack() as stack:
            self.how = comparison_of(task, self.context)
            self._everything = optional_bool("reconcile_again", task.reconcile_again) or False
            self._fail_if = check_fail_if(parse_structure("fail_if", task.fail_if) or {})
            engine = stack.enter_context(sql_engine(task.sql_conn_id))
            store = store_of(task, engine)
            self.ledger = ledger_of(task, engine, self.how.canvas_instance)
            self.rows = BatchRows(store, self.how.canvas_instance, self.ledger.batch_name)
            self._report_uri = report_uri(task.report_path, self.how.canvas_instance, f"{self.ledger.batch_name}_term")
            self.ledger.create_tables()
            self._check_batch()
            store.prepare()
            self.lease = BatchLease(self.ledger, self.context["ti"])
            self.lease.acquire()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if error is None:
                self.lease.release()
            elif isinstance(error, Exception):
                with suppress(Exception):
                    self.lease.release()

    def reconcile(self) -> None:
        """Reconcile the copies that are left.

        :raises CanvasError: If Canvas rejects the token, or does not respond.
        """
        again_by = (self.how.run_id, self.how.task) if self._everything else None
        self._copies = copies = self.rows.to_reconcile(again_by=again_by)
        sources = len({copy.source_course_id for copy in copies})
        self.task.log.info(
            "The batch %r: %s from %s to reconcile, with the checks: %s.",
            self.ledger.batch_name,
            "1 copy" if len(copies) == 1 else f"{len(copies):,} copies",
            "1 source course" if sources == 1 else f"{sources:,} source courses",
            ", ".join(self.how.checks) or "none beyond the mapping",
        )
        if done := self.rows.count_completed() - len(copies):
            by = "earlier attempts of this task" if self._everything else "earlier tasks, with the checks of these"
            log.info(
                "%s copies were reconciled by %s, and are left as they are. %s.",
                f"{done:,}",
                by,
                "Trigger a new DAG run to reconcile them again"
                if self._everything
                else "reconcile_again=True reconciles them again",
            )

        async def run() -> None:
            from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook

            async with CanvasAsyncHook(self.task.canvas_conn_id) as canvas:
                work = BatchReconciliation(
                    canvas,
                    self.rows,
                    self.how,
                    report_uri=self._course_report_uri,
                    write_report=write_course_report,
                    keep=self.lease.renew,
                )
                try:
                    await work.run(copies)
                finally:
                    self._done, self._written = sum(work.verdicts.values()), dict(work.written)

        asyncio.run(run())

    def finish(self) -> dict[str, Any]:
        """Write the report, record the asset event, and return the task's result.

        :raises CanvasReconciliationError: When a threshold is exceeded.
        """
        totals, report = batch_totals(self.rows), self._write_report()
        result = {
            "canvas_instance": self.how.canvas_instance,
            "batch": self.ledger.batch_name,
            "completed": self.rows.count_completed(),
            "reconciled_now": self._done,
            **totals,
            "rows": self._written,
            "seconds": round(time.time() - self._began_at),
            "report_uri": report,
        }
        note_batch_reconciliation(self.task.lineage, result, self._copies, self.rows.store)
        self.context["ti"].xcom_push(key=CANVAS_RECONCILIATION, value=result)
        verdicts = totals["verdicts"]
        self.task.log.info(
            "The batch %r is reconciled after %s: %s; %s of %s expected assets arrived.%s",
            self.ledger.batch_name,
            format_duration(result["seconds"]),
            ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.items()),
            f"{totals['arrived_assets']:,}",
            f"{totals['expected_assets']:,}",
            f" Its report is {redact(report)}" if report else "",
        )
        if exceeded := exceeded_by_batch(totals, self._fail_if):
            at = f" Report: {result['report_uri']}" if result["report_uri"] else ""
            raise CanvasReconciliationError(
                f"The batch {self.ledger.batch_name!r} does not pass: {'; '.join(exceeded)}.{at}"
            )
        self._announce(verdicts)
        return result

    def _write_report(self) -> str | None:
        """Log the stale links, write the report of the batch, and return its address; ``None`` without a report."""
        from airflow_provider_canvas.reconciliation.term_report.queries import read_term
        from airflow_provider_canvas.reconciliation.term_report.term_report import render_term_report

        store, of_batch = self.rows.store, {"canvas_instance": self.rows.canvas_instance, "batch": self.rows.batch}
        content = store.patience.run(
            lambda: read_term(
                store.engine,
                **of_batch,
                asset_table=store.asset_table,
                ledger_table=store.ledger_table,
                link_table=store.link_table,
                schema=store.schema,
            )
        )
        for line in content.link_lines:
            self.task.log.info("%s", line)
        return write_report(
            lambda: render_term_report(
                content,
                **of_batch,
                base_url=self.how.canvas_url,
                reported_at=datetime.now(UTC),
                report_uri=self._report_uri,
            ),
            self._report_uri,
            self.task.log,
        )

    def _announce(self, verdicts: Mapping[str, int]) -> None:
        """Record the asset event of the batch, if this attempt reconciled anything."""
        from airflow_provider_canvas.assets import canvas

        host, batch = self.how.canvas_instance, self.ledger.batch_name
        if self._done and self.task.outlets:
            extra = {"canvas_instance": host, "batch": batch, "reconciled": self._done, "verdicts": dict(verdicts)}
            canvas.announce(self.context, self.task.outlets, canvas.batch_uri(host, batch), extra)

    def _check_batch(self) -> None:
        """Check that the ledger has the batch.

        :raises CanvasInputError: If it has no rows of it.
        """
        if not self.ledger.counts():
            unknown = unknown_batch(self.ledger.batch_name, self.how.canvas_instance, self.ledger.batch_names())
            raise CanvasInputError(
                f"{unknown} Copy it with "
                "CanvasBulkCourseCopyOperator, or find copies that Canvas has with CanvasFindCopiesOperator, with the "
                "same batch, sql_conn_id and tables."
            )

    def _course_report_uri(self, course_id: str, content_migration_id: str) -> str | None:
        path = none_if_blank(self.task.report_path)
        if path is None:
            return None
        return course_report_uri(path, self.how.canvas_instance, course_id, content_migration_id)


def check_fail_if(fail_if: Mapping[str, Any]) -> dict[str, Any]:
    """Return the thresholds, checked.

    :param fail_if: Thresholds by key: verdicts, or the keys of the reconciliation of one copy.
    :raises CanvasInputError: If a key is unknown, or a value is not valid for it.
    """
    parse_limits(fail_if, (*VERDICT_KEYS, *FAIL_IF_KEYS), texts=True)
    thresholds.check_fail_if({key: value for key, value in fail_if.items() if key not in VERDICT_KEYS})
    return dict(fail_if)


def exceeded_by_batch(totals: Mapping[str, Any], fail_if: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each threshold that a batch exceeds; an empty list is a pass.

    :param totals: The counts of the batch.
    :param fail_if: Thresholds by key, checked.
    """
    of_copies = {key: value for key, value in fail_if.items() if key in VERDICT_KEYS}
    total = sum(totals["verdicts"].values())
    exceeded = [
        f"{key}: {totals['verdicts'][key]:,} of {total:,} copies, at most {limit} allowed"
        for key, limit in parse_limits(of_copies, VERDICT_KEYS, texts=True).items()
        if limit.is_exceeded(totals["verdicts"][key], total)
    ]
    of_sums = {key: value for key, value in fail_if.items() if key not in VERDICT_KEYS}
    return exceeded + exceeded_by(counts_of(totals), of_sums)
