"""The values of a row's columns, as texts of a file, as values of JSON, or as a database returns them.

Each parser takes the name of the column and a value that :func:`plain` returned, and returns what JSON can hold
unchanged. It raises :class:`~airflow_provider_canvas.api.errors.CanvasInputError` with what to write instead.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from airflow_provider_canvas.api.course_copy import DATES
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import canvas_id, redacted_repr
from airflow_provider_canvas.api.migration_settings import IMPORTER_SKIPS, INSERT_INTO_MODULE_TYPES
from airflow_provider_canvas.api.parameters import check_option, parse_bool
from airflow_provider_canvas.api.selection import SELECT_TYPES, select_params
from airflow_provider_canvas.api.source_course import source_course_id
from airflow_provider_canvas.api.storable import MAX_DEPTH, MAX_INTEGER, storable, storable_text
from airflow_provider_canvas.api.text_values import is_blank, parse_list, parse_select, parse_structure
from airflow_provider_canvas.security.redaction import redact

MAX_EXACT = 2**53
"""From here on a spreadsheet, and every number with a decimal point, rounds whole numbers."""

MAX_VALUE = 32_767
"""The longest text of a value in characters, as in a cell of a spreadsheet."""

MAX_LABEL = 500
"""The longest value of a label, in characters."""

_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.000", re.ASCII)
"""``12.000`` is 12 with decimals, or 12000 as a spreadsheet in German, Spanish or Portuguese shows it."""
_FORMULA = re.compile(r"=.*|#(N/?[A-Z]|[^\W_][\w/]*[!?])", re.DOTALL)
"""A formula instead of its result, and the errors of formulas, such as ``#N/A``, ``#NV`` and ``#REF!``."""
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_WHOLE = re.compile(r"([1-9][0-9]{0,18})\.0+", re.ASCII)
_EXPONENT = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+", re.ASCII)
_DAY_PAIRS = re.compile(r"\d\s*:\s*\d(?:[\s,;]+\d\s*:\s*\d)*", re.ASCII)
_SELECT = re.compile(r"\s*\w+\s*:[\s,\d]+(?:;\s*\w+\s*:[\s,\d]+)*;?\s*", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(\s.*)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})(\s.*)?", re.ASCII)
_SERIAL = re.compile(r"([34567]\d{4})([.,]\d+)?", re.ASCII)
_FIRST_SERIAL = datetime.date(1899, 12, 30)
"""The day from which spreadsheets count."""


def is_absent(value: Any) -> bool:
    """Return whether a cell counts as not given: ``None``, a blank text, or the NaN of a table without a value."""
    if isinstance(value, Decimal):
        return value.is_nan()  # `math.isnan` raises for a signalling one
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or is_blank(value)


