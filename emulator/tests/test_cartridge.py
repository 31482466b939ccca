from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

import pytest

from canvas_emulator.effects.mapping import asset_id_mapping, migration_id
from canvas_emulator.effects.packages.cartridge_writing import CourseContent, write_cartridge
from canvas_emulator.effects.packages.exporting import write_qti
from canvas_emulator.effects.packages.importing import import_package, read_package
from canvas_emulator.effects.packages.package import Package, PackageKind, SourceCourse
from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.model.content import CONTENT_KINDS, File, Page, QuestionBank, Quiz, QuizQuestion
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import DESTINATION, SOURCE, build, small_world
from tests.support.comparable import comparable


@pytest.fixture
def world() -> World:
    """A world with a course that has everything."""
    world = small_world()
    fill(world, SOURCE)
    return world


def exported(world: World, course_id: int = SOURCE, options: Any = EVERYTHING) -> bytes:
    """Write a course as a cartridge."""
    out = BytesIO()
    write_cartridge(CourseContent(world, world.tables.courses[course_id], options), out)
    return out.getvalue()


def migrate(world: World, package: Package, course_id: int = DESTINATION, **settings: Any) -> ContentMigration:
    """Import a package."""
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
    return migration


def test_a_course_survives_the_journey(world: World) -> None:
    """Exported and imported, every row says what it said, bytes, dates, links and connections included."""
    migration = migrate(world, read_package(exported(world)))
    assert comparable(world, DESTINATION) == comparable(world, SOURCE)
    source, destination = world.tables.courses[SOURCE], world.tables.courses[DESTINATION]
    assert destination.syllabus_body == source.syllabus_body.replace(f"/courses/{SOURCE}/", f"/courses/{DESTINATION}/")
    assert not world.issues_of(migration)


def test_keys_are_those_of_the_source(world: World) -> None:
    """Every imported row carries the key of its source, so that the mapping answers, and the migration its source."""
    migration = migrate(world, read_package(exported(world)))
    assert migration.source_course_id == SOURCE
    for kind in CONTENT_KINDS:
        keys = {migration_id(kind, row.id) for row in world.live(kind, SOURCE)}
        imported = {row.migration_id for row in world.live(kind, DESTINATION)}
        assert imported == keys, kind
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


def test_another_canvas_is_no_source(world: World) -> None:
    """A cartridge of another installation is imported, and names no course of this one."""
    package = read_package(exported(world))
    other = World(build, host="other.example")
    migration = migrate(other, package)
    assert package.kind is PackageKind.CANVAS_CARTRIDGE
    assert package.source == SourceCourse(world.root_account_uuid, SOURCE)
    assert migration.source_course_id is None
    assert len(other.live(Page, DESTINATION)) == 1


def test_importing_twice_changes_nothing(world: World) -> None:
    """A second import of the same cartridge finds every row, and leaves even ``updated_at``."""
    package = read_package(exported(world))
    migrate(world, package)
    before = {kind: [vars(row).copy() for row in world.rows(kind, DESTINATION)] for kind in CONTENT_KINDS}
    world.clock.advance(60)
    migrate(world, read_package(exported(world)))
    assert {kind: [vars(row) for row in world.rows(kind, DESTINATION)] for kind in CONTENT_KINDS} == before


def test_the_same_course_gives_the_same_bytes(world: World) -> None:
    """An export does not depend on when it is made."""
    first = exported(world)
    world.clock.advance(86_400)
    assert exported(world) == first


def test_what_is_in_it(world: World) -> None:
    """It has the parts that Canvas's cartridges have, and a manifest that lists every file."""
    with zipfile.ZipFile(BytesIO(exported(world))) as archive:
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


def test_a_selection_is_written(world: World) -> None:
    """An export of one file has that file, its folder, and neither pages nor settings."""
    file = next(row for row in world.live(File, SOURCE) if row.title == "a b.pdf")
    package = read_package(exported(world, options={"files": {migration_id(File, file.id): "1"}}))
    assert {kind.KIND: len(rows) for kind, rows in package.rows.items() if rows} == {"files": 1, "folders": 1}
    assert package.course.syllabus_body == ""


