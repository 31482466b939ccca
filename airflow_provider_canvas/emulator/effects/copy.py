"""Copying a course's content into another, row by row.

A copied row carries the key of its source (`migration_id`). A later copy finds it by that key and overwrites
it, so nothing is doubled, and a row that has not changed keeps its `updated_at`. A row that was deleted in the
destination stays deleted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from airflow_provider_canvas.emulator.content import (
    CONTENT_KINDS,
    Assignment,
    Content,
    File,
    Folder,
    Page,
)
from airflow_provider_canvas.emulator.effects.dates import DateShift
from airflow_provider_canvas.emulator.effects.issues import add_issue
from airflow_provider_canvas.emulator.effects.links import Links
from airflow_provider_canvas.emulator.effects.mapping import migration_id
from airflow_provider_canvas.emulator.effects.selection import selected_rows, selects
from airflow_provider_canvas.emulator.faults import Defect
from airflow_provider_canvas.emulator.machines import assignment
from airflow_provider_canvas.emulator.machines.assignment import AssignmentState
from airflow_provider_canvas.emulator.machines.interpreter import Stage, check_move, lasting
from airflow_provider_canvas.emulator.records import ContentMigration
from airflow_provider_canvas.emulator.wire.parameters import listed, number
from airflow_provider_canvas.emulator.world import World

FILE_KINDS: tuple[type[Content], ...] = (Folder, File)
OTHER_KINDS = tuple(kind for kind in CONTENT_KINDS if kind not in FILE_KINDS)

OWN_FIELDS = frozenset({"id", "course_id", "migration_id", "created_at", "updated_at", "url"})
"""What a copied row has of its own."""

SHORT_TITLE = 48
"""How many characters a shortened title keeps."""


def copy_files(world: World, migration: ContentMigration, at: datetime) -> None:
    """Copy the selected files and their folders."""
    CourseCopy(world, migration, at).take(FILE_KINDS)


def import_content(world: World, migration: ContentMigration, at: datetime) -> None:
    """Copy all other selected content, then the course's own settings and syllabus."""
    course_copy = CourseCopy(world, migration, at)
    course_copy.take(OTHER_KINDS)
    course_copy.take_course()


