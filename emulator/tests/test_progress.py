from __future__ import annotations

from collections.abc import Callable

import pytest

from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, READER, STRANGER, WRITER
from tests.support.caller import Caller

CallAs = Callable[[str | None], Caller]


@pytest.mark.edition("current")
def test_read_permission_is_required(call_as: CallAs) -> None:
    """Users who may read the course may read its Progress, others get a 403; an unknown Progress is a 404."""
    admin = call_as(ADMIN)
    url = admin.copy()["progress_url"]
    assert call_as(READER)("GET", url).status_code == 200
    assert call_as(STRANGER)("GET", url).status_code == 403
    assert admin("GET", "progress/1").status_code == 404


def test_cancelling_does_not_stop_the_job(canvas: Caller, world: World) -> None:
    """A cancelled Progress is ``failed`` while its job is still running, and ``completed`` when the job ends."""
    migration = canvas.copy()
    world.clock.advance(8)
    response = canvas("POST", migration["progress_url"] + "/cancel", data={"message": "no more"})
    assert (response.json()["workflow_state"], response.json()["message"]) == ("failed", "no more")
    world.clock.advance(12)
    progress = canvas.progress(migration)
    assert (progress["workflow_state"], progress["completion"]) == ("failed", 85.0)
    world.clock.advance(5)
    progress = canvas.progress(migration)
    assert (progress["workflow_state"], progress["completion"]) == ("completed", 100.0)
    assert canvas.migration(migration["id"])["workflow_state"] == "completed"


def test_cancelling_stops_the_job_with_a_setting(canvas: Caller, world: World) -> None:
    """With ``cancel_stops_job`` on, the migration fails as well, and imports nothing more."""
    world.settings.cancel_stops_job = True
    migration = canvas.copy()
    world.clock.advance(8)
    canvas("POST", migration["progress_url"] + "/cancel")
    world.clock.advance(60)
    assert canvas.progress(migration)["workflow_state"] == "failed"
    assert canvas.migration(migration["id"])["workflow_state"] == "failed"


@pytest.mark.edition("current")
def test_only_the_user_who_started_a_job_may_cancel_it(call_as: CallAs) -> None:
    """Not even an admin may cancel the job of another user."""
    migration = call_as(WRITER).copy()
    url = migration["progress_url"] + "/cancel"
    assert call_as(ADMIN)("POST", url).status_code == 403
    assert call_as(READER)("POST", url).status_code == 403
    assert call_as(WRITER)("POST", url).status_code == 200


def test_results_are_sent_after_the_end_of_the_job(canvas: Caller, world: World) -> None:
    """A Progress has its results after its job has ended, and not before."""
    migration = canvas.copy()
    world.tables.progress[canvas.progress(migration)["id"]].results = {"id": 5}
    assert "results" not in canvas.progress(migration)
    world.clock.advance(25)
    assert canvas.progress(migration)["results"] == {"id": 5}
