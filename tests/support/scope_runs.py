"""Runs of every operator, sensor and trigger, with a token whose scopes are recorded or limited."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.world import World
from canvas_emulator.seeds.term_situations import SITUATIONS

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.operators.delete_course import CanvasDeleteCourseOperator
from airflow_provider_canvas.operators.find_copies import CanvasFindCopiesOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.migration_issues import CanvasMigrationIssuesOperator
from airflow_provider_canvas.operators.plan_course_copies import CanvasPlanCourseCopiesOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from airflow_provider_canvas.operators.repair_links import CanvasRepairLinksOperator
from airflow_provider_canvas.operators.reset_course import CanvasResetCourseOperator
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from airflow_provider_canvas.security.secret import Secret
from airflow_provider_canvas.sensors.content_export import CanvasContentExportSensor
from airflow_provider_canvas.sensors.content_migration import CanvasContentMigrationSensor
from airflow_provider_canvas.sensors.legacy_course_copy import CanvasLegacyCourseCopySensor
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator
from tests.support import stale_course
from tests.support.package_imports import run_to_the_end
from tests.support.task_attempt import Attempt

MASTER, FRESH = 1010, 2001
SOURCE, DESTINATION = "sis_course_id:TMPL-BIOL1010", "sis_course_id:BIOL-1010-001"
BATCH = "scopes"


class RecordedScopes(frozenset[str]):
    """The scopes of a token, which also know which ones were asked for.

    Without limits, the token may do everything but GraphQL, as no token with scopes may use it.
    """

    asked: set[str]
    refused: set[str]
    unlimited: bool

    def __new__(cls, scopes: Collection[str] | None = None) -> RecordedScopes:
        """Make the scopes.

        :param scopes: The scopes that the token has; ``None`` for all.
        """
        made = super().__new__(cls, scopes or ())
        made.asked, made.refused, made.unlimited = set(), set(), scopes is None
        return made

    def __contains__(self, scope: object) -> bool:
        has = super().__contains__(scope) or (self.unlimited and "graphql" not in str(scope))
        (self.asked if has else self.refused).add(str(scope))
        return has


@dataclass
class ScopeLab:
    """A Canvas with the demo's courses, and tasks that run on it.

    :param world: The Canvas.
    :param url: Its address.
    :param token: The token of another program, without scopes.
    :param task_token: The token of the tasks.
    :param package: The path of a course package.
    :param folder: A folder for files.
    """

    world: World
    url: str
    token: str
    task_token: str
    package: str
    folder: Path
    numbers: Any = field(default_factory=itertools.count)

    @property
    def canvas(self) -> CanvasClient:
        """A client of the same Canvas that stands for another program."""
        return CanvasClient(Settings(self.url, Secret(self.token)))

    def run(self, kind: type, *, deferrable: bool | None = False, **arguments: Any) -> Any:
        """Run a task to its end, and return its result."""
        waits = {} if deferrable is None else {"deferrable": deferrable, POLL[kind]: 0.1}
        attempt = Attempt(run_id=f"run {next(self.numbers)}")
        return run_to_the_end(lambda: kind(task_id="task", **waits, **arguments), attempt)

    def copy(self, **arguments: Any) -> Any:
        """Copy the master course into the empty one."""
        named = {"source_course_id": SOURCE, "destination_course_id": DESTINATION, "fail_on_issues": None}
        return self.run(CanvasCourseCopyOperator, **{**named, **arguments})

    @contextmanager
    def unlimited(self) -> Iterator[None]:
        """Let the task's token do everything, for what is done before the run."""
        token = self.world.tables.tokens[self.task_token]
        token.scopes, limited = None, token.scopes
        yield
        token.scopes = limited

    def copied_by_other(self, course_id: int = FRESH) -> Any:
        """Return a content migration that another program started, after its end."""
        with self.canvas as canvas:
            migration = canvas.content_migrations.create(
                course_id=course_id, migration_type="course_copy_importer", settings={"source_course_id": MASTER}
            )
        with self.world.lock:
            self.world.clock.advance(60)
            self.world.settle()
        return migration


