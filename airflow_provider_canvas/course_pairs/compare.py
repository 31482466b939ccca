"""Compare both courses of a copy: what was read of them becomes a reconciliation. No I/O."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_canvas.client.courses.course_reader import Listings
from airflow_provider_canvas.course_pairs.checks import LINK_VALIDATION
from airflow_provider_canvas.course_pairs.course_content import CourseContent
from airflow_provider_canvas.course_pairs.read_copy import ReadCopy
from airflow_provider_canvas.reconciliation.classify import classify
from airflow_provider_canvas.reconciliation.content_migration import ContentMigration
from airflow_provider_canvas.reconciliation.links import Shards, StaleLink, find_stale_links, with_link_validation
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.rows import PreviousAsset
from airflow_provider_canvas.reconciliation.selection import Selected
from airflow_provider_canvas.reconciliation.summary import Summary
from airflow_provider_canvas.reconciliation.unmapped import compare_unmapped, with_new_quizzes
from airflow_provider_canvas.security.address import AddressError, parse_address

LTI_PLACE = "lti_resource_links"
"""The type of place whose links the check ``lti`` finds; all others are found by the check ``links``."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What all comparisons of a run have in common.

    :param canvas_instance: The host of the Canvas.
    :param canvas_url: The base URL of the Canvas.
    :param run_id: The id of the DAG run.
    :param task: The task of the run, such as ``my_dag.reconcile``: tasks of several DAGs may have runs of one id.
    :param checks: The checks that run.
    :param allowed_course_ids: Courses that links may lead to, as text.
    """

    canvas_instance: str
    canvas_url: str
    run_id: str
    task: str = ""
    checks: tuple[str, ...] = ()
    allowed_course_ids: tuple[str, ...] = ()


def compare(
    how: Comparison,
    source: CourseContent,
    copy: ReadCopy,
    *,
    selected: Selected | None,
    previous: Collection[PreviousAsset],
    read_at: datetime,
    report_uri: str | None,
    importer_skips: Collection[str] = (),
) -> Reconciliation:
    """Return the reconciliation of a copy.

    :param how: What all comparisons of the run have in common.
    :param source: The course that was copied.
    :param copy: The copy, with the course that was copied into.
    :param selected: What the copy selected; ``None`` for everything.
    :param previous: The rows of the previous reconciliation of the two courses.
    :param read_at: When the courses were read.
    :param report_uri: Where the report of the course will be.
    :param importer_skips: What the copy left out, if that is known: ``all_course_settings``, ``visibility_settings``.
    """
    destination = copy.destination
    mapping = AssetMap.parse(copy.asset_id_mapping, str(source.course["id"]), str(destination.course["id"]))
    migration = ContentMigration.parse(copy.migration, copy.progress)
    source_inventory = source.with_pages_read()
    rows = classify(
        source_inventory,
        destination.inventory,
        mapping,
        selected,
        previous,
        copy_began_at=migration.began_at,
        copy_ended_at=migration.ended_at,
        issues=copy.issues,
    )
    if "new_quizzes" in how.checks:
        rows = with_new_quizzes(rows, source.listings, destination.listings)
    if "unmapped" in how.checks:
        rows += compare_unmapped(
            source.listings,
            destination.listings,
            copied_settings=selected is None,
            selected=selected,
            copy_began_at=migration.began_at,
            copy_ended_at=migration.ended_at,
            importer_skips=importer_skips,
        )
    stale_links = _stale_links(how, source, copy, mapping)
    return Reconciliation(
        canvas_instance=how.canvas_instance,
        canvas_url=how.canvas_url,
        source=source_inventory.course,
        destination=destination.inventory.course,
        content_migration=copy.migration,
        issues=copy.issues,
        progress=copy.progress,
        rows=rows,
        summary=Summary.from_rows(rows, copy.issues, stale_links),
        stale_links=stale_links,
        unreadable=sorted({*source.unreadable, *destination.unreadable}),
        checks=how.checks,
        reconciled_at=read_at,
        run_id=how.run_id,
        reconciled_by=how.task,
        report_uri=report_uri,
    )


def _stale_links(how: Comparison, source: CourseContent, copy: ReadCopy, mapping: AssetMap) -> list[StaleLink]:
    """Return the stale links that the checks ask for."""
    if "links" not in how.checks and "lti" not in how.checks:
        return []
    destination = copy.destination
    source_id, course_id = str(source.course["id"]), str(destination.course["id"])
    found = find_stale_links(
        source=source.listings,
        destination=destination.listings,
        mapping=mapping,
        source_course_ids=tuple(dict.fromkeys((source_id, *copy.source_course_ids, *source.source_course_ids))),
        destination_course_id=course_id,
        hosts=tuple(dict.fromkeys((how.canvas_instance, *_hosts(destination.listings)))),
        allowed_course_ids=how.allowed_course_ids,
    )
    if LINK_VALIDATION in how.checks and LINK_VALIDATION in destination.listings:
        found = with_link_validation(
            found,
            next(iter(destination.listings[LINK_VALIDATION]), None),
            destination=destination.listings,
            destination_course_id=course_id,
            shards=Shards.between(mapping, source.listings, destination.listings),
            allowed_course_ids=how.allowed_course_ids,
        )
    return [link for link in found if ("lti" if link.place_type == LTI_PLACE else "links") in how.checks]


def _hosts(listings: Listings) -> list[str]:
    """Return the host that Canvas itself writes into the addresses of its records; it may have several names."""
    url = next((record["html_url"] for record in listings.get("assignments", ()) if record.get("html_url")), None)
    try:
        return [parse_address(url).netloc]
    except AddressError:
        return []
