"""Tests of the fields of updates of content: what is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.canvas import get_route
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.parameters import Unchecked

IDS: dict[str, dict[str, Any]] = {
    "pages.update": {"course_id": 1, "url_or_id": "home"},
    "assignments.update": {"course_id": 1, "assignment_id": 2},
    "quizzes.update": {"course_id": 1, "quiz_id": 2},
    "calendar_events.update": {"event_id": 2},
    "modules.update_item": {"course_id": 1, "module_id": 2, "item_id": 3},
}
HASHES = {
    "pages.update": "wiki_page",
    "assignments.update": "assignment",
    "quizzes.update": "quiz",
    "calendar_events.update": "calendar_event",
    "modules.update_item": "module_item",
}


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("changes", [{}, {"bodie": "x"}, "<p>New</p>", None, [("title", "x")]], ids=repr)
def test_an_update_that_changes_nothing_is_refused(name: str, changes: Any) -> None:
    """No field, an unknown field and anything but a dict are refused; the message shows what to write."""
    with pytest.raises(CanvasInputError, match=HASHES[name]):
        get_route(name).call_with({**IDS[name], HASHES[name]: changes})


@pytest.mark.parametrize("name", ["pages.update", "assignments.update", "quizzes.update"])
def test_notify_of_update_alone_changes_nothing(name: str) -> None:
    """A notification is no change."""
    with pytest.raises(CanvasInputError, match="changes nothing"):
        get_route(name).call_with({**IDS[name], HASHES[name]: {"notify_of_update": False}})


def test_none_clears_a_field_and_a_new_key_is_sent_unchecked() -> None:
    """``None`` is sent as an empty value; ``Unchecked`` keys are sent as they are, and booleans are parsed."""
    changes = {"publish_at": None, Unchecked("newer"): "x", "published": "true"}
    call = get_route("pages.update").call_with({**IDS["pages.update"], "wiki_page": changes})
    assert call.params == {"wiki_page": {"publish_at": "", "newer": "x", "published": True}}


def test_a_topic_without_a_change_is_refused() -> None:
    """An update of a topic needs at least one field."""
    with pytest.raises(CanvasInputError, match="message"):
        get_route("discussion_topics.update").call_with({"course_id": 1, "topic_id": 2})


@pytest.mark.parametrize(
    ("changes", "message"),
    [({}, "changes nothing"), ({"custom": {}}, "empty"), ({"custom": {"a": 7}}, "takes only text, such as '7'")],
)
def test_an_lti_resource_link_takes_only_text(changes: dict[str, Any], message: str) -> None:
    """An update without a change, with no custom parameter, and with one that is no text is refused."""
    with pytest.raises(CanvasInputError, match=message):
        get_route("lti_resource_links.update").call_with({"course_id": 1, "resource_link_id": 2, **changes})
