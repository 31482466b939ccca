"""The changes that are made in the source after a copy: additions, and others."""

from __future__ import annotations

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
)
from canvas_emulator.seeds.planted.changes import Courses, PlantedChange, Steps, Truth, planted

ADDITIONS: Final[list[PlantedChange]] = []
"""What is added to the source after the copy: none of it is missing in the destination."""

CHANGES: Final[list[PlantedChange]] = []
"""What else is done to the source after the copy."""


@planted(ADDITIONS)
def page_added_to_the_source(courses: Courses) -> Steps:
    """Add a page to the source."""
    yield
    courses.record(courses.add(Page, "Later page"), Truth.ADDED_SINCE)


@planted(ADDITIONS)
def assignment_added_to_the_source(courses: Courses) -> Steps:
    """Add an assignment to the source."""
    yield
    courses.record(courses.add(Assignment, "Later assignment"), Truth.ADDED_SINCE)


@planted(ADDITIONS)
def topic_added_to_the_source(courses: Courses) -> Steps:
    """Add a discussion to the source."""
    yield
    courses.record(courses.add(DiscussionTopic, "Later discussion"), Truth.ADDED_SINCE)


@planted(ADDITIONS)
def announcement_added_to_the_source(courses: Courses) -> Steps:
    """Add an announcement to the source."""
    yield
    courses.record(courses.add(Announcement, "Later announcement"), Truth.ADDED_SINCE)


@planted(ADDITIONS)
def file_added_to_the_source(courses: Courses) -> Steps:
    """Add a file to the source."""
    yield
    courses.record(courses.add(File, "later.txt", folder_id=courses.folder("week 2")), Truth.ADDED_SINCE)


@planted(ADDITIONS)
def file_replaced_in_the_source(courses: Courses) -> Steps:
    """Upload a file over one of the source: the old row is deleted, the new one was not copied."""
    file = courses.add(File, "big.bin", size=5, folder_id=courses.folder("week 2"))
    yield
    courses.delete(file)
    other = courses.add(File, file.title, size=9, folder_id=file.folder_id)
    courses.record(file, Truth.SOURCE_DELETED)
    courses.record(other, Truth.ADDED_SINCE)


@planted(ADDITIONS)
def item_added_to_the_source(courses: Courses) -> Steps:
    """Add a header to a module of the source."""
    module = courses.add(Module, "Module to fill later")
    yield
    courses.record(courses.add(ModuleItem, "Later", module_id=module.id, type="SubHeader"), Truth.ADDED_SINCE)


@planted(CHANGES)
def page_deleted_in_the_source(courses: Courses) -> Steps:
    """Delete a page of the source."""
    page = courses.add(Page, "Old page")
    yield
    courses.delete(page)
    courses.record(page, Truth.SOURCE_DELETED)


@planted(CHANGES)
def page_deleted_in_both(courses: Courses) -> Steps:
    """Delete a page of the source, and its copy."""
    page = courses.add(Page, "Very old page")
    yield
    courses.delete(page, courses.copy_of(page))
    courses.record(page, Truth.DELETED_IN_BOTH)


@planted(CHANGES)
def page_renamed_in_the_source(courses: Courses) -> Steps:
    """Give a page of the source another title."""
    page = courses.add(Page, "Page of the first title")
    yield
    courses.set(page, title="Page of the second title")
    courses.record(page, Truth.CHANGED, "title")


@planted(CHANGES)
def quiz_turned_into_practice(courses: Courses) -> Steps:
    """Turn a graded quiz of the source into a practice quiz: its assignment is deleted, and must stay in the copy."""
    quiz = courses.add(Quiz, "Graded quiz, then practice", points_possible=10.0)
    shadow = courses.graded(quiz)
    yield
    courses.set(quiz, quiz_type="practice_quiz", assignment_id=None)
    courses.delete(shadow)
    courses.record(quiz, Truth.CHANGED, "quiz_type")
    courses.record(shadow, Truth.SOURCE_DELETED)


@planted(CHANGES)
def unpublished_quiz_untouched(courses: Courses) -> Steps:
    """Do nothing to a quiz with questions that is not published: its copy has points already."""
    quiz = courses.add(Quiz, "Unpublished quiz", workflow_state="unpublished")
    courses.questions(quiz, 2)
    shadow = courses.graded(quiz)
    courses.set(shadow, points_possible=None, workflow_state="unpublished")
    yield
    courses.record(quiz, Truth.MATCHED)
    courses.record(shadow, Truth.MATCHED)
