"""Copies between courses of the emulator, reconciled by the operator and checked against the emulator's own rows."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import sqlalchemy
from canvas_emulator.effects.folders import folder_at
from canvas_emulator.jobs import blueprint
from canvas_emulator.model.contexts import of_course
from canvas_emulator.model.course import Course
from canvas_emulator.model.world import World
from canvas_emulator.seeds import full_course
from canvas_emulator.seeds.planted.changes import Fact
from canvas_emulator.seeds.planted.changes import Truth as PlantedTruth

from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from tests.support.copy_truth import FIELDS, CopyHistory, Key, Truth
from tests.support.task_attempt import Attempt

SQL_CONNECTION = "reconciliation"
"""The connection to the database of the tables."""
TEACHER_CONNECTION = "canvas_teacher"
"""The connection with the token of a teacher."""
CHECKS = ("links", "lti", "new_quizzes")
"""The checks of the reconciliations. What Canvas does not map has tests of its own, and is not in the truth."""
COPY_SECONDS = 60.0
"""Longer than any job of the emulator."""

Row = Mapping[str, Any]

NOT_COMPARED = frozenset({"body", "description", "due_at"})
"""The fields of planted changes that the documentation says are not compared."""
LABELS = {
    "points_possible": "points",
    "submission_types": "submission types",
    "grading_type": "grading type",
    "quiz_type": "quiz type",
    "question_count": "number of questions",
    "folder_id": "folder",
    "module_id": "module",
    "external_url": "external URL",
}
"""The labels of the fields of planted changes, where they differ."""


@dataclass(frozen=True)
class Result:
    """The result of a reconciliation.

    :param case: Its name.
    :param verdict: The verdict.
    :param coverage: The coverage in percent.
    :param statuses: The number of rows by status.
    :param wrong: A sentence for each row that contradicts the truth, and for each truth without a row.
    """

    case: str
    verdict: str
    coverage: float | None
    statuses: Mapping[str, int]
    wrong: tuple[str, ...]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(self.statuses.values())


class CopyLab:
    """Courses of the emulator that are copied and reconciled.

    :param world: The world that is served.
    :param database: The SQLite database of the connection ``SQL_CONNECTION``.
    """

    def __init__(self, world: World, database: Path) -> None:
        self.world, self.database = world, database
        self.hook = CanvasHook("canvas_default")
        self.results: list[Result] = []
        self._ids = count(100)

    def course(self, *, filled: bool = False, name: str = "Course") -> int:
        """Add a course, empty or with a row of every kind, and return its id."""
        course_id = next(self._ids)
        with self.world.lock:
            self.world.tables.courses[course_id] = Course(course_id, f"{name} {course_id}", name, 1, 1)
            if filled:
                full_course.fill(self.world, course_id)
        self.wait(1)
        return course_id

    def enroll_teacher(self, *course_ids: int) -> None:
        """Let the teacher read and change courses."""
        with self.world.lock:
            teacher = self.world.tables.users[2]
            courses = frozenset(course_ids)
            self.world.tables.users[2] = replace(teacher, readable=courses, writable=courses)

    def wait(self, seconds: float = COPY_SECONDS) -> None:
        """Let the jobs of the emulator end."""
        with self.world.lock:
            self.world.clock.advance(seconds)

    def copy(self, source_id: int, destination_id: int, history: CopyHistory | None = None, **options: Any) -> int:
        """Copy a course by the API, and return the id of the migration."""
        settings = {"source_course_id": source_id, **options.pop("settings", {})}
        migration = self.hook.content_migrations.create(
            course_id=destination_id, migration_type="course_copy_importer", settings=settings, **options
        )
        return self.ended(migration["id"], history)

    def ended(self, migration_id: int, history: CopyHistory | None = None) -> int:
        """Let a migration end, note in its history when it began, and return its id."""
        self.wait()
        with self.world.lock:
            self.world.settle()
            migration = self.world.tables.content_migrations[migration_id]
            assert migration.workflow_state == "imported", (migration.workflow_state, self.world.issues_of(migration))
            if history is not None:
                history.began_at = migration.started_at
                history.note_titles()
        return migration_id

    def legacy_copy(self, source_id: int, destination_id: int, history: CopyHistory, **options: Any) -> int:
        """Copy a course by the deprecated endpoint, and return the id of the migration."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            job = self.hook.content_imports.copy_course_content(
                course_id=destination_id, source_course=source_id, **options
            )
        return self.ended(job["id"], history)

    def export(self, course_id: int) -> int:
        """Export a course, and return the id of the export."""
        export = self.hook.content_exports.create(course_id=course_id, export_type="common_cartridge")
        self.wait()
        return export["id"]

    def download(self, course_id: int, content_export_id: int) -> io.BytesIO:
        """Download an export."""
        package = io.BytesIO()
        export = self.hook.content_exports.get(course_id=course_id, content_export_id=content_export_id)
        self.hook.download(export, package)
        package.seek(0)
        return package

    def import_zip(self, course_id: int) -> int:
        """Import a zip of files, and return the id of the migration."""
        package = io.BytesIO()
        with ZipFile(package, "w") as archive:
            archive.writestr("read me.txt", "Hello")
        package.seek(0)
        with self.world.lock:
            folder = folder_at(self.world, of_course(course_id), "week 1")
        migration = self.hook.upload_package(
            package,
            name="files.zip",
            course_id=course_id,
            migration_type="zip_file_importer",
            settings={"folder_id": folder.id},
        )
        return self.ended(migration["id"])

    def sync(self, blueprint_id: int, course_id: int, history: CopyHistory | None = None) -> int:
        """Sync a course with a blueprint, and return the id of the course's migration."""
        with self.world.lock:
            blueprint.associate(self.world, blueprint_id, course_id)
            template = blueprint.template_of(self.world, self.world.tables.courses[blueprint_id])
            assert template is not None
            row = blueprint.sync(self.world, template, 1, self.world.clock.now())
        self.wait()
        with self.world.lock:
            self.world.settle()
            (migration,) = blueprint.imports_of(self.world, row)
        return self.ended(migration.id, history)

    def reconcile(
        self,
        case: str,
        history: CopyHistory,
        migration_id: int,
        facts: Iterable[Fact] = (),
        **arguments: Any,
    ) -> Result:
        """Reconcile a copy, and count the rows that contradict the truth.

        :param case: The name of the case.
        :param history: What was done with both courses.
        :param migration_id: The migration.
        :param facts: The facts about planted changes.
        :param arguments: Further arguments of the operator.
        """
        task = CanvasReconcileOperator(
            task_id="reconcile",
            destination_course_id=history.destination_id,
            content_migration_id=migration_id,
            sql_conn_id=SQL_CONNECTION,
            **{"checks": CHECKS, **arguments},
        )
        summary = task.execute(Attempt().context(task))
        rows = self._rows(history)
        with self.world.lock:
            wrong = [*check_rows(rows, history.truths()), *check_facts(rows, facts)]
        assert sum(summary["statuses"].values()) == len(rows)
        result = Result(case, summary["verdict"], summary["coverage_percent"], summary["statuses"], tuple(wrong))
        self.results.append(result)
        return result

    def _rows(self, history: CopyHistory) -> list[Row]:
        """Return the rows of a pair of courses."""
        engine = sqlalchemy.create_engine(f"sqlite:///{self.database}")
        query = "SELECT * FROM canvas_asset_map WHERE source_course_id = :source AND dest_course_id = :destination"
        ids = {"source": str(history.source_id), "destination": str(history.destination_id)}
        with engine.connect() as connection:
            rows: list[Row] = [dict(row) for row in connection.execute(sqlalchemy.text(query), ids).mappings()]
        engine.dispose()
        return rows


