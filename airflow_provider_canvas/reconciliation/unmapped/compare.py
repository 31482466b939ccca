"""Everything that Canvas's mapping does not have, of both courses of a copy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import to_datetime, to_objects
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.selection import Selected
from airflow_provider_canvas.reconciliation.unmapped.course_settings import compare_settings
from airflow_provider_canvas.reconciliation.unmapped.listings import PARSERS, without_roots
from airflow_provider_canvas.reconciliation.unmapped.pairing import Copy, compare_items, selection_of
from airflow_provider_canvas.reconciliation.unmapped.syllabus import compare_syllabus

Listings = Mapping[str, Sequence[Any]]

LISTINGS: tuple[str, ...] = (*PARSERS, "settings", "tabs")
"""The further listings that the comparison reads, besides ``course`` (with its ``syllabus_body``)."""

_SELECT = {
    "assignment_groups": ("assignment_groups",),
    "calendar_events": ("calendar_events",),
    "external_tools": ("external_tools", "context_external_tools"),
    "outcomes": ("outcomes", "learning_outcomes"),
    "outcome_groups": ("outcome_groups", "learning_outcome_groups"),
    "rubrics": ("rubrics",),
}
"""The names that a copy's ``select`` may use, by asset type."""

_DATED = ("announcements", "assignments", "discussion_topics", "files", "pages")
"""The listings that tell when their records were created."""


def compare_unmapped(
    source: Listings,
    destination: Listings,
    *,
    copied_settings: bool,
    selected: Selected | None,
    copy_began_at: datetime | None = None,
    copy_ended_at: datetime | None = None,
    importer_skips: Collection[str] = (),
) -> list[AssetRow]:
    """Return one row for each thing that Canvas's mapping does not have, and one for each setting.

    A type whose listing is absent on either side could not be read, and has no rows.

    :param source: Canvas's records of the course that was copied, by listing.
    :param destination: Canvas's records of the course it was copied into.
    :param copied_settings: Whether the copy was to bring the settings of the course.
    :param selected: The copy's ``select``: ids by type, or ``"all"``. None: everything.
    :param copy_began_at: When Canvas began the copy; None if it is not known.
    :param copy_ended_at: When Canvas ended the copy; None if it is not known.
    :param importer_skips: What the copy left out: ``all_course_settings``, ``visibility_settings``.
    """
    copy = Copy(
        selected=None if selected is None else selection_of(selected, _SELECT),
        began_at=copy_began_at,
        ended_at=copy_ended_at,
        is_first=_is_first_copy(destination, copy_began_at),
    )
    rows: list[AssetRow] = []
    for listing, parse in sorted(PARSERS.items()):
        if listing in source and listing in destination:
            items = parse(source), parse(destination)
            rows += compare_items(*(without_roots(*items) if listing == "outcome_groups" else items), copy)
    rows += compare_syllabus(source, destination, is_expected=selected is None)
    copied = copied_settings and selected is None and "all_course_settings" not in importer_skips
    skipped = ("visibility",) if "visibility_settings" in importer_skips else ()
    rows += compare_settings(source, destination, copied=copied, skipped=skipped)
    return rows


def _is_first_copy(destination: Listings, copy_began_at: datetime | None) -> bool:
    """Return whether the destination has content whose age is known, and none of it is older than the copy."""
    created = [
        time
        for name in _DATED
        for record in to_objects(destination.get(name))
        if (time := to_datetime(record.get("created_at"))) is not None
    ]
    return copy_began_at is not None and bool(created) and min(created) >= copy_began_at
