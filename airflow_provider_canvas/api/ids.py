"""The forms in which Canvas takes an id, and the refusal of everything else before it is sent.

Accounts, courses, groups, users, sections and terms are also found by the ids of other systems
(``sis_course_id:BIO-1``); everything else has a number. On an installation of several shards a number may be ``1~123``,
or the shard times 10^13 plus the number.

https://developerdocs.instructure.com/services/canvas/basics/file.object_ids
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from urllib.parse import quote

from airflow_provider_canvas.security.redaction import redact

Id = int | str
"""A number, a number as text, ``shard~number``, or (where Canvas takes it) a form such as ``sis_course_id:X``."""

_NUMBER = re.compile(r"[1-9][0-9]*(~[1-9][0-9]*)?")
_UUID = re.compile(r"uuid:\w{36,}", re.ASCII)
_HEX = re.compile(r"hex:(\w+):((?:[0-9A-Fa-f]{2})+)", re.ASCII)
_FORM = re.compile(r"(\w+):.+", re.ASCII)


@dataclass(frozen=True)
class _Kind:
    """How things of one kind can be named, besides by number.

    :param forms: Prefixes of other systems' ids: ``sis_course_id`` for ``sis_course_id:BIO-1``.
    :param words: What stands for one of them.
    :param uuid: Whether ``uuid:...`` does.
    """

    forms: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    uuid: bool = False


_ONLY_A_NUMBER = _Kind()

_KINDS = {
    "account_id": _Kind(
        ("sis_account_id", "sis_integration_id", "lti_context_id"), ("self", "default", "site_admin"), uuid=True
    ),
    "course_id": _Kind(("sis_course_id", "sis_integration_id", "lti_context_id"), uuid=True),
    "group_id": _Kind(("sis_group_id", "lti_context_id")),
    "section_id": _Kind(("sis_section_id", "sis_integration_id")),
    "subscription_id": _Kind(words=("default",)),
    "template_id": _Kind(words=("default",)),
    "term_id": _Kind(("sis_term_id", "sis_integration_id"), ("default", "current")),
    "user_id": _Kind(
        ("sis_user_id", "sis_login_id", "sis_integration_id", "lti_user_id", "lti_1_1_id", "lti_1_3_id"),
        ("self",),
        uuid=True,
    ),
}


def canvas_id(name: str, value: object, *, kind: str | None = None) -> str:
    """Return ``value`` as Canvas takes it, or refuse it with what to write instead.

    :param name: What the id is called where the user wrote it, for the message.
    :param value: What the user gave.
    :param kind: ``account_id``, ``course_id``, ``group_id``, ``section_id``, ``term_id`` or ``user_id`` where SIS forms
        are accepted, ``url_or_id`` for a page; by default the name itself decides.
    :raises ValueError: When Canvas would not take it.
    """
    text = str(value).strip(string.whitespace) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if _NUMBER.fullmatch(text):
        return text
    if (kind or name) == "url_or_id":
        return _slug(name, text, value)
    known = _KINDS.get(kind or name, _ONLY_A_NUMBER)
    if text in known.words or _is_form(text, known):
        return text
    raise ValueError(_refusal(name, value, known))


def in_path(name: str, value: object) -> str:
    """Return what stands in a route's path for an id, or for the path of a folder.

    :raises ValueError: When Canvas would not take it.
    """
    if name != "full_path":
        return quoted(canvas_id(name, value))
    parts = [part for part in str(value).split("/") if part]
    if not isinstance(value, str) or {".", ".."} & set(parts):
        raise ValueError(
            f"full_path {shown(value)} is no path of a folder. Write it as Week 1/Readings; '' is the root."
        )
    return "/".join(map(quoted, parts))


def quoted(text: str) -> str:
    """Return an id for use in a path: an SIS id may contain slashes, spaces and anything else."""
    return quote(text, safe="~:")


def shown(value: object) -> str:
    """Return a value for a message: whoever pastes an address in place of an id may paste a signature with it."""
    return redact(repr(value))


def _is_form(text: str, known: _Kind) -> bool:
    if match := _HEX.fullmatch(text):
        return match[1] in known.forms and _is_utf8(bytes.fromhex(match[2]))
    if match := _FORM.fullmatch(text):
        return match[1] in known.forms or (known.uuid and _UUID.fullmatch(text) is not None)
    return False


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _slug(name: str, text: str, value: object) -> str:
    """Return the name of a page in its address; as ``page_id:7`` it is a number even where a page is called 7."""
    if not text or text in (".", "..") or "://" in text:
        raise ValueError(
            f"{name} {shown(value)} names no page. Write what its address ends with, such as week-1, or its page_id."
        )
    return text


def _refusal(name: str, value: object, known: _Kind) -> str:
    words = f", or {' or '.join(known.words)}" if known.words else ""
    if not known.forms:
        if isinstance(value, str) and ":" in value:
            instead = "Canvas takes no id of another system here."
            return f"{name} must be a number such as 77{words}, not {shown(value)}: {instead}"
        return f"{name} must be a number such as 77{words}, not {shown(value)}."
    if isinstance(value, str) and value.startswith("hex:"):
        return (
            f"{name} {shown(value)} is no id that Canvas takes. After hex:{known.forms[0]}: write the id's UTF-8 "
            "bytes, two hexadecimal digits each, such as 42494f for BIO."
        )
    if known.uuid and isinstance(value, str) and value.startswith("uuid:"):
        return f"{name} {shown(value)} is no id that Canvas takes. After uuid: come at least 36 letters and digits."
    return (
        f"{name} {shown(value)} is no id that Canvas takes. Write the number from the page's address, such as 1234, "
        f"or {' or '.join(f'{form}:...' for form in known.forms[:2])} (an SIS id needs its prefix){words}."
    )
