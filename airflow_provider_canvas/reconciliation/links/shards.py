"""Which asset an id in an address means, where Canvas has several shards.

Canvas sends ids of its own shard, the home shard, as local ones and all others as global ones. It does not send which
shard is the home shard; but the keys that a newer Canvas adds to its mapping are made of global ids. An older Canvas is
hosted by the institution itself, so that its shard is 1.
"""

from __future__ import annotations

from functools import cached_property

from airflow_provider_canvas.reconciliation.coerce import to_objects, to_text
from airflow_provider_canvas.reconciliation.id_forms import IDS_PER_SHARD, shard_and_number
from airflow_provider_canvas.reconciliation.links.bodies import Listings
from airflow_provider_canvas.reconciliation.links.migration_keys import ASSET_NAMES, migration_key
from airflow_provider_canvas.reconciliation.mapping import AssetMap

_MAX_SHARD = 20_000
"""The highest number of a shard that is tried as the home shard."""


def course_id_of(listings: Listings) -> str:
    """Return the id of a course as Canvas sends it in the course's record; empty if it is not known.

    :param listings: Canvas's raw records of the course, by listing.
    """
    return next((to_text(course.get("id")) for course in to_objects(listings.get("course"))), None) or ""


class Shards:
    """The home shard of a Canvas, which the mapping between two of its courses shows.

    :param mapping: Canvas's mapping of the copy.
    :param course_ids: Ids of the courses as Canvas sends them. A global one is on another shard.
    """

    @classmethod
    def between(cls, mapping: AssetMap, source: Listings, destination: Listings) -> Shards:
        """Return the shards of two courses, by the ids that Canvas sends in their records.

        :param mapping: Canvas's mapping of the copy.
        :param source: Canvas's raw records of the source, by listing.
        :param destination: Canvas's raw records of the destination, by listing.
        """
        return cls(mapping, course_id_of(source), course_id_of(destination))

    def __init__(self, mapping: AssetMap, *course_ids: str) -> None:
        self._mapping = mapping
        self._others = {found[0] for course_id in course_ids if (found := shard_and_number(course_id)) and found[0]}

    @cached_property
    def home(self) -> int:
        """The number of the home shard."""
        for (listing, asset_id), identity in self._mapping.identities.items():
            if listing in ASSET_NAMES and (identity.migration_hash or "").startswith("g") and asset_id.isdecimal():
                shards = (
                    n for n in range(1, _MAX_SHARD) if migration_key(listing, asset_id, n) == identity.migration_hash
                )
                return next(shards, 1)
        return 1

    def local_id(self, written: str | None) -> str | None:
        """Return an id as Canvas sends it: 14 for ``14``, and for ``7~14`` and 70000000000014 if 7 is the home shard.

        An id of another shard becomes a global one. A text that is no id is returned as it is.

        :param written: The id, as an address has it.
        """
        found = shard_and_number(written) if written is not None else None
        if found is None:
            return written
        shard, number = found
        is_local = not shard or (shard not in self._others and shard == self.home)
        return str(number if is_local else shard * IDS_PER_SHARD + number)
