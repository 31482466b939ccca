"""What a plan predicts is what happens: each verdict is planned, and then the copy is made as a task makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.exceptions import TaskDeferred
from airflow.providers.common.compat.sdk import AirflowException, AirflowSkipException
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import Page
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken, User
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.term import term_world

from airflow_provider_canvas.client.errors import CanvasBusyError
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from tests.conftest import QUICK_JOBS
from tests.support.planned_term import TEMPLATE, PlannedTerm, section
from tests.support.task_attempt import Attempt

TOKEN = "7~token-of-the-tests"
OTHER_TEMPLATE = TEMPLATE + 1


@pytest.fixture
def world() -> World:
    return term_world(settings=replace(Settings(), **QUICK_JOBS), token=TOKEN, sections=30, situations=True)


@pytest.fixture
def term(tmp_path: Path, connection: str, world: World) -> PlannedTerm:
    return PlannedTerm(tmp_path, connection, world)


def carry_out(destination: int | str, source: int | str = TEMPLATE, **options: Any) -> Any:
    """Copy as a task of one copy does, and return its result."""
    task = CanvasCourseCopyOperator(
        task_id="copy",
        source_course_id=source,
        destination_course_id=destination,
        fail_on_issues=None,
        poll_interval=0.2,
        **{"deferrable": False, **options},
    )
    return task.execute(Attempt(store=None).context(task))


def sis(name: str) -> str:
    return f"sis_course_id:2026FA-PLAN-{name.upper().replace('_', '-')}"


@pytest.mark.parametrize(
    ("name", "verdict", "expected_text"),
    [
        ("empty", "will_copy", "is copied into course 901"),
        ("copy_failed", "will_copy", "is copied into course 907"),
        ("blueprint", "will_copy", "blueprint course: its next sync"),
        ("published", "will_copy", "is copied into course 917"),
        ("reused_sis_id", "will_copy", "is copied into course 915"),
        ("other_root_account", "will_copy", "is copied into course 916"),
        ("is_template", "will_copy", "is copied into course 918"),
        ("has_content", "not_empty", "has content: 1 page"),
        ("copied_before", "not_empty", "nothing changed since"),
        ("concluded", "concluded", "is concluded"),
        ("term_over", "concluded", "its dates are over"),
    ],
)
def test_a_row_that_is_to_be_copied_is_copied(term: PlannedTerm, name: str, verdict: str, expected_text: str) -> None:
    """The copy completes in the course that the plan names, and the number of pages grows as the template's."""
    planned = term.verdict(sis(name))
    assert (planned.plan_verdict, planned.state) == (verdict, "planned")
    assert expected_text in (planned.plan_detail or "")
    assert planned.dest_course_id == str(section(name))
    before = len(term.migrations(section(name)))
    result = carry_out(sis(name))
    assert (result["workflow_state"], result["destination_course_id"]) == ("completed", section(name))
    assert len(term.migrations(section(name))) == before + 1


def test_content_is_kept_and_the_copy_is_added(term: PlannedTerm, world: World) -> None:
    """The plan counts the content; after the copy there is more, and the teacher's page is still there."""
    assert "1 page" in (term.verdict(section("has_content")).plan_detail or "")
    carry_out(section("has_content"))
    titles = [page.title for page in world.live(Page, section("has_content"))]
    assert "Office hours" in titles
    assert len(titles) == len(world.live(Page, TEMPLATE)) + 1


def test_a_repeated_copy_overwrites_changes(term: PlannedTerm, world: World) -> None:
    """The plan refuses to overwrite a changed page, unless it is told to; such a copy overwrites it."""
    refused = term.verdict(section("edited_since_copy"))
    assert (refused.plan_verdict, refused.state) == ("recopied_over_edits", "refused")
    assert "1 page or assignment changed since" in (refused.plan_detail or "")
    assert "if_edited='proceed'" in (refused.plan_detail or "")
    page = world.live(Page, section("edited_since_copy"))[0]
    assert page.body.endswith("<p>Read this first.</p>")
    allowed = term.verdict(section("edited_since_copy"), if_edited="proceed")
    assert (allowed.plan_verdict, allowed.state) == ("recopied_over_edits", "planned")
    carry_out(section("edited_since_copy"))
    assert not page.body.endswith("<p>Read this first.</p>")


