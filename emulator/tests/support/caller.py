"""A world of two courses that tests fill, and a caller that talks to it over HTTP."""

from __future__ import annotations

from typing import Any

import requests

from airflow_provider_canvas.emulator.clock import ManualClock
from airflow_provider_canvas.emulator.content import Course
from airflow_provider_canvas.emulator.records import AccessToken, Account, ContentMigration, User
from airflow_provider_canvas.emulator.server import EmulatorServer
from airflow_provider_canvas.emulator.world import World

SOURCE, DESTINATION, OTHER = 11, 22, 33
ADMIN, WRITER, READER, STRANGER = "admin-token", "writer-token", "reader-token", "stranger-token"
COPY_SECONDS = 25


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


class Caller:
    """Calls a served emulator with one user's token.

    :param server: which emulator.
    :param token: whose token; None for none.
    """

    def __init__(self, server: EmulatorServer, token: str | None = ADMIN) -> None:
        self.server = server
        self.session = requests.Session()
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request; a path that starts with `/` is below the host, any other below the API, a URL is itself."""
        if not path.startswith("http"):
            path = self.server.url + (path if path.startswith("/") else f"/api/v1/{path}")
        return self.session.request(method, path, timeout=10, **options)

    def get(self, path: str, **params: Any) -> Any:
        """GET JSON, which must succeed."""
        answer = self("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def copy(self, **changes: Any) -> dict[str, Any]:
        """POST a course copy from the source to the destination, which must succeed, and do not wait for it."""
        body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}} | changes
        answer = self("POST", f"courses/{DESTINATION}/content_migrations", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def copied(self, **changes: Any) -> dict[str, Any]:
        """POST a course copy, let its time pass, and return the migration as it is then."""
        migration = self.copy(**changes)
        self.server.world.clock.advance(COPY_SECONDS)
        return self.migration(migration["id"])

    def migration(self, migration_id: int, **params: Any) -> dict[str, Any]:
        """GET a migration into the destination."""
        return self.get(f"courses/{DESTINATION}/content_migrations/{migration_id}", **params)

    def progress(self, migration: dict[str, Any]) -> dict[str, Any]:
        """GET a migration's Progress."""
        return self.get(migration["progress_url"])

    def issues(self, migration: dict[str, Any]) -> list[dict[str, Any]]:
        """GET a migration's issues."""
        return self.get(migration["migration_issues_url"], per_page=100)

    def mapping(self, migration: dict[str, Any]) -> dict[str, Any]:
        """GET a migration's asset id mapping."""
        return self.get(f"courses/{DESTINATION}/content_migrations/{migration['id']}/asset_id_mapping")


def stored(world: World, migration: dict[str, Any]) -> ContentMigration:
    """The row behind a migration's JSON, as it is now."""
    world.settle()
    return world.tables.content_migrations[migration["id"]]
