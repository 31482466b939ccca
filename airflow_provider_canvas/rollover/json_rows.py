"""The rows of a file of JSON: one object per line, or one array of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, TextIO

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.rollover.file_text import lines_of
from airflow_provider_canvas.rollover.input_rows import InputRow, UnreadableRow

MAX_ITEM = 2**20
"""The longest object of an array, in characters."""

_CHUNK = 2**16
_EXAMPLE = '{"source": 42, "destination": 77}'


def json_line_rows(text: TextIO) -> Iterator[InputRow]:
    """Yield the rows of JSON lines, each with its line. Blank lines are skipped.

    :raises CanvasInputError: When a line is too long.
    """
    return _line_rows(lines_of(text))


def json_rows(text: TextIO) -> Iterator[InputRow]:
    """Yield the rows of a JSON array with their numbers in it, or those of JSON lines with their lines.

    :raises CanvasInputError: When the text is neither, or begins with an object over several lines.
    """
    start, line = text.read(1), 1
    while start.isspace():
        line += start == "\n"
        start = text.read(1)
    if start == "[":
        return _array_rows(text)
    if start == "{":
        first = start + next(lines_of(text), "")
        if "}" not in first:
            raise CanvasInputError(
                f"line {line} begins an object that does not end on the same line: write an array of objects, or one "
                f"object per line, such as {_EXAMPLE}."
            )
        return _line_rows(chain([first], lines_of(text)), line)
    raise CanvasInputError(
        f"the file is no JSON: write an array of objects, or one object per line, such as {_EXAMPLE}."
    )


def _line_rows(lines: Iterator[str], start: int = 1) -> Iterator[InputRow]:
    decoder = _decoder()
    for number, line in enumerate(lines, start):
        if not (stripped := line.strip()):
            continue
        try:
            item = decoder.decode(stripped)
        except (ValueError, RecursionError) as error:
            item = UnreadableRow(f"is no JSON ({error}): write one object per line, such as {_EXAMPLE}.")
        yield number, _object(item)


def _array_rows(text: TextIO) -> Iterator[InputRow]:
    """Yield the rows of an array whose bracket has been read. What cannot be read ends it."""
    items = _items(text)
    number = 0
    try:
        for item in items:
            number += 1
            yield number, _object(item)
    except (ValueError, RecursionError) as error:
        yield number + 1, UnreadableRow(f"is no JSON ({error}), and the rows after it were not read: correct the file.")


def _items(text: TextIO) -> Iterator[Any]:
    """Yield the items of an array, reading only so much of it at a time.

    :raises CanvasInputError: When it is no JSON.
    """
    decoder = _decoder()
    buffer, position, first = "", 0, True
    while True:
        buffer, position = _skip_space(text, buffer, position)
        if buffer[position] == "]":
            break
        if not first:
            if buffer[position] != ",":
                raise CanvasInputError("there is no comma after an item")
            buffer, position = _skip_space(text, buffer, position + 1)
        first = False
        while True:
            try:
                item, position = decoder.raw_decode(buffer, position)
                break
            except json.JSONDecodeError:
                buffer, position = buffer[position:], 0
                if len(buffer) > MAX_ITEM or not (chunk := text.read(_CHUNK)):
                    raise
                buffer += chunk
        yield item
    if buffer[position + 1 :].strip() or text.read(1).strip():
        raise CanvasInputError("there is text after the end of the array")


def _skip_space(text: TextIO, buffer: str, position: int) -> tuple[str, int]:
    """Return a buffer and a position in it with a character that is no space.

    :raises CanvasInputError: When there is none.
    """
    while True:
        while position < len(buffer):
            if not buffer[position].isspace():
                return buffer, position
            position += 1
        buffer, position = text.read(_CHUNK), 0
        if not buffer:
            raise CanvasInputError("the array is not closed")


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_pairs)


def _pairs(pairs: list[tuple[str, Any]]) -> Any:
    """Return an object, or what is wrong with one that has a key twice."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) == len(keys):
        return dict(pairs)
    repeated = next(key for key in keys if keys.count(key) > 1)
    return UnreadableRow(f"has the key {repeated[:60]!r} twice: keep one.")


def _object(item: Any) -> dict[str, Any] | UnreadableRow:
    if isinstance(item, dict | UnreadableRow):
        return item
    return UnreadableRow(f"is a {type(item).__name__} and no object: write one such as {_EXAMPLE}.")
