"""The result for one asset: a row, and how it is put together from the facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_canvas.reconciliation.assets import Asset
from airflow_provider_canvas.reconciliation.differences import due_delta_days
from airflow_provider_canvas.reconciliation.mapping import Identity
from airflow_provider_canvas.reconciliation.statuses import Status


@dataclass(frozen=True)
class RememberedAsset:
    """A pair as an earlier reconciliation saw it: the only place that knows the title of what is gone now."""

    asset_type: str
    source_asset_id: str | None
    dest_asset_id: str | None
    source_title: str | None = None
    dest_title: str | None = None


@dataclass(frozen=True, kw_only=True)
class AssetRow:
    """What became of one asset. A field that ends in ``source`` or ``dest`` is None where that side has none.

    :param asset_key: Unique in a course pair and asset type: ``source:13``, or ``dest:740`` for what has no
        source.
    :param status: See :class:`Status`.
    :param detail: In plain words, what differs or what to do; may be empty.
    :param in_source: Whether the source lists the asset now; likewise ``in_destination``.
    :param source_asset_id: None for what has no source.
    :param dest_asset_id: Known from the mapping even if the destination no longer has it.
    :param migration_hash: The identity that Canvas ties the pair with, where it tells it.
    :param points_source: Points possible.
    :param due_delta_days: Whole days from the source's due date to the destination's.
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

    @property
    def title(self) -> str:
        """The source's title, else the destination's, else the key."""
        return self.source_title or self.dest_title or self.asset_key


@dataclass(frozen=True)
class Pairing:
    """A decision about one asset: who stands beside whom, and what that means.

    :param source: The source's asset if the source lists it; likewise ``destination``.
    :param source_id: The id even of one that is gone; likewise ``dest_id``.
    """

    status: Status
    detail: str = ""
    source: Asset | None = None
    destination: Asset | None = None
    source_id: str | None = None
    dest_id: str | None = None


def row_of(asset_type: str, pairing: Pairing, identity: Identity, memory: RememberedAsset | None) -> AssetRow:
    """Write a pairing down, with what Canvas's mapping and an earlier run add to it."""
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
        source_title=source.title if source else (memory.source_title if memory else None),
        dest_title=destination.title if destination else (memory.dest_title if memory else None),
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
    )
