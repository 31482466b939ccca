from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.model.content import (
    CONTENT_KINDS,
    DELETED,
    MAPPED_KINDS,
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.faults import Defect, ImportDefect
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE
from tests.support.caller import Caller

DUE = datetime(2026, 1, 16, 22, 0, tzinfo=UTC)


def add_course(world: World, course_id: int = SOURCE) -> dict[str, Any]:
    """Fill a course with one row of each kind, all of them connected, and return its rows by name."""
    folder = world.add(Folder(course_id=course_id, title="docs", full_name="course files/docs"))
    file = world.add(File(course_id=course_id, title="a.pdf", size=10, folder_id=folder.id))
    page = world.add(
        Page(course_id=course_id, title="Intro", body=f'<a href="/courses/{course_id}/files/{file.id}">a</a>')
    )
    plain = world.add(Assignment(course_id=course_id, title="Essay", points_possible=5, due_at=DUE))
    quiz = world.add(Quiz(course_id=course_id, title="Quiz", points_possible=10, due_at=DUE))
    shell = world.add(Assignment(course_id=course_id, title="Quiz", points_possible=10, quiz_id=quiz.id))
    quiz.assignment_id = shell.id
    topic = world.add(DiscussionTopic(course_id=course_id, title="Debate"))
    graded = world.add(Assignment(course_id=course_id, title="Debate", discussion_topic_id=topic.id))
    topic.assignment_id = graded.id
    news = world.add(Announcement(course_id=course_id, title="News", message=f'<a href="{page.path}">read</a>'))
    first = world.add(Module(course_id=course_id, title="One", position=1))
    second = world.add(Module(course_id=course_id, title="Two", position=2, prerequisite_module_ids=(first.id,)))
    items = [
        world.add(
            ModuleItem(
                course_id=course_id,
                title=title,
                module_id=first.id,
                type=kind,
                content_id=content_id,
                position=position,
            )
        )
        for position, (kind, title, content_id) in enumerate(
            [
                ("SubHeader", "Begin", None),
                ("Page", "Intro", page.id),
                ("Assignment", "Essay", plain.id),
                ("Quiz", "Quiz", quiz.id),
                ("Discussion", "Debate", topic.id),
                ("File", "a.pdf", file.id),
                ("ExternalUrl", "Link", None),
            ],
            start=1,
        )
    ]
    return {"page": page, "file": file, "quiz": quiz, "essay": plain, "news": news, "second": second, "items": items}


@pytest.fixture
def source(world: World) -> dict[str, Any]:
    """Return the rows of a source course with one row of each kind."""
    return add_course(world)


def only_row(world: World, kind: type[Any], title: str, course_id: int = DESTINATION) -> Any:
    """Return the only row of a kind and title in a course, deleted or not."""
    (row,) = (row for row in world.rows(kind, course_id) if row.title == title)
    return row


def all_fields(world: World, course_id: int = DESTINATION) -> dict[tuple[str, int], dict[str, Any]]:
    """Return all fields of all rows of a course."""
    return {(kind.KIND, row.id): vars(row).copy() for kind in CONTENT_KINDS for row in world.rows(kind, course_id)}


class TestFirstCopy:
    def test_every_live_row_is_copied(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Each live row is copied once, with the migration id of its source."""
        canvas.copied()
        for kind in CONTENT_KINDS:
            keys = [migration_id(kind, row.id) for row in world.live(kind, SOURCE)]
            assert [row.migration_id for row in world.live(kind, DESTINATION)] == keys

    def test_copies_have_new_ids(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """No row of the destination has the id of a row of the source."""
        canvas.copied()
        for kind in CONTENT_KINDS:
            ids = [{row.id for row in world.rows(kind, course_id)} for course_id in (SOURCE, DESTINATION)]
            assert not ids[0] & ids[1]

    def test_references_point_to_the_copies(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Quizzes, their assignments, files, modules and items refer to rows of the destination."""
        canvas.copied()
        for kind in CONTENT_KINDS:
            for row in world.live(kind, DESTINATION):
                for name, referred in row.references().items():
                    value = getattr(row, name)
                    for row_id in value if isinstance(value, tuple) else [value]:
                        assert row_id is None or world.find(referred, DESTINATION, row_id) is not None
        quiz = only_row(world, Quiz, "Quiz")
        assert world.find(Assignment, DESTINATION, quiz.assignment_id).quiz_id == quiz.id
        assert only_row(world, Module, "Two").prerequisite_module_ids == (only_row(world, Module, "One").id,)
        assert only_row(world, ModuleItem, "Intro").content_id == only_row(world, Page, "Intro").id

    def test_links_lead_to_the_copies(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Links between rows of the source become links between rows of the destination."""
        migration = canvas.copied()
        file = only_row(world, File, "a.pdf")
        assert only_row(world, Page, "Intro").body == f'<a href="/courses/{DESTINATION}/files/{file.id}/preview">a</a>'
        assert only_row(world, Announcement, "News").message == f'<a href="/courses/{DESTINATION}/pages/intro">read</a>'
        assert canvas.issues(migration) == []

    def test_deleted_rows_are_not_copied(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A row that was deleted in the source is not copied, nor is a module item that shows it."""
        source["page"].workflow_state = DELETED
        canvas.copied()
        assert list(world.rows(Page, DESTINATION)) == []
        assert "Intro" not in [item.title for item in world.rows(ModuleItem, DESTINATION)]

    def test_settings_and_syllabus_are_copied(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Syllabus and settings are copied, name and code are not; a broken link in the syllabus is an issue."""
        course, destination = world.tables.courses[SOURCE], world.tables.courses[DESTINATION]
        course.license, course.is_public = "cc_by", True
        gone = world.add(Assignment(course_id=SOURCE, title="Gone", workflow_state=DELETED))
        course.syllabus_body = (
            f'<a href="/courses/{SOURCE}/pages/intro"><a href="/courses/{SOURCE}/assignments/{gone.id}">'
        )
        migration = canvas.copied()
        assert (destination.name, destination.license, destination.is_public) == ("Destination", "cc_by", True)
        assert destination.syllabus_body.startswith(f'<a href="/courses/{DESTINATION}/pages/intro">')
        assert [issue["description"] for issue in canvas.issues(migration)] == [
            "Missing links found in imported content - Syllabus syllabus"
        ]

    @pytest.mark.parametrize(
        ("skips", "copied"),
        [(["all_course_settings"], (None, None)), (["visibility_settings"], ("cc_by", None))],
    )
    def test_settings_can_be_skipped(
        self, canvas: Caller, world: World, skips: list[str], copied: tuple[str | None, bool | None]
    ) -> None:
        """``importer_skips`` leaves out all settings, or only those of visibility."""
        course, destination = world.tables.courses[SOURCE], world.tables.courses[DESTINATION]
        course.license, course.is_public = "cc_by", True
        canvas.copied(settings={"source_course_id": SOURCE, "importer_skips": skips})
        assert (destination.license, destination.is_public) == copied

    def test_dates_are_shifted(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Dates of the copies keep the time of their clock, in summer time too; the source is unchanged."""
        canvas.copied(
            date_shift_options={
                "shift_dates": True,
                "old_start_date": "2026-01-12",
                "old_end_date": "2026-03-08",
                "new_start_date": "2026-06-01",
                "new_end_date": "2026-07-26",
                "day_substitutions": {"5": "4"},
            }
        )
        assert only_row(world, Assignment, "Essay").due_at == datetime(2026, 6, 4, 21, 0, tzinfo=UTC)
        assert only_row(world, Quiz, "Quiz").due_at == datetime(2026, 6, 4, 21, 0, tzinfo=UTC)
        assert source["essay"].due_at == DUE

    def test_dates_can_be_removed(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """``remove_dates`` removes the dates of the copies."""
        canvas.copied(date_shift_options={"remove_dates": "1"})
        assert only_row(world, Assignment, "Essay").due_at is None

    @pytest.mark.edition("current")
    def test_page_with_an_existing_title_gets_a_number(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """An existing page keeps its title; the copy of that title gets ``-2``, in slug and module items too."""
        world.settings.legacy_copied_links = False
        world.add(Page(course_id=DESTINATION, title="Intro"))
        canvas.copied()
        migration = canvas.copied()
        assert [(page.title, page.url) for page in world.live(Page, DESTINATION)] == [
            ("Intro", "intro"),
            ("Intro-2", "intro-2"),
        ]
        assert [item.title for item in world.live(ModuleItem, DESTINATION) if item.type == "Page"] == ["Intro-2"]
        assert only_row(world, Announcement, "News").message.endswith('/pages/intro-2">read</a>')
        module = only_row(world, Module, "One")
        items = canvas.get(f"courses/{DESTINATION}/modules/{module.id}/items")
        assert [item["page_url"] for item in items if item["type"] == "Page"] == ["intro-2"]
        assert canvas.mapping(migration)["pages"] == {
            str(source["page"].id): str(list(world.live(Page, DESTINATION))[1].id)
        }

    def test_file_with_an_existing_name_gets_a_number(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """A file of the folder keeps its name; the copy of that name gets ``-1``, also when it is copied again."""
        folder = world.add(Folder(course_id=DESTINATION, title="docs", full_name="course files/docs"))
        world.add(File(course_id=DESTINATION, title="a.pdf", size=99, folder_id=folder.id))
        world.add(File(course_id=DESTINATION, title="b.pdf", size=99))
        world.add(File(course_id=SOURCE, title="b.pdf", folder_id=source["file"].folder_id))
        for _ in range(2):
            canvas.copied()
            names = [file.title for file in world.live(File, DESTINATION) if file.folder_id == folder.id]
            assert names == ["a.pdf", "a-1.pdf", "b.pdf"]

    def test_replaced_file_is_copied_beside_the_old_one(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """A file that was replaced in the source is another file: its copy stands beside the copy of the old one."""
        canvas.copied()
        source["file"].workflow_state = DELETED
        world.add(File(course_id=SOURCE, title="a.pdf", size=11, folder_id=source["file"].folder_id))
        canvas.copied()
        assert [(file.title, file.size) for file in world.live(File, DESTINATION)] == [("a.pdf", 10), ("a-1.pdf", 11)]

    def test_existing_folder_is_used(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A folder of the destination with the same full name is used."""
        existing = world.add(Folder(course_id=DESTINATION, title="docs", full_name="course files/docs"))
        canvas.copied()
        assert only_row(world, File, "a.pdf").folder_id == existing.id
        assert world.live(Folder, DESTINATION) == [existing]


class TestSecondCopy:
    def test_second_copy_of_an_unchanged_course_changes_nothing(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """A second copy of an unchanged course changes no field of any row, not even ``updated_at``."""
        canvas.copied()
        before = all_fields(world)
        world.clock.advance(3600)
        canvas.copied()
        assert all_fields(world) == before

    def test_changed_rows_are_overwritten(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A changed row is overwritten, and so are manual changes in the destination."""
        canvas.copied()
        before = all_fields(world)
        source["essay"].points_possible = 50
        only_row(world, Quiz, "Quiz").question_count = 99
        world.clock.advance(3600)
        canvas.copied()
        essay, quiz = only_row(world, Assignment, "Essay"), only_row(world, Quiz, "Quiz")
        assert (essay.points_possible, quiz.question_count) == (50, 0)
        changed = [key for key, row in all_fields(world).items() if row["updated_at"] != before[key]["updated_at"]]
        assert changed == [("assignments", essay.id), ("quizzes", quiz.id)]

    def test_new_rows_are_added(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A row that is new in the source is added, and pages by the instructor are kept."""
        canvas.copied()
        existing = world.add(Page(course_id=DESTINATION, title="Mine"))
        world.add(Page(course_id=SOURCE, title="New"))
        canvas.copied()
        assert [page.title for page in world.live(Page, DESTINATION)] == ["Intro", "Mine", "New"]
        assert existing.migration_id is None

    def test_deleted_copy_stays_in_the_mapping(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A row that was deleted in the destination after the copy stays in the mapping, and answers 404."""
        migration = canvas.copied()
        copy = only_row(world, Page, "Intro")
        copy.workflow_state = DELETED
        assert canvas.mapping(migration)["pages"] == {str(source["page"].id): str(copy.id)}
        assert canvas("GET", f"courses/{DESTINATION}/pages/{copy.id}").status_code == 404

    def test_deleted_and_renamed_copies_are_restored(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """A second copy restores what was deleted or renamed in the destination, under the same ids."""
        canvas.copied()
        before = {kind: [row.id for row in world.live(kind, DESTINATION)] for kind in CONTENT_KINDS}
        for kind in CONTENT_KINDS:
            for number, row in enumerate(world.live(kind, DESTINATION)):
                row.workflow_state = DELETED if number % 2 else row.workflow_state
                row.title = row.title if kind is Folder else "Renamed"
        only_row(world, Page, "Renamed").url = "renamed"
        canvas.copied()
        assert {kind: [row.id for row in world.live(kind, DESTINATION)] for kind in CONTENT_KINDS} == before
        assert [page.url for page in world.live(Page, DESTINATION)] == ["intro"]
        for kind in CONTENT_KINDS:
            titles = [[row.title for row in world.live(kind, course_id)] for course_id in (SOURCE, DESTINATION)]
            assert titles[0] == titles[1]

    @pytest.mark.parametrize("kind", [Page, Module, Assignment, DiscussionTopic])
    def test_second_copy_unpublishes_nothing(self, canvas: Caller, world: World, kind: type[Content]) -> None:
        """What was unpublished in the source since stays published; what was published since becomes published."""
        hidden, shown = (world.add(kind(course_id=SOURCE, title=title)) for title in ("Hidden", "Shown"))
        published = hidden.workflow_state
        shown.workflow_state = "unpublished"
        canvas.copied()
        assert [row.workflow_state for row in world.live(kind, DESTINATION)] == [published, "unpublished"]
        hidden.workflow_state, shown.workflow_state = "unpublished", published
        canvas.copied()
        assert [row.workflow_state for row in world.live(kind, DESTINATION)] == [published, published]

    def test_copy_from_a_second_source_adds_rows(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Rows from two sources have different migration ids, so the destination has both."""
        add_course(world, OTHER)
        canvas.copied()
        canvas.copied(settings={"source_course_id": OTHER})
        assert [quiz.title for quiz in world.live(Quiz, DESTINATION)] == ["Quiz", "Quiz"]


class TestSelection:
    def copied_titles(self, canvas: Caller, world: World, **select: list[int]) -> dict[str, list[str]]:
        """Copy a selection, and return the titles of the copied rows by type."""
        canvas.copied(select=select)
        copied = {kind.KIND: [row.title for row in world.live(kind, DESTINATION)] for kind in CONTENT_KINDS}
        return {kind: titles for kind, titles in copied.items() if titles}

    def test_module_includes_items_and_their_content(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """A selected module includes its items, their content, and the assignments of that content."""
        copied = self.copied_titles(canvas, world, modules=[only_row(world, Module, "One", SOURCE).id])
        assert len(copied.pop("module_items")) == 7
        assert copied == {
            "folders": ["docs"],
            "files": ["a.pdf"],
            "pages": ["Intro"],
            "assignments": ["Essay", "Quiz", "Debate"],
            "quizzes": ["Quiz"],
            "discussion_topics": ["Debate"],
            "modules": ["One"],
        }

    def test_quiz_includes_its_assignment(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A selected quiz includes its assignment."""
        assert self.copied_titles(canvas, world, quizzes=[source["quiz"].id]) == {
            "assignments": ["Quiz"],
            "quizzes": ["Quiz"],
        }

    def test_assignment_includes_its_quiz(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """The selected assignment of a quiz includes the quiz."""
        shell = source["quiz"].assignment_id
        assert self.copied_titles(canvas, world, assignments=[shell]) == {"assignments": ["Quiz"], "quizzes": ["Quiz"]}

    @pytest.mark.parametrize("spelling", ["files", "attachments"])
    def test_both_names_of_a_type(self, canvas: Caller, world: World, source: dict[str, Any], spelling: str) -> None:
        """A type can have its name in the API or in Canvas's tables."""
        copied = self.copied_titles(canvas, world, **{spelling: [source["file"].id]})
        assert copied == {"folders": ["docs"], "files": ["a.pdf"]}

    def test_page_includes_the_files_that_it_shows(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A selected page includes the files that it links to, with their folders."""
        copied = self.copied_titles(canvas, world, pages=[source["page"].id])
        assert copied == {"folders": ["docs"], "files": ["a.pdf"], "pages": ["Intro"]}

    def test_link_to_a_page_that_was_not_selected(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A link to an assignment that was not selected becomes a placeholder, and an issue reports it."""
        source["page"].body = f'<a href="{source["essay"].path}">e</a>'
        migration = canvas.copied(select={"pages": [source["page"].id]})
        placeholder = f"$CANVAS_OBJECT_REFERENCE$/assignments/{migration_id(Assignment, source['essay'].id)}"
        assert only_row(world, Page, "Intro").body == f'<a href="{placeholder}">e</a>'
        assert [issue["description"] for issue in canvas.issues(migration)] == [
            "Missing links found in imported content - Wiki Page body"
        ]

    def test_selection_copies_no_course_settings(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A selection of rows copies neither settings nor syllabus."""
        world.tables.courses[SOURCE].syllabus_body = "<p>S</p>"
        canvas.copied(select={"pages": [source["page"].id]})
        assert world.tables.courses[DESTINATION].syllabus_body == ""


class TestDefects:
    def test_file_that_cannot_be_copied(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """An unreadable file and its module item are not copied, and two issues report what is missing."""
        world.faults.import_defects.append(ImportDefect("files", "a.pdf", Defect.NOT_COPIED))
        migration = canvas.copied()
        assert migration["workflow_state"] == "completed"
        assert list(world.rows(File, DESTINATION)) == []
        assert "a.pdf" not in [item.title for item in world.rows(ModuleItem, DESTINATION)]
        assert [issue["description"] for issue in canvas.issues(migration)] == [
            'Couldn\'t copy file "a.pdf"',
            "Missing links found in imported content - Wiki Page body",
        ]

    def test_defect_of_another_course(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A defect of one destination does not affect another one."""
        world.faults.import_defects.append(ImportDefect("files", "a.pdf", Defect.NOT_COPIED, OTHER))
        canvas.copied()
        assert only_row(world, File, "a.pdf").size == 10

    def test_title_that_is_too_long(self, canvas: Caller, world: World) -> None:
        """A copied title is shortened, one issue reports it, and a second copy changes nothing."""
        title = "A very long title that goes on and on, up to its very end"
        world.add(Page(course_id=SOURCE, title=title))
        world.faults.import_defects.append(ImportDefect("pages", title, Defect.TITLE_SHORTENED))
        migration = canvas.copied()
        (page,) = world.live(Page, DESTINATION)
        assert title.startswith(page.title)
        assert len(page.title) < len(title)
        assert [(issue["issue_type"], issue["description"]) for issue in canvas.issues(migration)] == [
            ("warning", f"The title of the following wiki page was truncated: {title}")
        ]
        before = all_fields(world)
        world.clock.advance(60)
        canvas.copied()
        assert all_fields(world) == before

    def test_quiz_that_fails_to_migrate(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """The assignment is ``migrating`` when the copy is complete, and ``failed_to_migrate`` later."""
        world.faults.import_defects.append(ImportDefect("assignments", "Essay", Defect.QUIZ_NOT_MIGRATED))
        migration = canvas.copied()
        path = f"courses/{DESTINATION}/assignments/{only_row(world, Assignment, 'Essay').id}"
        assert (migration["workflow_state"], canvas.get(path)["workflow_state"]) == ("completed", "migrating")
        assert canvas.get(path)["published"] is False
        world.clock.advance(600)
        assert canvas.get(path)["workflow_state"] == "failed_to_migrate"


class TestMapping:
    def test_mapping_of_an_incomplete_migration(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """While the migration is not complete, its mapping is a 400."""
        migration = canvas.copy()
        path = f"courses/{DESTINATION}/content_migrations/{migration['id']}/asset_id_mapping"
        world.clock.advance(20)
        response = canvas("GET", path)
        assert (response.status_code, response.json()) == (400, {"message": "Migration is incomplete"})

    def test_mapping_without_a_source_course(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """The mapping of a migration without a source course is a 400."""
        migration = canvas.copied()
        world.tables.content_migrations[migration["id"]].source_course_id = None
        path = f"courses/{DESTINATION}/content_migrations/{migration['id']}/asset_id_mapping"
        response = canvas("GET", path)
        assert (response.status_code, response.json()) == (
            400,
            {"message": "Migration is not course copy or blueprint"},
        )

    def test_mapping_has_every_mapped_kind(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """The mapping has eight types of string ids: quiz assignments too, pages by number, and no folders."""
        mapping = canvas.mapping(canvas.copied())
        kinds: dict[str, type[Content]] = {kind.KIND: kind for kind in MAPPED_KINDS}
        assert set(mapping) == set(kinds)
        for name, kind in kinds.items():
            sources = [str(row.id) for row in world.live(kind, SOURCE)]
            destinations = [str(row.id) for row in world.live(kind, DESTINATION)]
            assert mapping[name] == dict(zip(sources, destinations, strict=True))

    def test_types_without_imported_rows(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A type without imported rows is absent; a type with rows of another source only is empty."""
        add_course(world, OTHER)
        canvas.copied(
            settings={"source_course_id": OTHER}, select={"quizzes": [only_row(world, Quiz, "Quiz", OTHER).id]}
        )
        mapping = canvas.mapping(canvas.copied(select={"announcements": [source["news"].id]}))
        assert set(mapping) == {"announcements", "quizzes", "assignments"}
        assert (mapping["quizzes"], mapping["assignments"], len(mapping["announcements"])) == ({}, {}, 1)

    def test_mapping_includes_earlier_copies_and_deleted_sources(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """The mapping after a copy of one page includes earlier copies, also of deleted source rows."""
        canvas.copied()
        source["essay"].workflow_state = DELETED
        mapping = canvas.mapping(canvas.copied(select={"pages": [source["page"].id]}))
        assert str(source["essay"].id) in mapping["assignments"]
        assert len(mapping["module_items"]) == 7

    def test_second_version_of_the_mapping(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """With ``asset_map_v2`` on, the mapping also has objects by migration id, with slugs and assignment ids."""
        world.settings.asset_map_v2 = True
        mapping = canvas.mapping(canvas.copied())
        page, quiz = only_row(world, Page, "Intro"), only_row(world, Quiz, "Quiz")
        assert mapping["pages"] == {
            str(source["page"].id): str(page.id),
            migration_id(Page, source["page"].id): {
                "source": {"id": str(source["page"].id), "url": "intro", "current_lookup_id": source["page"].id},
                "destination": {"id": str(page.id), "url": "intro", "current_lookup_id": page.id},
            },
        }
        entry = mapping["quizzes"][migration_id(Quiz, source["quiz"].id)]
        assert entry["destination"] == {"id": str(quiz.id), "shell_id": quiz.assignment_id}

    def test_migration_ids_are_those_of_canvas(self) -> None:
        """A migration id is ``g`` and the MD5 of the asset string, which has the kind and the global id."""
        assert migration_id(Quiz, 5) == "gdb72906bc6c7dd9d7872d468a5cc279b"  # of quizzes:quiz_10000000000005
        assert len({migration_id(kind, 5) for kind in CONTENT_KINDS}) == len(CONTENT_KINDS) - 1
        assert migration_id(Announcement, 5) == migration_id(DiscussionTopic, 5)


def test_teacher_of_both_courses_may_copy(canvas: Caller, call_as: Callable[[str], Caller]) -> None:
    """A teacher of both courses may copy, without being an admin."""
    assert call_as("writer-token").copied()["workflow_state"] == "completed"
