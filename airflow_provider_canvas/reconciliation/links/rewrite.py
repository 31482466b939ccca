"""Change single addresses in a piece of HTML, and no other byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from airflow_provider_canvas.reconciliation.links.api_endpoint import API_ENDPOINT, endpoint_of
from airflow_provider_canvas.reconciliation.links.html_scan import TEXT, Address, scan
from airflow_provider_canvas.security.redaction import strip_url_secrets

_NEEDS_QUOTES = re.compile(r"[\s\"'`<>]|^$")
_IN_STYLE = re.compile(r"[()\"'\\ ]")
_IN_SRCSET = re.compile(r"[ ,]")
_CONTROLS = re.compile(r"[\0-\x1f\x7f]")


@dataclass(frozen=True)
class Change:
    """One change of an address.

    :param ordinal: Number of the address in the text, as ``StaleLink.ordinal``.
    :param old_url: The address that is there, as ``StaleLink.url``: secrets in it are not compared.
    :param new_url: The address that should be there.
    """

    ordinal: int
    old_url: str
    new_url: str


def rewrite(html: str, changes: Sequence[Change]) -> str:
    """Return HTML in which some addresses are changed; every byte outside of these attribute values stays.

    An address that is not at its ordinal any more, since the text was edited, is changed where it stands alone: if it
    is in the text exactly once. Otherwise the change is left out. The endpoint of the API that stands in the same tag
    follows.

    :param html: The HTML; it may be malformed.
    :param changes: The changes.
    """
    addresses = scan(html)
    new_urls: dict[int, str] = {}
    for change in changes:
        number = _find(addresses, change)
        if number is not None:
            new_urls[number] = change.new_url
    for number, address in enumerate(addresses):
        if address.attribute == API_ENDPOINT and number not in new_urls:
            links = [new_urls[n] for n in new_urls if addresses[n].tag_start == address.tag_start]
            endpoints = [endpoint for url in links if (endpoint := endpoint_of(address.url, url))]
            if endpoints:
                new_urls[number] = endpoints[0]
    parts, position = [], 0
    for number in sorted(new_urls):
        address = addresses[number]
        parts += [html[position : address.start], _encoded(new_urls[number], address)]
        position = address.end
    return "".join([*parts, html[position:]])


def _find(addresses: Sequence[Address], change: Change) -> int | None:
    """Return the number of the address that a change means; None if it is not certain."""
    old_url = strip_url_secrets(change.old_url)
    same = [number for number, address in enumerate(addresses) if strip_url_secrets(address.url) == old_url]
    if change.ordinal in same:
        return change.ordinal
    return same[0] if len(same) == 1 else None


def _encoded(url: str, address: Address) -> str:
    """Return an address as it is written at its place: in an attribute, in a part of one, or in text."""
    url = _CONTROLS.sub(_percent, url)
    if address.attribute == TEXT:
        return escape(url, quote=False)
    if address.attribute == "style":
        url = _IN_STYLE.sub(_percent, url)
    elif address.attribute == "srcset":
        url = _IN_SRCSET.sub(_percent, url)
    elif address.is_part or not address.quote:
        url = url.replace(" ", "%20")
    escaped = escape(url, quote=False)
    if address.quote:
        return escaped.replace(address.quote, "&quot;" if address.quote == '"' else "&#39;")
    if address.is_part or not _NEEDS_QUOTES.search(escaped):
        return escaped
    return f'"{escaped.replace(chr(34), "&quot;")}"'


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"
