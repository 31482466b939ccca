"""The texts and addresses of a course in which links can stand, from Canvas's raw listings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import to_bool, to_datetime, to_object, to_objects, to_text

Listings = Mapping[str, Any]
"""Canvas's records by the name of their listing. A listing that is absent is unknown, not empty."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """A text, or a single address, of one object of a course.

    :param place_type: One of ``PLACE_TYPES``.
    :param place_id: Canvas's id; of the syllabus, the id of the course.
    :param place_title: Title of the object.
    :param place_url: Path of the object on Canvas, for people.
    :param field: Field of Canvas's record that holds the text.
    :param html: The HTML; the address itself if ``is_address``.
    :param published: Whether the object is published; None if Canvas does not send it.
    :param updated_at: Time of its last update, in UTC; None if Canvas does not send it.
    :param is_address: Whether the field is one address instead of HTML.
    """

    place_type: str
    place_id: str
    place_title: str
    place_url: str
    field: str
    html: str
    published: bool | None = None
    updated_at: datetime | None = None
    is_address: bool = False


_FIELDS: Mapping[str, tuple[str, ...]] = {
    "pages": ("body",),
    "assignments": ("description",),
    "discussion_topics": ("message",),
    "announcements": ("message",),
    "quizzes": ("description",),
    "quiz_questions": (
        "question_text",
        "correct_comments_html",
        "incorrect_comments_html",
        "neutral_comments_html",
        "more_comments_html",
    ),
    "calendar_events": ("description",),
}
"""The fields of HTML of each listing, in the order in which they are read."""
_CHOICE_FIELDS = ("html", "comments_html", "left_html")
_TITLE_KEYS = {"assignments": "name", "quiz_questions": "question_name"}
_ORIGIN = re.compile(r"^https?://[^/?#]*", re.IGNORECASE)
_ADDRESSED_ITEMS = ("ExternalUrl", "ExternalTool")


def bodies_of(listings: Listings, course_id: str) -> list[Body]:
    """Return every text and every single address of a course in which links can stand.

    The description of an assignment that is the gradebook entry of a quiz or a discussion topic is left out: it is that
    of the quiz or the topic.

    :param listings: Canvas's raw records by listing; a listing that is absent has no bodies.
    :param course_id: The course.
    """
    bodies = [body for name in _FIELDS for body in _bodies_of_listing(listings, name, course_id)]
    bodies += _syllabus(listings, course_id)
    bodies += _module_items(listings, course_id)
    bodies += _tools_of_assignments(listings, course_id)
    bodies += _lti_resource_links(listings, course_id)
    return [body for body in bodies if body.html.strip()]


def module_items_of(listings: Listings) -> Iterator[Mapping[str, Any]]:
    """Yield each module item once, from ``module_items`` or the ``items`` of ``modules``."""
    seen = set()
    modules = to_objects(listings.get("modules"))
    nested = ({"module_id": module.get("id"), **item} for module in modules for item in to_objects(module.get("items")))
    for item in (*to_objects(listings.get("module_items")), *nested):
        if (item_id := to_text(item.get("id"))) and item_id not in seen:
            seen.add(item_id)
            yield item


def _bodies_of_listing(listings: Listings, name: str, course_id: str) -> Iterator[Body]:
    for record in to_objects(listings.get(name)):
        place_id = to_text(record.get("page_id" if name == "pages" else "id"))
        if place_id is None or (name == "assignments" and _is_shell(record)):
            continue
        fields = [(field, record.get(field)) for field in _FIELDS[name]]
        for number, choice in enumerate(to_objects(record.get("answers"))) if name == "quiz_questions" else ():
            fields += [(f"answers.{number}.{field}", choice.get(field)) for field in _CHOICE_FIELDS]
        for field, html in fields:
            if isinstance(html, str):
                yield Body(
                    place_type=name,
                    place_id=place_id,
                    place_title=to_text(record.get(_TITLE_KEYS.get(name, "title"))) or "",
                    place_url=_path(name, record, place_id, course_id),
                    field=field,
                    html=html,
                    published=to_bool(record.get("published")),
                    updated_at=to_datetime(record.get("updated_at")),
                )


def _is_shell(assignment: Mapping[str, Any]) -> bool:
    return bool(assignment.get("quiz_id") or to_object(assignment.get("discussion_topic")).get("id"))


def _path(name: str, record: Mapping[str, Any], place_id: str, course_id: str) -> str:
    match name:
        case "pages":
            return f"/courses/{course_id}/pages/{to_text(record.get('url')) or place_id}"
        case "announcements":
            return f"/courses/{course_id}/discussion_topics/{place_id}"
        case "quiz_questions":
            return f"/courses/{course_id}/quizzes/{to_text(record.get('quiz_id')) or ''}/edit#question_{place_id}"
        case _:
            return f"/courses/{course_id}/{name}/{place_id}"


def _syllabus(listings: Listings, course_id: str) -> Iterator[Body]:
    for course in to_objects(listings.get("course")):
        if isinstance(html := course.get("syllabus_body"), str):
            yield Body(
                place_type="syllabus",
                place_id=course_id,
                place_title="Syllabus",
                place_url=f"/courses/{course_id}/assignments/syllabus",
                field="syllabus_body",
                html=html,
            )


def _module_items(listings: Listings, course_id: str) -> Iterator[Body]:
    for item in module_items_of(listings):
        url = item.get("external_url")
        if item.get("type") in _ADDRESSED_ITEMS and isinstance(url, str):
            item_id = to_text(item.get("id")) or ""
            yield Body(
                place_type="module_items",
                place_id=item_id,
                place_title=to_text(item.get("title")) or "",
                place_url=f"/courses/{course_id}/modules/items/{item_id}",
                field="external_url",
                html=url,
                published=to_bool(item.get("published")),
                is_address=True,
            )


def _tools_of_assignments(listings: Listings, course_id: str) -> Iterator[Body]:
    for assignment in to_objects(listings.get("assignments")):
        url = to_object(assignment.get("external_tool_tag_attributes")).get("url")
        if (place_id := to_text(assignment.get("id"))) and isinstance(url, str):
            yield Body(
                place_type="assignments",
                place_id=place_id,
                place_title=to_text(assignment.get("name")) or "",
                place_url=f"/courses/{course_id}/assignments/{place_id}",
                field="external_tool_tag_attributes.url",
                html=url,
                published=to_bool(assignment.get("published")),
                updated_at=to_datetime(assignment.get("updated_at")),
                is_address=True,
            )


def _lti_resource_links(listings: Listings, course_id: str) -> Iterator[Body]:
    for link in to_objects(listings.get("lti_resource_links")):
        place_id = to_text(link.get("id"))
        if place_id is None or link.get("workflow_state") == "deleted":
            continue
        for field, value in (("url", link.get("url")), *_values_in("custom", to_object(link.get("custom")))):
            if isinstance(value, str):
                yield Body(
                    place_type="lti_resource_links",
                    place_id=place_id,
                    place_title=to_text(link.get("title")) or "",
                    place_url=_ORIGIN.sub("", to_text(link.get("canvas_launch_url")) or f"/courses/{course_id}"),
                    field=field,
                    html=value,
                    updated_at=to_datetime(link.get("updated_at")),
                    is_address=True,
                )


def _values_in(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the texts and numbers of a custom parameter, each with its path: ``custom.course_id``."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _values_in(f"{name}.{key}", each)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _values_in(f"{name}.{number}", each)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield name, str(value)