class _Poll(dict[type, str]):
    def __missing__(self, kind: type) -> str:
        return "poke_interval" if kind.__name__.endswith("Sensor") else "poll_interval"


POLL = _Poll()
SQL = {"sql_conn_id": "warehouse"}
ROWS = [{"source": SOURCE, "destination": DESTINATION}, {"source": 1010, "destination": 2003}]


def _reconcile(lab: ScopeLab, **arguments: Any) -> None:
    migration = lab.copied_by_other()
    lab.run(
        CanvasReconcileOperator,
        deferrable=None,
        destination_course_id=FRESH,
        content_migration_id=migration["id"],
        **SQL,
        **arguments,
    )


def _found(lab: ScopeLab) -> None:
    lab.run(CanvasFindCopiesOperator, deferrable=None, account_id="self", enrollment_term_id="all", batch=BATCH, **SQL)


def _reconcile_batch(lab: ScopeLab) -> None:
    with lab.unlimited():
        _found(lab)
    lab.run(CanvasReconcileBatchOperator, deferrable=None, batch=BATCH, **SQL)


def _sensor(kind: type, job: Callable[[ScopeLab], dict[str, Any]]) -> Callable[[ScopeLab], Any]:
    def run(lab: ScopeLab) -> None:
        lab.run(kind, **job(lab))

    return run


def _export_by_other(lab: ScopeLab) -> dict[str, Any]:
    with lab.canvas as canvas:
        export = canvas.content_exports.create(course_id=MASTER, export_type="common_cartridge")
    return {"course_id": MASTER, "content_export_id": export["id"]}


@dataclass(frozen=True)
class Run:
    """A run of a task.

    :param kind: The task.
    :param act: Runs it.
    :param when: The conditions of ``scripts/scopes.py`` that hold.
    :param settings: Settings of the emulator.
    """

    kind: type
    act: Callable[[ScopeLab], Any]
    when: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join((self.kind.__name__, *self.when)).replace("`", "")


def _named(kind: type, *, deferrable: bool | None = False, **arguments: Any) -> Callable[[ScopeLab], Any]:
    return lambda lab: lab.run(kind, deferrable=deferrable, **arguments)


def _with_package(kind: type, **arguments: Any) -> Callable[[ScopeLab], Any]:
    named = {"course_id": DESTINATION, "migration_type": "canvas_cartridge_importer", "fail_on_issues": None}
    return lambda lab: lab.run(kind, package=lab.package, **named, **arguments)


def _timed_out(act: Callable[[ScopeLab], Any]) -> Callable[[ScopeLab], Any]:
    def run(lab: ScopeLab) -> None:
        with lab.world.lock:
            lab.world.settings.change(
                dict.fromkeys(("copy_seconds", "import_seconds", "export_seconds", "batch_seconds"), 600.0)
            )
        with pytest.raises(AirflowFailException, match="did not end within"):
            act(lab)

    return run


def _issues(lab: ScopeLab, **arguments: Any) -> None:
    migration = {"course_id": FRESH, "content_migration_id": lab.copied_by_other()["id"]}
    lab.run(CanvasMigrationIssuesOperator, deferrable=None, content_migrations=migration, **arguments)


def _into_every_situation(lab: ScopeLab) -> None:
    rows = [{"source": 101, "destination": each.course_id} for each in SITUATIONS if each.course_id is not None]
    lab.run(CanvasPlanCourseCopiesOperator, deferrable=None, copies=rows, batch=BATCH, **SQL)


def _planned_before(lab: ScopeLab) -> None:
    with lab.unlimited():
        lab.run(CanvasPlanCourseCopiesOperator, deferrable=None, copies=ROWS, batch=BATCH, **SQL)
    lab.run(CanvasBulkCourseCopyOperator, batch=BATCH, fail_if={}, **SQL)


