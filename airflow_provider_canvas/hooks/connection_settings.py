"""Settings from the fields of an Airflow connection. Every field is validated."""

from __future__ import annotations

import functools
import ipaddress
import re
import ssl
from pathlib import Path

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import canvas_id
from airflow_provider_canvas.client.settings import OAuth, Settings
from airflow_provider_canvas.hooks.configuration import user_agent_suffix
from airflow_provider_canvas.hooks.connection_fields import OAUTH, Fields
from airflow_provider_canvas.security.address import Address, AddressError, parse_address
from airflow_provider_canvas.security.secret import Secret

EXAMPLE = "https://school.instructure.com"


def read_settings(fields: Fields) -> Settings:
    """Return the validated settings of a connection.

    :param fields: The fields of the connection.
    :raises CanvasConnectionError: When a field is not valid.
    """
    fields.check_names()
    oauth, token = _oauth(fields), fields.password
    if not token and oauth is None:
        raise fields.error("Password", "is empty: put the access token there (Account, Settings, New access token)")
    if not _is_word(token):
        raise fields.error("Password", "is not an access token: write the token alone, without spaces or 'Bearer'")
    as_user_id = fields.text("as_user_id")
    if as_user_id is not None:
        try:
            as_user_id = canvas_id("as_user_id", as_user_id, kind="user_id")
        except CanvasInputError as error:
            raise fields.error("as_user_id", f"is wrong: {error}") from None
    read_timeout = fields.number("read_timeout")
    return Settings(
        base_url=_base_url(fields, allow_http=fields.boolean("allow_http")),
        token=token,
        per_page=int(fields.number("per_page")),
        connect_timeout=fields.number("connect_timeout"),
        read_timeout=read_timeout,
        total_timeout=fields.number("total_timeout", 2 * read_timeout),
        max_response_mib=fields.number("max_response_mib"),
        retry_for=fields.number("retry_for"),
        as_user_id=as_user_id,
        ca_bundle=_ca_bundle(fields),
        oauth=oauth,
        graphql=_graphql(fields),
        user_agent_suffix=user_agent_suffix(),
    )


def _graphql(fields: Fields) -> bool:
    """Return whether GraphQL may be used: ``auto`` (default) or ``off``."""
    text = (fields.text("graphql") or "auto").strip().lower()
    if text not in ("auto", "off"):
        raise fields.error("graphql", f"is {text!r}: write auto (use it where Canvas allows it) or off")
    return text == "auto"


def _oauth(fields: Fields) -> OAuth | None:
    client_id, *secrets = (fields.text(OAUTH[0]) or "").strip(), *(fields.secret(name) for name in OAUTH[1:])
    values = dict(zip(OAUTH, (Secret(client_id), *secrets), strict=True))
    missing = [name for name, value in values.items() if not value]
    if missing == list(OAUTH):
        return None
    if missing:
        needed = ", ".join(OAUTH)
        raise fields.error(" and ".join(missing), f"must be given too: refreshing access tokens needs {needed}")
    for name, value in values.items():
        if not _is_word(value):
            raise fields.error(name, "contains a character that Canvas does not use there: copy it again")
    return OAuth(client_id, *secrets)


def _is_word(secret: Secret) -> bool:
    return re.fullmatch(r"[!-~]*", secret.reveal()) is not None


def _base_url(fields: Fields, *, allow_http: bool) -> str:
    host, port = fields.host, fields.port
    if not host:
        raise fields.error("Host", f"is empty: write Canvas's address, such as {EXAMPLE}")
    url = host if "://" in host else f"{_scheme(fields)}://{_bracketed(host)}"
    scheme, _, rest = url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in authority and "\\" not in url:
        bare = f"{scheme}://{authority.rpartition('@')[2]}"
        raise fields.error("Host", f"holds a user or password: write {bare}, and the token into Password")
    if port is not None and not re.search(r":[0-9]+$", authority):
        url = f"{scheme}://{authority}:{port}{rest[len(authority) :]}"
    try:
        address = parse_address(url)
    except AddressError as error:
        raise fields.error(
            "Host", f"{_plain(url)!r} is not a URL that can be used ({error}): write {EXAMPLE}"
        ) from None
    _check_agreement(fields, address)
    if address.target.rstrip("/") not in ("", "/api", "/api/v1") or "#" in url:
        raise fields.error("Host", f"{_plain(host)!r} is the URL of a page: write {address.base_url}")
    if address.scheme == "http" and not allow_http and not _is_loopback(address.host):
        raise fields.error(
            "Host",
            f"{address.base_url} is not encrypted, so the token could be read on the network: write "
            f"https://{address.netloc} (or set the extra allow_http to true, in a network that you trust)",
        )
    return address.base_url


def _scheme(fields: Fields) -> str:
    """Return the scheme of a host without one."""
    schema = (fields.schema or "").strip().strip("/").lower()
    if schema in ("", "api", "api/v1"):
        return "https"
    if schema not in ("http", "https"):
        raise fields.error("Schema", f"is {fields.schema!r}: write http or https, or leave it empty")
    return schema


def _bracketed(host: str) -> str:
    """Return an IPv6 address in the brackets that a URL needs: Airflow removes those of a connection's URI."""
    try:
        return f"[{ipaddress.IPv6Address(host)}]"
    except ValueError:
        return host


def _check_agreement(fields: Fields, address: Address) -> None:
    """Refuse a port or scheme beside a URL that has another one."""
    if fields.port is not None and fields.port != address.port:
        raise fields.error(
            "Port", f"is {fields.port}, but Host has port {address.port}: write the port into one of them only"
        )
    schema = (fields.schema or "").strip().lower()
    if schema in ("http", "https") and schema != address.scheme:
        raise fields.error("Schema", f"is {schema}, but Host begins with {address.scheme}://: leave Schema empty")


def _plain(host: str) -> str:
    """Return a URL without its possibly secret parts: the login and the query."""
    scheme, slashes, rest = host.partition("://")
    return f"{scheme}{slashes}{rest.partition('?')[0].rpartition('@')[2]}"


def _ca_bundle(fields: Fields) -> str | None:
    path = fields.text("ca_bundle")
    if path is not None:
        try:
            _load_certificates(path, Path(path).stat().st_mtime_ns)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise fields.error(
                "ca_bundle",
                f"{path!r} cannot be read as certificates ({reason}): write the path "
                "of a PEM file that exists on the workers and on the triggerer",
            ) from None
    return path


@functools.lru_cache(maxsize=32)
def _load_certificates(path: str, _changed_at: int) -> None:
    """Check that a file has certificates, once for each version of it: each of a thousand triggers reads the settings.

    :raises OSError: When the file cannot be read, or has none.
    """
    ssl.create_default_context(cafile=path)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
