"""Courses that many ids name: which are found, and how many requests that takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.records import Account
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import TEACHER_ID, TEACHER_TOKEN
from canvas_emulator.seeds.term import term_shells, term_world
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.course_lookup import FoundCourse, look_up_courses
from airflow_provider_canvas.client.errors import CanvasServerError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client

SECTION = 2001
UUID = "a" * 40


def look_up(settings: Settings, *references: str) -> dict[str, FoundCourse]:
    return run_with_client(settings, lambda canvas: look_up_courses(canvas, references))


@pytest.fixture
def settings(emulator: EmulatorServer) -> Settings:
    return Settings(emulator.url, emulator.token)


def test_all_forms_of_an_id_are_the_same_course(settings: Settings, world: World) -> None:
    """A number, a global number, an SIS id and a uuid find the same course, each with one request."""
    course = world.tables.courses[SECTION]
    course.uuid, course.integration_id = UUID, "int-1"
    world.settings.change({"sharded": True})
    forms = [
        "2001",
        "1~2001",
        str(10_000_000_000_000 + SECTION),
        "sis_course_id:BIOL-1010-001",
        f"hex:sis_course_id:{b'BIOL-1010-001'.hex()}",
        "sis_integration_id:int-1",
        f"lti_context_id:{UUID}",
        f"uuid:{UUID}",
    ]
    found = look_up(settings, *forms)
    assert [each.course and each.course["id"] for each in found.values()] == [SECTION] * len(forms)
    assert set(found) == set(forms)
    assert len(world.requests) <= len(forms) + 2  # and whether the numbers are SIS ids, too


@pytest.mark.parametrize(
    ("reference", "problem"),
    [("2001", None), ("999999", "unknown"), ("sis_course_id:NO", "unknown"), ("2002", "deleted")],
)
def test_problems(settings: Settings, world: World, reference: str, problem: str | None) -> None:
    """A deleted course is told apart from one that never existed."""
    world.tables.courses[2002].workflow_state = "deleted"
    found = look_up(settings, reference)[reference]
    assert found.problem == problem
    assert (found.course is None) is (problem == "unknown")


def test_a_course_without_permission(emulator: EmulatorServer, world: World) -> None:
    """A course that the token's user may not see is refused, with Canvas's words."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.TEACHER)
    found = look_up(Settings(emulator.url, TEACHER_TOKEN), "2001", "1010")
    assert [each.problem for each in found.values()] == [None, "refused"]
    assert found["1010"].message


@pytest.mark.parametrize("others", [0, 40])
def test_a_number_that_is_also_an_sis_id(settings: Settings, world: World, others: int) -> None:
    """Of a number, the other course with that SIS id is found too, read alone or among many."""
    world.tables.courses[2003].sis_course_id = "2001"
    for number in range(others):
        world.tables.courses[7000 + number] = replace(world.tables.courses[2005], id=7000 + number, sis_course_id=None)
    found = look_up(settings, "2001", "2003", *(str(7000 + number) for number in range(others)))
    namesake = found["2001"].namesake
    assert namesake is not None
    assert namesake["id"] == 2003
    assert found["2003"].namesake is None
    assert sum(each.namesake is not None for each in found.values()) == 1


def test_an_unknown_number_that_is_an_sis_id(settings: Settings, world: World) -> None:
    """A number that is only an SIS id is unknown, and the course with that SIS id is named."""
    world.tables.courses[2003].sis_course_id = "888777"
    found = look_up(settings, "888777")["888777"]
    assert found.problem == "unknown"
    assert found.namesake is not None
    assert found.namesake["id"] == 2003


def test_an_sis_id_that_a_deleted_course_has_too(settings: Settings, world: World) -> None:
    """Canvas takes the course that is not deleted."""
    world.tables.courses[1] = replace(world.tables.courses[2001], id=1, workflow_state="deleted")
    found = look_up(settings, "sis_course_id:BIOL-1010-001")["sis_course_id:BIOL-1010-001"]
    assert found.course is not None
    assert (found.course["id"], found.problem) == (2001, None)


