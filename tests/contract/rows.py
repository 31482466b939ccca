"""Rows of the emulator, built from facts about the recorded Canvas.

A fact becomes the field of the same name if it has the field's type, so that new fields of a row get their value
from the recordings without a change here. What has another name or form in the emulator is translated.
"""

from __future__ import annotations

import types
from collections import abc
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import CONTENT_KINDS, Content
from canvas_emulator.model.content_base import ContextType

R = TypeVar("R")

CONTENT = {kind.KIND: kind for kind in CONTENT_KINDS}

NAMES = {
    "assignments": {"name": "title"},
    "modules": {"name": "title"},
    "folders": {"name": "title"},
    "files": {"display_name": "title", "content-type": "content_type"},
    "pages": {"page_id": "id"},
    "migration": {},
}
"""By kind, the facts whose names the emulator does not use."""

UNSEEN: Mapping[str, Mapping[str, Any]] = {
    "pages": {"user_id": 1},
    "discussion_topics": {"user_id": 1, "message": "<p>Message</p>", "posted_at": "2026-11-29T19:07:18Z"},
    "announcements": {"user_id": 1, "message": "<p>Message</p>", "posted_at": "2026-11-29T19:07:18Z"},
}
"""What all rows of a kind have, for rows of which the recordings have the title only."""

SYNCED, IMPORTED = "mastercourse_1_1_", "i"
"""How the keys of rows begin that a blueprint, or an import, has brought. Only these have empty descriptions."""
UNPUBLISHED = "unpublished"
PUBLISHED = {"quizzes": "available", "assignments": "published"}
"""The stored state of published content, where it is not ``active``."""

STORED = {
    "pre_processing": Stored.PRE_PROCESSING,
    "queued": Stored.QUEUED,
    "running": Stored.EXPORTING,
    "waiting_for_select": Stored.EXPORTED,
    "completed": Stored.IMPORTED,
    "failed": Stored.FAILED,
}
"""By the state of a migration in a response: the state that the emulator stores."""

NO_FIT = object()


def build(model: type[R], facts: Mapping[str, Any], **values: Any) -> R:
    """Build a row: its fields come from the values, then from the facts that fit, then from the defaults."""
    kept = dict(values)
    required = {each.name for each in fields(model) if each.default is MISSING and each.default_factory is MISSING}
    for name, hint in hints(model).items():
        if name in kept or name not in facts:
            continue
        if (value := fit(hint, facts[name])) is not NO_FIT or name in required:
            kept[name] = facts[name] if value is NO_FIT else value
    return model(**kept)


@cache
def hints(model: type) -> Mapping[str, Any]:
    """Return the types of the fields that a row is built from."""
    resolved = get_type_hints(model)
    return {each.name: resolved[each.name] for each in fields(model) if each.init}


def fit(hint: Any, value: Any) -> Any:
    """Return a value as a field of a type holds it; ``NO_FIT`` if it cannot be one."""
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None if type(None) in get_args(hint) else NO_FIT
        tried = (fit(each, value) for each in get_args(hint) if each is not type(None))
        return next((each for each in tried if each is not NO_FIT), NO_FIT)
    if (convert := CONVERSIONS.get(get_origin(hint) or hint)) is not None:
        return convert(value) if (parts := _parts(hint)) is None else _built(parts, value)
    return value if hint is Any else _one_of(hint, value)


def _parts(hint: Any) -> Any:
    """Return the class of the rows that a field holds; None if it holds none."""
    return next((each for each in get_args(hint) if is_dataclass(each)), None)


def _built(parts: Any, value: Any) -> Any:
    return tuple(build(parts, each) for each in value) if isinstance(value, (list, tuple)) else NO_FIT


def _one_of(kind: Any, value: Any) -> Any:
    """Return a value as a class of its own holds it: a row, a word of a closed set, or what it is."""
    if is_dataclass(kind):
        return build(kind, value) if isinstance(value, dict) and isinstance(kind, type) else NO_FIT
    if issubclass(kind, StrEnum):
        return kind(value) if value in list(kind) else NO_FIT
    is_one = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
    return value if is_one else NO_FIT


def _date(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) and value[:4].isdigit() else NO_FIT


