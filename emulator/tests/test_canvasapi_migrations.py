"""Migrations and uploads through ``canvasapi``, an independent client, unmodified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from canvas_emulator.effects.folders import root_folder
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.model.content import File, Folder, Module, Page
from canvas_emulator.model.content import Quiz as QuizRow
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE
from tests.support.caller import COPY_SECONDS, Caller
from tests.support.packaging import zipped
from tests.support.uploading import GROUP, add_group, files_of

canvasapi = pytest.importorskip("canvasapi")
pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly:UserWarning")


@pytest.fixture
def api(canvas: Caller) -> Iterator[canvasapi.Canvas]:
    """Return a ``canvasapi`` client with the administrator's token."""
    client = canvasapi.Canvas(canvas.server.url, ADMIN)
    yield client
    client._Canvas__requester._session.close()


@pytest.fixture
def source(world: World) -> list[Page]:
    """Add two pages to the source course."""
    return [world.add(Page(course_id=SOURCE, title=title)) for title in ("One", "Two")]


def titles(world: World) -> list[str]:
    """Return the titles of the destination's pages."""
    world.settle()
    return [page.title for page in world.live(Page, DESTINATION)]


class TestCourseCopy:
    def test_copy_completes(self, api: canvasapi.Canvas, world: World, source: list[Page]) -> None:
        """A copy is created, its Progress is polled, and the migration is completed at the end."""
        course = api.get_course(DESTINATION)
        migration = course.create_content_migration("course_copy_importer", settings={"source_course_id": SOURCE})
        assert str(migration) == f"Course Copy {migration.id}"
        assert migration.get_progress().workflow_state == "queued"
        world.clock.advance(COPY_SECONDS)
        progress = migration.get_progress()
        assert (progress.workflow_state, progress.completion) == ("completed", 100.0)
        assert course.get_content_migration(migration).workflow_state == "completed"
        assert titles(world) == ["One", "Two"]

    def test_migrations_are_listed(self, api: canvasapi.Canvas) -> None:
        """All migrations are listed, across pages, newest first."""
        course = api.get_course(DESTINATION)
        ids = [
            course.create_content_migration(
                "course_copy_importer", settings={"source_course_id": SOURCE}, do_not_run=True
            ).id
            for _ in range(3)
        ]
        assert [row.id for row in course.get_content_migrations(per_page=2)] == ids[::-1]

    def test_unknown_source(self, api: canvasapi.Canvas) -> None:
        """An unknown source course is a 404 and raises ``ResourceDoesNotExist``."""
        with pytest.raises(canvasapi.exceptions.ResourceDoesNotExist):
            api.get_course(DESTINATION).create_content_migration(
                "course_copy_importer", settings={"source_course_id": 999}
            )

    def test_refused_type(self, api: canvasapi.Canvas) -> None:
        """A course copy into an account is a 400 and raises ``BadRequest``."""
        with pytest.raises(canvasapi.exceptions.BadRequest):
            api.get_account(1).create_content_migration("course_copy_importer")


class TestSelection:
    def test_selection_of_a_course_copy(self, api: canvasapi.Canvas, world: World, source: list[Page]) -> None:
        """An item of the selective data can be sent back in an update; only this item is imported."""
        world.add(Module(course_id=SOURCE, title="Week 1"))
        world.add(QuizRow(course_id=SOURCE, title="Test"))
        migration = api.get_course(DESTINATION).create_content_migration(
            "course_copy_importer", settings={"source_course_id": SOURCE}, selective_import=True
        )
        assert migration.workflow_state == "waiting_for_select"
        types = [str(node) for node in migration.get_selective_data()]
        assert types == ["course_settings", "syllabus_body", "context_modules", "quizzes", "wiki_pages"]
        two = list(migration.get_selective_data(type="wiki_pages"))[1]
        assert migration.update(copy={"wiki_pages": {f"id_{two.migration_id}": "1"}})
        assert migration.workflow_state == "running"
        world.clock.advance(COPY_SECONDS)
        assert titles(world) == ["Two"]


class TestIssues:
    @pytest.mark.parametrize("context", ["account", "course", "group", "user"])
    def test_issues_are_listed_and_resolved(self, api: canvasapi.Canvas, world: World, context: str) -> None:
        """Issues of a migration in any context are listed, shown and resolved."""
        migration = waiting_migration(api, world, context)
        add_issue(world, world.tables.content_migrations[migration.id], world.clock.now(), "warning", "Look here")
        (issue,) = migration.get_migration_issues()
        assert str(migration.get_migration_issue(issue)) == f"{issue.id}: Look here"
        assert issue.update(workflow_state="resolved")
        assert [row.workflow_state for row in migration.get_migration_issues()] == ["resolved"]

    def test_unknown_state_of_an_issue_is_refused(self, api: canvasapi.Canvas, world: World) -> None:
        """Setting an issue to an unknown state is a 403 and raises ``Forbidden``."""
        migration = waiting_migration(api, world, "course")
        add_issue(world, world.tables.content_migrations[migration.id], world.clock.now(), "warning", "Look here")
        with pytest.raises(canvasapi.exceptions.Forbidden):
            next(iter(migration.get_migration_issues())).update(workflow_state="gone")


