"""The forms in which Canvas takes an id, and the refusal of everything else before it is sent.

Accounts, courses, groups and users are also found by the ids of other systems (``sis_course_id:BIO-1``); everything
else has a number. On an installation of several shards a number may be ``1~123``.

https://developerdocs.instructure.com/services/canvas/basics/file.object_ids
"""

from __future__ import annotations

import re
from urllib.parse import quote

Id = int | str
"""A number, a number as text, ``shard~number``, or (where Canvas takes it) a form such as ``sis_course_id:X``."""

_NUMBER = re.compile(r"[1-9][0-9]*(~[1-9][0-9]*)?")

_FORMS: dict[str, tuple[str, ...]] = {
    "account_id": ("sis_account_id", "sis_integration_id", "lti_context_id", "uuid"),
    "course_id": ("sis_course_id", "sis_integration_id", "lti_context_id", "uuid"),
    "group_id": ("sis_group_id", "lti_context_id"),
    "user_id": (
        "sis_user_id",
        "sis_login_id",
        "sis_integration_id",
        "lti_user_id",
        "lti_1_1_id",
        "lti_1_3_id",
        "uuid",
    ),
}
_WORDS: dict[str, tuple[str, ...]] = {
    "account_id": ("self", "default", "site_admin"),
    "course_id": (),
    "group_id": (),
    "user_id": ("self",),
}


def canvas_id(name: str, value: object, *, kind: str | None = None) -> str:
    """Return ``value`` as Canvas takes it, or refuse it with what to write instead.

    :param name: What the id is called where the user wrote it, for the message.
    :param value: What the user gave.
    :param kind: ``account_id``, ``course_id``, ``group_id`` or ``user_id`` where SIS forms are accepted;
        by default the name itself decides.
    :raises ValueError: When Canvas would not take it.
    """
    kind = kind or name
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if _NUMBER.fullmatch(text):
        return text
    forms = _FORMS.get(kind)
    if forms is None:
        raise ValueError(f"{name} must be a number such as 77, not {value!r}.")
    if text in _WORDS[kind]:
        return text
    form, colon, rest = text.removeprefix("hex:").partition(":")
    if colon and rest and form in forms:
        return text
    raise ValueError(
        f"{name} {value!r} is no id that Canvas takes. Write the number from the page's address, such as 1234, "
        f"or {' or '.join(f'{form}:...' for form in forms[:2])} (an SIS id needs its prefix)."
    )


def quoted(text: str) -> str:
    """Return an id for use in a path: an SIS id may contain slashes, spaces and anything else."""
    return quote(text, safe="~:")
