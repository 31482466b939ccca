"""The settings of a client: the address of Canvas, the credentials, the timeouts."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from airflow_provider_canvas import __version__
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.security.address import Address, AddressError, parse_address
from airflow_provider_canvas.security.secret import Secret, SecretField

USER_AGENT = f"airflow-provider-canvas/{__version__}"
"""The name and version of this package. Canvas refuses requests without the header ``User-Agent``."""

MAX_USER_AGENT_SUFFIX = 200
"""How long the text behind the name of this package may be."""


def check_user_agent_suffix(suffix: str) -> str:
    """Return a text that may stand behind :data:`USER_AGENT`: printable ASCII, so it cannot begin another header.

    :param suffix: The text.
    :raises CanvasInputError: When a header cannot contain it.
    """
    if len(suffix) > MAX_USER_AGENT_SUFFIX:
        raise CanvasInputError(f"It has {len(suffix)} characters: write at most {MAX_USER_AGENT_SUFFIX}.")
    if wrong := re.search(r"[^ -~]", suffix):
        raise CanvasInputError(
            f"It contains {wrong[0]!a}: write printable characters of ASCII only, without line breaks, such as "
            "'(registrar; canvas-team@school.example)'."
        )
    return suffix


@dataclass(frozen=True)
class OAuth:
    """An OAuth2 grant of a user to a developer key. It yields access tokens, each valid for an hour.

    :param client_id: The id of the developer key.
    :param client_secret: The secret of the developer key.
    :param refresh_token: Requests access tokens. It stays valid until the user revokes it.
    """

    client_id: str
    client_secret: SecretField = SecretField()  # noqa: RUF009  # a descriptor, not a default
    refresh_token: SecretField = SecretField()  # noqa: RUF009  # a descriptor, not a default


@dataclass(frozen=True)
class Settings:
    """The address of Canvas, the credentials, and the limits of requests.

    :param base_url: Scheme, host and port, such as ``https://school.instructure.com``.
    :param token: The access token, a text or a ``Secret``. With ``oauth`` it may be empty, or the first access
        token.
    :param connect_timeout: Seconds to wait for a connection (default 10).
    :param read_timeout: Seconds to wait for the next part of a response (default 60). A file that is uploaded or
        downloaded must make some progress in each such period.
    :param total_timeout: Seconds for a whole request and its response, beside files; by default twice ``read_timeout``.
    :param retry_for: Seconds for which a request is retried (default 120).
    :param per_page: Items per page of a listing, at most 100 (the default).
    :param max_response_mib: The largest response that is kept in memory, in MiB, as received and unpacked (default 32).
        A downloaded file may be larger.
    :param as_user_id: Act as this user; the token's user needs the permission to.
    :param ca_bundle: Path of a file of certificates to trust in place of the system's.
    :param oauth: The OAuth2 grant that yields access tokens; ``None`` to use ``token`` only.
    :param graphql: Whether one request of GraphQL may poll many jobs, or read a part of a course (default true).
    :param user_agent_suffix: What follows the name of this package in the header ``User-Agent``; none by default.
    """

    base_url: str
    token: SecretField = SecretField()  # noqa: RUF009  # a descriptor, not a default
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    total_timeout: float | None = None
    retry_for: float = 120.0
    per_page: int = 100
    max_response_mib: float = 32.0
    as_user_id: str | None = None
    ca_bundle: str | None = None
    oauth: OAuth | None = None
    graphql: bool = True
    user_agent_suffix: str = ""

    def __post_init__(self) -> None:
        """Check the address and the suffix of the user agent.

        :raises CanvasInputError: When one of them is not valid.
        """
        try:
            address = parse_address(self.base_url)
        except AddressError as error:
            raise CanvasInputError(f"base_url is not an address that can be used: {error}.") from None
        if address.target != "/":
            raise CanvasInputError(f"base_url is the URL of a page: write {address.base_url}.")
        check_user_agent_suffix(self.user_agent_suffix)

    @cached_property
    def address(self) -> Address:
        """The address of Canvas."""
        return parse_address(self.base_url)

    @property
    def user_agent(self) -> str:
        """The header ``User-Agent`` of requests to Canvas."""
        return f"{USER_AGENT} {self.user_agent_suffix}".rstrip()

    @property
    def longest_request(self) -> float:
        """Seconds for a whole request and its response, beside files."""
        return 2 * self.read_timeout if self.total_timeout is None else self.total_timeout

    @property
    def max_response_bytes(self) -> int:
        """The largest response that is kept in memory, in bytes."""
        return int(self.max_response_mib * (1 << 20))

    @property
    def host(self) -> str:
        """The host, with the port if it is not the default one."""
        return self.address.netloc

    @property
    def rate_limit_key(self) -> tuple[str, str]:
        """The key of the rate limit: Canvas limits requests per installation and token.

        All access tokens of a grant share a key: what the token before used does not leak away at once.
        """
        oauth = self.oauth
        owner = self.token if oauth is None else Secret(f"{oauth.client_id} {oauth.refresh_token.reveal()}")
        return self.base_url, hashlib.sha256(owner.reveal().encode()).hexdigest()

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Values that no message may contain."""
        grant = (self.oauth.client_secret, self.oauth.refresh_token) if self.oauth else ()
        return tuple(secret for secret in (self.token, *grant) if secret)

    def owns(self, address: Address) -> bool:
        """Tell whether an address belongs to this Canvas: the token is sent to no other host."""
        return address.origin == self.address.origin
