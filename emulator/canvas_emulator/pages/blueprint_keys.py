"""The keys that content of a blueprint, and of a course that follows one, has besides, and what a blueprint locks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canvas_emulator.effects.mapping import blueprint_key, migration_id
from canvas_emulator.model.content import MAPPED_KINDS, Content
from canvas_emulator.model.records import BlueprintTemplate
from canvas_emulator.model.world import World
from canvas_emulator.pages.visibility import manages
from canvas_emulator.wire.request import Request

SYNCED = "mastercourse_"
"""How the keys of rows begin that came from a blueprint."""

KINDS = {kind.KIND: kind for kind in MAPPED_KINDS}


def blueprint_keys(request: Request, row: Content) -> dict[str, Any]:
    """Render whether a row is of a blueprint, or came from one, and what is locked in it."""
    if not manages(request, row.course_id):
        return {}
    world = request.world
    if world.tables.courses[row.course_id].settings.blueprint:
        templates = world.tables.blueprint_templates.values()
        locked = any(each.course_id == row.course_id and (row.KIND, row.id) in each.restricted for each in templates)
        return {"is_master_course_master_content": True, "restricted_by_master_course": locked} | (
            {"master_course_restrictions": dict(_locks(world, row.course_id, row))} if locked else {}
        )
    if row.migration_id is not None and (row.migration_id.startswith(SYNCED) or _follows(request, row.course_id)):
        locks = restrictions(world, row)
        keys = {"is_master_course_child_content": True, "restricted_by_master_course": bool(locks)}
        return keys | ({"master_course_restrictions": dict(locks)} if locks else {})
    return {}


def restrictions(world: World, row: Content) -> Mapping[str, bool]:
    """Return what the blueprint of a course locks in a row that came from it, by class; empty for nothing."""
    if row.migration_id is None or not row.migration_id.startswith(SYNCED):
        return {}
    for subscription in world.tables.blueprint_subscriptions.values():
        if subscription.course_id == row.course_id:
            template = world.tables.blueprint_templates[subscription.template_id]
            if row.migration_id in _restricted_keys(template):
                return _locks(world, template.course_id, row)
    return {}


def _restricted_keys(template: BlueprintTemplate) -> set[str]:
    return {
        blueprint_key(template.course_id, migration_id(KINDS[kind], row_id)) for kind, row_id in template.restricted
    }


def _locks(world: World, blueprint_course_id: int, row: Content) -> Mapping[str, bool]:
    """Return the restrictions of a blueprint for a locked row: those of its type, if it has them by type."""
    settings = world.tables.courses[blueprint_course_id].settings
    by_type = settings.blueprint_restrictions_by_object_type
    asset = row.ASSET.rpartition(":")[2]  # a quiz's is ``quizzes:quiz``
    return by_type.get(asset, {}) if by_type else settings.blueprint_restrictions or {"content": True}


def _follows(request: Request, course_id: int) -> bool:
    return any(each.course_id == course_id for each in request.world.tables.blueprint_subscriptions.values())
