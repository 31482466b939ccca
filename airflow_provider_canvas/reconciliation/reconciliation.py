"""Everything about one reconciled copy, as the writers of ``report`` take it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.classify import classify
from airflow_provider_canvas.reconciliation.inventory import Course, Inventory
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.reconciliation.rows import AssetRow, RememberedAsset
from airflow_provider_canvas.reconciliation.summary import Summary


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """One copy, compared.

    :param canvas_instance: Host of the Canvas, as in ``canvas.example.edu``; part of every natural key.
    :param content_migration: Canvas's ContentMigration object.
    :param issues: Canvas's MigrationIssue objects.
    :param reconciled_at: When the inventories were taken, with a time zone.
    :param run_id: The run that did it.
    :param canvas_url: Where links lead, if not to ``https://`` and the instance.
    :param report_uri: Where the report is kept.
    :raises ValueError: If the instance is not a host, or the time has no zone.
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
    canvas_url: str | None = None
    report_uri: str | None = None

    def __post_init__(self) -> None:
        if not self.canvas_instance or "/" in self.canvas_instance:
            raise ValueError(
                f"canvas_instance is {self.canvas_instance!r}; write the host alone, as in 'canvas.example.edu'"
            )
        if self.reconciled_at.tzinfo is None:
            raise ValueError("reconciled_at has no time zone; write datetime.now(tz=UTC)")

    @property
    def base_url(self) -> str:
        """Where links into Canvas begin, without a slash at the end."""
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
    selected: Mapping[str, Collection[str]] | None = None,
    remembered: Collection[RememberedAsset] = (),
    canvas_url: str | None = None,
    report_uri: str | None = None,
) -> Reconciliation:
    """Classify and count, and bundle the result with what the writers need beside it."""
    rows = classify(source, destination, mapping, selected, remembered)
    return Reconciliation(
        canvas_instance=canvas_instance,
        source=source.course,
        destination=destination.course,
        content_migration=content_migration,
        issues=issues,
        rows=rows,
        summary=Summary.of(rows, issues),
        reconciled_at=reconciled_at,
        run_id=run_id,
        canvas_url=canvas_url,
        report_uri=report_uri,
    )
