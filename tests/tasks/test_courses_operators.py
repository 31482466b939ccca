"""The operators that create, update, reset and delete a course do it once, and check the result in Canvas."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentState, EnrollmentType
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import MASTER_ID, TEACHER_ID, TEACHER_TOKEN
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasServerError, CanvasTransportError
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.operators.delete_course import CanvasDeleteCourseOperator
from airflow_provider_canvas.operators.reset_course import CanvasResetCourseOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from tests.support.task_attempt import HAS_STORE, Attempt, rendered

FRESH = "sis_course_id:BIOL-1010-001"
NEW = {"name": "Chemistry", "course_code": "CHEM-1", "sis_course_id": "CHEM-1"}

needs_store = pytest.mark.skipif(not HAS_STORE, reason="this Airflow has no task state store")


@pytest.fixture(autouse=True)
def _short_replica_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses in which a lagging replica is read again."""
    monkeypatch.setattr("airflow_provider_canvas.client.replica_lag.PAUSES", (0.05, 0.1))


@pytest.fixture
def as_teacher(connection: str, emulator: EmulatorServer, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a connection whose token belongs to a teacher of course 2001, who is no administrator."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": TEACHER_TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    world.enroll(TEACHER_ID, 2001, EnrollmentType.TEACHER)


def run(task: Any, attempt: Attempt | None = None) -> Any:
    """Run a task, and return its result."""
    return task.execute((attempt or Attempt()).context(task))


def create(**arguments: Any) -> CanvasCreateCourseOperator:
    """Return an operator that creates a course; keyword arguments replace its own."""
    return CanvasCreateCourseOperator(**{"task_id": "create", "account_id": 12, "course": NEW, **arguments})


def update(**arguments: Any) -> CanvasUpdateCourseOperator:
    """Return an operator that updates a course."""
    return CanvasUpdateCourseOperator(**{"task_id": "update", "course_id": FRESH, **arguments})


def reset(**arguments: Any) -> CanvasResetCourseOperator:
    """Return an operator that resets a course."""
    return CanvasResetCourseOperator(**{"task_id": "reset", "course_id": FRESH, **arguments})


def delete(**arguments: Any) -> CanvasDeleteCourseOperator:
    """Return an operator that deletes a course."""
    return CanvasDeleteCourseOperator(**{"task_id": "delete", "course_id": FRESH, **arguments})


def courses_named(world: World, name: str) -> list[Course]:
    """Return the courses with this name."""
    with world.lock:
        return [course for course in world.tables.courses.values() if course.name == name]


def changes(world: World) -> list[str]:
    """Return the requests other than GETs, as method and path."""
    return [f"{request.method} {request.path}" for request in world.requests if request.method != "GET"]


# Create


def test_create(connection: str, emulator: EmulatorServer, world: World) -> None:
    """The result has the new course's fields, and the task links to the course."""
    attempt = Attempt()
    result = run(create(offer="True"), attempt)
    (course,) = courses_named(world, "Chemistry")
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


@pytest.mark.parametrize(("supported", "template"), [(True, MASTER_ID), (False, None)])
def test_create_without_a_template(
    connection: str, world: World, capsys: pytest.CaptureFixture[str], supported: bool, template: int | None
) -> None:
    """If nothing is copied into a course that shall stay empty, there is no warning."""
    world.settings.skip_course_template = supported
    world.tables.accounts[12] = replace(world.tables.accounts[12], course_template_id=template)
    course_id = run(create(skip_course_template=True))["course_id"]
    assert not world.migrations_of(course_id)
    assert "skip_course_template" not in "".join(capsys.readouterr())


def test_create_in_spite_of_a_template(connection: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """If Canvas copies the account's template in spite of ``skip_course_template``, a warning names the migration."""
    world.settings.skip_course_template = False
    world.tables.accounts[12] = replace(world.tables.accounts[12], course_template_id=MASTER_ID)
    course_id = run(create(skip_course_template=True))["course_id"]
    (migration,) = world.migrations_of(course_id)
    assert (
        f"skip_course_template of the creation of course {course_id} had no effect. This Canvas is older than the "
        "parameter, which came after June 2023: it copies the account's template into the new course, and a copy into "
        f"it waits until that one is complete. It is content migration {migration.id}."
    ) in "".join(capsys.readouterr())


def test_create_with_fields_as_text(connection: str, world: World) -> None:
    """The fields may be text, as they are without native rendering."""
    assert run(create(course=json.dumps(NEW)))["created"]
    assert run(create(course=str({**NEW, "sis_course_id": "CHEM-2"}), offer=""))["workflow_state"] == "unpublished"


@pytest.mark.parametrize("sis_course_id", [" CHEM-9 ", "CHEM-9"])
def test_blanks_around_an_sis_id(connection: str, world: World, sis_course_id: str) -> None:
    """Blanks around an SIS id are removed, both for the search and for the new course."""
    fields = {"name": "Chemistry", "sis_course_id": sis_course_id}
    first, second = run(create(course=fields)), run(create(course=fields))
    assert (first["sis_course_id"], first["created"]) == ("CHEM-9", True)
    assert (second["course_id"], second["created"]) == (first["course_id"], False)


@pytest.mark.parametrize("sis_course_id", ["", " ", "None", None])
def test_create_with_a_blank_sis_id(connection: str, world: World, sis_course_id: Any) -> None:
    """A blank SIS id counts as not given."""
    assert run(create(course={"name": "Chemistry", "sis_course_id": sis_course_id}))["sis_course_id"] is None


def test_existing_course_is_returned(connection: str, world: World) -> None:
    """By default, a course that has the SIS id is returned unchanged."""
    result = run(create(course={"name": "Another name", "sis_course_id": "BIOL-1010-001"}, offer=True))
    assert (result["course_id"], result["created"]) == (2001, False)
    assert (result["name"], result["workflow_state"]) == ("BIOL 1010 Intro Biology, Section 001", "unpublished")
    assert changes(world) == []


def test_existing_course_is_updated(connection: str, world: World) -> None:
    """With ``if_exists="update"``, a course that has the SIS id is updated."""
    course = {"name": "Another name", "sis_course_id": "BIOL-1010-001"}
    result = run(create(course=course, offer=True, if_exists="update"))
    assert (result["course_id"], result["created"]) == (2001, False)
    assert (result["name"], result["workflow_state"]) == ("Another name", "available")
    assert changes(world) == ["PUT /api/v1/courses/2001"]


def test_existing_course_fails_the_task(connection: str, world: World) -> None:
    """With ``if_exists="fail"``, a course that has the SIS id fails the task without a retry."""
    task = create(course={"name": "x", "sis_course_id": "BIOL-1010-001"}, if_exists="fail")
    with pytest.raises(AirflowFailException, match=r"Course 2001 .* has the SIS id 'BIOL-1010-001' already.*if_exists"):
        run(task)
    assert changes(world) == []


@pytest.mark.parametrize("has_store", [True, False])
def test_retry_finds_the_created_course(connection: str, world: World, has_store: bool) -> None:
    """A retry returns the course that a killed attempt created, even with ``if_exists="fail"``."""
    attempt = Attempt() if has_store else Attempt(store=None)
    run(create(), attempt)
    if has_store and attempt.store is not None:
        # The worker died before it could store the course's id.
        attempt.store["canvas_submission"].update(state="submitting", ids=[])
    result = run(create(if_exists="fail"), Attempt(store=attempt.store, try_number=2))
    assert result["created"]
    assert len(courses_named(world, "Chemistry")) == 1


def test_lost_response_to_a_creation(connection: str, world: World) -> None:
    """If the response is lost, the course is found by its SIS id, and no second one is created."""
    world.faults.rules.append(Rule("/courses$", Action.DROP_AFTER, method="POST"))
    assert run(create())["created"]
    assert len(courses_named(world, "Chemistry")) == 1


def test_creation_that_did_not_reach_canvas(connection: str, world: World) -> None:
    """If the request did not reach Canvas, a retry creates the course."""
    world.faults.rules.append(Rule("/courses$", Action.DROP, method="POST"))
    attempt = Attempt()
    with pytest.raises(CanvasTransportError):
        run(create(), attempt)
    assert run(create(), Attempt(store=attempt.store, try_number=2))["created"]
    assert len(courses_named(world, "Chemistry")) == 1


def test_lost_response_to_a_creation_without_an_sis_id(connection: str, world: World) -> None:
    """Without an SIS id, the course cannot be found after a lost response, so no retry creates a second one."""
    world.faults.rules.append(Rule("/courses$", Action.DROP_AFTER, method="POST"))
    with pytest.raises(AirflowFailException, match=r"in account 12.*clear this task to create it\. It is not retried"):
        run(create(course={"name": "Chemistry"}))
    assert len(courses_named(world, "Chemistry")) == 1


@needs_store
def test_retry_of_a_creation_without_an_sis_id(connection: str, world: World) -> None:
    """A retry returns the stored course; if no id was stored, it fails and asks the user to check the account."""
    attempt = Attempt()
    first = run(create(course={"name": "Chemistry"}), attempt)
    retry = Attempt(store=attempt.store, try_number=2)
    assert run(create(course={"name": "Chemistry"}), retry) == first
    assert attempt.store is not None
    attempt.store["canvas_submission"].update(state="submitting", ids=[])
    with pytest.raises(AirflowFailException, match="Canvas may have created it: look into account 12"):
        run(create(course={"name": "Chemistry"}), retry)
    assert len(courses_named(world, "Chemistry")) == 1


@needs_store
def test_retry_after_a_rejected_creation(connection: str, world: World) -> None:
    """If Canvas rejected the creation, the retry creates the course."""
    world.faults.rules.append(Rule("/courses$", status=404, method="POST"))
    attempt = Attempt()
    with pytest.raises(AirflowFailException):
        run(create(course={"name": "Chemistry"}), attempt)
    assert run(create(course={"name": "Chemistry"}), Attempt(store=attempt.store, try_number=2))["created"]


def test_deleted_course_is_restored(connection: str, world: World) -> None:
    """With ``enable_sis_reactivation``, the deleted course is restored under its old id."""
    run(delete())
    result = run(create(course={"name": "Again", "sis_course_id": "BIOL-1010-001"}, enable_sis_reactivation=True))
    assert (result["course_id"], result["workflow_state"], result["created"]) == (2001, "unpublished", True)


def test_sis_id_that_canvas_ignores(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Canvas ignores the SIS id, the task fails and names the new course, because a retry could not find it."""
    from canvas_emulator.model import rights

    monkeypatch.setattr(rights, "ADMIN", rights.ADMIN - {"manage_sis"})
    with pytest.raises(AirflowFailException, match=r"created course \d+ without the SIS id 'CHEM-1'.*Delete it"):
        run(create())


@pytest.mark.parametrize(
    ("arguments", "message"),
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
def test_create_with_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    with pytest.raises(AirflowFailException, match=message):
        run(rendered(create, **arguments))
    assert not world.requests


# Update


def test_update(connection: str, world: World) -> None:
    """The result has the course's new fields."""
    result = run(update(course={"name": "Renamed", "sis_course_id": "BIO-NEW", "term_id": "8"}, offer=True))
    assert (result["name"], result["sis_course_id"], result["workflow_state"]) == ("Renamed", "BIO-NEW", "available")
    assert result["ignored"] == []


def test_update_with_ignored_fields(as_teacher: None, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Fields that Canvas ignores silently are logged and returned, or fail the task with ``fail_on_ignored``."""
    course = {"name": "Renamed", "sis_course_id": "BIO-NEW", "account_id": 1, "is_public": "true"}
    result = run(update(course=course))
    assert (result["name"], result["ignored"]) == ("Renamed", ["sis_course_id", "account_id"])
    assert "sis_course_id (requested 'BIO-NEW', is 'BIOL-1010-001')" in capsys.readouterr().out
    with pytest.raises(AirflowFailException, match=r"ignored sis_course_id .*, account_id .*give the user the right"):
        run(update(course=course, fail_on_ignored=True))


def test_update_of_a_protected_name(as_teacher: None, world: World) -> None:
    """If teachers may not rename courses, the name and the code are reported as ignored."""
    world.settings.change({"teachers_rename_courses": False})
    assert run(update(course={"name": "Renamed", "course_code": "R"}))["ignored"] == ["name", "course_code"]


def test_update_of_dates(connection: str, world: World) -> None:
    """Dates are ignored unless they restrict the enrollments; two forms of the same time are equal."""
    start = "2026-09-01T08:00:00+00:00"
    assert run(update(course={"start_at": start, "name": "Renamed"}))["ignored"] == ["start_at"]
    restricted = {"start_at": start, "restrict_enrollments_to_course_dates": True}
    assert run(update(course=restricted))["ignored"] == []


def test_update_without_changes(connection: str, world: World) -> None:
    """An update without fields fails before any request."""
    with pytest.raises(AirflowFailException, match="changes nothing"):
        run(update(course={}))
    assert not world.requests


ACCOUNT_404 = r"account_id 987 does not exist, or .*One of these ids \(account_id 987, course\[term_id\] {term}\)"
TERM_404 = r"account_id 12 exists, so it is term_id '{term}' that does not exist.*\(account_id 12, course\[term_id\]"


@pytest.mark.parametrize("term", ["sis_term_id:2099", "98765"])
def test_create_with_an_unknown_term_or_account(connection: str, world: World, term: str) -> None:
    """The error tells an unknown term from an unknown account, and names the ids of both."""
    with pytest.raises(AirflowFailException, match=TERM_404.format(term=term)):
        run(create(course={**NEW, "term_id": term}))
    with pytest.raises(AirflowFailException, match=ACCOUNT_404.format(term=term)):
        run(create(course={**NEW, "term_id": term}, account_id=987))


def test_update_with_an_unknown_term_or_course(connection: str, world: World) -> None:
    """The error tells an unknown term from an unknown course."""
    with pytest.raises(AirflowFailException, match="BIOL-1010-001' exists, so it is term_id 'sis_term_id:2099' that"):
        run(update(course={"term_id": "sis_term_id:2099"}))
    with pytest.raises(AirflowFailException, match="course_id 'sis_course_id:NOPE' does not exist, or"):
        run(update(course={"term_id": "sis_term_id:2099"}, course_id="sis_course_id:NOPE"))


def test_update_with_an_unknown_image(connection: str, world: World) -> None:
    """A file that is not in the course is no image of it: Canvas answers 200, and the field counts as ignored."""
    assert run(update(course={"image_id": 987654321}))["ignored"] == ["image_id"]


def test_update_that_keeps_what_was_changed_by_hand(connection: str, world: World) -> None:
    """``override_sis_stickiness=False``, on which Canvas fails, is refused before anything is sent."""
    with pytest.raises(AirflowFailException, match="override_sis_stickiness=False is not sent"):
        run(update(course={"name": "Biology"}, override_sis_stickiness=False))
    assert not world.requests


@pytest.mark.parametrize("sis_course_id", ["None", None])
def test_update_with_a_blank_sis_id(connection: str, world: World, sis_course_id: Any) -> None:
    """With a blank SIS id, the course keeps the SIS id that it has."""
    result = run(update(course={"name": "Renamed", "sis_course_id": sis_course_id}))
    assert (result["name"], result["sis_course_id"]) == ("Renamed", "BIOL-1010-001")


def test_update_with_a_boolean_as_text(connection: str, world: World) -> None:
    """Text that is no boolean fails the task before any request; the text "False" is accepted."""
    with pytest.raises(AirflowFailException, match="fail_on_ignored is 'perhaps'"):
        run(rendered(update, course={"name": "Renamed"}, fail_on_ignored="perhaps"))
    assert not world.requests
    assert run(update(course={"start_at": "2026-09-01T08:00:00Z"}, fail_on_ignored="False"))["ignored"] == ["start_at"]


# Reset


def test_reset(connection: str, emulator: EmulatorServer, world: World) -> None:
    """The result has the old and the new course id; the SIS id belongs to the new course."""
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
def test_retry_does_not_reset_the_new_course(connection: str, world: World, course_id: Any) -> None:
    """A retry returns the result of the first attempt; a cleared task resets the new course."""
    attempt = Attempt()
    first = run(reset(course_id=course_id), attempt)
    retry = Attempt(store=attempt.store, try_number=2)
    assert run(reset(course_id=course_id), retry) == first
    if course_id == FRESH:
        cleared = run(reset(), Attempt(store=attempt.store, try_number=2, max_tries=3))
        assert cleared["old_course_id"] == first["new_course_id"]


def test_retry_of_a_reset_without_a_store(connection: str, world: World) -> None:
    """Without a store, a course that is younger than the DAG run counts as the result of an earlier attempt."""
    first = run(reset(), Attempt(store=None))
    second = run(reset(), Attempt(store=None, try_number=2))
    assert (second["old_course_id"], second["new_course_id"]) == (None, first["new_course_id"])
    with pytest.raises(AirflowFailException, match="An earlier attempt may have reset it"):
        run(reset(course_id=2001), Attempt(store=None, try_number=2))


def test_lost_response_to_a_reset(connection: str, world: World) -> None:
    """If the old course is deleted after a lost response, its successor is found by the SIS id."""
    world.faults.rules.append(Rule("/reset_content$", Action.DROP_AFTER))
    result = run(reset())
    assert result["old_course_id"] == 2001
    assert result["new_course_id"] != 2001
    assert changes(world) == ["POST /api/v1/courses/2001/reset_content"]


def test_reset_that_did_not_reach_canvas(connection: str, world: World) -> None:
    """If the old course is not deleted after an error, the retry resets it."""
    world.faults.rules.append(Rule("/reset_content$", status=502))
    attempt = Attempt()
    with pytest.raises(CanvasServerError):
        run(reset(), attempt)
    assert run(reset(), Attempt(store=attempt.store, try_number=2))["old_course_id"] == 2001


def test_lost_response_to_a_reset_without_an_sis_id(connection: str, world: World) -> None:
    """Without an SIS id, the successor is unknown after a lost response, so the task fails and says why."""
    world.tables.courses[2001].sis_course_id = None
    world.faults.rules.append(Rule("/reset_content$", Action.DROP_AFTER))
    with pytest.raises(AirflowFailException, match=r"Course 2001 is deleted.*It had no SIS id, so it is not known"):
        run(reset(course_id=2001))


@pytest.mark.parametrize("state", [EnrollmentState.ACTIVE, EnrollmentState.COMPLETED, EnrollmentState.INACTIVE])
def test_reset_of_a_course_with_students(connection: str, world: World, state: EnrollmentState) -> None:
    """A course with students, also former ones, is reset only with ``allow_students=True``."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.STUDENT, state=state)
    with pytest.raises(AirflowFailException, match=r"has students.*Set allow_students=True"):
        run(reset())
    assert changes(world) == []
    assert run(reset(allow_students=True))["old_course_id"] == 2001


@pytest.mark.parametrize("allow_students", ["False", "false", "0", "None", ""])
def test_false_as_text_does_not_allow_students(connection: str, world: World, allow_students: str) -> None:
    """Text forms of False and blank values do not allow students."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.STUDENT)
    with pytest.raises(AirflowFailException, match="has students"):
        run(reset(allow_students=allow_students))
    assert changes(world) == []


def test_allow_students_from_a_template(connection: str, world: World) -> None:
    """A template may decide; an unrendered template fails the task before any request."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.STUDENT)
    with pytest.raises(AirflowFailException, match=r"allow_students is '\{\{ params.force \}\}': write"):
        run(reset(allow_students="{{ params.force }}"))
    assert not world.requests
    task, attempt = reset(allow_students="{{ params.force }}"), Attempt(params={"force": True})
    task.render_template_fields(attempt.context(task))
    assert run(task, attempt)["old_course_id"] == 2001


def test_course_that_cannot_be_reset(connection: str, world: World) -> None:
    """If Canvas rejects the reset, the error contains Canvas's message."""
    world.tables.courses[2001].settings.blueprint = True
    with pytest.raises(AirflowFailException, match="cannot reset_content on a blueprint"):
        run(reset())


# Delete


def test_delete(connection: str, emulator: EmulatorServer, world: World) -> None:
    """A course is deleted once; deleting it again changes nothing and succeeds."""
    result = run(delete(course_id=2001))
    host = emulator.url.removeprefix("http://")
    same = {"canvas_instance": host, "course_id": 2001, "event": "delete", "workflow_state": "deleted"}
    assert result == {**same, "changed": True}
    assert run(delete(course_id=2001)) == {**same, "changed": False}
    assert changes(world) == ["DELETE /api/v1/courses/2001"]


def test_conclude(connection: str, world: World) -> None:
    """A course is concluded once; concluding it again changes nothing and succeeds."""
    assert run(delete(event="conclude"))["workflow_state"] == "completed"
    assert run(delete(event="conclude"))["changed"] is False


def test_lost_response_to_a_deletion(connection: str, world: World) -> None:
    """After a lost response, the retry finds the course deleted and succeeds."""
    world.faults.rules.append(Rule("/courses/", Action.DROP_AFTER, method="DELETE"))
    with pytest.raises(CanvasTransportError):
        run(delete(course_id=2001))
    assert run(delete(course_id=2001), Attempt(try_number=2))["changed"] is False


def test_delete_of_an_unknown_course(connection: str, world: World) -> None:
    """The id of a course that never existed fails the task."""
    with pytest.raises(AirflowFailException, match="does not exist"):
        run(delete(course_id=999999))
    assert changes(world) == []


def test_conclude_of_a_deleted_course(connection: str, world: World) -> None:
    """A deleted course cannot be concluded."""
    run(delete(course_id=2001))
    with pytest.raises(AirflowFailException, match="is deleted, and cannot be concluded"):
        run(delete(course_id=2001, event="conclude"))


def test_delete_of_a_protected_course(connection: str, world: World) -> None:
    """If Canvas protects courses from SIS, the task fails with Canvas's status."""
    world.settings.change({"deletes_sis_courses": False})
    with pytest.raises(AirflowFailException, match="Canvas answered 400"):
        run(delete())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"event": "offer"}, "event 'offer' is not one of"), ({"course_id": "BIO-1"}, "sis_course_id:")],
)
def test_delete_with_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request."""
    with pytest.raises(AirflowFailException, match=message):
        run(rendered(delete, **arguments))
    assert not world.requests
