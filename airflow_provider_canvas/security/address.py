r"""Addresses from outside, read by one strict parser: the host that is checked is the host that is contacted.

Parsers of URLs disagree about odd spellings: one takes ``http://evil\@canvas/`` for the host ``evil``, another one for
``canvas``. So only spellings that every parser reads alike are accepted, and a transport contacts an :class:`Address`,
never a text. The host is written in its one normal form; path and query, which may be signed, are kept byte for byte.
"""

from __future__ import annotations

import ipaddress
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, quote, urlencode

MAX_LENGTH = 1 << 15
"""Longest address, in characters. A signed URL that contains a token has a few thousand."""

_DEFAULT_PORTS = {"https": 443, "http": 80}
_URL = re.compile(r"(?P<scheme>[^:/?#]+)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]*)\]|(?P<host>[^:\[\]]*))(?P<port>:.*)?", re.DOTALL)
_PORT = re.compile(r":([1-9][0-9]{0,4})")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_KEPT = "".join(sorted({*string.punctuation} - {"\\"}))
"""ASCII characters of a path or query that are sent as they are, besides letters and digits."""


class AddressError(ValueError):
    """An address that is not used. The message says why, without the address, which may contain a secret."""


@dataclass(frozen=True)
class Address:
    """An http or https URL in its normal form. Create it with :func:`parse_address`.

    :param scheme: ``http`` or ``https``.
    :param host: A name in lower case, with IDNA encoding; or an IP address, without brackets.
    :param port: The port, also if it is the default one.
    :param target: Path and query. They may be signed, so they are in no ``repr``.
    """

    scheme: str
    host: str
    port: int
    target: str = field(repr=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: the addresses of one server share them."""
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """The host, with the port if it is not the default one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The URL without path and query. It contains no secret."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def url(self) -> str:
        """The whole URL. It may contain a secret."""
        return f"{self.base_url}{self.target}"

    @property
    def path(self) -> str:
        """The path."""
        return self.target.partition("?")[0]

    def with_query(self, pairs: Sequence[tuple[str, str]]) -> Address:
        """Return the address with more parameters in its query."""
        if not pairs:
            return self
        return replace(self, target=f"{self.target}{'&' if '?' in self.target else '?'}{urlencode(pairs)}")

    def resolve(self, reference: str) -> Address:
        """Return the address that a reference stands for in a response of this address, such as a ``Location`` header.

        :param reference: A URL, or a part of one: ``//host/path``, ``/path``, ``name`` or ``?query``.
        :raises AddressError: When it does not stand for an address that can be used.
        """
        _check_characters(reference)
        if _SCHEME.match(reference):
            return parse_address(reference)
        if reference.startswith("//"):
            return parse_address(f"{self.scheme}:{reference}")
        path, question_mark, query = reference.partition("#")[0].partition("?")
        if not path:
            path = self.path
        elif not path.startswith("/"):
            path = _without_dot_segments(f"{self.path.rpartition('/')[0]}/{path}")
        return replace(self, target=_normal_target(f"{path}{question_mark}{query}"))


def parse_address(text: object) -> Address:
    """Return a URL as an address.

    :param text: The URL, as it was received.
    :raises AddressError: When it is not an http or https URL that every parser reads alike.
    """
    _check_characters(text)
    match = _URL.fullmatch(str(text))
    if match is None:
        raise AddressError("it does not begin with https:// and a host")
    scheme = match["scheme"].lower()
    if scheme not in _DEFAULT_PORTS:
        raise AddressError("its scheme is not http or https")
    if "@" in match["authority"]:
        raise AddressError("it contains a user or password")
    authority = _AUTHORITY.fullmatch(match["authority"])
    if authority is None:
        raise AddressError("its host is not valid")
    host = _normal_name(authority["host"]) if authority["ipv6"] is None else _normal_ipv6(authority["ipv6"])
    port = _DEFAULT_PORTS[scheme] if authority["port"] is None else _normal_port(authority["port"])
    return Address(scheme, host, port, _normal_target(match["target"]))


def query_value(url: str, name: str) -> str | None:
    """Return the first value of a parameter in the query of a URL that is not requested; ``None`` without it."""
    query = url.partition("?")[2].partition("#")[0]
    return next(iter(parse_qs(query, keep_blank_values=True).get(name, ())), None)


def _check_characters(text: object) -> None:
    if not isinstance(text, str):
        raise AddressError("it is not a text")
    if not text:
        raise AddressError("it is empty")
    if len(text) > MAX_LENGTH:
        raise AddressError(f"it is longer than {MAX_LENGTH} characters")
    if "\\" in text:
        raise AddressError("it contains a backslash")
    if " " in text or not text.isprintable():
        raise AddressError("it contains a space, or a character that cannot be seen")


def _normal_name(name: str) -> str:
    """Return the name of a host, or an IPv4 address, in its normal form.

    ``127.1``, ``0x7f000001`` and ``2130706433`` are refused: some resolvers read such numbers as IPv4 addresses.
    """
    name = name.lower()
    if not name.isascii():
        name = _idna(name)
    if name.endswith(".") and not _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        name = name[:-1]  # the same host, with a dot that says that the name is complete
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise AddressError("its host is not a name and not an IPv4 address of four decimal numbers") from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError("its host is not valid")
    return name


def _idna(name: str) -> str:
    """Return the ASCII form of an international name. Characters that only resemble those of a name are refused."""
    import idna

    try:
        return ".".join(label if label.isascii() else idna.alabel(label).decode("ascii") for label in name.split("."))
    except (idna.IDNAError, UnicodeError):
        raise AddressError("its host contains a character that no host name has") from None


def _normal_ipv6(text: str) -> str:
    try:
        return ipaddress.IPv6Address(text).compressed
    except ValueError:
        raise AddressError("its host is not a valid IPv6 address") from None


def _normal_port(text: str) -> int:
    match = _PORT.fullmatch(text)
    if match is None or int(match[1]) > 65535:
        raise AddressError("its port is not a number from 1 to 65535")
    return int(match[1])


def _normal_target(target: str) -> str:
    """Return path and query as they are sent: unchanged, if they are ASCII."""
    if not target.isascii():
        target = quote(target, safe=_KEPT)
    path, _, query = target.partition("?")
    return f"{path or '/'}?{query}" if query else path or "/"


def _without_dot_segments(path: str) -> str:
    """Return a path without ``.`` and ``..``, as RFC 3986 resolves them."""
    segments: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    if path.endswith(("/.", "/..")):
        segments.append("")
    return "/" + "/".join(segments)
