"""Canvas's own link validation as a second witness.

Canvas checks whether the links of a course lead to something. It does not notice most of what a copy leaves broken:
placeholders, files of the source without a course in their address, lost anchors, pages of the same name. Outside
addresses that it could not reach are a hint only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.reconciliation.coerce import to_object, to_objects, to_text
from airflow_provider_canvas.reconciliation.links.bodies import Body, Listings, bodies_of
from airflow_provider_canvas.reconciliation.links.html_scan import URL_ATTRIBUTES, scan
from airflow_provider_canvas.reconciliation.links.reference import parse_reference
from airflow_provider_canvas.reconciliation.links.shards import Shards
from airflow_provider_canvas.reconciliation.links.stale_link import Problem, StaleLink, Witness
from airflow_provider_canvas.security.redaction import strip_url_secrets

_PLACE_TYPES: Mapping[str, tuple[str, ...]] = {
    "assignment": ("assignments",),
    "calendar_event": ("calendar_events",),
    "discussion_topic": ("discussion_topics", "announcements"),
    "module": ("module_items",),
    "quiz": ("quizzes",),
    "quiz_question": ("quiz_questions",),
    "syllabus": ("syllabus",),
    "wiki_page": ("pages",),
}
"""Types of our places by the type of Canvas's issue; question banks and the picture of a course have none."""

_REASONS: Mapping[str, tuple[Problem, str]] = {
    "course_mismatch": (Problem.POINTS_TO_OTHER_COURSE, "it leads to another course"),
    "missing_item": (Problem.TARGET_MISSING, "what it leads to does not exist"),
    "missing_file": (Problem.TARGET_MISSING, "the file does not exist"),
    "deleted": (Problem.TARGET_MISSING, "what it leads to was deleted"),
    "unpublished_item": (Problem.TARGET_UNPUBLISHED, "what it leads to is not published"),
    "unreachable": (Problem.TARGET_MISSING, "Canvas could not reach it, which is only a hint"),
    "broken_link": (Problem.TARGET_MISSING, "it is broken"),
    "broken_image": (Problem.TARGET_MISSING, "the image is broken"),
}
_ORIGIN = re.compile(r"^(?:https?:)?//[^/?#]*(?=/)", re.IGNORECASE)
_LAST_ID = re.compile(r"/([^/?#]+)/?(?:[?#].*)?$")
_QUESTION = re.compile(r"#question_(\d+)")


@dataclass(frozen=True)
class InvalidLink:
    """A link that Canvas's link validation names.

    :param place_types: The types that its place may have.
    :param place: Id or slug of its place; empty if Canvas does not tell which one it is.
    :param place_url: Path of the place.
    :param place_title: Title of the place.
    :param url: The address, as stored.
    :param reason: Canvas's reason.
    :param link_text: Text of the link.
    """

    place_types: tuple[str, ...]
    place: str
    place_url: str
    place_title: str
    url: str
    reason: str
    link_text: str = ""


def invalid_links(results: object) -> list[InvalidLink]:
    """Return the links that a link validation names; none if it has not ended, or failed.

    :param results: Canvas's Progress of the validation, its ``results``, or a listing that holds one of them.
    """
    return [link for issue in to_objects(_issues(results)) for link in _of_issue(issue)]


def is_validated(results: object) -> bool:
    """Return whether a link validation has results.

    :param results: Canvas's Progress of the validation, its ``results``, or a listing that holds one of them.
    """
    return isinstance(_issues(results), list)


def with_link_validation(
    stale_links: Sequence[StaleLink],
    validation_results: object,
    *,
    destination: Listings,
    destination_course_id: str,
    shards: Shards,
    allowed_course_ids: Collection[str] = (),
) -> list[StaleLink]:
    """Return the stale links with what Canvas's link validation said about each, and those that only Canvas named.

    Without results nothing is known, and the links are returned unchanged.

    :param stale_links: The links that ``find_stale_links`` found.
    :param validation_results: Canvas's Progress of the validation, or its ``results``.
    :param destination: Canvas's raw records of the destination, by listing.
    :param destination_course_id: The destination.
    :param shards: Tells what the ids in addresses mean.
    :param allowed_course_ids: Other courses to which links lead on purpose: that Canvas names them is no news.
    """
    if not is_validated(validation_results):
        return list(stale_links)
    named = invalid_links(validation_results)
    slugs = {to_text(page.get("page_id")): to_text(page.get("url")) for page in to_objects(destination.get("pages"))}
    by_url: dict[str, list[int]] = {}
    for number, each in enumerate(named):
        by_url.setdefault(_comparable(each.url), []).append(number)
    agreed: set[int] = set()
    links = []
    for link in stale_links:
        same_url = by_url.get(_comparable(link.url), [])
        numbers = [n for n in same_url if _is_place(named[n], link.place_type, link.place_id, slugs)]
        agreed.update(numbers)
        links.append(replace(link, witness=Witness.CANVAS_AGREES if numbers else Witness.CANVAS_SILENT))
    allowed = {shards.local_id(course_id) for course_id in (destination_course_id, *allowed_course_ids)}
    rest = [each for n, each in enumerate(named) if n not in agreed and not _is_false_alarm(each, shards, allowed)]
    if not rest:
        return links
    bodies = bodies_of(destination, destination_course_id)
    taken = {link.key for link in links}
    return links + list(_only_canvas(rest, bodies, slugs, taken))


