"""Plans of a batch of copies: what the ledger gets, what a later plan changes, and how many requests a plan takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from canvas_emulator.jobs.blueprint import associate
from canvas_emulator.model.content import Page
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.records import AccessToken, User
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.pages import course_includes, course_shape
from canvas_emulator.seeds.term import term_shells, term_world
from canvas_emulator.seeds.term_situations import SITUATIONS

from airflow_provider_canvas.client.errors import CanvasAuthenticationError, CanvasError
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.rollover.plan_result import PlanResult
from tests.conftest import QUICK_JOBS
from tests.support.planned_term import TEMPLATE, PlannedTerm, row, section
from tests.support.task_attempt import Attempt

TOKEN = "7~token-of-the-tests"
SHELLS = 240
FIRST = 2001


@pytest.fixture
def world() -> World:
    return term_world(settings=replace(Settings(), **QUICK_JOBS), token=TOKEN, sections=SHELLS, situations=True)


@pytest.fixture
def term(tmp_path: Path, connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> PlannedTerm:
    database = json.dumps({"conn_type": "sqlite", "host": f"{tmp_path}/ledger.db"})
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", database)
    return PlannedTerm(tmp_path, connection, world)


def carry_out(term: PlannedTerm, **options: Any) -> Any:
    """Copy the batch as a task does, and return its result."""
    task = CanvasBulkCourseCopyOperator(
        task_id="copy", batch=term.batch, sql_conn_id="warehouse", deferrable=False, poll_interval=0.2, **options
    )
    return task.execute(Attempt().context(task))


def stored(term: PlannedTerm) -> dict[str, tuple[str | None, CopyState]]:
    """Return verdict and state of each row of the ledger."""
    return {row.dest_course_id: (row.plan_verdict, row.state) for row in term.ledger.rows()}


def shells(number: int) -> list[dict[str, Any]]:
    """Return rows that copy its template into each of the first shells."""
    return [row(f"sis_course_id:{shell.sis_course_id}", shell.template_id) for shell in term_shells(number)]


def requests_of(world: World, plan: Callable[[], PlanResult]) -> tuple[int, PlanResult]:
    """Return how many requests a plan takes, and the plan."""
    before = len(world.requests)
    result = plan()
    return len(world.requests) - before, result


def test_a_row_of_the_ledger(term: PlannedTerm) -> None:
    """The ledger has ids as text, names, the request, labels, the verdict, and the page of the destination."""
    term.plan([row("sis_course_id:2026FA-PLAN-EMPTY", new_start_date="2026-08-24", campus="North")])
    (planned,) = term.ledger.rows()
    assert (planned.dest_course_id, planned.source_course_id, planned.row_number) == ("901", str(TEMPLATE), 1)
    assert (planned.dest_as_written, planned.dest_sis_course_id) == (
        "sis_course_id:2026FA-PLAN-EMPTY",
        "2026FA-PLAN-EMPTY",
    )
    assert planned.source_sis_course_id == "TMPL-BIOL1010"
    assert planned.dest_course_name == "Section: nobody has worked in it"
    assert dict(planned.request) == {"new_start_date": "2026-08-24"}
    assert dict(planned.labels) == {"campus": "North"}
    assert (planned.plan_verdict, planned.state, planned.lane) == ("will_copy", "planned", "api")
    assert (planned.page_url or "").endswith("/courses/901/content_migrations")
    assert planned.planned_at is not None
    assert planned.attempts == 0


def test_all_forms_of_an_id_are_one_destination(term: PlannedTerm, world: World) -> None:
    """Rows that name one course in different forms are duplicates of the first, each with a row that says so."""
    world.settings.change({"sharded": True})
    world.tables.courses[901].uuid = "b" * 40
    forms = [
        901,
        "sis_course_id:2026FA-PLAN-EMPTY",
        "1~901",
        str(10_000_000_000_000 + 901),
        f"hex:sis_course_id:{b'2026FA-PLAN-EMPTY'.hex()}",
        f"lti_context_id:{'b' * 40}",
        f"uuid:{'b' * 40}",
    ]
    result = term.plan([row(form) for form in forms])
    assert [each.plan_verdict for each in result.rows] == ["will_copy"] + ["duplicate"] * (len(forms) - 1)
    assert all("line 1" in (each.plan_detail or "") for each in result.rows[1:])
    assert list(stored(term)) == ["901", *(f"901 (line {line})" for line in range(2, len(forms) + 1))]
    assert carry_out(term)["states"] == {"refused": len(forms) - 1, "completed": 1}
    assert len(term.migrations(901)) == 1


def test_unknown_destinations_are_told_apart(term: PlannedTerm) -> None:
    """A destination that Canvas does not know keeps its id as written; the same one twice is a duplicate."""
    term.plan([row("sis_course_id:NO"), row("sis_course_id:NO"), row("sis_course_id:NO-2"), row(999999)])
    assert stored(term) == {
        "sis_course_id:NO": ("unknown", "refused"),
        "sis_course_id:NO (line 2)": ("duplicate", "refused"),
        "sis_course_id:NO-2": ("unknown", "refused"),
        "999999": ("unknown", "refused"),
    }


def test_the_bulk_copy_does_what_was_planned(term: PlannedTerm, world: World) -> None:
    """Of a section in each situation, exactly the planned ones are copied, each once; the others get no request."""
    rows = [
        row(each.course_id or f"sis_course_id:{each.sis_course_id}")
        for each in SITUATIONS
        if each.name not in ("copy_running", "copy_queued", "template_copy")  # these migrations do not end
    ]
    result = term.plan(rows)
    before = {each.dest_course_id: len(term.migrations(int(each.dest_course_id))) for each in _numbered(result)}
    states = carry_out(term)["states"]
    for each in _numbered(result):
        made = len(term.migrations(int(each.dest_course_id))) - before[each.dest_course_id]
        assert made == (each.state is CopyState.PLANNED), each
    assert states["refused"] == result.refused
    assert sum(states.values()) == len(rows)
    assert result.copies == sum(states.get(state, 0) for state in ("completed", "completed_with_issues"))


def _numbered(result: PlanResult) -> list[Any]:
    return [each for each in result.rows if each.dest_course_id.isdecimal()]


class TestPlanningAgain:
    """A later plan of the same batch."""

    def test_the_same_input(self, term: PlannedTerm) -> None:
        """The second plan of the same input is the same."""
        term.plan(shells(12))
        first = stored(term)
        term.plan(shells(12))
        assert stored(term) == first

    def test_what_was_copied_stays(self, term: PlannedTerm, world: World) -> None:
        """A copied row is not copied again; only what is new is, and rows that failed may be."""
        term.plan(shells(3))
        carry_out(term)
        copied = {each.dest_course_id: each for each in term.ledger.rows()}
        result = term.plan(shells(5))
        assert [str(each.plan_verdict) for each in result.rows] == ["already_copied"] * 3 + ["will_copy"] * 2
        assert [each for each in term.ledger.rows() if each.dest_course_id in copied] == list(copied.values())
        assert carry_out(term)["states"] == {"completed": 5}
        assert all(len(term.migrations(FIRST + number)) == 1 for number in range(5))

    def test_a_complete_batch_costs_few_requests(self, term: PlannedTerm, world: World) -> None:
        """Of destinations that were copied, only the courses are looked up: 240 of them in a few pages."""
        term.plan(shells(SHELLS))
        term.ledger.update([replace(each, state=CopyState.COMPLETED) for each in term.ledger.rows()])
        count, result = requests_of(world, lambda: term.plan(shells(SHELLS)))
        assert result.counts == {"already_copied": SHELLS}
        assert count <= 25

    def test_rows_that_the_input_has_no_longer(self, term: PlannedTerm) -> None:
        """A row that was never tried is removed; one that was tried stays, and says that it is not in the input."""
        term.plan([*shells(4), row("sis_course_id:NO")])
        first, second, *_ = term.ledger.rows()
        term.ledger.update(
            [
                replace(first, state=CopyState.COMPLETED, attempts=1, content_migration_id="77"),
                replace(second, state=CopyState.FAILED, attempts=1, content_migration_id="78"),
            ]
        )
        result = term.plan(shells(4)[2:3])
        assert stored(term) == {
            "2001": ("not_in_input", "completed"),
            "2002": ("not_in_input", "failed"),
            "2003": ("will_copy", "planned"),
        }
        assert [each.dest_course_id for each in result.removed] == ["2004", "sis_course_id:NO"]
        text = result.as_xcom()["text"]
        assert "no longer has them: sis_course_id:" in text
        assert "sis_course_id:NO" in text
        assert "Tried before" in text

    def test_a_row_in_flight_stays(self, term: PlannedTerm) -> None:
        """A row that Canvas is working on stays as it is, also if the input has changed."""
        term.plan(shells(1))
        (planned,) = term.ledger.rows()
        term.ledger.update([replace(planned, state=CopyState.RUNNING, attempts=1, content_migration_id="77")])
        changed = [{**shells(1)[0], "remove_dates": True}]
        (result,) = term.plan(changed).rows
        assert (result.plan_verdict, result.state) == ("in_progress", "running")
        assert "has changed since" in (result.plan_detail or "")
        (kept,) = term.ledger.rows()
        assert (kept.state, kept.content_migration_id, dict(kept.request)) == ("running", "77", {})
        term.plan([])
        (kept,) = term.ledger.rows()
        assert (kept.state, kept.plan_verdict) == ("running", "not_in_input")

    def test_a_changed_request_copies_again(self, term: PlannedTerm, world: World) -> None:
        """A copied row whose parameters changed is planned again, unless its content was changed since."""
        term.plan(shells(2))
        carry_out(term)
        page = world.live(Page, FIRST)[0]
        changed = [{**each, "new_start_date": "2026-08-24"} for each in shells(2)]
        with world.lock:  # Canvas's times have seconds, so a change in the second of the copy's end is not seen
            page.body, page.updated_at = "<p>Mine.</p>", world.clock.now() + timedelta(seconds=1)
        result = term.plan(changed)
        assert [str(each.plan_verdict) for each in result.rows] == ["recopied_over_edits", "not_empty"]
        assert stored(term) == {"2001": ("recopied_over_edits", "completed"), "2002": ("not_empty", "planned")}
        assert carry_out(term)["states"] == {"completed": 2}
        assert [len(term.migrations(FIRST)), len(term.migrations(FIRST + 1))] == [1, 2]
        assert page.body == "<p>Mine.</p>"

    def test_an_sis_id_that_moved_to_another_course(self, term: PlannedTerm, world: World) -> None:
        """An SIS id that now means another course is a new destination: the copy of the old one does not count."""
        term.plan(shells(1))
        carry_out(term)
        old = world.tables.courses[FIRST]
        world.tables.courses[9999] = replace(old, id=9999, uuid="c" * 40)
        old.sis_course_id = None
        world.indexes.clear()
        term.plan(shells(1))
        assert stored(term) == {"2001": ("not_in_input", "completed"), "9999": ("will_copy", "planned")}

    def test_a_copied_row_has_the_line_and_the_labels_of_the_last_input(self, term: PlannedTerm) -> None:
        """A later input that has a copied row elsewhere, or with other labels, changes these, and copies nothing."""
        term.plan([{**each, "campus": "North"} for each in shells(2)])
        carry_out(term)
        first, second = term.ledger.rows()
        term.plan([*shells(4)[2:], {**shells(1)[0], "campus": "South"}])
        term.plan([*shells(4)[2:], *({**each, "campus": "South"} for each in shells(2))])
        rows = {each.dest_course_id: each for each in term.ledger.rows()}
        assert rows[first.dest_course_id] == replace(first, row_number=3, labels={"campus": "South"})
        listed = rows[second.dest_course_id]
        assert (listed.plan_verdict, listed.row_number, listed.labels) == ("already_copied", 4, {"campus": "South"})
        assert (listed.state, listed.content_migration_id) == ("completed", second.content_migration_id)
        assert carry_out(term)["copied"] == 2

    @pytest.mark.parametrize(
        ("parameters", "verdict"),
        [
            ({"overwrite_quizzes": False, "import_blueprint_settings": "0", "importer_skips": "[]"}, "already_copied"),
            ({"remove_dates": "FALSE"}, "already_copied"),
            ({"overwrite_quizzes": True}, "not_empty"),
            ({"insert_into_module_position": 1}, "not_empty"),
        ],
    )
    def test_a_default_that_is_written_out_is_no_change(
        self, term: PlannedTerm, parameters: dict[str, Any], verdict: str
    ) -> None:
        """A column that asks for what Canvas does anyway makes no second copy of a term; another parameter does."""
        term.plan(shells(1))
        carry_out(term)
        (planned,) = term.plan([{**shells(1)[0], **parameters}]).rows
        assert planned.plan_verdict == verdict

    def test_a_failed_row_says_so(self, term: PlannedTerm) -> None:
        """A row that failed is planned again, with the number of attempts; its state is for the bulk copy to change."""
        term.plan(shells(1))
        (planned,) = term.ledger.rows()
        term.ledger.update([replace(planned, state=CopyState.FAILED, attempts=2)])
        (result,) = term.plan(shells(1)).rows
        assert (result.plan_verdict, result.state) == ("will_copy", "planned")
        assert "After 2 attempts it is failed." in (result.plan_detail or "")
        (kept,) = term.ledger.rows()
        assert (kept.state, kept.attempts) == ("failed", 2)


def test_a_dry_run_writes_nothing(term: PlannedTerm, tmp_path: Path) -> None:
    """A dry run creates no table; after a real plan it changes no row."""
    result = term.plan(shells(3), dry_run=True)
    assert result.as_xcom()["copies"] == 3
    assert "dry run" in result.as_xcom()["text"]
    assert sa.inspect(sa.create_engine(f"sqlite:///{tmp_path}/ledger.db")).get_table_names() == []
    term.plan(shells(3))
    before = list(term.ledger.rows())
    second = term.plan([*shells(2), row("sis_course_id:NO")], dry_run=True)
    assert (len(second.removed), second.refused) == (1, 1)
    assert list(term.ledger.rows()) == before


def test_an_empty_input(term: PlannedTerm, world: World) -> None:
    """An input without rows is a plan without rows, and takes no request."""
    result = term.plan([])
    assert result.as_xcom()["rows"] == 0
    assert len(world.requests) == 0
    assert term.ledger.batch() is not None


def test_the_result_is_small(term: PlannedTerm) -> None:
    """The XCom of a plan with many problems stays small, counts all of them, and describes the first ones."""
    result = term.plan([*shells(20), *(row(f"sis_course_id:{'X' * 60}-{number}") for number in range(200))])
    xcom = result.as_xcom()
    assert len(json.dumps(xcom)) < 6_000
    assert xcom["verdicts"] == {"will_copy": 20, "unknown": 200}
    assert (xcom["rows"], xcom["copies"], xcom["refused"]) == (220, 20, 200)
    assert "190 more rows have such a verdict" in xcom["text"]


def test_the_forecast_and_what_was_used(term: PlannedTerm, world: World) -> None:
    """The batch has the requests, cost and seconds that the plan predicts, in all; the copies take about as many."""
    result = term.plan(shells(40))
    forecast = result.forecast
    assert (forecast["copies"], forecast["measured"]) == (40, False)
    assert "Expected: 1" in result.headline()
    batch = term.ledger.batch()
    assert batch is not None
    assert (batch.planned_requests, batch.planned_cost) == (forecast["requests"], forecast["cost"])
    carry_out(term)
    used = term.ledger.batch()
    assert used is not None
    # The forecast counts a listing and a poll per copy, which quick copies into empty courses do not need.
    assert 2 * 40 <= used.used_requests <= 1.2 * forecast["requests"]
    second = term.plan(shells(45))
    assert second.forecast["copies"] == 5
    assert second.forecast["measured"]
    batch = term.ledger.batch()
    assert batch is not None
    assert batch.planned_requests == used.used_requests + second.forecast["requests"]
    carry_out(term)
    term.plan(shells(45))
    third = term.ledger.batch()
    assert third is not None
    expected = (batch.planned_requests, batch.planned_cost, batch.planned_seconds)
    assert (third.planned_requests, third.planned_cost, third.planned_seconds) == expected  # of the last plan of copies


class TestRequests:
    """How many requests a plan takes."""

    def test_a_term_of_empty_shells(self, term: PlannedTerm, world: World) -> None:
        """A plan of 240 empty shells takes one request per row, and a few pages."""
        count, result = requests_of(world, lambda: term.plan(shells(SHELLS)))
        assert result.counts == {"will_copy": SHELLS}
        assert count <= 1.15 * SHELLS

    def test_a_term_in_which_all_shells_have_content(self, term: PlannedTerm, world: World) -> None:
        """Content is counted in some of the shells only, so that a plan takes at most three requests per row."""
        for shell in term_shells(SHELLS):
            world.add(Page(course_id=shell.id, title="Home"))
        count, result = requests_of(world, lambda: term.plan(shells(SHELLS)))
        assert result.counts == {"not_empty": SHELLS}
        assert count <= 3 * SHELLS

    def test_ten_rows(self, term: PlannedTerm, world: World) -> None:
        """A plan of ten rows never lists the courses of a large account: at most a few pages."""
        for number in set(range(1, 3000)) - set(world.tables.courses):
            course = replace(world.tables.courses[FIRST], id=number, sis_course_id=f"OTHER-{number}")
            world.tables.courses[course.id] = course
        count, result = requests_of(world, lambda: term.plan(shells(10)))
        assert result.copies == 10
        assert count <= 30
        assert sum(each.path == "/api/v1/accounts/1/courses" for each in world.requests) <= 4

    def test_one_template_is_read_once(self, term: PlannedTerm, world: World) -> None:
        """A source of many rows is read once."""
        rows = [row(f"sis_course_id:{shell.sis_course_id}") for shell in term_shells(SHELLS)]
        term.plan(rows)
        assert sum(each.path == f"/api/v1/courses/{TEMPLATE}" for each in world.requests) <= 1

    def test_sections_of_one_term_from_those_of_another(self, term: PlannedTerm, world: World) -> None:
        """240 sources, each of its own, in another term: they are listed too."""
        rows = []
        for number, shell in enumerate(list(term_shells(SHELLS))):
            old = replace(world.tables.courses[shell.id], id=20_000 + number, sis_course_id=f"OLD-{number}")
            old.enrollment_term_id, old.uuid = 1, f"{number:040}"
            world.tables.courses[old.id] = old
            rows.append(row(shell.id, f"sis_course_id:OLD-{number}"))
        count, result = requests_of(world, lambda: term.plan(rows))
        assert result.copies == SHELLS
        assert count <= 1.2 * SHELLS

    def test_many_children_of_a_blueprint(self, term: PlannedTerm, world: World) -> None:
        """The blueprint of 120 children is read once, and its list of children tells the others."""
        world.tables.courses[section("blueprint")].settings.blueprint = True
        for shell in term_shells(120):
            associate(world, section("blueprint"), shell.id)
        count, result = requests_of(world, lambda: term.plan(shells(SHELLS)))
        assert result.counts == {"will_copy": SHELLS - 120, "blueprint_child": 120}
        assert count <= 1.2 * SHELLS

    def test_a_teacher(self, term: PlannedTerm, world: World) -> None:
        """A token that may list no account's courses costs at most four requests per row."""
        world.tables.users[7001] = User(7001, "Robin")
        world.tables.tokens[TOKEN] = AccessToken(TOKEN, 7001)
        for shell in term_shells(30):
            world.enroll(7001, shell.id, EnrollmentType.TEACHER)
        world.enroll(7001, TEMPLATE, EnrollmentType.TEACHER)
        rows = [row(f"sis_course_id:{shell.sis_course_id}") for shell in term_shells(30)]
        count, result = requests_of(world, lambda: term.plan(rows))
        assert result.counts == {"will_copy": 30}
        assert count <= 4 * 30 + 10

    def test_at_most_ten_requests_in_flight(self, term: PlannedTerm, world: World) -> None:
        """No more than ten requests are in flight."""
        term.plan(shells(60))
        assert world.counters.max_in_flight <= 10

    @pytest.mark.parametrize("shown", ["course", "never"])
    def test_a_canvas_that_lists_no_tabs(
        self, term: PlannedTerm, world: World, monkeypatch: pytest.MonkeyPatch, shown: str
    ) -> None:
        """Where a listing does not show what is empty, each course does; where that does not, its content is listed."""
        world.add(Page(course_id=FIRST, title="Home"))
        tabs = course_includes.INCLUDES["tabs"]

        def some_tabs(request: Any, course: Any) -> dict[str, Any]:
            return tabs(request, course) if shown == "course" and "id" in request.ids else {}

        monkeypatch.setattr(course_shape, "INCLUDES", {**course_includes.INCLUDES, "tabs": some_tabs})
        count, result = requests_of(world, lambda: term.plan(shells(60)))
        assert result.counts == {"will_copy": 59, "not_empty": 1}
        assert count <= (2.5 if shown == "course" else 5.5) * 60


