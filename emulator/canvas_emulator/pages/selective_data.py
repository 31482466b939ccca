"""Selective data: what a migration that waits could import, as the properties that a PUT sends back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from canvas_emulator.effects.packages.package import Package
from canvas_emulator.effects.selective_content import (
    COURSE_TYPES,
    GROUP_OF_OUTCOMES,
    TYPES,
    Node,
    Selectable,
    counts,
    linked_message,
    nodes,
    of_course,
    of_package,
)
from canvas_emulator.model.content import Content, Folder
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.pages.migrators import COURSE_COPY
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import bad_request, internal_error

Document = dict[str, Any]


def selective_data(
    request: Request, migration: ContentMigration, path: Callable[[ContentMigration], str]
) -> list[Document]:
    """List the types of content that a migration has, or with ``type`` the content of one type.

    :param path: Where the migration is, for addresses of more.
    :raises CanvasError: 400 for an unknown type; 500 before a package is converted, and for those of users and groups.
    """
    if migration.context_type in (ContextType.USER, ContextType.GROUP):
        raise internal_error()
    if migration.context_type is ContextType.ACCOUNT:
        return []
    selectable = _selectable(request, migration)
    more = request.api_url(path(migration) + "/selective_data?type=")
    if (wanted := request.params.get("type")) is None:
        return _types(selectable, more)
    try:
        selected = nodes(selectable, str(wanted))
    except KeyError:
        raise bad_request("unsupported migration type") from None
    return [_shape(selectable, node, more) for node in selected]


def _selectable(request: Request, migration: ContentMigration) -> Selectable:
    source = request.world.tables.courses.get(migration.source_course_id or 0)
    if migration.migration_type == COURSE_COPY and source is not None:
        return of_course(request.world, source)
    if not isinstance(migration.package, Package):
        raise internal_error()
    return of_package(migration.package)


def _types(selectable: Selectable, more: str) -> list[Document]:
    of_the_course = [
        {"type": name, "property": f"copy[all_{name}]", "title": COURSE_TYPES[name]} for name in selectable.course_types
    ]
    lists = [
        {
            "type": name,
            "property": f"copy[all_{name}]",
            "title": TYPES[name][1],
            "count": count,
            "sub_items_url": more + name,
        }
        for name, count in counts(selectable).items()
    ]
    for node in lists:
        if node["type"] == "learning_outcomes":
            del node["sub_items_url"]  # outcomes are selected singly with a feature only that is off
    return of_the_course + lists


def _shape(selectable: Selectable, node: Node, more: str) -> Document:
    payload: Document = {
        "type": node.type,
        "property": _property(selectable, node.type, node.row),
        "title": node.row.full_name if isinstance(node.row, Folder) else node.row.title,
        "migration_id": selectable.key(node.row),
    }
    if node.path is not None:
        payload["path"] = node.path
    if node.item_count is not None:
        payload["item_count"] = node.item_count
    if node.linked is not None:
        name, row = node.linked
        payload["linked_resource"] = {
            "type": name,
            "migration_id": selectable.key(row),
            "property": _property(selectable, name, row),
            "message": linked_message(name, row),
        }
    if node.type + "_" == GROUP_OF_OUTCOMES:
        payload["sub_items_url"] = f"{more}{GROUP_OF_OUTCOMES}{node.row.id}"
    if node.children:
        payload["sub_items"] = [_shape(selectable, child, more) for child in node.children]
    return payload


def _property(selectable: Selectable, name: str, row: Content) -> str:
    return f"copy[{name}][id_{selectable.key(row)}]"
