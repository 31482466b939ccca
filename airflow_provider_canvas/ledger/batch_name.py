"""The names of batches."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.api.text_values import is_blank

_MAX_BATCH_NAME = 250
_MAX_NAMES = 5
_SINGLE_COPY = "content_migration "


def single_copy_batch(content_migration_id: str) -> str:
    """Return the ``batch`` of a copy that no batch made.

    :param content_migration_id: The id of its content migration.
    """
    return f"{_SINGLE_COPY}{content_migration_id}"


def unknown_batch(batch: str, canvas_instance: str, names: Sequence[str]) -> str:
    """Return the sentences that a ledger has no rows of a batch, and which batches it has.

    :param batch: The name that the ledger does not have.
    :param canvas_instance: The host of the Canvas.
    :param names: The names that it has.
    """
    known = [name for name in names if not name.startswith(_SINGLE_COPY)]
    near = difflib.get_close_matches(batch, known, n=3)
    sentence = f"The ledger has no rows of the batch {batch!r} of {canvas_instance}."
    if near:
        return f"{sentence} Did you mean {' or '.join(map(repr, near))}?"
    if known:
        more = " and others" if len(known) > _MAX_NAMES else ""
        return f"{sentence} It has {', '.join(map(repr, known[:_MAX_NAMES]))}{more}."
    return f"{sentence} It has no batch of this Canvas."


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
