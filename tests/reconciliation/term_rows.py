"""A reconciled term in SQL, for the tests of its report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.ledger.tables import FORMAT_VERSION, copy_ledger
from airflow_provider_canvas.reconciliation.report.tables import asset_map, stale_link
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.reconciliation.term_report.queries import read_term
from airflow_provider_canvas.reconciliation.term_report.term_report import render_term_report

CANVAS = "https://canvas.example.edu"
INSTANCE = "canvas.example.edu"
BATCH = "fall-2026"
COMPARED = datetime(2026, 8, 2, 6, 0, tzinfo=UTC)
REPORTED = COMPARED + timedelta(hours=1)

LEDGER = copy_ledger("canvas_copy_ledger", None)
ASSETS = asset_map("canvas_asset_map", None)
LINKS = stale_link("canvas_stale_link", None)

Record = dict[str, Any]


def copied(number: int, **changed: Any) -> Record:
    """Return the ledger's row of a section that was copied, and not reconciled.

    :param number: The line of the input. The section has the number 2000 plus it.
    :param changed: Other columns.
    """
    fields: Record = {
        "canvas_instance": INSTANCE,
        "batch": BATCH,
        "dest_course_id": str(2000 + number),
        "row_number": number,
        "source_course_id": str(1000 + number % 12),
        "source_course_name": f"Template {number % 12}",
        "source_sis_course_id": f"TMPL-{number % 12}",
        "dest_course_name": f"Section {number}",
        "dest_sis_course_id": f"SEC-{number:05}",
        "request": {},
        "labels": {},
        "state": "completed",
        "attempts": 1,
        "started_by_other": False,
        "content_migration_id": str(7000 + number),
        **dict.fromkeys(("issues_todo", "issues_warning", "issues_error"), 0),
        "format_version": FORMAT_VERSION,
    }
    return {**fields, **changed}


def whole(number: int, **changed: Any) -> Record:
    """Return the ledger's row of a section that is whole.

    :param number: The line of the input.
    :param changed: Other columns.
    """
    fields: Record = {
        "reconciled_content_migration_id": str(7000 + number),
        "verdict": "pass",
        "coverage_percent": 100.0,
        **dict.fromkeys(("source_assets", "dest_assets", "expected_assets", "arrived_assets", "matched"), 40),
        **{str(status): 0 for status in Status if status is not Status.MATCHED},
        **dict.fromkeys(("stale_links", "repairable_links", "changed_since_copy"), 0),
        "report_uri": f"/reports/course-{2000 + number}.html",
        "run_id": "nightly__1",
        "reconciled_at": COMPARED + timedelta(seconds=number),
    }
    return copied(number, **{**fields, **changed})


def lacking(number: int, lost: int = 1, **changed: Any) -> Record:
    """Return the ledger's row of a section that lacks assets.

    :param number: The line of the input.
    :param lost: The number of assets that it lacks.
    :param changed: Other columns.
    """
    fields: Record = {
        "verdict": "fail",
        "coverage_percent": round(100 * (40 - lost) / 40, 1),
        "arrived_assets": 40 - lost,
        "missing_in_destination": lost,
    }
    return whole(number, **{**fields, **changed})


def linking(number: int, stale: int = 2, repairable: int = 1, **changed: Any) -> Record:
    """Return the ledger's row of a section with stale links.

    :param number: The line of the input.
    :param stale: The number of stale links.
    :param repairable: The number of those whose right target is known.
    :param changed: Other columns.
    """
    fields: Record = {"verdict": "warn", "stale_links": stale, "repairable_links": repairable}
    return whole(number, **{**fields, **changed})


def stamps() -> Record:
    """Return the columns that say when and by which run a row was written."""
    times = {"first_seen_at": COMPARED, "changed_at": COMPARED}
    return {"format_version": FORMAT_VERSION, "run_id": "nightly__1", **times}


def asset(section: Record, asset_id: int = 1, status: Status = Status.MISSING_IN_DESTINATION, **changed: Any) -> Record:
    """Return the row of an asset of a section.

    :param section: The ledger's row of the section.
    :param asset_id: The id of the asset in the source course.
    :param status: The status.
    :param changed: Other columns.
    """
    fields: Record = {
        **{name: section[name] for name in ("canvas_instance", "dest_course_id", "source_course_id")},
        "asset_type": "assignments",
        "asset_key": f"source:{asset_id}",
        "source_asset_id": str(asset_id),
        "source_title": f"Essay {asset_id}",
        "status": str(status),
        "detail": "",
        "content_migration_id": section["content_migration_id"],
        **stamps(),
    }
    return {**fields, **changed}


def link(section: Record, ordinal: int = 0, problem: str = "points_to_source", **changed: Any) -> Record:
    """Return the row of a stale link of a section.

    :param section: The ledger's row of the section.
    :param ordinal: The number of the link on its page.
    :param problem: What is wrong with it.
    :param changed: Other columns.
    """
    fields: Record = {
        **{name: section[name] for name in ("canvas_instance", "dest_course_id", "source_course_id")},
        "place_type": "pages",
        "place_id": "31",
        "place_title": "Syllabus",
        "field": "body",
        "ordinal": ordinal,
        "attribute": "href",
        "url": "/courses/1001/assignments/4",
        "problem": problem,
        "right_url": "/courses/2001/assignments/9",
        "detail": "It leads to the source course.",
        "content_migration_id": section["content_migration_id"],
        **stamps(),
    }
    return {**fields, **changed}


def mixed_term(count: int) -> tuple[list[Record], list[Record], list[Record]]:
    """Return the sections, assets and stale links of a term with 2 % of sections in each bad state.

    :param count: The number of sections.
    """
    sections, assets, links = list[Record](), list[Record](), list[Record]()
    for number in range(1, count + 1):
        match number % 50:
            case 7:
                sections.append(lacking(number, 1 + number % 3, mapped_but_deleted=number % 2))
                assets += [asset(sections[-1], n) for n in range(1 + number % 3)]
            case 9:
                detail = "Canvas could not complete the copy. Read its message on the import page."
                sections.append(copied(number, state="failed", state_detail=detail))
            case 11 | 12 | 13:
                sections.append(linking(number, 2, number % 2, changed_since_copy=3))
                links += [link(sections[-1], n) for n in range(2)]
            case 15:
                sections.append(copied(number))
            case _:
                sections.append(whole(number))
    return sections, assets, links


def write(
    engine: sa.engine.Engine,
    sections: Iterable[Record],
    assets: Iterable[Record] = (),
    links: Iterable[Record] | None = (),
) -> None:
    """Write a term to an empty database.

    :param engine: The engine of the database.
    :param sections: The rows of the ledger.
    :param assets: The rows of assets.
    :param links: The rows of stale links; None if there is no such table.
    """
    tables = [(LEDGER, sections), (ASSETS, assets), *([] if links is None else [(LINKS, links)])]
    for table, records in tables:
        table.create(engine)
        rows = list(records)
        names = [column.name for column in table.columns]
        with engine.begin() as connection:
            for start in range(0, len(rows), 5000):
                chunk = [{name: row.get(name) for name in names} for row in rows[start : start + 5000]]
                connection.execute(sa.insert(table), chunk)


def render(engine: sa.engine.Engine, **changed: Any) -> str:
    """Return the report of the term.

    :param engine: The engine of the database.
    :param changed: Other parameters of ``render_term_report``.
    """
    arguments: Record = {
        "canvas_instance": INSTANCE,
        "batch": BATCH,
        "base_url": CANVAS,
        "reported_at": REPORTED,
        "report_uri": "/reports/term.html",
        **changed,
    }
    content = read_term(engine, canvas_instance=INSTANCE, batch=BATCH)
    return "".join(render_term_report(content, **arguments))


def render_rows(
    sections: Iterable[Record],
    assets: Iterable[Record] = (),
    links: Iterable[Record] | None = (),
    **changed: Any,
) -> str:
    """Return the report of a term in a SQLite database.

    :param sections: The rows of the ledger.
    :param assets: The rows of assets.
    :param links: The rows of stale links; None if there is no such table.
    :param changed: Other parameters of ``render_term_report``.
    """
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    write(engine, sections, assets, links)
    html = render(engine, **changed)
    engine.dispose()
    return html