@pytest.mark.parametrize(
    ("edits", "verdict", "text"),
    [
        (3, "recopied_over_edits", "its reconciliation found that 3 assets were edited since"),
        (1, "recopied_over_edits", "its reconciliation found that 1 asset was edited since"),
        (0, "not_empty", "nothing changed since"),
        (None, "not_empty", "nothing changed since"),
    ],
)
def test_edits_that_a_reconciliation_found(
    term: PlannedTerm, world: World, edits: int | None, verdict: str, text: str
) -> None:
    """Edits that the ledger knows of decide without a listing; without any, the content is listed as usual."""
    course_id = section("copied_before")
    migration = [row for row in term.migrations(course_id) if row.workflow_state == Stored.IMPORTED][-1]
    earlier = replace(term, batch="an earlier batch")
    earlier.verdict(course_id)
    values = {"migration": str(migration.id), "edits": edits}
    with earlier.ledger.engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE canvas_copy_ledger SET reconciled_content_migration_id = :migration, "
                "changed_since_copy = :edits WHERE batch = 'an earlier batch'"
            ),
            values,
        )
    before = len(world.requests)
    planned = term.verdict(course_id)
    assert planned.plan_verdict == verdict
    assert text in (planned.plan_detail or "")
    listed = [
        request.path for request in list(world.requests)[before:] if request.path.endswith(("/pages", "/assignments"))
    ]
    assert bool(listed) is not bool(edits)


def test_another_source_overwrites_no_changes(term: PlannedTerm, world: World) -> None:
    """A copy from another source leaves changed pages alone: the plan says that there is content, and copies."""
    planned = term.verdict(section("edited_since_copy"), OTHER_TEMPLATE)
    assert (planned.plan_verdict, planned.state) == ("not_empty", "planned")
    carry_out(section("edited_since_copy"), OTHER_TEMPLATE)
    assert world.live(Page, section("edited_since_copy"))[0].body.endswith("<p>Read this first.</p>")


@pytest.mark.parametrize(
    ("name", "verdict", "lane"),
    [
        ("copy_running", "busy", "api"),
        ("copy_queued", "busy", "api"),
        ("template_copy", "template_copy", "course_template"),
    ],
)
def test_a_copy_waits_for_a_running_migration(term: PlannedTerm, name: str, verdict: str, lane: str) -> None:
    """Canvas queues the copy behind the migration that the plan names; with ``if_running="fail"`` none is made."""
    refused = term.verdict(section(name), if_running="fail")
    assert (refused.plan_verdict, refused.state, refused.lane) == (verdict, "refused", lane)
    before = term.migrations(section(name))
    with pytest.raises(CanvasBusyError):
        carry_out(section(name), if_running="fail")
    assert term.migrations(section(name)) == before
    planned = term.verdict(section(name))
    assert (planned.plan_verdict, planned.state, planned.lane) == (verdict, "planned", lane)
    assert f"ontent migration {before[-1].id}" in (planned.plan_detail or "")
    with pytest.raises(TaskDeferred):
        carry_out(section(name), deferrable=True)
    assert term.migrations(section(name))[-1].workflow_state is Stored.QUEUED


def test_a_blueprint_child_gets_everything_twice(term: PlannedTerm, world: World) -> None:
    """The plan names the blueprint and refuses the row; a copy into a synced child makes second pages."""
    refused = term.verdict(section("blueprint_child"))
    assert (refused.plan_verdict, refused.state, refused.lane) == ("blueprint_child", "refused", "blueprint")
    assert f"course {section('blueprint')}" in (refused.plan_detail or "")
    assert term.verdict(section("blueprint_child"), if_blueprint_child="proceed").state == "planned"
    carry_out(section("blueprint_child"))
    carry_out(section("blueprint_child"), section("copied_before"))
    titles = [page.title.removesuffix("-2") for page in world.live(Page, section("blueprint_child"))]
    assert len(titles) == 2 * len(set(titles))


@pytest.mark.parametrize(
    ("destination", "source", "verdict", "expected_text"),
    [
        (sis("unknown"), TEMPLATE, "unknown", "no course sis_course_id:2026FA-PLAN-UNKNOWN"),
        (987654, TEMPLATE, "unknown", "no course 987654"),
        (913, TEMPLATE, "deleted", "course 913"),
        (sis("deleted"), TEMPLATE, "deleted", "was deleted"),
        (901, 987654, "source_unknown", "no course 987654"),
        (901, "sis_course_id:NO-SUCH", "source_unknown", "NO-SUCH"),
        (901, 919, "source_deleted", "Canvas would copy its content all the same"),
        (901, sis("deleted_source"), "source_deleted", "course 919"),
        (TEMPLATE, "sis_course_id:TMPL-BIOL1010", "same_course", "the same course"),
    ],
)
def test_a_refused_row_would_not_be_copied(
    term: PlannedTerm, world: World, *, destination: int | str, source: int | str, verdict: str, expected_text: str
) -> None:
    """The plan refuses the row and says why; a task that copies it fails, and Canvas gets no POST."""
    planned = term.verdict(destination, source)
    assert (planned.plan_verdict, planned.state) == (verdict, "refused")
    assert expected_text in (planned.plan_detail or "")
    with pytest.raises(AirflowException):
        carry_out(destination, source)
    assert [request for request in world.requests if request.method == "POST"] == []


