"""The result of a reconciled batch, from the rows of the ledger: small enough for an XCom, whatever its size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.course_pairs.batch_rows import UNREADABLE, BatchRows
from airflow_provider_canvas.ledger.tables import ASSET_STATUSES
from airflow_provider_canvas.reconciliation.statuses import Verdict
from airflow_provider_canvas.reconciliation.summary import percent
from airflow_provider_canvas.reconciliation.thresholds import Counts

VERDICTS = (UNREADABLE, *(str(verdict) for verdict in reversed(Verdict)))
"""The verdicts on a copy, the worst first."""

SOURCES_IN_RESULT = 50
"""How many source courses the result names."""

COPIES_IN_RESULT = 20
"""How many of the worst copies the result names."""

_SUMS = ("expected_assets", "arrived_assets", "changed_since_copy", "stale_links", "repairable_links")
_ISSUES = ("error", "warning", "todo")


def batch_totals(rows: BatchRows) -> dict[str, Any]:
    """Return the counts of all copies of a batch that were reconciled, whatever run did it.

    :param rows: The rows of the batch.
    :return: ``verdicts``, ``statuses``, ``issues`` (counts), the sums of the ledger's columns, ``coverage_percent``,
        ``sources`` (copies and verdicts by source course), and ``worst``: the copies that need attention first.
    """
    table = rows.table
    row = table.c
    count = sa.func.count().label("copies")
    verdicts = {
        each["verdict"]: each["copies"] for each in rows.read(_tried(rows, row.verdict, count, by=[row.verdict]))
    }
    names = (*_SUMS, *ASSET_STATUSES, *(f"issues_{kind}" for kind in _ISSUES))
    (sums,) = rows.read(_tried(rows, *(sa.func.coalesce(sa.func.sum(row[name]), 0).label(name) for name in names)))
    expected, arrived = int(sums["expected_assets"]), int(sums["arrived_assets"])
    return {
        "verdicts": {verdict: verdicts.get(verdict, 0) for verdict in VERDICTS},
        "coverage_percent": percent(arrived, expected) if expected else None,
        **{name: int(sums[name]) for name in _SUMS},
        "statuses": {status: int(sums[status]) for status in ASSET_STATUSES if sums[status]},
        "issues": {kind: int(sums[f"issues_{kind}"]) for kind in _ISSUES},
        "sources": _sources(rows),
        "worst": _worst(rows),
    }


def counts_of(totals: Mapping[str, Any]) -> Counts:
    """Return the counts of a batch that thresholds limit.

    :param totals: What :func:`batch_totals` returned.
    """
    return Counts(
        statuses=totals["statuses"],
        issues=totals["issues"],
        expected=totals["expected_assets"],
        arrived=totals["arrived_assets"],
        further={name: totals[name] for name in ("stale_links", "repairable_links", "changed_since_copy")},
    )


def _sources(rows: BatchRows) -> list[dict[str, Any]]:
    """Return the number of copies by verdict of the first sources, those with the most copies first."""
    row = rows.table.c
    count = sa.func.count().label("copies")
    most = _tried(rows, row.source_course_id, count, by=[row.source_course_id])
    most = most.order_by(count.desc(), row.source_course_id).limit(SOURCES_IN_RESULT)
    sources = {each["source_course_id"]: {"copies": each["copies"]} for each in rows.read(most)}
    by_verdict = _tried(rows, row.source_course_id, row.verdict, count, by=[row.source_course_id, row.verdict])
    for each in rows.read(by_verdict.where(row.source_course_id.in_(list(sources)))):
        sources[each["source_course_id"]][each["verdict"]] = each["copies"]
    return [{"source_course_id": source_id, **counts} for source_id, counts in sources.items()]


def _worst(rows: BatchRows) -> list[dict[str, Any]]:
    """Return the copies that do not pass, the worst first."""
    row = rows.table.c
    severity = sa.case({verdict: rank for rank, verdict in enumerate(VERDICTS)}, value=row.verdict, else_=len(VERDICTS))
    names = ("source_course_id", "verdict", "coverage_percent", "missing_in_destination", "stale_links", "unreadable")
    query = _tried(rows, row.dest_course_id, *(row[name] for name in (*names, "report_uri")))
    query = query.where(row.verdict != str(Verdict.PASS)).limit(COPIES_IN_RESULT)
    query = query.order_by(severity, row.missing_in_destination.desc(), row.stale_links.desc(), row.row_number)
    return [
        {
            "destination_course_id": each["dest_course_id"],
            **{name: each[name] for name in names if each[name] is not None},
        }
        for each in rows.read(query)
    ]


def _tried(rows: BatchRows, *columns: Any, by: list[Any] | None = None) -> Any:
    query = sa.select(*columns).where(*rows.tried)
    return query.group_by(*by) if by else query
