"""The texts of a place with its links corrected, and whether two versions of its texts are the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.reconciliation.links.html_scan import scan
from airflow_provider_canvas.reconciliation.links.rewrite import Change, rewrite
from airflow_provider_canvas.reconciliation.links.same_content import same_content
from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.repair.places import Link
from airflow_provider_canvas.security.redaction import strip_url_secrets

Texts = Mapping[str, str]
"""The texts of a place by field."""

HTML_FIELDS = frozenset({"body", "description", "message", "syllabus_body"})
"""The fields with HTML. All others are one address."""

_WRONG_IN_PLACE = frozenset({Problem.WRONG_PAGE, Problem.LOST_ANCHOR})
"""Problems of addresses that lead to the destination: elsewhere in the text, the same address may be right."""

_FILE_QUERY = re.compile(r"(/files/\d+/(?:download|preview))\?([^\"'\s<>#]*)")
_PARAMETER = re.compile(r"(?P<separator>^|&amp;|&)(?P<name>[^=&]*)(?P<value>[^&]*)")


def corrected_texts(texts: Texts, links: Sequence[Link]) -> tuple[dict[str, str], list[Link]]:
    """Return the texts in which links are corrected, and the links that were found in them.

    An address is looked for at its number in the text. If the text was edited since, the first address with the same
    attribute and value counts that no other link means, unless the address is wrong only in its own place.

    :param texts: The texts.
    :param links: The links.
    """
    corrected, found = dict(texts), set[Link]()
    for field, text in texts.items():
        of_field = [link for link in links if link.field == field]
        if not of_field:
            continue
        if field not in HTML_FIELDS:
            here = [link for link in of_field if _clean(text.strip()) == _clean(link.url.strip())][:1]
            corrected[field] = here[0].right_url if here else text
        else:
            corrected[field], here = _corrected_html(text, of_field)
        found.update(here)
    return corrected, [link for link in links if link in found]


def _corrected_html(html: str, links: Sequence[Link]) -> tuple[str, list[Link]]:
    addresses = [(address.attribute, _clean(address.url)) for address in scan(html)]
    numbers: dict[int, Link] = {}
    moved = list[Link]()
    for link in links:
        here = addresses[link.ordinal] if link.ordinal < len(addresses) else None
        if here == (link.attribute, _clean(link.url)):
            numbers[link.ordinal] = link
        elif link.problem not in _WRONG_IN_PLACE and here != (link.attribute, _clean(link.right_url)):
            moved.append(link)  # else it was corrected before
    free: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in reversed(range(len(addresses)) if moved else ()):
        if number not in numbers:
            free[addresses[number]].append(number)
    for link in moved:
        if same := free[link.attribute, _clean(link.url)]:
            numbers[same.pop()] = link
    changes = [Change(number, link.url, link.right_url) for number, link in numbers.items()]
    return rewrite(html, changes), list(numbers.values())


def same_texts(one: Texts, other: Texts, hosts: Collection[str]) -> bool:
    """Return whether two versions of the texts of a place have the same content.

    :param one: One version.
    :param other: The other version.
    :param hosts: The hosts of the Canvas.
    """
    return one.keys() == other.keys() and all(
        same_content(text, other[field], hosts=hosts) if field in HTML_FIELDS else text == other[field]
        for field, text in one.items()
    )


def unedited(one: Texts, other: Texts) -> bool:
    """Return whether two readings of a place have the same texts, byte by byte, apart from verifiers.

    :param one: One reading.
    :param other: The other reading.
    """
    return {field: without_verifiers(text) for field, text in one.items()} == {
        field: without_verifiers(text) for field, text in other.items()
    }


def without_verifiers(html: str) -> str:
    """Return HTML without the verifiers that Canvas adds when it sends a text, and takes away when it stores one.

    These are the secrets of links to files of the form ``/files/N/download`` and ``/files/N/preview``. So a text
    without them is stored as the same text. A verifier in any other address is a part of the stored text, and stays.

    :param html: The HTML.
    """
    return _FILE_QUERY.sub(_without_verifier, html) if "verifier=" in html else html


def _without_verifier(match: re.Match[str]) -> str:
    parameters = [each for each in _PARAMETER.finditer(match[2]) if each["name"] != "verifier" and each[0]]
    kept = "".join(each[0] for each in parameters)
    kept = kept.removeprefix(parameters[0]["separator"]) if parameters else ""
    return f"{match[1]}?{kept}" if kept else match[1]


def _clean(url: str) -> str:
    return strip_url_secrets(storable_text(url))
