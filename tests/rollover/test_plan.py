"""The verdict of a row from facts, for every combination of them."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.rollover.facts import CourseFacts, DestinationFacts, Migration
from airflow_provider_canvas.rollover.plan import CopyFacts, plan_copy
from airflow_provider_canvas.rollover.plan_result import PlanResult
from airflow_provider_canvas.rollover.verdicts import ACCEPTED, COPYING, OPTIONS, WORDS, PlanOptions, Verdict

SOURCE = CourseFacts(reference="1", course_id=1, name="Template")
DESTINATION = CourseFacts(reference="sis_course_id:S-2", course_id=2, name="Section", sis_course_id="S-2")
FACTS = DestinationFacts(may_import=True)
COPY = CopyFacts(line=7, source=SOURCE, destination=DESTINATION, facts=FACTS)
ROW = CopyRow(dest_course_id="2", source_course_id="1", content_migration_id="90", attempts=1)
RUNNING = Migration(id=91, state="running", source_course_id=1)
LAST = Migration(id=80, state="completed", source_course_id=1)
NOW = datetime(2026, 8, 1, tzinfo=UTC)


def with_facts(**facts: Any) -> CopyFacts:
    return replace(COPY, facts=replace(FACTS, **facts))


def with_source(**facts: Any) -> CopyFacts:
    return replace(COPY, source=replace(SOURCE, **facts))


def with_destination(**facts: Any) -> CopyFacts:
    return replace(COPY, destination=replace(DESTINATION, **facts))


def with_earlier(state: CopyState, *, is_unchanged: bool = True) -> CopyFacts:
    return replace(COPY, earlier=replace(ROW, state=state), is_unchanged=is_unchanged)


CASES: dict[str, tuple[CopyFacts, str, CopyState]] = {
    "nothing": (COPY, "will_copy", CopyState.PLANNED),
    "nothing is known": (replace(COPY, facts=None), "will_copy", CopyState.PLANNED),
    "rights are not known": (with_facts(may_import=None), "will_copy", CopyState.PLANNED),
    "duplicate": (replace(COPY, first_line=3), "duplicate", CopyState.REFUSED),
    "same course": (with_source(course_id=2), "same_course", CopyState.REFUSED),
    "unknown": (with_destination(course_id=None, problem="unknown"), "unknown", CopyState.REFUSED),
    "deleted": (with_destination(problem="deleted"), "deleted", CopyState.REFUSED),
    "deleted and not shown": (with_destination(course_id=None, problem="deleted"), "deleted", CopyState.REFUSED),
    "refused": (with_destination(course_id=None, problem="refused"), "no_right", CopyState.REFUSED),
    "source unknown": (with_source(course_id=None, problem="unknown"), "source_unknown", CopyState.REFUSED),
    "source deleted": (with_source(problem="deleted"), "source_deleted", CopyState.REFUSED),
    "source refused": (with_source(course_id=None, problem="refused"), "no_right", CopyState.REFUSED),
    "source not readable": (with_source(may_read=False), "no_right", CopyState.REFUSED),
    "not writable": (with_facts(may_import=False), "no_right", CopyState.REFUSED),
    "ambiguous": (with_destination(namesake="course 5"), "ambiguous", CopyState.REFUSED),
    "source ambiguous": (with_source(namesake="course 5"), "ambiguous", CopyState.REFUSED),
    "running": (with_facts(running=RUNNING), "busy", CopyState.PLANNED),
    "template": (with_facts(running=replace(RUNNING, is_template_copy=True)), "template_copy", CopyState.PLANNED),
    "concluded": (with_destination(is_concluded=True), "concluded", CopyState.PLANNED),
    "blueprint child": (with_facts(blueprint="course 9"), "blueprint_child", CopyState.REFUSED),
    "counted": (with_facts(counts={"pages": 1}), "not_empty", CopyState.PLANNED),
    "not counted": (with_facts(kinds={"modules", "home"}), "not_empty", CopyState.PLANNED),
    "counted and empty": (with_facts(kinds={"pages"}, counts={"pages": 0}), "will_copy", CopyState.PLANNED),
    "files only": (with_facts(kinds={"files", "home"}), "will_copy", CopyState.PLANNED),
    "copied before": (with_facts(counts={"pages": 1}, last_copy=LAST, changes=0), "not_empty", CopyState.PLANNED),
    "edited": (with_facts(counts={"pages": 1}, last_copy=LAST, changes=2), "recopied_over_edits", CopyState.REFUSED),
    "edited, as its reconciliation found": (
        with_facts(kinds={"pages"}, last_copy=LAST, known_edits=2),
        "recopied_over_edits",
        CopyState.REFUSED,
    ),
    "reconciled without edits": (
        with_facts(counts={"pages": 1}, last_copy=LAST, changes=0, known_edits=0),
        "not_empty",
        CopyState.PLANNED,
    ),
    "edited after another source": (
        with_facts(counts={"pages": 1}, last_copy=replace(LAST, source_course_id=4), changes=2),
        "not_empty",
        CopyState.PLANNED,
    ),
    "copied": (with_earlier(CopyState.COMPLETED), "already_copied", CopyState.COMPLETED),
    "copied with issues": (
        with_earlier(CopyState.COMPLETED_WITH_ISSUES),
        "already_copied",
        CopyState.COMPLETED_WITH_ISSUES,
    ),
    "copied otherwise": (with_earlier(CopyState.COMPLETED, is_unchanged=False), "will_copy", CopyState.PLANNED),
    "submitting": (with_earlier(CopyState.SUBMITTING), "in_progress", CopyState.SUBMITTING),
    "in flight": (with_earlier(CopyState.RUNNING, is_unchanged=False), "in_progress", CopyState.RUNNING),
    "failed": (with_earlier(CopyState.FAILED), "will_copy", CopyState.PLANNED),
    "refused before": (with_earlier(CopyState.REFUSED), "will_copy", CopyState.PLANNED),
    "already present before": (with_earlier(CopyState.ALREADY_PRESENT), "will_copy", CopyState.PLANNED),
}


@pytest.mark.parametrize(("copy", "verdict", "state"), CASES.values(), ids=CASES.keys())
def test_verdicts(copy: CopyFacts, verdict: str, state: CopyState) -> None:
    """Each fact leads to its verdict and state, with a sentence that ends with a full stop."""
    planned = plan_copy(copy, PlanOptions())
    assert (planned.verdict, planned.state) == (verdict, state)
    assert planned.detail.endswith((".", "'."))
    assert planned.copies is (state is CopyState.PLANNED)


def test_every_verdict_has_a_case() -> None:
    """No verdict is without a case, and each has words."""
    assert {verdict for _, verdict, _ in CASES.values()} == set(Verdict) - {"not_in_input"}
    assert set(WORDS) == set(Verdict)


@pytest.mark.parametrize("verdict", OPTIONS)
def test_each_value_of_an_option(verdict: Verdict) -> None:
    """A row is refused with ``fail``, present with ``skip``, and else copied; a refusal names the option."""
    copy = next(copy for copy, found, _ in CASES.values() if found == verdict)
    option = OPTIONS[verdict]
    for value in ACCEPTED[option]:
        planned = plan_copy(copy, replace(PlanOptions(), **{option: value}))
        expected = {"fail": CopyState.REFUSED, "skip": CopyState.ALREADY_PRESENT}.get(value, CopyState.PLANNED)
        assert (planned.verdict, planned.state) == (verdict, expected)
        assert (f"{option}={COPYING[option]!r}" in planned.detail) is (expected is not CopyState.PLANNED)
        assert "the copy" not in planned.detail  # there is none yet, and none at all if the row is refused
    with pytest.raises(CanvasInputError, match=option):
        PlanOptions.parse({option: "sometimes"})


ALWAYS_REFUSED = set(Verdict) - set(OPTIONS) - {"will_copy", "already_copied", "in_progress", "not_in_input"}


@given(
    parts=st.lists(st.sampled_from([copy for copy, _, _ in CASES.values() if copy.earlier is None]), max_size=4),
    options=st.builds(PlanOptions, **{name: st.sampled_from(values) for name, values in ACCEPTED.items()}),
)
def test_what_stands_against_a_copy_always_wins(parts: list[CopyFacts], options: PlanOptions) -> None:
    """Of several facts together, one that stands against the copy decides; a copied row has none of them."""
    together = COPY
    for part in parts:
        changed = {
            name: merged
            for name in ("source", "destination", "facts", "first_line")
            if (merged := _merged(getattr(together, name), getattr(part, name), getattr(COPY, name)))
            != getattr(together, name)
        }
        together = replace(together, **changed)
    alone = [plan_copy(part, options) for part in parts]
    planned = plan_copy(together, options)
    if any(each.verdict in ALWAYS_REFUSED for each in alone):
        assert not planned.copies
    if planned.copies:
        assert planned.verdict not in ALWAYS_REFUSED
    if planned.verdict in OPTIONS and asdict(options)[OPTIONS[planned.verdict]] == "fail":
        assert planned.state is CopyState.REFUSED


def _merged(one: Any, other: Any, default: Any) -> Any:
    """Return the parts of two values that differ from the default, together."""
    if not hasattr(default, "__dataclass_fields__") or one is None or other is None:
        return one if other in (default, None) else other  # what is not known hides nothing
    changed = {
        name: getattr(other, name)
        for name in default.__dataclass_fields__
        if getattr(other, name) not in (getattr(default, name), None)
    }
    return replace(one, **changed)


@pytest.mark.parametrize(
    ("course", "is_over"),
    [
        ({}, False),
        ({"workflow_state": "completed"}, True),
        ({"concluded": True}, True),
        ({"concluded": False, "term": {"end_at": "2026-07-01T00:00:00Z"}}, True),
        ({"term": {"end_at": "2026-09-01T00:00:00Z"}}, False),
        ({"term": {"end_at": None}}, False),
        ({"term": None}, False),
        ({"end_at": "2026-07-01T00:00:00Z"}, False),
        ({"end_at": "2026-07-01T00:00:00Z", "restrict_enrollments_to_course_dates": True}, True),
        (
            {
                "end_at": "2026-09-01T00:00:00Z",
                "restrict_enrollments_to_course_dates": True,
                "term": {"end_at": "2026-07-01T00:00:00Z"},
            },
            False,
        ),
        ({"term": {"end_at": "soon"}}, False),
    ],
)
def test_a_course_is_over(course: dict[str, Any], *, is_over: bool) -> None:
    """A course is over by its state, its own restricting dates, or the end of its term."""
    assert CourseFacts.parse("1", {"id": 1, **course}, now=NOW).is_concluded is is_over


ODD = st.sampled_from([None, True, 0, 7, "", "running", [], [1], {}, {"source_course_id": None}])


@given(st.dictionaries(st.sampled_from(["workflow_state", "migration_type", "settings", "user_id"]), ODD))
def test_odd_records_of_migrations(record: dict[str, Any]) -> None:
    """A migration with missing or odd fields never fails a plan."""
    facts = DestinationFacts.parse(
        migrations=[{"id": 1, **record}],
        may_import=None,
        blueprint=None,
        kinds=None,
        counts=None,
        changed_at=["", "2026"],
        last_copy_ended_at="never",
    )
    assert plan_copy(replace(COPY, facts=facts), PlanOptions()).detail


@pytest.mark.parametrize("changes", [0, 1, 7])
@pytest.mark.parametrize("counts", [{"pages": 1}, {"pages": 2, "modules": 1}])
def test_content_in_words(changes: int, counts: dict[str, int]) -> None:
    """Content is counted in words, and so is what changed since the last copy."""
    facts = replace(FACTS, counts=counts, kinds={"files", "home"}, last_copy=LAST, changes=changes)
    planned = plan_copy(replace(COPY, facts=facts), PlanOptions(if_edited="proceed"))
    assert ("1 page, files" if len(counts) == 1 else "2 pages, 1 module, files") in planned.detail
    expected = {0: "nothing changed", 1: "1 page or assignment changed", 7: "7 pages and assignments changed"}[changes]
    assert expected in planned.detail


def test_result_in_words() -> None:
    """The text of a result names the forecast, and how many rows have which verdict."""
    rows = [
        replace(ROW, dest_course_id=str(number), plan_verdict="will_copy", state=CopyState.PLANNED)
        for number in range(2)
    ]
    rows.append(replace(ROW, plan_verdict="unknown", plan_detail="x" * 1000, state=CopyState.REFUSED))
    result = PlanResult(
        batch="fall", canvas_instance="c", rows=rows, forecast={"requests": 1234, "seconds": 5400, "cost": 1}
    )
    lines = list(result.lines())
    assert lines[0].startswith("Plan of batch 'fall': 3 rows; 2 to copy, 1 refused, 0 need none. Expected: 1,234")
    assert "1 h 30 min" in lines[0]
    assert [" ".join(line.split()[:2]) for line in lines[1:3]] == ["2 will_copy", "1 unknown"]
    assert len(lines[3]) < 450
