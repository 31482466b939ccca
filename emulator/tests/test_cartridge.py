from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

import pytest

from canvas_emulator.effects.mapping import asset_id_mapping, migration_id
from canvas_emulator.effects.packages.cartridge_writing import write_cartridge
from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.exporting import write_qti
from canvas_emulator.effects.packages.importing import ROOT_GROUP_KEY, import_package, read_package, source_course_id
from canvas_emulator.effects.packages.package import DEFAULT_GROUP_KEY, Package, PackageKind, SourceCourse
from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.model.content import CONTENT_KINDS, File, Folder, Page, QuestionBank, Quiz, QuizQuestion
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import DESTINATION, SOURCE, build, small_world
from tests.support.comparable import packaged


@pytest.fixture
def world() -> World:
    """Return a world whose source course has content of every kind."""
    world = small_world()
    fill(world, SOURCE)
    return world


def cartridge_of(world: World, course_id: int = SOURCE, options: Any = EVERYTHING) -> bytes:
    """Return a course as a cartridge."""
    out = BytesIO()
    write_cartridge(CourseContent(world, world.tables.courses[course_id], options), out)
    return out.getvalue()


def migrate(world: World, package: Package, course_id: int = DESTINATION, **settings: Any) -> ContentMigration:
    """Import a package into a course, and return the migration."""
    now = world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=course_id,
        user_id=1,
        migration_type="canvas_cartridge_importer",
        migration_settings={"copy_options": dict(EVERYTHING), **settings},
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    import_package(world, migration, package, now)
    migration.source_course_id = source_course_id(world, package)
    return migration


def test_export_and_import_keep_all_content(world: World) -> None:
    """An imported course equals its exported source, including bytes, dates, links and references.

    The only issue is that a package has no secrets of tools.
    """
    migration = migrate(world, read_package(cartridge_of(world)))
    assert packaged(world, DESTINATION) == packaged(world, SOURCE)
    source, destination = world.tables.courses[SOURCE], world.tables.courses[DESTINATION]
    assert destination.syllabus_body == source.syllabus_body.replace(f"/courses/{SOURCE}/", f"/courses/{DESTINATION}/")
    (issue,) = world.issues_of(migration).values()
    assert issue.description.startswith('The security parameters for the external tool "Library" need to be set')


def test_imported_rows_have_the_migration_ids_of_the_source(world: World) -> None:
    """Imported rows have the source's migration ids, except for folders, which packages have by their paths only.

    What Canvas adds has others: the first assignment group and the root of the outcome groups. The mapping and the
    source course are known.
    """
    migration = migrate(world, read_package(cartridge_of(world)))
    assert migration.source_course_id == SOURCE
    for kind in set(CONTENT_KINDS) - {Folder}:
        keys = {migration_id(kind, row.id) for row in world.live(kind, SOURCE)}
        imported = {row.migration_id for row in world.live(kind, DESTINATION)}
        assert imported - {DEFAULT_GROUP_KEY, ROOT_GROUP_KEY} == keys, kind
    mapping = asset_id_mapping(world, SOURCE, DESTINATION)
    assert {name: len(entries) for name, entries in mapping.items()} == {
        "assignments": 4,
        "announcements": 1,
        "files": 2,
        "module_items": 8,
        "modules": 2,
        "discussion_topics": 1,
        "quizzes": 1,
        "pages": 1,
    }


def test_cartridge_of_another_canvas(world: World) -> None:
    """A cartridge of another installation is imported, and its migration has no source course."""
    package = read_package(cartridge_of(world))
    other = World(build, host="other.example")
    migration = migrate(other, package)
    assert package.kind is PackageKind.CANVAS_CARTRIDGE
    assert package.source == SourceCourse(world.root_account_uuid, SOURCE)
    assert migration.source_course_id is None
    assert len(other.live(Page, DESTINATION)) == 1


def test_second_import_changes_nothing(world: World) -> None:
    """A second import of the same cartridge changes no row, not even ``updated_at``."""
    package = read_package(cartridge_of(world))
    migrate(world, package)
    before = {kind: [vars(row).copy() for row in world.rows(kind, DESTINATION)] for kind in CONTENT_KINDS}
    world.clock.advance(60)
    migrate(world, read_package(cartridge_of(world)))
    assert {kind: [vars(row) for row in world.rows(kind, DESTINATION)] for kind in CONTENT_KINDS} == before


def test_export_is_deterministic(world: World) -> None:
    """Exports of an unchanged course have the same bytes, whenever they are made."""
    first = cartridge_of(world)
    world.clock.advance(86_400)
    assert cartridge_of(world) == first


def test_files_of_a_cartridge(world: World) -> None:
    """A cartridge has the files of Canvas's cartridges, and its manifest lists every file."""
    with zipfile.ZipFile(BytesIO(cartridge_of(world))) as archive:
        names = set(archive.namelist())
        manifest = archive.read("imsmanifest.xml").decode()
    quiz = migration_id(Quiz, next(iter(world.live(Quiz, SOURCE))).id)
    assert names >= {
        "imsmanifest.xml",
        "course_settings/canvas_export.txt",
        "course_settings/module_meta.xml",
        "course_settings/assignment_groups.xml",
        "course_settings/syllabus.html",
        "wiki_content/intro-more.html",
        "web_resources/docs & co/a b.pdf",
        f"{quiz}/assessment_qti.xml",
        f"{quiz}/assessment_meta.xml",
    }
    listed = names - {"imsmanifest.xml", "course_settings/files_meta.xml"}
    assert all(f'href="{name.replace("&", "&amp;")}"' in manifest for name in listed)


