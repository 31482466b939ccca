"""Ids of the source in the addresses and custom parameters of tools, and in module items that are URLs."""

from __future__ import annotations

import pytest

from tests.reconciliation.links.course_pair import COPY, find, listings

CONTEXT = f"{14:040d}", f"{852:040d}"


def check(field, value):
    """Return what is found in one field of an LTI resource link."""
    link = {"id": 70, "title": "Reader", "lookup_uuid": "u", "url": "https://tool.example/launch"}
    link |= {"custom": {field.removeprefix("custom."): value}} if field.startswith("custom.") else {field: value}
    return find("", destination=listings(COPY, lti_resource_links=[link]))


@pytest.mark.parametrize(
    ("field", "value", "problem", "right"),
    [
        (
            "url",
            "https://tool.example/launch?course_id=14",
            "points_to_source",
            "https://tool.example/launch?course_id=852",
        ),
        ("url", "https://t.example/l?a=1&file_id=1#x", "source_id", "https://t.example/l?a=1&file_id=1341#x"),
        ("url", "https://t.example/l?group_set=5", "source_id", "https://t.example/l?group_set=55"),
        ("url", "https://t.example/courses/14/files/1", "points_to_source", "https://t.example/courses/852/files/1341"),
        (
            "url",
            "https://t.example/l?canvas_module_item_id=12",
            "source_id",
            "https://t.example/l?canvas_module_item_id=1279",
        ),
        (
            "url",
            "https://t.example/l?custom_canvas_course_id=1~14",
            "points_to_source",
            "https://t.example/l?custom_canvas_course_id=852",
        ),
        (
            "url",
            "https://t.example/l?fileId=1&courseId=14",
            "points_to_source",
            "https://t.example/l?fileId=1341&courseId=852",
        ),
        (
            "url",
            "https://via.example/?u=https%3A%2F%2Fcanvas.example%2Fcourses%2F14%2Ffiles%2F1%2Fdownload",
            "points_to_source",
            "https://via.example/?u=https%3A%2F%2Fcanvas.example%2Fcourses%2F852%2Ffiles%2F1341%2Fdownload",
        ),
        (
            "url",
            "https://canvas.example/courses/14/pages/home",
            "points_to_source",
            "https://canvas.example/courses/852/pages/home",
        ),
        (
            "url",
            "https://via.example/?u=https%3A%2F%2Fcanvas.example%2Fcourses%2F14&course_id=14&file_id=1",
            "points_to_source",
            "https://via.example/?u=https%3A%2F%2Fcanvas.example%2Fcourses%2F852&course_id=852&file_id=1341",
        ),
        ("custom.course_id", "14", "points_to_source", "852"),
        ("custom.canvas_course", "10000000000014", "points_to_source", "852"),
        ("custom.file", "1", "source_id", "1341"),
        ("custom.assignment_id", "2", "source_id", "1339"),
        ("custom.group_category_id", "5", "source_id", "55"),
        ("custom.context", CONTEXT[0], "points_to_source", CONTEXT[1]),
        ("custom.start", "/courses/14/quizzes/1?x=1", "points_to_source", "/courses/852/quizzes/345?x=1"),
        ("custom.url", "https://t.example/l?file_id=1", "source_id", "https://t.example/l?file_id=1341"),
        ("custom.page", "to-be-renamed", None, None),
        ("custom.file_id", "29", None, None),
        ("custom.file_id", "1341", None, None),
        ("custom.course_id", "852", None, None),
        ("custom.course_id", "$Canvas.course.id", None, None),
        ("custom.chapter", "14", None, None),
        ("custom.level", "1", None, None),
        ("url", "https://t.example/14/chapters/1?page=14&year=14", None, None),
        ("url", "https://t.example/l?file_id=1341&course_id=852", None, None),
    ],
)
def test_each_field_of_a_resource_link(field, value, problem, right):
    """An id of the source under a name that says so is replaced by that of the copy; any other number is left."""
    found = check(field, value)
    assert [(link.problem, link.right_url) for link in found] == ([(problem, right)] if problem else [])
    for link in found:
        assert (link.place_type, link.place_id, link.field, link.ordinal) == ("lti_resource_links", "70", field, 0)
        assert (link.url, link.attribute) == (value, "")
        assert check(field, right) == []


