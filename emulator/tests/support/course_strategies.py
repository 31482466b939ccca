"""Courses as Hypothesis draws them: rows of several kinds with odd names, that link to each other."""

from __future__ import annotations

import mimetypes
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
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
        more = {"folder_id": folder.id, "content_type": mimetypes.guess_type(name)[0] or "application/octet-stream"}
        files.append(add(File, title=name, data=data, size=len(data), lock_at=draw(MOMENTS), **more))
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
