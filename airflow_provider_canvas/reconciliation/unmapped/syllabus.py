"""The syllabus: whether its text arrived.

A copy rewrites the links of the syllabus, and turns addresses that stand in its text into placeholders. So what is
compared is the text that a reader sees, without addresses, and the number of its images.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import to_objects, to_text
from airflow_provider_canvas.reconciliation.html_tokens import StartTag, Text, html_tokens
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status

_INVISIBLE = frozenset({"script", "style"})

_ADDRESS = re.compile(
    r"""\$(?:CANVAS|WIKI|IMS)[A-Z_-]*+\$   # what a copy makes of the address of an object
        | /courses/ | https?:// | /files/""",
    re.VERBOSE,
)
"""What makes an address of a text up to the next space: a copy swallows the full stop behind it."""


_BREAKS = frozenset(
    "address article aside blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table td th tr ul".split()  # noqa: SIM905
)
"""Tags that a reader sees as an end of a word."""


def visible_text(html: object) -> str:
    """Return the text that a reader of HTML sees, without addresses, with single spaces."""
    return _read(html)[0]


def _read(html: object) -> tuple[str, int]:
    """Return the visible text and the number of images."""
    if not isinstance(html, str) or not html.strip():
        return "", 0
    texts: list[str] = []
    images = hidden = 0
    for token in html_tokens(html):
        if isinstance(token, Text):
            texts.append("" if hidden else token.text)
            continue
        if isinstance(token, StartTag):
            images += token.name == "img"
            hidden += token.name in _INVISIBLE
        else:
            hidden -= token.name in _INVISIBLE and hidden > 0
        texts.append(" " if token.name in _BREAKS else "")
    words = "".join(texts).split()
    return " ".join(word for word in words if not _ADDRESS.search(word)), images


def compare_syllabus(
    source: Mapping[str, Sequence[Any]], destination: Mapping[str, Sequence[Any]], *, is_expected: bool
) -> list[AssetRow]:
    """Return the row of the syllabus; none if neither course has one, or it is not known whether they do.

    :param source: The listings of the source, with ``course``.
    :param destination: The listings of the destination, with ``course``.
    :param is_expected: Whether the copy was to bring it.
    """
    courses = [next(iter(to_objects(side.get("course"))), None) for side in (source, destination)]
    if any(course is None or "syllabus_body" not in course for course in courses):
        return []
    (before, after), ids = (
        [_read(course["syllabus_body"]) for course in courses if course],
        [to_text(course.get("id")) or "" for course in courses if course],
    )
    has_source, has_destination = any(before), any(after)
    if not has_source and not has_destination:
        return []
    if not has_source:
        status, detail = Status.ORPHAN_IN_DESTINATION, "the syllabus of the source is empty"
    elif before == after:
        status, detail = Status.MATCHED, ""
    elif not is_expected:
        status, detail = Status.EXPECTED_EXCLUDED, "the syllabus was not selected for this copy"
    elif not has_destination:
        status, detail = Status.MISSING_IN_DESTINATION, "the syllabus of the destination is empty"
    else:
        images = f"number of images: {before[1]} -> {after[1]}"
        status, detail = Status.MATCHED_CHANGED, "text: not the same" if before[0] != after[0] else images
    return [
        AssetRow(
            asset_type="syllabus",
            asset_key=f"source:{ids[0]}" if has_source else f"dest:{ids[1]}",
            status=status,
            detail=detail,
            in_source=has_source,
            in_destination=has_destination,
            source_asset_id=ids[0] if has_source else None,
            dest_asset_id=ids[1] if has_destination else None,
            source_title="Syllabus" if has_source else None,
            dest_title="Syllabus" if has_destination else None,
            matched_by="name" if has_source and has_destination else None,
        )
    ]
