"""The backups of a repair on any object storage that Airflow knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.repair.backups import Backup
from airflow_provider_canvas.repair.many_places import RepairStoppedError
from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.utils.object_storage import make_folder, storage_path

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import ObjectStoragePath

RUN_DOCUMENT = "run.json"
"""The name of the document that says what a folder of backups is. It is written first."""


class StoredBackups:
    """Backups in a folder: one folder per Canvas and run, one document per place.

    :param backup_path: The folder, such as ``s3://aws_default@bucket/backups``.
    :param canvas_instance: The host of the Canvas.
    :param run_id: The run.
    """

    def __init__(self, backup_path: str, canvas_instance: str, run_id: str) -> None:
        self.folder = f"{backup_path.rstrip('/')}/{_safe(canvas_instance)}/{_safe(run_id)}"
        self._canvas_instance, self._run_id = canvas_instance, run_id

    def open(self) -> None:
        """Write the document of the run, which shows that backups can be written.

        :raises CanvasInputError: If it cannot be written.
        """
        document = json.dumps({"canvas_instance": self._canvas_instance, "run_id": self._run_id}, indent=1)
        path = storage_path(f"{self.folder}/{RUN_DOCUMENT}")
        try:
            _write(path, document)
            path.read_text(encoding="utf-8")
        except Exception as error:  # each storage has errors of its own
            raise CanvasInputError(
                f"backup_path {redact(self.folder)} cannot be written: {type(error).__name__}: {redact(str(error))}. "
                "Nothing was sent to Canvas. Check the path, and the rights of its connection."
            ) from error

    def write(self, backup: Backup) -> str:
        """Write a backup, and return its URI.

        :raises RepairStoppedError: If it cannot be written, so that nothing more is changed.
        """
        path = storage_path(f"{self.folder}/{backup.name}")
        try:
            _write(path, backup.as_json())
        except Exception as error:  # each storage has errors of its own
            raise RepairStoppedError(
                f"The backup {redact(str(path))} could not be written: {type(error).__name__}: {redact(str(error))}. "
                f"So {backup.place} was not changed, and the rest is left to the next attempt of the task."
            ) from error
        return str(path)

    def read(self, uri: str) -> Backup:
        """Return a backup.

        :raises CanvasInputError: If it is gone, or not a backup.
        """
        try:
            text = storage_path(uri).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise CanvasInputError(
                f"The backup {redact(uri)} is not there any more: restore it, or correct the place by hand."
            ) from None
        return Backup.parse(text, redact(uri))

    def list(self, path: str) -> Iterator[str]:
        """Yield the URIs of all backups below a path, or the path itself if it is one.

        :raises CanvasInputError: If there are none.
        """
        root = storage_path(path)
        uris = sorted(str(each) for each in _documents(root))
        if not uris:
            raise CanvasInputError(f"There are no backups below {redact(path)}: check the path.")
        yield from uris


def _documents(root: ObjectStoragePath) -> Iterator[ObjectStoragePath]:
    if root.is_file():
        yield root
    elif root.exists():
        for each in root.iterdir():
            if each.name.endswith(".json") and each.name != RUN_DOCUMENT:
                yield each
            elif each.is_dir():
                yield from _documents(each)


def _write(path: ObjectStoragePath, text: str) -> None:
    make_folder(path)
    path.write_text(text, encoding="utf-8")


def _safe(text: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", text)
