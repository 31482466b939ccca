"""Why there is no response: the cause in what the libraries raise, and what to do about it."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

from airflow_provider_canvas.client.protocol.response import TransportError
from airflow_provider_canvas.client.transports.network import NetworkSettingsError, Proxy

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_NO_TLS = {"WRONG_VERSION_NUMBER", "UNEXPECTED_MESSAGE", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
"""What OpenSSL says about bytes that are not TLS."""

_TLS_ALERT = re.compile(r"\\+x15\\+x03")
"""How the libraries show the first bytes of a TLS alert, which a TLS server sends in response to plain HTTP."""


def unreachable(host: str, error: BaseException, proxy: Proxy | None) -> TransportError:
    """Return the transport error for a request that was not sent, so that nothing was executed.

    :param host: The server, for messages.
    :param error: What the library raised.
    :param proxy: The proxy of the request.
    """
    causes = list(_causes(error))
    status = next(filter(None, map(_refusal, causes)), None)
    if proxy is not None and status is not None:
        return _refused_by_proxy(host, proxy, status)
    for cause in causes:
        match cause:
            case NetworkSettingsError():
                return TransportError(
                    f"{host} was not contacted: {cause}", sent=False, temporary=False, advice=cause.advice
                )
            case ssl.SSLCertVerificationError(verify_message=str(reason)):
                return _untrusted(host, reason)
            case ssl.SSLError(reason=str(code)) if code in _NO_TLS:
                return TransportError(
                    f"{host} does not speak TLS on this port",
                    sent=False,
                    temporary=False,
                    advice="Correct the port of the address; if the server has no TLS at all, its address begins with "
                    "http://.",
                )
    why = next(filter(None, map(_reason, causes)), type(causes[-1]).__name__)
    if proxy is not None and not any(isinstance(cause, ssl.SSLError) for cause in causes):
        return TransportError(
            f"{host} could not be reached through {proxy.name} ({why})",
            sent=False,
            advice="Check that the proxy is up, and HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment of workers "
            "and triggerer.",
        )
    return TransportError(f"{host} could not be reached ({why})", sent=False)


def dropped(host: str, scheme: str, error: BaseException) -> TransportError:
    """Return the transport error for a request that was sent, at least in part, and got no response.

    :param host: The server, for messages.
    :param scheme: The scheme of the request.
    :param error: What the library raised.
    """
    if scheme == "http" and any(_TLS_ALERT.search(repr(cause)) for cause in _causes(error)):
        return TransportError(
            f"{host} expects TLS on this port",
            sent=False,
            temporary=False,
            advice="Write https:// at the beginning of the address, or correct its port.",
        )
    if any(_is_invalid_http(cause) for cause in _causes(error)):
        return TransportError(f"the response of {host} is not valid HTTP", sent=True)
    hint = ", as servers do that expect an address with https:// on this port" if scheme == "http" else ""
    return TransportError(f"{host} dropped the connection{hint}", sent=True)


def _is_invalid_http(error: BaseException) -> bool:
    """Tell whether a library could not read what arrived as a response, beside a response that is not complete."""
    if isinstance(error, HTTPException):
        return not isinstance(error, RemoteDisconnected | IncompleteRead)
    return type(error).__name__ == "ClientResponseError"  # of aiohttp, which this module does without


def _refused_by_proxy(host: str, proxy: Proxy, status: int) -> TransportError:
    if status == 407:
        advice = "Write its user and password into HTTPS_PROXY: http://user:password@proxy:port."
    elif status < 500:
        advice = f"Let its administrators allow {host}, or add the host to NO_PROXY if it is reached without a proxy."
    else:
        advice = f"The proxy does not reach {host}: check that the host is right and up, or ask its administrators."
    return TransportError(
        f"{proxy.name} refused to connect to {host} (status {status})",
        sent=False,
        temporary=status >= 500,
        advice=advice,
    )


def _untrusted(host: str, reason: str) -> TransportError:
    return TransportError(
        f"the certificate of {host} is not trusted ({reason})",
        sent=False,
        temporary=False,
        advice="If a server or proxy of your network has a certificate authority of its own, write the path of its "
        "certificates into ca_bundle in the connection's extra, or into REQUESTS_CA_BUNDLE. If not, someone else may "
        "be responding in its place.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and the errors that it wraps, the outermost first."""
    seen, waiting = set[int](), [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        names = ("reason", "original_error", "os_error", "certificate_error", "__cause__", "__context__")
        wrapped = (*current.args, *(getattr(current, name, None) for name in names))
        waiting.extend(each for each in wrapped if isinstance(each, BaseException))


def _refusal(error: BaseException) -> int | None:
    """Return the status with which a proxy refused a tunnel."""
    if type(error).__name__ == "ClientHttpProxyError":
        return int(getattr(error, "status", 0)) or None
    match = _TUNNEL.search(str(error)) if type(error) is OSError else None
    return int(match[1]) if match else None


_REASONS: tuple[tuple[type[OSError], str], ...] = (
    (socket.gaierror, "name or service not known"),
    (ConnectionRefusedError, "connection refused"),
    (TimeoutError, "timed out"),
    (ConnectionError, "the connection was dropped"),
)


def _reason(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
    if type(error).__name__ == "ServerDisconnectedError":  # aiohttp's
        return "the connection was dropped"
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return error.strerror.lower() if type(error) is OSError and error.strerror else None
