"""One course copy that a row of the input requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.course_copy import course_copy_params


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyRequest:
    """A course copy as a row of the input requests it. All values are checked, and JSON can hold them unchanged.

    :param line: The line of the file, or the number of the row in a list, a JSON array, or the result of a query; from
        1 on.
    :param source_course_id: The course to copy from: a number, or text such as ``sis_course_id:BIO-1``.
    :param destination_course_id: The course to copy into, likewise.
    :param parameters: The other parameters of ``CanvasCourseCopyOperator`` that the row names: dates as ISO 8601 text,
        ids as numbers, days as ``{"1": 2}``.
    :param labels: The values of the columns that Canvas does not need, by column.
    """

    line: int
    source_course_id: int | str
    destination_course_id: int | str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def request_params(self, source_course_id: int | str | None = None) -> dict[str, Any]:
        """Return the parameters of ``content_migrations.create``, without the destination.

        :param source_course_id: The number of the source, if it is known. The default is the row's own id.
        """
        return course_copy_params(source_course_id or self.source_course_id, self.parameters)


def same_parameters(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Return whether two rows request the same copy, apart from its courses.

    What Canvas does without being asked is no difference: ``overwrite_quizzes`` set to ``False``, or no
    ``importer_skips``. Only ``shift_dates`` set to ``False`` is one, because dates are shifted without it.

    :param first: The parameters of a row.
    :param second: Those of another.
    """
    return _wanted(first) == _wanted(second)


def _wanted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name == "shift_dates" or value not in (False, [])}
