"""Write the rows of a term's reconciliation into PostgreSQL and SQLite: a first run, and a second without changes.

    python benchmarks/reconciliation_tables.py [--rows 1000000] [--courses 1000] [--databases postgresql sqlite]

Each database is measured in a process of its own, which also writes the same rows in the barest way that the database
has: one COPY with PostgreSQL, one ``executemany`` with SQLite, into a table with the same columns and key. That has all
rows ready, compares nothing and removes nothing. The ratio to it is what counts. Peak memory is the growth of the
process; the reconciliations are made one by one as they are written.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "benchmarks")]

from measuring import Cost, measured, median_of, report  # noqa: E402

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES  # noqa: E402
from airflow_provider_canvas.reconciliation.inventory import Inventory  # noqa: E402
from airflow_provider_canvas.reconciliation.mapping import AssetMap  # noqa: E402
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation, reconcile  # noqa: E402
from airflow_provider_canvas.reconciliation.report.records import ASSET_COLUMNS, asset_rows  # noqa: E402
from airflow_provider_canvas.reconciliation.report.sql import write_tables  # noqa: E402
from airflow_provider_canvas.reconciliation.report.tables import asset_map  # noqa: E402
from airflow_provider_canvas.reconciliation.rows import AssetRow  # noqa: E402
from airflow_provider_canvas.reconciliation.statuses import Status  # noqa: E402
from tests.support.postgres import running_postgres  # noqa: E402

STARTED = datetime(2026, 8, 1, 12, tzinfo=UTC)


def reconciliations(courses: int, rows: int, run_id: str) -> Iterator[Reconciliation]:
    """Yield the reconciliations of a term's courses, each made when it is asked for.

    :param courses: The number of courses.
    :param rows: The number of rows of a course.
    :param run_id: The run that reconciles.
    """
    listings: dict[str, list[Any]] = {asset_type: [] for asset_type in (*ASSET_TYPES, "folders")}
    base = reconcile(
        Inventory.parse({"id": 11, "name": "Biology", "sis_course_id": "TMPL-BIOL1010"}, listings),
        Inventory.parse({"id": 22, "name": "Biology 001", "sis_course_id": "BIOL-1010-001"}, listings),
        AssetMap.parse({}),
        canvas_instance="canvas.example.edu",
        content_migration={"id": 77, "migration_type": "course_copy_importer", "workflow_state": "completed"},
        reconciled_at=STARTED,
        run_id=run_id,
    )
    for number in range(courses):
        yield replace(
            base,
            destination=replace(base.destination, course_id=str(6000 + number)),
            content_migration={**base.content_migration, "id": 7000 + number},
            rows=[asset(number, position) for position in range(rows)],
        )


def asset(course: int, position: int) -> AssetRow:
    """Return the row of an asset, of which one in 20 differs in its points."""
    title = f"Week {position % 15}: reading, discussion and assignment {position}"
    return AssetRow(
        asset_type=ASSET_TYPES[position % len(ASSET_TYPES)],
        asset_key=f"source:{position}",
        status=Status.MATCHED if position % 20 else Status.MATCHED_CHANGED,
        detail="" if position % 20 else "points: 10 -> 20",
        in_source=True,
        in_destination=True,
        source_asset_id=str(position),
        dest_asset_id=str(course * 100_000 + position),
        source_title=title,
        dest_title=title,
        source_published=True,
        dest_published=True,
        points_source=10.0,
        points_dest=10.0 if position % 20 else 20.0,
        due_at_source=STARTED + timedelta(days=position % 100),
        due_at_dest=STARTED + timedelta(days=168 + position % 100),
        due_delta_days=168,
        source_updated_at=STARTED - timedelta(minutes=position),
        dest_updated_at=STARTED + timedelta(seconds=course),
        matched_by="mapping",
        changed_since_copy=False,
    )


def bare_columns() -> list[str]:
    """Return the names of the columns in the order of :func:`bare_rows`."""
    return [*asset_rows(next(reconciliations(1, 0, "bare"))).shared, *ASSET_COLUMNS]


def bare_rows(courses: int, rows: int) -> Iterator[list[Any]]:
    """Yield the values of each row."""
    for reconciliation in reconciliations(courses, rows, "bare"):
        staged = asset_rows(reconciliation)
        shared = [value.isoformat() if isinstance(value, datetime) else value for value in staged.shared.values()]
        for row in staged.rows:
            own = [value.isoformat() if isinstance(value, datetime) else value for value in row]
            yield [*shared, *own]


def bare_copy(engine: sa.engine.Engine, courses: int, rows: int) -> Callable[[], object]:
    """Return a case that copies lines, which are ready, into an empty table."""
    lines = io.StringIO()
    for values in bare_rows(courses, rows):
        lines.write("\t".join("\\N" if value is None else str(value) for value in values) + "\n")
    lines.seek(0)
    asset_map("bare", None).create(engine)

    def case() -> None:
        with engine.begin() as connection:
            cursor: Any = connection.connection.cursor()
            cursor.copy_expert(f"COPY bare ({', '.join(bare_columns())}) FROM STDIN", lines)

    return case


def bare_executemany(engine: sa.engine.Engine, courses: int, rows: int) -> Callable[[], object]:
    """Return a case that inserts tuples, which are ready, into an empty table."""
    values = [
        tuple(str(value) if isinstance(value, Status) else value for value in row) for row in bare_rows(courses, rows)
    ]
    asset_map("bare", None).create(engine)
    names = bare_columns()
    statement = f"INSERT INTO bare ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"

    def case() -> None:
        with engine.begin() as connection:
            cursor: Any = connection.connection.cursor()
            cursor.executemany(statement, values)

    return case


def measure(database: str, courses: int, rows: int, case: str, url: str) -> Cost:
    """Return the cost of one case.

    :param database: ``postgresql`` or ``sqlite``.
    :param courses: The number of courses.
    :param rows: The number of rows of a course.
    :param case: ``bare``, ``first`` or ``second``.
    :param url: The URL of the database.
    """
    engine = sa.create_engine(url)
    if case == "bare":
        make = bare_copy if database == "postgresql" else bare_executemany
        cost = measured(make(engine, courses, rows))
    else:
        cost = measured(lambda: write_tables(engine, reconciliations(courses, rows, case)))
    engine.dispose()
    return cost


def main() -> None:
    """Measure each database, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of all courses (default: 1,000,000)")
    parser.add_argument("--courses", type=int, default=1_000, help="courses (default: 1,000)")
    parser.add_argument("--databases", nargs="+", default=["postgresql", "sqlite"], help="default: both")
    parser.add_argument("--case", nargs=2, metavar=("CASE", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    per_course = options.rows // options.courses
    if options.case:
        report(measure(options.databases[0], options.courses, per_course, *options.case))
        return
    size = ["--rows", str(options.rows), "--courses", str(options.courses)]
    print("| | | wall s | of the bare load | CPU s of the process | memory MB |")
    print("|---|---|---:|---:|---:|---:|")
    for database in options.databases:
        with ExitStack() as stack:
            if database == "postgresql":
                url = stack.enter_context(running_postgres()).url
            else:
                url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/warehouse.db"
            costs: dict[str, Cost] = {}
            for case in ("bare", "first", "second"):
                cost = median_of(__file__, [*size, "--databases", database, "--case", case, url], repeat=1)
                costs[case] = cost
                ratio = cost.wall / costs["bare"].wall
                print(
                    f"| {database} | {case} | {cost.wall:.1f} | {ratio:.2f} | {cost.cpu:.1f} | {cost.memory:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
