"""The test of a connection: who the token's user is, on which Canvas, and what they may do there.

It sends at most five requests, without retries. Only the first one must succeed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.users import Users
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.client.protocol.flow import Flow
from airflow_provider_canvas.client.protocol.response import Response
from airflow_provider_canvas.security.redaction import redact

MAX_SKEW = 60.0
"""Seconds by which the clocks of this machine and of Canvas may differ without a remark."""

RIGHTS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("list the courses of the account", ("read_course_list",)),
    ("read the content of its courses", ("read_course_content",)),
    ("copy and import into its courses", ("manage_course_content_add", "manage_content")),
    ("change their content", ("manage_course_content_edit", "manage_content")),
    ("create courses", ("manage_courses_add", "manage_courses")),
    ("publish courses", ("manage_courses_publish", "manage_courses")),
    ("conclude courses", ("manage_courses_conclude", "manage_courses")),
    ("reset courses", ("manage_courses_reset", "manage_courses")),
    ("delete courses", ("manage_courses_delete", "manage_courses")),
    ("see SIS ids", ("read_sis", "manage_sis")),
    ("set SIS ids", ("manage_sis",)),
    ("act as other users", ("become_user",)),
)
"""What tasks of this package do in an account, and the permissions of Canvas of which one suffices.

The second name is that of a Canvas which does not tell apart adding, editing and deleting.
"""

NEWER_FIELD = "foldersConnection"
"""A field of courses that a newer Canvas has in GraphQL, and one of June 2023 has not."""


def describe_connection(caller: Caller) -> Flow[tuple[bool, str]]:
    """Return whether the token works, and a description for the administrator of Airflow.

    :raises CanvasError: When Canvas does not tell who the token's user is.
    """
    settings = caller.settings
    user, response = yield from caller.call(Users.get.call(user_id="self"))
    if not isinstance(user.get("id"), int | str) or "name" not in user:
        return False, (
            f"{settings.base_url} responds to users/self with JSON that is not a user of Canvas: it is the address "
            "of another service. Write the address of Canvas itself into the connection's host."
        )
    acting = f", acting as user {settings.as_user_id}" if settings.as_user_id else ""
    sentences = [
        f"Connected to {settings.base_url} as {_clean(user.get('name'))} (user {user.get('id')}){acting}.",
        *(yield from _describe_rights(caller)),
        *(yield from _describe_graphql(caller)),
        *_describe_response(response),
    ]
    return True, " ".join(sentences)


def _describe_rights(caller: Caller) -> Flow[list[str]]:
    """Return sentences about the account that the user administers; without one, whether they teach."""
    accounts = yield from _read(caller, "accounts", {"per_page": 10}, list)
    if isinstance(accounts, CanvasError):
        return [f"Which account the user administers is unknown: {_scope(accounts, 'accounts')}"]
    found = [each for each in accounts if isinstance(each, Mapping) and str(each.get("id")).isdecimal()]
    if not found:
        return (yield from _describe_courses(caller))
    account = min(found, key=lambda each: each.get("parent_account_id") is not None)
    name = f"the account {_clean(account.get('name'))!r} ({account['id']})"
    names = list(dict.fromkeys(name for _, either in RIGHTS for name in either))
    route = "accounts/{account_id}/permissions"
    rights = yield from _read(caller, route, {"permissions": names}, dict, path=f"accounts/{account['id']}/permissions")
    if isinstance(rights, CanvasError):
        return [f"The user administers {name}; with which permissions is unknown: {_scope(rights, route)}"]
    has = {right: any(str(rights.get(each)).lower() == "true" for each in either) for right, either in RIGHTS}
    sentences = []
    if allowed := [right for right, is_allowed in has.items() if is_allowed]:
        sentences.append(f"In {name}, the user may {', '.join(allowed)}.")
    if lacking := [f"{right} ({either[0]})" for right, either in RIGHTS if not has[right]]:
        sentences.append(f"In {name}, the user may not {', '.join(lacking)}: tasks that do so fail.")
    return sentences


def _describe_courses(caller: Caller) -> Flow[list[str]]:
    """Return sentences about a user who administers no account."""
    params = {"enrollment_type": "teacher", "per_page": 1}
    courses = yield from _read(caller, "courses", params, list)
    no_admin = "The user administers no account, so tasks cannot list the courses of an account, or create courses."
    if isinstance(courses, CanvasError):
        return [f"{no_admin} Whether the user teaches a course is unknown: {_scope(courses, 'courses')}"]
    if not courses:
        return [
            no_admin,
            "The user teaches no course either, so tasks can copy none.",
            "Enrol the user as a teacher, or give the user a role in the account.",
        ]
    return [no_admin, "The user teaches at least one course: tasks work in the courses in which the user teaches."]


def _describe_graphql(caller: Caller) -> Flow[list[str]]:
    """Return sentences about GraphQL, and what it tells of the age of Canvas."""
    if not caller.settings.graphql:
        return ["GraphQL is off."]
    query = {"query": '{ __type(name: "Course") { fields { name } } }'}
    response = yield from _read(caller, "graphql", query, dict, method="POST", base="/api", only_reads=True)
    if isinstance(response, CanvasError):
        return ["GraphQL is not served to this token: the REST API is used."]
    try:
        fields = {each["name"] for each in response["data"]["__type"]["fields"]}
    except (KeyError, TypeError):
        return ["GraphQL is served."]
    if NEWER_FIELD in fields:
        return ["GraphQL is served, by a Canvas that is newer than June 2023."]
    return ["GraphQL is served, by a Canvas of about June 2023 or before."]


def _describe_response(response: Response) -> list[str]:
    """Return sentences about what the headers of a response tell: the rate limit, and the clock."""
    sentences = []
    try:
        left = float(response.headers["x-rate-limit-remaining"])
    except (KeyError, ValueError):
        left = math.nan
    if math.isfinite(left):
        sentences.append(f"Left in the rate limit: {left:.0f}.")
    else:
        sentences.append("The responses do not tell the rate limit.")
    try:
        skew = time.time() - parsedate_to_datetime(response.headers["date"]).timestamp()
    except (KeyError, ValueError, OverflowError, TypeError):
        return sentences
    if abs(skew) > MAX_SKEW:
        sentences.append(
            f"The clock of this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} that of Canvas: "
            "correct it, or tokens and signatures may seem to have expired."
        )
    return sentences


def _clean(name: object) -> str:
    """Return a name of Canvas as a part of one line, without secrets."""
    return " ".join(redact(str(name)).split())


def _read(
    caller: Caller, route: str, params: dict[str, Any], returns: type[Any], path: str | None = None, **call: Any
) -> Flow[Any]:
    """Return the JSON of a response, or the error in its place."""
    method = call.pop("method", "GET")
    try:
        return (yield from caller.call_json(Call(method, route, path or route, params, returns, **call)))
    except CanvasError as error:
        return error


def _scope(error: CanvasError, route: str) -> str:
    """Return why Canvas does not tell something, with the scope that a developer key lacks."""
    if "insufficient scopes" in str(error.canvas_message).lower():
        written = route.replace("{", ":").replace("}", "")
        return f"the developer key lacks the scope url:GET|/api/v1/{written}."
    if isinstance(error, CanvasPermissionError | CanvasNotFoundError):
        return "Canvas refuses to tell it to this user."
    return f"{error}"
