"""What a client needs to know: where Canvas is, whose token it holds, and how patient it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from airflow_provider_canvas import __version__

USER_AGENT = f"airflow-provider-canvas/{__version__}"
"""Canvas refuses requests that do not name themselves."""

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Settings:
    """Where Canvas is and how to talk to it.

    :param base_url: Scheme, host and port, such as ``https://school.instructure.com``.
    :param token: The access token.
    :param connect_timeout: Seconds to wait for a connection.
    :param read_timeout: Seconds to wait for an answer.
    :param retry_for: Seconds for which a request that may be repeated is repeated.
    :param per_page: Rows a page of a listing, at most 100.
    :param as_user_id: Act as this user; the token's user needs the right to.
    :param ca_bundle: File of certificates to trust in place of the system's.
    """

    base_url: str
    token: str = field(repr=False)
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    retry_for: float = 120.0
    per_page: int = 100
    as_user_id: str | None = None
    ca_bundle: str | None = None

    @property
    def host(self) -> str:
        """Host and, where it is not the usual one, port."""
        return urlsplit(self.base_url).netloc

    @property
    def bucket_key(self) -> tuple[str, str]:
        """What requests have in common that Canvas throttles together: the installation and the token."""
        return self.base_url, hashlib.sha256(self.token.encode()).hexdigest()

    def owns(self, url: str) -> bool:
        """Whether ``url`` is of this Canvas: only there the token may go."""
        return origin(url) == origin(self.base_url)


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of ``url``, by which two addresses are of one server."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme.lower())
