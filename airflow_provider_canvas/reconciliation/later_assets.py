"""The assets of a source course that were created after a copy had begun, so that the copy could not bring them.

Most listings have the time of creation. Those of quizzes, modules and module items do not. For these, other facts tell:

- Canvas's ids grow. A source asset whose id is higher than those of all copies of its type is younger than the copies.
  That holds only if the copies are all of one copy, so ids are not used for a destination with older copies.
- A graded quiz is as old as its gradebook entry, and a module item no older than what it shows.
- A module brings its items. An item that needs nothing else, and of which Canvas reports no error, was not there yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, Asset, id_order
from airflow_provider_canvas.reconciliation.content_migration import MigrationIssue
from airflow_provider_canvas.reconciliation.inventory import Inventory
from airflow_provider_canvas.reconciliation.mapping import AssetMap

UNDATED_TYPES = frozenset({"quizzes", "modules", "module_items"})
"""The types whose listings do not have the time of creation."""

_PLAIN_ITEMS = frozenset({"SubHeader", "ExternalUrl"})
"""The types of module items that show no asset."""

_FIRST_ID_OF_A_SHARD = 10**13
"""Ids of another shard begin with its number, and do not tell which asset is younger."""


def find_later_assets(
    source: Inventory,
    destination: Inventory,
    mapping: AssetMap,
    copy_began_at: datetime | None,
    issues: Iterable[Mapping[str, Any]] = (),
) -> frozenset[tuple[str, str]]:
    """Return type and id of each unmapped source asset that was created after the copy had begun.

    An asset of which that is not certain is left out.

    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param mapping: Canvas's ``asset_id_mapping`` of the copy.
    :param copy_began_at: When Canvas began the copy; None if it is not known.
    :param issues: Canvas's MigrationIssue objects.
    """
    if copy_began_at is None:
        return frozenset()
    reported = " ".join(MigrationIssue.parse(issue).description for issue in issues)
    has_one_copy = _has_one_copy(destination, mapping, copy_began_at)
    later: set[tuple[str, str]] = set()
    for asset_type in sorted(ASSET_TYPES, key=lambda name: name in UNDATED_TYPES):  # the others need the dated types
        pairs = mapping.pairs[asset_type]
        newest_copy = max(pairs.values(), key=id_order, default=None) if has_one_copy else None
        for asset_id, asset in source.assets[asset_type].items():
            if asset_id in pairs:
                continue
            if asset.created_at is not None:
                is_later = asset.created_at > copy_began_at
            else:
                is_later = (
                    is_younger(asset_id, newest_copy)
                    or any(companion in later for companion in _companions(source, asset))
                    or (_arrived_without(asset, mapping, destination) and asset.title not in reported)
                )
            if is_later:
                later.add((asset_type, asset_id))
    return frozenset(later)


def _has_one_copy(destination: Inventory, mapping: AssetMap, copy_began_at: datetime) -> bool:
    """Return whether the destination has copies whose time of creation is known, and none is older than this copy."""
    created = [
        asset.created_at
        for asset_type in ASSET_TYPES
        for asset_id in mapping.pairs[asset_type].values()
        if (asset := destination.assets[asset_type].get(asset_id)) and asset.created_at
    ]
    return bool(created) and min(created) >= copy_began_at


def is_younger(asset_id: str, newest_copy: str | None) -> bool:
    """Return whether the id of a source asset is higher than that of the newest copy."""
    if newest_copy is None or not (asset_id.isdecimal() and newest_copy.isdecimal()):
        return False
    (shard, number), (other_shard, other) = (divmod(int(i), _FIRST_ID_OF_A_SHARD) for i in (asset_id, newest_copy))
    return shard == other_shard and number > other


def _companions(source: Inventory, asset: Asset) -> list[tuple[str, str]]:
    """Return what an asset cannot be older than: the gradebook entry of a quiz, and what a module item shows."""
    if asset.asset_type == "quizzes":
        return [companion for companion in asset.comes_with if companion[0] == "assignments"]
    if asset.content is None:
        return []
    asset_type, key = asset.content
    if asset_type != "pages":
        return [asset.content]
    return [("pages", page.asset_id) for page in source.assets["pages"].values() if page.url_slug == key]


def _arrived_without(asset: Asset, mapping: AssetMap, destination: Inventory) -> bool:
    """Return whether a module arrived without an item that shows no asset, and so could not fail to arrive."""
    module_id = mapping.pairs["modules"].get(asset.module_id or "")
    return asset.item_type in _PLAIN_ITEMS and module_id in destination.assets["modules"]
