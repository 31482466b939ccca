"""The assets of a source course that were created after a copy had begun, so that the copy could not bring them.

Most listings have the time of creation. Those of quizzes, modules and module items do not; for these, Canvas's ids
tell: they grow, so a source asset whose id is higher than those of all copies of its type is younger than the copies.
That holds only if the copies are all of one copy, so ids are not used for a destination with older copies.
"""

from __future__ import annotations

from datetime import datetime

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, Asset, id_order
from airflow_provider_canvas.reconciliation.inventory import Inventory
from airflow_provider_canvas.reconciliation.mapping import AssetMap

UNDATED_TYPES = frozenset({"quizzes", "modules", "module_items"})
"""The types whose listings do not have the time of creation."""


def find_later_assets(
    source: Inventory, destination: Inventory, mapping: AssetMap, copy_began_at: datetime | None
) -> frozenset[tuple[str, str]]:
    """Return type and id of each unmapped source asset that was created after the copy had begun.

    An asset of which that is not certain is left out.

    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param mapping: Canvas's ``asset_id_mapping`` of the copy.
    :param copy_began_at: When Canvas began the copy; None if it is not known.
    """
    if copy_began_at is None:
        return frozenset()
    later: set[tuple[str, str]] = set()
    has_one_copy = _has_one_copy(destination, mapping, copy_began_at)
    for asset_type in sorted(ASSET_TYPES, key=lambda name: name in UNDATED_TYPES):  # module items need the others
        pairs = mapping.pairs[asset_type]
        newest_copy = max(pairs.values(), key=id_order, default=None) if has_one_copy else None
        for asset_id, asset in source.assets[asset_type].items():
            if asset_id in pairs:
                continue
            if asset.created_at is not None:
                is_later = asset.created_at > copy_began_at
            else:
                is_later = _is_younger(asset_id, newest_copy) or _shown_asset(source, asset) in later
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


_FIRST_ID_OF_A_SHARD = 10**13
"""Ids of another shard begin with its number, and do not tell which asset is younger."""


def _is_younger(asset_id: str, newest_copy: str | None) -> bool:
    if newest_copy is None or not (asset_id.isdecimal() and newest_copy.isdecimal()):
        return False
    (shard, number), (other_shard, other) = (divmod(int(i), _FIRST_ID_OF_A_SHARD) for i in (asset_id, newest_copy))
    return shard == other_shard and number > other


def _shown_asset(source: Inventory, item: Asset) -> tuple[str, str] | None:
    """Return type and id of the asset that a module item shows."""
    if item.content is None or item.content[0] != "pages":
        return item.content
    return next((("pages", p.asset_id) for p in source.assets["pages"].values() if p.url_slug == item.content[1]), None)