@pytest.mark.parametrize("context", ["account", "course", "group", "user"])
class TestContexts:
    def test_create_show_and_list(self, api: canvasapi.Canvas, world: World, context: str) -> None:
        """A migration is created, shown and listed in each context that allows its type."""
        migration = waiting_migration(api, world, context)
        place = context_object(api, world, context)
        assert migration.workflow_state == "pre_processing"
        assert place.get_content_migration(migration.id).id == migration.id
        assert [row.id for row in place.get_content_migrations()] == [migration.id]

    def test_migrators(self, api: canvasapi.Canvas, world: World, context: str) -> None:
        """The types of migration that a context allows are listed."""
        names = [str(row) for row in context_object(api, world, context).get_migration_systems()]
        assert ("course_copy_importer" in names) == (context == "course")
        assert ("zip_file_importer" in names) == (context != "account")


@pytest.mark.parametrize("mode", list(StorageMode))
class TestUpload:
    def test_upload_and_download(self, api: canvasapi.Canvas, world: World, tmp_path: Path, mode: StorageMode) -> None:
        """canvasapi uploads a file, follows the redirects, and downloads the file again."""
        world.settings.storage = mode
        path = tmp_path / "a b.txt"
        path.write_bytes(b"content")
        success, response = api.get_course(DESTINATION).upload(
            str(path), parent_folder_path="in", on_duplicate="rename"
        )
        assert (success, response["display_name"]) == (True, "a b.txt")
        file = api.get_file(response["id"])
        assert (file.get_contents(binary=True), file.size) == (b"content", 7)
        target = tmp_path / "down.txt"
        file.download(str(target))
        assert target.read_bytes() == b"content"

    def test_upload_into_a_folder_and_a_group(
        self, api: canvasapi.Canvas, world: World, tmp_path: Path, mode: StorageMode
    ) -> None:
        """Folders and groups accept uploads."""
        world.settings.storage = mode
        add_group(world)
        path = tmp_path / "x.txt"
        path.write_bytes(b"x")
        folder = world.add(Folder(course_id=DESTINATION, title="in", full_name="course files/in"))
        assert api.get_folder(folder.id).upload(str(path))[0]
        assert context_object(api, world, "group").upload(str(path))[0]
        assert files_of(world) == ["x.txt"]
        assert files_of(world, GROUP, ContextType.GROUP) == ["x.txt"]

    def test_upload_of_a_migration_package(
        self, api: canvasapi.Canvas, world: World, tmp_path: Path, mode: StorageMode
    ) -> None:
        """canvasapi uploads the package of a migration, and the migration completes."""
        world.settings.storage = mode
        root = root_folder(world, Context(ContextType.COURSE, DESTINATION))
        course = api.get_course(DESTINATION)
        migration = course.create_content_migration(
            "zip_file_importer", settings={"folder_id": root.id}, pre_attachment={"name": "a.zip"}
        )
        path = tmp_path / "a.zip"
        path.write_bytes(zipped(**{"hello.txt": b"hello"}))
        with path.open("rb") as package:
            success, _ = uploader(api).upload(UploadTarget(migration.pre_attachment), package)
        assert success
        world.clock.advance(60)
        assert course.get_content_migration(migration.id).workflow_state == "completed"
        assert files_of(world) == ["hello.txt"]
        assert world.live(File, migration.id, ContextType.CONTENT_MIGRATION)[0].title == "a.zip"


class UploadTarget:
    """A response that has an upload target, in the form that canvasapi's uploader reads."""

    def __init__(self, first_step: dict[str, object]) -> None:
        self._first_step = first_step

    def json(self) -> dict[str, object]:
        """Return the upload target."""
        return self._first_step


def uploader(api: canvasapi.Canvas) -> canvasapi.upload.Uploader:
    """Return an uploader for an existing upload target."""
    return canvasapi.upload.Uploader(api._Canvas__requester, "", Path(__file__))


def context_object(api: canvasapi.Canvas, world: World, context: str) -> canvasapi.canvas_object.CanvasObject:
    """Return the object of a context without a request: some contexts cannot be fetched."""
    classes = {
        "account": canvasapi.account.Account,
        "course": canvasapi.course.Course,
        "group": canvasapi.group.Group,
        "user": canvasapi.user.User,
    }
    add_group(world)
    ids = {"account": 1, "course": DESTINATION, "group": GROUP, "user": 1}
    return classes[context](api._Canvas__requester, {"id": ids[context]})


def waiting_migration(
    api: canvasapi.Canvas, world: World, context: str
) -> canvasapi.content_migration.ContentMigration:
    """Return a migration in a context that waits for its file."""
    place = context_object(api, world, context)
    if context == "account":
        return place.create_content_migration("canvas_cartridge_importer", pre_attachment={"name": "c.imscc"})
    ids = {
        "course": (ContextType.COURSE, DESTINATION),
        "group": (ContextType.GROUP, GROUP),
        "user": (ContextType.USER, 1),
    }
    root = root_folder(world, Context(*ids[context]))
    return place.create_content_migration(
        "zip_file_importer", settings={"folder_id": root.id}, pre_attachment={"name": "a.zip"}
    )
