"""The manifest beside an archived export: what the object is, of which course, and how to tell that it is whole."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.utils.object_storage import storage_path
from airflow_provider_canvas.utils.parameters import none_if_blank

VERSION = 1
"""The version of the manifest's form."""

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
PLACEHOLDERS = ("course_id", "sis_course_id")
"""What a path may hold in braces."""


@dataclass(frozen=True)
class Manifest:
    """What is known of one archived export.

    :param canvas_instance: The host of the Canvas that it is of.
    :param course_id: The course's number.
    :param course_name: Its name.
    :param sis_course_id: Its SIS id, if it has one and the token's user may see it.
    :param content_export_id: The export.
    :param export_type: Its type.
    :param select: What was selected; ``None`` for everything.
    :param exported_at: When Canvas began it, ISO 8601.
    :param path: Where the object is.
    :param size: Its bytes.
    :param sha256: Of the object, in hexadecimal digits.
    :param content_hash: Of the course's content before the export began; ``None`` if that is not known.
    :param version: Of this form.
    """

    canvas_instance: str
    course_id: int
    course_name: str | None
    sis_course_id: str | None
    content_export_id: int
    export_type: str
    select: dict[str, Any] | None
    exported_at: str
    path: str
    size: int
    sha256: str
    content_hash: str | None
    version: int = VERSION

    def write(self, path: str) -> None:
        """Write it to a path in a storage."""
        target = ObjectStoragePath(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.write(json.dumps(asdict(self), indent=2, ensure_ascii=False).encode() + b"\n")

    def is_of(self, canvas_instance: str, course_id: int) -> bool:
        """Whether it is about this course."""
        return (self.canvas_instance, self.course_id) == (canvas_instance, course_id)

    def object_is_there(self) -> bool:
        """Whether the object is where it was put, as long as it was."""
        try:
            return bool(ObjectStoragePath(self.path).stat().st_size == self.size)
        except FileNotFoundError:
            return False


def read_manifest(path: str) -> Manifest | None:
    """Return the manifest at a path; ``None`` if there is none, or something else in its place.

    :raises OSError: When the storage does not answer.
    :raises ValueError: When Airflow does not know the storage.
    """
    try:
        with ObjectStoragePath(path).open("rb") as file:
            content = file.read()
    except FileNotFoundError:
        return None
    try:
        found = json.loads(content)
    except ValueError:
        return None
    names = {field.name for field in fields(Manifest)}
    if not isinstance(found, dict) or found.get("version") != VERSION or set(found) != names:
        return None
    return Manifest(**found)


def check_path(name: str, path: object) -> str:
    """Return a path that can be written to.

    :param name: What the path is called, for the message.
    :raises ValueError: When it is none, a relative one, ends as a folder does, holds braces around something else, or
        is on a storage that Airflow does not know.
    """
    text = str(none_if_blank(path) or "").strip()
    if not text or text.endswith("/"):
        raise ValueError(
            f"{name} {path!r} names no object: write it as s3://aws_default@bucket/course-{{course_id}}.imscc."
        )
    if "://" not in text and not Path(text).is_absolute():
        raise ValueError(
            f"{name} {text!r} would lie wherever the worker happens to run: write a whole path, such as "
            f"s3://aws_default@bucket/{text} or /archive/{text}."
        )
    for found in _PLACEHOLDER.findall(text):
        if found not in PLACEHOLDERS:
            raise ValueError(
                f"{name} {text!r} holds {{{found}}}: between braces there may be {' or '.join(PLACEHOLDERS)}; anything "
                "else is written as a template, such as {{ ds }}."
            )
    storage_path(text)
    return text


def filled(name: str, path: str, course: Course) -> str:
    """Return a path with a course's ids in the place of its placeholders; slashes of an SIS id are percent-encoded.

    :param name: What the path is called, for the message.
    :raises ValueError: When it holds the SIS id of a course that has none.
    """
    sis_course_id = course.get("sis_course_id")
    if not sis_course_id and "{sis_course_id}" in path:
        raise ValueError(
            f"{name} {path!r} holds {{sis_course_id}}, and course {course['id']} has none, or none that the token's "
            "user may see: write {course_id}."
        )
    ids = {"course_id": str(course["id"]), "sis_course_id": quote(sis_course_id or "", safe=" ")}
    return _PLACEHOLDER.sub(lambda found: ids[found[1]], path)


def names_course(path: str, course: Course) -> bool:
    """Whether a path tells one course from another: by a placeholder, or by an id that somebody wrote there."""
    ids = (str(course["id"]), course.get("sis_course_id"))
    return _PLACEHOLDER.search(path) is not None or any(one in path for one in ids if one)
