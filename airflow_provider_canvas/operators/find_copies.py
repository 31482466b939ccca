"""The operator that finds completed course copies in Canvas, and puts them into the ledger as a batch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.operators.course_fields import unknown_ids_told_apart
from airflow_provider_canvas.utils.parameters import check_id, none_if_blank
from airflow_provider_canvas.utils.result_sentences import time_since

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.course_pairs.find_copies import CopySearch

ALL_TERMS = "all"
"""What stands for all terms in ``enrollment_term_id``."""


class CanvasFindCopiesOperator(CanvasOperator):
    """Find the completed course copies of a term, of a range of dates or of an account, also years back.

    Each course of the account, and of those below it, whose newest wanted copy Canvas still knows gets a row in the
    ledger, in the state ``completed``: so ``CanvasReconcileBatchOperator`` can reconcile them as a batch. Nothing is
    changed in Canvas. A second run adds what is new, and follows a newer copy into the same course. It takes one
    request per course, and one per hundred courses for their list.

    Copies by the API, by Canvas's pages and by the deprecated endpoint are found, and imports of packages of this
    Canvas whose source it knows. Not found: syncs of a blueprint, copies of courses of another root account, whose
    source Canvas hides, and deleted courses.

    The result is a dict: ``canvas_instance``, ``batch``, ``courses`` (the courses that were listed), ``copies`` (the
    rows of the batch), ``new``, ``updated``, ``known``, ``without_copy``, ``unreadable``, ``of_other_origin`` (courses
    that a plan has a row for, which stays as it is), and ``sources`` (the number of source courses).

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.index

    :param account_id: The account: a number, an SIS form, or ``self``. (templated)
    :param batch: The name of the batch, such as ``past spring-2024``. (templated)
    :param enrollment_term_id: The term of the courses that were copied into: a number or an SIS form. Write ``"all"``
        to search the courses of all terms without a range of dates. (templated)
    :param finished_after: Only copies that finished at this time or later. (templated)
    :param finished_before: Only copies that finished before this time. (templated)
    :param sql_conn_id: The connection to the database with the ledger: SQLite or PostgreSQL. (templated)
    :param ledger_table: The table of copies, created if missing. (templated)
    :param batch_table: The table of batches, created if missing. (templated)
    :param issue_table: The table of issues, created if missing. (templated)
    :param schema: The schema of the tables; it must exist. (templated)
    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = (
        *CanvasOperator.template_fields,
        "account_id",
        "batch",
        "enrollment_term_id",
        "finished_after",
        "finished_before",
        "sql_conn_id",
        "ledger_table",
        "batch_table",
        "issue_table",
        "schema",
    )
    refused_if_blank = frozenset({"account_id", "batch", "sql_conn_id"})

    def __init__(
        self,
        *,
        account_id: int | str,
        batch: str,
        enrollment_term_id: int | str | None = None,
        finished_after: datetime | str | None = None,
        finished_before: datetime | str | None = None,
        sql_conn_id: str = "sqlite_default",
        ledger_table: str = "canvas_copy_ledger",
        batch_table: str = "canvas_copy_batch",
        issue_table: str = "canvas_copy_issue",
        schema: str | None = None,
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)
        self.account_id = check_id("account_id", account_id)
        self.batch = batch
        self.enrollment_term_id = check_id("enrollment_term_id", enrollment_term_id, optional=True)
        self.finished_after = finished_after
        self.finished_before = finished_before
        self.sql_conn_id = sql_conn_id
        self.ledger_table = ledger_table
        self.batch_table = batch_table
        self.issue_table = issue_table
        self.schema = schema

    def perform(self, context: Context) -> dict[str, Any]:
        """Read the courses and their copies, and write the rows that are new.

        :raises CanvasInputError: If neither a term nor a range of dates is given.
        """
        import asyncio

        from airflow_provider_canvas.course_pairs.find_copies import FoundCopies
        from airflow_provider_canvas.lineage.datasets import canvas_dataset
        from airflow_provider_canvas.lineage.run_facets import BatchFacet
        from airflow_provider_canvas.operators.batch_lineage import note_ledger
        from airflow_provider_canvas.utils.batch_lease import BatchLease
        from airflow_provider_canvas.utils.sql_engine import sql_engine
        from airflow_provider_canvas.utils.table_names import ledger_of

        began_at = time.time()
        search, ti = self._search(), context["ti"]
        with sql_engine(self.sql_conn_id) as engine:
            ledger = ledger_of(self, engine, self.hook.settings.host)
            ledger.create_tables()
            lease = BatchLease(ledger, ti)
            lease.acquire()
            run = {name: getattr(ti, name) for name in ("dag_id", "run_id", "task_id", "map_index", "try_number")}

            async def find() -> FoundCopies:
                from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook

                async with CanvasAsyncHook(self.canvas_conn_id) as canvas:
                    work = FoundCopies(canvas, ledger, search, run, keep=lease.renew)
                    await work.find()
                    return work

            terms = {"enrollment_term_id": search.enrollment_term_id}
            try:
                with unknown_ids_told_apart(f"account_id {search.account_id!r}", terms, self._read_account):
                    found = asyncio.run(find())
            finally:
                lease.release()
            by_source = ledger.counts_by_source()
            note_ledger(self.lineage, ledger)
        copies = sum(sum(counts.values()) for counts in by_source.values())
        result = {
            "canvas_instance": ledger.canvas_instance,
            "batch": ledger.batch_name,
            "copies": copies,
            **found.result(),
            "sources": len(by_source),
        }
        if str(search.account_id).isdecimal():
            self.lineage.read(canvas_dataset(ledger.canvas_instance, "account_id", search.account_id))
        self.lineage.describe(
            BatchFacet(
                canvas_instance=ledger.canvas_instance,
                batch=ledger.batch_name,
                copies=copies,
                sources=len(by_source),
            )
        )
        searched = found.result()
        self.log.info(
            "The search took %s. The batch %r has %s from %s. Courses that were searched: %s (%s).",
            time_since(began_at),
            ledger.batch_name,
            "1 copy" if result["copies"] == 1 else f"{result['copies']:,} copies",
            "1 source course" if result["sources"] == 1 else f"{result['sources']:,} source courses",
            f"{searched.pop('courses'):,}",
            ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in searched.items()),
        )
        return result

    def _read_account(self) -> None:
        next(iter(self.hook.accounts.courses(account_id=self.account_id, per_page=1)), None)

    def _search(self) -> CopySearch:
        """Return which copies are wanted.

        :raises CanvasInputError: If a parameter is wrong, or nothing limits the search.
        """
        from airflow_provider_canvas.api.ids import canvas_id
        from airflow_provider_canvas.course_pairs.find_copies import CopySearch, parse_time

        account_id = canvas_id("account_id", self.account_id)
        after = parse_time("finished_after", none_if_blank(self.finished_after))
        before = parse_time("finished_before", none_if_blank(self.finished_before))
        if after is not None and before is not None and after >= before:
            raise CanvasInputError("finished_after is not before finished_before: no copy finished in between.")
        term_id = none_if_blank(self.enrollment_term_id)
        if term_id is None and after is None and before is None:
            raise CanvasInputError(
                "Nothing limits the search, and the account may have thousands of courses: give enrollment_term_id, "
                "finished_after or finished_before. To search all terms, write enrollment_term_id='all'."
            )
        return CopySearch(
            account_id=account_id,
            enrollment_term_id=(
                None if term_id in (None, ALL_TERMS) else canvas_id("enrollment_term_id", term_id, kind="term_id")
            ),
            finished_after=after,
            finished_before=before,
        )
