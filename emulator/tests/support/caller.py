"""A caller that talks to an emulator over HTTP, with one user's token."""

from __future__ import annotations

from typing import Any

import requests

from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE
from canvas_emulator.server import EmulatorServer

COPY_SECONDS = 25


class Caller:
    """Calls a served emulator with one user's token.

    :param server: Which emulator.
    :param token: Whose token; None for none.
    """

    def __init__(self, server: EmulatorServer, token: str | None = ADMIN) -> None:
        self.server = server
        self.session = requests.Session()
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request; a path that starts with ``/`` is below the host, any other below the API, a URL is itself."""
        if not path.startswith("http"):
            path = self.server.url + (path if path.startswith("/") else f"/api/v1/{path}")
        return self.session.request(method, path, timeout=10, **options)

    def get(self, path: str, **params: Any) -> Any:
        """GET JSON; the request must succeed."""
        response = self("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def copy(self, **changes: Any) -> dict[str, Any]:
        """POST a course copy from the source to the destination; the request must succeed. Does not wait."""
        body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}} | changes
        response = self("POST", f"courses/{DESTINATION}/content_migrations", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def copied(self, **changes: Any) -> dict[str, Any]:
        """POST a course copy, advance the clock to its end, and return the migration."""
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
    """Return the current row of a migration's JSON."""
    world.settle()
    return world.tables.content_migrations[migration["id"]]
