"""The selection of content to import or export: ``select`` by ids, ``copy`` by the keys of ``selective_data``.

The two name types differently: ``modules`` here are ``context_modules`` there. ``copy`` accepts both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.parameters import Params, check_choice

SELECT_TYPES = (
    "folders",
    "files",
    "attachments",
    "quizzes",
    "assignments",
    "announcements",
    "calendar_events",
    "discussion_topics",
    "modules",
    "module_items",
    "pages",
    "rubrics",
)
"""What ``select`` may name."""

CONTENT_TYPES = (
    "context_modules",
    "assignments",
    "quizzes",
    "assessment_question_banks",
    "discussion_topics",
    "wiki_pages",
    "context_external_tools",
    "tool_profiles",
    "announcements",
    "calendar_events",
    "rubrics",
    "groups",
    "learning_outcomes",
    "attachments",
)
"""The types that ``selective_data`` lists, in its order and spelling."""

COURSE_TYPES = ("course_settings", "syllabus_body", "course_paces", "blueprint_settings")
"""The types that ``selective_data`` lists without items."""

ITEM_TYPES = (
    *CONTENT_TYPES,
    "assignment_groups",
    "content_tags",
    "folders",
    "learning_outcome_groups",
    *("files", "module_items", "modules", "pages"),  # as `select` spells attachments, content_tags, ...
)
"""The types of single items in ``copy``."""

WHOLE_TYPES = ("everything", *(f"all_{whole}" for whole in (*CONTENT_TYPES, *COURSE_TYPES)))
"""The keys of ``copy`` that stand for all items of a type."""

Select = Mapping[str, Sequence[Id]]
"""Type to ids: ``{"pages": [1, 2]}``."""

ALL = "all"
"""What stands for all items of a type in the description of a copy that was made: ``{"pages": "all"}``."""

Copy = Mapping[str, bool | Mapping[str, bool]] | Sequence[str]
"""``{"all_assignments": True, "context_modules": {"id_g123": True}}``, or the ``property`` texts of nodes."""

NESTED = ("submodules_", "learning_outcome_groups_")
"""The prefixes of types that request the content of one module, or of one group of outcomes."""


class LinkedResource(TypedDict, total=False):
    """What comes along when an item is chosen: the assignment of a quiz, and the like."""

    type: str
    id: str
    migration_id: str
    property: str
    message: str


class SelectiveDataNode(TypedDict, total=False):
    """A type (with ``count`` and ``sub_items_url``), or an item (with ``migration_id``), that can be chosen.

    ``property`` is what to choose it by: ``copy`` takes a list of them. ``sub_items`` are nodes again. In the list of
    an export, types have a ``property`` that begins with ``select``, and items an ``id`` such as ``assignment_12``.
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

_PROPERTY = re.compile(r"copy\[(\w+)\](?:\[([^\[\]]+)\])?")


def select_params(select: Select, *, allow_all: bool = False) -> Params:
    """Return ``select`` as Canvas expects it.

    :param select: Ids by type.
    :param allow_all: Whether :data:`ALL` may stand for the ids of a type. Canvas does not know it: it describes a copy
        that selected whole types in another way.
    :raises CanvasInputError: For unknown types, ids that are not numbers, and an empty selection, which Canvas would
        take as everything.
    """
    if not isinstance(select, Mapping):
        raise CanvasInputError(f"select must be a dict of types and ids, such as {{'pages': [12]}}, not {select!r}.")
    for asset_type, ids in select.items():
        check_choice("select", asset_type, SELECT_TYPES)
        if allow_all and ids == ALL:
            continue
        if isinstance(ids, str | Mapping) or not isinstance(ids, Iterable):
            or_all = f", or {ALL!r}" if allow_all else ""
            raise CanvasInputError(
                f"select[{asset_type!r}] must be a list of ids, such as [12, 13]{or_all}, not {ids!r}."
            )
    checked = {
        kind: ALL if isinstance(ids, str) else [canvas_id(f"select[{kind!r}]", one) for one in ids]
        for kind, ids in select.items()
    }
    if not any(checked.values()):
        raise CanvasInputError(
            "select names no asset, and Canvas would copy everything: name some, or leave select out."
        )
    return checked


def copy_params(copy: Copy) -> Params:
    """Return ``copy`` as Canvas expects it: nested, with 1 for each selected item.

    :raises CanvasInputError: For unknown types, and an empty selection, which Canvas would take as everything.
    """
    if isinstance(copy, str) or not isinstance(copy, Mapping | Iterable):
        raise CanvasInputError(
            "copy must be a dict such as {'all_assignments': True}, or a list of the property texts of selective_data, "
            f"not {copy!r}."
        )
    tree = copy if isinstance(copy, Mapping) else _parse_properties(copy)
    branches = {key: _check_type(key, value) for key, value in tree.items()}
    wanted = {key: branch for key, branch in branches.items() if branch}
    if not wanted:
        raise CanvasInputError(
            "copy names nothing, and Canvas would import everything: name something, or send copy={'everything': True}."
        )
    return wanted


def check_data_type(type: str | None) -> str | None:  # noqa: A002  # Canvas's name for it
    """Return the type whose items are requested.

    :raises CanvasInputError: For an unknown type.
    """
    if type is None or type.startswith(NESTED):
        return type
    return check_choice("type", type, CONTENT_TYPES)


def _check_type(key: str, value: bool | Mapping[str, bool]) -> Params | int:
    """Return the selection of one type: its items, or 1 for all of it."""
    if isinstance(value, Mapping):
        check_choice("copy", key, ITEM_TYPES)
        for item in value:
            if not isinstance(item, str) or not item or set(item) & set("[]"):
                raise CanvasInputError(
                    f"copy[{key!r}] names {item!r}, which is no key of an item: the property of its node in "
                    "selective_data holds it, such as id_g0123."
                )
        return {item: 1 for item, selected in value.items() if _is_selected(key, selected)}
    if key in ITEM_TYPES:
        raise CanvasInputError(
            f"copy[{key!r}] must be a dict of items, such as {{'id_g0123': True}}, not {value!r}. All that "
            f"selective_data lists of a type are copied by an all_ key, such as {{'all_assignments': True}}."
        )
    check_choice("copy", key, WHOLE_TYPES)
    return int(_is_selected(key, value))


def _is_selected(key: str, value: object) -> bool:
    """Return whether an item is selected; Canvas itself writes ``"1"``."""
    if value not in (True, False, None, "1", "0"):
        raise CanvasInputError(f"copy[{key!r}] is {value!r}: write True for what is to be copied.")
    return value in (True, "1")


def _parse_properties(properties: Iterable[str]) -> dict[str, bool | dict[str, bool]]:
    """Return a list of properties as a nested dict."""
    tree: dict[str, bool | dict[str, bool]] = {}
    for text in properties:
        match = _PROPERTY.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise CanvasInputError(
                f"copy holds {text!r}, which is not the property of a node of selective_data, such as "
                "copy[all_assignments] or copy[assignments][id_g0123]."
            )
        kind, item = match.groups()
        if item is None:
            tree[kind] = True
        elif isinstance(items := tree.setdefault(kind, {}), dict):
            items[item] = True
    return tree
