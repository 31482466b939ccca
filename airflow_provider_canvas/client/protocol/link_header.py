"""The ``Link`` header (RFC 8288), in any spelling that the RFC allows.

Well-known parsers accept a header that is broken, or lose links: requests splits at commas within quotes and addresses,
and knows one relation per link. A link that is lost would end a listing without a word, so this parser is strict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_LENGTH = 1 << 16
"""Characters of a header that are read."""

_SEPARATORS = re.compile(r"[,\s]*")
_TARGET = re.compile(r"<([^<>]*)>\s*")
_NAME = r"[!#$%&'*+\-.^_`|~\w]+"
_VALUE = r"""\"((?:[^\"\\]|\\.)*)\"|([^\s\";,]+)"""
_PARAMETER = re.compile(rf";\s*(?:({_NAME})\s*(?:=\s*(?:{_VALUE})\s*)?)?", re.ASCII)
_ESCAPED = re.compile(r"\\(.)")
_RELATION = re.compile(r"[a-z][a-z0-9.\-]*|[a-z][a-z0-9+.\-]*:\S*")
"""A registered relation, or a URL. A name in single quotes is neither."""


class LinkHeaderError(ValueError):
    """A ``Link`` header is broken."""


def targets(header: str, relation: str) -> list[str]:
    """Return the addresses of the links that have a relation, in order, as they are written.

    :param header: The header; several ones are joined by commas.
    :param relation: The relation in lower case, such as ``next``.
    :raises LinkHeaderError: When the header is broken.
    """
    return [target for target, relations in _links(header) if relation in relations]


def _links(header: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the address and the relations of each link."""
    if len(header) > MAX_LENGTH:
        raise LinkHeaderError(f"it has {len(header)} characters")
    position = _end(_SEPARATORS.match(header))
    while position < len(header):
        target = _TARGET.match(header, position)
        if target is None:
            raise LinkHeaderError(f"no address in angle brackets at character {position}")
        position, relations = target.end(), None
        while parameter := _PARAMETER.match(header, position):
            position = parameter.end()
            name, quoted, token = parameter.groups()
            if relations is None and (name or "").lower() == "rel":  # any further one does not count
                value = token if quoted is None else _ESCAPED.sub(r"\1", quoted)
                relations = (value or "").lower().split()
                if not all(map(_RELATION.fullmatch, relations)):
                    raise LinkHeaderError("a relation is not valid")
        if position < len(header) and header[position] != ",":
            raise LinkHeaderError(f"an unexpected character at {position}")
        yield target[1].strip(), relations or []
        position = _end(_SEPARATORS.match(header, position))


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0
