"""The link to the page of a task's object."""

from __future__ import annotations

from airflow_provider_canvas.links.base import CanvasLink


class CanvasPageLink(CanvasLink):
    """The page of the object of a task: a course, an account."""

    name = "Canvas"
    key = "canvas_page_url"
