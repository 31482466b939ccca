"""Files as spreadsheets, databases and programs write them become rows."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, TextIO

import pytest

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.rollover.copy_request import CopyRequest
from airflow_provider_canvas.rollover.csv_rows import csv_rows
from airflow_provider_canvas.rollover.file_text import open_text
from airflow_provider_canvas.rollover.input_rows import InputRow, parse_copies
from airflow_provider_canvas.rollover.json_rows import json_line_rows, json_rows

Reader = Callable[[TextIO], Iterator[InputRow]]

TABLE = "source,destination,Fach\r\n42,77,Öl\r\n42,78,Chemie\r\n"


def parse(data: bytes, reader: Reader = csv_rows) -> list[CopyRequest]:
    """Return the requests in the bytes of a file."""
    with open_text(lambda: io.BytesIO(data)) as text:
        return parse_copies(reader(text))


def problem_of(data: bytes | str, reader: Reader = csv_rows) -> str:
    """Return the error of a file that is not valid."""
    with pytest.raises(CanvasInputError) as error:
        parse(data.encode() if isinstance(data, str) else data, reader)
    return str(error.value)


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("cp1252"),
        TABLE.encode("utf-16"),
        codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
        TABLE.encode("utf-32"),
        codecs.BOM_UTF32_BE + TABLE.encode("utf-32-be"),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.replace("\r\n", "\r").encode(),
        TABLE.removesuffix("\r\n").encode(),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.replace(",", "|").encode(),
        gzip.compress(TABLE.encode(), mtime=0),
        gzip.compress(TABLE.replace(",", ";").encode("cp1252"), mtime=0),
        (TABLE + ",,\r\n,,\r\n").encode(),
        TABLE.replace("\r\n", ",,\r\n").encode(),
        TABLE.replace("42", '"42"').replace("Öl", '" Öl "').encode(),
        TABLE.replace("42", '"=""42"""').encode(),
    ],
)
def test_one_table_in_many_forms(data: bytes) -> None:
    """Encoding, ends of lines, delimiter, quotation marks, compression and empty cells make no difference."""
    assert [
        (request.line, request.source_course_id, request.destination_course_id, dict(request.labels))
        for request in parse(data)
    ] == [(2, 42, 77, {"Fach": "Öl"}), (3, 42, 78, {"Fach": "Chemie"})]


def test_lines_are_those_of_the_file() -> None:
    """Quoted ends of lines, blank lines and a line with the separator count as an editor counts them."""
    table = 'sep=;\n\n"source";"desti\nnation";note\n42;77;"two\nlines"\n\n42;78;\n'.replace(
        "desti\nnation", "destination"
    )
    requests = parse(table.encode())
    assert [(request.line, dict(request.labels)) for request in requests] == [(4, {"note": "two\nlines"}), (7, {})]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "the file is empty, without the names of columns"),
        ("\n \n", "has no line with the names of columns"),
        ("2001,3001\n2001,3002\n", "there is no column source_course_id."),
        ("source\n42\n", "there is no column destination_course_id."),
        ("source,destinaton\n42,77\n", "Did you mean destination?"),
        ("source,destination,source\n42,77,42\n", "line 1: column source is there twice"),
        ("source,destination\n42,77\n42,78,late\n", "line 3: has more values than the header has columns (2)"),
        ("source,,destination\n42,x,77\n", "line 2: has a value in column 2, which has no name"),
        ('source,destination,a\n42,77,"x\n42,78,\n', "line 2: is no CSV (unexpected end of data)"),
        ('source,destination,a\n42,77,"x"y\n42,78,\n', "line 2: is no CSV"),
        ('source,"destination\n42,77\n', "a quotation mark in the header, line 1, is not closed"),
        (b"PK\x03\x04" + b"x" * 90, "an Excel workbook or another ZIP file: save it as CSV"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        (b"source,destination\n42,7\x007\n", "holds NUL bytes and is no text"),
        (b"source,destination,a\n42,77,\x81\n", "is no text in UTF-8 or Windows-1252"),
        (codecs.BOM_UTF8 + b"source,destination,a\n42,77,\xe4\n", "is no text in UTF-8 or Windows-1252"),
        (gzip.compress(TABLE.encode(), mtime=0)[:-12], "the compressed file is damaged or breaks off"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        ("source,destination\n" + "x" * 2**20, "a line is longer than 1,048,576 characters"),
        ("source,destination\n42," + "7" * 200_000, "line 2: is no CSV (field larger than field limit"),
    ],
)
def test_what_is_wrong_with_a_csv_file(data: bytes | str, problem: str) -> None:
    """The error of a file that is no table says what it is, or which line is wrong."""
    assert problem in problem_of(data)


