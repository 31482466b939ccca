"""What students find of a course, and what locks it for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from canvas_emulator.model.content import (
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
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller
from tests.support.people import STUDENT, people

__all__ = ["people"]

PATH = f"courses/{SOURCE}"
KINDS: tuple[type[Content], ...] = (Assignment, DiscussionTopic, Module, Page, Quiz)
OBSERVER, OBSERVER_TOKEN = 3, "reader-token"


@pytest.fixture(params=["student", "observer"])
def student(request: pytest.FixtureRequest, call_as: Callable[[str], Caller], world: World) -> Caller:
    """Return a caller who sees the source course as its students do."""
    if request.param == "student":
        return call_as(STUDENT)
    world.enroll(OBSERVER, SOURCE, EnrollmentType.OBSERVER)
    return call_as(OBSERVER_TOKEN)


class TestPublication:
    """What is published is there for students; nothing else is."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_published_rows_are_listed_and_shown(self, student: Caller, world: World, kind: type[Content]) -> None:
        """A published row is in the list, and its own path shows it."""
        row = world.add(kind(course_id=SOURCE, title="Seen"))
        (listed,) = student.get(f"{PATH}/{kind.SECTION}")
        assert listed.get("title", listed.get("name")) == "Seen"
        assert student("GET", f"{PATH}/{kind.SECTION}/{row.id}").status_code == 200

    @pytest.mark.edition("current")
    @pytest.mark.parametrize("kind", KINDS)
    def test_unpublished_rows_are_refused(self, student: Caller, world: World, kind: type[Content]) -> None:
        """An unpublished row is in no list; its own path is a 403, of a module a 404."""
        row = world.add(kind(course_id=SOURCE, title="Hidden", workflow_state="unpublished"))
        assert student.get(f"{PATH}/{kind.SECTION}") == []
        status = student("GET", f"{PATH}/{kind.SECTION}/{row.id}").status_code
        assert status == (404 if kind is Module else 403)

    def test_keys_of_managers_are_left_out(self, student: Caller, canvas: Caller, world: World) -> None:
        """Students do not see what only managers need."""
        paths = [
            f"assignments/{world.add(Assignment(course_id=SOURCE, title='A')).id}",
            f"quizzes/{world.add(Quiz(course_id=SOURCE, title='Q', access_code='open sesame')).id}",
            f"modules/{world.add(Module(course_id=SOURCE, title='M')).id}",
        ]
        missing = [set(canvas.get(f"{PATH}/{path}")) - set(student.get(f"{PATH}/{path}")) for path in paths]
        assert missing[0] >= {"has_overrides", "needs_grading_count", "sis_assignment_id", "unpublishable"}
        assert missing[1] >= {"access_code", "speed_grader_url", "section_count"}
        assert missing[2] == {"published"}

    def test_posts_of_later_and_of_other_sections(self, student: Caller, world: World) -> None:
        """Topics and announcements that are delayed, or for other sections, are not there."""
        tomorrow = world.clock.now() + timedelta(days=1)
        section = world.enrollments.add_section(SOURCE, "Another section")
        for kind in (Announcement, DiscussionTopic):
            world.add(kind(course_id=SOURCE, title="Now"))
            world.add(kind(course_id=SOURCE, title="Later", delayed_post_at=tomorrow))
            world.add(kind(course_id=SOURCE, title="Elsewhere", section_ids=(section.id,)))
        assert [row["title"] for row in student.get(f"{PATH}/discussion_topics")] == ["Now"]
        announcements = student.get("announcements", **{"context_codes[]": f"course_{SOURCE}"})
        assert [row["title"] for row in announcements] == ["Now"]


class TestHiddenTabs:
    """A tab that is hidden takes its list from students, and from nobody else."""

    @pytest.mark.edition("current")
    @pytest.mark.parametrize(("tab", "status"), [("files", 403), ("pages", 404), ("quizzes", 404)])
    def test_lists_of_hidden_tabs(self, student: Caller, canvas: Caller, world: World, tab: str, status: int) -> None:
        """The list of files is a missing right, the others are not found."""
        world.tables.courses[SOURCE].hidden_tabs = frozenset({tab})
        response = student("GET", f"{PATH}/{tab}")
        assert response.status_code == status
        if status == 404:
            assert response.json() == {"message": "That page has been disabled for this course"}
        assert canvas.get(f"{PATH}/{tab}") == []


