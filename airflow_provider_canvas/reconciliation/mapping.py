"""Canvas's ``asset_id_mapping``: which asset of the destination was copied from which asset of the source.

Canvas keeps no log of a copy. It computes the mapping on each request from its current rows, deleted ones included, so
a pair may name assets that neither course lists any more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.asset_pairs import asset_pairs
from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES
from airflow_provider_canvas.reconciliation.coerce import to_object, to_text
from airflow_provider_canvas.reconciliation.id_forms import in_form_of

_MIGRATION_HASH = re.compile(r"[gi]?[0-9a-f]{32}")


@dataclass(frozen=True)
class Identity:
    """What a newer Canvas adds to a pair.

    :param migration_hash: The migration id that the two assets share, such as ``g0123...``.
    :param source_url_slug: The slug of the source's page.
    :param dest_url_slug: The slug of the destination's page.
    """

    migration_hash: str | None = None
    source_url_slug: str | None = None
    dest_url_slug: str | None = None


_NO_IDENTITY = Identity()


@dataclass(frozen=True)
class AssetMap:
    """The pairs of every asset type.

    :param pairs: Destination id by source id, by asset type; each of ``ASSET_TYPES`` is a key.
    :param identities: Identity by (asset type, source id); empty for a Canvas that does not add them.
    """

    pairs: Mapping[str, Mapping[str, str]]
    identities: Mapping[tuple[str, str], Identity] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: Mapping[str, Any], source_course_id: str = "", dest_course_id: str = "") -> AssetMap:
        """Parse Canvas's response; entries that are neither a pair of ids nor an identity are skipped.

        ``{"13": "740"}`` is a pair. A newer Canvas adds entries whose key is the migration hash, or has only those:
        ``{"source": {"id": "13"}, "destination": {"id": "740", "url": "intro"}}``. The ids of a course on another shard
        than the others are local ones there; its listings have global ones, so these are taken.

        :param body: Canvas's response.
        :param source_course_id: The course that was copied; empty if it is not known.
        :param dest_course_id: The course that was copied into, likewise.
        """
        body = to_object(body)
        pairs = {
            asset_type: {
                in_form_of(source_course_id, source_id): in_form_of(dest_course_id, dest_id)
                for source_id, dest_id in asset_pairs(body.get(asset_type)).items()
            }
            for asset_type in ASSET_TYPES
        }
        identities: dict[tuple[str, str], Identity] = {}
        for asset_type in ASSET_TYPES:
            for key, value in to_object(body.get(asset_type)).items():
                if isinstance(value, Mapping) and _MIGRATION_HASH.fullmatch(str(key)):
                    source, destination = to_object(value.get("source")), to_object(value.get("destination"))
                    identities[asset_type, in_form_of(source_course_id, to_text(source.get("id")) or "")] = Identity(
                        str(key), to_text(source.get("url")), to_text(destination.get("url"))
                    )
        return cls(pairs, identities)

    def identity(self, asset_type: str, source_asset_id: str | None) -> Identity:
        """Return what Canvas added to the pair of a source asset; an empty identity if it added nothing."""
        return self.identities.get((asset_type, source_asset_id or ""), _NO_IDENTITY)
