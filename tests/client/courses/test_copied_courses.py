"""Both courses of a copy: what is fetched, in which order, and what ends the fetching."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import Assignment, AssignmentOverride
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.records import ContentMigration as MigrationRow
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.content_migrations import ContentMigration
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.courses.course_listings import (
    CopiedCourses,
    fetch_copied_courses,
    fetch_course_content,
)
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError, CanvasServerError
from airflow_provider_canvas.client.protocol.flow import Send
from airflow_provider_canvas.client.protocol.response import ResponseOrError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient, run_with_client
from airflow_provider_canvas.client.transports.requests_client import CanvasClient

SOURCE, DESTINATION, OTHER = 1010, 2001, 2003

LISTINGS = ("assignments", "discussion_topics", "files", "folders", "modules", "pages", "quizzes")


@pytest.fixture
def settings(emulator: EmulatorServer) -> Settings:
    """Return the settings of a client that does not retry."""
    return Settings(emulator.url, emulator.token, retry_for=0)


def migrate(world: World, migration_type: str, source_id: int | None, course_id: int = DESTINATION) -> int:
    """Add a completed migration that brought nothing, and return its id."""
    with world.lock:
        migration = MigrationRow(
            id=world.next_id("content_migration"),
            course_id=course_id,
            user_id=1,
            migration_type=migration_type,
            source_course_id=source_id,
            workflow_state=Stored.IMPORTED,
            created_at=world.clock.now(),
            updated_at=world.clock.now(),
        )
        world.add_migration(migration)
    return migration.id


def fetch_record(settings: Settings, migration_id: int) -> ContentMigration:
    with CanvasClient(settings) as canvas:
        return canvas.content_migrations.get(course_id=DESTINATION, content_migration_id=migration_id)


def fetch(settings: Settings, migration: ContentMigration, source_id: int = SOURCE) -> CopiedCourses:
    return run_with_client(settings, lambda canvas: fetch_copied_courses(canvas, migration, source_id, DESTINATION))


class TestSource:
    def test_one_that_contradicts_the_record_is_refused(self, settings: Settings, world: World) -> None:
        """The error names both courses, and nothing is requested."""
        migration = fetch_record(settings, migrate(world, "course_copy_importer", SOURCE))
        before = len(world.requests)
        with pytest.raises(CanvasInputError, match=f"names course {OTHER}, but .* copied course {SOURCE}"):
            fetch(settings, migration, OTHER)
        assert len(world.requests) == before

    def test_one_that_was_deleted(self, settings: Settings, world: World, caplog: pytest.LogCaptureFixture) -> None:
        """The error says that it is the source, and that it was deleted; no content is listed."""
        migration = fetch_record(settings, migrate(world, "course_copy_importer", SOURCE))
        world.tables.courses[SOURCE].workflow_state = "deleted"
        with pytest.raises(CanvasNotFoundError, match=f"Course {SOURCE}, the source of .* was deleted.*restore it"):
            fetch(settings, migration)
        assert not [request.path for request in world.requests if request.path.endswith(LISTINGS)]
        assert "counts as empty" not in caplog.text

    def test_one_that_does_not_exist(self, settings: Settings, world: World) -> None:
        """The error says that it is the source."""
        migration = fetch_record(settings, migrate(world, "course_copy_importer", SOURCE))
        del migration["settings"]
        with pytest.raises(CanvasNotFoundError, match=r"Course 987654321, the source of .*, was not found"):
            fetch(settings, migration, 987654321)

    def test_one_that_the_user_may_not_read(self, settings: Settings, world: World) -> None:
        """The error says that it is the source."""
        migration = fetch_record(settings, migrate(world, "course_copy_importer", SOURCE))
        world.faults.rules.append(Rule(f"/courses/{SOURCE}$", status=403))
        with pytest.raises(CanvasPermissionError, match=f"Course {SOURCE}, the source of .*, cannot be read"):
            fetch(settings, migration)

    @pytest.mark.parametrize("settings_of_record", [{}, None, "missing"])
    def test_one_that_the_record_does_not_show(self, settings: Settings, world: World, settings_of_record: Any) -> None:
        """Canvas hides the source of a copy from another root account; then the given one is taken."""
        migration = fetch_record(settings, migrate(world, "course_copy_importer", SOURCE))
        if settings_of_record == "missing":
            del migration["settings"]
        else:
            migration["settings"] = settings_of_record
        assert fetch(settings, migration).source["id"] == SOURCE


class TestMigrationsWithoutMapping:
    @pytest.mark.parametrize(
        "migration_type",
        [
            "zip_file_importer",
            "qti_converter",
            "moodle_converter",
            "common_cartridge_importer",
            "context_external_tool_1",
        ],
    )
    def test_no_source_course(self, settings: Settings, world: World, migration_type: str) -> None:
        """A source that is given does not help: the error says which migrations can be reconciled."""
        migration = fetch_record(settings, migrate(world, migration_type, None))
        with pytest.raises(CanvasInputError, match=f"type {migration_type} .*Only course copies, syncs of a blueprint"):
            fetch(settings, migration)

    @pytest.mark.parametrize("migration_type", ["canvas_cartridge_importer", "course_copy_importer"])
    def test_canvas_refuses_the_mapping(self, settings: Settings, world: World, migration_type: str) -> None:
        """Canvas's reason is in the error, with the migrations that can be reconciled; no content is listed."""
        migration = fetch_record(settings, migrate(world, migration_type, None))
        with pytest.raises(CanvasInputError, match=r"Migration is not course copy or blueprint\. Only course copies"):
            fetch(settings, migration)
        assert not [request.path for request in world.requests if request.path.endswith(LISTINGS)]


