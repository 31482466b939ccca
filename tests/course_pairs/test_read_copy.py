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

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.courses.copy_source import source_id_of
from airflow_provider_canvas.client.courses.course_listings import fetch_course_content
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError, CanvasServerError
from airflow_provider_canvas.client.protocol.flow import Send
from airflow_provider_canvas.client.protocol.response import ResponseOrError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient, run_with_client
from airflow_provider_canvas.course_pairs.course_content import CourseContent
from airflow_provider_canvas.course_pairs.read_copy import ReadCopy, read_copy, read_pair

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


def read(
    settings: Settings, migration_id: int, source_id: int | None = None, checks: tuple[str, ...] = ()
) -> tuple[CourseContent, ReadCopy]:
    """Read a copy, and return its source and the copy."""
    return run_with_client(
        settings,
        lambda canvas: read_pair(
            canvas,
            destination_course_id=DESTINATION,
            content_migration_id=migration_id,
            source_course_id=source_id,
            selected=None,
            checks=checks,
        ),
    )


def listed(world: World) -> list[str]:
    """Return the paths of the listings of content that were requested."""
    return [request.path for request in world.requests if request.path.endswith(LISTINGS)]


class TestSource:
    def test_one_that_contradicts_the_record_is_refused(self, settings: Settings, world: World) -> None:
        """The error names both courses, and no content is listed."""
        migration_id = migrate(world, "course_copy_importer", SOURCE)
        with pytest.raises(CanvasInputError, match=f"names course {OTHER}, but .* copied course {SOURCE}"):
            read(settings, migration_id, OTHER)
        assert not listed(world)

    def test_one_that_was_deleted(self, settings: Settings, world: World, caplog: pytest.LogCaptureFixture) -> None:
        """The error says that it is the source, and that it was deleted; no content is listed."""
        migration_id = migrate(world, "course_copy_importer", SOURCE)
        world.tables.courses[SOURCE].workflow_state = "deleted"
        with pytest.raises(CanvasNotFoundError, match=f"Course {SOURCE}, the source of .* was deleted.*restore it"):
            read(settings, migration_id)
        assert not listed(world)
        assert "counts as empty" not in caplog.text

    def test_one_that_the_user_may_not_read(self, settings: Settings, world: World) -> None:
        """The error says that it is the source."""
        migration_id = migrate(world, "course_copy_importer", SOURCE)
        world.faults.rules.append(Rule(f"/courses/{SOURCE}$", status=403))
        with pytest.raises(CanvasPermissionError, match=f"Course {SOURCE}, the source of .*, cannot be read"):
            read(settings, migration_id)

    @pytest.mark.parametrize("settings_of_record", [{}, None, "missing"])
    def test_one_that_the_record_does_not_show(self, settings_of_record: Any) -> None:
        """Canvas hides the source of a copy from another root account; then the given one is taken."""
        migration: Any = {"id": 7, "migration_type": "course_copy_importer", "settings": settings_of_record}
        if settings_of_record == "missing":
            del migration["settings"]
        assert source_id_of(migration, str(SOURCE)) == SOURCE


class TestOtherCopies:
    """The sources of all copies into a course are known at no further cost: links may lead to each of them."""

    @pytest.mark.parametrize("checks", [(), ("links",), ("lti",)])
    def test_requests(self, settings: Settings, world: World, checks: tuple[str, ...]) -> None:
        """The migration is read once, alone or with the others of the course."""
        older, newer = (migrate(world, "course_copy_importer", source) for source in (OTHER, SOURCE))
        before = len(world.requests)
        _, copy = read(settings, newer, checks=checks)
        paths = [request.path for request in list(world.requests)[before:]]
        records = [path for path in paths if path.rpartition("content_migrations")[2] in ("", f"/{newer}")]
        assert len([path for path in records if f"/courses/{DESTINATION}/" in path]) == 1
        assert len(records) == 1 + bool(checks)  # links may lead to the source of the source, too
        assert copy.source_course_ids == ((str(SOURCE), str(OTHER)) if checks else (str(SOURCE),))
        _, copy = read(settings, older, checks=("links",))
        assert copy.source_course_ids == (str(OTHER), str(SOURCE))

    def test_one_that_the_listing_hides(self, settings: Settings, world: World) -> None:
        """A migration that is not on the first page of the listing is read by itself."""
        migration_id = migrate(world, "course_copy_importer", SOURCE)
        for _ in range(101):
            migrate(world, "course_copy_importer", OTHER)
        _, copy = read(settings, migration_id, checks=("links",))
        assert (copy.migration["id"], copy.source_course_ids) == (migration_id, (str(SOURCE), str(OTHER)))


class TestDestinationOfABatch:
    @pytest.mark.parametrize(
        ("state", "status", "message"),
        [
            ("deleted", None, f"Course {DESTINATION}, the destination, was deleted, or does not exist"),
            ("available", 403, f"Course {DESTINATION}, the destination, cannot be read"),
        ],
    )
    def test_unreadable(self, settings: Settings, world: World, state: str, status: int | None, message: str) -> None:
        """The error names the course and says that it is the destination; no content is listed."""
        migration_id = migrate(world, "course_copy_importer", SOURCE)
        world.tables.courses[DESTINATION].workflow_state = state
        if status:
            world.faults.rules.append(Rule(f"/courses/{DESTINATION}", status=status, times=None))
        with pytest.raises((CanvasNotFoundError, CanvasPermissionError), match=message):
            run_with_client(settings, lambda canvas: read_copy(canvas, DESTINATION, migration_id, SOURCE, ()))
        assert not listed(world)


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
        migration_id = migrate(world, migration_type, None)
        with pytest.raises(CanvasInputError, match=f"type {migration_type} .*Only course copies, syncs of a blueprint"):
            read(settings, migration_id, SOURCE)

    @pytest.mark.parametrize("migration_type", ["canvas_cartridge_importer", "course_copy_importer"])
    def test_canvas_refuses_the_mapping(self, settings: Settings, world: World, migration_type: str) -> None:
        """Canvas's reason is in the error, with the migrations that can be reconciled; no content is listed."""
        migration_id = migrate(world, migration_type, None)
        with pytest.raises(CanvasInputError, match=r"Migration is not course copy or blueprint\. Only course copies"):
            read(settings, migration_id, SOURCE)
        assert not listed(world)


def test_own_dates_of_assignments(settings: Settings, world: World) -> None:
    """The dates are those of the assignments, not those of overrides, which are not copied."""
    with world.lock:
        now = world.clock.now()
        row = world.add(
            Assignment(course_id=SOURCE, title="Overridden", overrides=(AssignmentOverride(1, "Late", now),))
        )
    source, _ = read(settings, migrate(world, "course_copy_importer", SOURCE))
    (assignment,) = [each for each in source.listings["assignments"] if each["id"] == row.id]
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
        migration_id = migrate(world, "course_copy_importer", SOURCE)
        course = str(DESTINATION) if failing in ("migration_issues", "asset_id_mapping") else str(course_id)
        world.faults.rules += [
            Rule(f"/courses/{course}/.*{failing}$", status=500, times=None),
            Rule("/courses/", Action.DELAY, times=None, seconds=0.3),
        ]

        async def fail() -> None:
            async with CountingClient(settings) as canvas:
                with pytest.raises(CanvasServerError):
                    await read_pair(
                        canvas,
                        destination_course_id=DESTINATION,
                        content_migration_id=migration_id,
                        source_course_id=None,
                        selected=None,
                        checks=(),
                    )
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
