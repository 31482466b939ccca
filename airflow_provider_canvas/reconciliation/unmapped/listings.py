"""The things that Canvas's mapping does not have, parsed from Canvas's listings, one function per type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_canvas.reconciliation.assets import id_order
from airflow_provider_canvas.reconciliation.coerce import to_datetime, to_number, to_object, to_objects, to_text
from airflow_provider_canvas.reconciliation.unmapped.item import Item
from airflow_provider_canvas.reconciliation.unmapped.syllabus import visible_text

Listings = Mapping[str, Sequence[Any]]


def rubrics(listings: Listings) -> Iterator[Item]:
    """Yield the rubrics of a course."""
    for body in _once(listings["rubrics"]):
        criteria = body.get("data") if isinstance(body.get("data"), list) else body.get("criteria")
        lines = tuple(_criterion(each) for each in to_objects(criteria))
        yield Item(
            asset_type="rubrics",
            item_id=_id(body),
            title=to_text(body.get("title")) or "",
            points=to_number(body.get("points_possible")),
            facts={
                "points": to_number(body.get("points_possible")),
                "number of criteria": len(lines) if isinstance(criteria, list) else None,
                "criteria": lines if isinstance(criteria, list) else None,
            },
            content=lines or None,
        )


def assignment_groups(listings: Listings) -> Iterator[Item]:
    """Yield the assignment groups of a course, with the titles of what is in each, if assignments are listed."""
    members: dict[str, list[str]] = {}
    for assignment in to_objects(listings.get("assignments")):
        members.setdefault(_text_id(assignment.get("assignment_group_id")), []).append(
            to_text(assignment.get("name")) or ""
        )
    bodies = _once(listings["assignment_groups"])
    for body in bodies:
        rules = to_object(body.get("rules"))
        titles = tuple(sorted(members.get(_id(body), ())))
        is_default = len(bodies) == 1 and "assignments" in listings and not titles and not rules
        yield Item(
            asset_type="assignment_groups",
            item_id=_id(body),
            title=to_text(body.get("name")) or "",
            facts={
                "weight": to_number(body.get("group_weight")),
                "lowest scores to drop": to_number(rules.get("drop_lowest")) or 0,
                "highest scores to drop": to_number(rules.get("drop_highest")) or 0,
                "assignments never to drop": len(_values(rules.get("never_drop"))),
            },
            content=titles or None,
            order=(to_number(body.get("position")) or 0,),
            not_copied=_DEFAULT_GROUP if is_default else "",
        )


_DEFAULT_GROUP = "it is empty, and the only one: Canvas creates such a group in each course when its groups are listed"


def outcomes(listings: Listings) -> Iterator[Item]:
    """Yield the outcomes of a course: its own, and those of an account that it uses."""
    subgroups = _subgroups(listings)
    links = sorted(to_objects(listings["outcomes"]), key=_group_order, reverse=True)
    for link in links:  # an outcome that is in several groups counts once, in the oldest
        body, group = to_object(link.get("outcome")), to_object(link.get("outcome_group"))
        if not to_text(body.get("id")):
            continue
        has_group = to_text(group.get("id")) in subgroups
        text = visible_text(body.get("description"))
        yield Item(
            asset_type="outcomes",
            item_id=_id(body),
            title=to_text(body.get("title")) or "",
            points=to_number(body.get("points_possible")),
            facts={
                "points": to_number(body.get("points_possible")),
                "points for mastery": to_number(body.get("mastery_points")),
                "group": to_text(group.get("title")) if has_group else None,
            },
            content=text or None,
        )


def outcome_groups(listings: Listings) -> Iterator[Item]:
    """Yield the groups of outcomes of a course, without the root, which has the name of the course."""
    bodies = _once(listings["outcome_groups"])
    parents = {_text_id(to_object(body.get("parent_outcome_group")).get("id")) for body in bodies}
    filled = {_text_id(to_object(link.get("outcome_group")).get("id")) for link in to_objects(listings.get("outcomes"))}
    course = next(iter(to_objects(listings.get("course"))), {})
    for body in bodies:
        title, is_top = to_text(body.get("title")) or "", not to_object(body.get("parent_outcome_group"))
        is_empty = "outcomes" in listings and _id(body) not in filled
        if is_top and (_id(body) in parents or is_empty or title in ("ROOT", to_text(course.get("name")))):
            continue
        yield Item(
            asset_type="outcome_groups",
            item_id=_id(body),
            title=title,
            content=visible_text(body.get("description")) or None,
            order=AT_THE_TOP if is_top else (False,),
        )


def without_roots(source: Iterable[Item], destination: Iterable[Item]) -> tuple[list[Item], list[Item]]:
    """Return the groups of outcomes of two courses without the roots, where a course was renamed since.

    If exactly one group on each side has none above it, and no other has its title, both are roots.
    """
    sides = list(source), list(destination)
    titles = [{item.key for item in side} for side in sides]
    roots = [
        [item for item in side if item.order == AT_THE_TOP and item.key not in others]
        for side, others in zip(sides, reversed(titles), strict=True)
    ]
    if [len(side) for side in roots] != [1, 1]:
        return sides
    return tuple([item for item in side if item not in of_side] for side, of_side in zip(sides, roots, strict=True))  # type: ignore[return-value]


AT_THE_TOP = (True,)
"""The order of a group of outcomes without a group above it."""


def group_sets(listings: Listings) -> Iterator[Item]:
    """Yield the sets of groups of a course, none of which a copy brings."""
    for body in _once(listings["group_categories"]):
        yield Item(
            asset_type="groups",
            item_id=_id(body),
            title=to_text(body.get("name")) or "",
            created_at=to_datetime(body.get("created_at")),
            not_copied="a copy never brings groups: create the set in the destination if it is needed",
        )


def external_tools(listings: Listings) -> Iterator[Item]:
    """Yield the tools of a course itself; those of its accounts are not copied, and not listed."""
    for body in _once(listings["external_tools"]):
        address = to_text(body.get("url")) or "", to_text(body.get("domain")) or ""
        yield Item(
            asset_type="external_tools",
            item_id=_id(body),
            title=to_text(body.get("name")) or "",
            facts={
                "launch URL": address[0] or None,
                "domain": address[1] or None,
                "privacy level": to_text(body.get("privacy_level")),
            },
            content=address if any(address) else None,
            created_at=to_datetime(body.get("created_at")),
            updated_at=to_datetime(body.get("updated_at")),
        )


def calendar_events(listings: Listings) -> Iterator[Item]:
    """Yield the events of a course's calendar; those of single sections and appointments are not copied."""
    for body in _once(listings["calendar_events"]):
        start, end = to_datetime(body.get("start_at")), to_datetime(body.get("end_at"))
        location = to_text(body.get("location_name"))
        yield Item(
            asset_type="calendar_events",
            item_id=_id(body),
            title=to_text(body.get("title")) or "",
            facts={"location": location or ""},
            content=(start, end, location) if start else None,
            shifts=True,
            order=(start is None, start.timestamp() if start else 0.0),
            created_at=to_datetime(body.get("created_at")),
            updated_at=to_datetime(body.get("updated_at")),
            not_copied=_why_event_is_not_copied(body),
        )


