"""What a course copy changes, leaves out and warns of, as seen in a real Canvas."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from canvas_emulator.model.content import (
    CONTENT_KINDS,
    DELETED,
    Assignment,
    CalendarEvent,
    File,
    Folder,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller

FRIDAY, SATURDAY = datetime(2026, 1, 16, 22, 0, tzinfo=UTC), datetime(2026, 1, 17, 22, 0, tzinfo=UTC)
SHIFT = {
    "shift_dates": True,
    "old_start_date": "2026-01-12",
    "old_end_date": "2026-03-08",
    "new_start_date": "2026-06-01",
    "new_end_date": "2026-07-26",
}


def only_row(world: World, kind: type[Any], course_id: int = DESTINATION) -> Any:
    """Return the only live row of a kind in a course."""
    (row,) = world.live(kind, course_id)
    return row


class TestDates:
    @pytest.mark.parametrize("kind", [Assignment, Quiz])
    def test_lock_before_the_due_date_keeps_the_old_dates(self, canvas: Caller, world: World, kind: type[Any]) -> None:
        """If a shift puts the lock before the due date, all old dates stay, and only a warning says so."""
        world.add(kind(course_id=SOURCE, title="Essay", due_at=FRIDAY, lock_at=SATURDAY, unlock_at=FRIDAY))
        migration = canvas.copied(date_shift_options=SHIFT | {"day_substitutions": {"6": "1"}})
        row = only_row(world, kind)
        assert (row.unlock_at, row.due_at, row.lock_at) == (FRIDAY, FRIDAY, SATURDAY)
        (issue,) = canvas.issues(migration)
        assert (issue["issue_type"], issue["fix_issue_html_url"], issue["error_message"]) == ("warning", None, None)
        assert issue["description"] == f"Couldn't adjust dates on {kind.LABEL.lower()} Essay (ID {row.id})"

    def test_graded_quiz_warns_once(self, canvas: Caller, world: World) -> None:
        """A graded quiz and its assignment keep their dates, with one warning for both."""
        quiz = world.add(Quiz(course_id=SOURCE, title="Quiz", due_at=FRIDAY, lock_at=SATURDAY))
        shell = Assignment(course_id=SOURCE, title="Quiz", due_at=FRIDAY, lock_at=SATURDAY, quiz_id=quiz.id)
        quiz.assignment_id = world.add(shell).id
        migration = canvas.copied(date_shift_options=SHIFT | {"day_substitutions": {"6": "1"}})
        assert {only_row(world, kind).lock_at for kind in (Quiz, Assignment)} == {SATURDAY}
        assert [issue["description"] for issue in canvas.issues(migration)] == [
            f"Couldn't adjust dates on assignment Quiz (ID {only_row(world, Assignment).id})"
        ]

    @pytest.mark.parametrize(
        ("due", "expected"),
        [
            (datetime(2026, 3, 7, 4, 59, tzinfo=UTC), datetime(2026, 3, 14, 3, 59, tzinfo=UTC)),
            (datetime(2026, 3, 7, 5, 1, tzinfo=UTC), datetime(2026, 3, 14, 4, 1, tzinfo=UTC)),
        ],
    )
    def test_days_and_hours_are_those_of_the_courses_clock(
        self, canvas: Caller, world: World, due: datetime, expected: datetime
    ) -> None:
        """A date just before or after midnight keeps day and hour of the course's clock across summer time."""
        world.add(Assignment(course_id=SOURCE, title="Essay", due_at=due))
        dates = {"old_start_date": "2026-03-01", "old_end_date": "2026-03-31"}
        dates |= {"new_start_date": "2026-03-08", "new_end_date": "2026-04-07"}
        canvas.copied(date_shift_options={"shift_dates": True} | dates)
        assert only_row(world, Assignment).due_at == expected

    def test_course_without_dates_gets_those_of_the_new_term(self, canvas: Caller, world: World) -> None:
        """A shifted copy of everything sets the dates of a destination that has none: midnights of its time zone."""
        course = world.tables.courses[DESTINATION]
        canvas.copied(date_shift_options=SHIFT)
        assert course.start_at == datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
        assert course.end_at == datetime(2026, 7, 26, 4, 0, tzinfo=UTC)
        course.start_at, course.end_at = FRIDAY, None
        canvas.copied(date_shift_options=SHIFT, select={"pages": [1]})
        assert (course.start_at, course.end_at) == (FRIDAY, None)


