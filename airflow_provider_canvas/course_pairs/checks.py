"""The checks of a reconciliation beyond Canvas's mapping, and the further listings of a course that they need."""

from __future__ import annotations

from collections.abc import Collection

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.reconciliation.links import LISTINGS as OF_LINKS
from airflow_provider_canvas.reconciliation.unmapped import LISTINGS as OF_UNMAPPED
from airflow_provider_canvas.reconciliation.unmapped import NEW_QUIZ_LISTINGS

CHECKS = ("links", "unmapped", "lti", "new_quizzes")
"""The checks that an author can choose; by default all."""

LINK_VALIDATION = "link_validation"
"""The check that compares the stale links with Canvas's own link validation."""

_LISTINGS: dict[str, Collection[str]] = {
    "links": OF_LINKS,
    "unmapped": OF_UNMAPPED,
    "lti": ("lti_resource_links",),
    "new_quizzes": NEW_QUIZ_LISTINGS,
}
_READ_ANYWAY = {"course"}
"""Further listings that are the record of the course, which is read before its content."""


def parse_checks(checks: Collection[str], *, use_link_validation: bool = False) -> tuple[str, ...]:
    """Return the checks in a fixed order.

    :param checks: Names from ``CHECKS``; none compares only what Canvas's mapping shows.
    :param use_link_validation: Whether Canvas's link validation is read too.
    :raises CanvasInputError: If a name is unknown, or link validation is used without the check of links.
    """
    if isinstance(checks, str) or not isinstance(checks, Collection):
        raise CanvasInputError(f"checks is {redacted_repr(checks)}: write a list, such as ['links', 'unmapped'].")
    if unknown := [name for name in checks if not isinstance(name, str) or name not in CHECKS]:
        raise CanvasInputError(f"checks names {redacted_repr(unknown[0])}: write names from {', '.join(CHECKS)}.")
    if use_link_validation and "links" not in checks:
        raise CanvasInputError("use_link_validation=True needs the check of links: add 'links' to checks.")
    chosen = tuple(name for name in CHECKS if name in checks)
    return (*chosen, LINK_VALIDATION) if use_link_validation else chosen


def further_listings(checks: Collection[str], *, of_destination: bool) -> list[str]:
    """Return the names of the listings that a reconciliation reads beyond those of the mapped assets.

    :param checks: The checks.
    :param of_destination: Whether the course is the destination of the copy.
    """
    names = {"folders"}.union(*(_LISTINGS[name] for name in checks if name in _LISTINGS)) - _READ_ANYWAY
    if of_destination and LINK_VALIDATION in checks:
        names.add(LINK_VALIDATION)
    return sorted(names)
