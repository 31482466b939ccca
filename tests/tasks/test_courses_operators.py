"""Creating, updating, resetting and deleting a course: once, whatever dies, and not without looking what came of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentState, EnrollmentType
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import TEACHER_ID, TEACHER_TOKEN
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasServerError, CanvasTransportError
from airflow_provider_canvas.operators.courses import CanvasDeleteCourseOperator, CanvasUpdateCourseOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.operators.reset_course import CanvasResetCourseOperator
from tests.support.task_attempt import HAS_STORE, Attempt, rendered

FRESH = "sis_course_id:BIOL-1010-001"
NEW = {"name": "Chemistry", "course_code": "CHEM-1", "sis_course_id": "CHEM-1"}

needs_store = pytest.mark.skipif(not HAS_STORE, reason="this Airflow has no task state store")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_provider_canvas.client.replica_lag.PAUSES", (0.05, 0.1))


@pytest.fixture
def as_teacher(connection: str, emulator: EmulatorServer, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection's token is that of a teacher of course 2001, who is no administrator."""
    said = {"conn_type": "canvas", "host": emulator.url, "password": TEACHER_TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
    world.enroll(TEACHER_ID, 2001, EnrollmentType.TEACHER)


def run(task: Any, attempt: Attempt | None = None) -> Any:
    return task.execute((attempt or Attempt()).context(task))


def create(**said: Any) -> CanvasCreateCourseOperator:
    return CanvasCreateCourseOperator(**{"task_id": "create", "account_id": 12, "course": NEW, **said})


def update(**said: Any) -> CanvasUpdateCourseOperator:
    return CanvasUpdateCourseOperator(**{"task_id": "update", "course_id": FRESH, **said})


def reset(**said: Any) -> CanvasResetCourseOperator:
    return CanvasResetCourseOperator(**{"task_id": "reset", "course_id": FRESH, **said})


def delete(**said: Any) -> CanvasDeleteCourseOperator:
    return CanvasDeleteCourseOperator(**{"task_id": "delete", "course_id": FRESH, **said})


def named(world: World, name: str) -> list[Course]:
    with world.lock:
        return [course for course in world.tables.courses.values() if course.name == name]


def changes(world: World) -> list[str]:
    return [f"{request.method} {request.path}" for request in world.requests if request.method != "GET"]


# Creating


def test_creating(connection: str, emulator: EmulatorServer, world: World) -> None:
    """The result says what later tasks need, and the task links to the course."""
    attempt = Attempt()
    result = run(create(offer="True"), attempt)
    (course,) = named(world, "Chemistry")
    assert result == {
        "canvas_instance": emulator.url.removeprefix("http://"),
        "course_id": course.id,
        "sis_course_id": "CHEM-1",
        "name": "Chemistry",
        "course_code": "CHEM-1",
        "account_id": 12,
        "workflow_state": "available",
        "url": f"{emulator.url}/courses/{course.id}",
        "created": True,
        "ignored": [],
    }
    assert attempt.xcom == {"canvas_page_url": f"{emulator.url}/courses/{course.id}"}


def test_fields_that_a_template_made(connection: str, world: World) -> None:
    """Without native rendering the fields arrive as text."""
    assert run(create(course=json.dumps(NEW)))["created"]
    assert run(create(course=str({**NEW, "sis_course_id": "CHEM-2"}), offer=""))["workflow_state"] == "unpublished"


@pytest.mark.parametrize("sis_course_id", [" CHEM-9 ", "CHEM-9"])
def test_an_sis_id_is_looked_for_as_it_is_sent(connection: str, world: World, sis_course_id: str) -> None:
    """Blanks around it, as tables have them, belong to neither."""
    fields = {"name": "Chemistry", "sis_course_id": sis_course_id}
    first, second = run(create(course=fields)), run(create(course=fields))
    assert (first["sis_course_id"], first["created"]) == ("CHEM-9", True)
    assert (second["course_id"], second["created"]) == (first["course_id"], False)


@pytest.mark.parametrize("sis_course_id", ["", " ", "None", None])
def test_an_sis_id_that_a_template_left_empty(connection: str, world: World, sis_course_id: Any) -> None:
    """It is none, and not sent as one."""
    assert run(create(course={"name": "Chemistry", "sis_course_id": sis_course_id}))["sis_course_id"] is None


def test_what_exists_is_returned(connection: str, world: World) -> None:
    """By its SIS id, as it is."""
    result = run(create(course={"name": "Another name", "sis_course_id": "BIOL-1010-001"}, offer=True))
    assert (result["course_id"], result["created"]) == (2001, False)
    assert (result["name"], result["workflow_state"]) == ("BIOL 1010 Intro Biology, Section 001", "unpublished")
    assert changes(world) == []


def test_what_exists_is_updated(connection: str, world: World) -> None:
    """If the task says so."""
    course = {"name": "Another name", "sis_course_id": "BIOL-1010-001"}
    result = run(create(course=course, offer=True, if_exists="update"))
    assert (result["course_id"], result["created"]) == (2001, False)
    assert (result["name"], result["workflow_state"]) == ("Another name", "available")
    assert changes(world) == ["PUT /api/v1/courses/2001"]


def test_what_exists_stands_in_the_way(connection: str, world: World) -> None:
    """If the task says so; a retry would not help."""
    task = create(course={"name": "x", "sis_course_id": "BIOL-1010-001"}, if_exists="fail")
    with pytest.raises(AirflowFailException, match=r"Course 2001 .* has the SIS id 'BIOL-1010-001' already.*if_exists"):
        run(task)
    assert changes(world) == []


@pytest.mark.parametrize("has_store", [True, False])
def test_what_an_earlier_attempt_made_does_not_stand_in_the_way(connection: str, world: World, has_store: bool) -> None:
    """A worker that was killed after its request is followed by one that finds the course."""
    attempt = Attempt() if has_store else Attempt(store=None)
    run(create(), attempt)
    if has_store and attempt.store is not None:
        # The worker died before it could store the course's number.
        attempt.store["canvas_submission"].update(state="submitting", ids=[])
    result = run(create(if_exists="fail"), Attempt(store=attempt.store, try_number=2))
    assert result["created"]
    assert len(named(world, "Chemistry")) == 1


def test_a_lost_answer(connection: str, world: World) -> None:
    """The course is looked for by its SIS id."""
    world.faults.rules.append(Rule("/courses$", Action.DROP_AFTER, method="POST"))
    assert run(create())["created"]
    assert len(named(world, "Chemistry")) == 1


def test_an_answer_that_was_lost_before_canvas(connection: str, world: World) -> None:
    """The course is not there: a retry makes it."""
    world.faults.rules.append(Rule("/courses$", Action.DROP, method="POST"))
    attempt = Attempt()
    with pytest.raises(CanvasTransportError):
        run(create(), attempt)
    assert run(create(), Attempt(store=attempt.store, try_number=2))["created"]
    assert len(named(world, "Chemistry")) == 1


def test_a_lost_answer_without_an_sis_id(connection: str, world: World) -> None:
    """Nothing tells whether the course is there: neither this attempt nor another makes a second."""
    world.faults.rules.append(Rule("/courses$", Action.DROP_AFTER, method="POST"))
    with pytest.raises(AirflowFailException, match=r"not retried for that reason\. With a sis_course_id"):
        run(create(course={"name": "Chemistry"}))
    assert len(named(world, "Chemistry")) == 1


@needs_store
def test_a_retry_without_an_sis_id(connection: str, world: World) -> None:
    """The number that was noted is the course; where only the intention was, a person has to look."""
    attempt = Attempt()
    first = run(create(course={"name": "Chemistry"}), attempt)
    again = Attempt(store=attempt.store, try_number=2)
    assert run(create(course={"name": "Chemistry"}), again) == first
    assert attempt.store is not None
    attempt.store["canvas_submission"].update(state="submitting", ids=[])
    with pytest.raises(AirflowFailException, match="Canvas may have created it: look into account 12"):
        run(create(course={"name": "Chemistry"}), again)
    assert len(named(world, "Chemistry")) == 1


@needs_store
def test_a_refusal_leaves_no_doubt(connection: str, world: World) -> None:
    """What Canvas refused was not made, and the next attempt may try."""
    world.faults.rules.append(Rule("/courses$", status=404, method="POST"))
    attempt = Attempt()
    with pytest.raises(AirflowFailException):
        run(create(course={"name": "Chemistry"}), attempt)
    assert run(create(course={"name": "Chemistry"}), Attempt(store=attempt.store, try_number=2))["created"]


def test_a_deleted_course_comes_back(connection: str, world: World) -> None:
    """With ``enable_sis_reactivation``, under its old number."""
    run(delete())
    result = run(create(course={"name": "Again", "sis_course_id": "BIOL-1010-001"}, enable_sis_reactivation=True))
    assert (result["course_id"], result["workflow_state"], result["created"]) == (2001, "unpublished", True)


def test_an_sis_id_that_is_ignored(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The course could not be found again, so the task fails, and says what was made."""
    from canvas_emulator.model import rights

    monkeypatch.setattr(rights, "ADMIN", rights.ADMIN - {"manage_sis"})
    with pytest.raises(AirflowFailException, match=r"created course \d+ without the SIS id 'CHEM-1'.*Delete it"):
        run(create())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"course": {"nmae": "x"}}, "Did you mean 'name'"),
        ({"course": "Biology"}, "course is the text 'Biology'"),
        ({"course": "[1]"}, "write a dict"),
        ({"course": {"start_at": "2026-01-01"}}, "restrict_enrollments_to_course_dates"),
        ({"account_id": "Biology"}, "account_id"),
        ({"if_exists": "replace"}, "if_exists 'replace' is not one of"),
        ({"offer": "perhaps"}, "offer is 'perhaps'"),
        ({"fail_on_ignored": "perhaps"}, "fail_on_ignored is 'perhaps'"),
        ({"course": {}}, "course is empty"),
        ({"course": ""}, "course is empty"),
        ({"course": "None"}, "course is empty"),
        ({"course": {"name": None, "sis_course_id": "None"}}, "course is empty"),
    ],
)
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, said: dict[str, Any], words: str
) -> None:
    """With what to write instead."""
    with pytest.raises(AirflowFailException, match=words):
        run(rendered(create, **said))
    assert not world.requests


# Updating


def test_updating(connection: str, world: World) -> None:
    """The result is the course as it has become."""
    result = run(update(course={"name": "Renamed", "sis_course_id": "BIO-NEW", "term_id": "8"}, offer=True))
    assert (result["name"], result["sis_course_id"], result["workflow_state"]) == ("Renamed", "BIO-NEW", "available")
    assert result["ignored"] == []


def test_what_canvas_ignores(as_teacher: None, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It says nothing of it; the task does, and fails if it shall."""
    said = {"name": "Renamed", "sis_course_id": "BIO-NEW", "account_id": 1, "is_public": "true"}
    result = run(update(course=said))
    assert (result["name"], result["ignored"]) == ("Renamed", ["sis_course_id", "account_id"])
    assert "sis_course_id (requested 'BIO-NEW', is 'BIOL-1010-001')" in capsys.readouterr().out
    with pytest.raises(AirflowFailException, match=r"ignored sis_course_id .*, account_id .*give the user the right"):
        run(update(course=said, fail_on_ignored=True))


def test_names_that_may_not_be_changed(as_teacher: None, world: World) -> None:
    """Canvas can forbid teachers to rename courses."""
    world.settings.change({"teachers_rename_courses": False})
    assert run(update(course={"name": "Renamed", "course_code": "R"}))["ignored"] == ["name", "course_code"]


def test_dates_that_canvas_takes_away(connection: str, world: World) -> None:
    """Unless they restrict the course's enrollments; the same moment written otherwise is the same."""
    start = "2026-09-01T08:00:00+00:00"
    assert run(update(course={"start_at": start, "name": "Renamed"}))["ignored"] == ["start_at"]
    restricted = {"start_at": start, "restrict_enrollments_to_course_dates": True}
    assert run(update(course=restricted))["ignored"] == []


def test_nothing_to_update(connection: str, world: World) -> None:
    """An update that changes nothing is a mistake."""
    with pytest.raises(AirflowFailException, match="changes nothing"):
        run(update(course={}))
    assert not world.requests


@pytest.mark.parametrize("sis_course_id", ["None", None])
def test_an_update_with_an_sis_id_that_a_template_left_empty(connection: str, world: World, sis_course_id: Any) -> None:
    """The course keeps the one it has."""
    result = run(update(course={"name": "Renamed", "sis_course_id": sis_course_id}))
    assert (result["name"], result["sis_course_id"]) == ("Renamed", "BIOL-1010-001")


def test_a_flag_of_an_update_that_is_none(connection: str, world: World) -> None:
    """It is refused before anything is sent; the text of one is one."""
    with pytest.raises(AirflowFailException, match="fail_on_ignored is 'perhaps'"):
        run(rendered(update, course={"name": "Renamed"}, fail_on_ignored="perhaps"))
    assert not world.requests
    assert run(update(course={"start_at": "2026-09-01T08:00:00Z"}, fail_on_ignored="False"))["ignored"] == ["start_at"]


# Resetting


def test_resetting(connection: str, emulator: EmulatorServer, world: World) -> None:
    """Old and new number; the SIS id has moved."""
    attempt = Attempt()
    result = run(reset(), attempt)
    assert (result["old_course_id"], result["sis_course_id"]) == (2001, "BIOL-1010-001")
    assert result["new_course_id"] != 2001
    assert attempt.xcom == {"canvas_page_url": f"{emulator.url}/courses/{result['new_course_id']}"}
    with world.lock:
        assert world.tables.courses[2001].workflow_state == "deleted"
        assert world.live(Page, result["new_course_id"]) == []


@pytest.mark.parametrize("course_id", [FRESH, 2001])
@needs_store
def test_a_retry_does_not_reset_the_new_course(connection: str, world: World, course_id: Any) -> None:
    """It finds what took the old one's place; a task that was cleared resets that."""
    attempt = Attempt()
    first = run(reset(course_id=course_id), attempt)
    again = Attempt(store=attempt.store, try_number=2)
    assert run(reset(course_id=course_id), again) == first
    if course_id == FRESH:
        cleared = run(reset(), Attempt(store=attempt.store, try_number=2, max_tries=3))
        assert cleared["old_course_id"] == first["new_course_id"]


def test_a_retry_without_a_store(connection: str, world: World) -> None:
    """A course that is younger than the DAG run is taken for the new one."""
    first = run(reset(), Attempt(store=None))
    again = run(reset(), Attempt(store=None, try_number=2))
    assert (again["old_course_id"], again["new_course_id"]) == (None, first["new_course_id"])
    with pytest.raises(AirflowFailException, match="An earlier attempt may have reset it"):
        run(reset(course_id=2001), Attempt(store=None, try_number=2))


def test_a_lost_answer_to_a_reset(connection: str, world: World) -> None:
    """The old course is deleted: its successor is found by the SIS id."""
    world.faults.rules.append(Rule("/reset_content$", Action.DROP_AFTER))
    result = run(reset())
    assert result["old_course_id"] == 2001
    assert result["new_course_id"] != 2001
    assert changes(world) == ["POST /api/v1/courses/2001/reset_content"]


def test_a_reset_that_canvas_never_got(connection: str, world: World) -> None:
    """The old course is alive: a retry resets it."""
    world.faults.rules.append(Rule("/reset_content$", status=502))
    attempt = Attempt()
    with pytest.raises(CanvasServerError):
        run(reset(), attempt)
    assert run(reset(), Attempt(store=attempt.store, try_number=2))["old_course_id"] == 2001


def test_a_lost_answer_to_a_reset_without_an_sis_id(connection: str, world: World) -> None:
    """Nothing tells the successor from other courses, so a person has to look."""
    world.tables.courses[2001].sis_course_id = None
    world.faults.rules.append(Rule("/reset_content$", Action.DROP_AFTER))
    with pytest.raises(AirflowFailException, match=r"Course 2001 is deleted.*It had no SIS id, so it is not known"):
        run(reset(course_id=2001))


@pytest.mark.parametrize("state", [EnrollmentState.ACTIVE, EnrollmentState.COMPLETED, EnrollmentState.INACTIVE])
def test_a_course_with_students(connection: str, world: World, state: EnrollmentState) -> None:
    """Their work would stay behind; also that of those who are done."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.STUDENT, state=state)
    with pytest.raises(AirflowFailException, match=r"has students.*Set allow_students=True"):
        run(reset())
    assert changes(world) == []
    assert run(reset(allow_students=True))["old_course_id"] == 2001


@pytest.mark.parametrize("allow_students", ["False", "false", "0", "None", ""])
def test_text_that_does_not_allow_students(connection: str, world: World, allow_students: str) -> None:
    """What a table or a template makes of no is no."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.STUDENT)
    with pytest.raises(AirflowFailException, match="has students"):
        run(reset(allow_students=allow_students))
    assert changes(world) == []


def test_allowing_students_by_a_template(connection: str, world: World) -> None:
    """A form's field decides; text that was not rendered is refused before anything is asked."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.STUDENT)
    with pytest.raises(AirflowFailException, match=r"allow_students is '\{\{ params.force \}\}': write"):
        run(reset(allow_students="{{ params.force }}"))
    assert not world.requests
    task, attempt = reset(allow_students="{{ params.force }}"), Attempt(params={"force": True})
    task.render_template_fields(attempt.context(task))
    assert run(task, attempt)["old_course_id"] == 2001


def test_what_cannot_be_reset(connection: str, world: World) -> None:
    """Canvas's words are the task's."""
    world.tables.courses[2001].settings.blueprint = True
    with pytest.raises(AirflowFailException, match="cannot reset_content on a blueprint"):
        run(reset())


# Deleting


def test_deleting(connection: str, emulator: EmulatorServer, world: World) -> None:
    """And once more: what is deleted stays so."""
    result = run(delete(course_id=2001))
    host = emulator.url.removeprefix("http://")
    same = {"canvas_instance": host, "course_id": 2001, "event": "delete", "workflow_state": "deleted"}
    assert result == {**same, "changed": True}
    assert run(delete(course_id=2001)) == {**same, "changed": False}
    assert changes(world) == ["DELETE /api/v1/courses/2001"]


def test_concluding(connection: str, world: World) -> None:
    """And once more: what is concluded stays so."""
    assert run(delete(event="conclude"))["workflow_state"] == "completed"
    assert run(delete(event="conclude"))["changed"] is False


def test_a_lost_answer_to_a_deletion(connection: str, world: World) -> None:
    """The retry finds it done."""
    world.faults.rules.append(Rule("/courses/", Action.DROP_AFTER, method="DELETE"))
    with pytest.raises(CanvasTransportError):
        run(delete(course_id=2001))
    assert run(delete(course_id=2001), Attempt(try_number=2))["changed"] is False


def test_a_course_that_never_was(connection: str, world: World) -> None:
    """A wrong number is no success."""
    with pytest.raises(AirflowFailException, match="does not exist"):
        run(delete(course_id=999999))
    assert changes(world) == []


def test_concluding_what_is_deleted(connection: str, world: World) -> None:
    """It cannot be done."""
    run(delete(course_id=2001))
    with pytest.raises(AirflowFailException, match="is deleted, and cannot be concluded"):
        run(delete(course_id=2001, event="conclude"))


def test_what_canvas_does_not_delete(connection: str, world: World) -> None:
    """Such as courses that came from SIS, where an installation protects them."""
    world.settings.change({"deletes_sis_courses": False})
    with pytest.raises(AirflowFailException, match="Canvas answered 400"):
        run(delete())


@pytest.mark.parametrize(
    ("said", "words"),
    [({"event": "offer"}, "event 'offer' is not one of"), ({"course_id": "BIO-1"}, "sis_course_id:")],
)
def test_nonsense_about_a_deletion(connection: str, world: World, said: dict[str, Any], words: str) -> None:
    """Before anything is sent."""
    with pytest.raises(AirflowFailException, match=words):
        run(rendered(delete, **said))
    assert not world.requests
