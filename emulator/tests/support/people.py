"""The users of the courses, shared by several test modules, which import the fixture ``people``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken, Account, Term, User
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller

CallAs = Callable[[str | None], Caller]
STUDENT, STUDENTS = "student-token", range(101, 131)


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Add thirty students and a teacher to the source course."""
    tables = world.tables
    tables.accounts[2] = Account(2, "Biology", 1, sis_account_id="BIO")
    tables.accounts[3] = Account(3, "Chemistry", 1)
    tables.terms |= {1: Term(1, "Default Term"), 2: Term(2, "Spring", "2026SP")}
    for number in STUDENTS:
        tables.users[number] = User(number, f"Stu Dent{number}", sis_user_id=f"S{number}", email=f"s{number}@x.example")
        world.enroll(number, SOURCE, EnrollmentType.STUDENT)
    tables.tokens[STUDENT] = AccessToken(STUDENT, 101)
    world.enroll(4, SOURCE, EnrollmentType.TEACHER)  # whose token is STRANGER
