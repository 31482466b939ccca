"""The lines of the tables of a batch's report: one per copy, and one per issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow_provider_canvas.html.course_cells import CourseCell, CourseLinks
from airflow_provider_canvas.html.formats import format_duration, shorten
from airflow_provider_canvas.html.links import safe_link
from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.rollover.report.meanings import MEANINGS, label
from airflow_provider_canvas.rollover.report.totals import reason_of, seconds_of


@dataclass(frozen=True)
class TimeCell:
    """A time in a line.

    :param text: The time to read.
    :param value: The time to sort and export.
    """

    text: str
    value: str


@dataclass(frozen=True)
class CopyLine:
    """One copy: a line of the table.

    :param number: The line of the input.
    :param state: The state of the copy.
    :param state_label: The state in words.
    :param symbol: The character that stands for the state.
    :param source: The course that is copied.
    :param destination: The course into which it is copied.
    :param labels: The values of the label columns.
    :param submitted: When it was submitted; None if it was not.
    :param ended: When it ended; None if it has not.
    :param seconds: How long it took; None if it is not known.
    :param duration: The same in words.
    :param attempts: How often it was submitted.
    :param issues: The number of unresolved issues.
    :param detail: Why the copy is in its state, and what to do.
    :param message: Canvas's message, if it is not part of the detail.
    :param page_url: The import page of the destination; None if its number is not known.
    """

    number: int
    state: CopyState
    state_label: str
    symbol: str
    source: CourseCell
    destination: CourseCell
    labels: list[str]
    submitted: TimeCell | None
    ended: TimeCell | None
    seconds: float | None
    duration: str | None
    attempts: int
    issues: int
    detail: str
    message: str
    page_url: str | None


@dataclass(frozen=True)
class IssueLine:
    """One issue: a line of the table.

    :param issue_type: ``error``, ``warning`` or ``todo``.
    :param course_id: The destination.
    :param course_link: The import page of the destination.
    :param description: Canvas's description.
    :param message: Canvas's message; may be empty.
    :param link: The page where a user can mend the issue; None without a safe address.
    """

    issue_type: str
    course_id: str
    course_link: str | None
    description: str
    message: str
    link: str | None


def copy_lines(rows: Iterable[CopyRow], base_url: str, labels: Iterable[str]) -> Iterator[CopyLine]:
    """Yield the lines of rows.

    :param rows: The rows, which are read one by one.
    :param base_url: The base URL of Canvas.
    :param labels: The names of the label columns.
    """
    names, courses = list(labels), CourseLinks(base_url)
    for row in rows:
        detail, seconds = reason_of(row), seconds_of(row)
        message = row.error_message or ""
        yield CopyLine(
            number=row.row_number,
            state=row.state,
            state_label=label(row.state),
            symbol=MEANINGS[row.state].symbol,
            source=courses.cell(row.source_course_name, row.source_course_id, row.source_sis_course_id),
            destination=courses.cell(row.dest_course_name, row.dest_course_id, row.dest_sis_course_id),
            labels=[shorten(str(row.labels.get(name) or "")) for name in names],
            submitted=_time(row.submitted_at),
            ended=_time(row.ended_at),
            seconds=None if seconds is None else round(seconds, 1),
            duration=format_duration(seconds),
            attempts=row.attempts,
            issues=row.issues_error + row.issues_warning + row.issues_todo,
            detail=shorten(detail),
            message=shorten("" if message in detail else message),
            page_url=courses.import_page(row.dest_course_id) or safe_link(base_url, row.page_url),
        )


def issue_lines(issues: Iterable[IssueRow], base_url: str) -> list[IssueLine]:
    """Return the lines of issues.

    :param issues: The issues.
    :param base_url: The base URL of Canvas.
    """
    courses = CourseLinks(base_url)
    return [
        IssueLine(
            issue_type=issue.issue_type or "todo",
            course_id=issue.dest_course_id,
            course_link=courses.import_page(issue.dest_course_id),
            description=shorten(issue.description or ""),
            message=shorten(issue.error_message or ""),
            link=safe_link(base_url, issue.fix_issue_html_url),
        )
        for issue in issues
    ]


def _time(time: datetime | None) -> TimeCell | None:
    if time is None:
        return None
    utc = time.astimezone(UTC)
    return TimeCell(f"{utc:%-d %b %H:%M:%S}", f"{utc:%Y-%m-%dT%H:%M:%SZ}")
