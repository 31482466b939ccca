"""The files that a piece of HTML shows."""

from __future__ import annotations

import re

_FILE = re.compile(
    r"(?P<api>/api/v1)?(?:/(?P<context>\w+)/(?P<context_id>\w+))?/files/(?P<file_id>[0-9]+)(?![\w~])", re.ASCII
)


def shown_files(html: str | None, course_id: str) -> tuple[str, ...]:
    """Return the ids of the files that links and images in HTML show, as Canvas finds them when it copies.

    Those are ``/courses/<course>/files/<id>`` and ``/files/<id>``, whatever host is in front of them. Files that are
    shown by their path, by ``/media_attachments_iframe/<id>`` or by an address of the API (``data-api-endpoint``) do
    not come along on a Canvas of June 2023.

    :param html: The HTML; may be None.
    :param course_id: The course that the HTML belongs to. Files of other courses, users and groups are skipped.
    """
    if not html or "/" not in html:
        return ()
    shown = (
        match["file_id"]
        for match in _FILE.finditer(html)
        if not match["api"]
        and (match["context"] is None or (match["context"], match["context_id"]) == ("courses", course_id))
    )
    return tuple(dict.fromkeys(shown))
