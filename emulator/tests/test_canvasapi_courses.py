"""The Courses API through ``canvasapi``, an independent client, unmodified."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from canvasapi import Canvas
from canvasapi.exceptions import (
    BadRequest,
    CanvasException,
    Forbidden,
    InvalidAccessToken,
    RateLimitExceeded,
    ResourceDoesNotExist,
    Unauthorized,
)

from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.faults import Action, Body, Rule
from canvas_emulator.model.records import User
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, READER, SOURCE
from canvas_emulator.server import EmulatorServer
from tests.support.caller import Caller

pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly")  # it prefers HTTPS


@pytest.fixture
def api(server: EmulatorServer, world: World) -> Iterator[Canvas]:
    """Return a ``canvasapi`` client with the token of an administrator."""
    canvas = Canvas(server.url, ADMIN)
    yield canvas
    canvas._Canvas__requester._session.close()


@pytest.fixture
def reader_api(server: EmulatorServer, world: World) -> Iterator[Canvas]:
    """Return a ``canvasapi`` client with the token of a user who may only read some courses."""
    canvas = Canvas(server.url, READER)
    yield canvas
    canvas._Canvas__requester._session.close()


@pytest.fixture
def students(world: World) -> None:
    """Add 230 students, which is three pages, to the source course."""
    for number in range(101, 331):
        world.tables.users[number] = User(number, f"Stu Dent{number}")
        world.enroll(number, SOURCE, EnrollmentType.STUDENT)


def test_get_course(api: Canvas, world: World) -> None:
    """A course is found by its id and by its SIS id, and canvasapi parses its dates."""
    course = api.get_course(SOURCE, include=["term", "syllabus_body"])
    assert (course.id, course.name, str(course)) == (SOURCE, "Source", "Source Source (11)")
    assert course.created_at_date.year == 1970
    world.tables.courses[SOURCE].sis_course_id = "SRC"
    assert api.get_course("SRC", use_sis_id=True).id == SOURCE


def test_create_update_conclude_and_delete(api: Canvas) -> None:
    """A course is created in an account, updated, concluded and deleted."""
    account = api.get_account(1)
    course = account.create_course(course={"name": "New", "course_code": "N", "is_public": True}, offer=True)
    assert (course.name, course.workflow_state, course.is_public) == ("New", "available", True)
    assert course.update(course={"name": "Newer"}) == "Newer"
    assert api.get_course(course.id).name == "Newer"
    assert course.conclude() is True
    assert course.delete() is True
    with pytest.raises(ResourceDoesNotExist):
        api.get_course(course.id)


def test_list_courses(api: Canvas, world: World) -> None:
    """Courses are listed by account and by enrollment, across all pages."""
    for course_id in range(1001, 1121):
        world.tables.courses[course_id] = Course(course_id, "C", "C", 1, 1, workflow_state="unpublished")
        world.enroll(1, course_id, EnrollmentType.TEACHER)
    assert len(list(api.get_account(1).get_courses())) == 123
    assert len(list(api.get_courses(enrollment_type="teacher", state=["unpublished"]))) == 120
    assert len(list(api.get_current_user().get_courses())) == 120


@pytest.mark.usefixtures("students")
def test_course_users(api: Canvas) -> None:
    """Users are listed although the response has no link to a last page, searched, and shown."""
    course = api.get_course(SOURCE)
    assert len(list(course.get_users(enrollment_type=["student"]))) == 230
    assert [user.id for user in course.get_users(search_term="Dent123")] == [123]
    assert course.get_user(123, include=["enrollments"]).enrollments[0]["type"] == "StudentEnrollment"
    assert len(list(course.get_recent_students())) == 230


def test_course_settings(api: Canvas) -> None:
    """Course settings are read and changed."""
    course = api.get_course(SOURCE)
    assert course.get_settings()["hide_final_grades"] is False
    assert course.update_settings(hide_final_grades=True)["hide_final_grades"] is True


def test_preview_todo_nickname_and_reset(api: Canvas) -> None:
    """HTML is previewed, to-do items are listed, a nickname is set, and a course is reset."""
    course = api.get_course(SOURCE)
    assert course.preview_html("<p>A</p><script>x</script>") == "<p>A</p>"
    assert list(course.get_todo_items()) == []
    api.set_course_nickname(course.id, "Bugs")
    assert api.get_course(SOURCE).name == "Bugs"
    new = course.reset()
    assert (new.id != SOURCE, new.sis_course_id) == (True, "SIS/Source")


class TestErrors:
    """Each exception class of canvasapi is raised for the response that its documentation names."""

    def test_invalid_access_token(self, server: EmulatorServer, world: World) -> None:
        """A 401 with a challenge raises ``InvalidAccessToken``."""
        with pytest.raises(InvalidAccessToken):
            Canvas(server.url, "nonsense").get_course(SOURCE)

    def test_unauthorized(self, reader_api: Canvas, world: World) -> None:
        """A 401 without a challenge, as servers sent it before 2022, raises ``Unauthorized``."""
        world.settings.legacy_permission_401 = True
        with pytest.raises(Unauthorized):
            reader_api.get_course(SOURCE)

    @pytest.mark.edition("current")
    def test_forbidden(self, reader_api: Canvas) -> None:
        """A missing permission is a 403 today and raises ``Forbidden``."""
        with pytest.raises(Forbidden):
            reader_api.get_course(SOURCE)

    def test_resource_does_not_exist(self, api: Canvas) -> None:
        """An unknown course is a 404 and raises ``ResourceDoesNotExist``."""
        with pytest.raises(ResourceDoesNotExist):
            api.get_course(999)

    def test_bad_request(self, api: Canvas) -> None:
        """An invalid request is a 400 and raises ``BadRequest``."""
        with pytest.raises(BadRequest):
            api.get_course(SOURCE).update(course={"default_view": "dashboard"})

    @pytest.mark.edition("current")
    def test_rate_limit_exceeded(self, api: Canvas, world: World) -> None:
        """A throttled call raises ``RateLimitExceeded``, and the next call succeeds."""
        world.faults.rules.append(Rule("/courses/", Action.RESPOND, body=Body.THROTTLE))
        with pytest.raises(RateLimitExceeded):
            api.get_course(SOURCE)
        assert api.get_course(SOURCE).id == SOURCE

    def test_throttling_403_of_older_servers(self, api: Canvas, world: World) -> None:
        """The throttling 403 of older servers raises ``Forbidden`` with Canvas's text about the rate limit."""
        world.settings.legacy_throttle_403 = True
        world.faults.rules.append(Rule("/courses/", Action.RESPOND, body=Body.THROTTLE))
        with pytest.raises(Forbidden, match="Rate Limit Exceeded"):
            api.get_course(SOURCE)

    def test_server_error(self, api: Canvas, world: World) -> None:
        """A 502 raises ``CanvasException``, the base class of the others."""
        world.faults.rules.append(Rule("/courses/", Action.RESPOND, status=502, body=Body.HTML))
        with pytest.raises(CanvasException):
            api.get_course(SOURCE)


def test_course_has_all_values_of_the_response(api: Canvas, canvas: Caller) -> None:
    """canvasapi's course object has every key and value of the HTTP response."""
    response = canvas.get(f"courses/{DESTINATION}")
    course = api.get_course(DESTINATION)
    assert all(getattr(course, key) == value for key, value in response.items())
