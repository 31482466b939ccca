"""The HTML documents of a cartridge: pages, descriptions of assignments, the syllabus."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.xml_writing import spoken
from canvas_emulator.model.content import Assignment, Page


def syllabus(content: CourseContent) -> str:
    """Write the syllabus."""
    return _document("Syllabus", content.html(content.course.syllabus_body))


def assignment(content: CourseContent, row: Assignment) -> str:
    """Write the description of an assignment."""
    return _document(f"Assignment: {row.title}", content.html(row.description))


def page(content: CourseContent, row: Page) -> str:
    """Write a page, with its fields as ``meta`` elements."""
    fields = {
        "identifier": content.key(row),
        "editing_roles": row.editing_roles,
        "workflow_state": row.workflow_state,
        "front_page": "true" if row.front_page else None,
        "todo_date": spoken(row.todo_date),
        "publish_at": spoken(row.publish_at),
    }
    return _document(row.title, content.html(row.body), {name: text for name, text in fields.items() if text})


def _document(title: str, body: str, fields: Mapping[str, str] | None = None) -> str:
    metas = [f'<meta name="{name}" content="{_escaped(text)}"/>' for name, text in (fields or {}).items()]
    head = ['<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>', f"<title>{_escaped(title)}</title>"]
    return "\n".join(("<html>", "<head>", *head, *metas, "</head>", "<body>", body, "</body>", "</html>"))


def _escaped(text: str) -> str:
    return escape(text).replace("&#x27;", "&#39;")
