"""The navigation of a course.

https://developerdocs.instructure.com/services/canvas/resources/tabs
"""

from __future__ import annotations

import builtins
from typing import TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Params


class Tab(TypedDict, total=False):
    """A tab of a course's navigation. ``hidden`` is there only if it is true."""

    id: str
    label: str
    type: str
    position: int
    visibility: str
    hidden: bool
    unused: bool
    html_url: str
    full_url: str
    url: str


class Tabs(Resource[IO]):
    """Tabs of a course's navigation.

    https://developerdocs.instructure.com/services/canvas/resources/tabs
    """

    @one("GET", "courses/{course_id}/tabs", builtins.list[Tab])
    def list(self, *, course_id: Id) -> Params:
        """List the tabs of a course in their order, all at once; those that the user may not see are left out.

        https://developerdocs.instructure.com/services/canvas/resources/tabs#method.tabs.index
        """
        return {}
