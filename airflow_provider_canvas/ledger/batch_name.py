"""The names of batches."""

from __future__ import annotations

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.api.text_values import is_blank

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
    if not isinstance(batch, str) or is_blank(batch):
        raise CanvasInputError(f"batch is {redacted_repr(batch)}: write the name of a batch, such as 'fall-2026'.")
    name = batch.strip()
    if len(name) > _MAX_BATCH_NAME or storable_text(name) != name:
        raise CanvasInputError(
            f"batch begins with {redacted_repr(name[:50])}: write at most {_MAX_BATCH_NAME} characters that a database "
            "can store, so no NUL and no half of a surrogate pair."
        )
    if name.startswith(_SINGLE_COPY):
        raise CanvasInputError(
            f"batch is {redacted_repr(name)}: write another name, because names that start with 'content_migration ' "
            "are those of copies outside of batches."
        )
    return name
