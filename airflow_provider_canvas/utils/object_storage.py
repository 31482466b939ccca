"""Paths into storages: which are known, and what to install for those that are not."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import ObjectStoragePath

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
    """Return a path into a storage that is there.

    :raises CanvasInputError: When Airflow knows no storage of its scheme; it says what to install, where that is known.
    """
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    found = ObjectStoragePath(path)
    try:
        found.fs  # noqa: B018  # Airflow looks for the storage now, and not before
    except ValueError as error:
        scheme = str(path).partition("://")[0]
        package = PROVIDERS.get(scheme)
        if package is None:
            raise CanvasInputError(str(error)) from error
        raise CanvasInputError(f"{error}: install {package}, here and on every worker.") from error
    return found


def write_rows(output_path: str, rows: Iterable[Any]) -> int:
    """Write rows as JSON lines to any object storage that Airflow knows, and return how many there were.

    They are gathered first: rows that break off leave no file. What was there is replaced.

    :param output_path: Such as ``s3://aws_default@bucket/rows.jsonl``, or a local path.
    """
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    with tempfile.TemporaryFile() as gathered:
        count = 0
        for row in rows:
            gathered.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            count += 1
        gathered.seek(0)
        target = ObjectStoragePath(output_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            copyfileobj(gathered, file, 1 << 20)
    return count
