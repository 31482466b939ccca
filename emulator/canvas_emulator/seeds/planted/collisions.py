"""Rows of the destination that were there before the copy, and have the name of one that arrives."""

from __future__ import annotations

from typing import Final

from canvas_emulator.model.content import Assignment, File, Page
from canvas_emulator.seeds.planted.changes import Courses, PlantedChange, Steps, Truth, planted

CHANGES: Final[list[PlantedChange]] = []


@planted(CHANGES)
def page_of_that_title_before(courses: Courses) -> Steps:
    """Have a page of the title that arrives: the copy becomes ``Home-2``, and so does its module item."""
    page = courses.add(Page, "Home")
    item = courses.item(page, "Page")
    other = courses.add_to_destination(Page, "Home")
    yield
    courses.record(page, Truth.RENAMED, "title", other=other)
    courses.record(item, Truth.RENAMED, "title")


@planted(CHANGES)
def page_of_that_number_before(courses: Courses) -> Steps:
    """Have a page whose title is a number: the copy becomes ``12345-2``."""
    page = courses.add(Page, "12345")
    other = courses.add_to_destination(Page, "12345")
    yield
    courses.record(page, Truth.RENAMED, "title", other=other)


@planted(CHANGES)
def file_of_that_name_before(courses: Courses) -> Steps:
    """Have a file of that name in that folder: the copy becomes ``syllabus-1.txt``."""
    file = courses.add(File, "syllabus.txt", size=5, folder_id=courses.folder("week 3"))
    folder_id = courses.folder("week 3", courses.destination_id)
    other = courses.add_to_destination(File, "syllabus.txt", size=7, folder_id=folder_id)
    yield
    courses.record(file, Truth.RENAMED, "title", other=other)


@planted(CHANGES)
def file_of_that_name_before_elsewhere(courses: Courses) -> Steps:
    """Have a file of that name in another folder: both keep it, and neither is a duplicate."""
    file = courses.add(File, "same name.txt", size=5, folder_id=courses.folder("week 3"))
    folder_id = courses.folder("week 4", courses.destination_id)
    other = courses.add_to_destination(File, "same name.txt", size=7, folder_id=folder_id)
    yield
    courses.record(file, Truth.MATCHED)
    courses.record(other, Truth.ADDED)


@planted(CHANGES)
def assignment_of_that_name_before(courses: Courses) -> Steps:
    """Have an assignment of that name: both keep it."""
    assignment = courses.add(Assignment, "Essay")
    other = courses.add_to_destination(Assignment, "Essay")
    yield
    courses.record(assignment, Truth.DUPLICATED, other=other)