def _issues(results: object) -> object:
    for record in results if isinstance(results, list) else [results]:
        body = to_object(record)
        body = to_object(body["results"]) if "results" in body else body
        if isinstance(body.get("issues"), list):
            return body["issues"]
    return None


def _of_issue(issue: Mapping[str, Any]) -> Iterator[InvalidLink]:
    place_url = to_text(issue.get("content_url")) or ""
    kind = to_text(issue.get("type")) or ""
    question = _QUESTION.search(place_url)
    last = _LAST_ID.search(place_url)
    place = question[1] if question else unquote(last[1]) if last else ""
    for link in to_objects(issue.get("invalid_links")):
        url = link.get("url")
        if kind in _PLACE_TYPES and isinstance(url, str):
            yield InvalidLink(
                place_types=_PLACE_TYPES[kind],
                place="" if kind in ("module", "syllabus") else place,
                place_url=_ORIGIN.sub("", place_url),
                place_title=to_text(issue.get("name")) or "",
                url=url,
                reason=to_text(link.get("reason")) or "",
                link_text=to_text(link.get("link_text")) or "",
            )


def _is_place(named: InvalidLink, place_type: str, place_id: str, slugs: Mapping[str | None, str | None]) -> bool:
    if place_type not in named.place_types:
        return False
    return named.place in ("", place_id) or (place_type == "pages" and named.place == slugs.get(place_id))


def _is_false_alarm(named: InvalidLink, shards: Shards, allowed: Collection[str | None]) -> bool:
    """Return whether Canvas takes a course for another one, only since it compares digits, or one that is allowed."""
    reference = parse_reference(named.url) if named.reason == "course_mismatch" else None
    return reference is not None and shards.local_id(reference.course_id) in allowed


def _comparable(url: str) -> str:
    """Return an address as both witnesses write it: Canvas names it as stored, without host and verifier."""
    stripped = strip_url_secrets(storable_text(url.strip()))
    return _ORIGIN.sub("", stripped) if parse_reference(stripped) else stripped


def _only_canvas(
    named: Iterable[InvalidLink],
    bodies: Sequence[Body],
    slugs: Mapping[str | None, str | None],
    taken: set[tuple[str, str, str, int]],
) -> Iterator[StaleLink]:
    """Yield the links that only Canvas named, each at the place of its address in the texts, or at none if it moved."""
    for each in named:
        problem, words = _REASONS.get(each.reason, (Problem.TARGET_MISSING, f"its reason is '{each.reason}'"))
        body, ordinal, attribute = _locate(each, bodies, slugs, taken)
        place_type = body.place_type if body else each.place_types[0]
        place_id = body.place_id if body else each.place
        field = body.field if body else ""
        while (place_type, place_id, field, ordinal) in taken:
            ordinal += 1
        taken.add((place_type, place_id, field, ordinal))
        reference = parse_reference(each.url)
        yield StaleLink(
            place_type=place_type,
            place_id=place_id,
            place_title=body.place_title if body else each.place_title,
            place_url=body.place_url if body else each.place_url,
            field=field,
            ordinal=ordinal,
            attribute=attribute,
            url=strip_url_secrets(storable_text(each.url)),
            link_text=each.link_text,
            link_kind=reference.kind if reference else "other",
            problem=problem,
            referenced_course_id=reference.course_id if reference else None,
            referenced_id=reference.target if reference else None,
            detail=f"Only Canvas's link validation reports it: {words}. Open the link, and correct it by hand.",
            place_updated_at=body.updated_at if body else None,
            place_published=body.published if body else None,
            witness=Witness.CANVAS_ONLY,
        )


def _locate(
    named: InvalidLink,
    bodies: Sequence[Body],
    slugs: Mapping[str | None, str | None],
    taken: set[tuple[str, str, str, int]],
) -> tuple[Body | None, int, str]:
    """Return the text, ordinal and attribute of an address that Canvas named; no ordinal that is taken."""
    places = [body for body in bodies if _is_place(named, body.place_type, body.place_id, slugs)]
    for body in places:
        addresses = [] if body.is_address else scan(body.html)
        if body.is_address and _comparable(body.html) == _comparable(named.url):
            return body, 0, ""
        for number, address in enumerate(addresses):
            is_free = (body.place_type, body.place_id, body.field, number) not in taken
            is_read = address.attribute in URL_ATTRIBUTES and not address.attribute.startswith("data-")
            if is_free and is_read and _comparable(address.url) == _comparable(named.url):
                return body, number, address.attribute
    return (places[0] if places and named.place else None), 0, ""
