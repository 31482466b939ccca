"""Links from Airflow's pages to Canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperatorLink, XCom

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey


class CanvasCourseImportsLink(BaseOperatorLink):
    """The page of a course that lists its imports, with their states and issues."""

    name = "Canvas course imports"
    key = "canvas_course_imports_url"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002  # Airflow's
        """Return the URL that the task stored before it began to wait."""
        return XCom.get_value(key=self.key, ti_key=ti_key) or ""

    @classmethod
    def persist(cls, context: Any, base_url: str, course_id: int | str) -> None:
        """Store the URL for the link."""
        context["ti"].xcom_push(key=cls.key, value=f"{base_url}/courses/{course_id}/content_migrations")


class CanvasPageLink(BaseOperatorLink):
    """The page of the object of a task: a course, an account."""

    name = "Canvas"
    key = "canvas_page_url"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002  # Airflow's
        """Return the URL that the task stored."""
        return XCom.get_value(key=self.key, ti_key=ti_key) or ""

    @classmethod
    def persist(cls, context: Any, url: str) -> None:
        """Store the URL for the link."""
        context["ti"].xcom_push(key=cls.key, value=url)