def _repair(lab: ScopeLab) -> None:
    settings = Settings(lab.url, Secret(lab.token))
    engine = sa.create_engine(f"sqlite:///{lab.folder}/warehouse.db")
    with lab.unlimited():
        stale_course.record_stale_links(engine, settings, stale_course.all_places(lab.world))
    engine.dispose()
    backups = f"{lab.folder}/backups"
    named = {"deferrable": None, "batch": stale_course.BATCH, "backup_path": backups, "dry_run": False, **SQL}
    repaired = lab.run(CanvasRepairLinksOperator, **named)
    assert set(repaired["states"]) == {"repaired"}, repaired
    assert set(lab.run(CanvasRepairLinksOperator, **named, undo=repaired["run_id"])["states"]) == {"undone"}


EXISTING = {"account_id": 1, "course": {"name": "Biology", "sis_course_id": "BIOL-1010-001"}}
LINKS, UNMAPPED, LTI, NEW_QUIZZES = (f"`checks` has `{name}`" for name in ("links", "unmapped", "lti", "new_quizzes"))
CHECKS = (LINKS, UNMAPPED, LTI, NEW_QUIZZES)
ENDED = "the task is ended by a user, or by its timeout"
NOT_EMPTY = "`if_not_empty` is `skip`, `warn` or `fail`"
SELF_HOSTED = "a package is uploaded to a self-hosted Canvas"
OLD = {"edition": "2023-06"}
AT_INSTRUCTURE = {"storage": "inst_fs"}

