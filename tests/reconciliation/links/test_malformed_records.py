"""Whatever Canvas sends, finding stale links raises no error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reconciliation.links.course_pair import COPY, SOURCE, find, listings

HTML = '<a href="/courses/14/pages/x#y">x</a>'
IDS: list[Any] = [None, 1, "x", [], {}, {"id": None}, {"id": {}}, {"id": True, "page_id": "?"}, {"id": 1, "url": 5}]
FIELDS = {
    **dict.fromkeys(("body", "description", "message", "question_text"), HTML),
    "answers": [1, {"html": HTML}],
    "items": [None, {"id": 3}],
    "custom": {"a": 1},
    "folder_id": [],
}
RECORDS = [{**FIELDS, **each} if isinstance(each, dict) else each for each in IDS]


@pytest.mark.parametrize("listing", [*listings(COPY), "quiz_questions", "lti_resource_links", "settings"])
def test_malformed_records(listing):
    """No record of Canvas, however malformed, raises an error in either course."""
    found: list[Any] = [RECORDS, None, "x", {}, 5]
    for records in found:
        find(HTML, source={**listings(SOURCE), listing: records})
        find(HTML, destination={**listings(COPY, HTML), listing: records})
