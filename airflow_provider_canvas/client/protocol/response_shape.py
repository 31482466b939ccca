"""Whether the JSON of a response has the types that are declared for it in :mod:`airflow_provider_canvas.api`.

Only the keys that this package reads are checked, since Canvas's versions differ in all others. A required key may be
neither missing nor ``null``; any other may be missing, and ``null`` where its type says so. Ids that are text (another
Canvas, or a proxy, may send them so) become numbers here, once: nothing after this sees both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, cached_property
from types import NoneType
from typing import Any, cast, get_args, get_origin, get_type_hints, is_typeddict

from airflow_provider_canvas.api.assignments import Assignment
from airflow_provider_canvas.api.content_exports import ContentExport
from airflow_provider_canvas.api.content_imports import CourseCopyStatus
from airflow_provider_canvas.api.content_migrations import ContentMigration, MigrationSourceCourse
from airflow_provider_canvas.api.course_records import Course, CourseProgress
from airflow_provider_canvas.api.discussion_topics import DiscussionTopic
from airflow_provider_canvas.api.files import File, PublicUrl
from airflow_provider_canvas.api.folders import Folder
from airflow_provider_canvas.api.link_validation import LinkValidationRecord
from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.api.modules import Module, ModuleItem
from airflow_provider_canvas.api.pages import Page
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.api.quizzes import Quiz
from airflow_provider_canvas.api.selection import LinkedResource, SelectiveDataNode
from airflow_provider_canvas.api.storable import MAX_INTEGER
from airflow_provider_canvas.api.uploads import UploadTarget
from airflow_provider_canvas.api.users import User

_KEYS: Mapping[type, tuple[str, str]] = {
    Assignment: ("id", ""),
    ContentExport: ("id workflow_state created_at", "export_type user_id attachment progress_url"),
    ContentMigration: (
        "id workflow_state",
        """migration_type user_id migration_issues_count progress_url settings attachment pre_attachment
        created_at started_at finished_at audit_info""",
    ),
    Course: ("id", "name course_code sis_course_id account_id workflow_state term"),
    CourseCopyStatus: ("id workflow_state", "progress created_at"),
    CourseProgress: ("", "error"),
    DiscussionTopic: ("id", ""),
    File: (
        "id",
        """display_name filename upload_status content-type url size folder_id created_at locked locked_for_user
        lock_explanation""",
    ),
    Folder: ("id", "full_name"),
    LinkValidationRecord: ("", "workflow_state completion results"),
    LinkedResource: ("", "property"),
    MigrationIssue: (
        "id",
        """description workflow_state fix_issue_html_url issue_type error_message error_report_html_url
        created_at""",
    ),
    MigrationSourceCourse: ("", "source_course_id"),
    Module: ("id", "items"),
    ModuleItem: ("id", ""),
    Page: ("page_id", "url"),
    ProgressRecord: ("id workflow_state", "completion message context_id created_at"),
    PublicUrl: ("public_url", ""),
    Quiz: ("id", ""),
    SelectiveDataNode: ("type", "property title count sub_items_url migration_id id sub_items linked_resource path"),
    UploadTarget: ("", "upload_url upload_params file_param progress error message"),
    User: ("id", "name"),
}
"""The keys that this package reads of each type: the required ones, and the others."""

IDS_PER_SHARD = 10**13
"""``1~23`` is the id 23 of shard 1, which is also 10000000000023."""

_NUMBER = re.compile(r"[0-9]{1,19}")
_SHARD_AND_NUMBER = re.compile(r"([0-9]{1,6})~([0-9]{1,13})")

_NAMES = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}

Check = Callable[[Any], Any]
"""Takes a value of JSON, and returns it with ids as numbers."""


class UnexpectedShapeError(Exception):
    """A value is not what is declared.

    :param problem: What is wrong with it.
    :param path: Where it is, such as ``[3].attachment.id``; empty for the whole body.
    """

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path

    def __str__(self) -> str:
        return f"{self.path.removeprefix('.') or 'it'} {self.problem}"


def check_shape(body: Any, returns: Any) -> Any:
    """Return the JSON of a response, with ids as numbers.

    :param body: The JSON. Its objects are changed in place.
    :param returns: The type that is declared for it.
    :raises UnexpectedShapeError: When a key that this package reads is missing or has another type.
    """
    return _check_of(returns)(body)


@cache
def _check_of(hint: Any, key: str = "") -> Check:
    """Return the check of a type.

    :param hint: The type.
    :param key: The key that has it: the ids are those whose key says so.
    """
    origin, arguments = get_origin(hint) or hint, get_args(hint)
    if is_typeddict(hint):
        return _Record(hint)
    if NoneType in arguments:
        return _Nullable(_check_of(next(each for each in arguments if each is not NoneType), key))
    if origin is list:
        return _Items(_check_of(arguments[0]) if arguments else _anything)
    if origin is dict:
        return _Values(_check_of(arguments[1]) if arguments else _anything)
    is_id = key == "id" or key.endswith("_id")
    scalars: Mapping[Any, Check] = {
        int: _id_number if is_id else _whole_number,
        float: _number,
        str: _id_text if is_id else _time if key.endswith("_at") else _text,
        bool: _scalar,
    }
    return scalars.get(hint, _anything)


class _Record:
    """Checks an object with the keys of a ``TypedDict``."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    @cached_property
    def checks(self) -> list[tuple[str, bool, Check]]:
        """The keys, whether each is required, and their checks: made on first use, since a type may contain itself."""
        required, others = (keys.split() for keys in _KEYS.get(self.kind, ("", "")))
        hints = get_type_hints(self.kind)
        return [(key, key in required, _check_of(hints[key], key)) for key in (*required, *others)]

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise _mismatch(value, "an object")
        for key, required, check in self.checks:
            if key in value:
                try:
                    value[key] = check(value[key])
                except UnexpectedShapeError as error:
                    raise UnexpectedShapeError(error.problem, f".{key}{error.path}") from None
            elif required:
                raise UnexpectedShapeError("is missing", f".{key}")
        if self.kind is UploadTarget and value.get("upload_url") and "upload_params" not in value:
            raise UnexpectedShapeError("is missing", ".upload_params")
        return value


