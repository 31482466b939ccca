"""The course search of an account checks its parameters before Canvas would refuse or ignore them."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest

from airflow_provider_canvas.api.accounts import Accounts


def test_parameters() -> None:
    """Parameters have Canvas's names, and omitted ones are left out."""
    call = Accounts.courses.call(
        account_id="sis_account_id:BIO",
        state=["created", "claimed"],
        enrollment_term_id="sis_term_id:2026SP",
        starts_before=datetime.date(2026, 6, 1),
        sort="course_name",
        order="desc",
    )
    assert (call.method, call.path) == ("GET", "accounts/sis_account_id:BIO/courses")
    assert call.params == {
        "state": ["created", "claimed"],
        "enrollment_term_id": "sis_term_id:2026SP",
        "starts_before": datetime.date(2026, 6, 1),
        "sort": "course_name",
        "order": "desc",
    }


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"state": ["unpublished"]}, "state 'unpublished' is not one of"),
        ({"state": "available"}, "state must be a list, such as ['available']"),
        ({"state": []}, "state is empty: name some"),
        ({"by_teachers": []}, "by_teachers is empty: name some"),
        ({"include": ["sections"]}, "include 'sections' is not one of"),
        ({"enrollment_type": ["StudentEnrollment"]}, "enrollment_type 'StudentEnrollment' is not one of"),
        ({"search_by": "code"}, "search_by 'code' is not one of"),
        ({"order": "desc"}, "order goes with sort"),
        ({"enrollment_term_id": ""}, "enrollment_term_id"),
    ],
)
def test_invalid_parameters(search: dict[str, Any], message: str) -> None:
    """A parameter that would not narrow the list as intended is an error that says what to write."""
    with pytest.raises(ValueError, match=re.escape(message)):
        Accounts.courses.call(account_id=1, **search)
