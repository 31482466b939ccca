"""Three empty courses and four users, for tests that fill them."""

from __future__ import annotations

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import AccessToken, Account, User
from canvas_emulator.model.world import World

SOURCE, DESTINATION, OTHER = 11, 22, 33
ADMIN, WRITER, READER, STRANGER = "admin-token", "writer-token", "reader-token", "stranger-token"


def build(world: World) -> None:
    """Add three empty courses, and users with all rights, with those of a teacher of two courses, and with fewer."""
    tables = world.tables
    tables.accounts[1] = Account(1, "Root")
    users = (
        User(1, "Ada Min", is_admin=True),
        User(2, "Tea Cher", readable=frozenset({SOURCE}), writable=frozenset({DESTINATION})),
        User(3, "Rea Der", readable=frozenset({DESTINATION})),
        User(4, "Stran Ger"),
    )
    for user, token in zip(users, (ADMIN, WRITER, READER, STRANGER), strict=True):
        tables.users[user.id] = user
        tables.tokens[token] = AccessToken(token, user.id)
    for course_id, name in ((SOURCE, "Source"), (DESTINATION, "Destination"), (OTHER, "Other")):
        tables.courses[course_id] = Course(
            course_id, name, name, 1, 1, sis_course_id=f"SIS/{name}", uuid=f"{name}-uuid"
        )


def small_world() -> World:
    """Make the world, on a clock that stands still."""
    return World(build, clock=ManualClock())
