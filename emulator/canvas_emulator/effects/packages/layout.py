"""Paths in a Common Cartridge, shared by reader and writer."""

from __future__ import annotations

from enum import StrEnum

MANIFEST = "imsmanifest.xml"
CANVAS_EXPORT = "course_settings/canvas_export.txt"
"""The file by which Canvas knows its own cartridges."""
CONTEXT = "course_settings/context.xml"
SETTINGS = "course_settings/course_settings.xml"
SYLLABUS = "course_settings/syllabus.html"
MODULES = "course_settings/module_meta.xml"
FILES_META = "course_settings/files_meta.xml"
WEB_RESOURCES = "web_resources"
WIKI = "wiki_content"
BANKS = "non_cc_assessments"
GROUPS = "course_settings/assignment_groups.xml"
RUBRICS = "course_settings/rubrics.xml"
OUTCOMES = "course_settings/learning_outcomes.xml"
EVENTS = "course_settings/events.xml"


class Type(StrEnum):
    """The types of resources in a manifest."""

    WEB = "webcontent"
    LEARNING = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
    ASSESSMENT = "imsqti_xmlv1p2/imscc_xmlv1p1/assessment"
    QTI = "imsqti_xmlv1p2"
    TOPIC = "imsdt_xmlv1p1"
    WEB_LINK = "imswl_xmlv1p1"
    TOOL = "imsbasiclti_xmlv1p0"
