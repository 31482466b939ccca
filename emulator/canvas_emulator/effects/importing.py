"""Importing content into a course, row by row, from another course or from a package.

An imported row carries the key of what it was made of (``migration_id``). A later import finds it by that key and
overwrites it, so nothing is doubled, and a row that has not changed keeps its ``updated_at``. A row that was deleted or
renamed in the destination is restored, but nothing that is published there becomes unpublished.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cache
from typing import Any

from canvas_emulator.effects.course_options import VISIBILITY, copied_tabs
from canvas_emulator.effects.dates import DateShift
from canvas_emulator.effects.file_names import free_name
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.effects.module_insertion import ModuleInsertion
from canvas_emulator.effects.selection import ShownFiles, chosen_rows, no_files, selects
from canvas_emulator.machines import assignment
from canvas_emulator.machines.assignment import AssignmentState
from canvas_emulator.machines.plans import Stage, check_move, lasting
from canvas_emulator.model.content import (
    CONTENT_KINDS,
    DELETED,
    Assignment,
    AssignmentGroup,
    Content,
    ExternalTool,
    File,
    Folder,
    LearningOutcomeGroup,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.contexts import of_course
from canvas_emulator.model.course import Course
from canvas_emulator.model.faults import Defect
from canvas_emulator.model.parsing import parse_bool, parse_int, parse_list
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.signed_urls import verifier
from canvas_emulator.model.world import World

FILE_KINDS: tuple[type[Content], ...] = (Folder, File)
OTHER_KINDS = tuple(kind for kind in CONTENT_KINDS if kind not in FILE_KINDS)

SYNC = "master_course_import"
"""The type of migrations from a blueprint. They leave alone what was deleted in the course that follows it."""

UNPUBLISHED = "unpublished"

SHORT_TITLE = 48
"""How many characters a shortened title keeps."""

IMPORTED_ASSIGNMENTS = "Imported Assignments"
"""The group of assignments whose own group did not come along."""

Find = Callable[[str], Content | None]
"""From a migration id to the row in the destination."""
Rewrite = Callable[[str, Find], tuple[str, list[str]]]
"""Rewrites the links of a piece of HTML; returns it, and the links whose target did not arrive."""


@dataclass(frozen=True)
class Origin:
    """Where rows come from.

    :param course: The course, or what a package says of it: settings, syllabus, first and last day.
    :param rows: All that there is, by kind and id. References between rows are these ids.
    :param key: The migration id of a row, which need not be there any more, by kind and id.
    :param rewrite: Turns links of the origin into links of the destination.
    :param has_settings: Whether it says anything of the course's own settings.
    :param shown: The files that a piece of HTML shows, which come along with it.
    :param settings: The options of the course that it says, by the names of ``CourseSettings``.
    :param joins_groups: Whether its assignment groups join those of the course that have their names.
    """

    course: Course
    rows: Mapping[type[Content], Mapping[int, Content]]
    key: Callable[[type[Content], int], str | None]
    rewrite: Rewrite
    has_settings: bool = True
    shown: ShownFiles = no_files
    settings: Mapping[str, Any] = field(default_factory=dict)
    joins_groups: bool = False


@cache
def _copied_names(kind: type[Content]) -> tuple[str, ...]:
    """Return the fields that an imported row takes over."""
    return tuple(field.name for field in fields(kind) if field.name not in kind.OWN)


@cache
def _own_defaults(kind: type[Content]) -> dict[str, Any]:
    """Return the fields that an imported row does not take over, but its course, with their defaults."""
    return {field.name: field.default for field in fields(kind) if field.name in kind.OWN - {"course_id"}}


class ContentImport:
    """What one migration imports, at one moment.

    :param world: The world of the migration.
    :param migration: The migration, whose settings say what to import and how.
    :param origin: Where from.
    :param at: The time that new and changed rows get.
    """

    def __init__(self, world: World, migration: ContentMigration, origin: Origin, at: datetime) -> None:
        self._world, self._migration, self._origin, self._at = world, migration, origin, at
        self._course = world.tables.courses[migration.course_id]
        settings = migration.migration_settings
        self._options: dict[str, Any] = settings.get("copy_options", {})
        self._skips = parse_list(settings.get("importer_skips"))
        self._shift = DateShift.of(settings.get("date_shift_options", {}), origin.course, self._course)
        self._is_sync = migration.migration_type == SYNC
        self._insertion = ModuleInsertion(world, migration)
        self._arrived: dict[str, Content] = {
            row.migration_id: row
            for kind in CONTENT_KINDS
            for row in world.rows(kind, self._course.id)
            if row.migration_id
        }

    def copy_of(self, kind: type[Content], row_id: int) -> Content | None:
        """Return what a row of the origin became in the course, now or in an earlier import."""
        return self._copy_of(kind, row_id)

    def recognise(self, key: str, row: Content) -> None:
        """Map a migration id of the origin to an existing row of the course."""
        self._arrived[key] = row

    def take(self, kinds: Collection[type[Content]]) -> None:
        """Import the selected rows of some kinds.

        All rows are created before they are filled, since they refer to each other.
        """
        rows = chosen_rows(
            self._origin.rows,
            lambda row: self._key(type(row), row.id) or "",
            self._options,
            self._origin.shown,
            self._origin.course.syllabus_body or "",
        )
        kinds = self._insertion.importable(kinds)
        placed = [(row, place) for row in rows if type(row) in kinds and (place := self._place(row)) is not None]
        for row, place in placed:
            self._fill(row, place)
        self._insertion.insert([place for _, place in placed])

    def take_course(self) -> None:
        """Import the settings and the syllabus of the course, but not its name and code."""
        source, changes = self._origin.course, dict[str, Any]()
        takes_settings = self._origin.has_settings and selects(self._options, "course_settings")
        if takes_settings and "all_course_settings" not in self._skips:
            changes |= {"default_view": source.default_view, "license": source.license}
            skips_visibility = "visibility_settings" in self._skips
            if not skips_visibility:
                changes["is_public"] = source.is_public
            if source.hidden_tabs:
                changes["hidden_tabs"] = copied_tabs(
                    source.hidden_tabs, lambda row_id: self._copy_of(ExternalTool, row_id)
                )
            for name, value in self._origin.settings.items():
                if not (skips_visibility and name in VISIBILITY):
                    setattr(self._course.settings, name, value)
        if selects(self._options, "syllabus_body") and source.syllabus_body:
            changes["syllabus_body"], missing = self._origin.rewrite(source.syllabus_body, self._arrived.get)
            self._report_missing(missing, "Syllabus syllabus", f"/courses/{self._course.id}/assignments/syllabus")
        if self._shift is not None and parse_bool(self._options.get("everything")):
            start_at, end_at = self._shift.midnights()
            changes |= {"start_at": self._course.start_at or start_at, "end_at": self._course.end_at or end_at}
        for name, value in changes.items():
            if value is not None:
                setattr(self._course, name, value)

    def _place(self, row: Content) -> Content | None:
        """Find or create the row to import into; return None if the row is not imported."""
        if self._defect(row) is Defect.NOT_COPIED:
            self._report_not_copied(row)
            return None
        key = self._key(type(row), row.id)
        if (place := self._arrived.get(key or "") or self._same(row)) is None:
            if not self._can_stand(row):
                return None
            own = _own_defaults(type(row)) | {  # type: ignore[arg-type]  # a class is hashable
                "created_at": self._at,
                "updated_at": self._at,
                "title": self._name(row, None),
            }
            if isinstance(row, Page) and row.url not in self._slugs():
                own["url"] = row.url
            place = self._world.add(replace(row, course_id=self._course.id, **own))
        elif place.deleted and self._is_sync:
            return None
        elif place.title != (name := self._name(row, place)):
            place.title, place.updated_at = name, self._at
            if isinstance(place, Page):
                place.url = self._world.free_slug(place)
        place.migration_id = key
        if key:
            self._arrived[key] = place
        return place

    def _slugs(self) -> set[str]:
        """Return the slugs that pages of the course have."""
        return {page.url for page in self._world.rows(Page, self._course.id)}

    def _fill(self, row: Content, place: Content) -> None:
        """Overwrite a row of the destination with its origin."""
        values = {name: getattr(row, name) for name in _copied_names(type(row))}  # type: ignore[arg-type]  # a class is hashable
        values["title"] = self._item_title(row) if isinstance(row, ModuleItem) else place.title
        if self._title(row) != row.title:
            self._report_shortened(row)
        if values["workflow_state"] == UNPUBLISHED and place.published:
            values["workflow_state"] = place.workflow_state
        for name, kind in row.references().items():
            values[name] = self._translated(kind, values[name])
        if isinstance(row, Assignment):
            values["assignment_group_id"] = self._group(row, values["assignment_group_id"])
        if (points := self._points(row)) is not None:
            values["points_possible"] = points
        values |= self._shifted(row, place)
        missing = {name: self._rewrite(values, name) for name in row.texts()}
        if isinstance(row, QuizQuestion) and row.question_bank_id is not None:
            values["question_text"] = self._with_own_files(values["question_text"], place)
        if isinstance(row, Page):
            values["front_page"] = row.front_page and not self._has_front_page(place)
        if isinstance(place, Assignment) and self._defect(row) is Defect.QUIZ_NOT_MIGRATED:
            values["workflow_state"] = AssignmentState.MIGRATING
            self._begin_quiz_migration(place)
        if self._defect(row) is Defect.DELETED_AT_ONCE:
            values["workflow_state"] = DELETED
        if any(getattr(place, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(place, name, value)
            place.updated_at = self._at
        for name, references in missing.items():
            self._report_missing(references, f"{row.LABEL} {name}", place.path)

    def _rewrite(self, values: dict[str, Any], name: str) -> list[str]:
        """Rewrite the links of a field that holds one text or several; return the links whose target did not arrive."""
        texts = values[name]
        rewritten = [
            self._origin.rewrite(text, self._arrived.get) for text in ((texts,) if isinstance(texts, str) else texts)
        ]
        values[name] = rewritten[0][0] if isinstance(texts, str) else tuple(text for text, _ in rewritten)
        return [reference for _, missing in rewritten for reference in missing]

    def _has_front_page(self, but: Content) -> bool:
        """Tell whether another page is the front page already."""
        return any(page.front_page for page in self._world.live(Page, self._course.id) if page is not but)

    def _with_own_files(self, html: str, question: Content) -> str:
        """Return the text of a bank's question with links to files that open for everybody who sees the question."""

        def link(match: re.Match[str]) -> str:
            opened = f"?verifier={verifier(self._world, int(match[1]))}"
            return f"/assessment_questions/{question.id}/files/{match[1]}/download{opened}"

        return re.sub(rf"""/courses/{self._course.id}/files/(\d+)[^"'<>\s]*""", link, html)

    def _key(self, kind: type[Content], row_id: int) -> str | None:
        return self._origin.key(kind, row_id)

    def _translated(self, kind: type[Content], reference: int | tuple[int, ...] | None) -> Any:
        """Return the ids of the copies that a row refers to, without those that did not arrive."""
        if isinstance(reference, tuple):
            return tuple(copy.id for row_id in reference if (copy := self._copy_of(kind, row_id)))
        copied = self._copy_of(kind, reference)
        return copied.id if copied else None

    def _copy_of(self, kind: type[Content], row_id: int | None) -> Content | None:
        return None if row_id is None else self._arrived.get(self._key(kind, row_id) or "")

    def _group(self, row: Assignment, group_id: int | None) -> int | None:
        """Return the group of an imported assignment, by default the group for imported assignments."""
        wanted = parse_int(str(self._migration.migration_settings.get("move_to_assignment_group_id", "")))
        if wanted is not None and self._world.find(AssignmentGroup, self._course.id, wanted) is not None:
            return wanted
        if group_id is not None or row.assignment_group_id is None:
            return group_id
        groups = self._world.live(AssignmentGroup, self._course.id)
        imported = next((group for group in groups if group.title == IMPORTED_ASSIGNMENTS), None)
        if imported is None:
            imported = self._world.add(
                AssignmentGroup(course_id=self._course.id, title=IMPORTED_ASSIGNMENTS, position=len(groups) + 1)
            )
        return imported.id

    def _can_stand(self, row: Content) -> bool:
        """Tell whether the rows that this row needs have arrived."""
        for name, kind in row.references().items():
            if name in row.REQUIRED and (row_id := getattr(row, name)) is not None:
                copied = self._copy_of(kind, row_id)
                if copied is None or copied.deleted:
                    return False
        return True

    def _same(self, row: Content) -> Content | None:
        """Find the row that Canvas takes for the same, whatever created it: by the full name of a folder, the name of
        an assignment group of a package, or as the root of the outcome groups.
        """
        rows = self._world.live(type(row), self._course.id)
        match row:
            case Folder(full_name=name):
                return next((each for each in rows if isinstance(each, Folder) and each.full_name == name), None)
            case AssignmentGroup(title=title) if self._origin.joins_groups:
                return next((each for each in rows if each.title == title), None)
            case LearningOutcomeGroup(is_root=True):
                return next((each for each in rows if isinstance(each, LearningOutcomeGroup) and each.is_root), None)
        return None

    def _defect(self, row: Content) -> Defect | None:
        return self._world.faults.defect_of(row.KIND, row.title, self._course.id)

    def _shifted(self, row: Content, place: Content) -> dict[str, datetime | None]:
        """Return the shifted dates of a row: its old dates if a lock would come before the due date."""
        old = {name: getattr(row, name) for name in row.DATES}
        if self._shift is None:
            return old
        new = {name: self._shift.apply(moment) for name, moment in old.items()}
        due, lock = new.get("due_at"), new.get("lock_at")
        if due is None or lock is None or lock >= due:
            return new
        if isinstance(row, Assignment) or getattr(row, "assignment_id", None) is None:
            description = f"Couldn't adjust dates on {row.LABEL.lower()} {row.title} (ID {place.id})"
            add_issue(self._world, self._migration, self._at, "warning", description)
        return old

    def _points(self, row: Content) -> float | None:
        """Return the points of an imported quiz that was not published yet, or of its assignment: of its questions."""
        quiz = self._origin.rows[Quiz].get(row.quiz_id or 0) if isinstance(row, Assignment) else row
        if not isinstance(quiz, Quiz) or quiz.published:
            return None
        questions = [each for each in self._origin.rows[QuizQuestion].values() if isinstance(each, QuizQuestion)]
        points = [question.points_possible for question in questions if question.quiz_id == quiz.id]
        return sum(points) if points else None

    def _name(self, row: Content, place: Content | None) -> str:
        """Return the title of an imported row, with a number if another page, or file of its folder, has the title."""
        title = self._title(row)
        if isinstance(row, File):
            folder_id = self._translated(Folder, row.folder_id)
            return free_name(
                self._world, of_course(self._course.id), folder_id, title, place if isinstance(place, File) else None
            )
        return self._world.free_title(place, title) if isinstance(place, Page) else title

    def _item_title(self, item: ModuleItem) -> str:
        """Return the title of an imported item: that of its page, if the page was renamed."""
        page = self._origin.rows[Page].get(item.content_id or 0) if item.type == "Page" else None
        copied = self._copy_of(Page, item.content_id) if page is not None and page.title == item.title else None
        is_renamed = page is not None and copied is not None and copied.title != self._title(page)
        return copied.title if copied is not None and is_renamed else self._title(item)

    def _title(self, row: Content) -> str:
        shortened = self._defect(row) is Defect.TITLE_SHORTENED
        return row.title[:SHORT_TITLE].rstrip() if shortened else row.title

    def _begin_quiz_migration(self, row: Assignment) -> None:
        def apply(stage: Stage, at: datetime) -> None:
            state = AssignmentState(stage.state)
            check_move(assignment.ALLOWED, AssignmentState(row.workflow_state), state)
            row.workflow_state, row.updated_at = state, at

        plan = lasting(assignment.FAILING_MIGRATION, self._world.settings.quiz_migration_seconds)
        self._world.agenda.begin(plan, apply, self._at)

    def _report_not_copied(self, row: Content) -> None:
        if isinstance(row, File):
            add_issue(
                self._world,
                self._migration,
                self._at,
                "warning",
                f'Couldn\'t copy file "{row.title}"',
                fix_issue_html_url=f"/courses/{self._course.id}/{row.SECTION}",
                error_message="The file could not be read from storage.",
            )
        else:
            add_issue(self._world, self._migration, self._at, "warning", f'Import Error: {row.LABEL} - "{row.title}"')

    def _report_shortened(self, row: Content) -> None:
        description = f"The title of the following {row.LABEL.lower()} was truncated: {row.title}"
        add_issue(self._world, self._migration, self._at, "warning", description)

    def _report_missing(self, missing: list[str], where: str, path: str) -> None:
        if missing:
            add_issue(
                self._world,
                self._migration,
                self._at,
                "warning",
                f"Missing links found in imported content - {where}",
                fix_issue_html_url=path,
                error_message=f"{where} - The following references could not be resolved: {', '.join(missing)}",
            )
