"""No task fails because of its lineage. This imports nothing else, so operators may import it when they are parsed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

P = ParamSpec("P")

log = logging.getLogger(__name__)


def without_failing(note: Callable[P, None]) -> Callable[P, None]:
    """Return a function that logs an error instead of raising it.

    :param note: Notes a part of the lineage of a task.
    """

    @wraps(note)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            note(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  # whatever it is, the task itself does its work
            from airflow_provider_canvas.security.redaction import redact

            log.warning("A part of this task's lineage is missing: %s: %s", type(error).__name__, redact(str(error)))

    return call
