"""The forms in which Canvas accepts an id, and the check of every id before it is sent.

Accounts, courses, groups, users, sections and terms can also be named by the ids of other systems
(``sis_course_id:BIO-1``); everything else by a number only. On an installation of several shards a number may be
``1~123``, or the shard times 10^13 plus the number.

https://developerdocs.instructure.com/services/canvas/basics/file.object_ids
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from urllib.parse import quote

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.security.redaction import redact

FORMATS = (".json", ".xml")
"""Canvas cuts these off the end of a path, and looks for an id without them."""

Id = int | str
"""A number, a number as text, ``shard~number``, or (where Canvas accepts it) a form such as ``sis_course_id:X``."""

_NUMBER = re.compile(r"[1-9][0-9]*(~[1-9][0-9]*)?")
_UUID = re.compile(r"uuid:\w{36,}", re.ASCII)
_HEX = re.compile(r"hex:(\w+):((?:[0-9A-Fa-f]{2})+)", re.ASCII)
_FORM = re.compile(r"(\w+):.+", re.ASCII)


@dataclass(frozen=True)
class _Kind:
    """The forms, besides a number, that the ids of one kind of object can have.

    :param forms: Prefixes of other systems' ids: ``sis_course_id`` for ``sis_course_id:BIO-1``.
    :param words: Words that stand for an id, such as ``self``.
    :param uuid: Whether ``uuid:...`` is accepted.
    """

    forms: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    uuid: bool = False


_NUMBER_ONLY = _Kind()

_KINDS = {
    "account_id": _Kind(
        ("sis_account_id", "sis_integration_id", "lti_context_id"), ("self", "default", "site_admin"), uuid=True
    ),
    "course_id": _Kind(("sis_course_id", "sis_integration_id", "lti_context_id"), uuid=True),
    "group_id": _Kind(("sis_group_id", "lti_context_id")),
    "resource_link_id": _Kind(("lookup_uuid", "resource_link_uuid")),
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


_FORMS = frozenset(form for kind in _KINDS.values() for form in kind.forms)


def canvas_id(name: str, value: object, *, kind: str | None = None) -> str:
    """Return ``value`` as the id to send.

    :param name: The parameter that holds the id, for the message.
    :param value: The value that the user gave.
    :param kind: ``account_id``, ``course_id``, ``group_id``, ``section_id``, ``term_id`` or ``user_id`` where SIS forms
        are accepted, ``url_or_id`` for a page; the default is ``name``.
    :raises CanvasInputError: When Canvas would not accept the value; the message says what to write instead.
    """
    text = str(value).strip(string.whitespace) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if _NUMBER.fullmatch(text):
        return text
    if (kind or name) == "url_or_id":
        return _check_slug(name, text, value)
    known = _KINDS.get(kind or name, _NUMBER_ONLY)
    if text in known.words or _is_sis_form(text, known):
        return text
    raise CanvasInputError(_invalid_id_message(name, value, known))


def path_part(name: str, value: object) -> str:
    """Return an id, or the path of a folder, quoted for use in a request's path.

    :raises CanvasInputError: When Canvas would not accept the value.
    """
    if name != "full_path":
        return quote_id(_protect_ending(canvas_id(name, value)))
    parts = [part for part in str(value).split("/") if part]
    if not isinstance(value, str) or {".", ".."} & set(parts):
        raise CanvasInputError(
            f"full_path {redacted_repr(value)} is not a folder's path. Write it as Week 1/Readings; '' is the root."
        )
    return "/".join(map(quote_id, parts))


def _protect_ending(text: str) -> str:
    """Return an id in a form whose end Canvas does not take for the format of the response, such as ``.json``."""
    form, _, value = text.partition(":")
    if form not in _FORMS or not value.lower().endswith(FORMATS):
        return text
    return f"hex:{form}:{value.encode().hex()}"


def quote_id(text: str) -> str:
    """Return an id quoted for use in a path: an SIS id may contain slashes, spaces and any other character."""
    return quote(text, safe="~:")


def redacted_repr(value: object) -> str:
    """Return ``repr(value)`` for a message, redacted: a URL that was pasted in place of an id may hold a signature."""
    return redact(repr(value))


def _is_sis_form(text: str, known: _Kind) -> bool:
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


def _check_slug(name: str, text: str, value: object) -> str:
    """Return the slug of a page; ``page_id:7`` is the id, even where the slug of another page is 7."""
    if not text or text in (".", "..") or "://" in text:
        raise CanvasInputError(
            f"{name} {redacted_repr(value)} does not name a page. Write the end of its address, such as week-1, "
            "or its page_id."
        )
    return text


def _invalid_id_message(name: str, value: object, known: _Kind) -> str:
    invalid = f"{name} {redacted_repr(value)} is not an id that Canvas accepts."
    words = f", or {' or '.join(known.words)}" if known.words else ""
    if not known.forms:
        message = f"{name} must be a number such as 77{words}, not {redacted_repr(value)}"
        if isinstance(value, str) and ":" in value:
            return f"{message}: Canvas accepts no SIS id here."
        return f"{message}."
    if isinstance(value, str) and value.startswith("hex:"):
        return (
            f"{invalid} After hex:{known.forms[0]}: write the id's UTF-8 bytes, two hexadecimal digits each, such as "
            "42494f for BIO."
        )
    if known.uuid and isinstance(value, str) and value.startswith("uuid:"):
        return f"{invalid} Write at least 36 letters and digits after uuid:."
    return (
        f"{invalid} Write the number from the page's address, such as 1234, or "
        f"{' or '.join(f'{form}:...' for form in known.forms[:2])} (an SIS id needs its prefix){words}."
    )
