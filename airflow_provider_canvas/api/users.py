"""Users: who the token belongs to.

https://developerdocs.instructure.com/services/canvas/resources/users
"""

from __future__ import annotations

from typing import TypedDict

from airflow_provider_canvas.api.endpoint import IO, Params, Resource, one
from airflow_provider_canvas.api.ids import Id


class User(TypedDict, total=False):
    """A user, as Canvas sends it; what else it sends is kept."""

    id: int
    name: str
    sortable_name: str
    short_name: str
    login_id: str
    sis_user_id: str | None


class Users(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/users"""

    @one("GET", "users/{user_id}", User)
    def get(self, *, user_id: Id) -> Params:
        """Show user details; ``self`` is the token's own user.

        https://developerdocs.instructure.com/services/canvas/resources/users#method.users.api_show
        """
        return {}
