"""Change single addresses in a piece of HTML, and no other byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from airflow_provider_canvas.reconciliation.links.html_scan import TEXT, Address, scan
from airflow_provider_canvas.reconciliation.links.reference import parse_reference
from airflow_provider_canvas.security.redaction import strip_url_secrets

_API_ENDPOINT = "data-api-endpoint"
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
    is in the text exactly once. Otherwise the change is left out. The address of an API endpoint that stands in the
    same tag, and named the same object, follows.

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
        if address.attribute == _API_ENDPOINT and number not in new_urls:
            links = (n for n in new_urls if addresses[n].tag_start == address.tag_start)
            follows = (_endpoint(address.url, addresses[n].url, new_urls[n]) for n in links if addresses[n] != address)
            if endpoint := next(filter(None, list(follows)), None):
                new_urls[number] = endpoint
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


def _endpoint(endpoint: str, old_url: str, new_url: str) -> str | None:
    """Return the address in the API of a new target; None if the old one was not that of the old target."""
    old, new, api = parse_reference(old_url), parse_reference(new_url), parse_reference(endpoint)
    if old is None or new is None or api is None or not api.api:
        return None
    if (api.course_id, api.listing, api.target) != (old.course_id, old.listing, old.target):
        return None
    changed = api.with_target(new.course_id, new.target)
    return replace(changed, query=new.query if api.query == old.query else api.query).url


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
