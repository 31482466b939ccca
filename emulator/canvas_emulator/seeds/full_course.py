"""A course with a row of every kind, all of them connected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
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
    Rubric,
)
from canvas_emulator.model.world import World

DUE = datetime(2026, 1, 16, 22, 0, tzinfo=UTC)
"""A Friday."""


def fill(world: World, course_id: int) -> dict[str, Any]:
    """Fill a course, and name some of its rows."""

    def add(kind: Any, title: str, **values: Any) -> Any:
        return world.add(kind(course_id=course_id, title=title, **values))

    here = f"/courses/{course_id}"
    world.tables.courses[course_id].syllabus_body = f'<p><a href="{here}/pages/intro-more">Intro</a> &amp; "all"</p>'
    root = add(Folder, "course files")
    folder = add(Folder, "docs & co", full_name="course files/docs & co")
    file = add(File, "a b.pdf", data=b"%PDF real bytes", size=15, content_type="application/pdf", folder_id=folder.id)
    image = add(File, "i.png", size=70_000, content_type="image/png", lock_at=DUE, folder_id=root.id)
    top = add(LearningOutcomeGroup, "Skills", description="<p>All</p>")
    group = add(LearningOutcomeGroup, "Writing", parent_outcome_group_id=top.id)
    add(LearningOutcome, "Argues", description="<p>Well</p>", mastery_points=4.0, outcome_group_id=group.id)
    rubric = add(Rubric, "Essays", points_possible=10.0, criteria=("Form: 4", "Thought: 6"))
    work = add(AssignmentGroup, "Work", group_weight=60.0)
    exams = add(AssignmentGroup, "Exams", group_weight=40.0, position=2)
    tool = add(ExternalTool, "Library", url="https://library.example/lti", description="Books <here>")
    bank = add(QuestionBank, "Bank")
    intro = add(Page, "Intro & more", front_page=True, todo_date=DUE, body="")
    essay = add(
        Assignment,
        "Essay",
        points_possible=5.5,
        due_at=DUE,
        assignment_group_id=work.id,
        rubric_id=rubric.id,
        submission_types=("online_upload", "online_text_entry"),
        workflow_state="unpublished",
    )
    new_quiz = add(
        Assignment,
        "New Quiz",
        submission_types=("external_tool",),
        external_tool_url="https://quiz-lti.example/lti/launch",
        assignment_group_id=exams.id,
    )
    limits = {"due_at": DUE, "time_limit": 30}
    quiz = add(Quiz, "Quiz", points_possible=3.0, question_count=2, assignment_group_id=exams.id, **limits)
    shell = add(
        Assignment,
        "Quiz",
        quiz_id=quiz.id,
        points_possible=quiz.points_possible,
        due_at=DUE,
        assignment_group_id=exams.id,
        submission_types=("online_quiz",),
    )
    quiz.assignment_id = shell.id
    picture = f'<img src="{here}/files/{image.id}/preview" alt="">'
    for position, choices in enumerate((("yes", "no"), ("1", "2", "3")), start=1):
        text = f"<p>{position}? {picture}</p>"
        kept = {"question_text": text, "position": position, "choices": choices, "correct": choices[1]}
        add(QuizQuestion, f"Q{position}", quiz_id=quiz.id, **kept)
    add(QuizQuestion, "In the bank", question_bank_id=bank.id, question_text="Why?", choices=("a", "b"), correct="a")
    topic = add(DiscussionTopic, "Debate", message="<p>Go</p>", pinned=True, lock_at=DUE)
    graded = add(
        Assignment,
        "Debate",
        discussion_topic_id=topic.id,
        description=topic.message,
        assignment_group_id=work.id,
        submission_types=("discussion_topic",),
    )
    topic.assignment_id = graded.id
    add(Announcement, "News", message=f'<a href="{here}/discussion_topics/{topic.id}">Debate</a>', posted_at=DUE)
    when = {"start_at": DUE, "end_at": DUE + timedelta(hours=1)}
    add(CalendarEvent, "Field trip", location_name="Woods", description=picture, **when)
    first = add(Module, "One", unlock_at=DUE, require_sequential_progress=True)
    second = add(Module, "Two", position=2, prerequisite_module_ids=(first.id,))
    shown: tuple[tuple[str, str, int | None, dict[str, Any]], ...] = (
        ("SubHeader", "Begin", None, {}),
        ("Page", "Intro & more", intro.id, {"indent": 1}),
        ("Assignment", "Essay", essay.id, {"workflow_state": "unpublished"}),
        ("Quiz", "Quiz", quiz.id, {}),
        ("Discussion", "Debate", topic.id, {}),
        ("File", "a b.pdf", file.id, {}),
        ("ExternalTool", "Library", tool.id, {"external_url": tool.url, "new_tab": True}),
        ("ExternalUrl", "Elsewhere", None, {"external_url": "https://elsewhere.example/?a=1&b=2"}),
    )
    for position, (kind, title, content_id, more) in enumerate(shown, start=1):
        module = first if position < 8 else second
        add(ModuleItem, title, module_id=module.id, type=kind, content_id=content_id, position=position, **more)
    intro.body = (
        f'<p>{picture}<a href="{here}/files/{file.id}/download?wrap=1">a</a>'
        f'<a href="{here}/assignments/{essay.id}">e</a><a href="{here}/quizzes/{quiz.id}">q</a>'
        f'<a href="/files/{file.id}/download">bare</a>'
        f'<a href="{here}/modules/{second.id}">two</a> <a href="{here}/grades">grades</a> <a href="{here}/users">u</a>'
        "</p>"
    )
    essay.description = f'<p>See <a href="{here}/pages/{intro.url}">Intro</a>. Price: $5 &lt; $6</p>'
    return {"file": file, "image": image, "intro": intro, "essay": essay, "quiz": quiz, "new_quiz": new_quiz}