def test_own_dates_of_assignments(settings: Settings, world: World) -> None:
    """The dates are those of the assignments, not those of overrides, which are not copied."""
    with world.lock:
        now = world.clock.now()
        row = world.add(
            Assignment(course_id=SOURCE, title="Overridden", overrides=(AssignmentOverride(1, "Late", now),))
        )
    listings = fetch(settings, fetch_record(settings, migrate(world, "course_copy_importer", SOURCE))).source_listings
    (assignment,) = [each for each in listings["assignments"] if each["id"] == row.id]
    assert (assignment["due_at"], assignment["has_overrides"]) == (None, True)


class CountingClient(AsyncCanvasClient):
    """A client that counts the requests that it has begun, and those that have not ended."""

    begun = in_flight = 0

    async def send_request(self, request: Send) -> ResponseOrError:
        self.begun += 1
        self.in_flight += 1
        try:
            return await super().send_request(request)
        finally:
            self.in_flight -= 1


class TestFirstFailure:
    """The first request that fails ends all others."""

    @pytest.mark.parametrize("course_id", [SOURCE, DESTINATION])
    @pytest.mark.parametrize("failing", [*LISTINGS, "migration_issues", "asset_id_mapping"])
    def test_no_request_after_the_end(
        self, settings: Settings, world: World, caplog: pytest.LogCaptureFixture, failing: str, course_id: int
    ) -> None:
        """When the error is raised, no request is in flight, and none is sent any more; nothing is left open."""
        migration = fetch_record(settings, migrate(world, "course_copy_importer", SOURCE))
        course = str(DESTINATION) if failing in ("migration_issues", "asset_id_mapping") else str(course_id)
        world.faults.rules += [
            Rule(f"/courses/{course}/.*{failing}$", status=500, times=None),
            Rule("/courses/", Action.DELAY, times=None, seconds=0.3),
        ]

        async def fail() -> None:
            async with CountingClient(settings) as canvas:
                with pytest.raises(CanvasServerError):
                    await fetch_copied_courses(canvas, migration, SOURCE, DESTINATION)
                begun = canvas.begun
                assert canvas.in_flight == 0
                assert len(asyncio.all_tasks()) == 1
                await asyncio.sleep(0.1)
                assert canvas.begun == begun

        with caplog.at_level(logging.DEBUG):
            asyncio.run(fail())
        assert "Unclosed" not in caplog.text

    def test_of_the_content_of_a_course(self, settings: Settings, world: World) -> None:
        """The content of one course is fetched in the same way."""
        world.faults.rules += [
            Rule("/pages$", status=500, times=None),
            Rule("/courses/", Action.DELAY, times=None, seconds=0.3),
        ]

        async def fail() -> None:
            async with CountingClient(settings) as canvas:
                with pytest.raises(CanvasServerError):
                    await fetch_course_content(canvas, SOURCE)
                assert canvas.in_flight == 0

        asyncio.run(fail())


def test_closed_client(settings: Settings) -> None:
    """A client that was closed opens nothing: the error says what to do."""

    async def use() -> None:
        async with AsyncCanvasClient(settings) as canvas:
            await canvas.courses.get(course_id=SOURCE)
        with pytest.raises(RuntimeError, match="closed: make a new one"):
            await canvas.courses.get(course_id=SOURCE)
        assert canvas._session is None

    asyncio.run(use())
