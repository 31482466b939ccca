"""One change as the log, the result of the task and the report show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.repair.backups import Backup
from airflow_provider_canvas.repair.outcome import Outcome
from airflow_provider_canvas.repair.states import RepairState
from airflow_provider_canvas.security.redaction import strip_url_secrets

CLEARED_DATES = (
    "of the course, as it does on every update of a course that does not restrict its enrollments to its dates."
)
"""How the detail of a change ends with which Canvas clears dates of the course."""


@dataclass(frozen=True, order=True)
class ChangeLine:
    """One change of an address.

    :param course_id: The destination course.
    :param place_type: The type of the place.
    :param place_id: Canvas's id of the place.
    :param field: The field that holds the address.
    :param ordinal: The number of the address in the field.
    :param place_title: The title of the place.
    :param place_url: The path of the place.
    :param attribute: The attribute that holds the address.
    :param link_text: The text of the link.
    :param problem: What was wrong.
    :param before: The address before.
    :param after: The address after.
    :param state: What became of the change.
    :param detail: What happened, as a sentence.
    """

    course_id: str
    place_type: str
    place_id: str
    field: str
    ordinal: int
    place_title: str
    place_url: str
    attribute: str
    link_text: str
    problem: str
    before: str
    after: str
    state: RepairState
    detail: str

    def __str__(self) -> str:
        title = f' "{self.place_title[:60]}"' if self.place_title else ""
        text = (
            f"course {self.course_id}, {self.place_type} {self.place_id}{title}: {self.before} -> {self.after} "
            f"({self.problem}): {self.state}"
        )
        return " ".join(text.replace("`", "'").split())  # one line, and safe in a block of Markdown


def line_of_row(row: Mapping[str, Any]) -> ChangeLine:
    """Return the line of a row of the table of changes.

    :param row: The row.
    """
    return ChangeLine(
        course_id=row["dest_course_id"],
        place_type=row["place_type"],
        place_id=row["place_id"],
        field=row["field"],
        ordinal=row["ordinal"],
        place_title=row["place_title"] or "",
        place_url=row["place_url"] or "",
        attribute=row["attribute"],
        link_text=row["link_text"] or "",
        problem=row["problem"],
        before=row["before"],
        after=row["after"],
        state=RepairState(row["state"]),
        detail=row["detail"],
    )


def lines_of_undo(backup: Backup, outcome: Outcome) -> list[ChangeLine]:
    """Return the lines of a place whose repair was taken back: from the right address to the one before.

    :param backup: The backup of the place.
    :param outcome: What became of it.
    """
    place = backup.place
    return [
        ChangeLine(
            course_id=place.course_id,
            place_type=place.place_type,
            place_id=place.place_id,
            field=link.field,
            ordinal=link.ordinal,
            place_title=storable_text(place.title),
            place_url=place.url,
            attribute=link.attribute,
            link_text=link.link_text,
            problem=link.problem,
            before=strip_url_secrets(storable_text(link.right_url)),
            after=strip_url_secrets(storable_text(link.url)),
            state=outcome.state,
            detail=outcome.detail,
        )
        for link in place.links
    ]
