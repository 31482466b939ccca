"""What comes along with a selection, and is deleted in the destination afterwards."""

from __future__ import annotations

from typing import Final

from canvas_emulator.model.content import DiscussionTopic, File, Module, Page, Quiz
from canvas_emulator.seeds.planted.changes import Courses, PlantedChange, Steps, Truth, planted

CHANGES: Final[list[PlantedChange]] = []
"""The changes, for a copy that selects ``Courses.selection``."""


@planted(CHANGES)
def contents_of_a_selected_module_deleted(courses: Courses) -> Steps:
    """Select a module, then delete some of what it shows in the destination: it was copied, although not named."""
    module = courses.add(Module, "Selected module")
    page = courses.add(Page, "Page of the selected module")
    topic = courses.add(DiscussionTopic, "Discussion of the selected module")
    quiz = courses.add(Quiz, "Quiz of the selected module", points_possible=10.0)
    shadow = courses.graded(quiz)
    shown = ((page, "Page"), (topic, "Discussion"), (quiz, "Quiz"))
    items = [courses.item(row, item_type, module) for row, item_type in shown]
    courses.selection.setdefault("modules", []).append(module.id)
    yield
    for row in (page, quiz, shadow):
        courses.delete(courses.copy_of(row))
        courses.record(row, Truth.DELETED)
    for kept in (module, topic, *items):
        courses.record(kept, Truth.MATCHED)


@planted(CHANGES)
def file_of_a_selected_page_deleted(courses: Courses) -> Steps:
    """Select a page, then delete a file that it shows in the destination: it was copied, although not named."""
    folder_id = courses.folder("week 5")
    kept, gone = (courses.add(File, f"{name}.png", size=5, folder_id=folder_id) for name in ("kept", "gone"))
    body = "".join(f'<img src="{file.path}/preview">' for file in (kept, gone))
    page = courses.add(Page, "Selected page", body=body)
    courses.selection.setdefault("pages", []).append(page.id)
    yield
    courses.delete(courses.copy_of(gone))
    courses.record(gone, Truth.DELETED)
    for row in (page, kept):
        courses.record(row, Truth.MATCHED)


@planted(CHANGES)
def page_that_was_not_selected(courses: Courses) -> Steps:
    """Select other things than a page."""
    page = courses.add(Page, "Page that stays")
    yield
    courses.record(page, Truth.NOT_SELECTED)
