"""Removal of the secrets of URLs: signatures, verifiers, logins.

Canvas repeats signed URLs in its messages: as plain text, in HTML, in JSON, and percent-encoded within another URL.
"""

from __future__ import annotations

import re

from airflow_provider_canvas.security.secret_names import is_secret_parameter

MASK = "***"


class NamedValue:
    """A pattern of values that have names, such as the parameters of a URL.

    The value of a name that is not secret may contain such names itself.

    :param head: What stands before the value, with the group ``name``.
    :param value: The value; empty if the head ends with it and has the group ``value``.
    """

    def __init__(self, head: str, value: str = "") -> None:
        flags = re.IGNORECASE | re.DOTALL
        self._head = re.compile(head, flags)
        self._whole = re.compile(f"{head}(?P<value>{value})" if value else head, flags)

    def mask(self, text: str) -> str:
        """Return a text with the values of all secret names masked."""
        parts, done, position = list[str](), 0, 0
        while head := self._head.search(text, position):
            position = head.end("name")
            whole = self._whole.match(text, head.start()) if is_secret_parameter(head["name"]) else None
            if whole is not None:
                parts += [text[done : whole.start("value")], MASK]
                done = position = whole.end("value")
        return "".join([*parts, text[done:]])


_NAME = r"[\w.\-~%+\[\]]+"
_AMPERSAND = r"&(?:(?:amp;)+|#0*38;|#x0*26;)?"
_EQUALS = r"(?:=|\\+u003d|&(?:amp;)*(?:#0*61|#x0*3d|equals);)"
_PERCENT = "(?P<percent>%(?:25){0,9})"
"""A percent sign in a URL that is the parameter of another one, at any level."""

