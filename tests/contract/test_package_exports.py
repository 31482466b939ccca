"""Exports of the emulator have the structure of those of a real Canvas, and hold to the rules of its packages."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from io import BytesIO
from xml.etree.ElementTree import fromstring

import pytest
from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.effects.packages.cartridge_writing import write_cartridge
from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.exporting import write_files, write_qti
from canvas_emulator.effects.packages.importing import import_package, read_package
from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.model.content import Assignment, File, Module, Page, Quiz
from canvas_emulator.model.records import ContentExport, ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.seeds.small import DESTINATION, SOURCE, small_world
from canvas_emulator.seeds.term import term_world

from tests.contract.package_course import world_with_every_option
from tests.contract.package_differences import ADDED, LEFT_OUT, NOT_WRITTEN, is_among
from tests.contract.package_rules import faults
from tests.contract.package_structure import Documents, documents, resources
from tests.support.recordings import FOLDER

CARTRIDGE, QUIZZES, FILES = "course-14.imscc", "course-14-qti.zip", "course-14-files.zip"


def real(name: str) -> bytes:
    """Return an export of a real Canvas."""
    return (FOLDER / "packages" / name).read_bytes()


def exported(world: World, options: Mapping[str, object] = EVERYTHING, course_id: int = SOURCE) -> bytes:
    """Return a course, or a selection of it, as a cartridge."""
    out = BytesIO()
    write_cartridge(CourseContent(world, world.tables.courses[course_id], options), out)
    return out.getvalue()


def exported_quizzes(world: World, course_id: int = SOURCE) -> bytes:
    """Return the quizzes of a course as QTI."""
    out = BytesIO()
    write_qti(CourseContent(world, world.tables.courses[course_id], {"all_quizzes": "1"}), out)
    return out.getvalue()


@pytest.fixture(scope="module")
def world() -> World:
    """Return a world whose source course has content of every kind, and every option set somewhere."""
    return world_with_every_option()


EXPORTS: Mapping[str, Callable[[World], bytes]] = {CARTRIDGE: exported, QUIZZES: exported_quizzes}


@pytest.mark.parametrize("name", EXPORTS)
class TestStructure:
    """The emulator's export against the real one of course 14, which has content of every kind as well."""

    @pytest.fixture
    def recorded(self, name: str) -> dict[str, Documents]:
        """Return the documents of the real export, without those that the emulator never writes."""
        return {kind: each for kind, each in documents(real(name)).items() if kind not in NOT_WRITTEN}

    @pytest.fixture
    def emulated(self, name: str, world: World) -> dict[str, Documents]:
        """Return the documents of the emulator's export."""
        return documents(EXPORTS[name](world))

    def test_there_are_the_same_documents(self, recorded: dict[str, Documents], emulated: dict[str, Documents]) -> None:
        """The export has documents of the same kinds."""
        assert set(emulated) == set(recorded)

    def test_every_element_and_attribute_is_written(
        self, recorded: dict[str, Documents], emulated: dict[str, Documents]
    ) -> None:
        """Each element and attribute of the real documents is in those of the emulator, but for allowed differences."""
        missing = {
            kind: sorted(path for path in each.any - emulated[kind].any if not is_among(path, LEFT_OUT))
            for kind, each in recorded.items()
        }
        assert {kind: paths for kind, paths in missing.items() if paths} == {}

    def test_no_other_elements_are_written(
        self, recorded: dict[str, Documents], emulated: dict[str, Documents]
    ) -> None:
        """The emulator's documents have no other elements, attributes, namespaces and schemas."""
        added = {
            kind: sorted(path for path in each.any - recorded[kind].any if not is_among(path, ADDED))
            for kind, each in emulated.items()
        }
        assert {kind: paths for kind, paths in added.items() if paths} == {}

    def test_what_is_always_there_is_always_written(
        self, recorded: dict[str, Documents], emulated: dict[str, Documents]
    ) -> None:
        """What every real element of a path has within, every such element of the emulator has."""
        sometimes = {
            f"{kind}: {within}"
            for kind, each in recorded.items()
            for path, always in each.always.items()
            for within in always - emulated[kind].always.get(path, always)
            if not is_among(within, LEFT_OUT)
        }
        assert sometimes == set()

    def test_the_manifest_has_the_same_kinds_of_resources(self, name: str, world: World) -> None:
        """Each kind of resource has the same type, files and dependencies, and is the only one of its kind."""
        assert resources(EXPORTS[name](world)) == resources(real(name))


