"""What became of a place, and how an error of Canvas is told."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.repair.states import RepairState


@dataclass(frozen=True)
class Outcome:
    """What became of the changes of a place.

    :param state: The state.
    :param detail: What happened, as a sentence.
    :param is_trouble: Whether Canvas, the network or a server in between failed: then other places fail too.
    """

    state: RepairState
    detail: str
    is_trouble: bool = False


def of_error(error: errors.CanvasError) -> Outcome:
    """Return the outcome of a place at which Canvas refused or failed.

    :param error: The error.
    :raises CanvasAuthenticationError: If Canvas rejects the token: nothing else works then.
    """
    match error:
        case errors.CanvasAuthenticationError():
            raise error
        case errors.CanvasNotFoundError():
            return Outcome(RepairState.SKIPPED_MISSING, str(error))
        case errors.CanvasPermissionError():
            return Outcome(RepairState.SKIPPED_FORBIDDEN, str(error))
        case errors.CanvasValidationError() if "Master Course" in (error.canvas_message or ""):
            return Outcome(RepairState.SKIPPED_LOCKED, str(error))
        case _:
            return Outcome(RepairState.FAILED, str(error), is_trouble=not error.permanent)
