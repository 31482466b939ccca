"""The changes that a user makes in the destination after a copy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.seeds.planted.changes import Courses, PlantedChange, Steps, Truth, planted

CHANGES: Final[list[PlantedChange]] = []
"""The changes, in an order in which all of them can be made."""

DUE, LATER = datetime(2026, 1, 16, 22, 0, tzinfo=UTC), datetime(2026, 1, 23, 22, 0, tzinfo=UTC)


@planted(CHANGES)
def page_deleted(courses: Courses) -> Steps:
    """Delete a page, and its module item with it."""
    page = courses.add(Page, "Page to delete")
    item = courses.item(page, "Page")
    yield
    for row in (page, item):
        courses.delete(courses.copy_of(row))
        courses.record(row, Truth.DELETED)


@planted(CHANGES)
def page_renamed(courses: Courses) -> Steps:
    """Give a page another title, which changes its address."""
    page = courses.add(Page, "Page to rename")
    yield
    courses.set(courses.copy_of(page), title="Page with another title")
    courses.record(page, Truth.CHANGED, "title")


@planted(CHANGES)
def page_unpublished(courses: Courses) -> Steps:
    """Unpublish a page."""
    page = courses.add(Page, "Page to unpublish")
    yield
    courses.set(courses.copy_of(page), workflow_state="unpublished")
    courses.record(page, Truth.CHANGED, "published")


@planted(CHANGES)
def page_body_replaced(courses: Courses) -> Steps:
    """Replace the body of a page: no listing shows it."""
    page = courses.add(Page, "Page to write", body="<p>Before</p>")
    yield
    courses.set(courses.copy_of(page), body="<p>After</p>")
    courses.record(page, Truth.CHANGED, "body")


@planted(CHANGES)
def page_added(courses: Courses) -> Steps:
    """Add a page of a title that the source has not."""
    yield
    courses.record(courses.add_to_destination(Page, "Page of the instructor"), Truth.ADDED)


@planted(CHANGES)
def page_written_again(courses: Courses) -> Steps:
    """Delete a page and add another one of that title."""
    page = courses.add(Page, "Page to write again")
    yield
    courses.delete(courses.copy_of(page))
    other = courses.add_to_destination(Page, "Page to write again")
    courses.record(page, Truth.REPLACED, other=other)


@planted(CHANGES)
def assignment_deleted(courses: Courses) -> Steps:
    """Delete an assignment."""
    assignment = courses.add(Assignment, "Assignment to delete")
    yield
    courses.delete(courses.copy_of(assignment))
    courses.record(assignment, Truth.DELETED)


@planted(CHANGES)
def assignment_renamed(courses: Courses) -> Steps:
    """Give an assignment another name."""
    assignment = courses.add(Assignment, "Assignment to rename")
    yield
    courses.set(courses.copy_of(assignment), title="Assignment with another name")
    courses.record(assignment, Truth.CHANGED, "title")


@planted(CHANGES)
def assignment_points_changed(courses: Courses) -> Steps:
    """Change the points of an assignment."""
    assignment = courses.add(Assignment, "Assignment of other points", points_possible=10.0)
    yield
    courses.set(courses.copy_of(assignment), points_possible=15.0)
    courses.record(assignment, Truth.CHANGED, "points_possible")


@planted(CHANGES)
def assignment_unpublished(courses: Courses) -> Steps:
    """Unpublish an assignment."""
    assignment = courses.add(Assignment, "Assignment to unpublish")
    yield
    courses.set(courses.copy_of(assignment), workflow_state="unpublished")
    courses.record(assignment, Truth.CHANGED, "published")


@planted(CHANGES)
def assignment_description_changed(courses: Courses) -> Steps:
    """Change the description of an assignment."""
    assignment = courses.add(Assignment, "Assignment to describe", description="<p>Before</p>")
    yield
    courses.set(courses.copy_of(assignment), description="<p>After</p>")
    courses.record(assignment, Truth.CHANGED, "description")


@planted(CHANGES)
def assignment_submission_types_changed(courses: Courses) -> Steps:
    """Change how an assignment is handed in."""
    assignment = courses.add(Assignment, "Assignment on paper")
    yield
    courses.set(courses.copy_of(assignment), submission_types=("on_paper",))
    courses.record(assignment, Truth.CHANGED, "submission_types")


@planted(CHANGES)
def assignment_grading_type_changed(courses: Courses) -> Steps:
    """Change how an assignment is graded."""
    assignment = courses.add(Assignment, "Assignment to pass or fail")
    yield
    courses.set(courses.copy_of(assignment), grading_type="pass_fail")
    courses.record(assignment, Truth.CHANGED, "grading_type")


@planted(CHANGES)
def assignment_due_later(courses: Courses) -> Steps:
    """Move the due date of an assignment."""
    assignment = courses.add(Assignment, "Assignment due later", due_at=DUE)
    yield
    courses.set(courses.copy_of(assignment), due_at=LATER)
    courses.record(assignment, Truth.CHANGED, "due_at")


@planted(CHANGES)
def assignment_added(courses: Courses) -> Steps:
    """Add an assignment of a name that the source has not."""
    yield
    courses.record(courses.add_to_destination(Assignment, "Assignment of the instructor"), Truth.ADDED)


@planted(CHANGES)
def assignment_duplicated(courses: Courses) -> Steps:
    """Add an assignment of the name that a copy has."""
    assignment = courses.add(Assignment, "Assignment twice")
    yield
    other = courses.add_to_destination(Assignment, "Assignment twice")
    courses.record(assignment, Truth.DUPLICATED, other=other)


@planted(CHANGES)
def quiz_deleted(courses: Courses) -> Steps:
    """Delete a graded quiz, and its assignment with it."""
    quiz = courses.add(Quiz, "Quiz to delete", points_possible=10.0)
    shadow = courses.graded(quiz)
    yield
    for row in (quiz, shadow):
        courses.delete(courses.copy_of(row))
        courses.record(row, Truth.DELETED)


@planted(CHANGES)
def quiz_renamed(courses: Courses) -> Steps:
    """Give a graded quiz another title, which its assignment gets too."""
    quiz = courses.add(Quiz, "Quiz to rename", points_possible=10.0)
    shadow = courses.graded(quiz)
    yield
    for row in (quiz, shadow):
        courses.set(courses.copy_of(row), title="Quiz with another title")
        courses.record(row, Truth.CHANGED, "title")


@planted(CHANGES)
def quiz_turned_into_a_survey(courses: Courses) -> Steps:
    """Turn a practice quiz into a survey."""
    quiz = courses.add(Quiz, "Practice quiz", quiz_type="practice_quiz")
    yield
    courses.set(courses.copy_of(quiz), quiz_type="survey")
    courses.record(quiz, Truth.CHANGED, "quiz_type")


@planted(CHANGES)
def quiz_questions_deleted(courses: Courses) -> Steps:
    """Delete some questions of a quiz."""
    quiz = courses.add(Quiz, "Quiz of many questions", quiz_type="practice_quiz", points_possible=4.0)
    courses.questions(quiz, 4)
    yield
    copy = courses.copy_of(quiz)
    rows = courses.world.live(QuizQuestion, courses.destination_id)
    courses.delete(*[row for row in rows if row.quiz_id == copy.id][:3])
    courses.set(copy, question_count=1)
    courses.record(quiz, Truth.CHANGED, "question_count")


@planted(CHANGES)
def topic_deleted(courses: Courses) -> Steps:
    """Delete a discussion."""
    topic = courses.add(DiscussionTopic, "Discussion to delete")
    yield
    courses.delete(courses.copy_of(topic))
    courses.record(topic, Truth.DELETED)


@planted(CHANGES)
def topic_renamed(courses: Courses) -> Steps:
    """Give a discussion another title."""
    topic = courses.add(DiscussionTopic, "Discussion to rename")
    yield
    courses.set(courses.copy_of(topic), title="Discussion with another title")
    courses.record(topic, Truth.CHANGED, "title")


@planted(CHANGES)
def graded_topic_of_other_points(courses: Courses) -> Steps:
    """Change the points of a graded discussion: they are those of its assignment."""
    topic = courses.add(DiscussionTopic, "Graded discussion")
    shadow = courses.graded(topic)
    yield
    courses.set(courses.copy_of(shadow), points_possible=20.0)
    courses.record(shadow, Truth.CHANGED, "points_possible")
    courses.record(topic, Truth.CHANGED, "points_possible")


@planted(CHANGES)
def topic_added(courses: Courses) -> Steps:
    """Add a discussion of a title that the source has not."""
    yield
    courses.record(courses.add_to_destination(DiscussionTopic, "Discussion of the instructor"), Truth.ADDED)


@planted(CHANGES)
def announcement_deleted(courses: Courses) -> Steps:
    """Delete an announcement."""
    news = courses.add(Announcement, "Announcement to delete")
    yield
    courses.delete(courses.copy_of(news))
    courses.record(news, Truth.DELETED)


@planted(CHANGES)
def announcement_added(courses: Courses) -> Steps:
    """Add an announcement of a title that the source has not."""
    yield
    courses.record(courses.add_to_destination(Announcement, "Announcement of the instructor"), Truth.ADDED)


@planted(CHANGES)
def file_deleted(courses: Courses) -> Steps:
    """Delete a file, and its module item with it."""
    file = courses.add(File, "delete me.txt", size=5, folder_id=courses.folder("week 1"))
    item = courses.item(file, "File")
    yield
    for row in (file, item):
        courses.delete(courses.copy_of(row))
        courses.record(row, Truth.DELETED)


@planted(CHANGES)
def file_renamed(courses: Courses) -> Steps:
    """Give a file another name."""
    file = courses.add(File, "rename me.txt", size=5, folder_id=courses.folder("week 1"))
    yield
    courses.set(courses.copy_of(file), title="renamed.txt")
    courses.record(file, Truth.CHANGED, "title")


@planted(CHANGES)
def file_overwritten(courses: Courses) -> Steps:
    """Upload a file over a copy: the copy is deleted, and the new file has its name and folder."""
    file = courses.add(File, "overwrite me.txt", size=5, folder_id=courses.folder("week 1"))
    yield
    copy = courses.copy_of(file)
    courses.delete(copy)
    other = courses.add_to_destination(File, copy.title, size=9, folder_id=copy.folder_id)
    courses.record(file, Truth.REPLACED, other=other)


@planted(CHANGES)
def file_moved(courses: Courses) -> Steps:
    """Move a file into another folder."""
    file = courses.add(File, "move me.txt", size=5, folder_id=courses.folder("week 1"))
    yield
    courses.set(courses.copy_of(file), folder_id=courses.folder("week 8", courses.destination_id))
    courses.record(file, Truth.CHANGED, "folder_id")


@planted(CHANGES)
def file_of_that_name_elsewhere(courses: Courses) -> Steps:
    """Upload a file of a copy's name into another folder: both are good files."""
    file = courses.add(File, "picture.png", size=5, folder_id=courses.folder("week 1"))
    yield
    folder_id = courses.folder("week 9", courses.destination_id)
    courses.record(file, Truth.MATCHED)
    courses.record(courses.add_to_destination(File, "picture.png", size=7, folder_id=folder_id), Truth.ADDED)


