"""What the report of a term reads from SQL: the ledger's rows of a batch, and sums over its assets and stale links.

Nothing is kept of a run in memory: a report that a resumed run writes has all sections of the batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.ledger.schema import check_database
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.ledger.tables import copy_ledger
from airflow_provider_canvas.reconciliation.links.stale_link import ONLY_REPORTED, Problem
from airflow_provider_canvas.reconciliation.report.log_lines import stale_link_lines
from airflow_provider_canvas.reconciliation.report.tables import asset_map, stale_link
from airflow_provider_canvas.reconciliation.statuses import Status, Verdict
from airflow_provider_canvas.reconciliation.term_report.sections import Section

MAX_LOSSES = 10
"""How many of the most frequent losses and stale links a report shows."""

LOST = (Status.MISSING_IN_DESTINATION, Status.FAILED_QUIZ, Status.MAPPED_BUT_DELETED)
"""The statuses of assets that a section should have, and does not have."""

UNREADABLE = "unreadable"
"""The ledger's verdict on a copy that could not be compared, because something of it could not be read."""

_VERDICTS = frozenset(Verdict)
_STATUSES = tuple(Status)
_COLUMNS = (
    "row_number", "source_course_id", "source_course_name", "source_sis_course_id", "dest_course_id",
    "dest_course_name", "dest_sis_course_id", "state", "state_detail", "plan_detail", "error_message",
    "content_migration_id", "reconciled_content_migration_id", "verdict", "unreadable", "coverage_percent",
    "expected_assets", "arrived_assets", "issues_error", "issues_warning", "issues_todo", "stale_links",
    "repairable_links", "changed_since_copy", "report_uri", "reconciled_at", "run_id",
)  # fmt: skip


@dataclass(frozen=True)
class Loss:
    """An asset of a source course that several sections lack for the same reason.

    :param source_course_id: The source course.
    :param asset_type: The type of the asset.
    :param source_asset_id: The id of the asset in the source course; None if it has none.
    :param title: The title of the asset.
    :param slug: The last part of a page's URL in the source.
    :param status: Why the sections lack it.
    :param sections: The number of sections.
    """

    source_course_id: str
    asset_type: str
    source_asset_id: str | None
    title: str
    slug: str | None
    status: Status
    sections: int


@dataclass(frozen=True)
class ProblemCount:
    """The stale links with one problem.

    :param problem: The problem.
    :param links: The number of links.
    :param repairable: The number of links that a repair can change.
    :param sections: The number of sections that have such a link.
    """

    problem: Problem
    links: int
    repairable: int
    sections: int


@dataclass(frozen=True)
class FrequentLink:
    """A stale link that several sections of a source course have in the same place.

    :param source_course_id: The source course.
    :param place_type: The kind of the place.
    :param place_title: The title of the place.
    :param problem: The problem.
    :param sections: The number of sections.
    :param links: The number of links.
    :param repairable: The number of links that a repair can change.
    """

    source_course_id: str
    place_type: str
    place_title: str
    problem: Problem
    sections: int
    links: int
    repairable: int


@dataclass(frozen=True)
class TermContent:
    """What the report of a term shows, as it was read.

    :param sections: The sections, in the order of the batch.
    :param losses: The most frequent losses.
    :param problems: The stale links by problem.
    :param links: The most frequent stale links.
    """

    sections: Sequence[Section]
    losses: Sequence[Loss]
    problems: Sequence[ProblemCount]
    links: Sequence[FrequentLink]

    @property
    def link_lines(self) -> list[str]:
        """The stale links in a few lines, for the log of a task; empty if links were checked in no section."""
        if not any(section.stale_links is not None for section in self.sections):
            return []
        counts = {str(each.problem): each.links for each in self.problems}
        return stale_link_lines(counts, sum(each.repairable for each in self.problems))


def read_term(
    engine: sa.engine.Engine,
    *,
    canvas_instance: str,
    batch: str,
    asset_table: str = "canvas_asset_map",
    ledger_table: str = "canvas_copy_ledger",
    link_table: str = "canvas_stale_link",
    schema: str | None = None,
) -> TermContent:
    """Read what the report of a term shows, in few statements.

    :param engine: The engine of a SQLite or PostgreSQL database.
    :param canvas_instance: The host of the Canvas.
    :param batch: The name of the batch.
    :param asset_table: The table of assets; without it the report has no losses.
    :param ledger_table: The table of copies.
    :param link_table: The table of stale links; without it the report has none.
    :param schema: The schema of the tables.
    :raises CanvasInputError: If the database is neither SQLite nor PostgreSQL.
    """
    check_database(engine)
    ledger = copy_ledger(ledger_table, schema)
    of_batch = [ledger.c.canvas_instance == canvas_instance, ledger.c.batch == batch]
    inspector = sa.inspect(engine)
    assets = asset_map(asset_table, schema) if inspector.has_table(asset_table, schema=schema) else None
    links = stale_link(link_table, schema) if inspector.has_table(link_table, schema=schema) else None
    with engine.connect() as connection:
        return TermContent(
            sections=_read_sections(connection, ledger, of_batch),
            losses=[] if assets is None else _read_losses(connection, assets, ledger, of_batch),
            problems=[] if links is None else _read_problems(connection, links, ledger, of_batch),
            links=[] if links is None else _read_links(connection, links, ledger, of_batch),
        )