@pytest.fixture(scope="module")
def second_export() -> bytes:
    """Return the export of a course into which the real export was imported."""
    world = small_world()
    now = world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=DESTINATION,
        user_id=1,
        migration_type="canvas_cartridge_importer",
        migration_settings={"copy_options": dict(EVERYTHING)},
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    import_package(world, migration, read_package(real(CARTRIDGE), migration.migration_type), now)
    return exported(world, course_id=DESTINATION)


class TestExportOfAnImport:
    """The real export, imported into the emulator and exported again, has what the real one has."""

    def test_there_are_as_many_resources_of_each_type(self, second_export: bytes) -> None:
        """There are as many pages, assignments, quizzes, discussions, links, tools, files and banks."""
        assert types_of_resources(second_export) == types_of_resources(real(CARTRIDGE))

    def test_questions_are_whole(self, second_export: bytes) -> None:
        """Questions of every type have how students reply, what is right, and comments; groups become questions."""
        recorded, emulated = documents(real(CARTRIDGE)), documents(second_export)
        for kind in (kind for kind in recorded if "qti" in kind):
            missing = {path for path in recorded[kind].any - emulated[kind].any if not is_among(path, GROUPS)}
            assert missing == set(), kind

    def test_it_keeps_the_rules(self, second_export: bytes) -> None:
        """It keeps the rules, but for links that a real import leaves in the text, too."""
        assert [fault for fault in faults(second_export) if "links-of-every-form.html has a link to" not in fault] == []


GROUPS = {"section/selection_ordering": "no groups of questions", "/section@title": "no groups of questions"}


