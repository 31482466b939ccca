"""The thresholds of a batch: their names, their values, and the sentences of those that are exceeded."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.rollover.thresholds import FAIL_IF_KEYS, check_fail_if, exceeded_thresholds

COUNTS = {CopyState.COMPLETED: 970, CopyState.FAILED: 20, CopyState.LOST: 2, CopyState.NOT_TRIED: 8}
ISSUES = {"error": 5, "warning": 30, "todo": 1}
ROWS = [
    CopyRow(dest_course_id="1", source_course_id="9", row_number=2, state=CopyState.COMPLETED),
    CopyRow(
        dest_course_id="2", source_course_id="9", row_number=3, state=CopyState.FAILED, error_message="Disk is full.",
        state_detail="Try again.",
    ),
    CopyRow(
        dest_course_id="3", source_course_id="9", row_number=4, state=CopyState.COMPLETED_WITH_ISSUES, issues_error=5
    ),
    *(
        CopyRow(
            dest_course_id=str(n), source_course_id="9", row_number=n, state=CopyState.NOT_TRIED,
            state_detail="x" * 500,
        )
        for n in range(10, 18)
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fail_if", "exceeded"),
    [
        ({}, []),
        ({"failed": 20}, []),
        ({"failed": 19}, ["failed: 20 copies of 1,000 copies, at most 19 allowed"]),
        ({"failed": "2 %"}, []),
        ({"failed": "1.9%"}, ["failed: 20 copies of 1,000 copies, at most 1.9 % allowed"]),
        ({"failed": "19"}, ["failed: 20 copies of 1,000 copies, at most 19 allowed"]),
        ({"lost": 1.5, "not_tried": 8}, ["lost: 2 copies of 1,000 copies, at most 1.5 allowed"]),
        ({"unsuccessful": 21}, ["unsuccessful: 22 copies of 1,000 copies, at most 21 allowed"]),
        ({"running": 0, "refused": 0}, []),
        ({"issues_error": 5, "errors": 5}, []),
        ({"issues_error": 4}, ["issues_error: 5 unresolved issues of 1,000 copies, at most 4 allowed"]),
        ({"issues_todo": 0}, ["issues_todo: 1 unresolved issue of 1,000 copies, at most 0 allowed"]),
        ({"issues": 35}, ["issues: 36 unresolved issues of 1,000 copies, at most 35 allowed"]),
        ({"issues": "3 %"}, ["issues: 36 unresolved issues of 1,000 copies, at most 3 % allowed"]),
    ],
)
def test_thresholds(fail_if: dict[str, Any], exceeded: list[str]) -> None:
    """A count above its threshold, or above its percentage of all copies, fails."""
    assert exceeded_thresholds(fail_if, COUNTS, ISSUES) == [f"{sentence}." for sentence in exceeded]


def test_the_first_copies_concerned_are_named() -> None:
    """A sentence names the first five copies with their line and reason, and those of its own kind only."""
    failed, errors, not_tried = exceeded_thresholds(
        {"failed": 0, "issues_error": 0, "not_tried": "0 %"}, COUNTS, ISSUES, iter(ROWS)
    )
    assert failed.endswith("at most 0 allowed. First: course 2 (line 3) is failed: Disk is full. Try again.")
    assert errors.endswith("First: course 3 (line 4) is completed with issues.")
    assert not_tried.count("is not tried: xxx") == 5
    assert len(not_tried) < 2500


def test_a_batch_of_one_copy() -> None:
    """The sentence about the only copy of a batch is in the singular."""
    assert exceeded_thresholds({"failed": 0}, {CopyState.FAILED: 1}, {}) == [
        "failed: 1 copy of 1 copy, at most 0 allowed."
    ]


@pytest.mark.parametrize("key", FAIL_IF_KEYS)
def test_every_key_can_be_exceeded(key: str) -> None:
    """Each state, and each kind of issues, has a threshold that works."""
    counts = dict.fromkeys(CopyState, 1)
    assert exceeded_thresholds({key: 0}, counts, {"error": 1, "warning": 1, "todo": 1})
    assert not exceeded_thresholds({key: 100}, counts, {"error": 1, "warning": 1, "todo": 1})


@pytest.mark.parametrize(
    ("fail_if", "message"),
    [
        ({"fail": 0}, "did you mean 'failed'?"),
        ({"not tried": 0}, "did you mean 'not_tried'?"),
        ({"error": 0}, "did you mean 'errors'?"),
        ({5: 0}, "fail_if has an unknown key 5"),
        ({"failed": -1}, "fail_if['failed'] is -1; write a number from 0, such as 0 or 5, or a percentage"),
        ({"failed": True}, "write a number from 0"),
        ({"failed": None}, "write a number from 0"),
        ({"failed": float("nan")}, "write a number from 0"),
        ({"failed": "two"}, "or a percentage, such as '2 %'"),
        ({"failed": "101 %"}, "or a percentage, such as '2 %'"),
        ({"failed": "-1 %"}, "or a percentage, such as '2 %'"),
        ([("failed", 0)], "write a dict, such as {'failed': 0}"),
    ],
)
def test_what_is_no_threshold(fail_if: Any, message: str) -> None:
    """An unknown key, and a value that is no number from 0 and no percentage, is refused with what to write."""
    with pytest.raises(CanvasInputError) as error:
        check_fail_if(fail_if)
    assert message in str(error.value)
