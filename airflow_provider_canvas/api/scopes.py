"""The OAuth2 scopes of Canvas's routes, which a developer key with enforced scopes must have.

A scope is the route as Canvas writes it: ``url:GET|/api/v1/courses/:course_id/pages``. Canvas calls many ids just
``:id``; this package names what they are ids of.

https://developerdocs.instructure.com/services/canvas/oauth2/file.api_token_scopes
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.api.call import CONTEXTS, Call
from airflow_provider_canvas.api.endpoint import Route

CALLED_ID: Mapping[str, str] = {
    "accounts/{account_id}/courses/{course_id}": "course_id",
    "calendar_events/{event_id}": "event_id",
    "courses/{course_id}": "course_id",
    "courses/{course_id}/assignments/{assignment_id}": "assignment_id",
    "courses/{course_id}/blueprint_subscriptions/{subscription_id}/migrations/{migration_id}": "migration_id",
    "courses/{course_id}/blueprint_subscriptions/{subscription_id}/migrations/{migration_id}/details": "migration_id",
    "courses/{course_id}/blueprint_templates/{template_id}/migrations/{migration_id}": "migration_id",
    "courses/{course_id}/blueprint_templates/{template_id}/migrations/{migration_id}/details": "migration_id",
    "courses/{course_id}/content_migrations/{content_migration_id}/asset_id_mapping": "content_migration_id",
    "courses/{course_id}/course_copy/{content_migration_id}": "content_migration_id",
    "courses/{course_id}/dismiss_migration_limitation_message": "course_id",
    "courses/{course_id}/lti_resource_links/{resource_link_id}": "resource_link_id",
    "courses/{course_id}/modules/{module_id}": "module_id",
    "courses/{course_id}/modules/{module_id}/items/{item_id}": "item_id",
    "courses/{course_id}/quizzes/{quiz_id}": "quiz_id",
    "courses/{course_id}/quizzes/{quiz_id}/questions/{question_id}": "question_id",
    "courses/{course_id}/users/{user_id}": "user_id",
    "files/{file_id}": "file_id",
    "files/{file_id}/public_url": "file_id",
    "folders/{folder_id}": "folder_id",
    "folders/{folder_id}/folders": "folder_id",
    "progress/{progress_id}": "progress_id",
    "progress/{progress_id}/cancel": "progress_id",
    "users/{user_id}": "user_id",
    "{context}/content_exports/{content_export_id}": "content_export_id",
    "{context}/content_migrations/{content_migration_id}": "content_migration_id",
    "{context}/content_migrations/{content_migration_id}/migration_issues/{migration_issue_id}": "migration_issue_id",
    "{context}/content_migrations/{content_migration_id}/selective_data": "content_migration_id",
}
"""The id of a route that Canvas calls ``:id`` in the route's scope."""

_CALLED_ID_IN_GET: Mapping[str, str] = {"folders/{folder_id}/files": "folder_id"}
_REST = ":full_path"


def scope(route: Route[..., Any], context: str = "course_id") -> str:
    """Return the scope of a route.

    :param route: The route.
    :param context: Whose it is, for a route that several contexts have.
    """
    return _scope(route.method, route.base, route.route, context)


def scope_of(call: Call[Any]) -> str:
    """Return the scope of a request.

    :param call: The request.
    """
    kind = call.path.partition("/")[0]
    context = next((name for name, begin in CONTEXTS.items() if begin == kind), "course_id")
    return _scope(call.method, call.base, call.route, context)


def _scope(method: str, base: str, route: str, context: str) -> str:
    called_id = CALLED_ID.get(route) or (_CALLED_ID_IN_GET.get(route) if method == "GET" else None)
    if called_id:
        route = route.replace(f"{{{called_id}}}", ":id")
    route = route.replace("{context}", f"{CONTEXTS[context]}/:{context}")
    path = re.sub(r"\{(\w+)\}", r":\1", route).replace(_REST, f"*{_REST[1:]}")
    return f"url:{method}|{base}/{path}"
