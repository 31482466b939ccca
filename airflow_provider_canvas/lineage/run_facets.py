"""The run facets of this package: what a run of a task did in Canvas.

Each class is one facet, with the key ``KEY``. ``schemas/`` has its JSON schema, which is published with the
documentation: a field that is added is added there, too, and a field never changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

SCHEMAS = "https://airflow-provider-canvas.readthedocs.io/en/stable/openlineage/1-0-0"
"""Where the JSON schemas are published, with their version."""


@dataclass(frozen=True, kw_only=True)
class RunFacet:
    """A facet of a run. Fields that are ``None`` are left out."""

    KEY: ClassVar[str]

    @classmethod
    def class_name(cls) -> str:
        """Return the name of the facet in its schema."""
        return f"{''.join(part.capitalize() for part in cls.KEY.split('_'))}RunFacet"

    @classmethod
    def schema_url(cls) -> str:
        """Return the address of the facet's JSON schema."""
        return f"{SCHEMAS}/{cls.class_name()}.json#/$defs/{cls.class_name()}"


@dataclass(frozen=True, kw_only=True)
class ContentMigrationFacet(RunFacet):
    """A content migration: a copy, or an import.

    :param canvas_instance: The host of its Canvas.
    :param content_migration_id: Its number.
    :param migration_type: Canvas's name for its kind.
    :param workflow_state: Its last state that the task saw.
    :param selective: Whether only a selection of the content was asked for.
    :param started_by_other: Whether another task or a person started it.
    :param issue_counts: The number of its issues by type.
    :param url: The page on which Canvas shows it.
    """

    KEY = "canvas_content_migration"
    canvas_instance: str
    content_migration_id: int | str
    migration_type: str | None = None
    workflow_state: str | None = None
    selective: bool | None = None
    started_by_other: bool | None = None
    issue_counts: Mapping[str, int] | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class ContentExportFacet(RunFacet):
    """A content export.

    :param canvas_instance: The host of its Canvas.
    :param content_export_id: Its number.
    :param export_type: Canvas's name for its kind.
    :param workflow_state: Its last state that the task saw.
    :param selective: Whether only a selection of the content was asked for.
    :param exported: Whether a file was written; ``False`` if the course had not changed since the last export.
    """

    KEY = "canvas_content_export"
    canvas_instance: str
    content_export_id: int | str
    export_type: str | None = None
    workflow_state: str | None = None
    selective: bool | None = None
    exported: bool | None = None


@dataclass(frozen=True, kw_only=True)
class BatchFacet(RunFacet):
    """A batch of copies, as a whole.

    :param canvas_instance: The host of its Canvas.
    :param batch: Its name.
    :param copies: The number of its copies.
    :param sources: The number of courses that are copied.
    :param states: The number of copies by state.
    :param verdicts: The number of copies by verdict of the plan.
    :param issue_counts: The number of issues by type.
    """

    KEY = "canvas_batch"
    canvas_instance: str
    batch: str
    copies: int
    sources: int | None = None
    states: Mapping[str, int] | None = None
    verdicts: Mapping[str, int] | None = None
    issue_counts: Mapping[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class ReconciliationFacet(RunFacet):
    """A reconciliation of one copy, or of the copies of a batch.

    :param canvas_instance: The host of its Canvas.
    :param verdicts: The number of copies by verdict.
    :param batch: The name of the batch.
    :param content_migration_id: The content migration, for one copy.
    :param coverage_percent: How much of what was expected arrived.
    :param expected_assets: How many assets were expected.
    :param arrived_assets: How many of them arrived.
    :param statuses: The number of assets by status.
    :param stale_links: The number of links that still lead to the source, or nowhere.
    """

    KEY = "canvas_reconciliation"
    canvas_instance: str
    verdicts: Mapping[str, int]
    batch: str | None = None
    content_migration_id: int | str | None = None
    coverage_percent: float | None = None
    expected_assets: int | None = None
    arrived_assets: int | None = None
    statuses: Mapping[str, int] | None = None
    stale_links: int | None = None


@dataclass(frozen=True, kw_only=True)
class RepairFacet(RunFacet):
    """A repair of stale links, or the way back.

    :param canvas_instance: The host of its Canvas.
    :param dry_run: Whether nothing was changed.
    :param changes: The number of changes that were planned or made.
    :param states: Their number by state.
    :param undo: The run whose changes were taken back.
    """

    KEY = "canvas_repair"
    canvas_instance: str
    dry_run: bool
    changes: int
    states: Mapping[str, int]
    undo: str | None = None


@dataclass(frozen=True, kw_only=True)
class UnlistedDatasetsFacet(RunFacet):
    """The number of courses that an event does not list, because it lists only the first ones.

    :param inputs: How many inputs are not listed.
    :param outputs: How many outputs are not listed.
    """

    KEY = "canvas_unlisted_datasets"
    inputs: int
    outputs: int


FACETS: tuple[type[RunFacet], ...] = (
    ContentMigrationFacet,
    ContentExportFacet,
    BatchFacet,
    ReconciliationFacet,
    RepairFacet,
    UnlistedDatasetsFacet,
)
"""All facets."""
