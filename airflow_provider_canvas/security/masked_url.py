"""Addresses in template fields: Airflow stores and shows these, and an address may let its holder in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class MaskedUrl:
    """An address whose text is without its query and its login. That text is what Airflow stores of a template field.

    :param address: The whole of it.
    """

    address: str

    def __repr__(self) -> str:
        from airflow_provider_canvas.security.redaction import redact

        bare, mark, _ = self.address.partition("?")
        return f"{redact(bare)}{mark and '?***'}"


def mask_url(value: Any) -> Any:
    """Return an address so that it does not show what may be secret; what is none as it is."""
    return MaskedUrl(value) if isinstance(value, str) and "://" in value else value


def unmask_url(value: Any) -> Any:
    """Return the whole of what :func:`mask_url` returned."""
    return value.address if isinstance(value, MaskedUrl) else value
