"""Parameters that some Canvases do not support, and what shows it: a response without their effect, or a refusal.

Canvas has no version that a client could read, so the response tells. Most of these parameters are newer than the
release of June 2023, the oldest one that this package knows (docs/which_canvas.md); some need a feature of the account.
To add one: add its line to ``UNSUPPORTED``. The client then logs a warning when it had no effect, and its error says
why it was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.course_settings import CourseSettingsUpdate
from airflow_provider_canvas.api.parameters import boolean_keys, parse_bool

NEWER = "This Canvas is older than the parameter, which came after June 2023"

HadEffect = Callable[[Any, Sequence[Mapping[str, Any]]], bool]
"""Takes the value that was sent and the objects of the response, and tells whether they show its effect."""

IsRefusal = Callable[[int, bytes], bool]
"""Takes the status and the body of an error, and tells whether it is how a Canvas refuses the parameter."""


@dataclass(frozen=True)
class UnsupportedParameter:
    """A parameter, or one value of it, that some Canvases do not support.

    :param routes: The methods and routes that have it.
    :param path: Where it is in the parameters of a call.
    :param value: The value that is not supported; ``None`` for any.
    :param reason: Why a Canvas does not support it.
    :param instead: What such a Canvas does instead, and what to do.
    :param had_effect: Tells whether a response shows its effect; ``None`` if no response can.
    :param is_refusal: Tells whether an error is its refusal; ``None`` if it is never refused.
    """

    routes: tuple[str, ...]
    path: tuple[str, ...]
    value: str | None
    reason: str
    instead: str
    had_effect: HadEffect | None = None
    is_refusal: IsRefusal | None = None

    @property
    def name(self) -> str:
        """The parameter, with its value, for messages."""
        name = self.path[0] + "".join(f"[{part}]" for part in self.path[1:])
        return name if self.value is None else f"{name}={self.value!r}"

    def sent_in(self, call: Call[Any]) -> Any:
        """Return the value that a call sends; ``None`` if it does not send this one."""
        if f"{call.method} {call.route}" not in self.routes:
            return None
        sent: Any = call.params
        for part in self.path:
            sent = sent.get(part) if isinstance(sent, Mapping) else None
        if self.value is None or sent is None:
            return sent
        values = sent if isinstance(sent, list | tuple) else [sent]
        return self.value if self.value in values else None


def _brings(key: str) -> HadEffect:
    return lambda _, rows: not rows or any(key in row for row in rows)


def _sets(name: str) -> HadEffect:
    return lambda sent, rows: all(row.get(name) == parse_bool(name, sent) for row in rows)


def _is_error(status: int, text: bytes) -> IsRefusal:
    return lambda actual, body: actual == status and text in body


def _is_empty_500(status: int, body: bytes) -> bool:
    return status == 500 and not body.strip()


_FAILS = _is_error(500, b"internal_server_error")
_COURSES = (
    "GET courses",
    "GET users/{user_id}/courses",
    "GET accounts/{account_id}/courses",
    "GET courses/{course_id}",
    "GET accounts/{account_id}/courses/{course_id}",
)
_USERS = (
    "GET courses/{course_id}/users",
    "GET courses/{course_id}/search_users",
    "GET courses/{course_id}/users/{user_id}",
)
_UPLOADS = ("POST {context}/files", "POST folders/{folder_id}/files")
_MIGRATIONS = ("POST {context}/content_migrations", "PUT {context}/content_migrations/{content_migration_id}")
_OTHER_CHOICE = "choose 'overwrite' or 'rename', and check before whether the file exists"
_NO_PROFILES = "The account's setting for avatars and profiles is off"

SKIP_COURSE_TEMPLATE = UnsupportedParameter(
    ("POST accounts/{account_id}/courses",),
    ("skip_course_template",),
    None,
    NEWER,
    "it copies the account's template into the new course, and a copy into it waits until that one is complete",
)
"""No response shows its effect: what is copied into the course does (see ``operators/create_course.py``)."""

UNSUPPORTED: Sequence[UnsupportedParameter] = (
    SKIP_COURSE_TEMPLATE,
    UnsupportedParameter(
        ("GET courses/{course_id}/pages",),
        ("include",),
        "body",
        NEWER,
        "it lists the pages without their body: read each page by itself (pages.get)",
        had_effect=_brings("body"),
    ),
    UnsupportedParameter(
        _COURSES,
        ("include",),
        "post_manually",
        NEWER,
        "it leaves out whether grades are posted manually",
        had_effect=_brings("post_manually"),
    ),
    *(
        UnsupportedParameter(
            _USERS, ("include",), name, _NO_PROFILES, f"Canvas leaves out the {name}", had_effect=_brings(name)
        )
        for name in ("avatar_url", "bio")
    ),
    *(
        UnsupportedParameter(
            ("PUT courses/{course_id}/settings",),
            (name,),
            None,
            "This Canvas is older than the setting, or its account does not have the feature that the setting needs",
            "the setting stays as it was",
            had_effect=_sets(name),
        )
        for name in sorted(boolean_keys(CourseSettingsUpdate))
    ),
    UnsupportedParameter(
        _UPLOADS,
        ("on_duplicate",),
        "error",
        NEWER,
        _OTHER_CHOICE,
        is_refusal=_is_error(400, b"invalid on_duplicate option"),
    ),
    UnsupportedParameter(
        _MIGRATIONS,
        ("pre_attachment", "on_duplicate"),
        "error",
        NEWER,
        "choose 'overwrite' or 'rename'",
        is_refusal=_is_empty_500,
    ),
    UnsupportedParameter(
        _USERS, ("sort",), "last_login", NEWER, "choose another order, and sort the users yourself", is_refusal=_FAILS
    ),
    UnsupportedParameter(
        _USERS,
        ("enrollment_role_id",),
        None,
        "Canvas fails on a role that does not exist",
        "check the id of the role",
        is_refusal=_FAILS,
    ),
)
"""All such parameters."""


def parameters_without_effect(call: Call[Any], body: Any) -> Iterator[str]:
    """Yield a message for each parameter of a call that its response shows to have had no effect.

    :param call: The call.
    :param body: The JSON of the response to it.
    """
    rows = [row for row in (body if isinstance(body, list) else [body]) if isinstance(row, Mapping)]
    for parameter in UNSUPPORTED:
        if parameter.had_effect is None or (sent := parameter.sent_in(call)) is None:
            continue
        if not parameter.had_effect(sent, rows):
            yield no_effect_message(parameter, str(call))


def no_effect_message(parameter: UnsupportedParameter, request: str) -> str:
    """Return the message about a parameter that had no effect.

    :param request: The request that had it.
    """
    return f"{parameter.name} of {request} had no effect. {parameter.reason}: {parameter.instead}."


def refused_parameter(call: Call[Any], status: int, body: bytes) -> str | None:
    """Return why Canvas refused a parameter of a call, and what to do; ``None`` if the error is about something else.

    :param call: The call.
    :param status: The status of the response to it.
    :param body: Its body.
    """
    for parameter in UNSUPPORTED:
        refusal = parameter.is_refusal
        if refusal is not None and refusal(status, body) and parameter.sent_in(call) is not None:
            return f"It is the response to {parameter.name}. {parameter.reason}: {parameter.instead}."
    return None
