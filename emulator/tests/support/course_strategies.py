"""Courses as Hypothesis draws them: rows of several kinds with odd names, that link to each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

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
    Quiz,
    QuizQuestion,
    Rubric,
)
from canvas_emulator.model.content_base import EPOCH
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE, small_world

NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), min_size=1, max_size=12).filter(
    str.strip
)
FOLDER_NAMES = NAMES.filter(lambda name: name.isprintable() and not set(name) & set("/\\:") and name.strip(". "))
"""Names that are safe in paths: a package has the names of folders nowhere else."""

HTML = st.lists(
    st.sampled_from(["<p>", "&amp;", "</p>", "é", "</body>", "<body>", "\n", "$5", "%20", "LINK"]), max_size=8
)
MOMENTS = st.none() | st.integers(-(10**9), 10**11).map(lambda second: EPOCH + timedelta(seconds=second))
"""Times of whole seconds, as Canvas has them."""

POINTS = st.none() | st.floats(0, 1000, allow_nan=False)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world whose source course has some rows of several kinds, with odd names, that link to each other."""
    world = small_world()

    def add(kind: Any, **values: Any) -> Any:
        return world.add(kind(course_id=SOURCE, **values))

    def html() -> str:
        parts = draw(HTML)
        links = [f'<a href="{row.path}/download?wrap=1">f</a>' for row in files] or [""]
        return "".join(draw(st.sampled_from(links)) if part == "LINK" else part for part in parts)

    folders = [add(Folder, title="course files")]
    for name in draw(st.lists(FOLDER_NAMES, max_size=2, unique=True)):
        folders.append(add(Folder, title=name, full_name=f"{folders[-1].full_name}/{name}"))
    files: list[File] = []
    for name in draw(st.lists(NAMES, max_size=4, unique=True)):
        data, folder = draw(st.binary(max_size=50)), draw(st.sampled_from(folders))
        files.append(add(File, title=name, data=data, size=len(data), folder_id=folder.id, lock_at=draw(MOMENTS)))
    group = add(AssignmentGroup, title=draw(NAMES), group_weight=draw(st.floats(0, 100)))
    pages = [add(Page, title=name, body=html(), todo_date=draw(MOMENTS)) for name in draw(st.lists(NAMES, max_size=3))]
    for name in draw(st.lists(NAMES, max_size=2)):
        more = {"points_possible": draw(POINTS), "due_at": draw(MOMENTS), "description": html()}
        add(Assignment, title=name, assignment_group_id=group.id, **more)
        add(Announcement, title=name, message=html(), posted_at=draw(MOMENTS))
    quiz = add(Quiz, title=draw(NAMES), description=html(), quiz_type="practice_quiz")
    questions = draw(st.lists(st.lists(NAMES.map(str.strip), min_size=1, unique=True), max_size=2))
    quiz.question_count = len(questions)
    quiz.points_possible = float(len(questions))
    for position, choices in enumerate(questions, start=1):
        correct = draw(st.sampled_from(choices))
        add(
            QuizQuestion,
            title=f"Q{position}",
            quiz_id=quiz.id,
            position=position,
            choices=tuple(choices),
            correct=correct,
            question_text=html().strip(),
        )
    module = add(Module, title=draw(NAMES))
    for position, page in enumerate(pages, start=1):
        add(ModuleItem, title=page.title, module_id=module.id, type="Page", content_id=page.id, position=position)
    return world


@st.composite
def full_worlds(draw: st.DrawFn) -> World:
    """A world whose source course has rows of every kind, with odd names and options."""
    world = draw(worlds())

    def add(kind: Any, **values: Any) -> Any:
        return world.add(kind(course_id=SOURCE, title=draw(NAMES).strip(), **values))

    flags, scores = st.booleans(), st.floats(0, 1000, allow_nan=False)
    texts = HTML.map(lambda parts: "".join(part for part in parts if part != "LINK").strip())
    group = world.live(AssignmentGroup, SOURCE)[0]
    above = add(LearningOutcomeGroup, description=draw(texts))
    for parent_id in (above.id, add(LearningOutcomeGroup, parent_outcome_group_id=above.id).id):
        points = {"points_possible": draw(scores), "mastery_points": draw(scores)}
        add(LearningOutcome, description=draw(texts), outcome_group_id=parent_id, **points)
    criteria = tuple(f"{draw(NAMES).strip()}: {points}" for points in draw(st.lists(st.integers(0, 99), max_size=3)))
    rubric = add(Rubric, criteria=criteria, points_possible=draw(scores))
    tool = add(
        ExternalTool,
        url="https://tool.example/?a=1&b=2",
        description=draw(texts),
        privacy_level="public",
        workflow_state="public",
    )
    start = draw(MOMENTS)
    add(CalendarEvent, description=draw(texts), start_at=start, end_at=start and start + timedelta(hours=1))
    graded = {"assignment_group_id": group.id, "points_possible": draw(scores), "due_at": draw(MOMENTS)}
    reviews = {"peer_reviews": draw(flags), "omit_from_final_grade": draw(flags), "post_manually": draw(flags)}
    essay = add(Assignment, rubric_id=rubric.id, allowed_extensions=("pdf",), **graded, **reviews)
    limits = {
        "time_limit": draw(st.none() | st.integers(1, 999)),
        "allowed_attempts": draw(st.sampled_from([-1, 1, 9])),
    }
    options = {"shuffle_answers": draw(flags), "access_code": draw(st.none() | st.just("open & shut"))}
    quiz = add(Quiz, description=draw(texts), **graded, **limits, **options)
    shell = Assignment(course_id=SOURCE, title=quiz.title, quiz_id=quiz.id, submission_types=("online_quiz",), **graded)
    quiz.assignment_id = world.add(shell).id
    ratings = {"allow_rating": draw(flags), "pinned": draw(flags), "locked": draw(flags)}
    topic = add(DiscussionTopic, message=draw(texts), todo_date=draw(MOMENTS), lock_at=draw(MOMENTS), **ratings)
    shell = Assignment(course_id=SOURCE, title=topic.title, discussion_topic_id=topic.id, **graded)
    shell.submission_types = ("discussion_topic",)
    topic.assignment_id = world.add(shell).id
    module = add(Module, position=2, unlock_at=draw(MOMENTS), require_sequential_progress=draw(flags))
    add(Module, position=3, prerequisite_module_ids=(module.id,))
    shown = {"Assignment": essay, "Quiz": quiz, "Discussion": topic}
    for position, (kind, row) in enumerate(shown.items(), start=1):
        placed = {"module_id": module.id, "position": position, "indent": draw(st.integers(0, 5))}
        requirement = draw(st.none() | st.sampled_from(["must_view", "must_submit"]))
        item = ModuleItem(course_id=SOURCE, title=row.title, type=kind, content_id=row.id, **placed)
        item.completion_requirement = requirement
        world.add(item)
    links = {"external_url": tool.url, "new_tab": draw(flags)}
    add(ModuleItem, module_id=module.id, type="ExternalTool", content_id=tool.id, position=4, **links)
    add(ModuleItem, module_id=module.id, type="ExternalUrl", external_url="https://a.example/?x=1&y=2", position=5)
    add(ModuleItem, module_id=module.id, type="SubHeader", position=6)
    return world