class TestLeftOut:
    def test_folders_without_a_file_are_not_copied(self, canvas: Caller, world: World) -> None:
        """Folders come with the files in them or below them; empty ones are not copied, whatever their state."""
        paths = ("", "/a", "/a/b", "/empty", "/empty/too")
        folders = [
            world.add(Folder(course_id=SOURCE, title=f"f{path}", full_name=f"course files{path}")) for path in paths
        ]
        hidden = Folder(course_id=SOURCE, title="h", full_name="course files/h", workflow_state="hidden")
        world.add(hidden)
        world.add(File(course_id=SOURCE, title="x.txt", folder_id=folders[2].id))
        world.add(File(course_id=SOURCE, title="gone.txt", folder_id=hidden.id, workflow_state=DELETED))
        canvas.copied()
        assert [folder.full_name for folder in world.live(Folder, DESTINATION)] == [
            "course files",
            "course files/a",
            "course files/a/b",
        ]

    def test_events_of_single_sections_are_not_copied(self, canvas: Caller, world: World) -> None:
        """An event of the course is copied, its events of single sections are not, and are not counted either."""
        world.add(CalendarEvent(course_id=SOURCE, title="Trip", start_at=FRIDAY))
        world.add(CalendarEvent(course_id=SOURCE, title="Trip", start_at=SATURDAY, course_section_id=5))
        migration = canvas.copy(selective_import=True)
        path = f"courses/{DESTINATION}/content_migrations/{migration['id']}/selective_data"
        assert [node["count"] for node in canvas.get(path) if node["type"] == "calendar_events"] == [1]
        canvas.copied()
        assert only_row(world, CalendarEvent).start_at == FRIDAY


class TestQuizzes:
    @pytest.mark.parametrize(("published", "expected"), [(False, 5.0), (True, None)])
    def test_points_of_an_unpublished_quiz_are_those_of_its_questions(
        self, canvas: Caller, world: World, published: bool, expected: float | None
    ) -> None:
        """A quiz gets its points when it is published; the copy of an unpublished one has them at once."""
        state = "available" if published else "unpublished"
        quiz = world.add(Quiz(course_id=SOURCE, title="Quiz", workflow_state=state))
        shell = Assignment(course_id=SOURCE, title="Quiz", quiz_id=quiz.id)
        quiz.assignment_id = world.add(shell).id
        for points in (2.0, 3.0):
            question = {"quiz_id": quiz.id, "points_possible": points}
            world.add(QuizQuestion(course_id=SOURCE, title="Q", **question))
        canvas.copied()
        assert only_row(world, Quiz).points_possible == only_row(world, Assignment).points_possible == expected
        assert quiz.points_possible is None


class TestBanks:
    def test_files_of_a_banks_question_open_for_everybody(self, canvas: Caller, world: World) -> None:
        """The text of a copied bank's question links to its files as files of the question, with a verifier."""
        file = world.add(File(course_id=SOURCE, title="a.png"))
        bank = world.add(QuestionBank(course_id=SOURCE, title="Bank"))
        text = f'<img src="{file.path}/preview">'
        world.add(QuizQuestion(course_id=SOURCE, title="Q", question_bank_id=bank.id, question_text=text))
        canvas.copied()
        question, copied = only_row(world, QuizQuestion), only_row(world, File)
        pattern = rf'<img src="/assessment_questions/{question.id}/files/{copied.id}/download\?verifier=\w+">'
        assert re.fullmatch(pattern, question.question_text)

    @pytest.mark.parametrize("in_bank", [True, False])
    def test_issue_of_a_question_leads_to_its_bank_or_quiz(self, canvas: Caller, world: World, in_bank: bool) -> None:
        """The issue of a question's lost link leads to the question in its bank, or to the editor of its quiz."""
        gone = world.add(Assignment(course_id=SOURCE, title="Gone", workflow_state=DELETED))
        bank, quiz = (world.add(kind(course_id=SOURCE, title="Of questions")) for kind in (QuestionBank, Quiz))
        owner = {"question_bank_id": bank.id} if in_bank else {"quiz_id": quiz.id}
        text = f'<a href="{gone.path}">gone</a>'
        world.add(QuizQuestion(course_id=SOURCE, title="Q", question_text=text, **owner))
        (issue,) = canvas.issues(canvas.copied())
        question = only_row(world, QuizQuestion)
        assert issue["description"] == "Missing links found in imported content - Assessment Question question_text"
        assert issue["fix_issue_html_url"] == (
            f"/courses/{DESTINATION}/question_banks/{question.question_bank_id}#question_{question.id}_question_text"
            if in_bank
            else f"/courses/{DESTINATION}/quizzes/{question.quiz_id}/edit"
        )


