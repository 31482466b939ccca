"""What a client needs to know: where Canvas is, who it is there, and how patient it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from airflow_provider_canvas import __version__

USER_AGENT = f"airflow-provider-canvas/{__version__}"
"""Canvas refuses requests that do not name themselves."""

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class OAuth:
    """What a user granted a developer key: access tokens, of which each lasts an hour.

    :param client_id: The developer key's number.
    :param client_secret: The developer key's secret.
    :param refresh_token: What access tokens are asked for with. It stays valid until the user revokes it.
    """

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """Where Canvas is and how to talk to it.

    :param base_url: Scheme, host and port, such as ``https://school.instructure.com``.
    :param token: The access token. With ``oauth`` it may be empty, or a token to begin with.
    :param connect_timeout: Seconds to wait for a connection.
    :param read_timeout: Seconds to wait for an answer.
    :param retry_for: Seconds for which a request that may be repeated is repeated.
    :param per_page: Rows a page of a listing, at most 100.
    :param as_user_id: Act as this user; the token's user needs the right to.
    :param ca_bundle: File of certificates to trust in place of the system's.
    :param oauth: Where access tokens come from, unless ``token`` is all there is.
    """

    base_url: str
    token: str = field(repr=False)
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    retry_for: float = 120.0
    per_page: int = 100
    as_user_id: str | None = None
    ca_bundle: str | None = None
    oauth: OAuth | None = None

    @property
    def host(self) -> str:
        """Host and, where it is not the usual one, port."""
        return urlsplit(self.base_url).netloc

    @property
    def rate_limit_key(self) -> tuple[str, str]:
        """What requests have in common that Canvas throttles together: the installation and the token.

        A refreshed token is counted on with the one before: what that one spent does not leak away at once.
        """
        whose = self.token if self.oauth is None else f"{self.oauth.client_id} {self.oauth.refresh_token}"
        return self.base_url, hashlib.sha256(whose.encode()).hexdigest()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may contain."""
        granted = (self.oauth.client_secret, self.oauth.refresh_token) if self.oauth else ()
        return tuple(secret for secret in (self.token, *granted) if secret)

    def owns(self, url: str) -> bool:
        """Whether ``url`` is of this Canvas: only there the token may go."""
        return url.startswith(f"{self.base_url}/") or origin(url) == origin(self.base_url)


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of ``url``, by which two addresses are of one server."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme.lower())