class TestErrors:
    """A plan during which Canvas fails."""

    @pytest.mark.parametrize("path", ["/courses/", "/content_migrations", "/permissions", "/blueprint", "accounts/"])
    def test_an_error_writes_nothing(self, term: PlannedTerm, world: World, path: str) -> None:
        """An error of Canvas at any request is raised, and the plan of the batch stays as it was."""
        for shell in term_shells(2):
            associate(world, section("blueprint"), shell.id)
        term.plan(shells(2))
        before = list(term.ledger.rows())
        world.faults.rules.append(Rule(path, status=400, times=None))
        with pytest.raises(CanvasError):
            term.plan(shells(30))
        assert list(term.ledger.rows()) == before

    def test_a_rejected_token(self, term: PlannedTerm, world: World) -> None:
        """A token that Canvas rejects is no missing right of the rows."""
        world.tables.tokens[TOKEN] = replace(world.tables.tokens[TOKEN], revoked=True)
        with pytest.raises(CanvasAuthenticationError):
            term.plan(shells(3))
        assert list(term.ledger.rows()) == []

    def test_single_failures_are_retried(self, term: PlannedTerm, world: World) -> None:
        """Some failed requests change nothing."""
        world.faults.rules.append(Rule("/content_migrations", status=503, times=3))
        world.faults.rules.append(Rule("/courses/", status=502, times=2))
        assert term.plan(shells(30)).counts == {"will_copy": 30}
