"""What can be chosen of a migration or an export: a list of types, or of the items of one type."""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.parameters import among
from airflow_provider_canvas.api.selection import CONTENT_TYPES

NESTED = ("submodules_", "learning_outcome_groups_")
"""What a type begins with that asks for the inside of one module, or one group of outcomes."""


class LinkedResource(TypedDict, total=False):
    """What comes along when an item is chosen: the assignment of a quiz, and the like."""

    type: str
    migration_id: str
    property: str
    message: str


class SelectiveDataNode(TypedDict, total=False):
    """A type (with ``count`` and ``sub_items_url``), or an item (with ``migration_id``), that can be chosen.

    ``property`` is what to choose it by: ``copy`` takes a list of them. ``sub_items`` are nodes again. In the list of
    an export, properties begin with ``select``, and items have an ``id`` such as ``assignment_12``.
    """

    type: str
    property: str
    title: str
    count: int
    sub_items_url: str
    migration_id: str
    id: str
    sub_items: list[dict[str, Any]]
    linked_resource: LinkedResource
    path: str
    item_count: int
    submodule_count: int


SelectiveData = list[SelectiveDataNode]


def data_type(type: str | None) -> str | None:  # noqa: A002  # Canvas's name for it
    """Return the type whose items are asked for.

    :raises ValueError: When there is no such type.
    """
    if type is None or type.startswith(NESTED):
        return type
    return among("type", type, CONTENT_TYPES)
