"""The error for a parameter that an operator does not have."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Collection

from airflow_provider_canvas.api.errors import CanvasInputError


def raise_if_unknown(operator: type, task_id: object, written: Collection[str]) -> None:
    """Raise an error that names the parameters that an operator does not have, and similar ones that it has.

    :param operator: The class of the operator.
    :param task_id: The id of the task.
    :param written: The names of the parameters that the author of the DAG wrote.
    :raises CanvasInputError: If there are such parameters.
    """
    known = _parameters_of(operator)
    unknown = sorted(name for name in written if name not in known and not name.startswith("_"))
    if not unknown:
        return
    near = dict.fromkeys(match for name in unknown for match in difflib.get_close_matches(name, known, 1, cutoff=0.65))
    meant = f" Did you mean {' and '.join(map(repr, near))}?" if near else ""
    raise CanvasInputError(
        f"{operator.__name__} (task_id {task_id!r}) has no parameter {' and '.join(map(repr, unknown))}.{meant}"
    )


def _parameters_of(operator: type) -> list[str]:
    """Return the names of the parameters of a class and of its base classes, its own first."""
    names = [
        name
        for cls in operator.__mro__
        if "__init__" in cls.__dict__ and cls is not object
        for name, parameter in inspect.signature(cls.__dict__["__init__"]).parameters.items()
        if name != "self" and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    return list(dict.fromkeys(names))
