"""The fields in ``wiki_page={...}``, ``assignment={...}`` and the like when content is updated, and their checks.

Refused are unknown keys, which Canvas would silently ignore, and updates that change nothing. A key that only a newer
Canvas knows is sent as ``Unchecked("key")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.parameters import Params, boolean_keys, check_choice, parse_bool

ONLY_NOTIFY = frozenset({"notify_of_update"})
"""Fields that change nothing by themselves."""


class PageChanges(TypedDict, total=False):
    """What of a page can be updated. A change of the title changes its slug; the old one is 404 at once."""

    title: str
    body: str
    editing_roles: str
    published: bool
    front_page: bool
    publish_at: str | None
    notify_of_update: bool


class AssignmentChanges(TypedDict, total=False):
    """What of an assignment can be updated. Canvas notifies students only if ``notify_of_update`` is true."""

    name: str
    description: str
    position: int
    points_possible: float
    due_at: str | None
    unlock_at: str | None
    lock_at: str | None
    published: bool
    omit_from_final_grade: bool
    external_tool_tag_attributes: dict[str, Any]
    notify_of_update: bool


class QuizChanges(TypedDict, total=False):
    """What of a classic quiz can be updated. Canvas notifies students unless ``notify_of_update`` is false."""

    title: str
    description: str
    due_at: str | None
    unlock_at: str | None
    lock_at: str | None
    published: bool
    notify_of_update: bool


class CalendarEventChanges(TypedDict, total=False):
    """What of a calendar event can be updated."""

    title: str
    description: str
    start_at: str | None
    end_at: str | None
    location_name: str | None
    location_address: str | None


class ModuleItemChanges(TypedDict, total=False):
    """What of a module item can be updated; ``external_url`` of items of the type ``ExternalUrl``."""

    title: str
    position: int
    indent: int
    external_url: str
    new_tab: bool
    published: bool


def content_params(name: str, changes: Mapping[str, Any], fields: type) -> Params:
    """Return the parameters of an update, checked.

    :param name: The hash that Canvas wants them in, such as ``wiki_page``.
    :param changes: The fields to update, by Canvas's names.
    :param fields: The TypedDict of the fields that Canvas knows.
    :raises CanvasInputError: For anything but a dict, for an unknown field, and when no field would change.
    """
    if not isinstance(changes, Mapping):
        raise CanvasInputError(f"{name} must be a dict, such as {{'{_example(fields)}': '...'}}, not {changes!r}.")
    known, booleans = tuple(fields.__annotations__), boolean_keys(fields)
    checked = {
        key: parse_bool(f"{name}[{key}]", value) if key in booleans and value is not None else value
        for key, value in ((check_choice(f"{name} key", key, known), value) for key, value in changes.items())
    }
    if not checked.keys() - ONLY_NOTIFY:
        raise CanvasInputError(
            f"The update changes nothing: write a change, such as {name}={{'{_example(fields)}': '...'}}."
        )
    return {name: {key: "" if value is None else value for key, value in checked.items()}}


def _example(fields: type) -> str:
    return next(key for key in ("body", "description", "external_url") if key in fields.__annotations__)
