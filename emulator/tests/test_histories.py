"""No sequence of requests, faults and waits leads to an invalid state or loses a job."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from canvas_emulator.effects.mapping import asset_id_mapping
from canvas_emulator.machines.content_export import FINAL as EXPORT_FINAL
from canvas_emulator.machines.content_export import ExportState
from canvas_emulator.machines.content_migration import FINAL, Fault, Reported, Stored
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import CONTENT_KINDS, DELETED, MAPPED_KINDS, Assignment, Page
from canvas_emulator.model.faults import ExportFault, ExportFaultKind, MigrationFault
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE
from canvas_emulator.server import EmulatorServer
from tests.support.caller import Caller

COURSES = st.sampled_from([SOURCE, DESTINATION, OTHER])
KINDS = {kind.KIND: kind for kind in MAPPED_KINDS}
WAITS = frozenset({Stored.CREATED, Stored.EXPORTED, Stored.PRE_PROCESSING})
"""The states in which a migration may stay until a request selects, sends a file or runs it."""


class Histories(RuleBasedStateMachine):
    """Random requests for the migrations and exports of three courses."""

    server: EmulatorServer
    migrations = Bundle("migrations")
    exports = Bundle("exports")

    def __init__(self) -> None:
        super().__init__()
        self.world = self.server.world
        with self.world.lock:
            self.world.clock = ManualClock()
            self.world.reset()
            fill(self.world, SOURCE)
        self.canvas = Caller(self.server)
        self.course_of: dict[int, int] = {}
        self.exported: dict[int, int] = {}

    def teardown(self) -> None:
        """Advance the clock by two days: all running jobs end."""
        for _ in range(16):
            self.world.clock.advance(3 * 3600)
            self.world.settle()
        for migration in self.world.tables.content_migrations.values():
            assert migration.workflow_state in FINAL | WAITS
        for export in self.world.tables.content_exports.values():
            assert export.workflow_state in EXPORT_FINAL
        self.canvas.session.close()

    def post(self, course_id: int, **body: Any) -> Any:
        """POST a migration, and remember it if it was accepted."""
        response = self.canvas("POST", f"courses/{course_id}/content_migrations", json=body)
        assert response.status_code in (200, 400, 404), response.text
        if response.status_code != 200:
            return multiple()
        self.course_of[response.json()["id"]] = course_id
        return response.json()

    @rule(
        target=migrations, source=COURSES, destination=COURSES, mode=st.sampled_from(["all", "select", "hold", "idle"])
    )
    def copy(self, source: int, destination: int, mode: str) -> Any:
        """Copy a course into another one or into itself, in whole or in part, now or later."""
        pages = [page.id for page in self.world.live(Page, source)][:1]
        options = {
            "all": {},
            "select": {"select": {"pages": pages, "quizzes": [1, 701]}},
            "hold": {"selective_import": True},
            "idle": {"do_not_run": True},
        }[mode]
        settings_ = {"source_course_id": source}
        return self.post(destination, migration_type="course_copy_importer", settings=settings_, **options)

    @rule(target=migrations, export=exports, destination=COURSES, selective=st.booleans())
    def import_export(self, export: dict[str, Any], destination: int, selective: bool) -> Any:
        """Import an export, complete or not."""
        kind = "canvas_cartridge_importer" if export["export_type"] == "common_cartridge" else "qti_converter"
        settings_ = {"content_export_id": export["id"]}
        return self.post(destination, migration_type=kind, settings=settings_, selective_import=selective)

    @rule(migration=migrations, copy=st.sampled_from([None, {}, {"all_wiki_pages": "1"}, {"pages": {"id_none": "1"}}]))
    def run_again(self, migration: dict[str, Any], copy: dict[str, Any] | None) -> None:
        """PUT a migration, which runs it again."""
        path = f"courses/{self.course_of[migration['id']]}/content_migrations/{migration['id']}"
        assert self.canvas("PUT", path, json={"copy": copy} if copy is not None else {}).status_code == 200

    @rule(target=exports, course=COURSES, export_type=st.sampled_from(["common_cartridge", "qti", "zip"]))
    def export(self, course: int, export_type: str) -> Any:
        """Export a course."""
        response = self.canvas("POST", f"courses/{course}/content_exports", json={"export_type": export_type})
        assert response.status_code == 200, response.text
        self.exported[response.json()["id"]] = course
        return response.json()

    @rule(migration=migrations)
    def cancel(self, migration: dict[str, Any]) -> None:
        """Cancel the Progress of a migration, if it has one."""
        progress_id = self.world.tables.content_migrations[migration["id"]].progress_id
        if progress_id is not None:
            assert self.canvas("POST", f"progress/{progress_id}/cancel").status_code == 200

    @rule(kind=st.sampled_from([Fault.FAILS, Fault.HUNG_PROGRESS, Fault.SLOW]), stage=st.integers(0, 15))
    def break_a_copy(self, kind: Fault, stage: int) -> None:
        """Add a fault for the next migration."""
        self.world.faults.migrations.append(MigrationFault(kind, stage))

    @rule(kind=st.sampled_from([ExportFaultKind.FAILS, ExportFaultKind.SLOW]), stage=st.integers(0, 5))
    def break_an_export(self, kind: ExportFaultKind, stage: int) -> None:
        """Add a fault for the next export."""
        self.world.faults.exports.append(ExportFault(kind, stage))

    @rule(course=COURSES, kind=st.sampled_from(CONTENT_KINDS), deletes=st.booleans())
    def edit_course(self, course: int, kind: Any, deletes: bool) -> None:
        """Add a page and an assignment to a course, or delete its first row of a kind."""
        with self.world.lock:
            self.world.settle()
            if deletes:
                for row in self.world.live(kind, course)[:1]:
                    row.workflow_state = DELETED
            else:
                self.world.add(Page(course_id=course, title="More", body=f'<a href="/courses/{course}/pages/more">'))
                self.world.add(Assignment(course_id=course, title="More"))

    @rule(seconds=st.sampled_from([1, 7, 13, 30, 3600]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.world.clock.advance(seconds)

    @invariant()
    def no_job_is_lost(self) -> None:
        """Every migration and export is listed, in a state of the API."""
        for course_id in set(self.course_of.values()):
            rows = self.canvas.get(f"courses/{course_id}/content_migrations", per_page=100)
            # A migration whose export cannot be used is refused, and its row stays.
            assert {row["id"] for row in rows} >= {
                known for known, course in self.course_of.items() if course == course_id
            }
            assert {row["workflow_state"] for row in rows} <= set(Reported)
        for course_id in set(self.exported.values()):
            rows = self.canvas.get(f"courses/{course_id}/content_exports", per_page=100)
            assert {row["id"] for row in rows} == {
                known for known, course in self.exported.items() if course == course_id
            }
            assert all(("attachment" in row) is (row["workflow_state"] == "exported") for row in rows)

    @invariant()
    def progress_is_a_percentage(self) -> None:
        """Each Progress is between 0 and 100, and a completed one is at 100."""
        for progress in self.world.tables.progress.values():
            assert progress.completion is not None
            assert 0 <= progress.completion <= 100
            assert progress.workflow_state != "completed" or progress.completion == 100

    @invariant()
    def ended_jobs_have_times_and_files(self) -> None:
        """An imported migration has its times; an export has its file exactly when it is ``exported``."""
        for migration in self.world.tables.content_migrations.values():
            if migration.workflow_state is Stored.IMPORTED:
                assert migration.started_at is not None
                assert migration.finished_at is not None
        for export in self.world.tables.content_exports.values():
            assert (export.attachment_id is not None) is (export.workflow_state is ExportState.EXPORTED)

    @invariant()
    def migration_ids_are_unique(self) -> None:
        """No course has two rows of a kind with the same migration id."""
        for course_id in (SOURCE, DESTINATION, OTHER):
            for kind in CONTENT_KINDS:
                keys = [row.migration_id for row in self.world.rows(kind, course_id) if row.migration_id]
                assert len(keys) == len(set(keys)), kind

    @invariant()
    def mappings_lead_to_rows(self) -> None:
        """Both ids of every mapping entry belong to rows of their courses, deleted or not."""
        for source_id in (SOURCE, DESTINATION, OTHER):
            for course_id in {SOURCE, DESTINATION, OTHER} - {source_id}:
                for name, entries in asset_id_mapping(self.world, source_id, course_id).items():
                    for old, new in entries.items():
                        assert self.world.find(KINDS[name], source_id, int(old)) is not None
                        assert self.world.find(KINDS[name], course_id, int(new)) is not None

    @invariant()
    def references_stay_in_the_course(self) -> None:
        """Each reference of a row leads to a row of the same course."""
        for course_id in (DESTINATION, OTHER):
            for kind in CONTENT_KINDS:
                for row in self.world.rows(kind, course_id):
                    for name, referred in row.references().items():
                        value = getattr(row, name)
                        for row_id in value if isinstance(value, tuple) else (value,):
                            assert row_id is None or self.world.find(referred, course_id, row_id) is not None


@pytest.mark.timeout(120)
def test_no_history_leads_to_an_invalid_state(server: EmulatorServer) -> None:
    """Random sequences of requests, faults and waits are followed until all jobs have ended."""
    Histories.server = server
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=25,
            stateful_step_count=18,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
