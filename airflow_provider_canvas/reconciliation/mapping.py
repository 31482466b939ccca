"""Canvas's ``asset_id_mapping``: which asset of the destination came from which asset of the source.

Canvas does not keep a log. It computes the mapping anew from the rows that it has, deleted ones included, so a
pair may name assets that neither course lists any more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES
from airflow_provider_canvas.reconciliation.coerce import object_of, text_of

_MIGRATION_HASH = re.compile(r"[gi]?[0-9a-f]{32}")
_ID = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Identity:
    """What a newer Canvas adds about a pair.

    :param migration_hash: The identity that ties the two assets, as in ``g0123...``.
    :param source_url_slug: Of a page; likewise ``dest_url_slug``.
    """

    migration_hash: str | None = None
    source_url_slug: str | None = None
    dest_url_slug: str | None = None


_NOTHING_ADDED = Identity()


@dataclass(frozen=True)
class AssetMap:
    """The pairs of every asset type.

    :param pairs: Destination id by source id, by asset type. Every one of ``ASSET_TYPES`` is a key.
    :param identities: By (asset type, source id); empty unless the Canvas adds them.
    """

    pairs: Mapping[str, Mapping[str, str]]
    identities: Mapping[tuple[str, str], Identity] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> AssetMap:
        """Read Canvas's answer; what is neither a pair of ids nor an identity is left out.

        ``{"13": "740"}`` is a pair. Beside it a newer Canvas puts, keyed by the migration hash,
        ``{"source": {"id": "13"}, "destination": {"id": "740", "url": "intro"}}``.
        """
        body = object_of(body)
        pairs: dict[str, dict[str, str]] = {asset_type: {} for asset_type in ASSET_TYPES}
        identities: dict[tuple[str, str], Identity] = {}
        for asset_type in ASSET_TYPES:
            for key, value in object_of(body.get(asset_type)).items():
                if isinstance(value, str) and _ID.fullmatch(str(key)) and _ID.fullmatch(value):
                    pairs[asset_type][str(key)] = value
                elif isinstance(value, Mapping) and _MIGRATION_HASH.fullmatch(str(key)):
                    source, destination = object_of(value.get("source")), object_of(value.get("destination"))
                    identities[asset_type, text_of(source.get("id")) or ""] = Identity(
                        str(key), text_of(source.get("url")), text_of(destination.get("url"))
                    )
        return cls(pairs, identities)

    def identity(self, asset_type: str, source_asset_id: str | None) -> Identity:
        """Return what Canvas adds about the pair of this source asset; empty if it adds nothing."""
        return self.identities.get((asset_type, source_asset_id or ""), _NOTHING_ADDED)