def test_a_selection_is_imported(world: World) -> None:
    """Of a whole package, a migration takes what it selects by migration id, with what that drags along."""
    package = read_package(exported(world))
    key = migration_id(Quiz, next(iter(world.live(Quiz, SOURCE))).id)
    migrate(world, package, copy_options={"quizzes": {f"id_{key}": "1"}})
    counts = {kind.KIND: len(world.live(kind, DESTINATION)) for kind in CONTENT_KINDS if world.live(kind, DESTINATION)}
    assert counts == {"quizzes": 1, "quiz_questions": 2, "assignments": 1, "assignment_groups": 1}


def test_a_package_without_settings_leaves_those_of_the_course(world: World) -> None:
    """Course settings come of a package that has some, and of no other."""
    world.tables.courses[SOURCE].license = "cc_by"
    destination = world.tables.courses[DESTINATION]
    destination.license, destination.is_public = "cc_by_sa", True
    page = next(iter(world.live(Page, SOURCE)))
    migrate(world, read_package(exported(world, options={"pages": {migration_id(Page, page.id): "1"}})))
    assert (destination.license, destination.is_public) == ("cc_by_sa", True)
    migrate(world, read_package(exported(world)))
    assert (destination.license, destination.is_public) == ("cc_by", False)


def test_links_to_what_does_not_arrive(world: World) -> None:
    """They lead nowhere in the new course, and an issue names them."""
    package = read_package(exported(world))
    page = next(iter(world.live(Page, SOURCE)))
    migration = migrate(world, package, copy_options={"pages": {migration_id(Page, page.id): "1"}})
    (copy,) = world.live(Page, DESTINATION)
    assert f"/courses/{DESTINATION}/file_contents/course%20files/docs%20%26%20co/a%20b.pdf" in copy.body
    assert "$" not in copy.body
    (issue,) = world.issues_of(migration).values()
    assert issue.description == "Missing links found in imported content - Page body"
    assert "/file_contents/course%20files/i.png" in (issue.error_message or "")


def test_what_canvas_adds_to_html_is_not_exported(world: World) -> None:
    """Addresses for programs, which Canvas adds to links when it shows them, are no part of a package."""
    page = next(iter(world.live(Page, SOURCE)))
    here = f"/courses/{SOURCE}/pages/{page.url}"
    page.body = (
        f'<a href="{here}" data-api-endpoint="https://{world.host}/api/v1{here}" data-api-returntype="Page">x</a>'
    )
    (exported_page,) = read_package(exported(world)).rows[Page].values()
    key = migration_id(Page, page.id)
    assert isinstance(exported_page, Page)
    assert exported_page.body == f'<a href="$WIKI_REFERENCE$/pages/{key}">x</a>'


class TestQuestionBanks:
    def imported(self, world: World, **settings: Any) -> list[QuizQuestion]:
        """Import the quizzes of the source as QTI, twice."""
        out = BytesIO()
        write_qti(CourseContent(world, world.tables.courses[SOURCE], {"all_quizzes": "1"}), out)
        for _ in range(2):
            migrate(world, read_package(out.getvalue(), "qti_converter"), **settings)
        return world.live(QuizQuestion, DESTINATION)

    def test_by_name(self, world: World) -> None:
        """Questions go into a bank of that name, which is made once."""
        questions = self.imported(world, question_bank_name="Mine")
        (bank,) = world.live(QuestionBank, DESTINATION)
        assert (bank.title, bank.migration_id) == ("Mine", None)
        assert [row.question_bank_id for row in questions] == [bank.id, bank.id]

    def test_the_id_wins(self, world: World) -> None:
        """A bank that is there is taken by its id, whatever name comes with it, and stays as it is."""
        bank = world.add(QuestionBank(course_id=DESTINATION, title="Mine"))
        before = vars(bank).copy()
        questions = self.imported(world, question_bank_id=bank.id, question_bank_name="Another")
        assert [row.question_bank_id for row in questions] == [bank.id, bank.id]
        assert [vars(row) for row in world.live(QuestionBank, DESTINATION)] == [before]

    def test_without(self, world: World) -> None:
        """If the migration names none, there is none."""
        assert [row.question_bank_id for row in self.imported(world)] == [None, None]