class _Nullable:
    """Checks a value that may be ``null``."""

    def __init__(self, check: Check) -> None:
        self.check = check

    def __call__(self, value: Any) -> Any:
        return None if value is None else self.check(value)


class _Items:
    """Checks a list and its items."""

    def __init__(self, check: Check) -> None:
        self.check = check

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, list):
            raise _mismatch(value, "a list")
        if self.check is not _anything:
            for index, item in enumerate(value):
                try:
                    value[index] = self.check(item)
                except UnexpectedShapeError as error:
                    raise UnexpectedShapeError(error.problem, f"[{index}]{error.path}") from None
        return value


class _Values:
    """Checks an object whose keys are not declared, and its values."""

    def __init__(self, check: Check) -> None:
        self.check = check

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise _mismatch(value, "an object")
        if self.check is not _anything:
            for key, item in value.items():
                try:
                    value[key] = self.check(item)
                except UnexpectedShapeError as error:
                    raise UnexpectedShapeError(error.problem, f".{key[:100]}{error.path}") from None
        return value


def _anything(value: Any) -> Any:
    return value


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, dict | list):
        raise _mismatch(value, "true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _mismatch(value, "text")
    return value


def _id_text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(value)


def _number(value: Any) -> float:
    if isinstance(value, str):
        try:
            value = float(value) if len(value) < 40 else value
        except ValueError:
            raise _mismatch(value, "a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_INTEGER:
        raise _mismatch(value, "a number")
    return value


def _whole_number(value: Any) -> int:
    number = int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else _number(value)
    return int(number)


def _id_number(value: Any) -> int:
    if isinstance(value, str) and (match := _SHARD_AND_NUMBER.fullmatch(value)):
        value = int(match[1]) * IDS_PER_SHARD + int(match[2])
    elif isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_INTEGER:
        raise _mismatch(value, "an id")
    return value


def _time(value: Any) -> str:
    try:
        has_zone = datetime.fromisoformat(_text(value)).tzinfo is not None
    except ValueError:
        has_zone = False
    if not has_zone:
        raise UnexpectedShapeError("is not a time with a time zone")
    return cast("str", value)


def _mismatch(value: Any, expected: str) -> UnexpectedShapeError:
    if value is None:
        return UnexpectedShapeError("is null")
    name = _NAMES[type(value)]
    return UnexpectedShapeError(f"is {name}, not {expected}" if name != expected else f"is not {expected}")
