"""The arguments with which Airflow stores a trigger, also those of another version of this package."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from airflow.triggers.base import BaseTrigger

from airflow_provider_canvas.client.jobs.waiters import OtherVersionError

Types = Mapping[str, type | tuple[type, ...]]
"""The arguments of a trigger, in the order in which they are stored, and their types."""


def stored_form(trigger: BaseTrigger, types: Types) -> tuple[str, dict[str, Any]]:
    """Return the path of a trigger's class and its arguments, all JSON.

    :param trigger: The trigger.
    :param types: Its arguments.
    """
    return f"{type(trigger).__module__}.{type(trigger).__qualname__}", {name: getattr(trigger, name) for name in types}


def check_arguments(trigger: BaseTrigger, types: Types, *, required: Iterable[str], unknown: Collection[str]) -> None:
    """Check the arguments of a trigger, and log those that this version does not know.

    :param trigger: The trigger.
    :param types: Its arguments.
    :param required: Those that must not be empty.
    :param unknown: Arguments of another version.
    :raises OtherVersionError: When an argument is missing or broken.
    """
    if unknown:
        trigger.log.warning(
            "Another version of this package stored this trigger: its arguments %s are ignored.",
            ", ".join(sorted(unknown)),
        )
    if missing := [name for name in required if not getattr(trigger, name)]:
        raise OtherVersionError(f"The stored trigger has no {' and no '.join(missing)}.")
    for name, expected in types.items():
        value = getattr(trigger, name)
        is_finite = not isinstance(value, int | float) or math.isfinite(value)
        if not isinstance(value, expected) or not is_finite:
            raise OtherVersionError(f"The stored trigger's {name} is {value!r}.")
