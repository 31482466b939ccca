"""The names of batches."""

from __future__ import annotations

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.storable import storable_text

_MAX_BATCH_NAME = 250
_SINGLE_COPY = "content_migration "


def single_copy_batch(content_migration_id: str) -> str:
    """Return the ``batch`` of a copy that no batch made.

    :param content_migration_id: The id of its content migration.
    """
    return f"{_SINGLE_COPY}{content_migration_id}"


def check_batch_name(batch: str) -> str:
    """Return the name of a batch as the tables store it.

    :param batch: The name.
    :raises CanvasInputError: If it is blank, too long, or reserved for copies that no batch made.
    """
    if not isinstance(batch, str) or not batch.strip():
        raise CanvasInputError(f"batch must be the name of a batch, such as 'fall-2026', not {batch!r}")
    name = batch.strip()
    if len(name) > _MAX_BATCH_NAME or storable_text(name) != name:
        raise CanvasInputError(
            f"batch must have at most {_MAX_BATCH_NAME} characters that a database can store, not {name[:50]!r}..."
        )
    if name.startswith(_SINGLE_COPY):
        raise CanvasInputError(
            f"batch must not start with 'content_migration ', which names copies outside of batches: {name!r}"
        )
    return name