def _float(value: Any) -> Any:
    """Return a number as it was recorded: an integer stays one."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else NO_FIT


def _integer(value: Any) -> Any:
    """Return an integer, also one that was recorded as text."""
    digits = isinstance(value, str) and value.isdigit()
    return int(value) if digits else value if type(value) is int else NO_FIT


def _text(value: Any) -> Any:
    """Return a text, or the type of an object that has nothing else for us."""
    return value if isinstance(value, str) else value.get("type", NO_FIT) if isinstance(value, dict) else NO_FIT


def _rows(kind: type) -> Callable[[Any], Any]:
    return lambda value: kind(value) if isinstance(value, (list, tuple)) else NO_FIT


CONVERSIONS: Mapping[Any, Callable[[Any], Any]] = {
    datetime: _date,
    float: _float,
    int: _integer,
    str: _text,
    **{kind: _rows(kind) for kind in (tuple, frozenset, list)},
    **{kind: lambda value: value if isinstance(value, dict) else NO_FIT for kind in (dict, Mapping, abc.Mapping)},
}
"""By the type of a field: how it holds a value from JSON."""


def content(kind: str, facts: Mapping[str, Any], owner_type: str, owner_id: int, **values: Any) -> Content:
    """Build a row of content.

    :param kind: The emulator's name of the kind.
    :param facts: What responses said about it.
    :param owner_type: The type of what it is in.
    :param owner_id: The id of what it is in.
    :param values: Fields that the facts do not tell.
    """
    model = CONTENT[kind]
    named = {NAMES.get(kind, {}).get(name, name): value for name, value in facts.items()}
    unknown: dict[str, Any] = {
        "title": f"{model.LABEL} {named.get('id')}",
        "position": named.get("list_position"),
        "created_at": "2026-11-29T19:00:00Z",
    }
    if "created_at" not in facts:
        unknown |= UNSEEN.get(kind, {})
    named = unknown | named | _derived(kind, facts)
    place: dict[str, Any] = {"course_id": owner_id, "context_type": ContextType(owner_type)}
    return build(model, named, **place, **values)


def _derived(kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that follow from facts with another name or form."""
    derived: dict[str, Any] = {}
    if kind == "files":
        states = {"locked": facts.get("locked"), "hidden": facts.get("hidden")}
        derived["workflow_state"] = next((state for state, is_so in states.items() if is_so), "available")
        derived["usage_rights"] = (facts.get("usage_rights") or {}).get("usage_rights")
    elif kind == "folders":
        derived["workflow_state"] = "hidden" if facts.get("hidden") else "active"
    elif "published" in facts:
        derived["workflow_state"] = PUBLISHED.get(kind, "active") if facts["published"] else UNPUBLISHED
    if facts.get("is_master_course_child_content"):
        derived["migration_id"] = f"mastercourse_1_{facts.get('id', facts.get('page_id'))}"
    if kind == "module_items":
        derived |= {name: facts.get(name, unknown) for name, unknown in (("module_id", 0), ("type", "SubHeader"))}
        derived["min_score"] = (facts.get("completion_requirement") or {}).get("min_score")
    is_blank = kind == "assignments" and facts.get("description") == ""
    if is_blank or facts.get("is_master_course_child_content"):
        prefix = SYNCED if "is_master_course_child_content" in facts else IMPORTED
        derived["migration_id"] = f"{prefix}{facts.get('id', facts.get('page_id'))}"
    if kind == "pages" and "created_at" in facts and "last_edited_by" not in facts:
        derived["user_id"] = None
    for key in ("author", "last_edited_by", "user"):
        if key in facts:
            derived["user_id"] = (facts[key] or {}).get("id")
    if kind in ("discussion_topics", "announcements"):
        children = facts.get("group_topic_children") or ()
        derived["group_topics"] = tuple((each["id"], each["group_id"]) for each in children)
        derived["podcast_enabled"] = facts.get("podcast_url") is not None
        derived["attachment_id"] = next((each["id"] for each in facts.get("attachments") or ()), None)
    if kind == "assignments":
        derived["discussion_topic_id"] = (facts.get("discussion_topic") or {}).get("id")
        derived["rubric_id"] = (facts.get("rubric_settings") or {}).get("id")
        tool = facts.get("external_tool_tag_attributes") or {}
        names = {"external_tool_url": "url", "external_tool_new_tab": "new_tab", "external_tool_id": "content_id"}
        derived |= {name: tool.get(key) for name, key in names.items()}
    return derived