def _read_sections(connection: sa.engine.Connection, ledger: sa.Table, of_batch: Sequence[Any]) -> list[Section]:
    names = (*_COLUMNS, *map(str, _STATUSES))
    query = sa.select(*(ledger.c[name] for name in names)).where(*of_batch)
    query = query.order_by(ledger.c.row_number, ledger.c.dest_course_id)
    return [_section(dict(record)) for record in connection.execute(query).mappings()]


def _section(record: Mapping[str, Any]) -> Section:
    reconciled = record["reconciled_content_migration_id"]
    is_current = reconciled is not None and record["content_migration_id"] in (None, reconciled)
    verdict = record["verdict"] if is_current else None
    state = CopyState(record["state"])
    detail = record["state_detail"] or record["error_message"]
    return Section(
        row_number=record["row_number"],
        source_course_id=record["source_course_id"],
        source_name=record["source_course_name"],
        source_sis_course_id=record["source_sis_course_id"],
        dest_course_id=record["dest_course_id"],
        dest_name=record["dest_course_name"],
        dest_sis_course_id=record["dest_sis_course_id"],
        copy_state=state,
        copy_detail=(record["plan_detail"] or detail) if state is CopyState.REFUSED else detail,
        is_unreadable=verdict == UNREADABLE,
        unreadable=record["unreadable"] if is_current else None,
        verdict=Verdict(verdict) if verdict in _VERDICTS else None,
        coverage=record["coverage_percent"],
        expected=record["expected_assets"] or 0,
        arrived=record["arrived_assets"] or 0,
        statuses={status: count for status in _STATUSES if (count := record[str(status)])},
        errors=record["issues_error"],
        other_issues=record["issues_warning"] + record["issues_todo"],
        stale_links=record["stale_links"],
        repairable_links=record["repairable_links"] or 0,
        changed_since_copy=record["changed_since_copy"],
        report_uri=record["report_uri"],
        reconciled_at=record["reconciled_at"],
        run_id=record["run_id"],
    )


def _joined(rows: sa.Table, ledger: sa.Table, of_batch: Sequence[Any]) -> list[Any]:
    """Return the conditions that select the rows of the copies of a batch that were reconciled.

    The content migration of a row is not compared: a row that did not change since an earlier copy keeps its.
    """
    same = ("canvas_instance", "dest_course_id", "source_course_id")
    return [
        *of_batch,
        *(rows.c[name] == ledger.c[name] for name in same),
        ledger.c.reconciled_content_migration_id.is_not(None),
    ]


def _read_losses(
    connection: sa.engine.Connection, assets: sa.Table, ledger: sa.Table, of_batch: Sequence[Any]
) -> list[Loss]:
    key = [assets.c[name] for name in ("source_course_id", "asset_type", "source_asset_id", "status")]
    sections = sa.func.count().label("sections")
    title, slug = sa.func.max(assets.c.source_title).label("title"), sa.func.max(assets.c.source_url_slug).label("slug")
    query = sa.select(*key, title, slug, sections).where(
        *_joined(assets, ledger, of_batch), assets.c.status.in_([str(status) for status in LOST])
    )
    query = query.group_by(*key).order_by(sections.desc(), *key[:3]).limit(MAX_LOSSES)
    return [
        Loss(**{**record, "status": Status(record["status"]), "title": record["title"] or "(no title)"})
        for record in connection.execute(query).mappings()
    ]


def _read_problems(
    connection: sa.engine.Connection, links: sa.Table, ledger: sa.Table, of_batch: Sequence[Any]
) -> list[ProblemCount]:
    query = sa.select(links.c.problem, *_link_counts(links)).where(*_joined(links, ledger, of_batch))
    records = connection.execute(query.group_by(links.c.problem)).mappings()
    return [ProblemCount(**{**record, "problem": Problem(record["problem"])}) for record in records]


def _read_links(
    connection: sa.engine.Connection, links: sa.Table, ledger: sa.Table, of_batch: Sequence[Any]
) -> list[FrequentLink]:
    key = [links.c[name] for name in ("source_course_id", "place_type", "place_title", "problem")]
    counts = _link_counts(links)
    query = sa.select(*key, *counts).where(*_joined(links, ledger, of_batch)).group_by(*key)
    sections = next(column for column in counts if column.name == "sections")
    query = query.order_by(sections.desc(), *key).limit(MAX_LOSSES)
    return [
        FrequentLink(
            **{**record, "problem": Problem(record["problem"]), "place_title": record["place_title"] or "(no title)"}
        )
        for record in connection.execute(query).mappings()
    ]


def _link_counts(links: sa.Table) -> list[Any]:
    """Return the numbers of links, of those that can be repaired, and of sections."""
    return [
        sa.func.count().label("links"),
        sa.func.count(sa.case((links.c.place_type.not_in(ONLY_REPORTED), links.c.right_url))).label("repairable"),
        sa.func.count(sa.distinct(links.c.dest_course_id)).label("sections"),
    ]
