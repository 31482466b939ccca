"""Addresses of Canvas that name courses by their context codes: ``/calendar?include_contexts=course_14&event_id=5``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from airflow_provider_canvas.reconciliation.links.finding import Finding
from airflow_provider_canvas.reconciliation.links.reference import Reference
from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.reconciliation.links.translation import Translation, Translator

_CODE = re.compile(r"(?:(?<=[=,])|(?<=%2C)|(?<=%2c))course_(?P<id>[0-9]+(?:~[0-9]+)?)(?=[&#,]|%2[Cc]|\Z)", re.ASCII)
_EVENT = re.compile(r"(?<=[?&]event_id=)(?P<id>[0-9]+(?:~[0-9]+)?)(?=[&#]|\Z)", re.ASCII)
_CALENDAR = re.compile(r"/calendar2?/?(?=[?#])")
_PATH = re.compile(r"(?:(?:https?:)?//[^/?#]+)?/(?!/)", re.IGNORECASE)
_EVENTS = "calendar_events"


def check_context_codes(
    url: str, translator: Translator, source_course_ids: Sequence[str], allowed: Collection[str]
) -> Finding | None:
    """Return what is wrong with the context codes of an address and with the event of a calendar; None if nothing is.

    :param url: The address, decoded. It leads to no other host, and names no course in its path.
    :param translator: Finds the copies of the source's assets.
    :param source_course_ids: Local ids of the source and of further sources.
    :param allowed: Local ids of courses to which links lead on purpose.
    """
    if not _PATH.match(url):
        return None
    own_id = translator.destination.course_id
    courses = {code["id"]: translator.local_id(code["id"]) or "" for code in _CODE.finditer(url)}
    stale = [written for written, course_id in courses.items() if course_id in source_course_ids]
    event = _EVENT.search(url) if _CALENDAR.search(url) else None
    event_id = translator.local_id(event["id"]) if event else None
    if event_id is not None and not translator.is_of_source(_EVENTS, event_id):
        event_id = None
    if not stale and event_id is None:
        others = [written for written, course_id in courses.items() if course_id not in allowed]
        return _to_other_course(others[0]) if others and own_id not in courses.values() else None
    dest_id, reason = translator.live_copy(_EVENTS, event_id) if event_id else (None, "")
    right = _CODE.sub(lambda code: f"course_{own_id}" if code["id"] in stale else code[0], url)
    right = _EVENT.sub(dest_id, right) if dest_id else right
    return Finding.of(
        Problem.POINTS_TO_SOURCE if stale else Problem.SOURCE_ID,
        Translation(None if reason else Reference(before=right), event_id, dest_id, reason),
        f"It leads to course {stale[0]}, from which this course was copied"
        if stale
        else f"Its id, {event_id}, is that of the source's calendar event",
        _reference(stale[0] if stale else None, event_id),
    )


def _to_other_course(course_id: str) -> Finding:
    translation = Translation(reason="the course is not a source of this course")
    what = f"It leads to another course, {course_id}"
    return Finding.of(Problem.POINTS_TO_OTHER_COURSE, translation, what, _reference(course_id, None))


def _reference(course_id: str | None, event_id: str | None) -> Reference:
    return Reference(course_id=course_id, kind="calendar_event" if event_id else "course", target=event_id)