PARSERS: Mapping[str, Callable[[Listings], Iterable[Item]]] = {
    "assignment_groups": assignment_groups,
    "calendar_events": calendar_events,
    "external_tools": external_tools,
    "group_categories": group_sets,
    "outcome_groups": outcome_groups,
    "outcomes": outcomes,
    "rubrics": rubrics,
}
"""By the listing that it needs, the parser of a type."""


def _why_event_is_not_copied(event: Mapping[str, Any]) -> str:
    if (to_text(event.get("context_code")) or "").startswith("course_section_"):
        return "it is the event of a single section, which a copy never brings"
    if event.get("appointment_group_id") is not None:
        return "it is an appointment, which a copy never brings"
    return ""


def _criterion(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what a copy takes over of a criterion: its text, its points and its ratings, but not their ids."""
    ratings = tuple(
        (to_text(each.get("description")) or "", to_number(each.get("points")))
        for each in to_objects(body.get("ratings"))
    )
    return to_text(body.get("description")) or "", to_number(body.get("points")), ratings


def _group_order(link: Mapping[str, Any]) -> tuple[int, str]:
    return id_order(_text_id(to_object(link.get("outcome_group")).get("id")))


def _subgroups(listings: Listings) -> set[str | None]:
    """Return the ids of the groups that have a group above them; the root's name differs between courses."""
    groups = to_objects(listings.get("outcome_groups"))
    return {to_text(group.get("id")) for group in groups if to_object(group.get("parent_outcome_group"))}


def _values(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _once(bodies: object) -> list[Mapping[str, Any]]:
    """Return the objects of a listing that have an id, each once, however often pages that shifted repeat them."""
    return list({_id(body): body for body in to_objects(bodies) if to_text(body.get("id"))}.values())


def _id(body: Mapping[str, Any]) -> str:
    return _text_id(body.get("id"))


def _text_id(value: object) -> str:
    return to_text(value) or ""
