"""The base class of links from Airflow's pages to Canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import BaseOperatorLink, MappedOperator, XCom

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey


class CanvasLink(BaseOperatorLink):
    """A page of Canvas whose URL only the running task knows.

    The task stores the URL as an XCom before it begins to wait. Airflow 3 stores it once more when the task defers and
    when it ends: under the same key, and as the task's attribute ``canvas_page`` says, so that it need not read it.
    Reading an XCom that does not exist would log an error after that of the task.
    """

    key: ClassVar[str] = ""

    @property
    def xcom_key(self) -> str:
        """The key of the XCom that holds the URL."""
        return self.key

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the URL that the task knows in its own process, or else the one that it stored."""
        if isinstance(operator, MappedOperator):
            return ""  # the task failed before its parameters were known
        page = getattr(operator, "canvas_page", None)
        return page if page is not None else XCom.get_value(key=self.key, ti_key=ti_key) or ""

    @classmethod
    def persist(cls, context: Any, url: str) -> None:
        """Store the URL for the link."""
        context["ti"].xcom_push(key=cls.key, value=url)
