"""Change single addresses in a piece of HTML, and no other byte."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from airflow_provider_canvas.api.storable import storable_text
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
    numbers_of: dict[str, list[int]] = defaultdict(list)
    for number, address in enumerate(addresses):
        numbers_of[_comparable(address.url)].append(number)
    new_urls: dict[int, str] = {}
    links_of_tag: dict[int, list[str]] = defaultdict(list)
    for change in changes:
        found = _find(numbers_of, change)
        if found is not None:
            new_urls[found] = change.new_url
            links_of_tag[addresses[found].tag_start].append(change.new_url)
    for number, address in enumerate(addresses):
        if address.attribute == API_ENDPOINT and number not in new_urls:
            links = links_of_tag.get(address.tag_start, ())
            endpoint = next(filter(None, (endpoint_of(address.url, url) for url in links)), None)
            if endpoint is not None:
                new_urls[number] = endpoint
    parts, position = [], 0
    for number in sorted(new_urls):
        address = addresses[number]
        parts += [html[position : address.start], _encoded(new_urls[number], address)]
        position = address.end
    return "".join([*parts, html[position:]])


def _find(numbers_of: Mapping[str, Sequence[int]], change: Change) -> int | None:
    """Return the number of the address that a change means; None if it is not certain."""
    same = numbers_of.get(_comparable(change.old_url), ())
    place = bisect_left(same, change.ordinal)
    if place < len(same) and same[place] == change.ordinal:
        return change.ordinal
    return same[0] if len(same) == 1 else None


def _comparable(url: str) -> str:
    """Return an address as the table of stale links has it."""
    return strip_url_secrets(storable_text(url))


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
