"""The verdicts of a plan, and the options that decide which of them stand against a copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from airflow_provider_canvas.api.parameters import check_option
from airflow_provider_canvas.ledger.states import CopyState


class Verdict(StrEnum):
    """What a plan says about a row of the input."""

    WILL_COPY = "will_copy"
    """Nothing stands against the copy."""
    ALREADY_COPIED = "already_copied"
    """This batch has copied it already, with the same parameters."""
    IN_PROGRESS = "in_progress"
    """This batch has submitted it, and did not see it end."""
    DUPLICATE = "duplicate"
    """An earlier row names the same destination."""
    SAME_COURSE = "same_course"
    """Source and destination are the same course."""
    UNKNOWN = "unknown"
    """Canvas has no course with the id of the destination."""
    DELETED = "deleted"
    """The destination was deleted."""
    SOURCE_UNKNOWN = "source_unknown"
    """Canvas has no course with the id of the source."""
    SOURCE_DELETED = "source_deleted"
    """The source was deleted; Canvas would copy its content all the same."""
    AMBIGUOUS = "ambiguous"
    """The id is the number of one course and the SIS id of another."""
    NO_RIGHT = "no_right"
    """The token's user may not import into the destination, or not copy the source."""
    BLUEPRINT_CHILD = "blueprint_child"
    """The destination follows a blueprint course."""
    RECOPIED_OVER_EDITS = "recopied_over_edits"
    """The same source was copied into the destination before, and its content was changed since."""
    TEMPLATE_COPY = "template_copy"
    """Canvas is filling the destination from the template of its account."""
    BUSY = "busy"
    """Another content migration runs in the destination, or is queued there."""
    CONCLUDED = "concluded"
    """The destination is concluded, or its dates are over."""
    NOT_EMPTY = "not_empty"
    """The destination has content."""
    NOT_IN_INPUT = "not_in_input"
    """An earlier plan had the row, and the input has it no longer."""


WORDS: Mapping[Verdict, str] = {
    Verdict.WILL_COPY: "nothing stands against the copy",
    Verdict.ALREADY_COPIED: "this batch has copied it already",
    Verdict.IN_PROGRESS: "this batch is copying it",
    Verdict.DUPLICATE: "an earlier row names the same destination",
    Verdict.SAME_COURSE: "source and destination are the same course",
    Verdict.UNKNOWN: "Canvas does not know the destination",
    Verdict.DELETED: "the destination was deleted",
    Verdict.SOURCE_UNKNOWN: "Canvas does not know the source",
    Verdict.SOURCE_DELETED: "the source was deleted",
    Verdict.AMBIGUOUS: "the id is the number of one course and the SIS id of another",
    Verdict.NO_RIGHT: "the token's user lacks a right",
    Verdict.BLUEPRINT_CHILD: "the destination follows a blueprint course",
    Verdict.RECOPIED_OVER_EDITS: "a copy would overwrite changes since the last one",
    Verdict.TEMPLATE_COPY: "Canvas is filling the destination from a template",
    Verdict.BUSY: "another content migration has not ended in the destination",
    Verdict.CONCLUDED: "the destination is concluded, or its dates are over",
    Verdict.NOT_EMPTY: "the destination has content",
    Verdict.NOT_IN_INPUT: "the input has the row no longer",
}
"""The verdicts in words, for tables."""

ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "if_not_empty": ("proceed", "warn", "skip", "fail"),
    "if_edited": ("proceed", "fail"),
    "if_running": ("wait", "fail"),
    "if_concluded": ("proceed", "fail"),
    "if_blueprint_child": ("proceed", "fail"),
}
"""The options of a plan, and their values."""

OPTIONS: Mapping[Verdict, str] = {
    Verdict.NOT_EMPTY: "if_not_empty",
    Verdict.RECOPIED_OVER_EDITS: "if_edited",
    Verdict.BUSY: "if_running",
    Verdict.TEMPLATE_COPY: "if_running",
    Verdict.CONCLUDED: "if_concluded",
    Verdict.BLUEPRINT_CHILD: "if_blueprint_child",
}
"""The verdicts that an option decides; all others but ``will_copy`` always stand against the copy."""

COPYING: Mapping[str, str] = {
    "if_not_empty": "warn",
    "if_edited": "proceed",
    "if_running": "wait",
    "if_concluded": "proceed",
    "if_blueprint_child": "proceed",
}
"""The value of each option with which the row is copied."""


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """What a plan does with rows that can be copied, but perhaps should not.

    :param if_not_empty: For a destination with modules, pages or assignments: ``warn`` and ``proceed`` copy, ``skip``
        counts the row as already present, ``fail`` refuses it.
    :param if_edited: For a destination into which the same source was copied before, and whose content was changed
        since: ``fail`` refuses the row, ``proceed`` copies, which overwrites the changes.
    :param if_running: For a destination in which another content migration runs or is queued: ``wait`` copies, and
        Canvas queues the copy behind it; ``fail`` refuses the row.
    :param if_concluded: For a destination that is concluded or over: ``proceed`` copies, ``fail`` refuses the row.
    :param if_blueprint_child: For a destination that follows a blueprint course: ``fail`` refuses the row, ``proceed``
        copies.
    """

    if_not_empty: str = "warn"
    if_edited: str = "fail"
    if_running: str = "wait"
    if_concluded: str = "proceed"
    if_blueprint_child: str = "fail"

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Return options after a check.

        :param values: The options that are given, by name.
        :raises CanvasInputError: If a value is not one of those that the option takes.
        """
        return cls(**{name: check_option(name, value, ACCEPTED[name]) for name, value in values.items()})

    def state_for(self, verdict: Verdict) -> CopyState:
        """Return the state in which a verdict leaves a row that was never copied."""
        if verdict is Verdict.WILL_COPY:
            return CopyState.PLANNED
        if (option := OPTIONS.get(verdict)) is None:
            return CopyState.REFUSED
        value = asdict(self)[option]
        if value == "skip":
            return CopyState.ALREADY_PRESENT
        return CopyState.REFUSED if value == "fail" else CopyState.PLANNED
