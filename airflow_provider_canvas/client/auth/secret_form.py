"""The body of a form with secrets: they are put together only while the body is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from airflow_provider_canvas.security.secret import Secret


class SecretForm:
    """A form, as a body that is sent in one chunk.

    :param fields: The fields that anybody may read.
    :param secrets: The other fields.
    """

    content_type = "application/x-www-form-urlencoded"

    def __init__(self, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> None:
        self._fields, self._secrets = fields, secrets
        self.length = len(self._encoded())
        self.failure: Exception | None = None

    def chunks(self) -> Iterator[bytes]:
        """Yield the only chunk."""
        yield self._encoded()

    def _encoded(self) -> bytes:
        return urlencode({**self._fields, **{name: secret.reveal() for name, secret in self._secrets.items()}}).encode()
