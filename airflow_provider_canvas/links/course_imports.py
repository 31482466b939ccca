"""The link to the imports of a course."""

from __future__ import annotations

from airflow_provider_canvas.links.base import CanvasLink


class CanvasCourseImportsLink(CanvasLink):
    """The page of a course that lists its imports, with their states and issues."""

    name = "Canvas course imports"
    key = "canvas_course_imports_url"
