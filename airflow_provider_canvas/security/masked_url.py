"""URLs in template fields, masked: Airflow stores and shows rendered fields, and a URL may contain a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class MaskedUrl:
    """A URL whose text, which Airflow stores for a template field, has no query and no login.

    :param url: The full URL.
    """

    url: str

    def __repr__(self) -> str:
        from airflow_provider_canvas.security.redaction import redact

        base, question_mark, _ = self.url.partition("?")
        return f"{redact(base)}{question_mark and '?***'}"


def mask_url(value: Any) -> Any:
    """Return a URL as a :class:`MaskedUrl`, and any other value unchanged."""
    return MaskedUrl(value) if isinstance(value, str) and "://" in value else value


def unmask_url(value: Any) -> Any:
    """Return the full URL of a value that :func:`mask_url` returned."""
    return value.url if isinstance(value, MaskedUrl) else value
