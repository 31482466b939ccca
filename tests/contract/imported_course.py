"""What the import of a package made of a course: in the emulator, and in the real Canvas that was recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from canvas_emulator.effects.packages.importing import import_package, read_upload, unzip
from canvas_emulator.effects.packages.package import PackageError, Upload
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
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, small_world

Made = Mapping[str, Counter[Any]]
"""The facts of what was made, by kind. Facts of questions and items come with the name of what they are in."""


def imported(data: bytes, name: str, migration_type: str) -> World:
    """Return a world whose empty course got a package, or the issue of a package that cannot be read."""
    world = small_world()
    now = world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=DESTINATION,
        user_id=1,
        migration_type=migration_type,
        migration_settings={"copy_options": {"everything": "1"}},
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    package = read_upload(Upload(data, name, migration_type, migration.id))
    (unzip if migration_type == "zip_file_importer" else import_package)(world, migration, package, now)
    return world


def refusal(data: bytes, name: str, migration_type: str) -> PackageError | None:
    """Return the error that reading a package raises."""
    try:
        read_upload(Upload(data, name, migration_type, 1))
    except PackageError as error:
        return error
    return None


def made(world: World) -> Made:
    """Return what an import made in the emulator."""

    def live(kind: type[Any]) -> list[Any]:
        return world.live(kind, DESTINATION)

    folders = {folder.id: folder.full_name for folder in live(Folder)}
    quizzes = {quiz.id: quiz.title for quiz in live(Quiz)}
    modules = {module.id: module.title for module in live(Module)}
    items = sorted(live(ModuleItem), key=lambda item: item.position)
    return {
        "pages": Counter((row.title, row.published, row.front_page, row.url) for row in live(Page)),
        "assignments": Counter(
            (
                row.title,
                row.published,
                row.points_possible,
                row.grading_type,
                tuple(row.submission_types),
                _text(row.due_at),
            )
            for row in live(Assignment)
        ),
        "assignment groups": Counter((row.title, row.group_weight) for row in live(AssignmentGroup))
        or Counter([("Assignments", 0.0)]),
        "quizzes": Counter(
            (
                row.title,
                row.quiz_type,
                row.published,
                row.points_possible,
                row.question_count,
                row.time_limit,
                row.allowed_attempts,
            )
            for row in live(Quiz)
        ),
        "questions": Counter(
            (quizzes[row.quiz_id], row.title, row.question_type, row.points_possible, len(row.choices))
            for row in live(QuizQuestion)
            if row.quiz_id
        ),
        "discussions": Counter((row.title, row.published) for row in live(DiscussionTopic)),
        "announcements": Counter(row.title for row in live(Announcement)),
        "modules": Counter((row.title, row.published) for row in live(Module)),
        "items": Counter((modules[row.module_id], row.type, row.title, row.indent, row.published) for row in items),
        "folders": Counter([*dict.fromkeys(["course files", *folders.values()])]),
        "files": Counter(
            (f"{folders[row.folder_id]}/{row.title}", row.size, row.content_type, row.hidden, row.locked)
            for row in live(File)
        ),
        "tools": Counter((row.title, row.url or None, row.domain, row.privacy_level) for row in live(ExternalTool)),
        "rubrics": Counter((row.title, row.points_possible) for row in live(Rubric)),
        "outcome groups": Counter(row.title for row in live(LearningOutcomeGroup) if not row.is_root),
        "outcomes": Counter(row.title for row in live(LearningOutcome)),
        "events": Counter((row.title, _text(row.start_at)) for row in live(CalendarEvent)),
        "banks": Counter(row.title for row in live(QuestionBank)),
    }


def recorded(facts: Mapping[str, Any]) -> Made:
    """Return what the recorded import made in a real Canvas."""
    quizzes, modules = facts["quizzes"], facts["modules"]

    def values(kind: str, *names: str) -> Counter[Any]:
        return Counter(tuple(row[name] for name in names) for row in facts[kind])

    def titles(kind: str) -> Counter[Any]:
        return Counter(row["title"] for row in facts[kind])

    return {
        "pages": values("pages", "title", "published", "front_page", "url"),
        "assignments": Counter(
            (
                row["name"],
                row["published"],
                row["points_possible"],
                row["grading_type"],
                tuple(row["submission_types"]),
                row["due_at"],
            )
            for row in facts["assignments"]
        ),
        "assignment groups": values("assignment_groups", "name", "group_weight"),
        "quizzes": values(
            "quizzes",
            "title",
            "quiz_type",
            "published",
            "points_possible",
            "question_count",
            "time_limit",
            "allowed_attempts",
        ),
        "questions": Counter(
            (quiz["title"], row["name"], row["type"], row["points"], row["n_answers"])
            for quiz in quizzes
            for row in quiz["questions"]
        ),
        "discussions": values("discussions", "title", "published"),
        "announcements": titles("announcements"),
        "modules": values("modules", "name", "published"),
        "items": Counter(
            (module["name"], row["type"], row["title"], row["indent"], row["published"])
            for module in modules
            for row in module["items"]
        ),
        "folders": Counter(facts["folders"]),
        "files": values("files", "path", "size", "type", "hidden", "locked"),
        "tools": values("external_tools", "name", "url", "domain", "privacy_level"),
        "rubrics": values("rubrics", "title", "points_possible"),
        "outcome groups": Counter(
            row["title"] for row in facts["outcome_groups"] if not row["title"].startswith(OWN_ROOT)
        ),
        "outcomes": titles("outcomes"),
        "events": values("events", "title", "start_at"),
        "banks": titles("assessment_question_banks"),
    }


OWN_ROOT = "pk "
"""How the names of the recorded courses begin, which their root outcome groups have too."""


def _text(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
