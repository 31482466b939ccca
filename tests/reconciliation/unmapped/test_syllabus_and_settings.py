"""Test the comparison of the syllabus, and of the settings that a copy brings."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.reconciliation import AssetRow
from airflow_provider_canvas.reconciliation.unmapped import compare_unmapped
from airflow_provider_canvas.reconciliation.unmapped.syllabus import visible_text
from tests.reconciliation.unmapped.courses import COPY_ID, SOURCE_ID, Listings, course, tab


def compare(source: Listings, destination: Listings, *, copied: bool = True, selected: Any = None) -> list[AssetRow]:
    return compare_unmapped(source, destination, copied_settings=copied, selected=selected)


LINK = '<p>Read <a href="/courses/11/pages/home">the plan</a>.</p>'
COPIED_LINK = '<p>Read <a href="/courses/22/pages/home-2" data-api-returntype="Page">the plan</a>.</p>'
TEXT = "<p>See https://canvas.example/courses/11/pages/home. Then write.</p>"
COPIED_TEXT = "<p>See $WIKI_REFERENCE$/pages/home Then write.</p>"


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        ("", "", None),
        (None, "  ", None),
        ("<p> </p>", "", None),
        ("<p>Plan</p>", "<p>Plan</p>", "matched"),
        ("<p>Plan</p>", "<div><p>Plan</p>\n</div>", "matched"),
        ("<p>A &amp; B</p>", "<p>A &#38; B</p>", "matched"),
        (LINK, COPIED_LINK, "matched"),
        (TEXT, COPIED_TEXT, "matched"),
        ('<img src="/courses/11/files/1/preview">', '<img src="/courses/22/files/9/preview">', "matched"),
        ('<img src="/courses/11/files/1/preview">', "", "missing_in_destination"),
        ("<p>Plan</p>", "", "missing_in_destination"),
        ("<p>Plan</p>", None, "missing_in_destination"),
        ("", "<p>Plan</p>", "orphan_in_destination"),
        ("<p>Plan</p>", "<p>Plan of 2027</p>", "matched_changed"),
        ("<p>Plan</p><img>", "<p>Plan</p>", "matched_changed"),
        ("<p>One</p><p>Two</p>", "<p>OneTwo</p>", "matched_changed"),
        ("<p>Plan</p><script>x()</script>", "<p>Plan</p>", "matched"),
    ],
)
def test_syllabus(source: str | None, destination: str | None, expected: str | None) -> None:
    """The text arrived if a reader sees the same text, whatever became of links and addresses in it."""
    sides = [
        {"course": [{"id": SOURCE_ID, "syllabus_body": source}]},
        {"course": [{"id": 2, "syllabus_body": destination}]},
    ]
    rows = [row for row in compare(*sides) if row.asset_type == "syllabus"]
    assert [str(row.status) for row in rows] == ([expected] if expected else [])


@pytest.mark.parametrize(("destination", "expected"), [("", "expected_excluded"), ("<p>Plan</p>", "matched")])
def test_syllabus_of_a_selected_copy(destination: str, expected: str) -> None:
    """A copy of selected assets brings no syllabus."""
    sides = ({"course": [course(SOURCE_ID, "<p>Plan</p>")]}, {"course": [course(COPY_ID, destination)]})
    (row,) = (row for row in compare(*sides, selected={"pages": [1]}) if row.asset_type == "syllabus")
    assert row.status == expected


@pytest.mark.parametrize("html", ["<", "<p", "<!--", "<p>a</p", "&#xZZ;", "<a href='", 5, None, "\x00<p>a"])
def test_broken_html(html: object) -> None:
    """Any text can be read, and what is no text has none."""
    assert isinstance(visible_text(html), str)


@pytest.mark.parametrize("character", ["x", "\u6f22", "/", "$", "h", "/file"])
def test_long_text_without_spaces(character: str) -> None:
    """A text of many characters without a space, as in Chinese, takes linear time: this test would not end."""
    text = character * 300_000
    assert visible_text(f"<p>{text} plan</p>") == f"{text} plan"


SETTING_CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
    ({}, {}, {}),
    ({"default_view": "wiki"}, {"default_view": "modules"}, {"default_view": "home page: 'wiki' -> 'modules'"}),
    ({"is_public": True}, {"is_public": False}, {"visibility": "course is public: yes -> no"}),
    ({"is_public": None}, {"is_public": False}, {}),
    ({"is_public": False}, {"is_public": None}, {}),
    (
        {"is_public": True, "public_syllabus": False},
        {"is_public": None, "public_syllabus": True},
        {"visibility": "course is public: yes -> no; syllabus is public: no -> yes"},
    ),
    ({"license": "cc_by"}, {"license": "private"}, {"license": "license: 'cc_by' -> 'private'"}),
    ({"license": None}, {"license": "private"}, {}),
    ({"license": "cc_by"}, {"license": None}, {"license": "license: 'cc_by' -> 'private'"}),
    ({"default_view": None}, {"default_view": "wiki"}, {}),
    (
        {"apply_assignment_group_weights": True},
        {"apply_assignment_group_weights": False},
        {"grading": "weights of assignment groups: yes -> no"},
    ),
    ({"name": "A", "course_code": "A", "sis_course_id": "A"}, {"name": "B"}, {}),
]


@pytest.mark.parametrize(("before", "after", "expected"), SETTING_CASES)
def test_settings_of_the_course(before: dict[str, Any], after: dict[str, Any], expected: dict[str, str]) -> None:
    """Each setting that differs says how; one that was never set is off."""
    sides = ({"course": [{"id": 1, **before}]}, {"course": [{"id": 2, **after}]})
    rows = [row for row in compare(*sides) if row.asset_type == "course_settings"]
    assert {row.source_asset_id: row.detail for row in rows if row.status == "matched_changed"} == expected
    not_copied = [row for row in compare(*sides, copied=False) if row.detail]
    assert {str(row.status) for row in not_copied} <= {"expected_excluded"}
    assert [row.source_asset_id for row in not_copied] == list(expected)


@pytest.mark.parametrize(
    ("skips", "expected"),
    [
        ((), {"default_view": "matched_changed", "visibility": "matched_changed"}),
        (("visibility_settings",), {"default_view": "matched_changed", "visibility": "expected_excluded"}),
        (("all_course_settings",), {"default_view": "expected_excluded", "visibility": "expected_excluded"}),
    ],
)
def test_settings_that_a_copy_left_out(skips: tuple[str, ...], expected: dict[str, str]) -> None:
    """What ``importer_skips`` names is no loss."""
    sides = [{"course": [{"id": 1, "default_view": view, "is_public": view == "wiki"}]} for view in ("wiki", "feed")]
    rows = compare_unmapped(sides[0], sides[1], copied_settings=True, selected=None, importer_skips=skips)
    assert {row.source_asset_id: str(row.status) for row in rows} == expected


def test_options_of_the_course() -> None:
    """Options come from the settings of the course."""
    sides = (
        {"settings": [{"allow_student_discussion_topics": False}]},
        {"settings": [{"allow_student_discussion_topics": True}]},
    )
    with_course = [{**side, "course": [{"id": 1}]} for side in sides]
    (row,) = compare(*with_course)
    assert (row.source_asset_id, row.detail) == ("students", "students create discussions: no -> yes")


TABS = [tab("home", 1), tab("pages", 2), tab("files", 3, hidden=True), tab("quizzes", 4, unused=True)]
TOOL = {"type": "external", "label": "Library"}

NAVIGATION: dict[str, tuple[list[Any], list[Any], str]] = {
    "the same": (TABS, TABS, ""),
    "another order of the listing": (TABS, TABS[::-1], ""),
    "a tab that is hidden in the source": (TABS, [tab("files", 3)], "hidden in the source only: Files"),
    "a tab that is hidden in the copy": (TABS, [tab("pages", 2, hidden=True)], "hidden in the destination only: Pages"),
    "another order": (TABS, [tab("pages", 1), tab("home", 2)], "order: Home, Pages -> Pages, Home"),
    "hidden tabs in another order": (TABS, [tab("files", 1, hidden=True), tab("home", 2), tab("pages", 3)], ""),
    "a tab without content": ([tab("quizzes", 1)], [tab("quizzes", 1, unused=True, visibility="admins")], ""),
    "a tab that only one user may see": (TABS, TABS[:2], ""),
    "the copy of a tool": (
        [tab("context_external_tool_5", 1, **TOOL)],
        [tab("context_external_tool_99", 1, **TOOL)],
        "",
    ),
    "a tool that did not arrive": ([tab("context_external_tool_5", 1, **TOOL)], [], "not in the destination: Library"),
    "nonsense": ([None, 5, {"id": None}], [{"position": "x"}], ""),
}


@pytest.mark.parametrize(("before", "after", "expected"), NAVIGATION.values(), ids=NAVIGATION)
def test_navigation(before: list[Any], after: list[Any], expected: str) -> None:
    """Navigation differs if a tab is hidden on one side only, lacks a tool, or has another order."""
    (row,) = compare({"tabs": before}, {"tabs": after})
    assert row.detail == expected
    assert str(row.status) == ("matched_changed" if expected else "matched")
