"""Test the comparison of what Canvas's mapping does not have."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation import AssetRow, Status
from airflow_provider_canvas.reconciliation.assets import UNMAPPED_TYPES
from airflow_provider_canvas.reconciliation.unmapped import LISTINGS, compare_unmapped
from tests.reconciliation.unmapped.courses import (
    COPY_ID,
    DELETABLE,
    SOURCE_ID,
    Listings,
    course,
    courses,
    event,
    group,
    outcome,
    outcome_group,
    pristine,
    rubric,
    tab,
    tool,
)

BEGAN, ENDED = datetime(2026, 1, 5, 10, tzinfo=UTC), datetime(2026, 1, 5, 11, tzinfo=UTC)
BEFORE, AFTER = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
UNCHANGED = {Status.MATCHED, Status.EXPECTED_EXCLUDED}


def compare(source: Listings, destination: Listings, **options: Any) -> list[AssetRow]:
    """Compare two courses; by default everything was copied."""
    return compare_unmapped(
        source,
        destination,
        **{"copied_settings": True, "selected": None, "copy_began_at": BEGAN, "copy_ended_at": ENDED, **options},
    )


def statuses(source: Listings, destination: Listings, **options: Any) -> list[str]:
    """Return the statuses of all rows, sorted."""
    return sorted(str(row.status) for row in compare(source, destination, **options))


ESSAY, FORM = ("Thought", 6.0), ("Form", 4.0)

CASES: dict[str, tuple[str, list[Any], list[Any], list[str]]] = {
    "the same rubric": ("rubrics", [rubric(1, "A", ESSAY)], [rubric(9, "A", ESSAY)], ["matched"]),
    "no rubrics": ("rubrics", [], [], []),
    "a title with other spaces": ("rubrics", [rubric(1, "A  b")], [rubric(9, "A b")], ["matched_changed"]),
    "a rubric that did not arrive": ("rubrics", [rubric(1, "A", ESSAY)], [], ["missing_in_destination"]),
    "a rubric of the destination": ("rubrics", [], [rubric(9, "A")], ["orphan_in_destination"]),
    "other points": ("rubrics", [rubric(1, "A", ESSAY)], [rubric(9, "A", FORM)], ["matched_changed"]),
    "two rubrics of one title": (
        "rubrics",
        [rubric(1, "A", ESSAY), rubric(2, "A", FORM)],
        [rubric(9, "A", FORM), rubric(10, "A", ESSAY)],
        ["matched", "matched"],
    ),
    "one of two rubrics of one title": (
        "rubrics",
        [rubric(1, "A", ESSAY), rubric(2, "A", FORM)],
        [rubric(9, "A", FORM)],
        ["matched", "missing_in_destination"],
    ),
    "a second rubric of one title": (
        "rubrics",
        [rubric(1, "A", ESSAY)],
        [rubric(9, "A", ESSAY), rubric(10, "A", FORM)],
        ["duplicate", "matched"],
    ),
    "a renamed rubric": ("rubrics", [rubric(1, "A", ESSAY)], [rubric(9, "B", ESSAY)], ["matched_changed"]),
    "other rubrics that are empty": (
        "rubrics",
        [rubric(1, "A")],
        [rubric(9, "B")],
        ["missing_in_destination", "orphan_in_destination"],
    ),
    "two renamed rubrics of one content": (
        "rubrics",
        [rubric(1, "A", ESSAY), rubric(2, "B", ESSAY)],
        [rubric(9, "C", ESSAY), rubric(10, "D", ESSAY)],
        ["missing_in_destination"] * 2 + ["orphan_in_destination"] * 2,
    ),
    "another weight": ("assignment_groups", [group(1, "A", 40)], [group(9, "A", 50)], ["matched_changed"]),
    "another rule": (
        "assignment_groups",
        [group(1, "A", drop_lowest=1), group(2, "B", 10)],
        [group(9, "A"), group(10, "B", 10)],
        ["matched", "matched_changed"],
    ),
    "assignments that are never dropped": (
        "assignment_groups",
        [group(1, "A", never_drop=[5]), group(2, "B", 10)],
        [group(9, "A", never_drop=[77]), group(10, "B", 10)],
        ["matched", "matched"],
    ),
    "a series of events that was shifted by a week": (
        "calendar_events",
        [event(1, "Talk", "2026-01-05T10:00:00Z"), event(2, "Talk", "2026-01-12T10:00:00Z")],
        [event(9, "Talk", "2026-01-12T10:00:00Z"), event(10, "Talk", "2026-01-19T10:00:00Z")],
        ["matched", "matched"],
    ),
    "another event of that title": (
        "calendar_events",
        [event(1, "Talk", "2026-01-05T10:00:00Z")],
        [event(9, "Talk", "2026-01-05T10:00:00Z"), event(10, "Talk", "2026-01-12T10:00:00Z")],
        ["matched", "orphan_in_destination"],
    ),
    "the event of a section": (
        "calendar_events",
        [event(1, "Talk", context_code="course_section_4")],
        [],
        ["expected_excluded"],
    ),
    "an appointment": ("calendar_events", [event(1, "Talk", appointment_group_id=3)], [], ["expected_excluded"]),
    "another place": (
        "calendar_events",
        [event(1, "Talk", location_name="Hall")],
        [event(9, "Talk", location_name="Lab")],
        ["matched_changed"],
    ),
    "an event that was added later": ("calendar_events", [event(1, "Talk", created_at=AFTER)], [], ["added_since"]),
    "an event that was there before": (
        "calendar_events",
        [event(1, "Talk", created_at=BEFORE)],
        [],
        ["missing_in_destination"],
    ),
    "another launch URL": (
        "external_tools",
        [tool(1, "Books", "https://a.example")],
        [tool(9, "Books", "https://b.example")],
        ["matched_changed"],
    ),
    "a renamed tool": (
        "external_tools",
        [tool(1, "Books", "https://a.example")],
        [tool(9, "Library", "https://a.example")],
        ["matched_changed"],
    ),
    "sets of groups": ("group_categories", [{"id": 1, "name": "Labs"}], [], ["expected_excluded"]),
    "sets of groups that a teacher created": (
        "group_categories",
        [{"id": 1, "name": "Labs"}],
        [{"id": 9, "name": "Labs"}, {"id": 10, "name": "Pairs"}],
        ["matched", "orphan_in_destination"],
    ),
    "an outcome of an account": ("outcomes", [outcome(7, "Argues")], [outcome(7, "Argues", 9)], ["matched"]),
    "other points for mastery": (
        "outcomes",
        [outcome(1, "Argues")],
        [outcome(9, "Argues", mastery_points=4)],
        ["matched_changed"],
    ),
    "records that are no objects": ("rubrics", [None, 7, {"title": "no id"}], [[]], []),
    "records of strange types": (
        "rubrics",
        [{"id": 1, "title": {"a": 1}, "points_possible": "x", "data": [None, {"points": []}]}],
        [{"id": "9", "title": None, "data": "x"}],
        ["matched"],
    ),
}


@pytest.mark.parametrize(("listing", "source", "destination", "expected"), CASES.values(), ids=CASES)
def test_statuses(listing: str, source: list[Any], destination: list[Any], expected: list[str]) -> None:
    """Each pair and each thing of one side has the status of its case."""
    assert statuses({listing: source}, {listing: destination}) == expected


def test_what_paired_two_things() -> None:
    """A row says whether the name or the content paired its sides, and what differs."""
    source = {"rubrics": [rubric(1, "A", ESSAY), rubric(2, "B", FORM)]}
    rows = compare(source, {"rubrics": [rubric(9, "A", ESSAY), rubric(10, "C", FORM)]})
    assert [(row.source_asset_id, row.dest_asset_id, row.matched_by) for row in rows] == [
        ("1", "9", "name"),
        ("2", "10", "content"),
    ]
    assert [row.detail for row in rows] == ["", "title: 'B' -> 'C'"]
    assert {row.asset_key for row in rows} == {"source:1", "source:2"}
    assert (rows[0].points_source, rows[0].points_dest) == (6, 6)


def test_edits_after_the_copy() -> None:
    """A tool or event whose last update is later than the end of the copy was edited; without a time it is unknown."""
    source = {"external_tools": [tool(1, "A"), tool(2, "B"), tool(3, "C")]}
    copies = [tool(9, "A", updated_at=AFTER), tool(10, "B", updated_at=BEFORE), tool(11, "C")]
    rows = compare(source, {"external_tools": copies})
    assert [row.changed_since_copy for row in rows] == [True, False, None]
    unknown = compare(source, {"external_tools": copies}, copy_ended_at=None)
    assert {row.changed_since_copy for row in unknown} == {None}


@pytest.mark.parametrize("name", [*LISTINGS, "course"])
def test_a_listing_that_could_not_be_read(name: str) -> None:
    """Nothing is said about a type whose listing is absent on one side, and the others are compared."""
    full: Listings = {
        "assignment_groups": [group(1, "A", 10)],
        "calendar_events": [event(1, "A")],
        "external_tools": [tool(1, "A", "https://a.example")],
        "group_categories": [{"id": 1, "name": "A"}],
        "outcome_groups": [outcome_group(1, "Course 11"), outcome_group(2, "A", 1)],
        "outcomes": [outcome(1, "A", 2)],
        "rubrics": [rubric(1, "A")],
        "settings": [{"grading_standard_enabled": True, "allow_student_discussion_topics": True}],
        "tabs": [tab("home", 1)],
        "course": [course(SOURCE_ID, "<p>Read</p>", is_public=True, license="private")],
    }
    assert {row.asset_type for row in compare(full, full)} == set(UNMAPPED_TYPES)
    lacking = {key: records for key, records in full.items() if key != name}
    for sides in ((full, lacking), (lacking, full)):
        rows = compare(*sides)
        assert {str(row.status) for row in rows} <= {"matched", "expected_excluded"}
        assert len(rows) < len(compare(full, full)) or name == "settings"


@pytest.mark.parametrize(
    ("selected", "expected"),
    [
        ({"rubrics": [1]}, ["expected_excluded", "missing_in_destination"]),
        ({"rubrics": ["1", 2]}, ["missing_in_destination"] * 2),
        ({"rubrics": "all"}, ["missing_in_destination"] * 2),
        ({"pages": [1]}, ["expected_excluded"] * 2),
        ({}, ["expected_excluded"] * 2),
    ],
)
def test_selected_copies(selected: Any, expected: list[str]) -> None:
    """Of a copy of selected assets only what was selected by its type is expected."""
    source = {"rubrics": [rubric(1, "A", ESSAY), rubric(2, "B", FORM)]}
    assert statuses(source, {"rubrics": []}, selected=selected) == expected


def test_a_selected_copy_into_a_course_with_content() -> None:
    """What was not selected is no loss, whatever the destination has under its name."""
    source = {"rubrics": [rubric(1, "A", ESSAY), rubric(2, "B", FORM)]}
    destination = {"rubrics": [rubric(9, "A", ESSAY), rubric(10, "B", ESSAY)]}
    assert statuses(source, destination, selected={"pages": [1]}) == ["expected_excluded", "matched"]


def test_an_empty_default_group() -> None:
    """The only assignment group, if it is empty, is no loss: listing the groups creates one in a course without any."""
    listed: Listings = {"assignments": [], "assignment_groups": [group(1, "Assignments")]}
    there: Listings = {"assignments": [], "assignment_groups": [group(9, "Homework", 50)]}
    assert statuses(listed, there) == ["expected_excluded", "orphan_in_destination"]
    listed["assignments"] = [{"id": 5, "name": "Essay", "assignment_group_id": 1}]
    assert statuses(listed, there) == ["missing_in_destination", "orphan_in_destination"]


def test_a_renamed_group_of_assignments() -> None:
    """A group under another name is found by the assignments that are in it."""
    essay = {"id": 5, "name": "Essay", "assignment_group_id": 1}
    source = {"assignments": [essay], "assignment_groups": [group(1, "A", 30)]}
    copied = {"assignments": [{**essay, "assignment_group_id": 9}], "assignment_groups": [group(9, "B", 30)]}
    (row,) = compare(source, copied)
    assert (row.status, row.matched_by, row.detail) == (Status.MATCHED_CHANGED, "content", "title: 'A' -> 'B'")


@pytest.mark.parametrize(
    ("name_of_root", "copied_groups", "expected"),
    [
        ("Course 11", [outcome_group(9, "Course 22"), outcome_group(10, "A", 9)], ["matched"]),
        ("An older name", [outcome_group(9, "Course 22"), outcome_group(10, "A", 9)], ["matched"]),
        ("Course 11", [outcome_group(9, "Course 22")], ["missing_in_destination"]),
        ("Course 11", [], ["missing_in_destination"]),
    ],
)
def test_the_root_of_outcome_groups(name_of_root: str, copied_groups: list[Any], expected: list[str]) -> None:
    """The root has the name of the course, and is not compared; the groups below it are."""
    source: Listings = {
        "course": [{"id": SOURCE_ID, "name": "Course 11"}],
        "outcome_groups": [outcome_group(1, name_of_root), outcome_group(2, "A", 1)],
    }
    destination: Listings = {"course": [{"id": COPY_ID, "name": "Course 22"}], "outcome_groups": copied_groups}
    assert statuses(source, destination) == expected


def test_roots_that_hold_outcomes_themselves() -> None:
    """Two groups at the top, one on each side, are the roots of courses that were renamed since."""
    source = {"outcome_groups": [outcome_group(1, "Old name")], "outcomes": [outcome(1, "A", 1)]}
    copied = {"outcome_groups": [outcome_group(9, "New name")], "outcomes": [outcome(8, "A", 9)]}
    assert statuses(source, copied) == ["matched"]
    assert statuses(source, {"outcome_groups": [], "outcomes": []}) == ["missing_in_destination"] * 2


def test_ids_tell_what_is_younger_than_the_first_copy() -> None:
    """Where the destination has nothing older than the copy, a rubric with a higher id than all copies is new."""
    source = {"rubrics": [rubric(1, "A", ESSAY), rubric(50, "B", FORM)]}
    copied: Listings = {"rubrics": [rubric(9, "A", ESSAY)], "pages": [{"page_id": 1, "created_at": AFTER}]}
    assert statuses(source, copied) == ["added_since", "matched"]
    older = {**copied, "files": [{"id": 1, "created_at": BEFORE}]}
    assert statuses(source, older) == ["matched", "missing_in_destination"]
    assert statuses(source, copied, copy_began_at=None) == ["matched", "missing_in_destination"]


@given(courses(), st.booleans())
def test_a_pristine_copy(source: Listings, has_times: bool) -> None:
    """A copy of any course that nobody changed has no row that needs review, and each thing is in one row."""
    times = {} if has_times else {"copy_began_at": None, "copy_ended_at": None}
    rows = compare(source, pristine(source), **times)
    assert [row for row in rows if row.status not in UNCHANGED] == []
    keys = Counter((row.asset_type, row.asset_key) for row in rows)
    assert set(keys.values()) <= {1}
    excluded = [row for row in rows if row.status is Status.EXPECTED_EXCLUDED and row.asset_type != "assignment_groups"]
    assert {row.asset_type for row in excluded} <= {"groups", "calendar_events"}


@given(courses(), st.data())
def test_deleted_things_are_missing(source: Listings, data: st.DataObject) -> None:
    """After k things were deleted in the copy exactly k rows are missing, of their types."""
    copied = pristine(source)
    expected: Counter[str] = Counter()
    for name, asset_type in DELETABLE.items():
        if name == "assignment_groups" and len(copied[name]) == 1:
            continue  # the only one may be one that Canvas created by itself
        deleted = data.draw(st.sets(st.sampled_from(range(len(copied[name]))))) if copied[name] else set()
        copied[name] = [record for place, record in enumerate(copied[name]) if place not in deleted]
        expected[asset_type] += len(deleted)
    rows = compare(source, copied)
    missing = Counter(row.asset_type for row in rows if row.status is Status.MISSING_IN_DESTINATION)
    assert missing == +expected


@given(courses(), st.data())
def test_the_order_of_listings(source: Listings, data: st.DataObject) -> None:
    """The rows do not depend on the order in which Canvas lists things, also where some were deleted or renamed."""
    copied = pristine(source)
    for name in DELETABLE:
        copied[name] = copied[name][: data.draw(st.integers(0, len(copied[name])))]
    shuffled = [{name: data.draw(st.permutations(side[name])) for name in side} for side in (source, copied)]
    assert set(map(repr, compare(*shuffled))) == set(map(repr, compare(source, copied)))