def test_export_of_a_selection(world: World) -> None:
    """An export of one file has that file and its folders, and neither pages nor settings."""
    file = next(row for row in world.live(File, SOURCE) if row.title == "a b.pdf")
    package = read_package(cartridge_of(world, options={"files": {migration_id(File, file.id): "1"}}))
    assert {kind.KIND: len(rows) for kind, rows in package.rows.items() if rows} == {"files": 1, "folders": 2}
    assert package.course.syllabus_body == ""


def test_import_of_a_selection(world: World) -> None:
    """A selective import takes the rows with the selected migration ids and the rows that they need."""
    package = read_package(cartridge_of(world))
    key = migration_id(Quiz, next(iter(world.live(Quiz, SOURCE))).id)
    migrate(world, package, copy_options={"quizzes": {f"id_{key}": "1"}})
    counts = {kind.KIND: len(world.live(kind, DESTINATION)) for kind in CONTENT_KINDS if world.live(kind, DESTINATION)}
    assert counts == {"quizzes": 1, "quiz_questions": 2, "assignments": 1, "assignment_groups": 1}


def test_package_without_settings_keeps_those_of_the_course(world: World) -> None:
    """Only a package that contains course settings changes those of the course."""
    world.tables.courses[SOURCE].license, world.tables.courses[SOURCE].is_public = "cc_by", False
    destination = world.tables.courses[DESTINATION]
    destination.license, destination.is_public = "cc_by_sa", True
    page = next(iter(world.live(Page, SOURCE)))
    migrate(world, read_package(cartridge_of(world, options={"pages": {migration_id(Page, page.id): "1"}})))
    assert (destination.license, destination.is_public) == ("cc_by_sa", True)
    migrate(world, read_package(cartridge_of(world)))
    assert (destination.license, destination.is_public) == ("cc_by", False)


def test_links_to_items_that_are_not_imported(world: World) -> None:
    """A link to a file that is not imported names its path, one to another item stays a placeholder; an issue tells."""
    package = read_package(cartridge_of(world))
    page = next(iter(world.live(Page, SOURCE)))
    migration = migrate(world, package, copy_options={"pages": {migration_id(Page, page.id): "1"}})
    (copy,) = world.live(Page, DESTINATION)
    assert f"/courses/{DESTINATION}/file_contents/course%20files/docs%20%26%20co/a%20b.pdf" in copy.body
    quiz = f"$CANVAS_OBJECT_REFERENCE$/quizzes/{migration_id(Quiz, world.live(Quiz, SOURCE)[0].id)}"
    assert f'href="{quiz}"' in copy.body
    (issue,) = world.issues_of(migration).values()
    assert issue.description == "Missing links found in imported content - Wiki Page body"
    assert "/file_contents/course%20files/i.png" in (issue.error_message or "")
    assert quiz in (issue.error_message or "")


def test_api_attributes_of_links_are_exported_as_they_are(world: World) -> None:
    """The ``data-api-*`` attributes of links stay as they are, as in a real export."""
    page = next(iter(world.live(Page, SOURCE)))
    here = f"/courses/{SOURCE}/pages/{page.url}"
    attributes = f'data-api-endpoint="https://{world.host}/api/v1{here}" data-api-returntype="Page"'
    page.body = f'<a href="{here}" {attributes}>x</a>'
    (exported_page,) = read_package(cartridge_of(world)).rows[Page].values()
    assert isinstance(exported_page, Page)
    assert exported_page.body == f'<a href="$WIKI_REFERENCE$/pages/{page.url}" {attributes}>x</a>'


class TestQuestionBanks:
    def imported_questions(self, world: World, **settings: Any) -> list[QuizQuestion]:
        """Import the quizzes of the source as QTI, twice, and return the questions."""
        out = BytesIO()
        write_qti(CourseContent(world, world.tables.courses[SOURCE], {"all_quizzes": "1"}), out)
        for _ in range(2):
            migrate(world, read_package(out.getvalue(), "qti_converter"), **settings)
        return world.live(QuizQuestion, DESTINATION)

    def test_question_bank_by_name(self, world: World) -> None:
        """Questions go into a bank with the requested name, which is created once."""
        questions = self.imported_questions(world, question_bank_name="Mine")
        (bank,) = world.live(QuestionBank, DESTINATION)
        assert (bank.title, bank.migration_id) == ("Mine", None)
        assert [row.question_bank_id for row in questions] == [bank.id, bank.id]

    def test_question_bank_by_id(self, world: World) -> None:
        """An existing bank is used by its id; a name in the request is ignored, and the bank is unchanged."""
        bank = world.add(QuestionBank(course_id=DESTINATION, title="Mine"))
        before = vars(bank).copy()
        questions = self.imported_questions(world, question_bank_id=bank.id, question_bank_name="Another")
        assert [row.question_bank_id for row in questions] == [bank.id, bank.id]
        assert [vars(row) for row in world.live(QuestionBank, DESTINATION)] == [before]

    def test_no_question_bank(self, world: World) -> None:
        """If the migration names no bank, the questions of a quiz are in a bank of the quiz's name."""
        questions = self.imported_questions(world)
        (bank,) = world.live(QuestionBank, DESTINATION)
        assert (bank.title, [row.question_bank_id for row in questions]) == ("Quiz", [bank.id, bank.id])
