from __future__ import annotations

from collections.abc import Callable

import pytest

from canvas_emulator.model.content import Page
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, READER, SOURCE, WRITER
from tests.support.caller import Caller

CallAs = Callable[[str | None], Caller]


@pytest.fixture
def migration(canvas: Caller, world: World) -> dict[str, object]:
    """A completed copy with an issue for each of twelve pages."""
    for number in range(12):
        world.add(Page(course_id=SOURCE, title=f"Page {number}", body=f'<a href="/courses/{SOURCE}/files/404">'))
    return canvas.copied()


def path(migration: dict[str, object]) -> str:
    return f"courses/{DESTINATION}/content_migrations/{migration['id']}/migration_issues"


def test_as_an_admin_sees_it(canvas: Caller, migration: dict[str, object]) -> None:
    """An issue says what is wrong and where, and to an admin why."""
    issue = canvas.issues(migration)[0]
    assert issue == {
        "id": issue["id"],
        "description": "Missing links found in imported content - Page body",
        "workflow_state": "active",
        "fix_issue_html_url": f"/courses/{DESTINATION}/pages/page-0",
        "issue_type": "warning",
        "created_at": "2026-05-04T09:00:19Z",
        "updated_at": "2026-05-04T09:00:19Z",
        "content_migration_url": str(migration["migration_issues_url"]).removesuffix("/migration_issues"),
        "error_message": f"The following references could not be resolved: /courses/{SOURCE}/files/404",
    }
    assert canvas("GET", f"{path(migration)}/{issue['id']}").json() == issue


def test_as_a_teacher_sees_it(call_as: CallAs, migration: dict[str, object]) -> None:
    """The error behind an issue is for admins."""
    assert "error_message" not in call_as(WRITER).issues(migration)[0]


def test_they_are_counted_and_paged(canvas: Caller, migration: dict[str, object]) -> None:
    """All issues count, resolved ones too, and the list comes in pages of ten."""
    issue = canvas.issues(migration)[0]
    canvas("PUT", f"{path(migration)}/{issue['id']}", data={"workflow_state": "resolved"})
    assert len(canvas.get(path(migration))) == 10
    assert len(canvas.get(path(migration), page=2)) == 2
    assert migration["migration_issues_count"] == 12


def test_a_state_can_be_set(canvas: Caller, migration: dict[str, object]) -> None:
    """An issue can be resolved and made active again; other states are refused with a 403 that is no permission."""
    url = f"{path(migration)}/{canvas.issues(migration)[0]['id']}"
    assert canvas("PUT", url, data={"workflow_state": "resolved"}).json()["workflow_state"] == "resolved"
    assert canvas("PUT", url, json={"workflow_state": "active"}).json()["workflow_state"] == "active"
    response = canvas("PUT", url, data={"workflow_state": "done"})
    assert (response.status_code, response.json()) == (403, {"message": "Must send a valid workflow state"})


def test_who_may_change_one(call_as: CallAs, migration: dict[str, object]) -> None:
    """Reading the course is not enough."""
    url = f"{path(migration)}/{call_as(ADMIN).issues(migration)[0]['id']}"
    assert call_as(READER)("PUT", url, data={"workflow_state": "resolved"}).status_code == 403


def test_one_of_another_migration_is_not_found(canvas: Caller, migration: dict[str, object]) -> None:
    """An issue belongs to its migration."""
    issue = canvas.issues(migration)[0]
    other = canvas.copied(select={"pages": []})
    assert canvas("GET", f"{path(other)}/{issue['id']}").status_code == 404
    assert canvas("GET", f"{path(migration)}/999").status_code == 404
    assert canvas("POST", path(migration)).status_code == 404


def test_a_run_begins_without_them(canvas: Caller, migration: dict[str, object]) -> None:
    """Running a migration again takes its issues back first."""
    canvas("PUT", f"courses/{DESTINATION}/content_migrations/{migration['id']}")
    assert canvas.issues(migration) == []
