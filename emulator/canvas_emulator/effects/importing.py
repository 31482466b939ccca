"""Importing content into a course, row by row, from another course or from a package.

An imported row carries the key of what it was made of (``migration_id``). A later import finds it by that key and
overwrites it, so nothing is doubled, and a row that has not changed keeps its ``updated_at``. A row that was deleted in
the destination stays deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from canvas_emulator.effects.dates import DateShift
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.effects.module_insertion import ModuleInsertion
from canvas_emulator.effects.selection import chosen_rows, selects
from canvas_emulator.machines import assignment
from canvas_emulator.machines.assignment import AssignmentState
from canvas_emulator.machines.plans import Stage, check_move, lasting
from canvas_emulator.model.content import CONTENT_KINDS, Assignment, AssignmentGroup, Content, File, Folder
from canvas_emulator.model.course import Course
from canvas_emulator.model.faults import Defect
from canvas_emulator.model.parsing import parse_int, parse_list
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World

FILE_KINDS: tuple[type[Content], ...] = (Folder, File)
OTHER_KINDS = tuple(kind for kind in CONTENT_KINDS if kind not in FILE_KINDS)

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
    """

    course: Course
    rows: Mapping[type[Content], Mapping[int, Content]]
    key: Callable[[type[Content], int], str | None]
    rewrite: Rewrite
    has_settings: bool = True


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
        self._insertion = ModuleInsertion(world, migration)
        self._arrived: dict[str, Content] = {
            row.migration_id: row
            for kind in CONTENT_KINDS
            for row in world.rows(kind, self._course.id)
            if row.migration_id
        }

    def recognise(self, key: str, row: Content) -> None:
        """Map a migration id of the origin to an existing row of the course."""
        self._arrived[key] = row

    def take(self, kinds: Collection[type[Content]]) -> None:
        """Import the selected rows of some kinds.

        All rows are created before they are filled, since they refer to each other.
        """
        rows = chosen_rows(self._origin.rows, lambda row: self._key(type(row), row.id) or "", self._options)
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
            if "visibility_settings" not in self._skips:
                changes["is_public"] = source.is_public
        if selects(self._options, "syllabus_body") and source.syllabus_body:
            changes["syllabus_body"], missing = self._origin.rewrite(source.syllabus_body, self._arrived.get)
            self._report_missing(missing, "Syllabus syllabus", f"/courses/{self._course.id}/assignments/syllabus")
        for name, value in changes.items():
            setattr(self._course, name, value)

    def _place(self, row: Content) -> Content | None:
        """Find or create the row to import into; return None if the row is not imported."""
        if self._defect(row) is Defect.NOT_COPIED:
            self._report_not_copied(row)
            return None
        key = self._key(type(row), row.id)
        if (place := self._arrived.get(key or "") or self._same_folder(row)) is None:
            if not self._can_stand(row):
                return None
            own: dict[str, Any] = {
                field.name: field.default for field in fields(row) if field.name in row.OWN - {"course_id"}
            }
            own |= {"created_at": self._at, "updated_at": self._at, "title": self._title(row)}
            place = self._world.add(replace(row, course_id=self._course.id, **own))
        elif place.deleted and not self._world.settings.restore_deleted:
            return None
        place.migration_id = key
        if key:
            self._arrived[key] = place
        return place

    def _fill(self, row: Content, place: Content) -> None:
        """Overwrite a row of the destination with its origin."""
        values = {field.name: getattr(row, field.name) for field in fields(row) if field.name not in row.OWN}
        values["title"] = self._title(row)
        if values["title"] != row.title:
            self._report_shortened(row)
        for name, kind in row.references().items():
            values[name] = self._translated(kind, values[name])
        if isinstance(row, Assignment):
            values["assignment_group_id"] = self._group(row, values["assignment_group_id"])
        if self._shift is not None:
            values |= {name: self._shift.apply(values[name]) for name in row.DATES}
        if row.HTML is not None:
            values[row.HTML], missing = self._origin.rewrite(values[row.HTML], self._arrived.get)
            self._report_missing(missing, f"{row.LABEL} {row.HTML}", place.path)
        if isinstance(place, Assignment) and self._defect(row) is Defect.QUIZ_NOT_MIGRATED:
            values["workflow_state"] = AssignmentState.MIGRATING
            self._begin_quiz_migration(place)
        if any(getattr(place, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(place, name, value)
            place.updated_at = self._at

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

    def _same_folder(self, row: Content) -> Content | None:
        """Find the folder with the same full name, whatever created it."""
        if not isinstance(row, Folder):
            return None
        folders = self._world.live(Folder, self._course.id)
        return next((folder for folder in folders if folder.full_name == row.full_name), None)

    def _defect(self, row: Content) -> Defect | None:
        return self._world.faults.defect_of(row.KIND, row.title, self._course.id)

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
        is_file = isinstance(row, File)
        add_issue(
            self._world,
            self._migration,
            self._at,
            "warning",
            f'Couldn\'t copy file "{row.title}"' if is_file else f'Import Error: {row.LABEL} - "{row.title}"',
            fix_issue_html_url=f"/courses/{self._course.id}/{row.SECTION}",
            error_message="The file could not be read from storage." if is_file else "The record could not be saved.",
        )

    def _report_shortened(self, row: Content) -> None:
        description = f'The title of the {row.LABEL.lower()} "{row.title}" was too long and has been shortened.'
        add_issue(self._world, self._migration, self._at, "todo", description)

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
