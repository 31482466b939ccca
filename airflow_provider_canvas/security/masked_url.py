"""Addresses in template fields: Airflow stores and shows these, and an address may let its holder in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class Concealed:
    """An address whose text is without its query and its login. That text is what Airflow stores of a template field.

    :param address: The whole of it.
    """

    address: str

    def __repr__(self) -> str:
        from airflow_provider_canvas.redact import redacted

        bare, mark, _ = self.address.partition("?")
        return f"{redacted(bare)}{mark and '?***'}"


def concealed(value: Any) -> Any:
    """Return an address so that it does not show what may be secret; what is none as it is."""
    return Concealed(value) if isinstance(value, str) and "://" in value else value


def revealed(value: Any) -> Any:
    """Return the whole of what :func:`concealed` returned."""
    return value.address if isinstance(value, Concealed) else value
