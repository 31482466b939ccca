"""Whether the New Quizzes of a copy can be used.

A copied New Quiz is an assignment at once, but the service of New Quizzes builds the quiz itself later, and sometimes
only when a user opens it in a browser. Only the API of that service proves that the quiz is there: it answers for
the quiz, and has as many items as the source's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import to_number, to_objects, to_text
from airflow_provider_canvas.reconciliation.new_quiz_states import STATUSES
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status

Listings = Mapping[str, Sequence[Any]]

NEW_QUIZ_LISTINGS: tuple[str, ...] = ("new_quizzes",)
"""The further listings that the verdicts need."""

OK, NOT_THERE = "ok", "not_there"
"""What the API responded for a quiz (``state`` of a record): the quiz and its items, or that there is none. Any other
text is a problem in words."""


class Verdict(StrEnum):
    """What is known of a New Quiz."""

    USABLE = "usable"
    IN_PROGRESS = "in_progress"
    FAILED = "failed"
    NEEDS_OPENING = "needs_opening"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class NewQuiz:
    """A New Quiz of one course.

    :param verdict: What is known of it.
    :param items: The number of its items; None if that is not known.
    :param reason: For ``unknown``: why, in words.
    """

    verdict: Verdict
    items: int | None = None
    reason: str = ""


def new_quizzes_of(listings: Listings) -> dict[str, NewQuiz]:
    """Return the New Quizzes of a course by the ids of their assignments.

    :param listings: The listings of the course: ``assignments``, and ``new_quizzes`` unless its API cannot be read.
    """
    records = {to_text(record.get("assignment_id")) or "": record for record in to_objects(listings.get("new_quizzes"))}
    quizzes = {}
    for assignment in to_objects(listings.get("assignments")):
        assignment_id = to_text(assignment.get("id"))
        if assignment_id is not None and assignment.get("is_quiz_lti_assignment") is True:
            status = STATUSES.get(to_text(assignment.get("workflow_state")) or "")
            record = records.get(assignment_id) if "new_quizzes" in listings else _NO_API
            quizzes[assignment_id] = _new_quiz(status, record or _NOT_ASKED)
    return quizzes


_NO_API = {"state": "the API of New Quizzes does not answer here, or not for this user"}
_NOT_ASKED = {"state": "it was added while the courses were read"}


def _new_quiz(status: Status | None, record: Mapping[str, Any]) -> NewQuiz:
    if status is not None:
        return NewQuiz(Verdict.FAILED if status is Status.FAILED_QUIZ else Verdict.IN_PROGRESS)
    state, items = to_text(record.get("state")), to_number(record.get("item_count"))
    if state == OK:
        return NewQuiz(Verdict.USABLE, None if items is None else int(items))
    if state == NOT_THERE:
        return NewQuiz(Verdict.NEEDS_OPENING)
    return NewQuiz(Verdict.UNKNOWN, reason=state or "the API of New Quizzes sent nothing that is known")


def with_new_quizzes(rows: Iterable[AssetRow], source: Listings, destination: Listings) -> list[AssetRow]:
    """Return the rows with the verdicts on New Quizzes in those of their assignments.

    A quiz that needs opening gets the status ``pending_quiz``, one with another number of items ``matched_changed``.
    Quizzes that Canvas is building, or failed to build, keep the statuses ``pending_quiz`` and ``failed_quiz``.

    :param rows: The rows of a reconciliation.
    :param source: The listings of the course that was copied.
    :param destination: The listings of the course it was copied into.
    """
    originals, copies = new_quizzes_of(source), new_quizzes_of(destination)
    return [
        _with_verdict(row, originals.get(row.source_asset_id or ""), copies[row.dest_asset_id or ""])
        if row.asset_type == "assignments" and row.in_destination and row.dest_asset_id in copies
        else row
        for row in rows
    ]


def _with_verdict(row: AssetRow, original: NewQuiz | None, copy: NewQuiz) -> AssetRow:
    if copy.verdict is Verdict.NEEDS_OPENING:
        is_copy = row.status in (Status.MATCHED, Status.MATCHED_CHANGED, Status.RENAMED)
        detail = (
            "needs opening: the service of New Quizzes does not have it yet; open it once in a browser as a teacher, "
            "then reconcile again"
        )
        return _joined(row, detail, Status.PENDING_QUIZ if is_copy else row.status)
    if copy.verdict is Verdict.UNKNOWN:
        return _joined(row, f"New Quiz not checked: {copy.reason}")
    if copy.verdict is not Verdict.USABLE:
        return row
    expected = original.items if original is not None and row.in_source else None
    if expected is not None and copy.items is not None and expected != copy.items:
        status = Status.MATCHED_CHANGED if row.status is Status.MATCHED else row.status
        return _joined(row, f"items of the New Quiz: {expected} -> {copy.items}", status)
    return _joined(row, f"New Quiz usable{'' if copy.items is None else f': {_items(copy.items)}'}")


def _items(number: int) -> str:
    return f"{number} item{'' if number == 1 else 's'}"


def _joined(row: AssetRow, detail: str, status: Status | None = None) -> AssetRow:
    return replace(row, status=status or row.status, detail="; ".join(part for part in (row.detail, detail) if part))