@pytest.mark.parametrize("has_one", [True, False])
def test_front_page_of_the_destination_stays(canvas: Caller, world: World, has_one: bool) -> None:
    """The copied front page becomes that of the destination, unless the destination has one."""
    world.add(Page(course_id=SOURCE, title="Home", front_page=True))
    world.add(Page(course_id=DESTINATION, title="Start", front_page=has_one))
    canvas.copied()
    assert [page.title for page in world.live(Page, DESTINATION) if page.front_page] == ["Start" if has_one else "Home"]


class TestSources:
    def test_deleted_course_is_copied_with_its_content(self, canvas: Caller, world: World) -> None:
        """A deleted course can be copied: its content arrives, and the migration is completed."""
        fill(world, SOURCE)
        world.tables.courses[SOURCE].workflow_state = "deleted"
        migration = canvas.copied()
        assert migration["workflow_state"] == "completed"
        assert all(world.live(kind, DESTINATION) for kind in CONTENT_KINDS)

    def test_hidden_course_is_empty(self, canvas: Caller, world: World) -> None:
        """The id 0 is that of a hidden course: its copy is completed, nothing arrives, and the response hides it."""
        migration = canvas.copied(settings={"source_course_id": 0})
        assert migration["workflow_state"] == "completed"
        assert "settings" not in migration
        assert canvas.mapping(migration) == {}
        assert not any(world.live(kind, DESTINATION) for kind in CONTENT_KINDS)

    def test_course_can_be_copied_into_itself(self, canvas: Caller, world: World) -> None:
        """A copy of a course into itself doubles its content, once: pages get ``-2``, files ``-1``."""
        fill(world, SOURCE)
        before = {kind: len(world.live(kind, SOURCE)) for kind in CONTENT_KINDS}
        body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
        response = canvas("POST", f"courses/{SOURCE}/content_migrations", json=body)
        assert response.status_code == 200
        world.clock.advance(60)
        world.settle()
        doubled = {kind: len(world.live(kind, SOURCE)) for kind in CONTENT_KINDS if kind is not Folder}
        assert doubled == {kind: 2 * count for kind, count in before.items() if kind is not Folder}
        assert [page.title for page in world.live(Page, SOURCE)] == ["Intro & more", "Intro & more-2"]
        assert {file.title for file in world.live(File, SOURCE)} == {"a b.pdf", "a b-1.pdf", "i.png", "i-1.png"}


def test_syllabus_includes_the_files_that_it_shows(canvas: Caller, world: World) -> None:
    """A selected syllabus includes the files that it links to."""
    file = world.add(File(course_id=SOURCE, title="a.txt"))
    world.tables.courses[SOURCE].syllabus_body = f'<a href="/courses/{SOURCE}/files/{file.id}/download">a</a>'
    canvas.copied(copy={"all_syllabus_body": "1"})
    copied = only_row(world, File)
    assert world.tables.courses[DESTINATION].syllabus_body == (
        f'<a href="/courses/{DESTINATION}/files/{copied.id}/download">a</a>'
    )


def test_item_with_a_title_of_its_own_keeps_it(canvas: Caller, world: World) -> None:
    """A module item follows the new title of its page only if it had the page's title."""
    rows = fill(world, SOURCE)
    (item,) = (item for item in world.live(ModuleItem, SOURCE) if item.content_id == rows["intro"].id)
    item.title = "Read this first"
    world.add(Page(course_id=DESTINATION, title="Intro & more"))
    canvas.copied()
    assert "Read this first" in [each.title for each in world.live(ModuleItem, DESTINATION)]
