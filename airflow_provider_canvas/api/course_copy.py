"""From the parameters of a copy, as tasks and rows of files name them, to those of the request that creates it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, redacted_repr
from airflow_provider_canvas.api.parameters import Params, drop_none
from airflow_provider_canvas.api.source_course import COURSE_COPY
from airflow_provider_canvas.api.text_values import (
    none_if_blank,
    optional_bool,
    parse_list,
    parse_select,
    parse_structure,
)

DATES = ("old_start_date", "old_end_date", "new_start_date", "new_end_date")
"""The parameters that hold a date."""

MIGRATION_PARAMETERS = (
    *DATES,
    "day_substitutions",
    "shift_dates",
    "remove_dates",
    "importer_skips",
    "overwrite_quizzes",
    "import_blueprint_settings",
    "insert_into_module_id",
    "insert_into_module_type",
    "insert_into_module_position",
    "move_to_assignment_group_id",
    "settings",
)
"""The parameters common to all migrations."""

COPY_PARAMETERS = (*MIGRATION_PARAMETERS, "select")
"""The parameters of a course copy, without its courses."""


def course_copy_params(source_course_id: Id, parameters: Mapping[str, Any]) -> Params:
    """Return the parameters of the request that copies a course, unset ones omitted, without the destination.

    :param source_course_id: The course that is copied.
    :param parameters: Values by name, of ``COPY_PARAMETERS``.
    :raises CanvasInputError: When a parameter's text is not what it must be.
    """
    return drop_none(
        migration_type=COURSE_COPY,
        **migration_params(parameters, own_settings={"source_course_id": source_course_id}),
        select=parse_select(parameters.get("select")),
    )


def migration_params(parameters: Mapping[str, Any], own_settings: Mapping[str, Any]) -> Params:
    """Return ``settings`` and ``date_shift_options`` of a request that creates a migration, unset ones omitted.

    :param parameters: Values by name, of ``MIGRATION_PARAMETERS``.
    :param own_settings: The ``settings`` that the type of migration adds.
    :raises CanvasInputError: When a parameter's text is not what it must be.
    """
    get = parameters.get
    extra_settings = parse_structure("settings", get("settings"), such_as="{'folder_id': 7}") or {}
    if not isinstance(extra_settings, Mapping):
        raise CanvasInputError(
            f"settings is {redacted_repr(extra_settings)}: write a dict, such as {{'folder_id': 7}}."
        )
    settings = drop_none(
        **own_settings,
        importer_skips=parse_list("importer_skips", get("importer_skips"), such_as="['visibility_settings']"),
        overwrite_quizzes=get("overwrite_quizzes"),
        import_blueprint_settings=get("import_blueprint_settings"),
        insert_into_module_id=none_if_blank(get("insert_into_module_id")),
        insert_into_module_type=get("insert_into_module_type"),
        insert_into_module_position=get("insert_into_module_position"),
        move_to_assignment_group_id=none_if_blank(get("move_to_assignment_group_id")),
    )
    return drop_none(
        settings={**extra_settings, **settings} or None, date_shift_options=_date_shift(parameters) or None
    )


def _date_shift(parameters: Mapping[str, Any]) -> Params:
    """Return the ``date_shift_options``; dates shift by default as soon as one of them is set.

    :raises CanvasInputError: When dates are to be removed and shifted.
    """
    get = parameters.get
    dates = drop_none(
        **{name: none_if_blank(get(name)) for name in DATES},
        day_substitutions=parse_structure("day_substitutions", get("day_substitutions"), such_as="{1: 2}") or None,
    )
    remove, shift = optional_bool("remove_dates", get("remove_dates")), optional_bool("shift_dates", get("shift_dates"))
    if shift is None and dates:
        if remove:
            raise CanvasInputError(f"remove_dates and {', '.join(dates)} exclude each other: leave one of them out.")
        shift = True
    return {**dates, **drop_none(shift_dates=shift or None, remove_dates=remove or None)}
