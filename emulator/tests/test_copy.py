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
    """Fill a course with one of each kind, all of them connected, and name its rows."""
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
    """The rows of a source course with one of each kind."""
    return add_course(world)


def one(world: World, kind: type[Any], title: str, course_id: int = DESTINATION) -> Any:
    """The one row of that kind and title in a course, deleted or not."""
    (row,) = (row for row in world.rows(kind, course_id) if row.title == title)
    return row


def everything(world: World, course_id: int = DESTINATION) -> dict[tuple[str, int], dict[str, Any]]:
    """All fields of all rows of a course."""
    return {(kind.KIND, row.id): vars(row).copy() for kind in CONTENT_KINDS for row in world.rows(kind, course_id)}


class TestFirstCopy:
    def test_copies_every_row(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Each live row arrives once, with the key of its source."""
        canvas.copied()
        for kind in CONTENT_KINDS:
            keys = [migration_id(kind, row.id) for row in world.live(kind, SOURCE)]
            assert [row.migration_id for row in world.live(kind, DESTINATION)] == keys

    def test_ids_are_new(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """No row of the destination has the id of a row of the source."""
        canvas.copied()
        for kind in CONTENT_KINDS:
            ids = [{row.id for row in world.rows(kind, course_id)} for course_id in (SOURCE, DESTINATION)]
            assert not ids[0] & ids[1]

    def test_references_point_to_the_copies(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Quizzes, shells, files, modules and items of the destination refer to rows of the destination."""
        canvas.copied()
        for kind in CONTENT_KINDS:
            for row in world.live(kind, DESTINATION):
                for name, referred in row.references().items():
                    value = getattr(row, name)
                    for row_id in value if isinstance(value, tuple) else [value]:
                        assert row_id is None or world.find(referred, DESTINATION, row_id) is not None
        quiz = one(world, Quiz, "Quiz")
        assert world.find(Assignment, DESTINATION, quiz.assignment_id).quiz_id == quiz.id
        assert one(world, Module, "Two").prerequisite_module_ids == (one(world, Module, "One").id,)
        assert one(world, ModuleItem, "Intro").content_id == one(world, Page, "Intro").id

    def test_links_lead_to_the_copies(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Links between rows of the source become links between rows of the destination."""
        migration = canvas.copied()
        file = one(world, File, "a.pdf")
        assert one(world, Page, "Intro").body == f'<a href="/courses/{DESTINATION}/files/{file.id}">a</a>'
        assert one(world, Announcement, "News").message == f'<a href="/courses/{DESTINATION}/pages/intro">read</a>'
        assert canvas.issues(migration) == []

    def test_deleted_rows_are_left_out(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """What was deleted in the source before does not arrive, nor does an item without its content."""
        source["page"].workflow_state = DELETED
        canvas.copied()
        assert list(world.rows(Page, DESTINATION)) == []
        assert "Intro" not in [item.title for item in world.rows(ModuleItem, DESTINATION)]

    def test_settings_and_syllabus(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """The syllabus and settings come along, name and code do not, and a missing link in it is an issue."""
        course, destination = world.tables.courses[SOURCE], world.tables.courses[DESTINATION]
        course.license, course.is_public = "cc_by", True
        course.syllabus_body = f'<a href="/courses/{SOURCE}/pages/intro"><a href="/courses/{SOURCE}/pages/gone">'
        migration = canvas.copied()
        assert (destination.name, destination.license, destination.is_public) == ("Destination", "cc_by", True)
        assert destination.syllabus_body.startswith(f'<a href="/courses/{DESTINATION}/pages/intro">')
        assert [issue["description"] for issue in canvas.issues(migration)] == [
            "Missing links found in imported content - Course syllabus"
        ]

    @pytest.mark.parametrize(
        ("skips", "copied"),
        [(["all_course_settings"], ("private", False)), (["visibility_settings"], ("cc_by", False))],
    )
    def test_settings_can_be_skipped(
        self, canvas: Caller, world: World, skips: list[str], copied: tuple[str, bool]
    ) -> None:
        """``importer_skips`` leaves all settings out, or those of visibility."""
        course, destination = world.tables.courses[SOURCE], world.tables.courses[DESTINATION]
        course.license, course.is_public = "cc_by", True
        canvas.copied(settings={"source_course_id": SOURCE, "importer_skips": skips})
        assert (destination.license, destination.is_public) == copied

    def test_dates_are_shifted(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """The dates of the copies move, those of the source stay."""
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
        assert one(world, Assignment, "Essay").due_at == datetime(2026, 6, 4, 22, 0, tzinfo=UTC)
        assert one(world, Quiz, "Quiz").due_at == datetime(2026, 6, 4, 22, 0, tzinfo=UTC)
        assert source["essay"].due_at == DUE

    def test_dates_can_be_removed(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """``remove_dates`` leaves the copies without dates."""
        canvas.copied(date_shift_options={"remove_dates": "1"})
        assert one(world, Assignment, "Essay").due_at is None

    def test_a_taken_slug_gets_a_number(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A page of the same title that is there already keeps its address; the copy gets ``-2``, its items too."""
        world.add(Page(course_id=DESTINATION, title="Intro"))
        migration = canvas.copied()
        assert [page.url for page in world.live(Page, DESTINATION)] == ["intro", "intro-2"]
        assert one(world, Announcement, "News").message.endswith('/pages/intro-2">read</a>')
        module = one(world, Module, "One")
        items = canvas.get(f"courses/{DESTINATION}/modules/{module.id}/items")
        assert [item["page_url"] for item in items if item["type"] == "Page"] == ["intro-2"]
        assert canvas.mapping(migration)["pages"] == {
            str(source["page"].id): str(list(world.live(Page, DESTINATION))[1].id)
        }

    def test_a_folder_that_is_there_is_used(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Folders are the same if their full names are."""
        mine = world.add(Folder(course_id=DESTINATION, title="docs", full_name="course files/docs"))
        canvas.copied()
        assert one(world, File, "a.pdf").folder_id == mine.id
        assert world.live(Folder, DESTINATION) == [mine]


class TestSecondCopy:
    def test_changes_nothing(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Copied again, an unchanged course changes no field of no row, not even ``updated_at``."""
        canvas.copied()
        before = everything(world)
        world.clock.advance(3600)
        canvas.copied()
        assert everything(world) == before

    def test_takes_over_what_changed(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A changed row is overwritten, together with what was changed by hand in the destination."""
        canvas.copied()
        before = everything(world)
        source["essay"].points_possible = 50
        one(world, Quiz, "Quiz").question_count = 99
        world.clock.advance(3600)
        canvas.copied()
        essay, quiz = one(world, Assignment, "Essay"), one(world, Quiz, "Quiz")
        assert (essay.points_possible, quiz.question_count) == (50, 0)
        changed = [key for key, row in everything(world).items() if row["updated_at"] != before[key]["updated_at"]]
        assert changed == [("assignments", essay.id), ("quizzes", quiz.id)]

    def test_adds_what_is_new(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A row that came to the source since arrives, and what the instructor made is left alone."""
        canvas.copied()
        mine = world.add(Page(course_id=DESTINATION, title="Mine"))
        world.add(Page(course_id=SOURCE, title="New"))
        canvas.copied()
        assert [page.title for page in world.live(Page, DESTINATION)] == ["Intro", "Mine", "New"]
        assert mine.migration_id is None

    def test_lets_deleted_rows_be(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """What was deleted in the destination stays so, and stays in the mapping."""
        canvas.copied()
        copy = one(world, Page, "Intro")
        copy.workflow_state = DELETED
        migration = canvas.copied()
        assert copy.deleted
        assert canvas.mapping(migration)["pages"] == {str(source["page"].id): str(copy.id)}
        assert canvas("GET", f"courses/{DESTINATION}/pages/{copy.id}").status_code == 404

    def test_can_restore_deleted_rows(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """With the switch they come back under their old ids."""
        world.settings.restore_deleted = True
        canvas.copied()
        copy = one(world, Page, "Intro")
        copy.workflow_state = DELETED
        canvas.copied()
        assert one(world, Page, "Intro") is copy
        assert not copy.deleted

    def test_of_another_source_doubles(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Rows from different sources have different keys, so both are there."""
        add_course(world, OTHER)
        canvas.copied()
        canvas.copied(settings={"source_course_id": OTHER})
        assert [quiz.title for quiz in world.live(Quiz, DESTINATION)] == ["Quiz", "Quiz"]


class TestSelection:
    def copied(self, canvas: Caller, world: World, **select: list[int]) -> dict[str, list[str]]:
        """Copy a selection, and name what arrived by type."""
        canvas.copied(select=select)
        arrived = {kind.KIND: [row.title for row in world.live(kind, DESTINATION)] for kind in CONTENT_KINDS}
        return {kind: titles for kind, titles in arrived.items() if titles}

    def test_a_module_brings_its_items_and_what_they_show(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """A module pulls its items, their content, and the shells of that."""
        arrived = self.copied(canvas, world, modules=[one(world, Module, "One", SOURCE).id])
        assert len(arrived.pop("module_items")) == 7
        assert arrived == {
            "folders": ["docs"],
            "files": ["a.pdf"],
            "pages": ["Intro"],
            "assignments": ["Essay", "Quiz", "Debate"],
            "quizzes": ["Quiz"],
            "discussion_topics": ["Debate"],
            "modules": ["One"],
        }

    def test_a_quiz_brings_its_assignment(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A graded quiz and its shell are copied together."""
        assert self.copied(canvas, world, quizzes=[source["quiz"].id]) == {"assignments": ["Quiz"], "quizzes": ["Quiz"]}

    def test_an_assignment_brings_its_quiz(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """So it is from the other side."""
        shell = source["quiz"].assignment_id
        assert self.copied(canvas, world, assignments=[shell]) == {"assignments": ["Quiz"], "quizzes": ["Quiz"]}

    @pytest.mark.parametrize("spelling", ["files", "attachments"])
    def test_both_spellings_of_a_type(
        self, canvas: Caller, world: World, source: dict[str, Any], spelling: str
    ) -> None:
        """Types may be called as in the API or as in Canvas's tables."""
        arrived = self.copied(canvas, world, **{spelling: [source["file"].id]})
        assert arrived == {"folders": ["docs"], "files": ["a.pdf"]}

    def test_a_link_to_what_was_not_selected_is_missing(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """A page without the file that it links to keeps the old link, and an issue says so."""
        migration = canvas.copied(select={"pages": [source["page"].id]})
        assert one(world, Page, "Intro").body == source["page"].body
        assert [issue["description"] for issue in canvas.issues(migration)] == [
            "Missing links found in imported content - Page body"
        ]

    def test_course_settings_do_not_come_along(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A selection of rows copies neither settings nor syllabus."""
        world.tables.courses[SOURCE].syllabus_body = "<p>S</p>"
        canvas.copied(select={"pages": [source["page"].id]})
        assert world.tables.courses[DESTINATION].syllabus_body == ""


class TestDefects:
    def test_an_asset_that_cannot_be_copied(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A file that cannot be read does not arrive, its item neither, and two issues say what is missing."""
        world.faults.import_defects.append(ImportDefect("files", "a.pdf", Defect.NOT_COPIED))
        migration = canvas.copied()
        assert migration["workflow_state"] == "completed"
        assert list(world.rows(File, DESTINATION)) == []
        assert "a.pdf" not in [item.title for item in world.rows(ModuleItem, DESTINATION)]
        assert [issue["description"] for issue in canvas.issues(migration)] == [
            'Couldn\'t copy file "a.pdf"',
            "Missing links found in imported content - Page body",
        ]

    def test_only_where_it_is_planted(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A defect of one destination does not show in another."""
        world.faults.import_defects.append(ImportDefect("files", "a.pdf", Defect.NOT_COPIED, OTHER))
        canvas.copied()
        assert one(world, File, "a.pdf").size == 10

    def test_a_title_that_is_too_long(self, canvas: Caller, world: World) -> None:
        """The copy has the beginning of the title, one issue says so, and a second copy changes nothing."""
        title = "A very long title that goes on and on, up to its very end"
        world.add(Page(course_id=SOURCE, title=title))
        world.faults.import_defects.append(ImportDefect("pages", title, Defect.TITLE_SHORTENED))
        migration = canvas.copied()
        (page,) = world.live(Page, DESTINATION)
        assert title.startswith(page.title)
        assert len(page.title) < len(title)
        assert [issue["issue_type"] for issue in canvas.issues(migration)] == ["todo"]
        before = everything(world)
        world.clock.advance(60)
        canvas.copied()
        assert everything(world) == before

    def test_a_quiz_that_is_not_migrated(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """The assignment is ``migrating`` when the copy is complete, and fails some time after."""
        world.faults.import_defects.append(ImportDefect("assignments", "Essay", Defect.QUIZ_NOT_MIGRATED))
        migration = canvas.copied()
        path = f"courses/{DESTINATION}/assignments/{one(world, Assignment, 'Essay').id}"
        assert (migration["workflow_state"], canvas.get(path)["workflow_state"]) == ("completed", "migrating")
        assert canvas.get(path)["published"] is False
        world.clock.advance(600)
        assert canvas.get(path)["workflow_state"] == "failed_to_migrate"


class TestMapping:
    def test_is_not_there_before_the_end(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """While the migration is not imported, and after a failure, there is none."""
        migration = canvas.copy()
        path = f"courses/{DESTINATION}/content_migrations/{migration['id']}/asset_id_mapping"
        world.clock.advance(20)
        response = canvas("GET", path)
        assert (response.status_code, response.json()) == (400, {"message": "Migration is incomplete"})

    def test_needs_a_source_course(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A migration that does not know where it came from has none."""
        migration = canvas.copied()
        world.tables.content_migrations[migration["id"]].source_course_id = None
        path = f"courses/{DESTINATION}/content_migrations/{migration['id']}/asset_id_mapping"
        response = canvas("GET", path)
        assert (response.status_code, response.json()) == (
            400,
            {"message": "Migration is not course copy or blueprint"},
        )

    def test_maps_every_kind(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """Eight types, string to string, shells among the assignments, pages by their number, folders absent."""
        mapping = canvas.mapping(canvas.copied())
        kinds: dict[str, type[Content]] = {kind.KIND: kind for kind in MAPPED_KINDS}
        assert set(mapping) == set(kinds)
        for name, kind in kinds.items():
            sources = [str(row.id) for row in world.live(kind, SOURCE)]
            destinations = [str(row.id) for row in world.live(kind, DESTINATION)]
            assert mapping[name] == dict(zip(sources, destinations, strict=True))

    def test_types_without_imported_rows(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """A type that the destination has no imported row of is absent; rows from elsewhere make it an empty one."""
        add_course(world, OTHER)
        canvas.copied(settings={"source_course_id": OTHER}, select={"quizzes": [one(world, Quiz, "Quiz", OTHER).id]})
        mapping = canvas.mapping(canvas.copied(select={"announcements": [source["news"].id]}))
        assert set(mapping) == {"announcements", "quizzes", "assignments"}
        assert (mapping["quizzes"], mapping["assignments"], len(mapping["announcements"])) == ({}, {}, 1)

    def test_earlier_copies_and_deleted_sources_count(
        self, canvas: Caller, world: World, source: dict[str, Any]
    ) -> None:
        """The mapping after a copy of one page lists what an earlier one brought, and what the source lost since."""
        canvas.copied()
        source["essay"].workflow_state = DELETED
        mapping = canvas.mapping(canvas.copied(select={"pages": [source["page"].id]}))
        assert str(source["essay"].id) in mapping["assignments"]
        assert len(mapping["module_items"]) == 7

    def test_the_second_version_has_entries_by_key(self, canvas: Caller, world: World, source: dict[str, Any]) -> None:
        """With the switch there are also objects under migration ids, with slugs of pages and shells of quizzes."""
        world.settings.asset_map_v2 = True
        mapping = canvas.mapping(canvas.copied())
        page, quiz = one(world, Page, "Intro"), one(world, Quiz, "Quiz")
        assert mapping["pages"] == {
            str(source["page"].id): str(page.id),
            migration_id(Page, source["page"].id): {
                "source": {"id": str(source["page"].id), "url": "intro", "current_lookup_id": source["page"].id},
                "destination": {"id": str(page.id), "url": "intro", "current_lookup_id": page.id},
            },
        }
        entry = mapping["quizzes"][migration_id(Quiz, source["quiz"].id)]
        assert entry["destination"] == {"id": str(quiz.id), "shell_id": quiz.assignment_id}

    def test_keys_are_those_of_canvas(self) -> None:
        """A migration id is ``g`` and the MD5 of the asset string with the global id, apart for each kind."""
        assert migration_id(Quiz, 5) == "gdb72906bc6c7dd9d7872d468a5cc279b"  # of quizzes:quiz_10000000000005
        assert len({migration_id(kind, 5) for kind in CONTENT_KINDS}) == len(CONTENT_KINDS) - 1
        assert migration_id(Announcement, 5) == migration_id(DiscussionTopic, 5)


def test_a_copy_needs_only_to_read_the_source(canvas: Caller, call_as: Callable[[str], Caller]) -> None:
    """A teacher of both courses may copy, without being an admin."""
    assert call_as("writer-token").copied()["workflow_state"] == "completed"
