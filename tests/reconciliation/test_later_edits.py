"""Test which assets of the destination count as edited after the copy, and what paired them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_canvas.reconciliation import AssetMap, Inventory, classify

ENDED = datetime(2026, 1, 5, 10, tzinfo=UTC)
NEW_QUIZ = {"is_quiz_lti_assignment": True}
SHELL = {"quiz_id": 3}
TOPIC = {"submission_types": ["discussion_topic"]}


def at(seconds: float) -> str:
    """Return a time as Canvas writes it, in seconds after the end of the copy."""
    return (ENDED + timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize(
    ("asset_type", "values", "expected"),
    [
        ("pages", {"updated_at": at(-30)}, False),
        ("pages", {"updated_at": at(0)}, False),
        ("pages", {"updated_at": at(1)}, True),
        ("pages", {"updated_at": at(86_400)}, True),
        ("pages", {}, None),
        ("pages", {"updated_at": "nonsense"}, None),
        ("assignments", {"updated_at": at(0)}, False),
        ("assignments", {"updated_at": at(1)}, True),
        ("assignments", {"updated_at": at(30), **SHELL}, False),
        ("assignments", {"updated_at": at(30), **TOPIC}, False),
        ("assignments", {"updated_at": at(61), **SHELL}, True),
        ("assignments", {"updated_at": at(86_400), **NEW_QUIZ}, None),
        ("files", {"updated_at": at(30)}, False),
        ("files", {"updated_at": at(61)}, True),
        ("modules", {}, None),
        ("quizzes", {}, None),
        ("module_items", {}, None),
        ("discussion_topics", {"updated_at": at(1)}, True),
    ],
)
def test_edited_after_the_copy(asset_type: str, values: dict[str, Any], expected: bool | None) -> None:
    """An update counts as an edit if Canvas does not make such updates by itself."""
    key = "page_id" if asset_type == "pages" else "id"
    source = Inventory.parse({"id": 1}, {asset_type: [{key: 1, "title": "A"}]})
    copy = Inventory.parse({"id": 2}, {asset_type: [{key: 9, "title": "A", **values}]})
    mapping = AssetMap.parse({asset_type: {"1": "9"}})
    (row,) = classify(source, copy, mapping, copy_ended_at=ENDED)
    assert (row.matched_by, row.changed_since_copy) == ("mapping", expected)
    (row,) = classify(source, copy, mapping)
    assert row.changed_since_copy is None


@pytest.mark.parametrize(
    ("source", "copy", "pairs", "expected"),
    [
        ([1], [9], {"1": "9"}, [("mapping", True)]),
        ([1], [], {"1": "9"}, [("mapping", None)]),
        ([], [9], {"1": "9"}, [("mapping", True)]),
        ([1], [9], {}, [("name", True)]),
        ([1], [10], {"1": "9"}, [("name", True)]),
        ([1], [], {}, [(None, None)]),
        ([], [9], {}, [(None, None)]),
    ],
)
def test_what_paired_two_assets(
    source: list[int], copy: list[int], pairs: dict[str, str], expected: list[tuple[str | None, bool | None]]
) -> None:
    """The mapping pairs also what is gone; an asset without another side is no copy that could be edited."""
    sides = [
        Inventory.parse(
            {"id": 1}, {"pages": [{"page_id": number, "title": "A", "updated_at": at(5)} for number in ids]}
        )
        for ids in (source, copy)
    ]
    rows = classify(sides[0], sides[1], AssetMap.parse({"pages": pairs}), copy_ended_at=ENDED)
    assert [(row.matched_by, row.changed_since_copy) for row in rows] == expected