def test_an_error_of_canvas_is_raised(emulator: EmulatorServer, world: World) -> None:
    """An error of Canvas is raised, and not returned as a problem of a course."""
    world.faults.rules.append(Rule("/courses/", status=503, times=None))
    with pytest.raises(CanvasServerError):
        look_up(Settings(emulator.url, emulator.token, retry_for=0), "2001")


class TestOfManyCourses:
    """The courses of a term of 240 sections, and of a larger account around it."""

    @pytest.fixture
    def world(self) -> World:
        return term_world(token="7~token-of-the-tests", sections=240)

    def test_a_term_is_listed(self, settings: Settings, world: World) -> None:
        """The sections of a term are found by their SIS ids or numbers in the pages of one listing."""
        references = [
            f"sis_course_id:{shell.sis_course_id}" if number % 2 else str(shell.id)
            for number, shell in enumerate(_shells(world))
        ]
        found = look_up(settings, *references)
        assert all(each.problem is None and each.course for each in found.values())
        assert len(world.requests) <= 3 + 240 / 50 + 1

    def test_a_few_courses_are_read_alone(self, settings: Settings, world: World) -> None:
        """Ten courses of a large account cost ten requests, and no listing."""
        look_up(settings, *(f"sis_course_id:{shell.sis_course_id}" for shell in _shells(world)[:10]))
        assert Counter(request.path for request in world.requests if "accounts" in request.path) == {}
        assert len(world.requests) == 10

    def test_a_listing_that_finds_too_little_is_left(self, settings: Settings, world: World) -> None:
        """Thirty courses at the end of a listing of 3,000 are read alone, after a few pages."""
        template = _shells(world)[0]
        for number in range(3000):
            world.tables.courses[number + 1] = replace(template, id=number + 1, sis_course_id=f"OTHER-{number}")
        look_up(settings, *(f"sis_course_id:{shell.sis_course_id}" for shell in _shells(world)[-30:]))
        assert sum("accounts" in request.path for request in world.requests) <= 4
        assert len(world.requests) <= 35

    def test_unknown_courses_among_many(self, settings: Settings, world: World) -> None:
        """What a listing does not have is read alone: deleted, unknown and courses of other terms."""
        shells = _shells(world)
        shells[3].workflow_state = "deleted"
        other = shells[4]
        other.enrollment_term_id = 1
        world.tables.accounts[77] = Account(77, "Elsewhere", other.account_id)
        other.account_id = 77
        references = [f"sis_course_id:{shell.sis_course_id}" for shell in shells[:60]]
        found = look_up(settings, *references, "sis_course_id:NO-SUCH", "987654")
        problems = {reference: each.problem for reference, each in found.items() if each.problem}
        assert problems == {references[3]: "deleted", "sis_course_id:NO-SUCH": "unknown", "987654": "unknown"}
        assert found[references[4]].course is not None
        assert len(world.requests) <= 20

    def test_a_token_that_may_not_list_the_account(
        self, emulator: EmulatorServer, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A teacher's courses are read one by one, and the log says why."""
        shells = _shells(world)[:30]
        teacher = next(user for user in world.tables.users.values() if not user.is_admin)
        token = replace(next(iter(world.tables.tokens.values())), token="7~teacher", user_id=teacher.id)
        world.tables.tokens["7~teacher"] = token
        for shell in shells:
            world.enroll(teacher.id, shell.id, EnrollmentType.TEACHER)
        with caplog.at_level("INFO"):
            found = look_up(Settings(emulator.url, "7~teacher"), *(str(shell.id) for shell in shells))
        assert all(each.problem is None for each in found.values())
        assert "read one by one" in caplog.text


def _shells(world: World) -> list[Course]:
    return [world.tables.courses[shell.id] for shell in term_shells(240)]
