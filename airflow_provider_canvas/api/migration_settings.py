"""The ``settings`` of a content migration: what it imports from, and how."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, canvas_id, redacted_repr
from airflow_provider_canvas.api.parameters import (
    Params,
    Unchecked,
    boolean_keys,
    check_choice,
    check_choices,
    parse_bool,
)
from airflow_provider_canvas.api.source_course import source_course_id
from airflow_provider_canvas.api.uploads import check_url

IMPORTER_SKIPS = ("all_course_settings", "visibility_settings")
"""What ``settings[importer_skips]`` may name."""

INSERT_INTO_MODULE_TYPES = ("assignment", "discussion_topic", "file", "page", "quiz")
"""What ``settings[insert_into_module_type]`` may name."""


class MigrationSettings(TypedDict, total=False):
    """What Canvas documents of a migration's settings; it stores any other key as it is.

    :param file_url: Where Canvas fetches the file from, without a login.
    :param content_export_id: The export whose file is imported.
    :param source_course_id: The course that is copied: a number or an SIS form.
    :param folder_id: Where a zip is unpacked.
    :param overwrite_quizzes: Whether quizzes that an earlier import made are overwritten; by default they are by course
        copies and Canvas's own packages, and not by others.
    :param question_bank_id: Where questions go; it wins over ``question_bank_name``.
    :param insert_into_module_id: The module that everything goes into: no other modules are imported then.
    :param insert_into_module_type: Only things of this type go into the module.
    :param importer_skips: What is not taken over: ``all_course_settings``, ``visibility_settings``.
    :param import_blueprint_settings: Make the destination a blueprint like the source.
    """

    file_url: str
    content_export_id: Id
    source_course_id: Id
    folder_id: Id
    overwrite_quizzes: bool
    question_bank_id: Id
    question_bank_name: str
    insert_into_module_id: Id
    insert_into_module_type: str
    insert_into_module_position: int
    move_to_assignment_group_id: Id
    importer_skips: Sequence[str]
    import_blueprint_settings: bool


_NUMBERS = (
    "content_export_id",
    "folder_id",
    "question_bank_id",
    "insert_into_module_id",
    "move_to_assignment_group_id",
)

_MISSPELT = 0.8
"""How like a documented key another may be before it is taken for a misspelling."""


def settings_params(settings: Mapping[str, Any]) -> Params:
    """Return the settings as Canvas takes them; keys that are not known here are sent as they are.

    :raises CanvasInputError: For keys that are nearly known ones, and values that Canvas would refuse.
    """
    if not isinstance(settings, Mapping):
        raise CanvasInputError(f"settings must be a dict, such as {{'source_course_id': 42}}, not {settings!r}.")
    for key in settings:
        _check_key(key)
    checked = dict(settings)
    for key, value in settings.items():
        if value is None or value == "":
            continue
        if key in boolean_keys(MigrationSettings):
            checked[key] = parse_bool(key, value)
        elif key == "source_course_id":
            checked[key] = source_course_id(key, value)
        elif key in _NUMBERS:
            checked[key] = canvas_id(key, value)
        elif key == "insert_into_module_position":
            checked[key] = _check_position(key, value)
        elif key == "file_url":
            check_url(key, value)
        elif key == "importer_skips":
            checked[key] = check_choices(key, value, IMPORTER_SKIPS)
        elif key == "insert_into_module_type":
            check_choice(key, value, INSERT_INTO_MODULE_TYPES)
    return checked


def _check_position(name: str, value: object) -> int:
    """Return a position in a module, also from its text.

    :raises CanvasInputError: When it is no whole number from 1.
    """
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0):
        raise CanvasInputError(f"{name} is {redacted_repr(value)}: write a whole number from 1, such as 3.")
    return int(text)


def _check_key(key: str) -> None:
    """Refuse a key that Canvas would store and never read."""
    if not isinstance(key, str):
        raise CanvasInputError(f"settings has the key {key!r}: write keys as text, such as 'folder_id'.")
    if key in MigrationSettings.__annotations__ or isinstance(key, Unchecked):
        return
    if key == "source_folder_id":  # what the list of migrators says
        meant = "folder_id"
    else:
        meant = next(iter(difflib.get_close_matches(key, MigrationSettings.__annotations__, 1, _MISSPELT)), "")
    if meant:
        raise CanvasInputError(
            f"Canvas would store settings {key!r} and not read it. Did you mean {meant!r}? "
            f"If not, send it as Unchecked({key!r})."
        )
