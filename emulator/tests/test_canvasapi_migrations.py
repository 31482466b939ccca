"""Migrations and uploads through canvasapi, a client that we did not write, unmodified."""

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
    """The client, with the administrator's token."""
    client = canvasapi.Canvas(canvas.server.url, ADMIN)
    yield client
    client._Canvas__requester._session.close()


@pytest.fixture
def source(world: World) -> list[Page]:
    """Two pages in the source course."""
    return [world.add(Page(course_id=SOURCE, title=title)) for title in ("One", "Two")]


def titles(world: World) -> list[str]:
    """The titles of the pages that are in the destination."""
    world.settle()
    return [page.title for page in world.live(Page, DESTINATION)]


class TestCourseCopy:
    def test_runs_to_its_end(self, api: canvasapi.Canvas, world: World, source: list[Page]) -> None:
        """A copy is created, its Progress followed, and the migration found completed."""
        course = api.get_course(DESTINATION)
        migration = course.create_content_migration("course_copy_importer", settings={"source_course_id": SOURCE})
        assert str(migration) == f"Course Copy {migration.id}"
        assert migration.get_progress().workflow_state == "queued"
        world.clock.advance(COPY_SECONDS)
        progress = migration.get_progress()
        assert (progress.workflow_state, progress.completion) == ("completed", 100.0)
        assert course.get_content_migration(migration).workflow_state == "completed"
        assert titles(world) == ["One", "Two"]

    def test_is_listed(self, api: canvasapi.Canvas) -> None:
        """All migrations come, over pages, newest first."""
        course = api.get_course(DESTINATION)
        ids = [
            course.create_content_migration(
                "course_copy_importer", settings={"source_course_id": SOURCE}, do_not_run=True
            ).id
            for _ in range(3)
        ]
        assert [row.id for row in course.get_content_migrations(per_page=2)] == ids[::-1]

    def test_an_unknown_source(self, api: canvasapi.Canvas) -> None:
        """A 404 is the exception for it."""
        with pytest.raises(canvasapi.exceptions.ResourceDoesNotExist):
            api.get_course(DESTINATION).create_content_migration(
                "course_copy_importer", settings={"source_course_id": 999}
            )

    def test_a_refused_type(self, api: canvasapi.Canvas) -> None:
        """A 400 is the exception for it."""
        with pytest.raises(canvasapi.exceptions.BadRequest):
            api.get_account(1).create_content_migration("course_copy_importer")


class TestSelection:
    def test_of_a_course_copy(self, api: canvasapi.Canvas, world: World, source: list[Page]) -> None:
        """What selective data lists is sent back by an update, and imported."""
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
    def test_are_listed_and_resolved(self, api: canvasapi.Canvas, world: World, context: str) -> None:
        """Issues of a migration in any context are read, one by one too, and resolved."""
        migration = created(api, world, context)
        add_issue(world, world.tables.content_migrations[migration.id], world.clock.now(), "warning", "Look here")
        (issue,) = migration.get_migration_issues()
        assert str(migration.get_migration_issue(issue)) == f"{issue.id}: Look here"
        assert issue.update(workflow_state="resolved")
        assert [row.workflow_state for row in migration.get_migration_issues()] == ["resolved"]

    def test_another_state_is_refused(self, api: canvasapi.Canvas, world: World) -> None:
        """A state that is none is a 403."""
        migration = created(api, world, "course")
        add_issue(world, world.tables.content_migrations[migration.id], world.clock.now(), "warning", "Look here")
        with pytest.raises(canvasapi.exceptions.Forbidden):
            next(iter(migration.get_migration_issues())).update(workflow_state="gone")


@pytest.mark.parametrize("context", ["account", "course", "group", "user"])
class TestContexts:
    def test_create_show_list(self, api: canvasapi.Canvas, world: World, context: str) -> None:
        """Where a type is allowed, a migration is created, shown and listed."""
        migration = created(api, world, context)
        place = place_of(api, world, context)
        assert migration.workflow_state == "pre_processing"
        assert place.get_content_migration(migration.id).id == migration.id
        assert [row.id for row in place.get_content_migrations()] == [migration.id]

    def test_migrators(self, api: canvasapi.Canvas, world: World, context: str) -> None:
        """The types that are allowed can be asked for."""
        names = [str(row) for row in place_of(api, world, context).get_migration_systems()]
        assert ("course_copy_importer" in names) == (context == "course")
        assert ("zip_file_importer" in names) == (context != "account")


@pytest.mark.parametrize("mode", list(StorageMode))
class TestUpload:
    def test_its_own_uploader(self, api: canvasapi.Canvas, world: World, tmp_path: Path, mode: StorageMode) -> None:
        """A file goes up by canvasapi's own uploader, follows its redirects, and comes down again."""
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

    def test_into_a_folder_and_a_group(
        self, api: canvasapi.Canvas, world: World, tmp_path: Path, mode: StorageMode
    ) -> None:
        """Folders and groups take uploads too."""
        world.settings.storage = mode
        add_group(world)
        path = tmp_path / "x.txt"
        path.write_bytes(b"x")
        folder = world.add(Folder(course_id=DESTINATION, title="in", full_name="course files/in"))
        assert api.get_folder(folder.id).upload(str(path))[0]
        assert place_of(api, world, "group").upload(str(path))[0]
        assert files_of(world) == ["x.txt"]
        assert files_of(world, GROUP, ContextType.GROUP) == ["x.txt"]

    def test_the_package_of_a_migration(
        self, api: canvasapi.Canvas, world: World, tmp_path: Path, mode: StorageMode
    ) -> None:
        """A migration's file goes up by the same uploader, and the migration runs."""
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
        self._promise = first_step

    def json(self) -> dict[str, object]:
        """Return the upload target."""
        return self._promise


def uploader(api: canvasapi.Canvas) -> canvasapi.upload.Uploader:
    """Return an uploader for an existing upload target."""
    return canvasapi.upload.Uploader(api._Canvas__requester, "", Path(__file__))


def place_of(api: canvasapi.Canvas, world: World, context: str) -> canvasapi.canvas_object.CanvasObject:
    """A context, without asking for it: not all of them have a page of their own."""
    classes = {
        "account": canvasapi.account.Account,
        "course": canvasapi.course.Course,
        "group": canvasapi.group.Group,
        "user": canvasapi.user.User,
    }
    add_group(world)
    ids = {"account": 1, "course": DESTINATION, "group": GROUP, "user": 1}
    return classes[context](api._Canvas__requester, {"id": ids[context]})


def created(api: canvasapi.Canvas, world: World, context: str) -> canvasapi.content_migration.ContentMigration:
    """A migration that waits for its file, in a context."""
    place = place_of(api, world, context)
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
