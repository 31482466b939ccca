from __future__ import annotations

from collections.abc import Callable

import pytest

from canvas_emulator.model.content import DELETED, File, Page
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, READER, SOURCE, WRITER
from tests.support.caller import Caller

CallAs = Callable[[str | None], Caller]


@pytest.fixture
def migration(canvas: Caller, world: World) -> dict[str, object]:
    """Return a completed copy with one issue for each of twelve pages."""
    gone = world.add(File(course_id=SOURCE, title="gone.txt", workflow_state=DELETED))
    for number in range(12):
        world.add(Page(course_id=SOURCE, title=f"Page {number}", body=f'<a href="/courses/{SOURCE}/files/{gone.id}">'))
    return canvas.copied()


def path(migration: dict[str, object]) -> str:
    return f"courses/{DESTINATION}/content_migrations/{migration['id']}/migration_issues"


def test_issue_for_an_admin(canvas: Caller, migration: dict[str, object]) -> None:
    """An issue has a description and the URL of its page, and for an admin also the error message."""
    issue = canvas.issues(migration)[0]
    assert "$CANVAS_COURSE_REFERENCE$/file_ref/g" in issue["error_message"]
    assert issue == {
        "id": issue["id"],
        "description": "Missing links found in imported content - Wiki Page body",
        "workflow_state": "active",
        "fix_issue_html_url": f"/courses/{DESTINATION}/pages/page-0",
        "issue_type": "warning",
        "created_at": "2026-05-04T09:00:22Z",
        "updated_at": "2026-05-04T09:00:22Z",
        "content_migration_url": str(migration["migration_issues_url"]).removesuffix("/migration_issues"),
        "error_message": issue["error_message"],
    }
    assert canvas("GET", f"{path(migration)}/{issue['id']}").json() == issue


def test_issue_for_a_teacher(call_as: CallAs, migration: dict[str, object]) -> None:
    """The error message of an issue is not sent to a teacher."""
    assert "error_message" not in call_as(WRITER).issues(migration)[0]


def test_issues_are_counted_and_paginated(canvas: Caller, migration: dict[str, object]) -> None:
    """All issues are counted, resolved ones too, and are listed in pages of ten."""
    issue = canvas.issues(migration)[0]
    canvas("PUT", f"{path(migration)}/{issue['id']}", data={"workflow_state": "resolved"})
    assert len(canvas.get(path(migration))) == 10
    assert len(canvas.get(path(migration), page=2)) == 2
    assert migration["migration_issues_count"] == 12


def test_state_of_an_issue_can_be_set(canvas: Caller, migration: dict[str, object]) -> None:
    """An issue can be resolved and made active again; a 403 refuses other states, though permission exists."""
    url = f"{path(migration)}/{canvas.issues(migration)[0]['id']}"
    assert canvas("PUT", url, data={"workflow_state": "resolved"}).json()["workflow_state"] == "resolved"
    assert canvas("PUT", url, json={"workflow_state": "active"}).json()["workflow_state"] == "active"
    response = canvas("PUT", url, data={"workflow_state": "done"})
    assert (response.status_code, response.json()) == (403, {"message": "Must send a valid workflow state"})


@pytest.mark.edition("current")
def test_write_permission_is_required(call_as: CallAs, migration: dict[str, object]) -> None:
    """A user who may only read the course may not change its issues."""
    url = f"{path(migration)}/{call_as(ADMIN).issues(migration)[0]['id']}"
    assert call_as(READER)("PUT", url, data={"workflow_state": "resolved"}).status_code == 403


def test_issue_of_another_migration_is_not_found(canvas: Caller, migration: dict[str, object]) -> None:
    """An issue is a 404 in any other migration than its own."""
    issue = canvas.issues(migration)[0]
    other = canvas.copied(select={"pages": []})
    assert canvas("GET", f"{path(other)}/{issue['id']}").status_code == 404
    assert canvas("GET", f"{path(migration)}/999").status_code == 404
    assert canvas("POST", path(migration)).status_code == 404


def test_new_run_deletes_issues(canvas: Caller, migration: dict[str, object]) -> None:
    """Running a migration again deletes the issues of its earlier run."""
    canvas("PUT", f"courses/{DESTINATION}/content_migrations/{migration['id']}")
    assert canvas.issues(migration) == []
