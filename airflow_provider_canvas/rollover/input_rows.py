"""From the rows of any source to the copies that they request. All bad rows are reported at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.rollover.columns import COLUMNS, DESTINATION, LABEL, SOURCE, column_of, is_label
from airflow_provider_canvas.rollover.copy_request import CopyRequest
from airflow_provider_canvas.rollover.row_values import PARSERS, check_formula, is_absent, label, plain
from airflow_provider_canvas.security.redaction import redact

MAX_PROBLEMS = 20
"""How many problems an error describes; the others are counted."""

MAX_SIMILAR = 5
"""How many problems of the same column it describes."""

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
    """The problems of an input: the first ones of each subject in words, and how many more there are."""

    places: int = 0
    described: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _undescribed: Counter[str] = field(default_factory=Counter)
    _last: str = ""

    def add(self, where: str, subject: str, problem: str) -> None:
        """Add a problem of a row, or of the names of the columns.

        :param where: The line or row.
        :param subject: The column, or what else is wrong; similar problems have the same subject.
        :param problem: The sentence, which includes the subject.
        """
        if where != self._last:
            self.places, self._last = self.places + 1, where
        self.counts[subject] += 1
        if self.counts[subject] <= MAX_SIMILAR and len(self.described) < MAX_PROBLEMS:
            self.described.append(storable_text(redact(f"{where}: {problem}"), MAX_PROBLEM))
        else:
            self._undescribed[subject] += 1

    def raise_if_any(self, subject: str) -> None:
        """Raise the error of all problems.

        :raises CanvasInputError: If there is a problem.
        """
        if not self.counts:
            return
        lines = [f"{subject} not valid, and nothing was sent. Correct the input and run the task again:"]
        lines += self.described
        most = self._undescribed.most_common(MAX_PROBLEMS)
        lines += [f"and {more:,} more of {which}" for which, more in most]
        if rest := self._undescribed.total() - sum(more for _, more in most):
            lines.append(f"and {rest:,} others")
        raise CanvasInputError("\n- ".join(lines))


def parse_copies(rows: Iterable[InputRow], *, place: str = "line") -> list[CopyRequest]:
    """Return the copies that rows request. Rows without any value are skipped.

    :param rows: The line, and the values by column; a value that is not set is ``None`` or blank text.
    :param place: What the numbers of the rows count, for the message: ``line`` of a file, ``row`` of a list.
    :raises CanvasInputError: If a row is not valid. The message has the first problems, each with its line, its column
        and what to write.
    """
    problems = _Problems()
    misnamed: set[object] = set()
    requests = []
    for line, row in rows:
        if (request := _parse_row(f"{place} {line}", line, row, problems, misnamed)) is not None:
            requests.append(request)
    many = problems.places != 1
    problems.raise_if_any(f"{problems.places:,} {place}{'s' if many else ''} of the input {'are' if many else 'is'}")
    return requests


def check_columns(names: Iterable[Any], where: str) -> None:
    """Check the names of the columns of a table, before its rows are read.

    :param names: The names as written.
    :param where: Where they are, such as ``line 1``.
    :raises CanvasInputError: For a name that resembles a known one, for two columns of one name, and if there is no
        column with the source or the destination. The message has all problems.
    """
    problems = _Problems()
    columns: dict[str, Any] = {}
    for name in names:
        try:
            column = column_of(name)
        except CanvasInputError as error:
            problems.add(where, _shown(name), f"column {_shown(name)} {error}")
            continue
        if column in columns:
            twice = f"column {_shown(name)} is there twice, also as {_shown(columns[column])}: keep one."
            problems.add(where, _shown(name), twice)
        columns[column] = name
    if not problems.counts:
        for known in (SOURCE, DESTINATION):
            if not any(name in columns for name in known):
                found = ", ".join(_shown(name) for name in list(columns.values())[:20]) or "none"
                missing = f"there is no column {known[0]}. {_name_one(known)} The columns are: {found}."
                problems.add(where, known[0], missing)
    problems.raise_if_any("The columns of the input are")


def _parse_row(
    where: str, line: int, row: Mapping[str, Any] | UnreadableRow, problems: _Problems, misnamed: set[object]
) -> CopyRequest | None:
    """Return the copy that a row requests; ``None`` if it has no value, or a problem.

    :param misnamed: Names of columns that were reported before.
    """
    if isinstance(row, UnreadableRow):
        problems.add(where, "unreadable rows", row.problem)
    elif not isinstance(row, Mapping):
        problem = f"is {type(row).__name__}: write a dict, such as {{'source': 42, 'destination': 77}}."
        problems.add(where, "unreadable rows", problem)
    elif columns := _columns_of(where, row, problems, misnamed):
        return _request(where, line, columns, problems)
    return None


def _columns_of(where: str, row: Mapping[str, Any], problems: _Problems, misnamed: set[object]) -> dict[str, Any]:
    """Return the values of a row by column, parsed; nothing if one has a problem."""
    count = problems.counts.total()
    columns: dict[str, Any] = {}
    written: dict[str, Any] = {}
    for name, value in row.items():
        if is_absent(value):
            continue
        try:
            column = column_of(name)
        except CanvasInputError as error:
            if name not in misnamed:
                misnamed.add(name)
                problems.add(where, _shown(name), f"column {_shown(name)} {error}")
            continue
        if column in written:
            same = f"columns {_shown(written[column])} and {_shown(name)} are the same: keep one of them."
            problems.add(where, column, same)
            continue
        written[column] = name
        parse = label if is_label(column) else PARSERS[column]
        try:
            if not is_label(column):
                check_formula(column, value)
            columns[column] = parse(column, plain(column, value))
        except CanvasInputError as error:
            shown = "" if name == column or str(error).startswith(str(name)) else f"{_shown(name)}: "
            problems.add(where, column, f"column {shown}{error}")
    return columns if problems.counts.total() == count else {}


def _request(where: str, line: int, columns: dict[str, Any], problems: _Problems) -> CopyRequest | None:
    """Return the copy that the parsed values of a row request; ``None`` if they do not fit together."""
    source = _course_of(where, columns, SOURCE, problems)
    destination = _course_of(where, columns, DESTINATION, problems)
    if source is None or destination is None:
        return None
    if source == destination:
        same = f"source and destination are the same course, {source!r}: write another destination."
        problems.add(where, DESTINATION[0], same)
        return None
    request = CopyRequest(
        line=line,
        source_course_id=source,
        destination_course_id=destination,
        parameters={name: value for name, value in columns.items() if not is_label(name)},
        labels={name.removeprefix(LABEL): value for name, value in columns.items() if is_label(name)},
    )
    try:
        ContentMigrations.create.check({"course_id": destination, **request.request_params()})
    except CanvasInputError as error:
        problems.add(where, "values that do not fit together", str(error))
        return None
    return request


def _course_of(where: str, values: dict[str, Any], names: tuple[str, ...], problems: _Problems) -> int | str | None:
    """Take a course out of the values of a row; ``None`` if it is not there, or there twice."""
    found = {name: values.pop(name) for name in names if name in values}
    if len(found) == 1:
        return next(iter(found.values()))  # type: ignore[no-any-return]  # what the parsers of these columns return
    if found:
        problems.add(where, names[0], f"columns {' and '.join(found)} both name the {names[1]}: fill in one of them.")
    else:
        problems.add(where, names[0], f"column {names[0]} is empty. {_name_one(names)}")
    return None


def _name_one(names: tuple[str, ...]) -> str:
    return f"Write the number of a course in {names[0]}, or its SIS id in {names[2]}."


def _shown(name: object) -> str:
    """Return a name of a column for a message."""
    text = str(name)
    return text if text in COLUMNS else repr(storable_text(text, 60))