def check_rows(rows: Iterable[Row], truths: Mapping[Key, Truth]) -> list[str]:
    """Return a sentence for each row that contradicts the truth, and for each truth without a row."""
    wrong, left = [], dict(truths)
    for row in rows:
        source_id, dest_id = (None if row[name] is None else int(row[name]) for name in _IDS)
        truth = left.pop((row["asset_type"], source_id, dest_id), None)
        differs = {label for label in FIELDS[row["asset_type"]] if f"; {label}: " in f"; {row['detail']}"}
        if truth is None or row["status"] != truth.status or differs != truth.differs:
            wrong.append(f"{_words(row)}, and not {truth}")
    return wrong + [f"no row for {key}: {truth}" for key, truth in left.items()]


def check_facts(rows: Iterable[Row], facts: Iterable[Fact]) -> list[str]:
    """Return a sentence for each fact about a planted change that no row says."""
    by_side: dict[tuple[str, str, int], Row] = {}
    for row in rows:
        for side in _IDS:
            if row[side] is not None:
                by_side[side, row["asset_type"], int(row[side])] = row
    wrong = []
    for fact in facts:
        source = by_side.get(("source_asset_id", fact.asset_type, fact.source_id or 0))
        copy = by_side.get(("dest_asset_id", fact.asset_type, fact.destination_id or 0))
        other = by_side.get(("dest_asset_id", fact.asset_type, fact.other_id or 0))
        if not _is_said(fact, source, copy, other):
            wrong.append(f"{fact}: {[_words(row) for row in (source, copy, other) if row]}")
    return wrong


_STATUSES: Mapping[PlantedTruth, tuple[str, ...]] = {
    PlantedTruth.ADDED: ("orphan_in_destination",),
    PlantedTruth.ADDED_SINCE: ("added_since", "replaced"),
    PlantedTruth.CHANGED: ("matched_changed",),
    PlantedTruth.DELETED: ("mapped_but_deleted",),
    PlantedTruth.DELETED_IN_BOTH: ("deleted_in_both",),
    PlantedTruth.DUPLICATED: ("matched",),
    PlantedTruth.MATCHED: ("matched",),
    PlantedTruth.NOT_SELECTED: ("expected_excluded",),
    PlantedTruth.RENAMED: ("renamed",),
    PlantedTruth.REPLACED: ("replaced",),
    PlantedTruth.SOURCE_DELETED: ("source_deleted", "replaced"),
}
"""The statuses that say a truth."""


def _is_said(fact: Fact, source: Row | None, copy: Row | None, other: Row | None) -> bool:
    """Return whether the rows of a source asset, of its copy, and of its namesake say a fact."""
    row = copy if fact.truth in (PlantedTruth.ADDED, PlantedTruth.SOURCE_DELETED) else source
    if row is None:
        return False
    labels = [LABELS.get(name, name) for name in fact.differs if name not in NOT_COMPARED]
    if fact.truth is PlantedTruth.CHANGED and not labels:
        return row is copy and row["status"] == "matched"
    if row["status"] not in _STATUSES[fact.truth] or not all(f"; {n}: " in f"; {row['detail']}" for n in labels):
        return False
    if fact.truth is PlantedTruth.REPLACED:
        return row is other
    if other is not None and other["status"] != "duplicate":
        return False
    is_named = other is None or f" {fact.destination_id}, " in other["detail"] or fact.truth is not PlantedTruth.RENAMED
    return is_named and (row is copy or fact.destination_id is None)


def _words(row: Row) -> str:
    ids = f"{row['source_asset_id'] or '-'} -> {row['dest_asset_id'] or '-'}"
    return f"{row['asset_type']} {ids} is {row['status']} ({row['detail']})"


_IDS = ("source_asset_id", "dest_asset_id")
