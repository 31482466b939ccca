"""The HTML report of a batch of copies, written to a file on any object storage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.utils.object_storage import replaced_file, storage_path
from airflow_provider_canvas.utils.parameters import none_if_blank

if TYPE_CHECKING:
    from airflow_provider_canvas.ledger.batch_ledger import BatchLedger

REPORT_INTERVAL = 300.0
"""Seconds between two reports of a batch in progress. A page of 15,000 copies takes some seconds to render."""

MAX_FILE_NAME = 240
"""The longest name of a report's file in bytes, without its end. A name of 255 is too long for most disks."""
SHORTENED = 50
"""How many characters a longer name keeps, before a part that is different for each batch."""


def report_uri(report_path: object, canvas_instance: str, batch: str) -> str | None:
    """Return where the report of a batch is written; ``None`` without a path.

    :param report_path: A path that ends with ``.html``, or a folder, in which the file gets the name of the batch.
    :param canvas_instance: The host of the Canvas.
    :param batch: The name of the batch.
    :raises CanvasInputError: If the storage of the path is not known.
    """
    if (path := none_if_blank(report_path)) is None:
        return None
    path = str(path)
    storage_path(path)
    if path.endswith(".html"):
        return path
    name = re.sub(r"[^\w.-]+", "_", f"{canvas_instance}_batch-{batch}")
    if len(name.encode()) > MAX_FILE_NAME:
        name = f"{name[:SHORTENED]}_{sha256(batch.encode()).hexdigest()[:12]}"
    return f"{path.rstrip('/')}/{name}.html"


def write_batch_report(ledger: BatchLedger, uri: str | None, base_url: str, log: Any) -> str | None:
    """Write the report of a batch, and return its address; ``None`` without one or if it could not be written.

    :param ledger: The ledger of the batch.
    :param uri: The address of the report, from ``report_uri``.
    :param base_url: The base URL of Canvas.
    :param log: The log of the task.
    """

    def parts() -> Iterator[str]:
        from airflow_provider_canvas.rollover.report.batch_report import render_batch_report

        return render_batch_report(ledger, base_url=base_url, reported_at=datetime.now(UTC))

    return write_report(parts, uri, log)


def write_report(parts: Callable[[], Iterator[str]], uri: str | None, log: Any) -> str | None:
    """Write a report in parts, and return its address; ``None`` without one or if it could not be written.

    A report that cannot be written is a warning: it must not stop the task, whose work is recorded in SQL.

    :param parts: Returns the parts of the page.
    :param uri: The address of the report.
    :param log: The log of the task.
    """
    if uri is None:
        return None
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with replaced_file(uri) as file:
            for part in parts():
                file.write(part.encode(errors="xmlcharrefreplace"))
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001  # each storage has errors of its own
        log.warning("The report %s could not be written: %s: %s", redact(uri), type(error).__name__, redact(str(error)))
        return None
    return uri
