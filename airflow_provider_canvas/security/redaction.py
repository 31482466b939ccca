"""Removal of secrets from everything that is stored or shown: messages, logs, tables, reports.

Tokens and signatures travel in headers and in the queries of signed URLs, and Canvas repeats such URLs in its
messages: as plain text, in HTML, in JSON, and percent-encoded within another URL. Every text from outside passes here
before it is stored.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote_plus

from airflow_provider_canvas.security.secret import Secret

MASK = "***"

_SECRET_NAME = re.compile(
    r".*(?:token|secret|verifier|signature|passw(?:or)?d|passphrase|credentials?"
    r"|(?:api|access|private|account|session|sas)[-_.]?key(?:[-_.]?id)?)"
    r"|(?:.*[-_.])?session(?:[-_.]?id)?|x-(?:amz|goog|ms)-[-\w]+|key-pair-id|awsaccesskeyid|(?:proxy-)?authorization"
    r"|secure[-_]params|podcast[-_]url|(?:set-)?cookies?|sig|jwt|jws|hmac|otp|(?:client[-_])?assertion|pwd",
    re.IGNORECASE | re.DOTALL,
)
"""Names of parameters and keys whose values are secret."""
_SECRET_PARAMETER = re.compile(r"policy|code|blob", re.IGNORECASE)
"""Names that are secret only in the query of a URL: a signed policy, an OAuth2 code, the claims of a viewer."""

_NAME = r"[\w.\-~%+\[\]]+"
_IN_URL = re.compile(
    rf"(?P<lead>\?|&(?:amp;|#0*38;|#x0*26;)?)(?P<name>{_NAME})(?:=|\\+u003d)[^&\s\"'<>#\\]*", re.IGNORECASE
)
"""``?verifier=abc``, and in HTML ``&amp;verifier=abc``."""
_IN_ESCAPED_URL = re.compile(
    rf"(?P<start>\\{{1,16}}u00(?:26|3f)(?P<name>{_NAME})(?:=|\\+u003d))(?:(?!\\+u00)[^&\s\"'<>#])+", re.IGNORECASE
)
r"""``\u0026verifier=abc``: a URL in JSON that escapes the characters of HTML."""
_IN_ENCODED_URLS = tuple(
    re.compile(
        rf"(?P<start>{percent}(?:26|3f)(?P<name>(?:(?!{percent}(?:26|3d|3f|23))[\w.\-~%+])+){percent}3d)"
        rf"(?:(?!{percent}(?:26|23))[^&\s\"'<>#\\])+",
        re.IGNORECASE,
    )
    for percent in ("%", "%25", "%2525", "%252525")
)
"""``%26verifier%3Dabc``, ``%2526verifier%253Dabc``: a URL that is the parameter of another one."""
_IN_ENCODED_JSON = tuple(
    re.compile(
        rf"(?P<start>(?:(?<![\w%.\-])|(?<={percent}[0-9a-f]{{2}}))(?P<name>(?:[\w.\-\[\]]|{percent}5[bd]){{1,100}})"
        rf"(?:{percent}22)?{percent}3a(?:{percent}20|\+)*(?:{percent}22)?)"
        rf"(?:(?!{percent}(?:22|26|2c|7d))[^&\s\"'<>#\\])+",
        re.IGNORECASE,
    )
    for percent in ("%", "%25")
)
"""``%22access_token%22%3A%22abc%22``: JSON that is the parameter of a URL."""
_FEED = re.compile(r"(/feeds/[^\s\"'<>?#\\]{1,200}_)[a-z0-9]{10,}(?=\.(?:ics|atom|rss)\b)", re.IGNORECASE)
"""``/feeds/calendars/user_abc.ics``: whoever knows the address of a feed can read it."""
_EMPTY_QUERY = re.compile(r"\?(?=&|[\s\"'<>#\\]|$)(?:&(?:amp;|#0*38;|#x0*26;)?)?", re.IGNORECASE)
_USER_INFO = re.compile(r"([a-z][a-z0-9+.\-]{0,30}://)[^/?#\s\"'<>]*@", re.IGNORECASE)

_HTML_QUOTE = "&(?:quot|apos|#0*3[49]|#x0*2[27]);"
"""A quote in HTML."""
_KEY = re.compile(
    rf"(?P<quote>\\{{0,16}}[\"']|{_HTML_QUOTE}|:(?=\w+\s*=>))?(?<![\w.\-\[])(?P<name>[\w.\-\[\]]+)"
    rf"(?(quote)(?:\\*[\"']|{_HTML_QUOTE})?)\s*(?P<separator>=>|[=:])\s*"
)
"""A name before its value: in JSON, also within a text or HTML, in Python, in Ruby, in a form, in an attribute of XML,
in a header."""
_VALUE = re.compile(
    r"(?P<quote>[\"'])(?:\\.|(?!(?P=quote))[^\\])*(?:(?P=quote)|\\?$)"
    r"|(?P<escaped_quote>\\+[\"'])(?:(?!(?P=escaped_quote)).)*(?:(?P=escaped_quote)|$)"
    rf"|(?P<html_quote>{_HTML_QUOTE})(?:(?!(?P=html_quote)).)*(?:(?P=html_quote)|$)"
    r"|(?P<bare>[^\s\"'&<>#,;{}\[\]()\\]+)",
    re.DOTALL,
)
"""A value, which may be cut off."""
_ELEMENT = re.compile(
    r"(?P<start><(?:\w{1,50}:)?(?P<name>[\w.\-\[\]]{1,100})(?:\s[^<>]{0,500})?>)(?:[^<>]+(?=</)|[^\s<>]{8,}$)"
)
"""A name before its value, which may be cut off, as the element of XML."""
_LONG = re.compile(r"(?=.*\d)[\w~.+/=\-]{16,}")
_SHORTER = re.compile(r"(?=.*\d)[\w~.+/=\-]{8,}|[\w~.+/=\-]{20,}")
"""Values such as tokens have, after a single word and after a name: ``token: create a new one`` is a sentence."""
_LITERALS = {"null", "none", "nil", "true", "false", MASK}
_SCHEME = re.compile(
    r"\b((?:proxy-)?authorization\"?\s*[:=]\s*\"?(?:(?:basic|bearer|digest|negotiate|token)\s+)?)"
    r"(?!(?:basic|bearer|digest|negotiate|token)\s)[^\s\"',;]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer)\s+[^\s\"',;\\]+", re.IGNORECASE)
_BASIC = re.compile(r"\b(basic)\s+([a-z0-9+/_\-]{4,}={0,2})", re.IGNORECASE)
_SHAPES = re.compile(
    r"\b\d{1,20}~[A-Za-z0-9]{40,}"  # an access token of Canvas
    r"|\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"  # a JSON web token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)
"""Texts that are secret wherever they stand."""
_MAY_HOLD_SECRET = re.compile(r"[?&\\%~]|://[^/?#\s\"'<>]*@|/feeds/|eyJ|-----BEGIN", re.IGNORECASE)
"""What each of the patterns of ``strip_url_secrets`` needs. Names and titles, of which there are many, have none."""


def strip_url_secrets(text: str) -> str:
    """Remove the secrets of every URL in the text: signatures, verifiers, logins; and what has the shape of a token."""
    if not _MAY_HOLD_SECRET.search(text):
        return text
    cleaned = _IN_URL.sub(_without_secret_parameter, text)
    if cleaned != text:
        cleaned = _EMPTY_QUERY.sub(lambda match: "?" if len(match[0]) > 1 else "", cleaned)
    for pattern in (_IN_ESCAPED_URL, *_IN_ENCODED_URLS, *_IN_ENCODED_JSON):
        cleaned = pattern.sub(_with_masked_parameter, cleaned)
    cleaned = _FEED.sub(rf"\1{MASK}", cleaned)
    return _SHAPES.sub(MASK, _USER_INFO.sub(rf"\1{MASK}@", cleaned))


def redact(text: str, *secrets: Secret | str) -> str:
    """Return ``text`` without secrets: removed from URLs, and replaced by ``***`` elsewhere.

    :param text: A text from outside.
    :param secrets: Values to replace anywhere in the text.
    """
    for secret in secrets:
        for form in _forms(secret):
            text = text.replace(form, MASK)
    text = _ELEMENT.sub(_with_masked_parameter, text)
    text = _mask_values(_SCHEME.sub(rf"\1{MASK}", strip_url_secrets(text)))
    return _BASIC.sub(_without_login, _BEARER.sub(rf"\1 {MASK}", text))


_SECRET_KEYS = {"ics", "upload_params", "upload_url"}
"""Further keys whose values give access without a token."""


def scrub(data: Any) -> Any:
    """Return JSON of Canvas without its secrets, for XComs, tables and files."""
    match data:
        case str():
            return strip_url_secrets(data)
        case list():
            return [scrub(item) for item in data]
        case dict():
            # The uuid of a file is its verifier.
            hidden = _SECRET_KEYS | ({"uuid"} if "upload_status" in data else set())
            return {name: MASK if name in hidden else _scrub_value(name, value) for name, value in data.items()}
        case _:
            return data


def _scrub_value(name: Any, value: Any) -> Any:
    return _with_masked_texts(value) if _is_secret_name(str(name)) else scrub(value)


def _with_masked_texts(data: Any) -> Any:
    """Return JSON with ``***`` in place of each text in it."""
    match data:
        case str():
            return MASK if data else data
        case list():
            return [_with_masked_texts(item) for item in data]
        case dict():
            return {name: _with_masked_texts(item) for name, item in data.items()}
        case _:
            return data


def _is_secret_name(name: str) -> bool:
    """Tell whether a value with this name is secret. In ``attachment[verifier]`` the last part counts."""
    while (decoded := unquote_plus(name)) != name:
        name = decoded
    name = name.rstrip("]").rpartition("[")[2] or name.partition("[")[0]
    return _SECRET_NAME.fullmatch(name) is not None


def _is_secret_parameter(name: str) -> bool:
    return _is_secret_name(name) or _SECRET_PARAMETER.fullmatch(name) is not None


def _without_secret_parameter(match: re.Match[str]) -> str:
    if not _is_secret_parameter(match["name"]):
        return match[0]
    return "?" if match["lead"] == "?" else ""


def _with_masked_parameter(match: re.Match[str]) -> str:
    return f"{match['start']}{MASK}" if _is_secret_parameter(match["name"]) else match[0]


def _mask_values(text: str) -> str:
    """Mask the values of secret names. The value of another name may contain such pairs itself."""
    parts, done, position = list[str](), 0, 0
    while key := _KEY.search(text, position):
        position = key.end()
        if _is_secret_name(key["name"]) and (value := _VALUE.match(text, position)) and _is_secret_value(key, value):
            quote_ = value["quote"] or value["escaped_quote"] or value["html_quote"] or ""
            parts += [text[done:position], f"{quote_}{MASK}{quote_}"]
            done = position = value.end()
    return "".join([*parts, text[done:]])


def _is_secret_value(key: re.Match[str], value: re.Match[str]) -> bool:
    bare = value["bare"]
    if bare is None:
        return True
    if bare.lower() in _LITERALS or bare.startswith(MASK):
        return False
    if key["separator"] == "=" or key["quote"] is not None:
        return True
    return (_LONG if key["name"].isalpha() else _SHORTER).fullmatch(bare) is not None


def _without_login(match: re.Match[str]) -> str:
    """Mask the login of the scheme Basic. ``basic understanding`` is no login."""
    encoded = match[2].translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        login = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        return match[0]
    return f"{match[1]} {MASK}" if b":" in login else match[0]


def _forms(secret: Secret | str) -> Iterator[str]:
    """Yield a secret as it stands in a text, in a URL and in JSON."""
    text = secret.reveal() if isinstance(secret, Secret) else secret
    if text:
        yield from dict.fromkeys((text, quote(text, safe=""), json.dumps(text)[1:-1]))
