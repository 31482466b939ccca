"""A course whose export has every element that the emulator writes: content of every kind, with every option set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    DiscussionTopic,
    ExternalTool,
    File,
    Folder,
    LearningOutcome,
    LearningOutcomeGroup,
    Module,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
    QuizQuestion,
    UsageRights,
)
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import SOURCE, small_world

MOMENT = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
DATES = {"unlock_at": MOMENT - timedelta(days=9), "lock_at": MOMENT + timedelta(days=9)}


def world_with_every_option() -> World:
    """Return a world whose source course has content of every kind, and every option set somewhere."""
    world = small_world()
    fill(world, SOURCE)

    def add(kind: Any, title: str, **values: Any) -> Any:
        return world.add(kind(course_id=SOURCE, title=title, **values))

    def first(kind: Any) -> Any:
        return world.live(kind, SOURCE)[0]

    course = world.tables.courses[SOURCE]
    course.start_at, course.end_at = MOMENT, MOMENT + timedelta(days=90)
    course.settings.image_id = first(File).id
    course.settings.home_page_announcement_limit = 3
    course.license, course.is_public = "cc_by", False
    folder = add(Folder, "Locked", full_name="course files/Locked", locked=True)
    behind = add(Folder, "Hidden", full_name="course files/Hidden", workflow_state="hidden")
    add(File, "behind.txt", data=b"1", size=1, folder_id=behind.id)
    hidden = {"workflow_state": "hidden", "usage_rights": UsageRights(license="cc_by", legal_copyright="A. Teacher")}
    add(File, "locked.txt", data=b"1", size=1, folder_id=folder.id, workflow_state="locked")
    add(File, "hidden.txt", data=b"1", size=1, folder_id=folder.id, **hidden, **DATES)
    group = first(LearningOutcomeGroup)
    add(LearningOutcome, "At the top", description="<p>Here</p>")
    add(LearningOutcome, "In the first group", outcome_group_id=group.id)
    add(Page, "Later", publish_at=MOMENT, editing_roles="teachers,students")
    tool = first(ExternalTool)
    add(ExternalTool, "By domain", domain="domain.example", url="")
    essay = next(row for row in world.live(Assignment, SOURCE) if row.title == "Essay")
    essay.allowed_attempts, essay.allowed_extensions = 2, ("pdf", "docx")
    essay.annotatable_attachment_id = first(File).id
    for row in world.live(Assignment, SOURCE):
        row.points_possible, row.due_at = 3.0, MOMENT
    group_id = essay.assignment_group_id
    launch = {"external_tool_url": tool.url, "external_tool_id": tool.id, "external_tool_new_tab": True}
    add(Assignment, "Tool", submission_types=("external_tool",), assignment_group_id=group_id, **launch)
    shown = {"show_correct_answers_at": MOMENT, "hide_correct_answers_at": MOMENT + timedelta(days=1)}
    limits = {"access_code": "sesame", "ip_filter": "10.0.0.0/8", "time_limit": 30, "due_at": MOMENT}
    quiz = add(Quiz, "Limited", hide_results="always", **limits, **shown, **DATES)
    shell = {"quiz_id": quiz.id, "points_possible": 3.0, "due_at": MOMENT, "submission_types": ("online_quiz",)}
    quiz.assignment_id = add(Assignment, "Limited", assignment_group_id=group_id, **shell).id
    banks = {"quiz_id": quiz.id, "question_bank_id": first(QuestionBank).id}
    for position, (kind, choices, correct) in enumerate(QUESTIONS, start=1):
        more = {"position": position, "question_text": f"<p>{kind}</p>", "choices": choices, "correct": correct}
        add(QuizQuestion, kind, question_type=f"{kind}_question", **banks, **more)
    topic = {"attachment_id": first(File).id, "require_initial_post": True, "locked": True, "position": 1}
    graded = add(DiscussionTopic, "All options", pinned=True, delayed_post_at=MOMENT, todo_date=MOMENT, **topic)
    graded.lock_at = MOMENT
    points = {"points_possible": 3.0, "due_at": MOMENT, "assignment_group_id": group_id}
    shell = add(Assignment, "All options", discussion_topic_id=graded.id, **points)
    graded.assignment_id = shell.id
    add(Announcement, "Later", delayed_post_at=MOMENT, workflow_state="post_delayed")
    midnight = MOMENT.astimezone(ZoneInfo(course.time_zone)).replace(hour=0)
    add(CalendarEvent, "All day", start_at=midnight, end_at=midnight)
    module = first(Module)
    for number, requirement in enumerate(("must_view", "min_score"), start=20):
        score = 5.0 if requirement == "min_score" else None
        item = {"module_id": module.id, "type": "Quiz", "content_id": quiz.id, "position": number}
        add(ModuleItem, requirement, completion_requirement=requirement, min_score=score, **item)
    return world


QUESTIONS = (
    ("multiple_choice", ("One", "Two"), "One"),
    ("true_false", ("True", "False"), "False"),
    ("multiple_answers", ("A", "B"), "A"),
    ("short_answer", ("mitosis", "Mitosis!"), "mitosis"),
    ("numerical", ("3.14",), "3.14"),
    ("essay", (), ""),
    ("file_upload", (), ""),
    ("text_only", (), ""),
)
"""A question of each type that the emulator knows more of than its name: type, choices, and the right one."""