class CourseCopy:
    """What one migration copies, at one moment.

    :param migration: says what to copy from where, how, and whither.
    :param at: the time that new and changed rows get.
    """

    def __init__(self, world: World, migration: ContentMigration, at: datetime) -> None:
        courses = world.tables.courses
        if migration.source_course_id is None:
            raise ValueError(f"migration {migration.id} has no source course")
        self._world, self._migration, self._at = world, migration, at
        self._source = courses[migration.source_course_id]
        self._destination = courses[migration.course_id]
        settings = migration.migration_settings
        self._options: dict[str, Any] = settings.get("copy_options", {})
        self._skips = listed(settings.get("importer_skips"))
        self._shift = DateShift.of(settings.get("date_shift_options", {}), self._source, self._destination)
        self._links = Links(world.host, self._source.id, self._destination.id, self._linked)
        self._slugs = {page.url: page.id for page in world.rows(Page, self._source.id)}
        self._arrived: dict[str, Content] = {
            row.migration_id: row
            for kind in CONTENT_KINDS
            for row in world.rows(kind, self._destination.id)
            if row.migration_id
        }

    def take(self, kinds: Collection[type[Content]]) -> None:
        """Copy the selected rows of some kinds: first make the rows, then fill them, since they refer to each other."""
        rows = selected_rows(self._world, self._source.id, self._options)
        made = [(row, self._place(row)) for row in rows if type(row) in kinds]
        for row, place in made:
            if place is not None:
                self._fill(row, place)

    def take_course(self) -> None:
        """Copy what the course itself has: settings and syllabus, but neither name nor code."""
        changes: dict[str, Any] = {}
        if selects(self._options, "course_settings") and "all_course_settings" not in self._skips:
            changes |= {"default_view": self._source.default_view, "license": self._source.license}
            if "visibility_settings" not in self._skips:
                changes["is_public"] = self._source.is_public
        if selects(self._options, "syllabus_body") and self._source.syllabus_body:
            changes["syllabus_body"], missing = self._links.rewrite(self._source.syllabus_body)
            self._report_missing(missing, "Course syllabus", f"/courses/{self._destination.id}/assignments/syllabus")
        for name, value in changes.items():
            setattr(self._destination, name, value)

    def _place(self, row: Content) -> Content | None:
        """Find or make the row that a source row goes to; None if it cannot or must not go."""
        if self._defect(row) is Defect.NOT_COPIED:
            self._report_not_copied(row)
            return None
        key = migration_id(type(row), row.id)
        if (place := self._arrived.get(key) or self._same_folder(row)) is None:
            if not self._can_stand(row):
                return None
            own = {"url": ""} if isinstance(row, Page) else {}
            place = self._world.add(
                replace(
                    row,
                    id=0,
                    course_id=self._destination.id,
                    created_at=self._at,
                    updated_at=self._at,
                    title=self._title(row),
                    **own,
                )
            )
        elif place.deleted and not self._world.settings.restore_deleted:
            return None
        place.migration_id = key
        self._arrived[key] = place
        return place

    def _fill(self, row: Content, place: Content) -> None:
        """Overwrite a row of the destination with what its source says now."""
        values = {field.name: getattr(row, field.name) for field in fields(row) if field.name not in OWN_FIELDS}
        values["title"] = self._title(row)
        if values["title"] != row.title:
            self._report_shortened(row)
        for name, kind in row.references().items():
            values[name] = self._translated(kind, values[name])
        if self._shift is not None:
            values |= {name: self._shift.apply(values[name]) for name in row.DATES}
        if row.HTML is not None:
            values[row.HTML], missing = self._links.rewrite(values[row.HTML])
            self._report_missing(missing, f"{row.LABEL} {row.HTML}", place.path)
        if isinstance(place, Assignment) and self._defect(row) is Defect.QUIZ_NOT_MIGRATED:
            values["workflow_state"] = AssignmentState.MIGRATING
            self._begin_quiz_migration(place)
        if any(getattr(place, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(place, name, value)
            place.updated_at = self._at

    def _translated(self, kind: type[Content], reference: int | tuple[int, ...] | None) -> Any:
        """Return the ids of the copies of what a row refers to; what did not arrive is left out."""
        if isinstance(reference, tuple):
            return tuple(copy.id for row_id in reference if (copy := self._copy_of(kind, row_id)))
        copied = self._copy_of(kind, reference)
        return copied.id if copied else None

    def _copy_of(self, kind: type[Content], row_id: int | None) -> Content | None:
        return None if row_id is None else self._arrived.get(migration_id(kind, row_id))

    def _linked(self, kind: type[Content], target: str) -> Content | None:
        """Tell what became of the target of a link, which names an id or, for pages, a slug."""
        row_id = self._slugs.get(target) if kind is Page else None
        if row_id is None:
            row_id = number(target)
        return self._copy_of(kind, row_id)

    def _can_stand(self, row: Content) -> bool:
        """Whether what the row cannot do without has arrived."""
        for name, kind in row.references().items():
            if name in row.REQUIRED:
                copied = self._copy_of(kind, getattr(row, name))
                if copied is None or copied.deleted:
                    return False
        return True

    def _same_folder(self, row: Content) -> Content | None:
        """Folders are known by their full name, whoever made them."""
        if not isinstance(row, Folder):
            return None
        folders = self._world.live(Folder, self._destination.id)
        return next((folder for folder in folders if folder.full_name == row.full_name), None)

    def _defect(self, row: Content) -> Defect | None:
        return self._world.faults.defect_of(row.KIND, row.title, self._destination.id)

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
            fix_issue_html_url=f"/courses/{self._destination.id}/{row.SECTION}",
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
                error_message="The following references could not be resolved: " + " ".join(missing),
            )