@planted(CHANGES)
def module_deleted(courses: Courses) -> Steps:
    """Delete a module, and its items with it; what they show stays."""
    module = courses.add(Module, "Module to delete")
    page = courses.add(Page, "Page of a module to delete")
    item = courses.item(page, "Page", module)
    yield
    for row in (module, item):
        courses.delete(courses.copy_of(row))
        courses.record(row, Truth.DELETED)
    courses.record(page, Truth.MATCHED)


@planted(CHANGES)
def module_renamed(courses: Courses) -> Steps:
    """Give a module another name."""
    module = courses.add(Module, "Module to rename")
    yield
    courses.set(courses.copy_of(module), title="Module with another name")
    courses.record(module, Truth.CHANGED, "title")


@planted(CHANGES)
def item_of_another_address(courses: Courses) -> Steps:
    """Change the address of a link in a module, and its indent."""
    module = courses.add(Module, "Module of links")
    kept = {"module_id": module.id, "type": "ExternalUrl", "external_url": "https://one.example"}
    item = courses.add(ModuleItem, "Link", **kept)
    yield
    courses.set(courses.copy_of(item), external_url="https://other.example", indent=2)
    courses.record(item, Truth.CHANGED, "external_url", "indent")


@planted(CHANGES)
def item_moved(courses: Courses) -> Steps:
    """Move an item into another module."""
    page = courses.add(Page, "Page of an item to move")
    item = courses.item(page, "Page")
    module = courses.add(Module, "Module to move into")
    yield
    courses.set(courses.copy_of(item), module_id=courses.copy_of(module).id)
    courses.record(item, Truth.CHANGED, "module_id")


@planted(CHANGES)
def item_deleted(courses: Courses) -> Steps:
    """Delete an item; what it shows stays."""
    page = courses.add(Page, "Page of an item to delete")
    item = courses.item(page, "Page")
    yield
    courses.delete(courses.copy_of(item))
    courses.record(item, Truth.DELETED)
    courses.record(page, Truth.MATCHED)