def test_an_ambiguous_number(term: PlannedTerm, world: World) -> None:
    """The number of one course is the SIS id of another: Canvas takes the first, and the plan asks which is meant."""
    world.tables.courses[section("has_content")].sis_course_id = "901"
    planned = term.verdict(901)
    assert (planned.plan_verdict, planned.state) == ("ambiguous", "refused")
    assert "sis_course_id:901" in (planned.plan_detail or "")
    assert carry_out(901)["destination_course_id"] == 901
    assert term.verdict("sis_course_id:901").dest_course_id == str(section("has_content"))
    assert carry_out("sis_course_id:901")["destination_course_id"] == section("has_content")
    world.tables.courses[section("published")].sis_course_id = str(TEMPLATE)
    assert term.verdict(section("copy_failed")).plan_verdict == "ambiguous"


@pytest.mark.parametrize(
    ("value", "state", "error"),
    [("fail", "refused", AirflowException), ("skip", "already_present", AirflowSkipException)],
)
def test_if_not_empty_is_that_of_a_single_copy(
    term: PlannedTerm, value: str, state: str, error: type[Exception]
) -> None:
    """A row that the plan refuses or skips because of its content is refused or skipped by the single copy too."""
    planned = term.verdict(section("has_content"), if_not_empty=value)
    assert (planned.plan_verdict, planned.state) == ("not_empty", state)
    with pytest.raises(error):
        carry_out(section("has_content"), if_not_empty=value)
    assert term.verdict(section("empty"), if_not_empty=value).state == "planned"
    assert carry_out(section("empty"), if_not_empty=value)["workflow_state"] == "completed"


def test_if_concluded(term: PlannedTerm) -> None:
    """With ``if_concluded="fail"`` a concluded destination is refused."""
    planned = term.verdict(section("concluded"), if_concluded="fail")
    assert (planned.plan_verdict, planned.state) == ("concluded", "refused")
    assert "if_concluded='proceed'" in (planned.plan_detail or "")


class TestRights:
    """Users with some of the rights that a copy needs."""

    USER = 7001

    @pytest.fixture
    def act_as(self, monkeypatch: pytest.MonkeyPatch, world: World, connection: str) -> Callable[..., None]:
        """Return a function that makes the connection's token that of a user with rights in some courses."""

        def act(readable: set[int], writable: set[int]) -> None:
            world.tables.users[self.USER] = User(
                self.USER, "Robin", readable=frozenset(readable | writable), writable=frozenset(writable)
            )
            world.tables.tokens[TOKEN] = AccessToken(TOKEN, self.USER)

        return act

    @pytest.mark.parametrize(
        ("readable", "writable", "source", "verdict"),
        [
            ({TEMPLATE}, {901}, TEMPLATE, "will_copy"),
            ({TEMPLATE, 901}, set(), TEMPLATE, "no_right"),
            ({TEMPLATE}, set(), TEMPLATE, "no_right"),
            (set(), {901}, TEMPLATE, "no_right"),
            (set(), {901, TEMPLATE}, TEMPLATE, "will_copy"),
        ],
    )
    def test_rights(
        self,
        term: PlannedTerm,
        act_as: Callable[..., None],
        *,
        readable: set[int],
        writable: set[int],
        source: int,
        verdict: str,
    ) -> None:
        """A copy needs the right to read the source as a teacher, and to import into the destination."""
        act_as(readable, writable)
        planned = term.verdict(901, source)
        assert planned.plan_verdict == verdict
        if verdict == "will_copy":
            assert carry_out(901, source)["workflow_state"] == "completed"
        else:
            with pytest.raises(AirflowException):
                carry_out(901, source)
            assert term.migrations(901) == []

    def test_a_student_of_the_source(self, term: PlannedTerm, act_as: Callable[..., None], world: World) -> None:
        """A student may see a source, and not copy it."""
        act_as(set(), {901})
        world.tables.courses[TEMPLATE].workflow_state = "available"
        world.enroll(self.USER, TEMPLATE, EnrollmentType.STUDENT)
        planned = term.verdict(901)
        assert planned.plan_verdict == "no_right"
        assert "may not copy the source" in (planned.plan_detail or "")
        with pytest.raises(AirflowException):
            carry_out(901)
