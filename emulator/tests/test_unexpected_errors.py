"""Whatever the work of a job raises ends that job, and no request of any client."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.jobs import content_export, content_migration
from canvas_emulator.machines.content_migration import Effect
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller


def broken(*_: Any) -> None:
    """Fail as code with a bug does."""
    raise LookupError("a bug")


@pytest.mark.parametrize("effect", [Effect.BEGIN, Effect.CONVERT, Effect.COPY_FILES, Effect.IMPORT_CONTENT])
def test_error_in_a_copy_fails_the_copy(
    canvas: Caller, world: World, monkeypatch: pytest.MonkeyPatch, effect: Effect
) -> None:
    """A copy whose work raises fails with Canvas's issue and a report, and later stages are not run."""
    monkeypatch.setattr(content_migration, "EFFECTS", {**content_migration.EFFECTS, effect: broken})
    migration = canvas.copied()
    assert migration["workflow_state"] == "failed"
    (issue,) = canvas.issues(migration)
    assert (issue["issue_type"], issue["description"]) == (
        "error",
        "There was an unexpected error, please contact support.",
    )
    assert "/error_reports/" in issue["error_report_html_url"]
    world.clock.advance(60)
    assert canvas.progress(migration)["workflow_state"] == "failed"
    assert canvas.migration(migration["id"])["workflow_state"] == "failed"


def test_error_in_an_export_fails_the_export(canvas: Caller, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that cannot be written fails with its Progress."""
    monkeypatch.setattr(content_export, "write_export", broken)
    path = f"courses/{SOURCE}/content_exports"
    export = canvas("POST", path, json={"export_type": "common_cartridge"}).json()
    world.clock.advance(60)
    assert canvas.get(f"{path}/{export['id']}")["workflow_state"] == "failed"
    assert canvas.progress(export)["workflow_state"] == "failed"


def test_finished_at_comes_halfway_in_the_edition_of_2023(canvas: Caller, world: World) -> None:
    """With ``finished_at_halfway`` a copy has ``finished_at`` while its import is running, and keeps it at its end."""
    world.settings.finished_at_halfway = True
    migration = canvas.copy()
    world.clock.advance(13)
    halfway = canvas.migration(migration["id"])
    assert (halfway["workflow_state"], halfway["finished_at"]) == ("running", "2026-05-04T09:00:12Z")
    world.clock.advance(13)
    end = canvas.migration(migration["id"])
    assert (end["workflow_state"], end["finished_at"]) == ("completed", "2026-05-04T09:00:12Z")