@pytest.mark.parametrize("line", ["sep=;", "SEP=;;;;", '"sep=;"'])
def test_a_line_that_names_the_separator(line: str) -> None:
    """A spreadsheet that saved the line of the separator again has added empty cells to it."""
    (request,) = parse(f"{line}\nsource;destination;note\n42;77;a,b\n".encode())
    assert (request.line, request.labels) == (3, {"note": "a,b"})


def test_a_header_without_rows_requests_nothing() -> None:
    """A table without rows is a night without new courses."""
    assert parse(b"source,destination\n") == []
    assert parse(b" [ ] ", json_rows) == []


ROWS: list[Any] = [{"source": 42, "destination": 77, "select": {"pages": [1]}}, {"source": 42, "destination": 78.0}]


@pytest.mark.parametrize(
    ("data", "reader", "lines"),
    [
        ("\n".join(map(json.dumps, ROWS)), json_line_rows, (1, 2)),
        ("\n\n".join(map(json.dumps, ROWS)) + "\n\n", json_line_rows, (1, 3)),
        ("\n" + "\r\n".join(map(json.dumps, ROWS)), json_rows, (2, 3)),
        (json.dumps(ROWS), json_rows, (1, 2)),
        (json.dumps(ROWS, indent=2), json_rows, (1, 2)),
        (" \n[" + (" " * 70_000).join(['{"source": 42}', " , ", json.dumps(ROWS[1]), "] "]), json_rows, None),
    ],
)
def test_one_list_in_many_forms_of_json(data: str, reader: Reader, lines: tuple[int, ...] | None) -> None:
    """JSON lines have the lines of the file, and items of an array their numbers in it."""
    if lines is None:
        assert "line 1: column destination_course_id is empty" in problem_of(data, reader)
        return
    requests = parse(data.encode(), reader)
    assert [(request.line, request.destination_course_id) for request in requests] == [(lines[0], 77), (lines[1], 78)]


@pytest.mark.parametrize(
    ("data", "reader", "problem"),
    [
        ('{"source": 42,\n', json_line_rows, "line 1: is no JSON"),
        ("[1, 2]\n", json_line_rows, "line 1: is a list and no object"),
        ('{"source": 42, "source": 43, "destination": 7}', json_line_rows, "has the key 'source' twice"),
        ("[" * 100_000, json_line_rows, "line 1: is no JSON"),
        ('"text"', json_rows, "the file is no JSON"),
        ("source,destination", json_rows, "the file is no JSON"),
        (json.dumps({"copies": [{"source": 42}]}, indent=1), json_rows, "line 1 begins an object that does not end on"),
        ("[", json_rows, "line 1: is no JSON (the array is not closed)"),
        ('[{"source": 42} {"source": 42}]', json_rows, "line 2: is no JSON (there is no comma after an item)"),
        ('[{"source": 42},]', json_rows, "line 2: is no JSON"),
        ("[1]", json_rows, "line 1: is a int and no object"),
        ("[] []", json_rows, "there is text after the end of the array"),
        ("[" * 100_000, json_rows, "line 1: is no JSON"),
        ('[{"source": ' + '"' + "x" * 3_000_000, json_rows, "line 1: is no JSON"),
    ],
)
def test_what_is_wrong_with_a_json_file(data: str, reader: Reader, problem: str) -> None:
    """The error of a file that is no JSON, or no table, says which line or item is wrong."""
    assert problem in problem_of(data, reader)


class Generated(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, start: bytes, row: bytes, count: int, end: bytes = b"") -> None:
        self._parts = iter([start, *([row * 100] * (count // 100)), end])
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and (part := next(self._parts, b"")):
            self._rest = part
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


@pytest.mark.parametrize(
    ("reader", "start", "row", "end"),
    [
        (csv_rows, b"source,destination,a\n", b"42,77,%s\n" % (b"x" * 190), b""),
        (json_line_rows, b"", b'{"source": 42, "destination": 77, "a": "%s"}\n' % (b"x" * 160), b""),
        (json_rows, b"[{}", b',{"source": 42, "destination": 77, "a": "%s"}' % (b"x" * 160), b"]"),
    ],
)
def test_a_file_is_read_in_constant_memory(reader: Reader, start: bytes, row: bytes, end: bytes) -> None:
    """Reading 30,000 rows, 6 MB, takes less than 2 MB."""

    def open_bytes() -> BinaryIO:
        return Generated(start, row, 30_000, end)  # type: ignore[return-value]  # what BufferedReader needs of it

    tracemalloc.start()
    try:
        with open_text(open_bytes) as text:
            assert sum(1 for _ in reader(text)) >= 30_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
