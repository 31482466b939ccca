"""Test content migrations and their issues in accounts, courses, groups and users."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from canvas_emulator.effects.issues import add_issue
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, READER, STRANGER, WRITER
from tests.support.caller import Caller
from tests.support.packaging import post, start_import, zipped
from tests.support.uploading import GROUP, add_group

CallAs = Callable[[str | None], Caller]

CONTEXTS = {
    "accounts/1": {"canvas_cartridge_importer", "common_cartridge_importer", "moodle_converter", "qti_converter"},
    f"courses/{DESTINATION}": {
        "canvas_cartridge_importer",
        "common_cartridge_importer",
        "course_copy_importer",
        "moodle_converter",
        "qti_converter",
        "zip_file_importer",
    },
    f"groups/{GROUP}": {"zip_file_importer"},
    "users/1": {"zip_file_importer"},
}
"""The contexts, and what each can import."""

NOT_COURSES = [context for context in CONTEXTS if not context.startswith("courses")]
EVERY_TYPE = sorted(set().union(*CONTEXTS.values()))


@pytest.fixture(autouse=True)
def _group(world: World) -> None:
    add_group(world)


def first(canvas: Caller, context: str) -> dict[str, object]:
    """A migration into a context, waiting for its file."""
    migration_type = max(CONTEXTS[context])
    root = canvas.get(f"{context}/folders/root")["id"] if not context.startswith("accounts") else None
    return post(
        canvas,
        f"{context}/content_migrations",
        migration_type=migration_type,
        settings={"folder_id": root},
        pre_attachment={"name": "a.zip"},
    )


@pytest.mark.parametrize("context", list(CONTEXTS))
class TestInEveryContext:
    """Behaviour that is the same in every context."""

    def test_migrators(self, canvas: Caller, context: str) -> None:
        """Each context lists what it can import."""
        rows = canvas.get(f"{context}/content_migrations/migrators")
        assert {row["type"] for row in rows} == CONTEXTS[context]

    def test_other_types_are_refused(self, canvas: Caller, context: str) -> None:
        """A type of another context is refused before any other check; an allowed type is not."""
        refused = {"message": "Unsupported migration_type for context"}
        for migration_type in EVERY_TYPE:
            response = canvas("POST", f"{context}/content_migrations", json={"migration_type": migration_type})
            assert response.status_code == 400
            assert (response.json() == refused) == (migration_type not in CONTEXTS[context])

    def test_migration_is_in_one_context(self, canvas: Caller, context: str) -> None:
        """A migration is found in its own context, and in no other."""
        migration = first(canvas, context)
        assert [row["id"] for row in canvas.get(f"{context}/content_migrations")] == [migration["id"]]
        assert canvas.get(f"{context}/content_migrations/{migration['id']}")["id"] == migration["id"]
        for other in set(CONTEXTS) - {context}:
            assert canvas("GET", f"{other}/content_migrations/{migration['id']}").status_code == 404

    def test_issues(self, canvas: Caller, world: World, context: str) -> None:
        """Issues are listed, shown and resolved under the migration's own context."""
        migration = first(canvas, context)
        row = world.tables.content_migrations[migration["id"]]
        add_issue(world, row, world.clock.now(), "warning", "Look here")
        path = f"{context}/content_migrations/{migration['id']}/migration_issues"
        (issue,) = canvas.get(path)
        assert canvas.get(f"{path}/{issue['id']}")["description"] == "Look here"
        response = canvas("PUT", f"{path}/{issue['id']}", data={"workflow_state": "resolved"})
        assert response.json()["workflow_state"] == "resolved"

    def test_urls_name_a_course(self, canvas: Caller, world: World, context: str) -> None:
        """Every URL has the route of a course, with the id of the actual context."""
        migration = first(canvas, context)
        wrong = f"{canvas.server.url}/api/v1/courses/{context.partition('/')[2]}/content_migrations"
        assert migration["migration_issues_url"] == f"{wrong}/{migration['id']}/migration_issues"
        row = world.tables.content_migrations[migration["id"]]
        add_issue(world, row, world.clock.now(), "warning", "Look here")
        path = f"{context}/content_migrations"
        (issue,) = canvas.get(f"{path}/{migration['id']}/migration_issues")
        assert issue["content_migration_url"] == f"{wrong}/{migration['id']}"
        links = canvas("GET", path).headers["link"]
        assert f"<{wrong}?page=1&per_page=10>" in links
        links = canvas("GET", f"{path}/{migration['id']}/migration_issues").headers["link"]
        assert f"<{wrong}/{migration['id']}/migration_issues?page=1&per_page=10>" in links

    def test_upload_timeout(self, canvas: Caller, world: World, context: str) -> None:
        """An unfinished upload fails in every context."""
        migration = first(canvas, context)
        world.clock.advance(3601)
        shown = canvas.get(f"{context}/content_migrations/{migration['id']}")
        assert (shown["workflow_state"], shown["migration_issues_count"]) == ("failed", 1)

    @pytest.mark.edition("current")
    def test_no_rights(self, call_as: CallAs, context: str) -> None:
        """A user without rights in a context neither reads nor creates migrations there."""
        stranger = call_as(STRANGER)
        assert stranger("GET", f"{context}/content_migrations").status_code == 403
        assert stranger("POST", f"{context}/content_migrations", json={}).status_code == 403