_IN_URL = re.compile(rf"(?P<lead>\?|{_AMPERSAND})(?P<name>{_NAME}){_EQUALS}[^&\s\"'<>#\\]*", re.IGNORECASE)
"""``?verifier=abc``, and in HTML ``&amp;verifier=abc``."""
_IN_PATH = NamedValue(r"(?<=[\w/.\-]);(?P<name>[\w.\-]{1,100})=", r"[^&\s\"'<>#\\;/?]+")
"""``/file;jsessionid=abc``."""
_IN_ESCAPED_URL = NamedValue(
    rf"\\{{1,16}}(?:u00|x)(?:26|3f)(?P<name>{_NAME})(?:=|\\{{1,16}}(?:u00|x)3d)",
    r"(?:(?!\\+(?:u00|x))[^&\s\"'<>#])+",
)
r"""``\u0026verifier=abc``: a URL in JSON or JavaScript that escapes the characters of HTML."""
_IN_ENCODED_URL = NamedValue(
    rf"{_PERCENT}(?:26|3f|23)(?P<name>(?:(?!(?P=percent)(?:26|3d|3f|23))[\w.\-~%+])+)(?P=percent)3d",
    r"(?:(?!(?P=percent)(?:26|23))[^&\s\"'<>#\\])+",
)
"""``%26verifier%3Dabc``, ``%2526verifier%253Dabc``: a URL that is the parameter of another one."""
_IN_ENCODED_JSON = NamedValue(
    r"(?:(?<![\w%.\-])|%(?:25){0,9}[0-9a-f]{2})(?P<name>(?:[\w.\-\[\]]|%(?:25){0,9}5[bd]){1,100})"
    rf"{_PERCENT}(?:22(?P=percent))?3a(?:(?P=percent)20|\+)*(?:(?P=percent)22)?",
    r"(?:(?!(?P=percent)(?:22|26|2c|7d))[^&\s\"'<>#\\])+",
)
"""``%22access_token%22%3A%22abc%22``: JSON that is the parameter of a URL."""
_NAMED = ((";", _IN_PATH), ("\\", _IN_ESCAPED_URL), ("%", _IN_ENCODED_URL), ("%", _IN_ENCODED_JSON))
"""The patterns, and a character that each needs."""
_SLASH = r"(?:\\*/|%(?:25){0,9}2f)"
_IN_CANVAS_PATHS = re.compile(
    rf"(feeds{_SLASH}[^\s\"'<>?#]{{1,200}}_)[a-z0-9]{{10,}}(?=\.(?:ics|atom|rss)\b)"
    rf"|(thumbnails{_SLASH}(?:show{_SLASH})?\d{{1,20}}{_SLASH})[a-z0-9]{{10,}}",
    re.IGNORECASE,
)
"""``/feeds/calendars/user_abc.ics``, ``/images/thumbnails/12/abc``: whoever knows the address can read it."""
_EMPTY_QUERY = re.compile(rf"\?(?=&|[\s\"'<>#\\]|$)(?:{_AMPERSAND})?", re.IGNORECASE)
_USER_INFO = re.compile(
    r"([a-z][a-z0-9+.\-]{0,30}:(?:\\*/){2})"
    r"(?:[^/?#\s\"'<>\\]*@|[^/?#\s\"'<>:@\\]*:(?!\d{1,5}[/?#\\])[^\s\"'<>@\\?#]{1,200}@(?=[\w.\-\[]))"
    r"|((?::|%(?:25){0,9}3a)%(?:25){0,9}2f%(?:25){0,9}2f)(?:(?!%(?:25){0,9}2f)[^\s\"'<>&?#/@]){1,200}%(?:25){0,9}40",
    re.IGNORECASE,
)
"""``https://user:password@host``, also percent-encoded, in JSON, or with a slash in the password."""
_STORAGE = re.compile(r"(?:s3a?|gs|gcs|abfss?|adl|wasbs?|azure|hdfs):(?:\\*/){2}[\w.\-]+@", re.IGNORECASE)
"""``s3://aws_default@bucket``: Airflow writes the id of a connection there, not a login."""
_TILDE = r"(?i:~|%(?:25){0,9}7e|&(?:amp;)*(?:#0*126|#x0*7e);|\\+u007e)"
_SHAPES = re.compile(
    rf"(?<![A-Za-z0-9])\d{{1,20}}{_TILDE}[A-Za-z0-9]{{40,}}"  # an access token of Canvas
    r"|\beyJ[\w-]{5,}\.\.?[\w-]{5,}(?:\.[\w-]*){1,3}"  # a JSON web token, signed or encrypted
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # an access key of AWS
    r"|-----BEGIN[^-]{1,50}PRIVATE[^-]{1,50}-----.*?(?:-----END[^-]{1,50}PRIVATE[^-]{1,50}-----|$)",
    re.DOTALL,
)
"""Texts that are secret wherever they stand."""
_MAY_HOLD_SECRET = re.compile(r"[?&\\%~;@]|(?i:feeds/|thumbnails/)|eyJ|A[KS]IA|-----BEGIN")
"""What each of the patterns of ``strip_url_secrets`` needs. Names and titles, of which there are many, have none."""


def strip_url_secrets(text: str) -> str:
    """Remove the secrets of every URL in the text: signatures, verifiers, logins; and what has the shape of a token."""
    if not _MAY_HOLD_SECRET.search(text):
        return text
    cleaned = _IN_URL.sub(_without_parameter, text)
    if cleaned != text:
        cleaned = _EMPTY_QUERY.sub(lambda match: "?" if len(match[0]) > 1 else "", cleaned)
    for needed, pattern in _NAMED:
        if needed in cleaned:
            cleaned = pattern.mask(cleaned)
    cleaned = _IN_CANVAS_PATHS.sub(lambda match: f"{match[1] or match[2]}{MASK}", cleaned)
    return _SHAPES.sub(MASK, _USER_INFO.sub(_without_login, cleaned))


def _without_parameter(match: re.Match[str]) -> str:
    if not is_secret_parameter(match["name"]):
        return match[0]
    return "?" if match["lead"] == "?" else ""


def _without_login(match: re.Match[str]) -> str:
    if _STORAGE.fullmatch(match[0]):
        return match[0]
    return f"{match[1]}{MASK}@" if match[1] else f"{match[2]}{MASK}%40"
