"""Test the verdicts on the New Quizzes of a copy."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.reconciliation import AssetMap, AssetRow, Inventory, classify
from airflow_provider_canvas.reconciliation.unmapped import with_new_quizzes
from airflow_provider_canvas.reconciliation.unmapped.new_quizzes import Verdict, new_quizzes_of

Listings = dict[str, list[Any]]


def side(number: int, record: dict[str, Any] | None, *, state: str = "published", api: bool = True) -> Listings:
    """Return the listings of a course with one New Quiz, and what its API responds for it."""
    quiz = {"id": number, "name": "Quiz", "is_quiz_lti_assignment": True, "workflow_state": state}
    listings: Listings = {"assignments": [quiz, {"id": number + 1, "name": "Essay"}]}
    if api:
        listings["new_quizzes"] = [] if record is None else [{"assignment_id": number, **record}]
    return listings


def usable(items: int | None) -> dict[str, Any]:
    """Return the record of a quiz that can be used."""
    return {"state": "ok", "quiz": {}, "item_count": items}


NOT_THERE = {"state": "not_there", "item_count": None}
FORBIDDEN = {"state": "the token's user may not read it", "item_count": None}


def rows_of(source: Listings, destination: Listings) -> list[AssetRow]:
    """Reconcile both assignments, with the verdicts."""
    inventories = [Inventory.parse({"id": 1}, listings) for listings in (source, destination)]
    mapping = AssetMap.parse({"assignments": {"10": "20", "11": "21"}})
    return with_new_quizzes(classify(inventories[0], inventories[1], mapping), source, destination)


@pytest.mark.parametrize(
    ("source", "copy", "status", "detail"),
    [
        (side(10, usable(3)), side(20, usable(3)), "matched", "New Quiz usable: 3 items"),
        (side(10, usable(1)), side(20, usable(1)), "matched", "New Quiz usable: 1 item"),
        (side(10, usable(3)), side(20, usable(2)), "matched_changed", "items of the New Quiz: 3 -> 2"),
        (side(10, usable(3)), side(20, usable(0)), "matched_changed", "items of the New Quiz: 3 -> 0"),
        (side(10, NOT_THERE), side(20, usable(2)), "matched", "New Quiz usable: 2 items"),
        (side(10, None, api=False), side(20, usable(2)), "matched", "New Quiz usable: 2 items"),
        (side(10, usable(3)), side(20, usable(None)), "matched", "New Quiz usable"),
        (side(10, usable(3)), side(20, NOT_THERE), "pending_quiz", "needs opening: "),
        (side(10, usable(3)), side(20, FORBIDDEN), "matched", "New Quiz not checked: the token's user may not read it"),
        (side(10, usable(3)), side(20, None), "matched", "New Quiz not checked: "),
        (side(10, usable(3)), side(20, {"state": None}), "matched", "New Quiz not checked: "),
        (side(10, usable(3)), side(20, None, api=False), "matched", "New Quiz not checked: the API of New Quizzes"),
        *(
            (side(10, usable(3)), side(20, NOT_THERE, state=state), "pending_quiz", "assignment 20 is in the state")
            for state in ("duplicating", "importing", "migrating", "outcome_alignment_cloning")
        ),
        *(
            (side(10, usable(3)), side(20, usable(3), state=state), "failed_quiz", "assignment 20 is in the state")
            for state in (
                "failed_to_duplicate",
                "fail_to_import",
                "failed_to_import",
                "failed_to_migrate",
                "failed_to_clone_outcome_alignment",
            )
        ),
    ],
)
def test_rows_of_new_quizzes(source: Listings, copy: Listings, status: str, detail: str) -> None:
    """The row of the assignment has the verdict; that of an assignment that is no New Quiz is unchanged."""
    quiz, essay = rows_of(source, copy)
    assert str(quiz.status) == status
    assert quiz.detail.startswith(detail)
    assert (str(essay.status), essay.detail) == ("matched", "")


def test_a_quiz_that_was_renamed_and_needs_opening() -> None:
    """What differs stays in the detail."""
    source, copy = side(10, usable(3)), side(20, NOT_THERE)
    copy["assignments"][0]["name"] = "Test"
    quiz = next(row for row in rows_of(source, copy) if row.dest_asset_id == "20")
    assert quiz.detail.startswith("title: 'Quiz' -> 'Test'; needs opening: ")


def test_a_quiz_of_the_destination() -> None:
    """A quiz that is not from the source keeps its status."""
    copy = side(20, NOT_THERE)
    rows = with_new_quizzes(
        classify(Inventory.parse({"id": 1}, {}), Inventory.parse({"id": 2}, copy), AssetMap.parse({})), {}, copy
    )
    assert [str(row.status) for row in rows] == ["orphan_in_destination"] * 2


@pytest.mark.parametrize(
    "records", [[None], [5], [{}], [{"assignment_id": None}], [{"assignment_id": 20, "state": 5, "item_count": "x"}]]
)
def test_records_that_are_not_understood(records: list[Any]) -> None:
    """Nothing that a service sends raises: the quiz is unknown."""
    listings = {**side(20, None), "new_quizzes": records}
    assert new_quizzes_of(listings)["20"].verdict is Verdict.UNKNOWN
