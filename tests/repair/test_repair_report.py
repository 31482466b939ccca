"""The HTML report of a repair: headlines, states, and texts of Canvas that try to be more than texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from airflow_provider_canvas.repair.lines import ChangeLine
from airflow_provider_canvas.repair.report.repair_report import MAX_UNFOLDED, render_repair_report
from airflow_provider_canvas.repair.states import MEANINGS, RepairState
from airflow_provider_canvas.repair.summary import exceeded, text_of


def line(number: int = 0, state: RepairState = RepairState.REPAIRED, **fields: str) -> ChangeLine:
    """Return a change."""
    values = {
        "course_id": "7",
        "place_type": "pages",
        "place_id": "12",
        "field": "body",
        "place_title": "Home",
        "place_url": "/courses/7/pages/home",
        "attribute": "href",
        "link_text": "home",
        "problem": "points_to_source",
        "before": "/courses/1/pages/home",
        "after": "/courses/7/pages/home",
        "detail": "The address was changed.",
    }
    return ChangeLine(**{**values, **fields}, ordinal=number, state=state)


def rendered(lines: Sequence[ChangeLine], *, dry_run: bool = False, undo: str | None = None) -> str:
    """Return the page."""
    return "".join(
        render_repair_report(
            lines,
            canvas_instance="canvas.example",
            base_url="https://canvas.example",
            run_id="manual__1",
            dry_run=dry_run,
            undo=undo,
            backup_path="s3://bucket/backups",
            reported_at=datetime(2026, 9, 1, 8, tzinfo=UTC),
        )
    )


@pytest.mark.parametrize(
    ("lines", "options", "headline"),
    [
        ([line()], {}, "1 of 1 link is repaired."),
        ([line(), line(1, RepairState.SKIPPED_LOCKED)], {}, "1 of 2 links is repaired."),
        ([line(0, RepairState.PLANNED)], {"dry_run": True}, "1 of 1 change would be made."),
        ([line(0, RepairState.PLANNED)], {"dry_run": True, "undo": "r"}, "1 of 1 change would be taken back."),
        ([line(0, RepairState.UNDONE)], {"undo": "r"}, "1 of 1 change is taken back."),
        ([], {}, "There is no stale link whose right address is known."),
        ([], {"undo": "r"}, "There is nothing to take back."),
    ],
)
def test_the_headline(lines: list[ChangeLine], options: dict[str, bool], headline: str) -> None:
    """The first sentence says what became of the links."""
    assert f"<h1>{headline}</h1>" in rendered(lines, **options)


def test_each_state_is_explained() -> None:
    """Every state has its words, and its class in the style sheet."""
    page = rendered([line(number, state) for number, state in enumerate(RepairState)])
    for state, meaning in MEANINGS.items():
        assert meaning.explanation.replace("'", "&#39;") in page
        assert f".{state.value}" in page
    assert set(MEANINGS) == set(RepairState)


def test_texts_of_canvas_are_only_texts() -> None:
    """Mark-up is escaped, secrets are removed, and dangerous addresses are no links."""
    page = rendered(
        [
            line(
                place_title="<script>alert(1)</script>",
                place_url="javascript:alert(1)",
                before="/courses/1/files/9/download?verifier=s3cret",
                detail="<b>x</b>",
            )
        ]
    )
    assert "<script>alert" not in page
    assert "s3cret" not in page
    assert 'href="javascript' not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_many_changes_are_folded() -> None:
    """The page shows the first changes, and has all."""
    page = rendered([line(number) for number in range(MAX_UNFOLDED + 50)])
    assert "<summary>50 more</summary>" in page
    assert page.count('data-symbol="✓"') == MAX_UNFOLDED + 50


def test_the_text_and_the_thresholds() -> None:
    """The text of many changes is short; thresholds count skipped changes together, too."""
    lines = [line(number, RepairState.SKIPPED_EDITED) for number in range(60)]
    assert "... and 10 more" in text_of(lines, dry_run=False, undo=False)
    assert exceeded(lines, {"skipped": 59, "failed": 0}) == ["60 changes are skipped, and 59 are allowed"]
    assert exceeded(lines, {"skipped_edited": 60}) == []
