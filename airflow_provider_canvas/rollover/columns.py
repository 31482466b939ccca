"""The columns of the input: which a row may have, under which names, and which are labels.

A name counts without regard to case, and spaces and hyphens as underscores: ``Source course ID`` is
``source_course_id``. Any other column is a label, unless its name resembles that of a known column: a copy without the
date shift that its row asks for must not happen because of a misspelling. ``label_`` before a name makes it a label.
"""

from __future__ import annotations

import difflib
import re
from functools import cache

from airflow_provider_canvas.api.course_copy import COPY_PARAMETERS
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.api.storable import storable_text

LABEL = "label_"
"""What makes a column a label, whatever its name resembles."""

SOURCE = ("source_course_id", "source", "source_sis_course_id")
DESTINATION = ("destination_course_id", "destination", "destination_sis_course_id")
"""The names of the column with a course. The last of each has SIS ids without ``sis_course_id:``."""

COLUMNS: tuple[str, ...] = (*SOURCE, *DESTINATION, *COPY_PARAMETERS)
"""The columns that are no labels."""

MAX_NAME = 100
"""The longest name of a column, in characters."""

_SIMILAR = 0.75
"""How similar a name must be to that of a column to be taken for a misspelling."""

_ALWAYS_LABELS = re.compile(r".*_(name|code|title)")
"""No column of the copy ends so."""

_SHORT_FORMS = {
    **dict.fromkeys(("skip", "skips", "importer"), "importer_skips"),
    **dict.fromkeys(("substitution", "substitutions", "days"), "day_substitutions"),
    **dict.fromkeys(("selection", "selected"), "select"),
    **dict.fromkeys(("shift", "dates"), "shift_dates"),
    "remove": "remove_dates",
    "overwrite": "overwrite_quizzes",
    **dict.fromkeys(("start", "starts", "startdate", "newstart", "begin", "begins"), "new_start_date"),
    **dict.fromkeys(("start_at", "starts_at", "term_start"), "new_start_date"),
    **dict.fromkeys(("end", "ends", "enddate", "newend"), "new_end_date"),
    **dict.fromkeys(("end_at", "ends_at", "term_end"), "new_end_date"),
}
"""Names that a user may write for a column that a row need not have, among them those of a course's dates."""

_OF_THE_TASK = (
    *("fail_on_issues", "if_running", "if_not_empty", "if_missing", "fail_if"),
    *("poll_interval", "cancel_on_kill", "canvas_conn_id", "max_in_flight", "max_attempts", "retry_failed"),
)
"""Parameters of tasks that count for all rows."""

_OF_CANVAS = {
    "date_shift_options": ["new_start_date", "day_substitutions"],
    "date_shift": ["shift_dates", "new_start_date"],
    "copy": ["select"],
    "selective_import": ["select"],
    "labels": [LABEL + "..."],
}
"""Names of Canvas's API, and of this package, for what rows have in other columns."""


@cache
def column_of(name: object) -> str:
    """Return the column that a name in the input stands for: one of ``COLUMNS``, or ``label_`` and a label.

    :param name: The name as written.
    :raises CanvasInputError: When it is no usable name, or resembles that of a known column.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or name != storable_text(name):
        raise CanvasInputError(f"has the name {redacted_repr(name)[:80]}: write a name of 1 to {MAX_NAME} characters.")
    column = re.sub(r"[\s\-]+", "_", name.strip()).lower()
    if column in COLUMNS:
        return column
    if column.startswith(LABEL) and column != LABEL:
        return LABEL + name.strip()[len(LABEL) :]
    label = f"If it is a label, name it {LABEL}{name.strip()}."
    if column in _OF_THE_TASK:
        raise CanvasInputError(f"is a parameter of the task, and counts for all rows: set it there. {label}")
    if meant := _resembled(column):
        raise CanvasInputError(f"is not known. Did you mean {' or '.join(meant)}? {label}")
    return LABEL + name.strip()


def is_label(column: str) -> bool:
    """Return whether a column that :func:`column_of` returned is a label."""
    return column.startswith(LABEL)


def _resembled(column: str) -> list[str]:
    """Return the columns that an unknown name was probably meant for, if any."""
    if _ALWAYS_LABELS.fullmatch(column):
        return []
    if column in _SHORT_FORMS:
        return [_SHORT_FORMS[column]]
    if column in _OF_CANVAS:
        return _OF_CANVAS[column]
    words = set(column.split("_"))
    if len(words) > 1 and (longer := [known for known in COLUMNS if words <= set(known.split("_"))]):
        return longer[:4]
    return difflib.get_close_matches(column, COLUMNS, n=1, cutoff=_SIMILAR)
