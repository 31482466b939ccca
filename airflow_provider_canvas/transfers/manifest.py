"""The manifest of an archived export: its course, size and hash, and the paths of object and manifest."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.transfers.file_names import file_name
from airflow_provider_canvas.utils.object_storage import as_json, check_output_path, replaced_file, storage_path
from airflow_provider_canvas.utils.parameters import none_if_blank

VERSION = 1
"""The version of the manifest's format."""

MAX_SIZE = 1 << 20
"""The largest file that can be a manifest, in bytes. Others are not read."""

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
PLACEHOLDERS = ("course_id", "sis_course_id")
"""The placeholders that a path may contain, in braces."""


@dataclass(frozen=True)
class Manifest:
    """The description of one archived export.

    :param canvas_instance: The host of the Canvas.
    :param course_id: The course's number.
    :param course_name: The course's name.
    :param sis_course_id: The course's SIS id, if it has one and the token's user may see it.
    :param content_export_id: The export.
    :param export_type: The export's type.
    :param select: The selection; ``None`` for everything.
    :param exported_at: When Canvas created the export, in ISO 8601.
    :param path: The path of the object.
    :param size: The size of the object, in bytes.
    :param sha256: The SHA-256 of the object, in hexadecimal digits.
    :param content_hash: The hash of the course's content before the export began; ``None`` if it is not known.
    :param version: The version of the format.
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
        """Write the manifest to a path in a storage."""
        with replaced_file(path) as file:
            file.write(as_json(asdict(self), indent=2) + b"\n")

    def belongs_to(self, canvas_instance: str, course_id: int) -> bool:
        """Return whether the manifest is that of a course."""
        return (self.canvas_instance, self.course_id) == (canvas_instance, course_id)

    def object_exists(self) -> bool:
        """Return whether the object still exists, with the same size."""
        try:
            return bool(storage_path(self.path).stat().st_size == self.size)
        except (FileNotFoundError, CanvasInputError):
            return False


def read_manifest(path: str) -> Manifest | None:
    """Return the manifest at a path; ``None`` if there is none that this version can read.

    :raises OSError: When the storage fails.
    :raises CanvasInputError: When Airflow does not know the storage, or the file is something else than a manifest.
    """
    content = _read_small(path)
    if content and not content.startswith(b"{"):
        raise CanvasInputError(
            f"{path} is another file, and not a manifest, which would replace it: give another manifest_path."
        )
    return _parse(content)


def check_object(path: str) -> None:
    """Refuse to replace a manifest by an object.

    :raises OSError: When the storage fails.
    :raises CanvasInputError: When there is a manifest at the object's path.
    """
    manifest = _parse(_read_small(path))
    if manifest is not None:
        raise CanvasInputError(
            f"{path} is the manifest of course {manifest.course_id} of {manifest.canvas_instance}, which an object "
            "would replace: give another path."
        )


def _read_small(path: str) -> bytes | None:
    """Return the content of a file, or a text in its place if no manifest is that large; ``None`` if it is missing."""
    target = storage_path(path)
    try:
        if target.stat().st_size > MAX_SIZE:
            return b"larger than a manifest"
        with target.open("rb") as file:
            content: bytes = file.read()
    except FileNotFoundError:
        return None
    return content


def _parse(content: bytes | None) -> Manifest | None:
    try:
        values = json.loads(content or b"")
    except ValueError:
        return None
    names = {field.name for field in fields(Manifest)}
    if not isinstance(values, dict) or values.get("version") != VERSION or set(values) != names:
        return None
    if not isinstance(values["path"], str) or not isinstance(values["size"], int):
        return None
    return Manifest(**values)


def check_path(name: str, path: object) -> str:
    """Return a path that can be written to.

    :param name: The parameter that holds the path, for the message.
    :param path: The path.
    :raises CanvasInputError: When the path is empty or relative, ends with a slash, contains other placeholders, or
        is on a storage that Airflow does not know.
    """
    text = str(none_if_blank(path) or "").strip()
    if not text or text.endswith("/"):
        raise CanvasInputError(
            f"{name} {path!r} does not name an object: write it as s3://aws_default@bucket/course-{{course_id}}.imscc."
        )
    if "://" not in text and not Path(text).is_absolute():
        raise CanvasInputError(
            f"{name} {text!r} is relative to the directory in which the worker runs: write an absolute path, such as "
            f"s3://aws_default@bucket/{text} or /archive/{text}."
        )
    for placeholder in _PLACEHOLDER.findall(text):
        if placeholder not in PLACEHOLDERS:
            raise CanvasInputError(
                f"{name} {text!r} contains {{{placeholder}}}: the braces may contain {' or '.join(PLACEHOLDERS)}. "
                "Write anything else as a template, such as {{ ds }}."
            )
    check_output_path(name, text)
    return text


def fill_placeholders(name: str, path: str, course: Course) -> str:
    """Return a path with its placeholders replaced by names for a course's ids, none of which leaves the folder.

    :param name: The parameter that holds the path, for the message.
    :param path: The path.
    :param course: The course.
    :raises CanvasInputError: When the path contains the SIS id, and the course has none.
    """
    sis_course_id = course.get("sis_course_id")
    if not sis_course_id and "{sis_course_id}" in path:
        raise CanvasInputError(
            f"{name} {path!r} contains {{sis_course_id}}, and course {course['id']} has none, or none that the token's "
            "user may see: write {course_id}."
        )
    ids = {"course_id": file_name(str(course["id"])), "sis_course_id": file_name(sis_course_id or "")}
    return _PLACEHOLDER.sub(lambda match: ids[match[1]], path)


def identifies_course(path: str, course: Course) -> bool:
    """Return whether a path is specific to a course: by a placeholder, or because it contains one of its ids."""
    ids = (str(course["id"]), course.get("sis_course_id"))
    return _PLACEHOLDER.search(path) is not None or any(course_id in path for course_id in ids if course_id)
