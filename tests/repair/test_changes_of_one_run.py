"""Several changes that one run made in a place are known one by one, and are taken back in the reverse order."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from canvas_emulator.model.content import Page

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.repair.backups import Backup
from airflow_provider_canvas.repair.repair_log import RepairLog
from airflow_provider_canvas.repair.states import RepairState
from tests.bulk.interruptions import ProcessDied
from tests.repair.conftest import Start
from tests.support.stale_course import COURSE, MemoryBackups, all_places, puts, run_repair, shown_texts

OF_IMAGES = "UPDATE canvas_stale_link SET batch = CASE attribute WHEN 'src' THEN 'fall-2026' ELSE 'later' END"
OF_LINKS = "UPDATE canvas_stale_link SET batch = CASE attribute WHEN 'src' THEN 'later' ELSE 'fall-2026' END"


class DyingLog(RepairLog):
    """A table of changes whose process dies when it has written that a change begins."""

    def write(self, place: Any, links: Any, state: RepairState, *details: Any) -> None:
        """Write rows."""
        super().write(place, links, state, *details)
        if state is RepairState.REPAIRING:
            raise ProcessDied


def execute(engine: sa.engine.Engine, statement: str) -> None:
    """Execute a statement."""
    with engine.begin() as connection:
        connection.execute(sa.text(statement))


def states(engine: sa.engine.Engine, run_id: str = "run 1") -> dict[str, str]:
    """Return the state of each change of a run, by attribute."""
    with engine.connect() as connection:
        query = sa.text("SELECT attribute, state FROM canvas_link_repair WHERE run_id = :run_id")
        return {row.attribute: row.state for row in connection.execute(query, {"run_id": run_id})}


def repair_twice(engine: sa.engine.Engine, canvas: Any, backups: MemoryBackups) -> None:
    """Repair the images of the page and then its links, as two tasks of one run do."""
    execute(engine, OF_IMAGES)
    assert run_repair(engine, canvas, backups) == {"repaired": 1}
    execute(engine, OF_LINKS)
    run_repair(engine, canvas, backups)
    assert states(engine) == {"href": "repaired", "src": "repaired"}
    execute(engine, "UPDATE canvas_link_repair SET batch = 'fall-2026'")


@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("undo", ["run 1", "memory://run 1/"])
def test_a_place_that_one_run_repaired_twice(start: Start, undo: str, threads: int) -> None:
    """An undo by the run or by its backups, also as a dry run, takes back both changes; each is saved once."""
    engine, canvas, world = start(types=["pages"])
    places, backups = [each for each in all_places(world) if each.place_type == "pages"], MemoryBackups()
    before = shown_texts(canvas, places)
    repair_twice(engine, canvas, backups)
    plan = run_repair(engine, canvas, backups, run_id="run 2", undo=undo, dry_run=True, threads=threads)
    assert plan == {"planned": 2}
    assert puts(world) == 2
    assert run_repair(engine, canvas, backups, run_id="run 2", undo=undo, threads=threads) == {"undone": 2}
    assert shown_texts(canvas, places) == before
    assert states(engine) == {"href": "undone", "src": "undone"}
    assert puts(world) == 4
    engine.dispose()


def test_only_what_was_taken_back_counts_as_undone(start: Start) -> None:
    """A backup that is gone leaves its change repaired; all others are taken back before the error."""
    engine, canvas, world = start(types=["pages"])
    backups = MemoryBackups()
    repair_twice(engine, canvas, backups)
    first = next(iter(backups.documents))
    document = backups.documents.pop(first)

    class Gone(MemoryBackups):
        def read(self, uri: str) -> Backup:
            if uri == first:
                raise CanvasInputError("gone")
            return super().read(uri)

    with pytest.raises(CanvasInputError, match="gone"):
        run_repair(engine, canvas, Gone(backups.documents), run_id="run 2", undo="run 1")
    assert states(engine) == {"href": "undone", "src": "repaired"}
    backups.documents[first] = document
    assert run_repair(engine, canvas, backups, run_id="run 2", undo="run 1") == {"undone": 2}
    assert states(engine) == {"href": "undone", "src": "undone"}
    (page,) = world.live(Page, COURSE)
    assert "/courses/7/pages/home" not in page.body
    engine.dispose()


def test_the_next_attempt_of_an_undo_that_was_complete(start: Start) -> None:
    """A worker that died behind its last request has the same result in the next attempt."""
    engine, canvas, _world = start(types=["pages"])
    backups = MemoryBackups()
    run_repair(engine, canvas, backups)
    for _ in range(2):
        assert run_repair(engine, canvas, backups, run_id="run 2", undo="run 1") == {"undone": 2}
    assert run_repair(engine, canvas, backups, run_id="run 3", undo="run 1") == {}
    engine.dispose()


def test_an_interrupted_change_leaves_the_others_of_its_place(start: Start) -> None:
    """The next run finds that a change was not made, and the change that the same run made before stays repaired."""
    engine, canvas, world = start(types=["pages"])
    places, backups = [each for each in all_places(world) if each.place_type == "pages"], MemoryBackups()
    before = shown_texts(canvas, places)
    execute(engine, OF_IMAGES)
    run_repair(engine, canvas, backups)
    execute(engine, OF_LINKS)
    with suppress(ProcessDied):
        run_repair(engine, canvas, backups, log=DyingLog(engine, canvas_instance=canvas.host, run_id="run 1"))
    assert states(engine) == {"href": "repairing", "src": "repaired"}
    execute(engine, "DELETE FROM canvas_stale_link")
    run_repair(engine, canvas, backups, run_id="run 2")
    assert states(engine) == {"href": "failed", "src": "repaired"}
    assert run_repair(engine, canvas, backups, run_id="run 3", undo="run 1") == {"undone": 1}
    assert shown_texts(canvas, places) == before
    engine.dispose()
