"""The names of tables that the parameters of a task have, and the ledger in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.utils.parameters import none_if_blank

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from airflow_provider_canvas.ledger.batch_ledger import BatchLedger


def ledger_of(task: Any, engine: Engine, canvas_instance: str) -> BatchLedger:
    """Return the ledger of a task's batch.

    :param task: The operator, rendered, with ``batch``, ``ledger_table``, ``batch_table``, ``issue_table``, ``schema``.
    :param engine: The engine of the database.
    :param canvas_instance: The host of the Canvas.
    :raises CanvasInputError: If a name is none that a database can have.
    """
    from airflow_provider_canvas.ledger.batch_ledger import BatchLedger

    return BatchLedger(
        engine,
        canvas_instance=canvas_instance,
        batch=task.batch,
        ledger_table=table_name("ledger_table", task.ledger_table, "canvas_copy_ledger"),
        batch_table=table_name("batch_table", task.batch_table, "canvas_copy_batch"),
        issue_table=table_name("issue_table", task.issue_table, "canvas_copy_issue"),
        schema=schema_name(task.schema),
    )


def table_name(parameter: str, value: object, default: str) -> str:
    """Return the name of a table.

    :param parameter: The parameter, for the message.
    :param value: The rendered value.
    :param default: The name if the value is blank.
    :raises CanvasInputError: If it is no text, or has characters that no database can store.
    """
    name = none_if_blank(value)
    if name is None:
        return default
    if not isinstance(name, str) or storable_text(name) != name:
        raise CanvasInputError(f"{parameter} is {redacted_repr(value)}: write a name, such as {default!r}.")
    return str(name)


def schema_name(value: object) -> str | None:
    """Return the name of a schema; ``None`` if it is blank.

    :param value: The rendered value.
    :raises CanvasInputError: If it is no text, or has characters that no database can store.
    """
    return table_name("schema", value, "canvas") if none_if_blank(value) is not None else None