def plain(name: str, value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return a value of a database, a spreadsheet or Python as JSON holds it unchanged.

    A whole number loses its ``.0``, a date becomes text, and a tuple a list.

    :param depth: How many levels of lists and dicts may be nested.
    :raises CanvasInputError: For a number that the source has rounded or that is too large, and for what JSON cannot
        hold.
    """
    if isinstance(value, Mapping) and depth:
        return {_key(name, key): plain(name, item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple) and depth:
        return [plain(name, item, depth - 1) for item in value]
    if isinstance(value, bool) or is_absent(value):
        return value if isinstance(value, bool | str) else None
    if isinstance(value, int | float | Decimal):
        return _plain_number(name, value)
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta | UUID):  # datetimes, too
        return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)
    if not isinstance(value, str):
        raise CanvasInputError(f"{name} holds {type(value).__name__}: write text, a number, a list or a dict.")
    if len(value) > MAX_VALUE:
        raise CanvasInputError(f"{name} has {len(value):,} characters: write at most {MAX_VALUE:,}.")
    return value


def _plain_number(name: str, value: float | Decimal) -> int | float:
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise CanvasInputError(f"{name} is a number above {MAX_INTEGER}, which Canvas does not have: correct it.")
    if isinstance(value, float) and abs(value) >= MAX_EXACT:
        raise CanvasInputError(_rounded(name, value))
    return int(value) if value == int(value) else float(value)


def _key(name: str, key: Any) -> str:
    """Return the key of a dict as JSON has it."""
    plain_key = plain(name, key, 0)
    if isinstance(plain_key, bool) or not isinstance(plain_key, str | int):
        raise CanvasInputError(f"{name} has a key that is {type(key).__name__}: write text or a number.")
    return str(plain_key)


def check_formula(name: str, value: Any) -> None:
    """Check that a value is no formula of a spreadsheet, and no error of one.

    :raises CanvasInputError: When it is.
    """
    if isinstance(value, str) and _FORMULA.fullmatch(value.strip()):
        raise CanvasInputError(
            f"{name} is {redacted_repr(value)}, a formula or the error of one: write the value itself, or leave the "
            "cell empty."
        )


def course(name: str, value: Any) -> int | str:
    """Return the id of a course: a number, or text such as ``sis_course_id:BIO-1``."""
    checked = source_course_id(name, _without_decimals(name, value))
    return int(checked) if checked.isdigit() else checked


def sis_course(name: str, value: Any) -> str:
    """Return the id of a course whose SIS id a column holds, with or without ``sis_course_id:``."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise CanvasInputError(f"{name} is {redacted_repr(value)}: write the SIS id of a course, such as BIO-1.")
    text = str(value).strip()
    if ("+" in text and _EXPONENT.fullmatch(text)) or _WHOLE.fullmatch(text):
        raise CanvasInputError(
            f"{name} is {text!r}, which a spreadsheet makes of an id of digits: give the column the format text and "
            f"write the id again, or write sis_course_id:{text} if it is the SIS id."
        )
    return canvas_id(name, f"sis_course_id:{text.removeprefix('sis_course_id:')}", kind="course_id")


def number(name: str, value: Any) -> int | str:
    """Return the id of an object that Canvas accepts by its number only."""
    checked = canvas_id(name, _without_decimals(name, value), kind="number")
    return int(checked) if checked.isdigit() else checked


def boolean(name: str, value: Any) -> bool:
    """Return a boolean, also from ``TRUE``, ``1`` or ``1.0``."""
    return bool(parse_bool(name, _without_decimals(name, value.strip() if isinstance(value, str) else value)))


def date(name: str, value: Any) -> str:
    """Return a date or time as ISO 8601; forms that do not say which number is the month are refused."""
    text = value.strip() if isinstance(value, str) else str(value)
    try:
        moment = datetime.datetime.fromisoformat(text) if not _SERIAL.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None or isinstance(value, bool | int | float):
        raise CanvasInputError(f"{name} is {redacted_repr(value)}: {_date_advice(text)}.")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise CanvasInputError(
            f"{name} is {redacted_repr(value)}: write a date with a year from {_FIRST_YEAR} to {_LAST_YEAR}, such as "
            "2026-01-12."
        )
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        return moment.isoformat()


def day_substitutions(name: str, value: Any) -> dict[str, int]:
    """Return weekdays, old to new, from a dict, JSON, or ``1:2, 3:4``."""
    if isinstance(value, str) and _DAY_PAIRS.fullmatch(value.strip()):
        pairs = re.findall(r"(\d)\s*:\s*(\d)", value)
        if len({old for old, _ in pairs}) < len(pairs):
            raise CanvasInputError(f"{name} is {value!r}, which moves a day twice: name each day once.")
        days: Any = dict(pairs)
    else:
        days = plain(name, parse_structure(name, value, such_as="1:2, 3:4"))
    if not isinstance(days, Mapping) or not days:
        raise CanvasInputError(f"{name} is {redacted_repr(value)}: write weekdays, such as 1:2, 3:4 (0 is Sunday).")
    for day in (*days, *days.values()):
        if isinstance(day, bool) or str(_integer(day)) not in set("0123456"):
            raise CanvasInputError(f"{name} has the day {redacted_repr(day)}: write 0 (Sunday) to 6 (Saturday).")
    return {str(_integer(old)): int(str(_integer(new))) for old, new in days.items()}


def select(name: str, value: Any) -> dict[str, list[int | str]]:
    """Return what to copy, from a dict, JSON, or ``pages: 12, 13; quizzes: 7``."""
    if isinstance(value, str) and _SELECT.fullmatch(value):
        parts = [part.partition(":") for part in value.strip().rstrip(";").split(";")]
        if len({kind.strip() for kind, _, _ in parts}) < len(parts):
            raise CanvasInputError(f"{name} is {value!r}, which names a type twice: name each type once.")
        value = {kind.strip(): ids.replace(",", " ").split() for kind, _, ids in parts}
    chosen = plain(name, parse_select(value))
    if isinstance(chosen, Mapping):
        chosen = {
            check_option(name, kind, SELECT_TYPES): [_without_decimals(f"{name}[{kind!r}]", each) for each in ids]
            if isinstance(ids, list | tuple)
            else ids
            for kind, ids in chosen.items()
        }
    checked = select_params(chosen)
    return {kind: [int(each) if each.isdigit() else each for each in ids] for kind, ids in checked.items()}


def importer_skips(name: str, value: Any) -> list[str]:
    """Return what is left out, from a list, JSON, or words with commas between them."""
    if isinstance(value, str) and not value.lstrip().startswith(("[", "(", "{")):
        value = [word for word in re.split(r"[\s,;|]+", value) if word]
    skips = plain(name, parse_list(name, value, such_as="visibility_settings, all_course_settings")) or []
    return [check_option(name, skip, IMPORTER_SKIPS) for skip in skips]


def module_type(name: str, value: Any) -> str:
    """Return the type of what goes into a module."""
    return check_option(name, value.strip() if isinstance(value, str) else value, INSERT_INTO_MODULE_TYPES)


def settings(name: str, value: Any) -> dict[str, Any]:
    """Return further settings of the migration, from a dict or JSON."""
    structure = parse_structure(name, value, such_as='{"folder_id": 7}')
    if not isinstance(structure, Mapping):
        raise CanvasInputError(f'{name} is {redacted_repr(value)}: write a JSON object, such as {{"folder_id": 7}}.')
    checked: dict[str, Any] = plain(name, structure)
    if checked != storable(checked):
        raise CanvasInputError(f"{name} holds a NUL or half of a surrogate pair: remove it.")
    return checked


def label(_name: str, value: Any) -> str:
    """Return the value of a label as text, shortened and without secrets."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return redact(storable_text(text.strip(), MAX_LABEL))


PARSERS: Mapping[str, Callable[[str, Any], Any]] = {
    "source_course_id": course,
    "source": course,
    "source_sis_course_id": sis_course,
    "destination_course_id": course,
    "destination": course,
    "destination_sis_course_id": sis_course,
    **dict.fromkeys(DATES, date),
    "day_substitutions": day_substitutions,
    "shift_dates": boolean,
    "remove_dates": boolean,
    "importer_skips": importer_skips,
    "overwrite_quizzes": boolean,
    "import_blueprint_settings": boolean,
    "insert_into_module_id": number,
    "insert_into_module_type": module_type,
    "insert_into_module_position": number,
    "move_to_assignment_group_id": number,
    "settings": settings,
    "select": select,
}
"""The parser of each column."""


def _integer(value: Any) -> Any:
    """Return a number in the form of an integer, also from its text; any other value unchanged."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return value.strip().lstrip("0") or "0"
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _without_decimals(name: str, value: Any) -> Any:
    """Return a number without the ``.0`` that a spreadsheet or a table with gaps adds.

    :raises CanvasInputError: When the number is rounded, or may have a separator of thousands.
    """
    value = plain(name, value)
    if isinstance(value, str):
        stripped = value.strip()
        if _THOUSANDS.fullmatch(stripped):
            digits = stripped.replace(".", "")
            raise CanvasInputError(
                f"{name} is {value!r}, which can be {stripped.partition('.')[0]} or {digits}: write digits only."
            )
        if match := _WHOLE.fullmatch(stripped):
            if int(match[1]) >= MAX_EXACT:
                raise CanvasInputError(_rounded(name, value))
            return int(match[1])
        if _EXPONENT.fullmatch(stripped):
            raise CanvasInputError(_rounded(name, value))
    return value


def _rounded(name: str, value: Any) -> str:
    return (
        f"{name} is {redacted_repr(value)}, a number that the spreadsheet or program has rounded: write all its "
        "digits, and give the column the format text."
    )


def _date_advice(text: str) -> str:
    """Return what to write instead of a text that is no ISO 8601 date."""
    if match := _SERIAL.fullmatch(text):
        return f"a spreadsheet stores the day {_FIRST_SERIAL + datetime.timedelta(int(match[1]))} so; write that"
    if match := _YEAR_FIRST.fullmatch(text):
        possible = _days((match[1], match[2], match[3]))
    elif match := _SLASHED.fullmatch(text):
        possible = _days((match[3], match[1], match[2]), (match[3], match[2], match[1]))
    else:
        possible = []
    if not possible:
        return "write a date such as 2026-01-12, or 2026-01-12T08:00:00Z"
    return "write " + ", or ".join(f"{day} for {day.day} {day:%B}" for day in possible)


def _days(*parts: Sequence[str]) -> list[datetime.date]:
    """Return the days that years, months and days can be, each once."""
    days = []
    for year, month, day in parts:
        try:
            days.append(datetime.date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return list(dict.fromkeys(days))
