"""The rows of a batch of copies, from a list, a file on any storage, or a query.

Text is told apart by its form: it is a query if it begins with ``SELECT``, ``WITH``, ``VALUES`` or ``TABLE``; JSON if
it begins with ``[``; and else the path of a file, whose end says its format. Any other text is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.api.text_values import is_blank, parse_structure
from airflow_provider_canvas.security.redaction import redact

if TYPE_CHECKING:
    from airflow_provider_canvas.rollover.copy_request import CopyRequest
    from airflow_provider_canvas.rollover.input_rows import InputRow

_QUERY = re.compile(r"\(*\s*(select|with|values|table)(?=[\s(*\"'\[])", re.IGNORECASE)
_COMMENT = re.compile(r"\s+|--[^\n]*(\n|$)|/\*.*?\*/", re.DOTALL)
_DELIMITED = (".csv", ".tsv", ".txt")
_JSON_LINES = (".jsonl", ".ndjson")
_JSON = (".json",)
_FETCHED_ROWS = 1000
_MAX_REASON = 500

_EXPECTED = (
    f"write a list of dicts, the path of a file that ends in {', '.join((*_DELIMITED, *_JSON_LINES))} or {_JSON[0]} "
    "(also with .gz), or a query that begins with SELECT or WITH"
)


def read_copies(
    copies: Any, *, sql_conn_id: str | None = None, defaults: Mapping[str, Any] | None = None
) -> list[CopyRequest]:
    """Return the copies that a list, a file or a query requests.

    :param copies: Dicts, a path such as ``s3://aws@bucket/fall.csv``, or a query.
    :param sql_conn_id: The connection for a query.
    :param defaults: Parameters of the copy for rows that do not set them, such as the dates of the term.
    :raises CanvasInputError: If a row is not valid, or the source cannot be read as a table. The message has all bad
        rows, or the first ones if there are many.
    """
    from airflow_provider_canvas.rollover.input_rows import parse_copies
    from airflow_provider_canvas.rollover.row_defaults import check_defaults, with_defaults

    values = check_defaults(defaults or {})
    in_lines = isinstance(copies, str | os.PathLike) and _suffix(os.fspath(copies)) in (*_DELIMITED, *_JSON_LINES)
    rows = with_defaults(iter_copies(copies, sql_conn_id=sql_conn_id), values)
    return parse_copies(rows, place="line" if in_lines else "row")


def iter_copies(copies: Any, *, sql_conn_id: str | None = None) -> Iterator[InputRow]:
    """Yield the rows of a list, a file or a query, each with its line or number. A file is read as the rows are taken.

    :param copies: As :func:`read_copies` takes it.
    :param sql_conn_id: The connection for a query.
    :raises CanvasInputError: If the source cannot be read as a table.
    """
    if isinstance(copies, os.PathLike):
        copies = os.fspath(copies)
    if isinstance(copies, str) and not is_blank(copies):
        text = copies.strip()
        if text.startswith(("[", "(", "{")) and not is_query(text):
            copies = parse_structure("copies", text, such_as="[{'source': 42, 'destination': 77}]")
        elif is_query(text):
            return _query_rows(text, sql_conn_id)
        else:
            return _file_rows(text)
    if isinstance(copies, str | bytes | Mapping) or not isinstance(copies, Iterable):
        shown = redacted_repr(copies[:200]) if isinstance(copies, str) else type(copies).__name__
        raise CanvasInputError(f"copies is {shown}: {_EXPECTED}.")
    return _listed_rows(copies)


def is_path(text: str) -> bool:
    """Return whether a text names a file, and is neither a query nor rows.

    :param text: The parameter ``copies``.
    """
    return not is_blank(text) and not is_query(text) and not text.strip().startswith(("[", "(", "{"))


def is_query(text: str) -> bool:
    """Return whether a text is a query, and not a path. Comments before it are skipped."""
    position = 0
    while match := _COMMENT.match(text, position):
        position = match.end()
    return _QUERY.match(text, position) is not None


def _listed_rows(rows: Iterable[Any]) -> Iterator[InputRow]:
    """Yield the rows of a list; a list within it, as a mapped task returns it, counts as its rows."""
    number = 0
    for item in rows:
        for row in item if isinstance(item, list | tuple) else (item,):
            number += 1
            yield number, row


def _file_rows(path: str) -> Iterator[InputRow]:
    """Yield the rows of a file.

    :raises CanvasInputError: When the path names no file of a known format, or the file cannot be read as a table.
    :raises CanvasError: When the storage does not let the task read it.
    """
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.rollover.csv_rows import csv_rows
    from airflow_provider_canvas.rollover.file_text import open_text
    from airflow_provider_canvas.rollover.json_rows import json_line_rows, json_rows
    from airflow_provider_canvas.utils.object_storage import storage_path

    suffix = _suffix(path)
    readers = {
        **dict.fromkeys(_DELIMITED, csv_rows),
        **dict.fromkeys(_JSON_LINES, json_line_rows),
        **dict.fromkeys(_JSON, json_rows),
    }
    if suffix not in readers:
        raise CanvasInputError(f"copies is {redacted_repr(path[:200])}: {_EXPECTED}.")
    file = storage_path(path)
    try:
        with open_text(lambda: cast("BinaryIO", file.open("rb"))) as text:
            yield from readers[suffix](text)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise CanvasInputError(f"The file {redact(path)} does not exist: upload it, or correct copies.") from error
    except CanvasInputError as error:
        raise CanvasInputError(f"The file {redact(path)} cannot be used as copies: {error}") from error
    except OSError as error:
        reason = storable_text(redact(str(error)).strip().rstrip("."), _MAX_REASON)
        raise CanvasError(
            f"The file {redact(path)} in copies could not be read ({type(error).__name__}: {reason}). Check that its "
            "storage is reachable, and that the task and the connection in the path may read it."
        ) from error


def _suffix(path: str) -> str:
    """Return the end of a path that says the format, without ``.gz``."""
    return PurePosixPath(path.strip().lower().removesuffix(".gz")).suffix


def _query_rows(query: str, sql_conn_id: str | None) -> Iterator[InputRow]:
    """Yield the rows of a query. Nothing is committed: what a statement changes is rolled back.

    :raises CanvasInputError: When there is no connection for it, or the query returns no table.
    :raises CanvasError: When the database refuses the query, or is away.
    """
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.rollover.input_rows import check_columns

    if not sql_conn_id:
        raise CanvasInputError("copies is a query, but there is no connection for it: set sql_conn_id.")
    with _connection(sql_conn_id) as connection, closing(connection.cursor()) as cursor:
        try:
            cursor.execute(query)
        except Exception as error:  # each driver has errors of its own
            reason = storable_text(redact(str(error)).strip().rstrip("."), _MAX_REASON)
            raise CanvasError(
                f"The query in copies failed in the connection {sql_conn_id}: {reason}. Correct the query, or choose "
                "another connection in copies_conn_id."
            ) from error
        if cursor.description is None:
            raise CanvasInputError("The statement in copies returns no rows: write a query that begins with SELECT.")
        names = [column[0] for column in cursor.description]
        check_columns(names, "the query")
        number = 0
        while fetched := cursor.fetchmany(_FETCHED_ROWS):
            for values in fetched:
                number += 1
                yield number, dict(zip(names, values, strict=True))


@contextmanager
def _connection(sql_conn_id: str) -> Iterator[Any]:
    """Connect to a database. The connection is closed without a commit.

    :raises CanvasInputError: When the connection is not one to a database.
    """
    from airflow_provider_canvas.utils.sql_engine import sql_engine, sql_hook

    hook = sql_hook(sql_conn_id, "the query in copies")
    if hook.conn_type != "sqlite":
        with closing(hook.get_conn()) as connection:
            yield connection
        return
    # The hook's own connection does not take every form of the path that its engine takes.
    with sql_engine(sql_conn_id) as engine, closing(engine.raw_connection()) as connection:
        connection.cursor().execute("BEGIN")  # a statement that begins with WITH opens no transaction of its own
        yield connection
