"""From an operator's parameters to those of the request that creates a content migration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.utils.parameters import none_if_blank, optional_bool, parse_list, parse_structure

if TYPE_CHECKING:
    from airflow_provider_canvas.operators.base_migration import ContentMigrationOperator


def migration_parameters(task: ContentMigrationOperator, own_settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters common to all migrations, unset ones omitted.

    :param task: The operator, rendered.
    :param own_settings: The ``settings`` that the concrete operator adds.
    :raises CanvasInputError: When a parameter's text is not what it must be.
    """
    from airflow_provider_canvas.api.parameters import drop_none

    extra_settings = parse_structure("settings", task.settings, such_as="{'folder_id': 7}") or {}
    settings = drop_none(
        **own_settings,
        importer_skips=parse_list("importer_skips", task.importer_skips, such_as="['visibility_settings']"),
        overwrite_quizzes=task.overwrite_quizzes,
        import_blueprint_settings=task.import_blueprint_settings,
        insert_into_module_id=none_if_blank(task.insert_into_module_id),
        insert_into_module_type=task.insert_into_module_type,
        insert_into_module_position=task.insert_into_module_position,
        move_to_assignment_group_id=none_if_blank(task.move_to_assignment_group_id),
    )
    return drop_none(settings={**extra_settings, **settings} or None, date_shift_options=_date_shift(task) or None)


def _date_shift(task: ContentMigrationOperator) -> dict[str, Any]:
    """Return the ``date_shift_options``; dates shift by default as soon as one of them is set."""
    from airflow_provider_canvas.api.parameters import drop_none

    dates = drop_none(
        old_start_date=none_if_blank(task.old_start_date),
        old_end_date=none_if_blank(task.old_end_date),
        new_start_date=none_if_blank(task.new_start_date),
        new_end_date=none_if_blank(task.new_end_date),
        day_substitutions=parse_structure("day_substitutions", task.day_substitutions, such_as="{1: 2}") or None,
    )
    remove, shift = optional_bool("remove_dates", task.remove_dates), optional_bool("shift_dates", task.shift_dates)
    if shift is None and dates:
        shift = True
    return {**dates, **drop_none(shift_dates=shift or None, remove_dates=remove or None)}
