"""Paths in a Common Cartridge, shared by reader and writer."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from canvas_emulator.model.content import (
    AssignmentGroup,
    CalendarEvent,
    Content,
    Rubric,
)

MANIFEST = "imsmanifest.xml"
CANVAS_EXPORT = "course_settings/canvas_export.txt"
"""The file by which Canvas knows its own cartridges."""
CONTEXT = "course_settings/context.xml"
SETTINGS = "course_settings/course_settings.xml"
SYLLABUS = "course_settings/syllabus.html"
MODULES = "course_settings/module_meta.xml"
OUTCOMES = "course_settings/learning_outcomes.xml"
FILES_META = "course_settings/files_meta.xml"
WEB_RESOURCES = "web_resources"
WIKI = "wiki_content"
BANKS = "non_cc_assessments"

LISTS: Mapping[str, Mapping[str, type[Content]]] = {
    "course_settings/assignment_groups.xml": {"assignmentGroup": AssignmentGroup},
    "course_settings/rubrics.xml": {"rubric": Rubric},
    "course_settings/events.xml": {"event": CalendarEvent},
}
"""The files that list small things: each with the elements that it has, and what they are."""


class Type(StrEnum):
    """The types of resources in a manifest."""

    WEB = "webcontent"
    LEARNING = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
    ASSESSMENT = "imsqti_xmlv1p2/imscc_xmlv1p1/assessment"
    QTI = "imsqti_xmlv1p2"
    TOPIC = "imsdt_xmlv1p1"
    WEB_LINK = "imswl_xmlv1p1"
    TOOL = "imsbasiclti_xmlv1p0"


FAMILIES: Mapping[str, Type] = {
    "webcontent": Type.WEB,
    "associatedcontent": Type.LEARNING,
    "imsqti": Type.ASSESSMENT,
    "imsdt": Type.TOPIC,
    "imswl": Type.WEB_LINK,
    "imsbasiclti": Type.TOOL,
}
"""How the type of a resource begins, whatever the version of the standard."""
