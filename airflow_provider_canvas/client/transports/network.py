"""The proxy and the certificates of a request: one rule for both transports, that of requests.

The connection's own ``ca_bundle`` comes first, then ``REQUESTS_CA_BUNDLE`` and ``CURL_CA_BUNDLE``, then the
certificates that requests brings. Proxies and their exceptions are those of the environment, in upper or lower case.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.security.address import Address, AddressError, parse_address


class NetworkSettingsError(Exception):
    """A proxy or a file of certificates that cannot be used.

    :param message: What is wrong, without a password.
    :param advice: What to do about it.
    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True)
class Proxy:
    """A proxy.

    :param address: Its address.
    :param url: Its URL, with the user and the password, if it has them.
    """

    address: Address
    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """The proxy in messages."""
        return f"the proxy {self.address.netloc}"


class Network:
    """What the environment and the connection say about the network.

    :param settings: The settings of the client.
    """

    def __init__(self, settings: Settings) -> None:
        import requests  # importing the client of aiohttp does not load requests; the rule of requests needs it

        self._settings = settings
        self._environment = requests.Session()
        self._proxies: dict[tuple[str, str, int], Proxy | None] = {}

    def proxy(self, address: Address) -> Proxy | None:
        """Return the proxy for an address; ``None`` to connect directly.

        :raises NetworkSettingsError: When the environment names a proxy that cannot be used.
        """
        from requests.utils import select_proxy

        if address.origin not in self._proxies:
            url = f"{address.base_url}/"
            merged = self._environment.merge_environment_settings(url, {}, None, None, None)
            proxy = select_proxy(url, merged["proxies"])
            self._proxies[address.origin] = _parse_proxy(proxy) if proxy else None
        return self._proxies[address.origin]

    @cached_property
    def certificates(self) -> str:
        """The path of the file or directory of the certificates to trust.

        :raises NetworkSettingsError: When it does not exist.
        """
        from requests.utils import DEFAULT_CA_BUNDLE_PATH

        verify = self._settings.ca_bundle or True
        merged = self._environment.merge_environment_settings(self._settings.base_url, {}, None, verify, None)["verify"]
        path = DEFAULT_CA_BUNDLE_PATH if merged is True else str(merged)
        if not Path(path).exists():
            raise _unusable_certificates(path, "No such file or directory")
        return path

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS settings that urllib3 has with these certificates.

        :raises NetworkSettingsError: When the certificates cannot be read.
        """
        path = self.certificates
        try:
            return _tls_context(path, os.stat(path).st_mtime_ns)  # noqa: PTH116  # faster, once per request
        except (OSError, ssl.SSLError) as error:
            raise _unusable_certificates(path, error.strerror or type(error).__name__) from None

    def cause_of(self, error: Exception) -> Exception:
        """Return the reason of a failed connection: the error about the certificates, if they cannot be read."""
        import requests

        if isinstance(error, requests.exceptions.SSLError):
            try:
                self.tls_context()
            except NetworkSettingsError as unusable:
                return unusable
        return error


def needs_tls(address: Address, proxy: Proxy | None) -> bool:
    """Tell whether certificates are needed for an address, or for its proxy."""
    return "https" in (address.scheme, proxy.address.scheme if proxy else None)


@lru_cache(maxsize=8)
def _tls_context(path: str, _changed_at: int) -> ssl.SSLContext:
    """Load certificates, once per process: this takes some 30 ms, in which an event loop stands still."""
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    if Path(path).is_dir():
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)
    return context


def _unusable_certificates(path: str, reason: str) -> NetworkSettingsError:
    return NetworkSettingsError(
        f"the certificates {path} cannot be read ({reason})",
        "Correct ca_bundle in the connection's extra, or REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE in the environment of "
        "workers and triggerer.",
    )


def _parse_proxy(text: str) -> Proxy:
    scheme, _, rest = (text if "://" in text else f"http://{text}").partition("://")
    login, at, host = rest.rpartition("@")
    if scheme.lower().startswith("socks"):
        raise NetworkSettingsError(
            "the environment names a SOCKS proxy, which is not supported",
            "Write the URL of an HTTP proxy into HTTPS_PROXY and HTTP_PROXY, or the host into NO_PROXY.",
        )
    try:
        address = parse_address(f"{scheme}://{host}")
    except AddressError as error:
        raise NetworkSettingsError(
            f"the environment names a proxy whose URL is not valid ({error})",
            "Correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY.",
        ) from None
    return Proxy(address, f"{address.scheme}://{login}{at}{address.netloc}")