@pytest.mark.parametrize("context", NOT_COURSES)
def test_mapping_is_for_courses_only(canvas: Caller, context: str) -> None:
    """Only courses have the route of the mapping."""
    migration = first(canvas, context)
    assert canvas("GET", f"{context}/content_migrations/{migration['id']}/asset_id_mapping").status_code == 404


@pytest.mark.edition("current")
def test_members_of_a_group(call_as: CallAs) -> None:
    """Members read and create the group's migrations; other users of the course do not."""
    member, other = call_as(WRITER), call_as(READER)
    assert member("GET", f"groups/{GROUP}/content_migrations").status_code == 200
    assert other("GET", f"groups/{GROUP}/content_migrations").status_code == 403


@pytest.mark.edition("current")
def test_own_files(call_as: CallAs) -> None:
    """Users import into their own files without any other right."""
    caller = call_as(WRITER)
    assert caller("GET", "users/self/content_migrations").status_code == 200
    assert caller("GET", "users/3/content_migrations").status_code == 403


@pytest.mark.parametrize("context", ["groups/999", "users/999", "accounts/999", "courses/999"])
def test_unknown_context(canvas: Caller, context: str) -> None:
    """An unknown context is a 404."""
    assert canvas("GET", f"{context}/content_migrations").status_code == 404


def test_sis_ids_of_groups(canvas: Caller) -> None:
    """Groups are found by their SIS id."""
    assert canvas("GET", "groups/sis_group_id:G%2F5/content_migrations").status_code == 200


def test_list_creates_the_root_folder(canvas: Caller) -> None:
    """Listing migrations creates the root folder of a course that has none."""
    canvas.get(f"courses/{DESTINATION}/content_migrations")
    assert [row["full_name"] for row in canvas.get(f"courses/{DESTINATION}/folders")] == ["course files"]


def test_order_of_checks(canvas: Caller) -> None:
    """If several checks fail, the error is that of the first in Canvas's order."""
    path = f"courses/{DESTINATION}/content_migrations"
    for body, status, message in (
        ({"migration_type": "zip_file_importer"}, 400, "File upload, file_url, or content_export_id is required"),
        (
            {
                "migration_type": "zip_file_importer",
                "settings": {"file_url": "http://x.test", "source_course_id": "999"},
            },
            404,
            "The specified resource does not exist.",
        ),
        (
            {"migration_type": "zip_file_importer", "settings": {"file_url": "http://x.test"}},
            400,
            "A .zip upload requires a folder to upload to.",
        ),
    ):
        response = canvas("POST", path, json=body)
        payload = response.json()
        assert response.status_code == status
        assert payload.get(
            "message", payload.get("errors", [{}])[0].get("message") if "errors" in payload else None
        ) == (message)


def test_two_contexts_do_not_block_each_other(canvas: Caller) -> None:
    """A group and a course with the same id do not block each other's migrations."""
    data = zipped(**{"a.txt": b"a"})
    root = canvas.get(f"groups/{GROUP}/folders/root")["id"]
    body = {"migration_type": "zip_file_importer", "settings": {"folder_id": root}}
    first_one = start_import(canvas, data, f"groups/{GROUP}/content_migrations", **body)
    assert canvas.get(f"groups/{GROUP}/content_migrations/{first_one['id']}")["workflow_state"] == "running"
