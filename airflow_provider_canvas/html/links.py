"""The links of a report. Their addresses come from users of Canvas, so only safe ones become links."""

from __future__ import annotations

import string
from urllib.parse import quote

from airflow_provider_canvas.security.address import AddressError, parse_address
from airflow_provider_canvas.security.redaction import strip_url_secrets


def safe_link(base_url: str, address: str | None) -> str | None:
    """Return an address with its host and without secrets, or None if it must not be a link.

    Schemes other than http and https, addresses that contain a user or password, and odd spellings do not become links.

    :param base_url: Base URL of Canvas, for addresses without a host.
    :param address: The address; may be None.
    """
    if not address:
        return None
    text, hash_sign, fragment = strip_url_secrets(address.strip()).partition("#")
    try:
        url = parse_address(base_url).resolve(text).url
    except AddressError:
        return None
    return f"{url}{hash_sign}{quote(fragment, safe=string.punctuation)}"


def course_link(base_url: str, course_id: str) -> str | None:
    """Return the URL of a course's page in Canvas."""
    return safe_link(base_url, f"/courses/{quote(course_id, safe='')}") if course_id else None
