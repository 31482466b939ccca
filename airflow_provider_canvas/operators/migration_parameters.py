"""From an operator's parameters to those of the request that creates a content migration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_canvas.operators.base_migration import ContentMigrationOperator


def migration_parameters(task: ContentMigrationOperator, own_settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters common to all migrations, unset ones omitted.

    :param task: The operator, rendered.
    :param own_settings: The ``settings`` that the concrete operator adds.
    :raises CanvasInputError: When a parameter's text is not what it must be.
    """
    from airflow_provider_canvas.api.course_copy import MIGRATION_PARAMETERS, migration_params

    return migration_params({name: getattr(task, name) for name in MIGRATION_PARAMETERS}, own_settings)