RUNS = (
    Run(CanvasCourseCopyOperator, lambda lab: lab.copy()),
    Run(CanvasCourseCopyOperator, lambda lab: lab.copy(source_course_id=MASTER, destination_course_id=FRESH)),
    Run(CanvasCourseCopyOperator, lambda lab: lab.copy(deferrable=True)),
    Run(CanvasCourseCopyOperator, lambda lab: lab.copy(), settings=OLD),
    Run(CanvasCourseCopyOperator, lambda lab: lab.copy(if_not_empty="fail"), (NOT_EMPTY,)),
    Run(CanvasCourseCopyOperator, lambda lab: lab.copy(select={"pages": [1]}), ("`select` is set",)),
    Run(CanvasCourseCopyOperator, _timed_out(lambda lab: lab.copy(timeout=1)), (ENDED,)),
    Run(
        CanvasPlanCourseCopiesOperator,
        _named(CanvasPlanCourseCopiesOperator, deferrable=None, copies=ROWS, batch=BATCH, **SQL),
    ),
    Run(CanvasPlanCourseCopiesOperator, _into_every_situation, settings={"world": "situations"}),
    Run(CanvasBulkCourseCopyOperator, _planned_before),
    Run(
        CanvasBulkCourseCopyOperator,
        _named(CanvasBulkCourseCopyOperator, copies=ROWS, batch=BATCH, fail_if={}, **SQL),
        ("`copies` is set",),
    ),
    Run(
        CanvasBulkCourseCopyOperator,
        _named(CanvasBulkCourseCopyOperator, deferrable=True, copies=ROWS, batch=BATCH, fail_if={}, **SQL),
        ("`copies` is set",),
    ),
    Run(CanvasReconcileOperator, _reconcile, CHECKS),
    Run(CanvasReconcileOperator, lambda lab: _reconcile(lab, checks=[])),
    Run(
        CanvasReconcileOperator,
        lambda lab: _reconcile(lab, checks=[]),
        ("a module has more items than Canvas lists with it",),
        {"world": "many items"},
    ),
    Run(
        CanvasReconcileOperator,
        lambda lab: _reconcile(lab, checks=["links"], use_link_validation=True),
        (LINKS, "`use_link_validation` is set"),
        {"link_validation_seconds": 0.2},
    ),
    Run(CanvasReconcileOperator, _reconcile, (*CHECKS, "Canvas is of 2023"), OLD),
    Run(CanvasReconcileBatchOperator, _reconcile_batch, CHECKS),
    Run(CanvasReconcileBatchOperator, _reconcile_batch, (*CHECKS, "Canvas is of 2023"), OLD),
    Run(CanvasRepairLinksOperator, _repair, settings={"world": "stale"}),
    Run(CanvasFindCopiesOperator, _found),
    Run(CanvasImportPackageOperator, _with_package(CanvasImportPackageOperator), (SELF_HOSTED,)),
    Run(CanvasImportPackageOperator, _with_package(CanvasImportPackageOperator), settings=AT_INSTRUCTURE),
    Run(CanvasContentMigrationOperator, _with_package(CanvasContentMigrationOperator), (SELF_HOSTED,)),
    Run(
        CanvasContentMigrationOperator,
        _named(CanvasContentMigrationOperator, course_id=DESTINATION, source_course_id=SOURCE, fail_on_issues=None),
    ),
    Run(
        CanvasSelectiveImportOperator,
        _named(
            CanvasSelectiveImportOperator,
            course_id=DESTINATION,
            source_course_id=SOURCE,
            choose={"quizzes": "*"},
            fail_on_issues=None,
        ),
    ),
    Run(
        CanvasSelectiveImportOperator,
        _with_package(CanvasSelectiveImportOperator, choose={"quizzes": "*"}),
        (SELF_HOSTED,),
    ),
    Run(CanvasMigrationIssuesOperator, _issues),
    Run(CanvasMigrationIssuesOperator, lambda lab: _issues(lab, resolve=["missing_link"]), ("`resolve` is set",)),
    Run(CanvasContentExportOperator, _named(CanvasContentExportOperator, course_id=SOURCE)),
    Run(
        CanvasContentExportOperator,
        _timed_out(_named(CanvasContentExportOperator, course_id=SOURCE, timeout=1)),
        (ENDED,),
    ),
    Run(
        CanvasExportToObjectStorageOperator,
        lambda lab: lab.run(CanvasExportToObjectStorageOperator, course_id=SOURCE, path=f"{lab.folder}/course.imscc"),
    ),
    Run(
        CanvasExportToObjectStorageOperator,
        lambda lab: lab.run(CanvasExportToObjectStorageOperator, course_id=SOURCE, path=f"{lab.folder}/course.imscc"),
        ("Canvas is of 2023",),
        OLD,
    ),
    Run(
        CanvasBatchUpdateCoursesOperator,
        _named(CanvasBatchUpdateCoursesOperator, account_id=1, course_ids=[DESTINATION, 2003], event="offer"),
    ),
    Run(
        CanvasCreateCourseOperator,
        _named(
            CanvasCreateCourseOperator, deferrable=None, account_id=1, course={"name": "New", "sis_course_id": "NEW"}
        ),
    ),
    Run(
        CanvasCreateCourseOperator,
        _named(CanvasCreateCourseOperator, deferrable=None, if_exists="update", **EXISTING),
        ('`if_exists` is `"update"`',),
    ),
    Run(
        CanvasUpdateCourseOperator,
        _named(CanvasUpdateCourseOperator, deferrable=None, course_id=DESTINATION, course={"name": "New"}),
    ),
    Run(
        CanvasResetCourseOperator,
        _named(CanvasResetCourseOperator, deferrable=None, course_id=DESTINATION, allow_students=True),
    ),
    Run(CanvasDeleteCourseOperator, _named(CanvasDeleteCourseOperator, deferrable=None, course_id=DESTINATION)),
    Run(
        CanvasLegacyCourseCopyOperator,
        _named(
            CanvasLegacyCourseCopyOperator,
            source_course_id=SOURCE,
            destination_course_id=DESTINATION,
            fail_on_issues=None,
        ),
    ),
    Run(
        CanvasContentMigrationSensor,
        _sensor(
            CanvasContentMigrationSensor,
            lambda lab: {"course_id": FRESH, "content_migration_id": lab.copied_by_other()["id"]},
        ),
    ),
    Run(CanvasContentExportSensor, _sensor(CanvasContentExportSensor, _export_by_other)),
    Run(
        CanvasProgressSensor,
        _sensor(CanvasProgressSensor, lambda lab: {"progress_url": lab.copied_by_other()["progress_url"]}),
    ),
    Run(
        CanvasLegacyCourseCopySensor,
        _sensor(
            CanvasLegacyCourseCopySensor,
            lambda lab: {"course_id": FRESH, "content_migration_id": lab.copied_by_other()["id"]},
        ),
    ),
)
"""A run of each task, and of each option that needs further scopes."""
