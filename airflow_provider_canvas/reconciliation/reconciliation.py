"""The reconciliation of one copy, with everything that ``report`` writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.reconciliation.classify import classify
from airflow_provider_canvas.reconciliation.content_migration import ContentMigration
from airflow_provider_canvas.reconciliation.inventory import Course, Inventory
from airflow_provider_canvas.reconciliation.links.stale_link import StaleLink
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.reconciliation.rows import AssetRow, PreviousAsset
from airflow_provider_canvas.reconciliation.selection import Selected
from airflow_provider_canvas.reconciliation.summary import Summary


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """The reconciliation of one copy.

    :param canvas_instance: Host of the Canvas, such as ``canvas.example.edu``; part of every natural key.
    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param content_migration: Canvas's ContentMigration object.
    :param issues: Canvas's MigrationIssue objects.
    :param rows: One row per asset.
    :param summary: The counts of the rows.
    :param reconciled_at: When the inventories were fetched, with a time zone.
    :param run_id: Id of the DAG run.
    :param reconciled_by: The task of the run, such as ``my_dag.reconcile``; empty if it is none.
    :param canvas_url: Base URL for links; the default is ``https://`` and the instance.
    :param report_uri: Where the HTML report is stored.
    :param progress: Canvas's Progress object of the migration; None if it is not known, or no longer there.
    :param stale_links: The links in the destination that do not lead where they should.
    :param unreadable: The names of listings that could not be read, so that nothing is known about what they list.
    :param checks: The checks that ran beyond the comparison by Canvas's mapping: ``links``, ``unmapped``, ``lti``,
        ``new_quizzes``, ``link_validation``.
    :raises CanvasInputError: If the instance is not a host, or the time has no zone.
    """

    canvas_instance: str
    source: Course
    destination: Course
    content_migration: Mapping[str, Any]
    issues: Sequence[Mapping[str, Any]]
    rows: Sequence[AssetRow]
    summary: Summary
    reconciled_at: datetime
    run_id: str
    reconciled_by: str = ""
    canvas_url: str | None = None
    report_uri: str | None = None
    progress: Mapping[str, Any] | None = None
    stale_links: Sequence[StaleLink] = ()
    unreadable: Sequence[str] = ()
    checks: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not self.canvas_instance or "/" in self.canvas_instance:
            raise CanvasInputError(
                f"canvas_instance is {self.canvas_instance!r}; write only the host, such as 'canvas.example.edu'"
            )
        if self.reconciled_at.tzinfo is None:
            raise CanvasInputError("reconciled_at has no time zone; write datetime.now(tz=UTC)")

    @property
    def migration(self) -> ContentMigration:
        """The content migration, parsed."""
        return ContentMigration.parse(self.content_migration, self.progress)

    @property
    def base_url(self) -> str:
        """Base URL of links into Canvas, without a slash at the end."""
        return (self.canvas_url or f"https://{self.canvas_instance}").rstrip("/")


def reconcile(
    source: Inventory,
    destination: Inventory,
    mapping: AssetMap,
    *,
    canvas_instance: str,
    content_migration: Mapping[str, Any],
    reconciled_at: datetime,
    run_id: str,
    issues: Sequence[Mapping[str, Any]] = (),
    selected: Selected | None = None,
    previous: Collection[PreviousAsset] = (),
    canvas_url: str | None = None,
    report_uri: str | None = None,
    progress: Mapping[str, Any] | None = None,
    stale_links: Sequence[StaleLink] = (),
    unreadable: Sequence[str] = (),
    checks: Sequence[str] = (),
) -> Reconciliation:
    """Classify the assets of both courses, and return the rows and counts with everything that ``report`` writes.

    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param mapping: Canvas's ``asset_id_mapping`` of the copy.
    :param selected: The copy's ``select``: by asset type ids, or ``"all"``. None: everything.
    :param previous: The rows of the previous reconciliation, for the titles of assets that are gone.

    The other parameters are those of :class:`Reconciliation`.
    """
    began_at = ContentMigration.parse(content_migration).began_at
    rows = classify(source, destination, mapping, selected, previous, copy_began_at=began_at, issues=issues)
    return Reconciliation(
        canvas_instance=canvas_instance,
        source=source.course,
        destination=destination.course,
        content_migration=content_migration,
        issues=issues,
        rows=rows,
        summary=Summary.from_rows(rows, issues, stale_links),
        reconciled_at=reconciled_at,
        run_id=run_id,
        canvas_url=canvas_url,
        report_uri=report_uri,
        progress=progress,
        stale_links=stale_links,
        unreadable=unreadable,
        checks=checks,
    )
