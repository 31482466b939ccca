"""The requests of the endpoints of content exports, and their errors for invalid parameters."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.content_exports import EXPORT_TYPES, ContentExports
from airflow_provider_canvas.api.parameters import Unchecked
from tests.api.wire import OWNERS, wire


@pytest.mark.parametrize(("context", "path"), OWNERS)
def test_every_context(context: dict[str, Any], path: str) -> None:
    """Courses, groups and users have exports, and each can be exported as a zip of its files."""
    path = f"{path}/content_exports"
    assert wire(ContentExports.list.call(per_page=3, **context)) == ("GET", path, [("per_page", "3")])
    assert wire(ContentExports.get.call(content_export_id=5, **context)) == ("GET", f"{path}/5", [])
    created = ContentExports.create.call(export_type="zip", select={"folders": [1], "files": [2, 3]}, **context)
    selected = [("select[folders][]", "1"), ("select[files][]", "2"), ("select[files][]", "3")]
    assert wire(created) == ("POST", path, [("export_type", "zip"), *selected])


@pytest.mark.parametrize("route", [ContentExports.list, ContentExports.get, ContentExports.create])
def test_accounts_have_no_exports(route: Any) -> None:
    """An account has no exports, and the error names the contexts that do."""
    own = {"get": {"content_export_id": 5}, "create": {"export_type": "zip"}}.get(route.__name__, {})
    with pytest.raises(ValueError, match="exactly one of course_id, group_id, user_id"):
        route.call(account_id=1, **own)


@pytest.mark.parametrize("export_type", [*EXPORT_TYPES, Unchecked("common_cartridge_2")])
def test_types_of_a_course(export_type: str) -> None:
    """A course can be exported as any type, with or without notifications."""
    call = ContentExports.create.call(
        course_id=22, export_type=export_type, skip_notifications=True, include=["migrated_quiz"]
    )
    assert wire(call) == (
        "POST",
        "courses/22/content_exports",
        [("export_type", export_type), ("skip_notifications", "true"), ("include[]", "migrated_quiz")],
    )


@pytest.mark.parametrize("context", ["group_id", "user_id"])
@pytest.mark.parametrize("export_type", sorted({*EXPORT_TYPES} - {"zip"}))
def test_types_of_groups_and_users(context: str, export_type: str) -> None:
    """Groups and users can only be exported as a zip, and the error says so."""
    with pytest.raises(ValueError, match=f"no {export_type} of {context[:-3]}s: only export_type='zip'"):
        ContentExports.create.call(export_type=export_type, **{context: 3})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"export_type": "commoncartridge"}, "Did you mean 'common_cartridge'"),
        ({"export_type": "zip", "select": {}}, "names no asset"),
        ({"export_type": "zip", "select": {"file": [1]}}, "Did you mean 'files'"),
        ({"export_type": "qti", "include": ["migrated_quizzes"]}, "Did you mean 'migrated_quiz'"),
    ],
)
def test_invalid_parameters(params: dict[str, Any], message: str) -> None:
    """A parameter that Canvas would refuse, or that would export too much, is an error that says what to write."""
    with pytest.raises(ValueError, match=message):
        ContentExports.create.call(course_id=22, **params)


def test_selectable_content() -> None:
    """The selectable content is one array, of types or of the items of one type."""
    call = ContentExports.content_list.call(course_id=22)
    assert (wire(call), call.json_type) == (("GET", "courses/22/content_list", []), list)
    assert wire(ContentExports.content_list.call(course_id=22, type="attachments"))[2] == [("type", "attachments")]
    with pytest.raises(ValueError, match="type 'files' is not one of"):
        ContentExports.content_list.call(course_id=22, type="files")