@pytest.mark.parametrize(
    ("course_id", "query", "right"),
    [
        (
            "852",
            "url=https%3A%2F%2Ft.example%2Fl%3Fcourse_id%3D14",
            "url=https%3A%2F%2Ft.example%2Fl%3Fcourse_id%3D852",
        ),
        (
            "852",
            "display=x&url=https%3A%2F%2Ft.example%2Fl%3Ffile_id%3D1&a=1",
            "display=x&url=https%3A%2F%2Ft.example%2Fl%3Ffile_id%3D1341&a=1",
        ),
        ("14", "url=https%3A%2F%2Ft.example%2Fl%3Fcourse_id%3D14", "url=https%3A%2F%2Ft.example%2Fl%3Fcourse_id%3D852"),
        ("852", "url=https%3A%2F%2Ft.example%2Fl%3Fchapter%3D14", None),
        ("852", "url=https%3A%2F%2Ft.example%2Fcourses%2F14", "url=https%3A%2F%2Ft.example%2Fcourses%2F852"),
    ],
)
def test_launches_in_texts(course_id, query, right):
    """The address of the tool that a link launches is checked like that of an LTI resource link."""
    found = find(f'<iframe src="/courses/{course_id}/external_tools/retrieve?{query}"></iframe>')
    expected = [f"/courses/852/external_tools/retrieve?{right}"] if right else []
    assert [link.right_url for link in found] == expected


@pytest.mark.parametrize(
    ("url", "right"),
    [
        (
            "https://proxy.example/login?u=https%3A%2F%2Fcanvas.example%2Fcourses%2F14%2Fpages%2Fhome#x",
            "https://proxy.example/login?u=https%3A%2F%2Fcanvas.example%2Fcourses%2F852%2Fpages%2Fhome#x",
        ),
        ("/login?return_to=%2Fcourses%2F14%2Fgrades&a=1", "/login?return_to=%2Fcourses%2F852%2Fgrades&a=1"),
        ("https://proxy.example/login?u=%2Fcourses%2F14", None),
        ("https://proxy.example/login?u=https%3A%2F%2Fother.example%2Fcourses%2F14", None),
    ],
)
def test_addresses_in_addresses(url, right):
    """An address of this Canvas in the query of another address is checked; a path of another site is not."""
    assert [link.right_url for link in find(f'<a href="{url}">x</a>')] == ([right] if right else [])


def test_an_asset_without_a_copy():
    """A tool's file that was not copied is reported with the reason, and without a right address."""
    source = listings("14")
    source["files"].append({"id": 29, "folder_id": 20, "display_name": "gone.txt"})
    links = [{"id": 70, "title": "R", "url": "https://t.example/l?course_id=14&file_id=29", "custom": {}}]
    found = find("", source=source, destination=listings(COPY, lti_resource_links=links))
    assert [(link.right_url, "no copy of file 29" in link.detail) for link in found] == [(None, True)]


def test_a_secret_in_the_address_of_a_tool():
    """An address whose right form holds a secret is stored without it, and is not repairable."""
    found = check("url", "https://t.example/l?course_id=14&token=abcdef123456")
    assert [(link.url, link.right_url) for link in found] == [("https://t.example/l?course_id=14", None)]
    assert "secret" in found[0].detail


def test_items_and_assignments_with_addresses():
    """URL items, tool items and the launch URL of a tool's assignment are places of their own, even if nested."""
    item = {
        "id": 9,
        "title": "Link",
        "type": "ExternalUrl",
        "external_url": "https://canvas.example/courses/14/pages/home",
    }
    tool = {"id": 8, "title": "Tool", "type": "ExternalTool", "external_url": "https://t.example/l?course=14"}
    page = {"id": 7, "title": "Page", "type": "Page", "external_url": None}
    assignment = {"id": 6, "name": "Tool", "external_tool_tag_attributes": {"url": "https://t.example/l?course_id=14"}}
    modules = [{"id": 339, "name": "Module", "items": [item, tool, page]}]
    found = find("", destination=listings(COPY, modules=modules, module_items=[], assignments=[assignment]))
    assert [(link.place_type, link.place_id, link.field, link.right_url) for link in found] == [
        ("module_items", "9", "external_url", "https://canvas.example/courses/852/pages/home"),
        ("module_items", "8", "external_url", "https://t.example/l?course=852"),
        ("assignments", "6", "external_tool_tag_attributes.url", "https://t.example/l?course_id=852"),
    ]


@pytest.mark.parametrize(
    ("custom", "expected"),
    [
        ({"course_id": 14}, {"custom.course_id": "852"}),
        ({"file_id": 1.0, "unit": 14, "on": True, "none": None}, {}),
        ({"canvas": {"course_id": "14", "unit": "14"}}, {"custom.canvas.course_id": "852"}),
        ({"files": [{"fileId": 1}, {"fileId": 1341}]}, {"custom.files.0.fileId": "1341"}),
        ({"canvas.course.id": "14"}, {"custom.canvas.course.id": "852"}),
        ({"links": ["https://canvas.example/courses/14"]}, {"custom.links.0": "https://canvas.example/courses/852"}),
    ],
)
def test_numbers_and_nested_values(custom, expected):
    """A custom parameter may be a number, or hold further values, each of which is found by its path."""
    links = [{"id": 70, "url": "https://tool.example/launch", "custom": custom}]
    found = find("", destination=listings(COPY, lti_resource_links=links))
    assert {link.field: link.right_url for link in found} == expected
