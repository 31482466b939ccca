"""The rows of a CSV file: separated by commas, semicolons, tabs or bars, with quoted values as in RFC 4180."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from typing import TextIO

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.rollover.columns import column_of, is_label
from airflow_provider_canvas.rollover.file_text import lines_of
from airflow_provider_canvas.rollover.input_rows import InputRow, UnreadableRow, check_columns

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\1*\"?\s*", re.IGNORECASE)
"""What Excel reads and writes before the header: ``sep=;``, or ``sep=;;;;`` beside further empty cells."""
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
"""How spreadsheets are kept from taking an id for a number: ``="0012"``."""
_MAX_HEADER_LINES = 50


def csv_rows(text: TextIO) -> Iterator[InputRow]:
    """Yield the rows of a CSV file, each with the line on which it begins. Blank lines are skipped.

    :param text: The file; its ends of lines are unchanged.
    :raises CanvasInputError: When the header is missing or not valid.
    """
    lines = lines_of(text)
    header, before, delimiter = _header(lines)
    names = _split(header, delimiter)
    while names and not names[-1]:
        names.pop()
    check_columns((name for name in names if name), f"line {before + 1}")
    start = before + len(header)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = start + 1
    try:
        for values in reader:
            if row := _row(names, values):
                yield number, row
            number = start + reader.line_num + 1
    except csv.Error as error:
        yield (
            number,
            UnreadableRow(
                f"is no CSV ({error}), and the rows after it were not read: close each quotation mark, and write one "
                'within a value twice, as in "5"" disk".'
            ),
        )


def _header(lines: Iterator[str]) -> tuple[list[str], int, str]:
    """Return the lines of the header, how many lines are before it, and the delimiter."""
    delimiters = _DELIMITERS
    for before, line in enumerate(lines):
        if match := _SEPARATOR_LINE.fullmatch(line):
            delimiters = match[1]
        elif line.strip():
            header = [line]
            while "".join(header).count('"') % 2 and len(header) < _MAX_HEADER_LINES:
                header.append(next(lines, ""))
            if "".join(header).count('"') % 2:
                raise CanvasInputError(f"a quotation mark in the header, line {before + 1}, is not closed: close it.")
            return header, before, max(delimiters, key=lambda each: _known_columns(header, each))
    raise CanvasInputError("the file has no line with the names of columns: write them into its first line.")


def _split(lines: list[str], delimiter: str) -> list[str]:
    """Return the names of columns in the lines of a header."""
    try:
        return [_clean(name) for name in chain.from_iterable(csv.reader(lines, delimiter=delimiter, strict=True))]
    except csv.Error as error:
        raise CanvasInputError(
            f"the header is no CSV ({error}): write the names of columns into the first line, such as "
            "source_course_id,destination_course_id."
        ) from error


def _known_columns(header: list[str], delimiter: str) -> tuple[int, int]:
    """Return how many columns of a header are known if it has a delimiter, and how many there are."""
    known = count = 0
    try:
        for name in _split(header, delimiter):
            count += 1
            known += not is_label(column_of(name))
    except CanvasInputError:
        pass
    return known, count


def _row(names: list[str], values: list[str]) -> dict[str, str] | UnreadableRow | None:
    """Return the values of a row by column; ``None`` if it has none."""
    values = [_clean(value) for value in values]
    if not any(values):
        return None
    for place, value in enumerate(values):
        if value and place >= len(names):
            return UnreadableRow(
                f"has more values than the header has columns ({len(names)}): put a value that contains the separator "
                "in quotation marks."
            )
        if value and not names[place]:
            return UnreadableRow(f"has a value in column {place + 1}, which has no name: write one into the header.")
    return {name: value for name, value in zip(names, values, strict=False) if name}


def _clean(value: str) -> str:
    """Return a value without the space around it, and without the form that keeps a spreadsheet from changing it."""
    value = value.strip("\ufeff \t\r\n\u00a0")
    return match[1] if (match := _FORMULA.fullmatch(value)) else value
