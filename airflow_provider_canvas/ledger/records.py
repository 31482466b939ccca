"""Rows of the code become records of the tables, cleaned and of bounded length, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

from airflow_provider_canvas.api.storable import storable, storable_text
from airflow_provider_canvas.ledger.copy_row import BatchRow, CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.ledger.tables import FORMAT_VERSION
from airflow_provider_canvas.security.redaction import redact, scrub, strip_url_secrets

Record = dict[str, Any]

MAX_ID = 500
"""The longest id in characters. Canvas's SIS ids have at most 255."""
MAX_NAME = 500
"""The longest name of a course, in characters."""
MAX_SENTENCE = 2_000
"""The longest detail, description, error message or URL, in characters."""

_COPY_FIELDS = tuple(field.name for field in fields(CopyRow))
_ISSUE_FIELDS = tuple(field.name for field in fields(IssueRow))
_BATCH_FIELDS = tuple(field.name for field in fields(BatchRow))

_IDS = {
    "dest_course_id", "source_course_id", "source_sis_course_id", "dest_sis_course_id", "dest_as_written",
    "idempotency_key", "content_migration_id", "progress_id", "issue_id",
}  # fmt: skip
"""Columns that identify something: they are never redacted, because two ids could become one."""
_NAMES = {"source_course_name", "dest_course_name", "plan_verdict", "lane", "workflow_state", "issue_type"}
_SENTENCES = {
    "plan_detail", "state_detail", "error_message", "page_url", "description", "fix_issue_html_url",
}  # fmt: skip
_JSON = {"request", "labels", "run", "options"}


def id_text(value: str) -> str:
    """Return an id as the tables store it.

    :param value: The id.
    """
    return storable_text(str(value), MAX_ID)


def copy_record(row: CopyRow) -> Record:
    """Return the record of a copy, without ``canvas_instance`` and ``batch``.

    :param row: The row.
    """
    return _record(row, _COPY_FIELDS)


def issue_record(row: IssueRow) -> Record:
    """Return the record of an issue, without ``canvas_instance`` and ``batch``.

    :param row: The row.
    """
    return _record(row, _ISSUE_FIELDS)


def clean_value(name: str, value: Any) -> Any:
    """Return the value of a column without secrets and without what a database cannot store, not longer than allowed.

    :param name: The name of the column.
    :param value: The value.
    """
    if value is None:
        return None
    if isinstance(value, CopyState):
        return str(value)
    clean = _CLEANERS.get(name)
    return clean(value) if clean else value


def copy_row(record: Mapping[str, Any]) -> CopyRow:
    """Return the row of a record.

    :param record: A record of the table of copies.
    """
    values = {name: record[name] for name in _COPY_FIELDS}
    values["state"] = CopyState(values["state"])
    return CopyRow(**values)


def issue_row(record: Mapping[str, Any]) -> IssueRow:
    """Return the row of a record.

    :param record: A record of the table of issues.
    """
    return IssueRow(**{name: record[name] for name in _ISSUE_FIELDS})


def batch_row(record: Mapping[str, Any]) -> BatchRow:
    """Return the row of a record.

    :param record: A record of the table of batches.
    """
    return BatchRow(**{name: record[name] for name in _BATCH_FIELDS})


def _record(row: CopyRow | IssueRow, names: tuple[str, ...]) -> Record:
    record: Record = {name: clean_value(name, getattr(row, name)) for name in names}
    record["format_version"] = FORMAT_VERSION
    return record


def _plain(value: Any) -> Any:
    """Return a mapping of any kind as a dict."""
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


@lru_cache(maxsize=4096)  # many rows have the same source, lane and sentences
def _clean_text(text: str, max_length: int) -> str:
    # A secret may be cut in the middle, so it is removed first; then the text may have become longer.
    return storable_text(redact(text), max_length)


@lru_cache(maxsize=1024)  # many rows have the same request and run
def _clean_json(text: str) -> Any:
    return scrub(storable(json.loads(text, object_pairs_hook=_with_clean_keys)))


def _with_clean_keys(pairs: list[tuple[str, Any]]) -> Record:
    return {strip_url_secrets(key): value for key, value in pairs}


_CLEANERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_IDS, id_text),
    **dict.fromkeys(_NAMES, lambda value: _clean_text(str(value), MAX_NAME)),
    **dict.fromkeys(_SENTENCES, lambda value: _clean_text(str(value), MAX_SENTENCE)),
    **dict.fromkeys(_JSON, lambda value: _clean_json(json.dumps(_plain(value), sort_keys=True, default=str))),
    # Our own record, from which a submission is resumed, stays as it is.
    "submission": lambda value: storable(_plain(value)),
}
