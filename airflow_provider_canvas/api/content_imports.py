"""Content imports: the deprecated course copy, which content migrations replaced.

https://developerdocs.instructure.com/services/canvas/resources/content_imports
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Params, check_choices, drop_none
from airflow_provider_canvas.api.source_course import source_course_id

CONTENT = (
    "course_settings",
    "assignments",
    "external_tools",
    "files",
    "topics",
    "calendar_events",
    "quizzes",
    "wiki_pages",
    "modules",
    "outcomes",
)
"""What ``only`` and ``except`` may name. They know no announcements."""


class CourseCopyStatus(TypedDict, total=False):
    """How far a course copy is: ``created``, ``started``, ``completed`` or ``failed``.

    :param id: That of the content migration behind it.
    :param progress: 0 to 100, or nothing yet.
    :param status_url: A whole address, though the documentation shows a path.
    """

    id: int
    progress: float | None
    created_at: str
    workflow_state: str
    status_url: str


class ContentImports(Resource[IO]):
    """Imports of content from another course, by the deprecated API.

    https://developerdocs.instructure.com/services/canvas/resources/content_imports
    """

    @one(
        "POST",
        "courses/{course_id}/course_copy",
        CourseCopyStatus,
        deprecated="content_migrations.create with migration_type='course_copy_importer'",
    )
    def copy_course_content(
        self,
        *,
        course_id: Id,
        source_course: Id,
        except_: Sequence[str] | None = None,
        only: Sequence[str] | None = None,
    ) -> Params:
        """Copy content of ``source_course`` into the course: all of it, ``only`` this, or all ``except_`` that.

        With ``except_`` (which is sent as ``except``) no course settings and no syllabus are copied, whatever it names.

        https://developerdocs.instructure.com/services/canvas/resources/content_imports#method.content_imports.copy_course_content
        """
        if only is not None and except_ is not None:
            raise CanvasInputError("only and except_ exclude each other: give one of them.")
        for name, named in (("only", only), ("except_", except_)):
            if named is not None and not named:
                raise CanvasInputError(
                    f"{name} names nothing, and Canvas would copy everything: name some, or leave it out."
                )
        return {
            "source_course": source_course_id("source_course", source_course),
            **drop_none(
                only=None if only is None else check_choices("only", only, CONTENT),
                **{"except": None if except_ is None else check_choices("except_", except_, CONTENT)},
            ),
        }

    @one(
        "GET",
        "courses/{course_id}/course_copy/{content_migration_id}",
        CourseCopyStatus,
        deprecated="content_migrations.get",
    )
    def copy_course_status(self, *, course_id: Id, content_migration_id: Id) -> Params:
        """Get how far a course copy is. Its id is that of a content migration, and any migration's is taken.

        https://developerdocs.instructure.com/services/canvas/resources/content_imports#method.content_imports.copy_course_status
        """
        return {}
