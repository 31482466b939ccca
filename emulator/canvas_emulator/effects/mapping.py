"""Migration ids, and the asset id mapping that Canvas computes from them.

There is no log of what was copied. An imported row carries the key of the row that it came from; the mapping
matches those keys with the keys of the source course's rows as they are now. So earlier copies count, deleted
rows count on both sides, and rows that came from elsewhere do not.
"""

from __future__ import annotations

from hashlib import md5
from typing import Any

from canvas_emulator.model.content import MAPPED_KINDS, Content, DiscussionTopic, File, Page, Quiz
from canvas_emulator.model.tables import SHARD
from canvas_emulator.model.world import World


def migration_id(kind: type[Content], row_id: int) -> str:
    """Return the key that a row has in migrations."""
    return asset_key(kind.ASSET, row_id)


def asset_key(asset: str, row_id: int) -> str:
    """Return the key of an asset string: ``g``, for global ids, and its MD5."""
    return "g" + md5(f"{asset}_{SHARD + row_id}".encode(), usedforsecurity=False).hexdigest()


def blueprint_key(blueprint_course_id: int, key: str) -> str:
    """Return the key that a row has in the syncs of a blueprint, from its migration id.

    It is another one, so that a copy of the blueprint into a course that follows it doubles what is there.
    """
    return f"mastercourse_1_{blueprint_course_id}_{key.removeprefix('g')}"


def asset_id_mapping(
    world: World, source_course_id: int, course_id: int, *, is_sync: bool = False
) -> dict[str, dict[str, Any]]:
    """Return the destination of each row of the source course.

    :param is_sync: Whether the source is a blueprint that was synced, and not a course that was copied.
    :return: By type, source id to destination id, both as strings. A type is absent when the destination has no
        imported row of it. With the switch ``asset_map_v2`` there are also entries from migration id to an
        object.
    """
    mapping: dict[str, dict[str, Any]] = {}
    for kind in MAPPED_KINDS:
        imported = {row.migration_id: row for row in world.rows(kind, course_id) if row.migration_id}
        if not imported:
            continue
        entries: dict[str, Any] = {}
        for source in world.rows(kind, source_course_id):
            key = migration_id(kind, source.id)
            key = blueprint_key(source_course_id, key) if is_sync else key
            if (destination := imported.get(key)) is None:
                continue
            entries[str(source.id)] = str(destination.id)
            if world.settings.asset_map_v2:
                entries[key] = {"source": _described(source), "destination": _described(destination)}
        mapping[kind.KIND] = entries
    return mapping


def _described(row: Content) -> dict[str, Any]:
    """Describe a side of an entry of the second version."""
    described: dict[str, Any] = {"id": str(row.id)}
    if isinstance(row, Page):
        described |= {"url": row.url, "current_lookup_id": row.id}
    elif isinstance(row, File):
        described |= {"media_entry_id": None}
    elif isinstance(row, (Quiz, DiscussionTopic)) and (shell_id := row.assignment_id):
        described |= {"shell_id": shell_id}
    return described