class TestFiles:
    """Files and folders that are hidden or locked."""

    def test_a_hidden_file_is_shown_by_its_id_only(self, student: Caller, world: World) -> None:
        """A hidden file is in no list, but opens by its id."""
        file = world.add(File(course_id=SOURCE, title="solution.pdf", workflow_state="hidden"))
        assert student.get(f"{PATH}/files") == []
        shown = student.get(f"files/{file.id}")
        assert (shown["hidden"], shown["hidden_for_user"], shown["locked_for_user"]) == (True, True, False)
        assert shown["url"]

    def test_locked_files_have_no_address(self, student: Caller, canvas: Caller, world: World) -> None:
        """A file that is locked, or not open yet, has no address for students, and has one for teachers."""
        tomorrow = world.clock.now() + timedelta(days=1)
        locked = world.add(File(course_id=SOURCE, title="a.txt", workflow_state="locked"))
        dated = world.add(File(course_id=SOURCE, title="b.txt", unlock_at=tomorrow))
        for file, reason in ((locked, "manually_locked"), (dated, "unlock_at")):
            shown = student.get(f"files/{file.id}")
            assert (shown["url"], shown["locked_for_user"], reason in shown["lock_info"]) == ("", True, True)
            assert canvas.get(f"files/{file.id}")["url"]

    def test_locked_and_hidden_folders_are_not_listed(self, student: Caller, canvas: Caller, world: World) -> None:
        """Students list the other folders; one with dates is there, and locked."""
        later = world.clock.now() + timedelta(days=1)
        world.add(Folder(course_id=SOURCE, title="course files"))
        for name, values in (("h", {"workflow_state": "hidden"}), ("l", {"locked": True}), ("d", {"unlock_at": later})):
            world.add(Folder(course_id=SOURCE, title=name, full_name=f"course files/{name}", **values))
        assert [row["name"] for row in canvas.get(f"{PATH}/folders")] == ["course files", "d", "h", "l"]
        shown = student.get(f"{PATH}/folders")
        assert [(row["name"], row["locked_for_user"]) for row in shown] == [("course files", False), ("d", True)]
        assert not any(row["can_upload"] for row in shown)


class TestModules:
    """Modules open one after the other."""

    @pytest.fixture
    def assignment(self, world: World) -> Assignment:
        """Add a module whose page must be read before its assignment opens."""
        module = world.add(Module(course_id=SOURCE, title="One & only", require_sequential_progress=True))
        page = world.add(Page(course_id=SOURCE, title="First"))
        assignment = world.add(Assignment(course_id=SOURCE, title="Then", description="<p>Do it.</p>"))
        self.page_item, self.item = (
            world.add(
                ModuleItem(
                    course_id=SOURCE,
                    title=row.title,
                    module_id=module.id,
                    type=kind,
                    content_id=row.id,
                    position=position,
                    completion_requirement=requirement,
                )
            )
            for position, (kind, row, requirement) in enumerate(
                (("Page", page, "must_view"), ("Assignment", assignment, "must_submit")), start=1
            )
        )
        return assignment

    def test_an_earlier_requirement_locks_what_follows(
        self, call_as: Callable[[str], Caller], canvas: Caller, world: World, assignment: Assignment
    ) -> None:
        """The assignment is locked, without its description, until the page was read; never for a teacher."""
        student, path = call_as(STUDENT), f"{PATH}/assignments/{assignment.id}"
        locked = student.get(path)
        assert (locked["locked_for_user"], locked["description"]) == (True, None)
        module = locked["lock_info"]["context_module"]
        assert [each["type"] for each in module["completion_requirements"]] == ["must_view", "must_submit"]
        assert "<b>One &amp; only</b>" in locked["lock_explanation"]
        assert canvas.get(path)["description"] == "<p>Do it.</p>"

        world.enrollments.completions[101, SOURCE] = {self.page_item.id: world.clock.now()}
        assert student.get(path)["description"] == "<p>Do it.</p>"

    def test_state_follows_what_was_done(
        self, call_as: Callable[[str], Caller], world: World, assignment: Assignment
    ) -> None:
        """A module is unlocked, then started, then completed at the time of its last requirement."""
        student, seen = call_as(STUDENT), []
        for done in ((), (self.page_item,), (self.page_item, self.item)):
            world.enrollments.completions[101, SOURCE] = {item.id: world.clock.now() for item in done}
            (module,) = student.get(f"{PATH}/modules", **{"include[]": "items"})
            completed = [item["completion_requirement"]["completed"] for item in module["items"]]
            seen.append((module["state"], module["completed_at"] is not None, completed))
        assert seen == [
            ("unlocked", False, [False, False]),
            ("started", False, [True, False]),
            ("completed", True, [True, True]),
        ]

    @pytest.mark.parametrize("by", ["date", "prerequisite"])
    def test_a_locked_module_locks_its_content(
        self, call_as: Callable[[str], Caller], world: World, assignment: Assignment, by: str
    ) -> None:
        """A module opens on its date, and after the modules that it requires."""
        first = next(world.rows(Module, SOURCE))
        values = (
            {"unlock_at": world.clock.now() + timedelta(days=1)}
            if by == "date"
            else {"prerequisite_module_ids": (first.id,)}
        )
        second = world.add(Module(course_id=SOURCE, title="Two", position=2, **values))
        quiz = world.add(Quiz(course_id=SOURCE, title="Q", description="<p>Secret</p>"))
        world.add(
            ModuleItem(course_id=SOURCE, title="Q", module_id=second.id, type="Quiz", content_id=quiz.id, position=1)
        )
        student = call_as(STUDENT)
        assert [row["state"] for row in student.get(f"{PATH}/modules")] == ["unlocked", "locked"]
        (item,) = student.get(f"{PATH}/modules/{second.id}/items", **{"include[]": "content_details"})
        assert item["content_details"]["lock_info"]["context_module"]["name"] == "Two"
        assert student.get(f"{PATH}/quizzes/{quiz.id}")["description"] == ""
