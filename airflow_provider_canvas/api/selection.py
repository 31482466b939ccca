"""What of a course is imported or exported: ``select`` names it by ids, ``copy`` by what ``selective_data`` calls it.

The two have different words for the same things: ``modules`` here are ``context_modules`` there. ``copy`` takes both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.parameters import Params, among

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
"""What ``selective_data`` lists, in its order and words."""

COURSE_TYPES = ("course_settings", "syllabus_body", "course_paces", "blueprint_settings")
"""What ``selective_data`` shows as one thing, without items."""

ITEM_TYPES = (
    *CONTENT_TYPES,
    "assignment_groups",
    "content_tags",
    "folders",
    "learning_outcome_groups",
    *("files", "module_items", "modules", "pages"),  # as `select` spells attachments, content_tags, ...
)
"""The types of single items in ``copy``."""

WHOLES = ("everything", *(f"all_{whole}" for whole in (*CONTENT_TYPES, *COURSE_TYPES)))
"""What ``copy`` takes without naming items."""

Select = Mapping[str, Sequence[Id]]
"""Type to ids: ``{"pages": [1, 2]}``."""

Copy = Mapping[str, bool | Mapping[str, bool]] | Sequence[str]
"""``{"all_assignments": True, "context_modules": {"id_g123": True}}``, or the ``property`` texts of nodes."""

_PROPERTY = re.compile(r"copy\[(\w+)\](?:\[([^\[\]]+)\])?")


def selected(select: Select) -> Params:
    """Return ``select`` as Canvas takes it.

    :raises ValueError: For unknown types, ids that are no numbers, and when it names nothing: Canvas takes that for
        everything.
    """
    if not isinstance(select, Mapping):
        raise ValueError(f"select must be a dict of types and ids, such as {{'pages': [12]}}, not {select!r}.")
    for asset_type, ids in select.items():
        among("select", asset_type, SELECT_TYPES)
        if isinstance(ids, str | Mapping) or not isinstance(ids, Iterable):
            raise ValueError(f"select[{asset_type!r}] must be a list of ids, such as [12, 13], not {ids!r}.")
    checked = {kind: [canvas_id(f"select[{kind!r}]", one) for one in ids] for kind, ids in select.items()}
    if not any(checked.values()):
        raise ValueError("select names no asset, and Canvas would copy everything: name some, or leave select out.")
    return checked


def copied(copy: Copy) -> Params:
    """Return ``copy`` as Canvas takes it: nested, and 1 for each thing that is wanted.

    :raises ValueError: For unknown types, and when it names nothing: Canvas takes that for everything.
    """
    if isinstance(copy, str) or not isinstance(copy, Mapping | Iterable):
        raise ValueError(
            "copy must be a dict such as {'all_assignments': True}, or a list of the property texts of selective_data, "
            f"not {copy!r}."
        )
    tree = copy if isinstance(copy, Mapping) else _tree(copy)
    branches = {key: _branch(key, value) for key, value in tree.items()}
    wanted = {key: branch for key, branch in branches.items() if branch}
    if not wanted:
        raise ValueError(
            "copy names nothing, and Canvas would import everything: name something, or send copy={'everything': True}."
        )
    return wanted


def _branch(key: str, value: bool | Mapping[str, bool]) -> Params | int:
    """Return what is wanted of one type: its items, or all of it."""
    if isinstance(value, Mapping):
        among("copy", key, ITEM_TYPES)
        for item in value:
            if not isinstance(item, str) or not item or set(item) & set("[]"):
                raise ValueError(
                    f"copy[{key!r}] names {item!r}, which is no key of an item: the property of its node in "
                    "selective_data holds it, such as id_g0123."
                )
        return {item: 1 for item, answer in value.items() if _is_wanted(key, answer)}
    if key in ITEM_TYPES:
        raise ValueError(
            f"copy[{key!r}] must be a dict of items, such as {{'id_g0123': True}}, not {value!r}. All that "
            f"selective_data lists of a type are copied by an all_ key, such as {{'all_assignments': True}}."
        )
    among("copy", key, WHOLES)
    return int(_is_wanted(key, value))


def _is_wanted(key: str, answer: object) -> bool:
    """Return whether a thing is wanted; ``"1"`` is how Canvas writes it itself."""
    if answer not in (True, False, None, "1", "0"):
        raise ValueError(f"copy[{key!r}] says {answer!r}: write True for what is to be copied.")
    return answer in (True, "1")


def _tree(properties: Iterable[str]) -> dict[str, bool | dict[str, bool]]:
    """Return what a list of properties names, nested."""
    tree: dict[str, bool | dict[str, bool]] = {}
    for text in properties:
        match = _PROPERTY.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(
                f"copy holds {text!r}, which is not the property of a node of selective_data, such as "
                "copy[all_assignments] or copy[assignments][id_g0123]."
            )
        kind, item = match.groups()
        if item is None:
            tree[kind] = True
        elif isinstance(items := tree.setdefault(kind, {}), dict):
            items[item] = True
    return tree
