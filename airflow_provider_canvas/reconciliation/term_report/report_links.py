"""The links from the report of a term to the reports of its sections."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote

from airflow_provider_canvas.html.links import safe_link

_PLACE = re.compile(r"(?:(?P<store>[a-z][a-z0-9+.-]*://[^/]*))?(?P<path>/?[^\0]*)", re.IGNORECASE | re.DOTALL)


def report_link(section_uri: str | None, term_uri: str | None) -> str | None:
    """Return the link to the report of a section; None if a browser could not open it.

    If both reports are in the same storage, the link is relative, so that it works wherever the folder is opened.
    Otherwise only an http or https address becomes a link.

    :param section_uri: Where the report of the section is.
    :param term_uri: Where the report of the term is.
    """
    if not section_uri:
        return None
    store, path = _split(section_uri)
    term_store, term_path = _split(term_uri or "")
    if term_uri and store == term_store and path.startswith("/") == term_path.startswith("/"):
        relative = posixpath.relpath(path, posixpath.dirname(term_path) or ".")
        # The first segment must not be read as a scheme, nor any character as the start of a query or fragment.
        return f"./{quote(relative)}" if not relative.startswith("../") else quote(relative)
    is_web = store.lower().startswith(("http://", "https://"))
    return safe_link(store, section_uri) if is_web else None


def _split(uri: str) -> tuple[str, str]:
    """Return the storage of a URI, with its bucket, and the path in it. A local path has the storage of no name."""
    match = _PLACE.fullmatch(uri)
    store, path = (match["store"] or "", match["path"]) if match else ("", uri)
    return ("" if store.lower() == "file://" else store), path.partition("?")[0] if store else path
