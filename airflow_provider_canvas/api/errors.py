"""The errors of bad input, which every room raises: operators, clients, the API's definitions, the reconciliation."""

from __future__ import annotations

from airflow_provider_canvas.api.storable import storable_text


class CanvasInputError(ValueError):
    """A value that the user chose is not valid: a parameter, a field of the connection, a file, a threshold.

    The message names the value, and what to write instead. It repeats until the user changes the value, so a task that
    raises it is not retried. No other ``ValueError`` is the user's mistake.

    :param message: What is wrong, and what to write instead. It becomes text that can be stored.
    """

    def __init__(self, message: str) -> None:
        super().__init__(storable_text(message))


class CanvasConnectionError(CanvasInputError):
    """A field of the connection is not valid."""
