"""Paths into storages: which are known, what to install for others, and how files of a task are written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.utils.parameters import none_if_blank

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    from airflow_provider_canvas.client.files.download_targets import DownloadTarget

_AMAZON = "apache-airflow-providers-amazon[s3fs]"
_AZURE = "apache-airflow-providers-microsoft-azure"
_GOOGLE = "apache-airflow-providers-google"
PROVIDERS: Mapping[str, str] = {
    "s3": _AMAZON,
    "s3a": _AMAZON,
    "s3n": _AMAZON,
    "gs": _GOOGLE,
    "gcs": _GOOGLE,
    "abfs": _AZURE,
    "abfss": _AZURE,
    "adl": _AZURE,
}
"""Schemes of storages, and the packages that make Airflow know them."""


def storage_path(path: str | os.PathLike[str]) -> ObjectStoragePath:
    """Return a path into a storage whose library is installed.

    A path without a scheme is one of the local disk. A relative one starts at the current directory, on Airflow 2, too,
    which would start it at the root.

    :raises CanvasInputError: When Airflow knows no storage of its scheme, or its library is missing; it says what to
        install, where that is known.
    """
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    if no_place := re.match(r"([a-z][a-z0-9+.-]+)(:/(?!/)|://$)", str(path)):
        raise CanvasInputError(f"{path} names no bucket or folder: write {no_place[1]}://bucket/folder.")
    if "://" not in str(path):
        path = os.path.abspath(path)  # noqa: PTH100  # a text, which no storage's own kind of path parses differently
    try:
        found = ObjectStoragePath(path)
        found.fs  # noqa: B018  # Airflow looks for the storage now, and not before
    except (ValueError, ImportError) as error:
        scheme = str(path).partition("://")[0]
        package = PROVIDERS.get(scheme)
        if package is None:
            raise CanvasInputError(f"{path} cannot be used: {str(error).rstrip('.')}.") from error
        reason = str(error) if isinstance(error, ValueError) else f"The library of the storage {scheme} is missing"
        raise CanvasInputError(f"{reason}: install {package}, here and on every worker.") from error
    return found


def check_output_path(name: str, path: object) -> str | None:
    """Return the path of a file that a task writes; ``None`` if it is blank. Call it before the first request.

    :param name: The parameter that holds the path, for the message.
    :param path: The path.
    :raises CanvasInputError: When the path does not name a file, or its storage is not known or its library missing.
    """
    if (path := none_if_blank(path)) is None:
        return None
    text = str(path)
    if text.endswith("/") or ("://" in text and "/" not in text.partition("://")[2]):
        raise CanvasInputError(f"{name} {text!r} names a folder or a bucket: write the path of a file in it.")
    storage_path(text)
    return text


def make_folder(path: ObjectStoragePath) -> None:
    """Create the folder of a path, unless the storage is an object store: it has no folders, but would make buckets.

    :raises OSError: When it cannot be created.
    """
    from airflow_provider_canvas.client.files.storage_targets import OBJECT_STORES

    if path.protocol not in OBJECT_STORES:
        path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def replaced_file(path: str) -> Iterator[DownloadTarget]:
    """Write a file that replaces an existing one at the end, if no error occurs.

    :param path: Such as ``s3://aws_default@bucket/rows.jsonl``, or a local path. Its folder is created.
    :raises OSError: When it cannot be written.
    """
    from airflow_provider_canvas.client.files.download_targets import download_target

    target_path = storage_path(path)
    make_folder(target_path)
    target = download_target(target_path)
    try:
        yield target
        target.commit()
    finally:
        target.discard()
    add_to_lineage(target_path)


def add_to_lineage(path: ObjectStoragePath) -> None:
    """Tell Airflow's lineage that the task has written a file."""
    from airflow.providers.common.compat.sdk import get_hook_lineage_collector

    collector = get_hook_lineage_collector()
    if hasattr(collector, "add_output_asset"):  # which Airflow 2 has only with a lineage backend
        collector.add_output_asset(context=path, uri=str(path))


def write_rows(output_path: str, rows: Iterable[Any]) -> int:
    """Write rows as JSON lines to any object storage that Airflow knows, and return how many there were.

    The file appears when all rows are there: rows that break off leave what was there before.

    :param output_path: Such as ``s3://aws_default@bucket/rows.jsonl``, or a local path.
    """
    count = 0
    with replaced_file(output_path) as file:
        for row in rows:
            file.write(as_json(row) + b"\n")
            count += 1
    return count


def as_json(value: Any, indent: int | None = None) -> bytes:
    """Return a value as JSON in UTF-8. What UTF-8 cannot hold, such as half of a surrogate pair, is escaped."""
    return json.dumps(value, ensure_ascii=False, indent=indent).encode(errors="backslashreplace")
