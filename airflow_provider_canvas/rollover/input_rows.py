"""From the rows of any source to the copies that they request. All bad rows are reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.rollover.columns import COLUMNS, DESTINATION, LABEL, SOURCE, column_of, is_label
from airflow_provider_canvas.rollover.copy_request import CopyRequest
from airflow_provider_canvas.rollover.row_values import PARSERS, is_absent, label, plain

MAX_PROBLEMS = 20
"""How many problems an error describes; the others are counted."""

MAX_PROBLEM = 300
"""The longest description of a problem, in characters."""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that its source could not read.

    :param problem: What is wrong, and what to write instead.
    """

    problem: str


InputRow = tuple[int, Mapping[str, Any] | UnreadableRow]
"""The line or number of a row, and its values by the names of its columns."""


@dataclass(slots=True)
class _Problems:
    """The problems of an input, the first ones in words.

    :param place: What the numbers of the rows count: ``line`` or ``row``.
    """

    place: str
    count: int = 0
    rows: int = 0
    described: list[str] = field(default_factory=list)
    _last: int = 0

    def add(self, line: int, problem: str) -> None:
        self.count += 1
        if line != self._last:
            self.rows, self._last = self.rows + 1, line
        if len(self.described) < MAX_PROBLEMS:
            self.described.append(storable_text(f"{self.place} {line}: {problem}", MAX_PROBLEM))

    def raise_if_any(self) -> None:
        """Raise the error of all problems.

        :raises CanvasInputError: If there is a problem.
        """
        if not self.count:
            return
        bad = _count(self.rows, f"{self.place} of the input is", f"{self.place}s of the input are")
        lines = [f"{bad} not valid, and nothing was sent. Correct the input and run the task again:", *self.described]
        if more := self.count - len(self.described):
            lines.append(f"and {_count(more, 'more problem', 'more problems')}")
        raise CanvasInputError("\n- ".join(lines))


def parse_copies(rows: Iterable[InputRow], *, place: str = "line") -> list[CopyRequest]:
    """Return the copies that rows request. Rows without any value are skipped.

    :param rows: The line, and the values by column; a value that is not set is ``None`` or blank text.
    :param place: What the numbers count, for the message: ``line`` of a file, ``row`` of a list.
    :raises CanvasInputError: If a row is not valid. The message has the first problems, each with its line, its column
        and what to write.
    """
    problems = _Problems(place)
    misnamed: set[object] = set()
    requests = []
    for line, row in rows:
        if isinstance(row, UnreadableRow):
            problems.add(line, row.problem)
        elif not isinstance(row, Mapping):
            problems.add(line, f"is {type(row).__name__}: write a dict, such as {{'source': 42, 'destination': 77}}.")
        elif (request := _parse_row(line, row, problems, misnamed)) is not None:
            requests.append(request)
    problems.raise_if_any()
    return requests


def check_columns(names: Iterable[Any], line: int = 1, *, place: str = "line") -> None:
    """Check the names of the columns of a table, before its rows are read.

    :param names: The names as written.
    :param line: The line of the header.
    :param place: What ``line`` counts, for the message.
    :raises CanvasInputError: For a name that resembles a known one, for two columns of one name, and if there is no
        column with the source or the destination. The message has all problems.
    """
    problems = _Problems(place)
    columns: dict[str, Any] = {}
    for name in names:
        try:
            column = column_of(name)
        except CanvasInputError as error:
            problems.add(line, f"column {_shown(name)} {error}")
            continue
        if column in columns:
            problems.add(line, f"column {_shown(name)} is there twice, also as {_shown(columns[column])}: keep one.")
        columns[column] = name
    if not problems.count:
        for known in (SOURCE, DESTINATION):
            if not any(name in columns for name in known):
                found = ", ".join(_shown(name) for name in list(columns.values())[:20]) or "none"
                problems.add(line, f"has no column {known[0]}. {_name_one(known)} The columns are: {found}.")
    problems.raise_if_any()


def _parse_row(line: int, row: Mapping[str, Any], problems: _Problems, misnamed: set[object]) -> CopyRequest | None:
    """Return the copy that a row requests; ``None`` if it has no value, or a problem."""
    count = problems.count
    values: dict[str, Any] = {}
    labels: dict[str, str] = {}
    written: dict[str, Any] = {}
    for name, value in row.items():
        if is_absent(value):
            continue
        try:
            column = column_of(name)
        except CanvasInputError as error:
            if name not in misnamed:
                misnamed.add(name)
                problems.add(line, f"column {_shown(name)} {error}")
            continue
        if column in written:
            problems.add(line, f"columns {_shown(written[column])} and {_shown(name)} are the same: keep one of them.")
            continue
        written[column] = name
        try:
            if is_label(column):
                labels[column.removeprefix(LABEL)] = label(column, value)
            else:
                values[column] = PARSERS[column](column, plain(column, value))
        except CanvasInputError as error:
            problems.add(line, f"column {_shown(name)}: {error}")
    if problems.count > count or not written:
        return None
    source = _course_of(line, values, SOURCE, problems)
    destination = _course_of(line, values, DESTINATION, problems)
    if source is None or destination is None:
        return None
    if source == destination:
        problems.add(line, f"source and destination are the same course, {source!r}: write another destination.")
        return None
    request = CopyRequest(
        line=line, source_course_id=source, destination_course_id=destination, parameters=values, labels=labels
    )
    try:
        ContentMigrations.create.check({"course_id": destination, **request.request_params()})
    except CanvasInputError as error:
        problems.add(line, str(error))
        return None
    return request


def _course_of(line: int, values: dict[str, Any], names: tuple[str, ...], problems: _Problems) -> int | str | None:
    """Take a course out of the values of a row; ``None`` if it is not there, or there twice."""
    found = {name: values.pop(name) for name in names if name in values}
    if len(found) == 1:
        return next(iter(found.values()))  # type: ignore[no-any-return]  # what the parsers of these columns return
    if found:
        problems.add(line, f"columns {' and '.join(found)} both name the {names[1]}: fill in one of them.")
    else:
        problems.add(line, f"column {names[0]} is empty. {_name_one(names)}")
    return None


def _name_one(names: tuple[str, ...]) -> str:
    return f"Write the number of a course in {names[0]}, or its SIS id in {names[2]}."


def _shown(name: object) -> str:
    """Return a name of a column for a message."""
    text = str(name)
    return text if text in COLUMNS else repr(storable_text(text, 60))


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
