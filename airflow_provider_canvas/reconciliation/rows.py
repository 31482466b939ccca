"""The row of one asset, and how it is built from a pairing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_canvas.reconciliation.assets import Asset
from airflow_provider_canvas.reconciliation.differences import due_delta_days
from airflow_provider_canvas.reconciliation.later_edits import is_edited_after
from airflow_provider_canvas.reconciliation.mapping import Identity
from airflow_provider_canvas.reconciliation.statuses import Status


@dataclass(frozen=True)
class PreviousAsset:
    """A pair, as the previous reconciliation stored it, with the titles of assets that may be deleted now.

    :param asset_type: One of ``ASSET_TYPES``.
    :param source_asset_id: Canvas's id in the source; None without a source.
    :param dest_asset_id: Canvas's id in the destination; None without a destination.
    :param source_title: The title in the source.
    :param dest_title: The title in the destination.
    """

    asset_type: str
    source_asset_id: str | None
    dest_asset_id: str | None
    source_title: str | None = None
    dest_title: str | None = None


@dataclass(frozen=True, kw_only=True)
class AssetRow:
    """The result for one asset. The fields of a side are None where that side has no asset.

    :param asset_type: One of ``ASSET_TYPES``.
    :param asset_key: Unique in a course pair and asset type: ``source:13``, or ``dest:740`` without a source.
    :param status: The status, such as ``matched`` or ``missing_in_destination``.
    :param detail: What differs, or what to do, in plain words; may be empty.
    :param in_source: Whether the source lists the asset now.
    :param in_destination: Whether the destination lists the asset now.
    :param source_asset_id: Canvas's id; None without a source.
    :param dest_asset_id: Canvas's id; known from the mapping even if the destination no longer has the asset.
    :param migration_hash: The migration id that the pair shares, if Canvas sends it.
    :param source_title: The title in the source.
    :param dest_title: The title in the destination.
    :param source_url_slug: A page's slug in the source.
    :param dest_url_slug: A page's slug in the destination.
    :param source_published: Whether it is published in the source; None if Canvas does not say.
    :param dest_published: Whether it is published in the destination; None if Canvas does not say.
    :param points_source: Points possible in the source.
    :param points_dest: Points possible in the destination.
    :param due_at_source: The due date in the source.
    :param due_at_dest: The due date in the destination.
    :param due_delta_days: Whole days from the source's due date to the destination's.
    :param source_updated_at: When the source's asset last changed.
    :param dest_updated_at: When the destination's asset last changed.
    :param matched_by: What paired the two sides: ``mapping`` (Canvas's own, also of assets that are gone), ``name`` (an
        equal title) or ``content`` (all but the title is equal); None for an asset that has no other side.
    :param changed_since_copy: Whether the destination's asset was edited after the copy had ended; None if Canvas does
        not tell.
    """

    asset_type: str
    asset_key: str
    status: Status
    detail: str
    in_source: bool
    in_destination: bool
    source_asset_id: str | None = None
    dest_asset_id: str | None = None
    migration_hash: str | None = None
    source_title: str | None = None
    dest_title: str | None = None
    source_url_slug: str | None = None
    dest_url_slug: str | None = None
    source_published: bool | None = None
    dest_published: bool | None = None
    points_source: float | None = None
    points_dest: float | None = None
    due_at_source: datetime | None = None
    due_at_dest: datetime | None = None
    due_delta_days: int | None = None
    source_updated_at: datetime | None = None
    dest_updated_at: datetime | None = None
    matched_by: str | None = None
    changed_since_copy: bool | None = None

    @property
    def title(self) -> str:
        """The source's title, else the destination's, else the key."""
        return self.source_title or self.dest_title or self.asset_key


@dataclass(frozen=True)
class Pairing:
    """A source asset and a destination asset that belong together, either of which may be missing, and their status.

    :param status: The status of the pair.
    :param detail: The reason, in plain words.
    :param source: The source's asset, if the source lists it.
    :param destination: The destination's asset, if the destination lists it.
    :param source_id: Id of the source's asset, even if it is gone.
    :param dest_id: Id of the destination's asset, even if it is gone.
    """

    status: Status
    detail: str = ""
    source: Asset | None = None
    destination: Asset | None = None
    source_id: str | None = None
    dest_id: str | None = None


def build_row(
    asset_type: str,
    pairing: Pairing,
    identity: Identity,
    previous: PreviousAsset | None,
    *,
    matched_by: str | None = None,
    copy_ended_at: datetime | None = None,
) -> AssetRow:
    """Return the row of a pairing, completed from Canvas's mapping and the previous reconciliation.

    :param matched_by: What paired the two sides.
    :param copy_ended_at: When Canvas ended the copy, for the edits since.
    """
    source, destination = pairing.source, pairing.destination
    source_id = source.asset_id if source else pairing.source_id
    dest_id = destination.asset_id if destination else pairing.dest_id
    return AssetRow(
        asset_type=asset_type,
        asset_key=f"source:{source_id}" if source_id else f"dest:{dest_id}",
        status=pairing.status,
        detail=pairing.detail,
        in_source=source is not None,
        in_destination=destination is not None,
        source_asset_id=source_id,
        dest_asset_id=dest_id,
        migration_hash=identity.migration_hash,
        source_title=source.title if source else (previous.source_title if previous else None),
        dest_title=destination.title if destination else (previous.dest_title if previous else None),
        source_url_slug=source.url_slug if source else identity.source_url_slug,
        dest_url_slug=destination.url_slug if destination else identity.dest_url_slug,
        source_published=source.published if source else None,
        dest_published=destination.published if destination else None,
        points_source=source.points_possible if source else None,
        points_dest=destination.points_possible if destination else None,
        due_at_source=source.due_at if source else None,
        due_at_dest=destination.due_at if destination else None,
        due_delta_days=due_delta_days(source, destination) if source and destination else None,
        source_updated_at=source.updated_at if source else None,
        dest_updated_at=destination.updated_at if destination else None,
        matched_by=matched_by,
        changed_since_copy=is_edited_after(destination, copy_ended_at) if destination and matched_by else None,
    )