def types_of_resources(data: bytes) -> Counter[str]:
    """Return how many resources of each type a package has."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        manifest = fromstring(archive.read("imsmanifest.xml"))
    return Counter(each.get("type", "") for each in manifest.findall(".//{*}resource"))


def test_every_allowed_difference_is_one(world: World) -> None:
    """No allowed difference is left in the list after it is gone."""
    pairs = [(documents(real(name)), documents(export(world))) for name, export in EXPORTS.items()]
    missing = {
        path for recorded, emulated in pairs for kind in emulated for path in recorded[kind].any - emulated[kind].any
    }
    added = {
        path for recorded, emulated in pairs for kind in emulated for path in emulated[kind].any - recorded[kind].any
    }
    assert [place for place in LEFT_OUT if not any(is_among(path, {place: ""}) for path in missing)] == []
    assert [place for place in ADDED if not any(is_among(path, {place: ""}) for path in added)] == []
    assert [kind for kind in NOT_WRITTEN if kind not in pairs[0][0] or kind in pairs[0][1]] == []


def test_a_zip_of_files_has_folders_and_files(world: World) -> None:
    """A zip of files has an entry for each folder, also an empty one, and one for each file, as a real one."""
    out = BytesIO()
    now = world.clock.now()
    export = ContentExport(id=1, context_id=SOURCE, user_id=1, export_type="zip", created_at=now, updated_at=now)
    export.selection = {"all_files": "1"}
    write_files(world, export, out)
    names = zipfile.ZipFile(out).namelist()
    assert names == [
        "Hidden/",
        "Locked/",
        "docs & co/",
        "docs & co/a b.pdf",
        "i.png",
        "Hidden/behind.txt",
        "Locked/locked.txt",
        "Locked/hidden.txt",
    ]
    recorded = zipfile.ZipFile(BytesIO(real(FILES))).namelist()
    assert recorded == sorted(recorded, key=lambda name: not name.endswith("/"))


class TestRules:
    """The rules of a validator: they hold for the real exports, and for whatever the emulator exports."""

    def test_the_real_exports_keep_the_rules(self) -> None:
        """The rules are those of a real Canvas, which breaks two by what is in the course.

        A link leads to a deleted assignment; in the outline an item of a tool has a resource that is not there.
        """
        tool = "The manifest refers to the resource gcc8c7cbe4ef5aed76ae9b156fc7298b6, which is not there."
        link = "wiki_content/links-of-every-form.html has a link to /assignments/g56dca6751ac4c39b7f3af6c74ed0a8d2,"
        assert faults(real(CARTRIDGE)) == [tool, f"{link} which is not there."]
        assert faults(real(QUIZZES), is_whole=False) == []

    def test_a_course_of_every_kind(self, world: World) -> None:
        """An export of a course with content of every kind keeps the rules, as a cartridge and as QTI."""
        assert faults(exported(world)) == []
        assert faults(exported_quizzes(world), is_whole=False) == []

    @pytest.mark.parametrize("kind", [Page, Assignment, Quiz, File, Module])
    def test_a_selection(self, world: World, kind: type[Page]) -> None:
        """A selective export keeps the rules, although what its content refers to may be missing."""
        for row in world.live(kind, SOURCE):
            data = exported(world, {kind.KIND: {migration_id(kind, row.id): "1"}})
            assert faults(data, is_whole=False) == [], row.title

    def test_an_empty_course(self) -> None:
        """An export of an empty course keeps the rules."""
        assert faults(exported(small_world())) == []
        assert faults(exported_quizzes(small_world())) == []

    def test_the_demo_course(self) -> None:
        """The exports of the demo's courses keep the rules, with make-believe files of many megabytes.

        What an earlier copy left of its links, placeholders in texts, is exported as it is.
        """
        world = demo_world()
        for course_id in world.tables.courses:
            is_whole = not any("$" in page.body for page in world.live(Page, course_id))
            assert faults(exported(world, course_id=course_id), is_whole=is_whole) == []
            assert faults(exported_quizzes(world, course_id), is_whole=False) == []

    def test_a_course_of_a_term(self) -> None:
        """The export of a course of a term keeps the rules."""
        world = term_world()
        assert faults(exported(world, course_id=next(iter(world.tables.courses)))) == []

    @pytest.mark.parametrize(
        "title",
        [
            "é 文件 🧪",
            "a" * 255,
            "文" * 255,
            "b" * 240 + ".html",
            "<b>&\"'</b>",
            "100% / \\ : ?",
            "..",
            "  x  ",
            "$1 \\1",
        ],
    )
    def test_odd_titles(self, title: str) -> None:
        """Titles with any signs keep the rules."""
        world = world_with_every_option()
        for kind in (Page, Assignment, Quiz, File, Module):
            for row in world.live(kind, SOURCE):
                row.title = title
        assert faults(exported(world)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('identifierref="', 'identifierref="x', "which is not there"),
        ('href="wiki_content/', 'href="wiki/', "which is not there"),
        ("<content_type>WikiPage", "<content_type>Page", "is no type of an item"),
        ("<unlock_at>2026-01-16T22:00:00", "<unlock_at>2026-01-16T22:00:00+00:00", "no time without an offset"),
        ("$CANVAS_OBJECT_REFERENCE$/quizzes/g", "$CANVAS_OBJECT_REFERENCE$/quizzes/g00000", "which is not there"),
        ("</modules>", "</module>", "is not well-formed"),
        ("</title>", "</title><title>", "has a title twice"),
    ],
)
def test_a_broken_package_is_found(world: World, old: str, new: str, fault: str) -> None:
    """The rules find what would be lost in a real Canvas."""
    changed = BytesIO()
    with zipfile.ZipFile(BytesIO(exported(world))) as archive, zipfile.ZipFile(changed, "w") as copy:
        for name in archive.namelist():
            data = archive.read(name)
            copy.writestr(name, data if name.startswith("web_resources/") else data.replace(old.encode(), new.encode()))
    assert any(fault in each for each in faults(changed.getvalue()))
