"""Whether a completed import brought anything: Canvas completes one that found nothing like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_canvas.hooks.canvas import CanvasHook

CONTAINERS = frozenset({"AssignmentGroup", "Folder"})
"""Classes of Canvas that only hold content. An import makes an assignment group even if there is nothing to put in."""


def has_brought_nothing(hook: CanvasHook, course_id: Any, content_migration_id: Any) -> bool:
    """Return whether Canvas lists nothing that a completed import brought into a course.

    The list is in ``audit_info``, which is not documented. A zip of files has none, and a Canvas may not show it: then
    nothing is known.
    """
    from airflow_provider_canvas.client.errors import CanvasError

    try:
        migration = hook.content_migrations.get(
            course_id=course_id, content_migration_id=content_migration_id, include=["audit_info"]
        )
    except CanvasError:
        return False  # the import is complete, and this is no reason to fail
    audit: Any = migration.get("audit_info")
    settings = audit.get("migration_settings") if isinstance(audit, Mapping) else None
    assets = settings.get("imported_assets") if isinstance(settings, Mapping) else None
    return isinstance(assets, Mapping) and not {kind for kind, ids in assets.items() if ids} - CONTAINERS
